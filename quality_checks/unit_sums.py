"""Sums over the documents of each unit, and of each author and client in it, that correlations are estimated from.

All are of whole numbers and exact, so that the order of documents does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from quality_checks.clusters import GROUPS
from quality_checks.strata import STRATUM, Documents, Strata, added_up, kind_of_products

UNIT = ("unit", "area")


@dataclass(frozen=True)
class UnitSums:
    """Sums of weights judged (a:), failed (f:) and of their products over documents (aa:, af:, ff:) by dimension.

    Attributes:
        strata: the units, with what their authors and clients weigh.
        units: by unit: products with weights failed (af:, ff:).
        members: by group of `clusters.GROUPS`: sums and squares (aa:) of each author or client in each unit; one
            who has two units is two.
        both: sums (a:) of each author's documents about each client, and the rows of the two in `members`.
    """

    strata: Strata
    units: pl.DataFrame
    members: Mapping[str, pl.DataFrame]
    both: pl.DataFrame

    @classmethod
    def of(cls, documents: Documents) -> UnitSums:
        """From all documents."""
        keys, judged, rows = documents.placed(UNIT)
        told, sizes = documents.dimensions, {STRATUM: keys.height, **documents.members}
        sums = [pl.col("^[af]:.*$").sum(), *_products(told, "aa")]
        both = added_up(rows, (STRATUM, *GROUPS), sizes, sums)
        every = [pl.col("^(a|f|aa):.*$").sum()]
        members = {group: added_up(both.lazy(), (STRATUM, group), sizes, every) for group in GROUPS}
        units = rows.group_by(STRATUM).agg(_products(told, "af", "ff")).collect()
        weights = {group: found.select(STRATUM, group, "^a:.*$") for group, found in members.items()}
        strata = Strata(keys, judged, weights, documents.members)
        both = both.select(STRATUM, *GROUPS, "^a:.*$")
        for group, found in members.items():
            row = found.select(STRATUM, group).with_row_index(f"{group} row")
            both = both.join(row, on=(STRATUM, group), how="left")
        return cls(strata, units, members, both)

    def of_dimension(self, dimension: str) -> pl.DataFrame:
        """Sums by unit, of units with something judged.

        Args:
            dimension: whose weights are meant.

        Returns:
            e, f: weights judged and failed; ee, ef, ff: sums over documents of their products. `author ee` and so
            on: the same of what authors weigh, and clients, and (`both ee`) both together. `author eee`, `client
            eee`: sums of cubes of weights judged. `author own`, `client own`: over documents, of the square of the
            own weight times that of the author or client. `both across`: of the weights of both together, of the
            author and of the client. `author count`, `client count`: how many have something judged.
        """
        judged = f"a:{dimension}"
        failed, aa = f"f:{dimension}", pl.col(f"aa:{dimension}")
        table = self.units.select(STRATUM, ef=pl.col(f"af:{dimension}"), ff=pl.col(f"ff:{dimension}"))
        for group, rows in self.members.items():
            kind = kind_of_products(rows[judged])  # no more than what was judged failed
            a, f = pl.col(judged).cast(kind), pl.col(failed).cast(kind)
            sums = {
                "sum": a.sum(), "failed": f.sum(), "squares": aa.sum(), "count": (a > 0).sum(),
                "ee": (a * a).sum(), "ef": (a * f).sum(), "ff": (f * f).sum(),
                "eee": (_long(a) * a * a).sum(), "own": (_long(aa) * a).sum(),
            }  # fmt: skip
            named = [expression.alias(f"{group} {name}") for name, expression in sums.items()]
            table = table.join(rows.lazy().group_by(STRATUM).agg(named).collect(), on=STRATUM)
        whose = [self.members[g][judged].gather(self.both[f"{g} row"]).alias(g) for g in GROUPS]
        a = pl.col(judged).cast(kind_of_products(self.both[judged]))
        across = (_long(a) * pl.col("author") * pl.col("client")).sum()
        of_both = self.both.select(STRATUM, judged, *whose).lazy().group_by(STRATUM)
        sums_of_both = of_both.agg((a * a).sum().alias("both ee"), across.alias("both across")).collect()
        table = table.join(sums_of_both, on=STRATUM)
        # What is summed by author and by client is the same in all.
        table = table.rename({"author sum": "e", "author failed": "f", "author squares": "ee"})
        return table.drop("^client (sum|failed|squares)$").filter(pl.col("e") > 0)


def _products(dimensions: list[str], *kinds: str) -> list[pl.Expr]:
    """Sums over documents of products of weights judged (a) and failed (f)."""
    return [
        (pl.col(f"{kind[0]}:{d}").cast(pl.Int64) * pl.col(f"{kind[1]}:{d}")).sum().alias(f"{kind}:{d}")
        for d in dimensions
        for kind in kinds
    ]


def _long(weights: pl.Expr) -> pl.Expr:
    """Whose product of three stays whole where one author stands for millions of documents."""
    return weights.cast(pl.Int128)
