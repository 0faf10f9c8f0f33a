"""What share of defects a place would have if it documented its own mix of cases as the rest of the county does.

A place's findings are compared with those of the same rule, document type and service task elsewhere: its own are
left out, so that it is not compared with itself. Few findings lean on the same rule and type, and on the rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

MIX = ("rule_id", "document_type", "service_task")
LEAN = 20.0
MILLIONTHS = 1_000_000


def expected_share(counts: pl.DataFrame, place: Sequence[str], apart: pl.DataFrame | None = None) -> pl.DataFrame:
    """Expected share of defects by rule, document type and task.

    Args:
        counts: rule_id, document_type, service_task, eligible, failed and the columns of `place`.
        place: columns that name a place; none means the whole county, which is held against itself.
        apart: places (columns of `place`) that are no example for the others: they are judged, not compared with.

    Returns:
        `place`, the columns of `MIX` and `_rate`.
    """
    keys = [*place, *MIX]
    coded = counts.lazy().with_columns(pl.col(pl.String).cast(pl.Categorical))  # grouped in half the time of texts
    own = coded.group_by(keys).agg(_own_e=pl.col("eligible").sum(), _own_f=pl.col("failed").sum())
    if not place:
        return _as_texts(own.select(*keys, _rate=pl.col("_own_f") / pl.col("_own_e")))
    own = own.with_columns(_in=pl.lit(1))
    if apart is not None:
        outside = apart.lazy().select(pl.col(place).cast(pl.Categorical), _in=pl.lit(0))
        own = own.drop("_in").join(outside, on=list(place), how="left").with_columns(pl.col("_in").fill_null(1))
    shown = [(pl.col(c) * pl.col("_in")).sum() for c in ("_own_f", "_own_e")]
    every = [pl.col(c).sum() for c in ("_own_f", "_own_e")]
    rate = pl.when(shown[1] > 0).then(shown[0] / shown[1]).otherwise(every[0] / every[1])
    table = own.join(own.group_by("rule_id").agg(_rate=rate), on="rule_id")
    for depth in range(1, len(MIX) + 1):
        table = _leaned(table, place, list(MIX[:depth]))
    return _as_texts(table.select(*keys, "_rate"))


def _as_texts(table: pl.LazyFrame) -> pl.DataFrame:
    return table.with_columns(pl.col(pl.Categorical).cast(pl.String)).collect()


def _leaned(table: pl.LazyFrame, place: Sequence[str], mix: list[str]) -> pl.LazyFrame:
    """The rate of the others at one depth of the mix, leaning on the rate of the depth above (`_rate`)."""
    told = [pl.col(c) * pl.col("_in") for c in ("_own_e", "_own_f")]
    others = [one.sum().over(mix) - one.sum().over([*place, *mix]) for one in told]
    return table.with_columns(_rate=(others[1] + LEAN * pl.col("_rate")) / (others[0] + LEAN))


def summed(expected: pl.Expr) -> pl.Expr:
    """Sum to a millionth: whole numbers add up to the same in any order, fractions do not."""
    return millionths(expected) / MILLIONTHS


def millionths(expected: pl.Expr) -> pl.Expr:
    """Sum in millionths, as a whole number."""
    return (expected * MILLIONTHS).round().cast(pl.Int64).sum()
