"""What each rule takes off the index, and what to mend first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality_checks.rules import Catalogue


def rule_weights(catalogue: Catalogue) -> pl.DataFrame:
    """Scored rules: rule_id, dimension, severity, weight."""
    return pl.DataFrame(
        [(r.id, r.dimension, r.severity, float(r.weight)) for r in catalogue.scored],
        schema={"rule_id": pl.String, "dimension": pl.String, "severity": pl.String, "weight": pl.Float64},
        orient="row",
    )


def rule_contributions(cells: pl.DataFrame, catalogue: Catalogue, by: Sequence[str] = ()) -> pl.DataFrame:
    """What each rule takes off the overall index; the parts add up to 1 - index exactly.

    Returns:
        `by`, rule_id, dimension, eligible, failed, contribution (share of the index lost to the rule).
    """
    sums = cells.group_by(*by, "rule_id").agg(pl.col("eligible", "failed").sum()).filter(pl.col("eligible") > 0)
    weighted = sums.join(rule_weights(catalogue), on="rule_id")
    whole = (pl.col("eligible") * pl.col("weight")).sum()
    return (
        weighted.with_columns(contribution=pl.col("failed") * pl.col("weight") / (whole.over(by) if by else whole))
        .select(*by, "rule_id", "dimension", "eligible", "failed", "contribution")
        .sort(*by, "contribution", "rule_id", descending=[*(False for _ in by), True, False])
    )


def contributions_by_place(cells: pl.DataFrame, catalogue: Catalogue, *, county: str = "") -> pl.DataFrame:
    """The table `rule_contributions`: of every unit, area and the county.

    Args:
        cells: counts of the engine.
        catalogue: the rules, for their weights.
        county: code that stands as the area of the county's rows.

    Returns:
        level, unit, area, rule_id, dimension, eligible, failed, contribution.
    """
    parts = [
        rule_contributions(cells, catalogue, by).with_columns(level=pl.lit(level), **fixed)
        for level, by, fixed in (
            ("unit", ("unit", "area"), {}),
            ("area", ("area",), {"unit": pl.lit("")}),
            ("county", (), {"unit": pl.lit(""), "area": pl.lit(county)}),
        )
    ]
    columns = ("level", "unit", "area", "rule_id", "dimension", "eligible", "failed", "contribution")
    return pl.concat([part.select(columns) for part in parts])


def mend_first(
    violations: pl.DataFrame,
    catalogue: Catalogue,
    by: Sequence[str] = ("unit", "area"),
    cells: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What to mend first: weight x number x the share that can still be mended.

    Args:
        violations: of the engine.
        catalogue: the rules, for weight and what can be mended.
        by: columns that name whose list it is.
        cells: counts of the engine; with them the list tells how many points of the index mending gives back.

    Returns:
        `by`, rule_id, severity, defects, oldest_days, gain (weight x number x share that can be mended),
        index_gain (what mending adds to the overall index, null without cells), place (1 is first).
    """
    rules = pl.DataFrame(
        [(r.id, float(r.weight), r.recoverable) for r in catalogue.scored],
        schema={"rule_id": pl.String, "_weight": pl.Float64, "_recoverable": pl.Float64},
        orient="row",
    )
    ranked = (
        violations.join(rules, on="rule_id")
        .group_by(*by, "rule_id", "severity")
        .agg(
            defects=pl.len().cast(pl.Int64),
            oldest_days=pl.col("age_days").max(),
            gain=pl.len() * (pl.col("_weight") * pl.col("_recoverable")).first(),
        )
        .filter(pl.col("gain") > 0)
        .sort(*by, "gain", "rule_id", descending=[*(False for _ in by), True, False])
        .with_columns(place=pl.int_range(1, pl.len() + 1).over(by).cast(pl.Int64))
    )
    if cells is None:
        return ranked.with_columns(index_gain=pl.lit(None, pl.Float64)).select(_mending(by))
    judged = cells.group_by(*by, "rule_id").agg(pl.col("eligible").sum())
    whole = (
        judged.join(rule_weights(catalogue), on="rule_id")
        .group_by(by)
        .agg(_all=(pl.col("eligible") * pl.col("weight")).sum())
    )
    gained = ranked.join(whole, on=list(by), how="left", maintain_order="left")
    return gained.with_columns(index_gain=pl.col("gain") / pl.col("_all")).select(_mending(by))


def _mending(by: Sequence[str]) -> list[str]:
    return [*by, "rule_id", "severity", "defects", "oldest_days", "gain", "index_gain", "place"]
