"""What each document weighs in the scores, and by whom and about whom it was made.

Authors and clients are numbers without meaning; they serve intervals alone and are shown nowhere. `strata` adds
documents up.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality_checks.engine import CompiledCatalogue
from quality_checks.schema import CELL_KEYS

OVERALL = "overall"
GROUPS = ("author", "client")
DOCUMENT = "document"


def weights_in(checks: pl.DataFrame, compiled: CompiledCatalogue) -> pl.DataFrame:
    """Weights judged (a:) and failed (f:) of the documents of one part, by dimension.

    Args:
        checks: verdicts with the hidden columns of the engine.
        compiled: the rules about the part; active ones with a weight count.
    """
    # What is missing is one value of its unit: never taken for independent, nor for one hand of the whole county.
    groups = [pl.col(f"_{name}").fill_null("unit " + pl.col("unit")).hash().alias(name) for name in GROUPS]
    return checks.select(pl.col("document_id").hash().alias(DOCUMENT), *CELL_KEYS, *groups, *weight_sums(compiled))


def weight_sums(compiled: CompiledCatalogue) -> list[pl.Expr]:
    """Weights judged (a:) and failed (f:) by dimension, from verdicts by rules about the documents."""
    scored = [c.rule for c in compiled.rules if not c.missing and c.rule.mode == "active" and c.rule.weight > 0]
    dimensions = sorted({rule.dimension for rule in scored})
    sums = []
    for dimension in dimensions:
        rules = [rule for rule in scored if rule.dimension == dimension]
        alike = {weight: [r.id for r in rules if r.weight == weight] for weight in {r.weight for r in rules}}
        for sign, counted in (("a", pl.Expr.is_not_null), ("f", pl.Expr.not_)):
            weights = [pl.sum_horizontal(counted(pl.col(ids))).cast(pl.Int32) * w for w, ids in alike.items()]
            sums.append(pl.sum_horizontal(weights).cast(pl.Int32).alias(f"{sign}:{dimension}"))
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
    documents = weights.drop(DOCUMENT)
    sums = sorted(set(documents.columns) - {*CELL_KEYS, *GROUPS})
    return documents.with_columns(pl.col(sums).fill_null(0)).with_columns(
        pl.sum_horizontal([pl.lit(0, pl.Int32), *(s for s in sums if s[0] == k)]).alias(f"{k}:{OVERALL}")
        for k in "af"
    )


def dimensions_of(clusters: pl.DataFrame) -> list[str]:
    """Dimensions that the weights tell of."""
    return [name[2:] for name in clusters.columns if name.startswith("a:")]
