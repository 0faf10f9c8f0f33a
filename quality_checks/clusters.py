"""Which findings belong together: what each document weighs in the scores, and by whom and about whom it was made.

Authors and clients are numbers without meaning; they serve intervals alone and are shown nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.engine import CompiledCatalogue
from quality_checks.schema import CELL_KEYS

OVERALL = "overall"
GROUPS = ("author", "client")
DOCUMENT = "document"
SPARSE = 8
"""Numbers for each document up to which groups are told by numbers with gaps."""


def weights_in(checks: pl.DataFrame, compiled: CompiledCatalogue) -> pl.DataFrame:
    """Weights judged (a:) and failed (f:) of the documents of one part, by dimension.

    Args:
        checks: verdicts with the hidden columns of the engine.
        compiled: the rules about the part; active ones with a weight count.
    """
    # What is missing is one value, so that it is never taken for independent.
    groups = [pl.col(f"_{name}").fill_null("").hash().alias(name) for name in GROUPS]
    return checks.select(pl.col("document_id").hash().alias(DOCUMENT), *CELL_KEYS, *groups, *weight_sums(compiled))


def weight_sums(compiled: CompiledCatalogue) -> list[pl.Expr]:
    """Weights judged (a:) and failed (f:) by dimension, from verdicts by rules about the documents."""
    scored = [c.rule for c in compiled.rules if not c.missing and c.rule.mode == "active" and c.rule.weight > 0]
    dimensions = sorted({rule.dimension for rule in scored})
    sums = []
    for dimension in dimensions:
        rules = [rule for rule in scored if rule.dimension == dimension]
        judged = [pl.col(r.id).is_not_null().cast(pl.UInt16) * r.weight for r in rules]
        failed = [(~pl.col(r.id)).fill_null(value=False).cast(pl.UInt16) * r.weight for r in rules]
        sums += [
            pl.sum_horizontal(judged).cast(pl.Int32).alias(f"a:{dimension}"),
            pl.sum_horizontal(failed).cast(pl.Int32).alias(f"f:{dimension}"),
        ]
    return sums


def weight_columns(compiled: CompiledCatalogue) -> list[str]:
    """Names of all sums of weights that the rules can give."""
    return [sums.meta.output_name() for sums in weight_sums(compiled)]


def all_weights(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Weights of the documents of all parts in one table."""
    keys: dict[str, pl.DataType] = {
        DOCUMENT: pl.UInt64(),
        **dict.fromkeys(CELL_KEYS, pl.String()),
        "month": pl.Date(),
        **dict.fromkeys(GROUPS, pl.UInt64()),
    }
    return pl.concat([pl.DataFrame(schema=keys), *parts], how="diagonal")


def clusters_of(weights: pl.DataFrame) -> pl.DataFrame:
    """Weights judged and failed by document and dimension.

    Args:
        weights: what `all_weights` gave.

    Returns:
        `schema.CELL_KEYS`, author, client, and for each dimension (`overall` included) `a:<dimension>` (weights
        judged) and `f:<dimension>` (weights failed); one row per document.
    """
    numbered = weights.drop(DOCUMENT).with_columns(pl.col(GROUPS).rank("dense"))
    sums = sorted(set(numbered.columns) - {*CELL_KEYS, *GROUPS})
    return numbered.with_columns(pl.col(sums).fill_null(0)).with_columns(
        pl.sum_horizontal([pl.lit(0, pl.Int32), *(s for s in sums if s[0] == k)]).alias(f"{k}:{OVERALL}")
        for k in "af"
    )


def dimensions_of(clusters: pl.DataFrame) -> list[str]:
    """Dimensions that the weights tell of."""
    return [name[2:] for name in clusters.columns if name.startswith("a:")]


def together(*codes: Any) -> Any:
    """Numbers from 0 that are equal where all of some whole numbers from 0 are; shape (documents,), as each.

    Numbers may be left out, but so few that sums by number stay small.
    """
    found, last = np.zeros(len(codes[0]), dtype=np.int64), 0
    for other in codes if len(found) else ():
        more = np.asarray(other, dtype=np.int64)
        span = int(more.max()) + 1
        found, last = found * span + more, (last + 1) * span - 1
        if last > SPARSE * len(found):
            found = _numbered(found)
            last = int(found.max())
    return found


def _numbered(values: Any) -> Any:
    """Numbers from 0 without a gap, equal where the values are."""
    import pandas as pd  # its hash table takes a quarter of the time of sorting

    return pd.factorize(values)[0].astype(np.int64)


@dataclass(frozen=True)
class Strata:
    """Which stratum each document is in, and which of its authors and clients have it.

    Attributes:
        keys: a row for each stratum.
        stratum: number of each document's stratum; shape (documents,), like the others.
        author: number of its author among those of all strata; one in two strata is two.
        client: the same of its client.
    """

    keys: pl.DataFrame
    stratum: Any
    author: Any
    client: Any

    @classmethod
    def of(cls, clusters: pl.DataFrame, keys: Sequence[str]) -> Strata:
        """Strata by the values of some columns; one of all documents without any."""
        if not keys:
            place, rows = np.zeros(clusters.height, dtype=np.int64), pl.DataFrame({"_whole": [""]})
        else:
            place = _numbered(together(*(_codes(clusters[name]) for name in keys)))
            first = pl.Series(place).arg_unique().sort()
            rows = clusters.select(keys)[first]
        return cls(rows, place, *(together(place, clusters[group].to_numpy()) for group in GROUPS))

    def sums(self, weight: Any, documents: Any) -> pl.DataFrame:
        """See `cluster_sums`.

        Args:
            weight: of each document.
            documents: those that are counted.
        """
        height = self.keys.height
        squares = {
            f"squares_{group}": self._squares(getattr(self, group)[documents], documents, weight)
            for group in GROUPS
        }
        table = self.keys.with_columns(
            pl.Series("documents", np.bincount(self.stratum[documents], minlength=height), dtype=pl.Int64),
            pl.Series("total", np.bincount(self.stratum, weights=weight, minlength=height)),
            *(pl.Series(name, values) for name, values in squares.items()),
        )
        return table.filter(pl.col("documents") > 0).drop("_whole", strict=False)

    def _squares(self, clusters: Any, documents: Any, weight: Any) -> Any:
        """Sum over clusters of their squared weights, by stratum: of w times the weight of its cluster."""
        own = weight[documents]
        of_cluster = np.bincount(clusters, weights=own)[clusters] if len(clusters) else own
        return np.bincount(self.stratum[documents], weights=own * of_cluster, minlength=self.keys.height)


def _codes(values: pl.Series) -> Any:
    """Numbers from 0 that are equal where the values are."""
    if values.dtype == pl.String:
        values = values.cast(pl.Categorical)
    numbers = values.to_physical().cast(pl.Int64)
    # What is missing is a value of its own, before all others.
    return (numbers - (numbers.min() or 0) + 1).fill_null(0).to_numpy()


def cluster_sums(
    clusters: pl.DataFrame, keys: Sequence[str], dimension: str, strata: Strata | None = None
) -> pl.DataFrame:
    """Documents and sums of squared weights by author and by client, for each stratum.

    Args:
        clusters: what `clusters_of` gave.
        keys: columns that make a stratum.
        dimension: whose weights are meant.
        strata: of the same documents by the same columns; found when None.

    Returns:
        `keys`, documents (with something judged; of the overall index all), total, and `squares_author`,
        `squares_client`: the sums over authors (clients) of their squared weights.
    """
    weight = clusters[f"a:{dimension}"].cast(pl.Float64).to_numpy()
    documents = np.ones(len(weight), dtype=bool) if dimension == OVERALL else weight > 0
    return (strata or Strata.of(clusters, keys)).sums(weight, documents)
