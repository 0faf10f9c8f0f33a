"""Forecasts: recording breaks, need by year, need by month, open indicators, and the register of models."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assets.compute import computing
from assets.forecast_inputs import (
    counts_by_month,
    counts_by_year,
    county_persons,
    empty,
    exposures,
    hierarchy,
    indicator_definitions,
    persons_by_area,
)
from assets.pictures import months_picture, need_picture
from assets.sanity import SANE, judged_months, judged_need
from assets.stages import CountyRun, Stage
from assets.tracking import incumbents

if TYPE_CHECKING:
    import polars as pl

CODE = ("forecasting", "counties")
NEED_TABLES = (
    *("need_forecast", "need_drivers", "need_variance", "need_rates", "need_scorecard", "need_scores_by_size"),
    *("need_scenarios", "need_scenario_drivers", "need_tornado", "need_assumptions"),
    *("need_edition_changes", "need_ledger"),
)
MONTH_TABLES = ("month_forecast", "month_scorecard", "month_pins")
INDICATOR_TABLES = ("indicator_forecast", "indicator_scorecard", "indicator_usable")


def _breaks(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from forecasting.monthly.breaks import detect_breaks

    use, coverage = run.table_or_none("service_use"), _coverage(run)
    if use is None:
        return {"break_flags": empty("break_flags"), **coverage}
    found = detect_breaks(counts_by_month(use, run.as_of), announced=_announced(run))
    parts = pl.from_pandas(found).with_columns(pl.col("unique_id").str.split_exact("|", 1))
    return {
        "break_flags": parts.select(
            area=pl.col("unique_id").struct.field("field_0"),
            service=pl.col("unique_id").struct.field("field_1"),
            ds=pl.col("ds").cast(pl.Date),
            ratio=pl.col("ratio"),
            score=pl.col("score"),
            announced=pl.col("announced"),
        ).sort("area", "service", "ds"),
        **coverage,
    }


def _coverage(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Recording delays of service events, and the months whose counts say more of recording than of need."""
    import polars as pl

    from quality_checks.recording import coverage_flags, recording_delays

    events = run.table_or_none("service_events")
    if events is None:
        return {name: empty(name) for name in ("recording_delays", "coverage_flags")}
    areas = run.county.area_of_municipality
    records = events.select(
        "service",
        "unit",
        area=pl.col("municipality").replace_strict(areas, return_dtype=pl.String),
        happened=pl.col("event_date"),
        recorded=pl.col("recorded_at").dt.date(),
    )
    delays = recording_delays(records, source="service_events", as_of=run.as_of)
    return {"recording_delays": delays, "coverage_flags": coverage_flags(delays, run.as_of)}


def _marked(table: "pl.DataFrame", run: CountyRun, time: str) -> "pl.DataFrame":
    """Figures that rest on late records say so."""
    from quality_checks.recording import mark_figures

    flags = run.table_or_none("coverage_flags")
    if flags is None:
        return table
    return mark_figures(table, flags, time=time, total=run.county.code, as_of=run.as_of)


def _need(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from assets.need_assumptions import county_assumptions
    from assets.need_ledger import edition_inputs, next_ledger
    from forecasting.need import forecast_need
    from forecasting.need_backtest import backtest_need

    use, population = run.table_or_none("service_use"), run.table_or_none("population")
    projection = run.table_or_none("projection")
    if use is None or population is None or projection is None:
        return {name: empty(name) for name in NEED_TABLES}
    settings = run.county.forecast
    tables = (
        persons_by_area(population, run.county),
        persons_by_area(projection, run.county),
        counts_by_year(use, run.as_of),
        hierarchy(run.county),
    )
    options = {
        "exposures": exposures(run.county),
        "as_of": run.as_of,
        "seed": settings.seed,
        "flags": _yearly_flags(run.table("break_flags")),
    }
    assumed = county_assumptions(run, use, tables)
    with computing(run.settings.compute) as compute:
        judged = backtest_need(*tables, **options, each=compute.map)
        forecast = forecast_need(
            *tables,
            **options,
            draws=settings.draws,
            judged=judged.judged,
            assumptions=assumed.register,
            scenarios=assumed.scenarios,
            swings=assumed.swings,
            each=compute.map,
        )
    inputs = edition_inputs(run, tables, options, assumed.register)
    made = {
        "need_forecast": forecast.forecast,
        "need_drivers": forecast.drivers,
        "need_variance": forecast.variance,
        "need_rates": forecast.rates,
        "need_scorecard": judged.scorecard,
        "need_scores_by_size": judged.by_size,
        "need_scenarios": forecast.scenarios,
        "need_scenario_drivers": forecast.scenario_drivers,
        "need_tornado": forecast.tornado,
        "need_assumptions": forecast.assumptions,
    }
    tables_made = {name: pl.from_pandas(frame) for name, frame in made.items()} | next_ledger(run, inputs)
    return tables_made | {"need_forecast": _marked(tables_made["need_forecast"], run, "year")}


def _need_files(run: CountyRun) -> Any:
    """The county's own register and scenarios, and the edition: the ledger names it."""
    from assets.need_assumptions import assumption_files
    from lake.fingerprint import file_fingerprint

    return [run.edition, [file_fingerprint(path) for path in assumption_files(run)]]


def _yearly_flags(breaks: "pl.DataFrame") -> Any:
    import polars as pl

    return breaks.select(
        "area", "service", year=pl.col("ds").dt.year().cast(pl.Int64), kind=pl.lit("break")
    ).to_pandas()


def _announced(run: CountyRun) -> list[tuple[str, str]]:
    """Changes in recording that the county file names, by `area|service`, with their first day."""
    areas = tuple(area.code for area in run.county.service_areas)
    return [
        (f"{area}|{change.service}", change.first_day.isoformat())
        for change in run.county.forecast.recording_changes
        for area in change.areas or areas
    ]


def _months(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from forecasting.monthly.known_effects import KnownEffect
    from forecasting.monthly.months import forecast_months
    from forecasting.monthly.nowcast import complete_recent

    use = run.table_or_none("service_use")
    if use is None:
        return {name: empty(name) for name in MONTH_TABLES}
    events = run.table_or_none("service_events")
    day = run.as_of.isoformat()
    completion = None if events is None else complete_recent(_dated(events, run), as_of=day)
    result = forecast_months(
        counts_by_month(use, run.as_of).drop(columns="unique_id"),
        as_of=day,
        total_area=run.county.code,
        completion=completion,
        horizon=run.county.forecast.months,
        year_totals=_year_totals(run),
        incumbents=incumbents(run),
        announced_breaks=_announced(run),
        pinned=dict(run.county.forecast.pinned),
        effects=[
            KnownEffect(
                one.service, str(one.first_month), last and str(last), one.factor, one.low, one.high, one.areas
            )
            for one in run.county.forecast.known_effects
            for last in (one.last_month,)
        ],
        seed=run.county.forecast.seed,
    )
    for pin in result.pins.itertuples(index=False):
        run.log.warning(
            f"{pin.service}: {pin.pinned} is pinned where {pin.otherwise} would be in charge; CRPS {pin.cost:+.1%}"
        )
    return {
        "month_pins": pl.from_pandas(result.pins).cast(
            {"service": pl.String, "pinned": pl.String, "otherwise": pl.String, "cost": pl.Float64}
        ),
        "month_forecast": _marked(pl.from_pandas(result.forecast), run, "ds"),
        "month_scorecard": pl.from_pandas(result.scorecard),
    }


def _year_totals(run: CountyRun) -> Any:
    """Expected totals of the years that lie wholly ahead, so that budget and service plan agree.

    The current year is left alone: its last months would take the whole difference.
    """
    import polars as pl

    need = run.table_or_none("need_forecast")
    if need is None:
        return None
    whole = (pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("area") != run.county.code)
    ahead = (pl.col("kind") == "forecast") & (pl.col("year") > run.as_of.year)
    return need.filter(whole & ahead).select("area", "service", "year", "mean").to_pandas()


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


def _indicators(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Forecast the county's own rows of every service indicator; other counties' series strengthen the panel."""
    import polars as pl

    from forecasting.indicator_series import forecast_indicators

    definitions = indicator_definitions(run.county)
    rows = run.table("indicators").filter(pl.col("indicator").is_in(list(definitions)), pl.col("sex") == "all")
    population, projection = run.table_or_none("population"), run.table_or_none("projection")
    if rows.is_empty() or population is None or projection is None:
        return {name: empty(name) for name in INDICATOR_TABLES}
    counties = rows.filter(pl.col("area").str.len_chars() == 2)
    result = forecast_indicators(
        counties.to_pandas(),
        county_persons(population, run.county),
        county_persons(projection, run.county),
        definitions=definitions,
        as_of=run.as_of,
        horizon_end=int(projection["year"].max()),
        draws=run.county.forecast.draws,
        seed=run.county.forecast.seed,
    )
    own = pl.col("area") == run.county.code
    return {
        "indicator_forecast": pl.from_pandas(result.forecast).filter(own),
        "indicator_scorecard": pl.from_pandas(result.scorecard),
        "indicator_usable": pl.from_pandas(result.usable).filter(own),
    }


def _break_stage() -> Stage:
    return Stage(
        name="break_flags",
        group="forecasts",
        tables={
            "break_flags": "Sudden lasting changes of level that are changes in recording, not in need.",
            "recording_delays": "Delay from event to record, and the part of each month that is here, by unit.",
            "coverage_flags": "Months, areas and services whose counts say more of recording than of need.",
        },
        reads=("service_use", "service_events"),
        code=(*CODE, "quality_checks/recording"),
        make=_breaks,
    )


FORECAST_STAGES: tuple[Stage, ...] = (
    _break_stage(),
    Stage(
        name="need",
        group="forecasts",
        tables={
            "need_forecast": "Need by service area, service, sex, age group and year: quantiles of joint draws.",
            "need_drivers": "Exact parts of the change: size of the population, age structure, rate.",
            "need_variance": "Shares of the uncertainty that come from population, rate and noise.",
            "need_rates": "Fitted rates: trend, damping, dispersion.",
            "need_scorecard": "Scores of the yearly models over rolling origins.",
            "need_scores_by_size": "The same by size of area, with coverage origin by origin.",
            "need_scenarios": "Scenarios beside the baseline, draw by draw.",
            "need_scenario_drivers": "Exact parts of each scenario's difference from the baseline.",
            "need_tornado": "What each assumption and source of uncertainty does to need.",
            "need_assumptions": "The register of assumptions with source and date.",
            "need_edition_changes": "Why this edition expects something else than the last one.",
        },
        reads=("service_use", "population", "projection", "break_flags", "coverage_flags"),
        code=(*CODE, "indicators", "quality_checks/recording"),
        make=_need,
        inputs=_need_files,
        side_tables=("need_ledger",),
        checks={"need_forecast": [SANE]},
        blocking=True,
        evaluate=judged_need,
        metadata=need_picture,
    ),
    Stage(
        name="months",
        group="forecasts",
        tables={
            "month_forecast": "Service use by month: observed, estimated (late records), forecast.",
            "month_scorecard": "Scores of the monthly models over rolling origins.",
            "month_pins": "Models that the county has pinned, and what that costs at earlier origins.",
        },
        reads=("service_use", "service_events", "need_forecast", "coverage_flags"),
        code=(*CODE, "quality_checks/recording"),
        make=_months,
        checks={"month_forecast": [SANE]},
        blocking=True,
        evaluate=judged_months,
        metadata=months_picture,
    ),
    Stage(
        name="indicator_forecasts",
        group="forecasts",
        tables={
            "indicator_forecast": "Open service indicators of the county to the end of the projection.",
            "indicator_scorecard": "Scores of the indicator models on the held-back last years.",
            "indicator_usable": "Which series can be forecast, and why the others cannot.",
        },
        reads=("indicators", "population", "projection"),
        code=(*CODE, "sources"),
        make=_indicators,
    ),
)
