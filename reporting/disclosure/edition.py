"""Disclosure control of a whole edition, once, before any product is made from it.

Rules, by table:
- observed yearly and monthly counts are one problem: small counts are hidden, and enough others that nothing
  follows over areas, sexes, age groups, the months of a year, and what the edition before has told;
- forecasts and drivers are results of a model, not counts of persons; but one whose latest observed count is
  hidden would tell what is hidden, so it is hidden with it, in the same pattern (which is why sums of shown
  forecasts do not give it away either); a monthly one may repeat any count of the last year, and its level is
  their mean, so it is hidden, with its parts, where one of them is; one of the running year rests on the months of
  that year and is hidden with their forecast; one of an age group rests on shares of its latest counted years, so
  it is hidden with its area's, where the group's yearly forecast is, and where others would follow from it;
- measures: see `measure_figures`; record quality: see `quality_figures`.
Population, projection and open indicators are published already. `violations` and `observations` are working
tables: whoever counts from them for readers calls `protect`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from counties import DisclosureSettings
from reporting.disclosure.measure_figures import protect_measures
from reporting.disclosure.month_ages import protect_ages
from reporting.disclosure.protect import (
    DisclosureError,
    Limits,
    Margin,
    key_columns,
    protect,
    remembered,
)
from reporting.disclosure.quality_figures import protect_quality, rule_cells
from reporting.disclosure.rounding import FOLLOWS_NEED, round_edition
from reporting.disclosure.running_year import RUNNING, hidden_places, hide_with_months, time_of
from reporting.inputs import ALL, MONTH_PARTS, QUANTILES, ReportInputs

NEED_CELL = ("area", "service", "sex", "age_group")
COUNTS = "counts"
_TIME = "_time"


@dataclass(frozen=True)
class Protected:
    """Tables that may leave the house; every product takes this, not the raw inputs.

    Attributes:
        inputs: the edition; its published tables have hidden values null and a column `suppressed`.
        suppressed: one row per published table: table, cells, primary, secondary, share of cells hidden, mass
            (share of the counts that the hidden cells hold; null where a table has no counts that add up).
        rule_cells: checks and defects by rule and area, hidden with the scores; None without record quality.
        memory: what readers know of each count from now on, for the next edition; never published.
    """

    inputs: ReportInputs
    suppressed: pl.DataFrame
    rule_cells: pl.DataFrame | None = None
    memory: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def limits_of(settings: DisclosureSettings, output: str) -> tuple[Limits, int]:
    """What counts as small in one output, and its smallest denominator."""
    own = settings.of(output)
    return Limits(own.k, own.zeros == "shown", own.dominance), own.min_denominator


def protect_inputs(
    inputs: ReportInputs, earlier: Mapping[str, pl.DataFrame] | None = None, *, secret: bytes | None = None
) -> Protected:
    """Protect every published table of an edition with the county file's limits.

    Args:
        inputs: the edition.
        earlier: `memory` of the edition before; nothing is known of one when left out.
        secret: key of the draws when the county file asks for rounding.

    Raises:
        DisclosureError: rounding without a key.
    """
    inputs = _without_unprotected(inputs)
    settings, county = inputs.county.disclosure, inputs.county
    areas = [area.code for area in county.service_areas]
    rules = None if inputs.cells is None else rule_cells(inputs.cells, county.code, areas)
    if settings.mode == "round":
        if not secret:
            raise DisclosureError("disclosure.mode: round needs the installation's pseudonym key; none was given")
        made, rules = round_edition(inputs, rules, settings, secret)
        return Protected(replace(inputs, **made), _report(inputs, made), rules)
    return _suppressed(inputs, rules, earlier)


def _without_unprotected(inputs: ReportInputs) -> ReportInputs:
    """Leave out what nothing protects: what explains a forecast that is not there, and a score's effective size.

    The effective size tells the number of checks behind a hidden score, and no reader needs it.
    """
    kept: dict[str, Any] = {}
    if (
        inputs.month_forecast is None or inputs.county.disclosure.mode == "round"
    ):  # a level is a sum of exact counts, and shares of age groups are quotients of them
        kept |= {"month_parts": None, "month_ages": None}
    if inputs.need_forecast is None:
        kept |= dict.fromkeys(FOLLOWS_NEED)
    if inputs.quality_scores is not None:
        kept["quality_scores"] = inputs.quality_scores.drop("effective", strict=False)
    return replace(inputs, **kept)


def _suppressed(
    inputs: ReportInputs, rules: pl.DataFrame | None, earlier: Mapping[str, pl.DataFrame] | None
) -> Protected:
    tables: dict[str, Any] = {}
    memory: dict[str, pl.DataFrame] = {}
    settings, county = inputs.county.disclosure, inputs.county
    with ThreadPoolExecutor(1) as beside:  # the solver lets Python go on; the two problems share no cell
        measures = beside.submit(_measures, inputs)
        if inputs.need_forecast is not None or inputs.month_forecast is not None:
            tables, memory[COUNTS] = _counts(inputs, (earlier or {}).get(COUNTS))
    for name in FOLLOWS_NEED:
        table, need = getattr(inputs, name), tables.get("need_forecast")
        if table is not None and need is not None:
            tables[name] = _drivers(table, need) if name == "need_drivers" else _hidden_with_need(table, need)
    if inputs.month_ages is not None:
        need = tables.get("need_forecast")
        tables["month_ages"] = protect_ages(inputs.month_ages, tables["month_forecast"], need, county.code)
    if inputs.month_parts is not None:
        tables["month_parts"] = _month_parts(inputs.month_parts, tables["month_forecast"], county.code)
    if inputs.measures is not None:
        tables["measures"] = measures.result()
    limits, least = limits_of(settings, "quality")
    scored = {rule: (group, inputs.rule_weights.get(rule, 1)) for rule, group in inputs.rule_dimensions.items()}
    scores, rules = protect_quality(inputs.quality_scores, rules, county.code, limits, least, scored)
    if scores is not None:
        tables["quality_scores"] = scores
    ordered = {name: tables[name] for name in _MASS if name in tables}
    return Protected(replace(inputs, **tables), _report(inputs, ordered), rules, memory)


def _measures(inputs: ReportInputs) -> pl.DataFrame | None:
    if inputs.measures is None:
        return None
    limits, least = limits_of(inputs.county.disclosure, "measures")
    return protect_measures(inputs.measures, _areas(inputs), limits, least, ALL)


_MASS = {
    "need_forecast": "mean",
    **dict.fromkeys(FOLLOWS_NEED),
    "month_forecast": "y",
    "month_ages": None,
    "month_parts": None,
    "measures": None,
    "quality_scores": "documents",
}


def _report(inputs: ReportInputs, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Cells and mass hidden, by table."""
    rows: list[tuple[Any, ...]] = []
    for name, table in tables.items():
        column, mass = _MASS[name], None
        if column is not None:
            told = inputs.need(name).select(pl.col(column).cast(pl.Float64).fill_null(0.0).alias("count"))
            told = told.with_columns(table["suppressed"])
            if "kind" in table.columns:  # forecasts are no counts
                told = told.filter(table["kind"] != "forecast")
            mass = _total(told.filter(pl.col("suppressed") != "")) / max(_total(told), 1.0)
        primary, secondary = (table.filter(suppressed=why).height for why in ("primary", "secondary"))
        rows.append((name, table.height, primary, secondary, (primary + secondary) / max(table.height, 1), mass))
    schema = {
        **{"table": pl.String, "cells": pl.Int64, "primary": pl.Int64, "secondary": pl.Int64},
        **{"share": pl.Float64, "mass": pl.Float64},
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _total(told: pl.DataFrame) -> float:
    return float(told.select(pl.col("count").sum()).item())


def _areas(inputs: ReportInputs) -> Margin:
    return Margin("area", parents={a.code: inputs.county.code for a in inputs.county.service_areas})


def _counts(inputs: ReportInputs, earlier: pl.DataFrame | None) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Yearly and monthly counts as one problem: months add up to their year."""
    cells = pl.concat(_count_cells(inputs), how="vertical")
    times = cells[_TIME].unique().to_list()
    by = (
        *(_areas(inputs), Margin("sex", total=ALL), Margin("age_group", total=ALL)),
        Margin(_TIME, parents={time: time[:4] for time in times if len(time) > 4}),
    )
    limits, _ = limits_of(inputs.county.disclosure, "counts")
    within = ("service",)
    if inputs.contributors is not None:
        cells = cells.join(
            inputs.contributors.select(*NEED_CELL, pl.col("time").alias(_TIME), "clients", "largest"),
            on=[*NEED_CELL, _TIME], how="left", maintain_order="left",
        )  # fmt: skip
        few = (pl.col("clients") < limits.k) & (pl.col("count") >= limits.k)
        # Many visits of few clients are as telling as few clients, whatever share one may have.
        cells = cells.with_columns(pl.when(few).then(float("inf")).otherwise("largest").alias("largest"))
    else:
        cells = cells.with_columns(pl.lit(None, pl.Float64).alias("largest"))
    protected = protect(cells, count="count", by=by, within=within, k=limits, largest="largest", earlier=earlier)
    memory = remembered(cells, protected, count="count", key=key_columns(by, within), earlier=earlier)
    tables = {}
    for name, time, cell, values in (
        ("need_forecast", "year", NEED_CELL, ("mean", *QUANTILES)),
        ("month_forecast", "ds", ("area", "service"), ("y", "mean", *QUANTILES)),
    ):
        if getattr(inputs, name) is not None:
            found = protected.filter(pl.col("_from") == name).select("_row", "suppressed")
            tables[name] = _with_pattern(inputs.need(name), found, cell, time, values)
    if "need_forecast" in tables:
        figures = ("mean", *QUANTILES)
        tables["need_forecast"] = hide_with_months(tables["need_forecast"], tables.get("month_forecast"), figures)
    return tables, memory


def _count_cells(inputs: ReportInputs) -> list[pl.DataFrame]:
    """Counts of years and of months in one shape: the key, the count, and the row that shows it."""
    shape = (*NEED_CELL, _TIME, "count", "_row", "_from")
    found = []
    if inputs.need_forecast is not None:
        observed = inputs.need_forecast.with_row_index("_row").filter(pl.col("kind") == "observed")
        named = observed.with_columns(
            pl.col("year").cast(pl.String).alias(_TIME),
            pl.col("mean").cast(pl.Float64).alias("count"),
            pl.lit("need_forecast").alias("_from"),
        )
        found.append(named.select(shape))
    if inputs.month_forecast is not None:
        counted = inputs.month_forecast.with_row_index("_row").filter(pl.col("kind") != "forecast")
        named = counted.with_columns(
            pl.lit(ALL).alias("sex"),
            pl.lit(ALL).alias("age_group"),
            pl.col("ds").dt.strftime("%Y-%m").alias(_TIME),
            pl.col("y").cast(pl.Float64).alias("count"),
            pl.lit("month_forecast").alias("_from"),
        )
        found.append(named.select(shape))
    return found


def _with_pattern(
    table: pl.DataFrame, found: pl.DataFrame, cell: Sequence[str], time: str, values: Sequence[str]
) -> pl.DataFrame:
    """Hide counts as found, and forecasts of the cells of which a count is hidden that they may repeat."""
    counted = table.with_row_index("_row").join(found, on="_row", how="left", maintain_order="left")
    known = counted.drop_nulls("suppressed")
    latest = known.sort(time).group_by(*cell, maintain_order=True).tail(1)
    repeated = _repeated_months(known, cell) if time == "ds" else latest
    base = repeated.group_by(*cell, maintain_order=True).agg(pl.col("suppressed").max().alias("_base"))
    joined = counted.join(base, on=list(cell), how="left", maintain_order="left").with_columns(
        pl.coalesce("suppressed", "_base", pl.lit("")).alias("suppressed")
    )
    shown = pl.col("suppressed") == ""
    return joined.drop("_row", "_base").with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in values)


def _repeated_months(known: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """Months whose counts a forecast may repeat: those of the last year, and the latest of each calendar month."""
    counts, ds = known.drop_nulls("y"), pl.col("ds")
    latest = ds == ds.max().over(*cell, ds.dt.month())
    return counts.filter(latest | (ds.rank("ordinal", descending=True).over(*cell) <= 12))


def _drivers(drivers: pl.DataFrame, need: pl.DataFrame) -> pl.DataFrame:
    """Hide what a change consists of where the count that it starts from, or the forecast, is hidden."""
    observed = need.filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "observed"))
    start = observed.select(
        "area", "service", pl.col("year").alias("from_year"), pl.col("suppressed").alias("_start")
    )
    joined = drivers.join(start, on=["area", "service", "from_year"], how="left", maintain_order="left")
    hidden = _hidden_with_need(joined.drop("_start"), need).with_columns(joined["_start"].fill_null(""))
    why = pl.when(pl.col("_start") != "").then(pl.col("_start")).otherwise(pl.col("suppressed"))
    marked = hidden.with_columns(why.alias("suppressed")).drop("_start")
    shown = pl.col("suppressed") == ""
    return marked.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", "q0.1", "q0.5", "q0.9"))


def _month_parts(parts: pl.DataFrame, months: pl.DataFrame, county: str) -> pl.DataFrame:
    """Hide parts with their forecast, whose months they rest on.

    The county's parts are the sums of its areas', so they are hidden when an area's are.
    """
    ahead = months.filter(pl.col("kind") == "forecast", pl.col("suppressed") != "")
    hidden = ahead.select("area", "service").unique()
    whole = hidden.select(pl.lit(county).alias("area"), "service")
    both = pl.concat([hidden, whole]).unique().with_columns(pl.lit("secondary").alias("suppressed"))
    joined = parts.join(both, on=["area", "service"], how="left", maintain_order="left")
    joined = joined.with_columns(pl.col("suppressed").fill_null(""))
    shown = pl.col("suppressed") == ""
    return joined.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", *MONTH_PARTS))


def _hidden_with_need(table: pl.DataFrame, need: pl.DataFrame) -> pl.DataFrame:
    """Hide the figures of areas and services whose forecast of all persons is hidden, or is not there."""
    whole = need.filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "forecast"))
    base = whole.filter(~RUNNING.fill_null(False)).group_by("area", "service").agg(pl.col("suppressed").max())
    joined = table.join(base, on=["area", "service"], how="left", maintain_order="left").with_columns(
        pl.col("suppressed").fill_null("secondary")
    )
    if (time := time_of(table)) is not None:
        running = hidden_places(whole).rename({"year": time}).with_columns(_running=True)
        joined = joined.join(running, on=["area", "service", time], how="left", maintain_order="left")
        too = pl.col("_running").fill_null(False) & (pl.col("suppressed") == "")
        why = pl.when(too).then(pl.lit("secondary")).otherwise("suppressed")
        joined = joined.with_columns(why.alias("suppressed")).drop("_running")
    figures = [c for c, kind in table.schema.items() if kind.is_float()]
    return joined.with_columns(pl.when(pl.col("suppressed") == "").then(pl.col(c)).alias(c) for c in figures)
