"""Documents added up by stratum, and by author and client within each: in whole numbers, so in any order.

Documents are added up once by the finest strata wanted; coarser ones are added up from those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from quality_checks.clusters import GROUPS, OVERALL, dimensions_of
from quality_checks.schema import CELL_KEYS

STRATUM = "stratum"
_WHOLE = "_whole"


@dataclass(frozen=True)
class Documents:
    """Documents with numbers from 0 for all that they are grouped by.

    Attributes:
        cells: each combination of the columns of `schema.CELL_KEYS` that documents have; a row is a cell.
        judged: number of documents of each cell with something judged (n:) by dimension; of the overall index all.
        rows: one row per document: cell, author, client, and weights judged (a:) and failed (f:) by dimension.
        members: number of authors, and of clients.
    """

    cells: pl.DataFrame
    judged: pl.DataFrame
    rows: pl.DataFrame
    members: Mapping[str, int]

    @classmethod
    def of(cls, clusters: pl.DataFrame) -> Documents:
        """From documents as `clusters.clusters_of` gives them."""
        cells, cell = _numbered(clusters.select(name for name in CELL_KEYS if name in clusters.columns))
        numbers, members = [cell.alias("cell")], {}
        for group in GROUPS:
            known, number = _numbered(clusters.select(group))
            numbers.append(number.alias(group))
            members[group] = known.height
        weights = pl.col("^[af]:.*$").cast(_kind_of_sums(clusters))
        rows = clusters.select(*numbers, weights)
        judged = [
            (pl.len() if d == OVERALL else (pl.col(f"a:{d}") > 0).sum()).cast(pl.Int64).alias(f"n:{d}")
            for d in dimensions_of(rows)
        ]
        return cls(cells, rows.group_by("cell").agg(judged), rows, members)

    @property
    def dimensions(self) -> list[str]:
        """Dimensions that the weights tell of."""
        return dimensions_of(self.rows)

    def placed(self, keys: Sequence[str | pl.Expr]) -> tuple[pl.DataFrame, pl.DataFrame, pl.LazyFrame]:
        """Strata by columns of `cells`, or by what follows from them.

        Returns:
            Values that make a stratum, a row for each; documents judged in each; `rows`, each with its stratum.
        """
        strata, of_cell = _numbered(self.cells.select(keys))
        stratum = pl.lit(of_cell).gather("cell").alias(STRATUM)
        return strata, _upward(self.judged, stratum), self.rows.lazy().with_columns(stratum)

    def by(self, keys: Sequence[str | pl.Expr]) -> Strata:
        """Sums by strata: see `placed`."""
        strata, judged, rows = self.placed(keys)
        sizes = {STRATUM: strata.height, **self.members}
        members = {group: added_up(rows, (STRATUM, group), sizes, [pl.col("^a:.*$").sum()]) for group in GROUPS}
        return Strata(strata, judged, members, self.members)


@dataclass(frozen=True)
class Strata:
    """What documents of each stratum, and of each author and client in it, weigh.

    Attributes:
        keys: values that make a stratum; a row is a stratum.
        judged: stratum, and number of documents judged (n:) by dimension; of the overall index all.
        members: by group of `clusters.GROUPS`: stratum, author or client, and weights judged (a:) by dimension.
        sizes: number of authors, and of clients.
    """

    keys: pl.DataFrame
    judged: pl.DataFrame
    members: Mapping[str, pl.DataFrame]
    sizes: Mapping[str, int]

    def over(self, keys: Sequence[str]) -> Strata:
        """Coarser strata, by some of the keys; one of all documents without any."""
        strata, parent = _numbered(self.keys.with_columns(pl.lit("").alias(_WHOLE)).select(keys or (_WHOLE,)))
        upward = pl.lit(parent).gather(STRATUM).alias(STRATUM)
        sizes = {STRATUM: strata.height, **self.sizes}
        members = {
            group: added_up(rows.lazy().with_columns(upward), (STRATUM, group), sizes, [pl.col("^a:.*$").sum()])
            for group, rows in self.members.items()
        }
        return Strata(strata, _upward(self.judged, upward), members, self.sizes)

    def squares(self) -> pl.DataFrame:
        """Sums over authors, and over clients, of their squared weights.

        Returns:
            The keys, dimension, documents, `squares_author`, `squares_client`; strata with documents judged.
        """
        table = self.keys.with_row_index(STRATUM).join(self.judged, on=STRATUM)
        for group, rows in self.members.items():
            judged = [name for name in rows.columns if name.startswith("a:")]
            weights = [pl.col(name).cast(kind_of_products(rows[name])) for name in judged]
            squares = rows.lazy().group_by(STRATUM).agg((w * w).sum().name.prefix(f"{group} ") for w in weights)
            table = table.join(squares.collect(), on=STRATUM)
        parts = [
            table.filter(pl.col(name) > 0).select(
                pl.col(self.keys.columns),
                pl.lit(name[2:]).alias("dimension"),
                pl.col(name).alias("documents"),
                *(pl.col(f"{g} a:{name[2:]}").cast(pl.Float64).alias(f"squares_{g}") for g in self.members),
            )
            for name in self.judged.columns
            if name != STRATUM
        ]
        return pl.concat(parts).drop(_WHOLE, strict=False)


def added_up(
    rows: pl.LazyFrame, by: Sequence[str], sizes: Mapping[str, int], sums: Sequence[pl.Expr]
) -> pl.DataFrame:
    """Sums by columns of numbers from 0, packed into one: that takes half the time of grouping by several.

    Args:
        rows: the columns of `by`, and what `sums` reads.
        by: columns, the slowest to change first.
        sizes: of each column, the number of its different numbers.
        sums: aggregations.
    """
    packed = pl.lit(0, pl.Int64)
    for name in by:
        packed = packed * sizes[name] + pl.col(name).cast(pl.Int64)
    found = rows.group_by(packed.alias("_packed")).agg(sums)
    unpacked, rest = [], pl.col("_packed")
    for name in reversed(by):
        unpacked.append((rest % sizes[name]).cast(pl.UInt32).alias(name))
        rest = rest // sizes[name]
    return found.with_columns(unpacked).drop("_packed").collect()


def kind_of_products(weights: pl.Series) -> type[pl.Int64 | pl.Int128]:
    """Of the numbers in which products of two sums of weights stay whole, and the sums of these.

    The longer ones are slower, and needed where one author stands for tens of millions of documents.
    """
    return pl.Int64 if int(weights.cast(pl.Int64).sum()) ** 2 < 2**63 else pl.Int128


def _kind_of_sums(clusters: pl.DataFrame) -> type[pl.Int32 | pl.Int64]:
    """Of the numbers that the weights of all documents fit in: sums of small ones take half the time."""
    most = max((int(clusters[f"a:{d}"].cast(pl.Int64).sum()) for d in dimensions_of(clusters)), default=0)
    return pl.Int32 if most < 2**31 else pl.Int64


def _upward(judged: pl.DataFrame, stratum: pl.Expr) -> pl.DataFrame:
    """Documents judged, in the strata that they are parts of."""
    return judged.group_by(stratum).agg(pl.col("^n:.*$").sum())


def _numbered(keys: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The different rows, and the number of each row among these."""
    known = keys.with_row_index("_row").group_by(keys.columns).agg("_row")
    number = np.empty(keys.height, dtype=np.uint32)
    number[known["_row"].explode().to_numpy()] = np.repeat(np.arange(known.height), known["_row"].list.len())
    return known.drop("_row"), pl.Series(number)
