"""Forecasts: recording breaks, need by year, need by month, open indicators, and the register of models."""

from typing import TYPE_CHECKING

from assets.forecast_inputs import county_persons, empty, indicator_definitions
from assets.months import month_tables, running_year
from assets.need import need_files, need_tables
from assets.pictures import months_picture, need_picture
from assets.recording import recording_breaks
from assets.sanity import SANE, judged_months, judged_need
from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

CODE = ("forecasting", "counties")
INDICATOR_TABLES = ("indicator_forecast", "indicator_scorecard", "indicator_usable")


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
        make=recording_breaks,
    )


FORECAST_STAGES: tuple[Stage, ...] = (
    _break_stage(),
    Stage(
        name="running_year",
        group="forecasts",
        tables={
            "running_year": "Totals of the year under way: months counted, completed, and forecast, with spread."
        },
        reads=("service_use", "service_events", "population", "projection", "coverage_flags"),
        code=(*CODE, "quality_checks/recording"),
        make=running_year,
    ),
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
        reads=("service_use", "population", "projection", "break_flags", "coverage_flags", "running_year"),
        code=(*CODE, "indicators", "quality_checks/recording"),
        make=need_tables,
        inputs=need_files,
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
            "month_parts": "Why each month's forecast is what it is: parts that sum to its mean.",
            "month_ages": "The forecast by month and age group; groups sum to their area in every draw.",
            "month_age_scorecard": "Scores of the shares of age groups, beside those of the last year.",
            "month_pins": "Models that the county has pinned, and what that costs at earlier origins.",
        },
        reads=("service_use", "service_events", "need_forecast", "population", "projection", "coverage_flags"),
        code=(*CODE, "quality_checks/recording"),
        make=month_tables,
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
