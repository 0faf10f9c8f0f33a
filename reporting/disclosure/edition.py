"""Disclosure control of a whole edition, once, before any product is made from it.

Rules, by table:
- observed yearly and monthly counts: 1..k-1 hidden, zeros shown, and enough others that nothing follows by
  subtraction over areas, sexes, age groups, and months of a year;
- forecasts and drivers are results of a model, not counts of persons; but one whose latest observed count is
  hidden would tell what is hidden, so it is hidden with it, in the same pattern (which is why sums of shown
  forecasts do not give it away either);
- measures: hidden when fewer than k or than the smallest denominator stand behind them, or when a share's
  numerator or its complement is 1..k-1;
- record-quality scores: hidden for units with fewer documents than k or than the smallest denominator.
Population, projection and open indicators are published already. `cells`, `violations` and `observations` are
working tables: whoever counts from them for readers calls `protect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from reporting.disclosure.protect import Margin, protect
from reporting.inputs import ALL, QUANTILES, ReportInputs

SCORE_COLUMNS = (
    *("eligible", "failed", "index", "low", "high", "shrunk", "funnel_low", "funnel_high", "outside"),
    *("weights_low", "weights_high"),
)
_SHARES = "^(seen_within|waiting_over_limit|share_|wellbeing_referral_uptake)"
NEED_CELL = ("area", "service", "sex", "age_group")


@dataclass(frozen=True)
class Protected:
    """Tables that may leave the house; every product takes this, not the raw inputs.

    Attributes:
        inputs: the edition; its published tables have hidden values null and a column `suppressed`.
        suppressed: one row per published table: table, cells, primary, secondary, share hidden.
    """

    inputs: ReportInputs
    suppressed: pl.DataFrame


def protect_inputs(inputs: ReportInputs) -> Protected:
    """Protect every published table of an edition with the county file's limits."""
    tables: dict[str, Any] = {}
    if inputs.need_forecast is not None:
        tables["need_forecast"] = _need(inputs)
        if inputs.need_drivers is not None:
            tables["need_drivers"] = _drivers(inputs.need_drivers, tables["need_forecast"])
        for name in ("need_scenarios", "need_variance"):
            table = getattr(inputs, name)
            if table is not None:
                tables[name] = _hidden_with_need(table, tables["need_forecast"])
    if inputs.month_forecast is not None:
        tables["month_forecast"] = _months(inputs, tables.get("need_forecast"))
    if inputs.measures is not None:
        tables["measures"] = _measures(inputs)
    if inputs.quality_scores is not None:
        tables["quality_scores"] = _scores(inputs)
    summary = [
        {
            "table": name,
            "cells": table.height,
            "primary": (table["suppressed"] == "primary").sum(),
            "secondary": (table["suppressed"] == "secondary").sum(),
        }
        for name, table in tables.items()
    ]
    schema = {"table": pl.String, "cells": pl.Int64, "primary": pl.Int64, "secondary": pl.Int64}
    report = pl.DataFrame(summary, schema=schema).with_columns(
        ((pl.col("primary") + pl.col("secondary")) / pl.col("cells")).alias("share")
    )
    return Protected(replace(inputs, **tables), report)


def _areas(inputs: ReportInputs) -> Margin:
    return Margin("area", parents={a.code: inputs.county.code for a in inputs.county.service_areas})


def _need(inputs: ReportInputs) -> pl.DataFrame:
    table = inputs.need("need_forecast").with_row_index("_row")
    observed = protect(
        table.filter(pl.col("kind") == "observed"),
        count="mean",
        by=(_areas(inputs), Margin("sex", total=ALL), Margin("age_group", total=ALL)),
        within=("service", "year"),
        derived=QUANTILES,
        k=inputs.county.disclosure.k,
    )
    forecast = _hidden_with_base(
        table.filter(pl.col("kind") != "observed"), observed, NEED_CELL, "year", QUANTILES
    )
    return pl.concat([observed, forecast]).sort("_row").drop("_row")


def _hidden_with_base(
    forecast: pl.DataFrame, observed: pl.DataFrame, cell: Sequence[str], time: str, quantiles: Sequence[str]
) -> pl.DataFrame:
    """Hide forecasts of the cells that are hidden in the last observed period."""
    base = observed.sort(time).group_by(*cell, maintain_order=True).agg(pl.col("suppressed").last())
    joined = forecast.join(base, on=list(cell), how="left", maintain_order="left").with_columns(
        pl.col("suppressed").fill_null("")
    )
    shown = pl.col("suppressed") == ""
    return joined.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", *quantiles))


def _drivers(drivers: pl.DataFrame, need: pl.DataFrame) -> pl.DataFrame:
    base = need.filter(
        (pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "observed")
    ).select("area", "service", pl.col("year").alias("from_year"), "suppressed")
    joined = drivers.join(
        base, on=["area", "service", "from_year"], how="left", maintain_order="left"
    ).with_columns(pl.col("suppressed").fill_null(""))
    shown = pl.col("suppressed") == ""
    return joined.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", "q0.1", "q0.5", "q0.9"))


def _hidden_with_need(table: pl.DataFrame, need: pl.DataFrame) -> pl.DataFrame:
    """Hide the figures of areas and services whose forecast of all persons is hidden."""
    whole = need.filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "forecast"))
    base = whole.group_by("area", "service").agg(pl.col("suppressed").max())
    joined = table.join(base, on=["area", "service"], how="left", maintain_order="left")
    shown = pl.col("suppressed").fill_null("") == ""
    figures = [c for c, kind in table.schema.items() if kind.is_float()]
    return joined.with_columns(
        *(pl.when(shown).then(pl.col(c)).alias(c) for c in figures), pl.col("suppressed").fill_null("")
    )


def _months(inputs: ReportInputs, need: pl.DataFrame | None) -> pl.DataFrame:
    """Months together with the years they add up to: a hidden month must not follow from its year's total."""
    table = inputs.need("month_forecast").with_row_index("_row")
    counted = table.filter(pl.col("kind") != "forecast").with_columns(
        pl.col("ds").dt.strftime("%Y-%m").alias("_time"), pl.lit(False).alias("_hide")
    )
    cells = counted if need is None else pl.concat([counted, _years(inputs, need)], how="diagonal_relaxed")
    times = cells["_time"].unique().to_list()
    protected = protect(
        cells,
        count="y",
        by=(_areas(inputs), Margin("_time", parents={time: time[:4] for time in times if len(time) > 4})),
        within=("service",),
        derived=("mean", *QUANTILES),
        hide="_hide",
        k=inputs.county.disclosure.k,
    )
    months = protected.filter(pl.col("ds").is_not_null()).drop("_time", "_hide")
    ahead = table.filter(pl.col("kind") == "forecast")
    forecast = _hidden_with_base(ahead, months, ("area", "service"), "ds", QUANTILES)
    return pl.concat([months, forecast]).sort("_row").drop("_row")


def _years(inputs: ReportInputs, need: pl.DataFrame) -> pl.DataFrame:
    """Observed yearly totals with their true counts and whether they are hidden, in the shape of months."""
    raw = inputs.need("need_forecast").select(pl.col("mean").cast(pl.Float64).alias("y"))
    whole = (pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "observed")
    return (
        need.hstack(raw)
        .filter(whole)
        .select(
            "area",
            "service",
            "y",
            pl.col("year").cast(pl.String).alias("_time"),
            (pl.col("suppressed") != "").alias("_hide"),
        )
    )


def _measures(inputs: ReportInputs) -> pl.DataFrame:
    limits = inputs.county.disclosure
    table = inputs.need("measures")
    numerator = (pl.col("value") * pl.col("n")).round(0)
    small = [(part > 0) & (part < limits.k) for part in (numerator, pl.col("n") - numerator)]
    marked = table.with_columns(
        (pl.col("measure").str.contains(_SHARES) & (small[0] | small[1])).fill_null(False).alias("_revealing"),
        pl.when((pl.col("excluded") > 0) & (pl.col("excluded") < limits.k))
        .then(None)
        .otherwise("excluded")
        .alias("excluded"),
        # The smallest denominator is for rates and means; a count has none.
        pl.when(pl.col("measure").str.starts_with("count_")).then(None).otherwise("n").alias("_behind"),
    )
    return protect(
        marked,
        count="n",
        by=(_areas(inputs), Margin("group", total=ALL)),
        within=("measure", "period"),
        derived=("value", "low", "high", "excluded"),
        denominator="_behind",
        min_denominator=limits.min_denominator,
        hide="_revealing",
        k=limits.k,
    ).drop("_revealing", "_behind")


def _scores(inputs: ReportInputs) -> pl.DataFrame:
    limits = inputs.county.disclosure
    county = inputs.county.code
    unit = pl.col("unit").fill_null("") + "|" + pl.col("area").fill_null("")
    cell = pl.when(pl.col("level") == "unit").then(unit).when(pl.col("level") == "area").then("area")
    table = inputs.need("quality_scores").with_columns(cell.otherwise(pl.lit(county)).alias("_cell"))
    units = table.filter(pl.col("level") == "unit").select("_cell", "area").drop_nulls().unique()
    parents = dict(units.iter_rows()) | {a.code: county for a in inputs.county.service_areas}
    derived = [c for c in SCORE_COLUMNS if c in table.columns]
    return protect(
        table,
        count="documents",
        by=(Margin("_cell", parents=parents),),
        within=("dimension",),
        derived=derived,
        denominator="documents",
        min_denominator=limits.min_denominator,
        k=limits.k,
    ).drop("_cell")
