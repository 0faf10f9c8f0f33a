"""Whether a forecast is sane: the blocking checks on the two forecasts of the county's own services.

A forecast that fails is withdrawn from the lake, so that no edition publishes it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl

SANE = "forecast_is_sane"
MARGIN = 1e-6
"""Share of the total that the sum of areas may miss it by: rounding of floating-point sums."""
MEANINGS = {
    "no_number": "means or quantiles that are missing or not finite",
    "negative": "means or quantiles below zero",
    "crossing": "rows whose quantiles cross",
    "repeated": "cells that stand more than once",
    "unequal_total": "county means that are not the sum of their areas",
    "cut_short": "services with use whose forecast of the county has a gap or ends too early",
}


def forecast_faults(
    table: "pl.DataFrame",
    *,
    time: str,
    cell: Sequence[str],
    total_area: str,
    expected: Mapping[str, Collection[Any]],
) -> dict[str, int]:
    """Count what no forecast may have.

    Args:
        table: area, service, kind, mean, quantiles, the columns of `cell` and `time`.
        time: name of the column of years or months.
        cell: columns beside service and time within which areas add up.
        total_area: code of the county's total.
        expected: service -> times its county total must be forecast for.

    Returns:
        Fault (a key of `MEANINGS`) -> how many rows, cells or services have it.
    """
    import polars as pl

    rows = table.filter(pl.col("kind") == "forecast")
    levels = sorted((c for c in rows.columns if c.startswith("q0.")), key=lambda c: float(c[1:]))
    figures = rows.select(pl.col("mean", *levels).cast(pl.Float64))
    crossed = [rows[low] > rows[high] for low, high in zip(levels, levels[1:], strict=False)]
    return {
        "no_number": int(figures.select((~pl.all().is_finite().fill_null(value=False)).sum()).sum_horizontal()[0]),
        "negative": int(figures.select((pl.all() < 0).sum()).sum_horizontal()[0]),
        "crossing": int(pl.select(pl.any_horizontal(crossed)).to_series().sum()),
        "repeated": rows.height - rows.unique(["area", "service", *cell, time]).height,
        "unequal_total": _unequal_totals(rows, ["service", *cell, time], total_area),
        "cut_short": _cut_short(rows, time, cell, total_area, expected),
    }


def _unequal_totals(rows: "pl.DataFrame", key: list[str], total_area: str) -> int:
    """County means that differ from the sum of their areas; one without the other differs too."""
    import polars as pl

    parts = rows.filter(pl.col("area") != total_area)
    whole = rows.filter(pl.col("area") == total_area, pl.col("service").is_in(parts["service"].unique().implode()))
    both = whole.select(*key, "mean").join(
        parts.group_by(key).agg(parts=pl.col("mean").sum()), on=key, how="full", coalesce=True
    )
    agree = (pl.col("mean") - pl.col("parts")).abs() <= MARGIN * pl.max_horizontal(pl.col("mean"), pl.lit(1.0))
    return int(both.select((~agree.fill_null(value=False)).sum()).item())


def _cut_short(
    rows: "pl.DataFrame", time: str, cell: Sequence[str], total_area: str, expected: Mapping[str, Collection[Any]]
) -> int:
    import polars as pl

    total = rows.filter(pl.col("area") == total_area, *(pl.col(name) == "all" for name in cell))
    found = {name: set(group[time].to_list()) for (name,), group in total.group_by("service")}
    return sum(1 for service, times in expected.items() if not set(times) <= found.get(service, set()))


def judged_need(run: CountyRun) -> list[dg.AssetCheckResult]:
    """The forecast by year: to the projection's end for every service of the county file with a year of use."""
    from assets.forecast_inputs import counts_by_year

    use, projection = run.table_or_none("service_use"), run.table_or_none("projection")
    if use is None or projection is None or run.table_or_none("population") is None:
        return [_nothing("need_forecast", "There is no use, population or projection to forecast from.")]
    counts = counts_by_year(use, run.as_of)
    used = counts.loc[counts["count"] > 0]
    years = range(int(used["year"].max()) + 1, int(str(projection["year"].max())) + 1) if len(used) else range(0)
    expected = dict.fromkeys(sorted(set(used["service"]) & set(run.county.service_names("en"))), years)
    return [_result(run, "need_forecast", expected, time="year", cell=("sex", "age_group"))]


def judged_months(run: CountyRun) -> list[dg.AssetCheckResult]:
    """The forecast by month: as far as the county file says for each of its services with a month of use."""
    import pandas as pd

    from assets.forecast_inputs import counts_by_month

    use = run.table_or_none("service_use")
    if use is None:
        return [_nothing("month_forecast", "There is no use to forecast from.")]
    counts = counts_by_month(use, run.as_of)
    used = set(counts.loc[counts["y"] > 0, "service"]) & set(run.county.service_names("en"))
    first = counts["ds"].max() + pd.offsets.MonthBegin()
    months = pd.date_range(first, periods=run.county.forecast.months, freq="MS").to_pydatetime().tolist()
    return [_result(run, "month_forecast", dict.fromkeys(sorted(used), months), time="ds", cell=())]


def _result(
    run: CountyRun, table: str, expected: Mapping[str, Collection[Any]], *, time: str, cell: Sequence[str]
) -> dg.AssetCheckResult:
    forecast = run.table_or_none(table)
    if forecast is None:
        return dg.AssetCheckResult(
            asset_key=table,
            check_name=SANE,
            passed=False,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{run.slug}: {table} has no rows, though {len(expected)} services have use.",
        )
    faults = forecast_faults(forecast, time=time, cell=cell, total_area=run.county.code, expected=expected)
    found = [f"{count:,} {MEANINGS[fault]}" for fault, count in faults.items() if count]
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=SANE,
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(found) or f"{len(expected)} services: numbers, order, totals and reach hold.",
        metadata={**faults, "services": len(expected)},
    )


def _nothing(table: str, reason: str) -> dg.AssetCheckResult:
    """A warning: a run on open data alone has no use of services, and what follows can go on."""
    return dg.AssetCheckResult(
        asset_key=table, check_name=SANE, passed=False, severity=dg.AssetCheckSeverity.WARN, description=reason
    )
