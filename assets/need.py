"""The forecast of need by year, of one county: drawn, judged, explained against the edition before."""

from typing import TYPE_CHECKING, Any

from assets.compute import computing
from assets.forecast_inputs import counts_by_year, empty, exposures, hierarchy, persons_by_area
from assets.recording import marked
from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl


NEED_TABLES = (
    *("need_forecast", "need_drivers", "need_variance", "need_rates", "need_scorecard", "need_scores_by_size"),
    *("need_scenarios", "need_scenario_drivers", "need_tornado", "need_assumptions"),
    *("need_edition_changes", "need_ledger"),
)


def need_tables(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Every table of the forecast by year; empty ones for a county without use, population or projection."""
    import polars as pl

    from assets.need_assumptions import county_assumptions
    from assets.need_ledger import edition_inputs, kept_ledger, next_ledger
    from forecasting.need import forecast_need
    from forecasting.need_backtest import backtest_need

    use, population = run.table_or_none("service_use"), run.table_or_none("population")
    projection = run.table_or_none("projection")
    if use is None or population is None or projection is None:
        return {name: empty(name) for name in NEED_TABLES} | kept_ledger(run)
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
    under_way = run.table_or_none("running_year")
    running = None if under_way is None else under_way.to_pandas()
    with computing(run.settings.compute) as compute:
        judged = backtest_need(*tables, **options, each=compute.map)
        forecast = forecast_need(
            *tables,
            **options,
            running=running,
            draws=settings.draws,
            judged=judged.judged,
            assumptions=assumed.register,
            scenarios=assumed.scenarios,
            swings=assumed.swings,
            each=compute.map,
        )
    inputs = edition_inputs(run, tables, options, assumed.register, running)
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
    tables_made = {name: pl.from_pandas(frame) for name, frame in made.items()} | next_ledger(
        run, inputs, forecast.tested_to
    )
    return tables_made | {"need_forecast": marked(tables_made["need_forecast"], run, "year")}


def need_files(run: CountyRun) -> Any:
    """The county's own register and scenarios, and the edition: the ledger names it."""
    from assets.need_assumptions import assumption_files
    from lake.fingerprint import file_fingerprint

    return [run.edition, [file_fingerprint(path) for path in assumption_files(run)]]


def _yearly_flags(breaks: "pl.DataFrame") -> Any:
    import polars as pl

    return breaks.select(
        "area", "service", year=pl.col("ds").dt.year().cast(pl.Int64), kind=pl.lit("break")
    ).to_pandas()
