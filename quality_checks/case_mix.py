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


def expected_share(counts: pl.DataFrame, place: Sequence[str]) -> pl.DataFrame:
    """Expected share of defects by rule, document type and task.

    Args:
        counts: rule_id, document_type, service_task, eligible, failed and the columns of `place`.
        place: columns that name a place; none means the whole county, which is held against itself.

    Returns:
        `place`, the columns of `MIX` and `_rate`.
    """
    keys = [*place, *MIX]
    own = counts.group_by(keys).agg(_own_e=pl.col("eligible").sum(), _own_f=pl.col("failed").sum())
    if not place:
        return own.select(*keys, _rate=pl.col("_own_f") / pl.col("_own_e"))
    rule = counts.group_by("rule_id").agg(_rate=pl.col("failed").sum() / pl.col("eligible").sum())
    table = own.join(rule, on="rule_id")
    for depth in range(1, len(MIX) + 1):
        table = _leaned(table, place, list(MIX[:depth]))
    return table.select(*keys, "_rate")


def _leaned(table: pl.DataFrame, place: Sequence[str], mix: list[str]) -> pl.DataFrame:
    """The rate of the others at one depth of the mix, leaning on the rate of the depth above (`_rate`)."""
    others = [pl.col(c).sum().over(mix) - pl.col(c).sum().over([*place, *mix]) for c in ("_own_e", "_own_f")]
    return table.with_columns(_rate=(others[1] + LEAN * pl.col("_rate")) / (others[0] + LEAN))


def summed(expected: pl.Expr) -> pl.Expr:
    """Sum to a millionth: whole numbers add up to the same in any order, fractions do not."""
    return (expected * MILLIONTHS).round().cast(pl.Int64).sum() / MILLIONTHS
