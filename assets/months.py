"""The forecast by month, of one county: late months completed, agreeing with the forecast by year."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assets.forecast_inputs import (
    counts_by_month,
    counts_by_month_and_age,
    counts_by_year,
    empty,
    known_shares,
    persons_by_area,
)
from assets.need_ledger import VARIANT
from assets.recording import announced_changes, marked
from assets.stages import CountyRun
from assets.tracking import incumbents

if TYPE_CHECKING:
    import polars as pl

    from forecasting.monthly.ages import AgeForecast
    from forecasting.monthly.months import MonthForecast


MONTH_TABLES = (
    *("month_forecast", "month_scorecard", "month_pins", "month_parts"),
    *("month_ages", "month_age_scorecard"),
)


def month_tables(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Every table of the forecast by month; empty ones for a county without use."""
    import polars as pl

    from forecasting.monthly.ages import forecast_ages

    use = run.table_or_none("service_use")
    if use is None:
        return {name: empty(name) for name in MONTH_TABLES}
    persons = _persons(run, use)
    result = _forecast(run, use, persons, _year_totals(run, use))
    for pin in result.pins.itertuples(index=False):
        run.log.warning(
            f"{pin.service}: {pin.pinned} is pinned where {pin.otherwise} would be in charge; CRPS {pin.cost:+.1%}"
        )
    ages = forecast_ages(
        result,
        counts_by_month_and_age(use, run.as_of),
        as_of=run.as_of.isoformat(),
        total_area=run.county.code,
        persons=persons,
        seed=run.county.forecast.seed,
    )
    for service in ages.untold:
        run.log.warning(f"{service}: no client's age is recorded, so that its months are not told by age group")
    return {
        **_age_tables(run, ages),
        "month_pins": pl.from_pandas(result.pins).cast(
            {"service": pl.String, "pinned": pl.String, "otherwise": pl.String, "cost": pl.Float64}
        ),
        "month_forecast": marked(pl.from_pandas(result.forecast), run, "ds"),
        "month_scorecard": pl.from_pandas(result.scorecard),
        "month_parts": pl.from_pandas(result.parts),
    }


def _age_tables(run: CountyRun, ages: "AgeForecast") -> dict[str, "pl.DataFrame"]:
    """Months by age group and their scores; without rows where nothing is told."""
    import polars as pl

    told = {"month_ages": ages.forecast, "month_age_scorecard": ages.scorecard}
    tables = {name: empty(name) if table.empty else pl.from_pandas(table) for name, table in told.items()}
    return tables if ages.forecast.empty else tables | {"month_ages": marked(tables["month_ages"], run, "ds")}


def running_year(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Totals of the year under way by its months, for services counted to the end of the last year."""
    import polars as pl

    use = run.table_or_none("service_use")
    if use is None:
        return {"running_year": empty("running_year")}
    totals = pl.from_pandas(_forecast(run, use, _persons(run, use), None).running)
    if totals.is_empty():
        return {"running_year": empty("running_year")}
    whole = pl.from_pandas(counts_by_year(use, run.as_of)).group_by("service").agg(pl.col("year").max())
    ready = whole.filter(pl.col("year") == totals["year"][0] - 1).join(known_shares(use, run.as_of), on="service")
    kept = totals.join(ready.select("service", "share"), on="service")
    aged = [pl.col(name) * pl.col("share") for name in ("so_far", "mean", "sd", "level")]
    return {"running_year": kept.with_columns(aged).drop("share").sort("area", "service")}


def _forecast(run: CountyRun, use: "pl.DataFrame", persons: Any, year_totals: Any) -> "MonthForecast":
    from forecasting.monthly.known_effects import KnownEffect
    from forecasting.monthly.months import forecast_months
    from forecasting.monthly.nowcast import complete_recent

    events = run.table_or_none("service_events")
    day = run.as_of.isoformat()
    return forecast_months(
        counts_by_month(use, run.as_of).drop(columns="unique_id"),
        as_of=day,
        total_area=run.county.code,
        completion=None if events is None else complete_recent(_dated(events, run), as_of=day),
        horizon=run.county.forecast.months,
        exposure=_exposure(run, use, persons),
        year_totals=year_totals,
        incumbents=incumbents(run),
        announced_breaks=announced_changes(run),
        pinned=dict(run.county.forecast.pinned),
        references=run.county.forecast.references,
        effects=[
            KnownEffect(
                one.service, str(one.first_month), last and str(last), one.factor, one.low, one.high, one.areas
            )
            for one in run.county.forecast.known_effects
            for last in (one.last_month,)
        ],
        seed=run.county.forecast.seed,
    )


def _persons(run: CountyRun, use: "pl.DataFrame") -> Any:
    """Persons by area and year, observed before projected; None without persons of every area."""
    import pandas as pd

    from forecasting.contracts import check_variant

    population, projection = run.table_or_none("population"), run.table_or_none("projection")
    if population is None or projection is None:
        return None
    known = persons_by_area(population, run.county)
    ahead = check_variant(persons_by_area(projection, run.county), VARIANT)
    persons = pd.concat([known, ahead[ahead["year"] > known["year"].max()]], ignore_index=True)
    if not set(use["area"].unique()) <= set(persons["area"]):
        run.log.warning("persons are not known for every service area: monthly models know no exposure")
        return None
    return persons


def _exposure(run: CountyRun, use: "pl.DataFrame", persons: Any) -> Any:
    """Expected use at steady rates; None without persons of every area."""
    from forecasting.monthly.steady_rates import expected_at_steady_rates

    if persons is None:
        return None
    return expected_at_steady_rates(persons, counts_by_year(use, run.as_of), use["service"].unique().to_list())


def _year_totals(run: CountyRun, use: "pl.DataFrame") -> Any:
    """Expected totals of the years after the last month counted, so that budget and service plan agree.

    The year of that month is among them where the yearly forecast knows its months; otherwise those left of it
    would take the whole difference. Yearly totals count events of known age; months count all.
    """
    import polars as pl

    from forecasting.need_tables import RUNNING

    need = run.table_or_none("need_forecast")
    if need is None:
        return None
    whole = (pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("area") != run.county.code)
    over = use.filter(pl.col("period").dt.month_end() <= run.as_of)
    later = (pl.col("year") > over["period"].dt.year().max()) | pl.col("flag").str.contains(RUNNING)
    totals = need.filter(whole & (pl.col("kind") == "forecast") & later)
    every = totals.join(known_shares(use, run.as_of), on="service").with_columns(pl.col("mean") / pl.col("share"))
    return every.select("area", "service", "year", "mean").to_pandas()


def _dated(events: "pl.DataFrame", run: CountyRun) -> Any:
    """The events that say something of the recording delay: older ones are recorded, and of older habits."""
    import polars as pl

    from forecasting.monthly.nowcast import LOOKBACK

    areas = run.county.area_of_municipality
    recent = pl.col("event_date").cast(pl.Date) > run.as_of - timedelta(days=LOOKBACK)
    return (
        events.filter(recent)
        .select(
            "service",
            "unit",
            "event_date",
            "recorded_at",
            area=pl.col("municipality").replace_strict(areas, return_dtype=pl.String),
        )
        .to_pandas()
    )
