"""Change of a unit against its own history: a control chart of the share of the index lost."""

from __future__ import annotations

import polars as pl

from quality_checks.case_mix import MIX, summed
from quality_checks.contributions import rule_weights
from quality_checks.control_charts import CHART_SCHEMA, charted
from quality_checks.rules import Catalogue

FEWEST_FINDINGS = 30
TEN_POINTS = 0.1
CHANGE_SCHEMA: dict[str, pl.DataType] = {
    **{
        "unit": pl.String(),
        "month": pl.Date(),
        "eligible": pl.Int64(),
        "failed": pl.Int64(),
        "rate": pl.Float64(),
    },
    **CHART_SCHEMA,
}
SIGNALS = {"up": "worse", "down": "better", "": ""}


def quality_changes(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Control chart of each unit by month.

    The share is carried to the month's mix of rules, document types and tasks at the county's rates; see
    `control_charts` for the rest.

    Args:
        cells: counts of the engine; shadow rules and rules without weight do not count.
        catalogue: the rules, for their weights.

    Returns:
        unit, month, eligible, failed, rate (share of the weight judged that failed: 1 - index), center, low, high,
        ewma, signal (`worse`, `better` or empty), cusum (in standard deviations), limit (of the cusum). Center and
        what follows are null until three months with enough findings have passed.
    """
    charts = charted(_monthly(cells, catalogue), ("unit",), rise=TEN_POINTS)
    named = charts.with_columns(pl.col("signal").replace_strict(SIGNALS, return_dtype=pl.String))
    return named.select(pl.col(name).cast(kind) for name, kind in CHANGE_SCHEMA.items())


def _monthly(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Weights judged, failed and expected to fail by unit and month; months with too few findings are left out."""
    by_rule = (
        cells.lazy()
        .filter(pl.col("eligible") > 0, pl.col("rule_id").is_in([rule.id for rule in catalogue.scored]))
        .group_by("unit", "month", *MIX)
        .agg(pl.col("eligible", "failed").sum())
    )
    usual = by_rule.group_by(MIX).agg(_rate=pl.col("failed").sum() / pl.col("eligible").sum())
    weight = pl.col("weight")
    return (
        by_rule.join(usual, on=list(MIX))
        .join(rule_weights(catalogue).lazy(), on="rule_id")
        .group_by("unit", "month")
        .agg(
            pl.col("eligible", "failed").sum(),
            judged=(pl.col("eligible") * weight).sum(),
            lost=(pl.col("failed") * weight).sum(),
            due=summed(pl.col("eligible") * pl.col("_rate") * weight),
        )
        .filter(pl.col("eligible") >= FEWEST_FINDINGS)
        .with_columns(rate=pl.col("lost") / pl.col("judged"))
        .sort("unit", "month")
        .collect()
    )
