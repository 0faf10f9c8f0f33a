"""The long-horizon need forecast: plain tables in; forecast, drivers, variance, scenarios, tornado and rates out.

Orchestration only. Rates are in `rates`, persons in `population`, the fitted model in `need_model`, draws in
`cube` and `need_draws`, decomposition in `drivers`, assumptions and scenarios in `assumptions`, `levers` and
`scenarios`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd

from forecasting.assumption_register import NOTHING_ASSUMED, Register, double_counting
from forecasting.contracts import ALL, DISRUPTED_YEARS, Each, Exposure, NeedInputError
from forecasting.draw_batches import Batches, World
from forecasting.hierarchy import AreaTree
from forecasting.histories import need_arrays
from forecasting.judged import NOT_JUDGED, Judged
from forecasting.need_draws import ServiceResult, draw_service
from forecasting.need_model import NeedModel, fit_need
from forecasting.need_tables import (
    change_rows,
    driver_rows,
    forecast_rows,
    named,
    rate_rows,
    scenario_driver_rows,
    scenario_rows,
    service_node_rows,
    variance_rows,
    with_tested,
)
from forecasting.node_draws import node_draws
from forecasting.scenario_worlds import ScenarioPeople, scenario_worlds
from forecasting.scenarios import Scenario
from forecasting.service_tree import service_tree
from forecasting.tornado import tornado


@dataclass(frozen=True)
class NeedForecast:
    """A need forecast.

    Attributes:
        forecast: table `need_forecast`: observed and forecast counts by area node, service, sex and age group, and
            totals of the nodes of the service hierarchy.
        drivers: table `need_drivers`: effects on expected need from the origin, and their total.
        variance: area, service, year, and the shares of variance by population, rate, policy and noise.
        rates: fitted parameters by service.
        scenarios: table `need_scenarios`: totals and differences from the baseline.
        scenario_drivers: what the differences consist of.
        tornado: table `need_tornado`: what each source of uncertainty does to need, by service.
        assumptions: the register as a table.
        double_counting: pairs of assumptions that change one activity twice.
        model: the fitted model.
        register: the assumptions of the baseline.
        seed: seed of the draws.
        n_draws: number of draws.
        years: years drawn.
        tested_to: last year that was tested of each service: the mark `validated` of every table.
        tree: the hierarchy of services, when there is one.
    """

    forecast: pd.DataFrame
    drivers: pd.DataFrame
    variance: pd.DataFrame
    rates: pd.DataFrame
    scenarios: pd.DataFrame
    scenario_drivers: pd.DataFrame
    tornado: pd.DataFrame
    assumptions: pd.DataFrame
    double_counting: pd.DataFrame
    model: NeedModel
    register: Register
    seed: int
    n_draws: int
    years: tuple[int, ...]
    tested_to: Mapping[str, int]
    tree: AreaTree | None = None

    def draws(self, area: str, service: str, sex: str = ALL, age_group: str = ALL) -> pd.DataFrame:
        """The draws of one node, made again from the seed.

        Args:
            area: any area of the forecast.
            service: a service, or a node of the hierarchy of services.
            sex: male, female or all.
            age_group: an age group of the service, or all.

        Returns:
            One column per year, one row per draw; draws of different nodes belong together row by row.

        Raises:
            NeedInputError: the node is not in the forecast.
        """
        return node_draws(self, area, service, sex, age_group)


def forecast_need(
    population: pd.DataFrame,
    projection: pd.DataFrame,
    counts: pd.DataFrame,
    hierarchy: pd.DataFrame,
    *,
    exposures: Mapping[str, Exposure | tuple[int, int, str]],
    assumptions: Register | None = None,
    draws: int = 1000,
    seed: int = 1,
    as_of: date | str | int,
    first_year: int | None = None,
    last_year: int | None = None,
    flags: pd.DataFrame | None = None,
    running: pd.DataFrame | None = None,
    disrupted_years: tuple[int, ...] = DISRUPTED_YEARS,
    variant: str = "trend",
    judged: Judged = NOT_JUDGED,
    scenarios: Sequence[Scenario] = (),
    swings: Register | None = None,
    services: pd.DataFrame | None = None,
    threads: int | None = None,
    each: Each | None = None,
) -> NeedForecast:
    """Forecast the need for services: rate x projected persons, with joint draws.

    Args:
        population: area, sex, age (0-100), year, persons; the longer the history, the better the error scales.
        projection: the same for years to come, optionally with a column variant.
        counts: area, service, sex, age_group, year, count; sex or age_group `all` where not known.
        hierarchy: area, parent.
        exposures: service -> (lowest age, highest age, kind), see `contracts.Exposure`.
        assumptions: the register that the baseline is drawn with; nothing is assumed when left out.
        draws: number of joint draws.
        seed: seed; equal inputs and seed give equal results.
        as_of: counts of years not over by this day are shown as incomplete and not fitted.
        first_year: first year of the output of forecasts; the year after the last complete one when left out.
        last_year: last year; the projection's last one when left out.
        flags: area, service, year, kind `break`: recording breaks.
        running: area, service, year, mean, sd (so_far, level): totals of the year after the last complete one;
            later years start from what it shows (`running_year.check_running`).
        disrupted_years: years of exceptional circumstances.
        variant: variant of the projection.
        judged: what a backtest found (`need_backtest.NeedBacktest.judged`).
        scenarios: scenarios drawn beside the baseline for the years of the drivers.
        swings: register whose assumptions the tornado shows beside the model's own uncertainty; the baseline's
            when left out.
        services: service, parent: a hierarchy of services whose totals are formed draw by draw.
        threads: services drawn at a time; does not change the result.
        each: maps a picklable function over the services, such as a cluster's; threads when left out. Draws depend
            on names and the seed alone, so where a service is drawn does not change the result.

    Returns:
        The forecast.

    Raises:
        NeedInputError: tables that do not fit together.
    """
    arrays = need_arrays(
        population, projection, counts, hierarchy, exposures, as_of=as_of, flags=flags, variant=variant,
        running=running,
    )  # fmt: skip
    register = assumptions or NOTHING_ASSUMED
    model = fit_need(arrays, disrupted_years).raked(judged.raked, disrupted_years).widened(judged.spread)
    years = _years(model, last_year)
    people = ScenarioPeople(population, projection)

    def made(size: int, own: int) -> list[World]:
        baseline = World("", model, model.levers(register, size, own), model.population(size, own))
        return [baseline, *scenario_worlds(baseline, scenarios, register, people, size, own)]

    batched = Batches(made, draws, seed)
    baseline, *worlds = batched.worlds
    tree = service_tree(services, model.services)

    one = partial(draw_service, batched, years, tree is not None)
    results = _drawn(one, len(model.rates), each, threads)
    shown = first_year or years[0]
    tested_to = _tested_to(judged.validated, model)
    tables = [
        forecast_rows(r.plan, r.quantiles, arrays.services[i], shown, tested_to[model.services[i]])
        for i, r in enumerate(results)
    ]
    if tree is not None:
        tables.append(service_node_rows(results, tree, shown, tested_to))
    shaken = register if swings is None else swings
    titles = {s.name: s.titles for s in scenarios}
    marked = partial(with_tested, tested_to=tested_to)
    return NeedForecast(
        forecast=pd.concat(tables, ignore_index=True),
        drivers=marked(pd.concat([driver_rows(r.plan, r.effects) for r in results], ignore_index=True), "to_year"),
        variance=marked(
            pd.concat([variance_rows(r.plan, r.variances, shown) for r in results], ignore_index=True), "year"
        ),
        rates=rate_rows(model, judged.spread),
        scenarios=named(marked(change_rows(scenario_rows, results, worlds), "year"), "scenario", titles),
        scenario_drivers=marked(change_rows(scenario_driver_rows, results, worlds), "year"),
        tornado=named(
            marked(tornado(baseline, results, shaken, seed), "year"), "assumption",
            {a.id: a.titles for a in shaken.assumptions},
        ),
        assumptions=shaken.table(),
        double_counting=double_counting(register, model.services),
        model=model, register=register, seed=seed, n_draws=draws, years=years,
        tested_to=tested_to, tree=tree,
    )  # fmt: skip


def _years(model: NeedModel, last_year: int | None) -> tuple[int, ...]:
    reach = model.arrays.future.years[-1]
    end = last_year or reach
    if end > reach:
        raise NeedInputError(f"projection: ends in {reach}, but {end} was asked for")
    start = min(r.origin for r in model.rates) + 1
    if start > end:
        raise NeedInputError(f"projection: ends in {reach}, which the counts have reached; nothing is ahead")
    return tuple(range(start, end + 1))


def _drawn(
    one: partial[ServiceResult], number: int, each: Each | None, threads: int | None
) -> list[ServiceResult]:
    if each is not None:
        return list(each(one, range(number)))
    with ThreadPoolExecutor(threads or min(2, os.cpu_count() or 1)) as pool:
        return list(pool.map(one, range(number)))


def _tested_to(judged: Mapping[str, int] | None, model: NeedModel) -> dict[str, int]:
    """Last tested year of each service, by the backtest, or by what was tested inside the fit without one."""
    own = {r.history.service: r for r in model.rates}
    return {s: r.origin + (r.tested if judged is None else judged.get(s, 0)) for s, r in own.items()}
