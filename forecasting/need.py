"""The long-horizon need forecast: plain tables in; forecast, drivers, variance and rates out.

Orchestration only. Rates are in `rates`, persons in `population`, draws in `cube`, decomposition in `drivers`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import ALL, Each, Exposure, NeedInputError
from forecasting.cube import (
    Counts,
    ServicePlan,
    YearDraws,
    cell_factors,
    draw_years,
    margins,
    name_seed,
    quantile_table,
)
from forecasting.drivers import need_effects
from forecasting.histories import NeedArrays, ServiceArrays, need_arrays
from forecasting.need_tables import driver_rows, forecast_rows, rate_rows, variance_rows, with_margin
from forecasting.population_errors import ErrorScale, PopulationDraws, draw_population, learn_scale
from forecasting.rates import FittedRates, fit_rates

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NeedModel:
    """Fitted rates and population errors: all that is needed to draw.

    Attributes:
        arrays: the inputs.
        rates: fitted rates by service, in the order of `arrays.services`.
        scale: error scales of the population.
        area_share: share of an area's yearly shocks that its services have in common.
    """

    arrays: NeedArrays
    rates: tuple[FittedRates, ...]
    scale: ErrorScale
    area_share: float


@dataclass(frozen=True)
class NeedForecast:
    """A need forecast.

    Attributes:
        forecast: table `need_forecast`: observed and forecast counts by area node, service, sex and age group.
        drivers: table `need_drivers`: size, structure and rate effects on expected need, and their total.
        variance: area, service, year, and the shares of variance by population, rate and noise.
        rates: fitted parameters by service.
        model: the fitted model.
        seed: seed of the draws.
        n_draws: number of draws.
        years: years drawn.
    """

    forecast: pd.DataFrame
    drivers: pd.DataFrame
    variance: pd.DataFrame
    rates: pd.DataFrame
    model: NeedModel
    seed: int
    n_draws: int
    years: tuple[int, ...]

    def draws(self, area: str, service: str, sex: str = ALL, age_group: str = ALL) -> pd.DataFrame:
        """The draws of one node, made again from the seed.

        Args:
            area: any area of the forecast.
            service: service code.
            sex: male, female or all.
            age_group: an age group of the service, or all.

        Returns:
            One column per year, one row per draw; draws of different nodes belong together row by row.

        Raises:
            NeedInputError: the node is not in the forecast.
        """
        names = [s.history.service for s in self.model.arrays.services]
        if service not in names:
            raise NeedInputError(f"draws: service {service!r} is not in the forecast ({', '.join(names)})")
        plan = _plan(self.model, names.index(service), self.years)
        history = plan.rates.history
        if area not in plan.nodes:
            raise NeedInputError(f"draws: area {area!r} is not in the forecast of {service}")
        sexes, ages = with_margin(history.sexes), with_margin(history.ages)
        if sex not in sexes or age_group not in ages:
            raise NeedInputError(f"draws: {service} has sexes {sexes} and age groups {ages}")
        population = _population_draws(self.model, self.n_draws, self.seed)
        inside = np.flatnonzero(plan.node_units[plan.nodes.index(area)])
        found = {}
        for year in draw_years(plan, population, self.seed, self.model.area_share):
            cube = margins(year.counts[inside], len(history.sexes))
            found[year.year] = cube[:, sexes.index(sex), ages.index(age_group)].sum(axis=0, dtype=np.float64)
        return pd.DataFrame(found).astype("int64")


def forecast_need(
    population: pd.DataFrame,
    projection: pd.DataFrame,
    counts: pd.DataFrame,
    hierarchy: pd.DataFrame,
    *,
    exposures: Mapping[str, Exposure | tuple[int, int, str]],
    assumptions: pd.DataFrame | None = None,
    draws: int = 1000,
    seed: int = 1,
    as_of: date | str | int,
    first_year: int | None = None,
    last_year: int | None = None,
    flags: pd.DataFrame | None = None,
    disrupted_years: tuple[int, ...] = (2020, 2021),
    variant: str = "trend",
    validated_horizon: int | Mapping[str, int] | None = None,
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
        assumptions: rate multipliers with columns service, year, factor and optionally area and age_group; applied
            to all years given. None: rates as fitted.
        draws: number of joint draws.
        seed: seed; equal inputs and seed give equal results.
        as_of: counts of years not over by this day are shown as incomplete and not fitted.
        first_year: first year of the output of forecasts; the year after the last complete one when left out.
        last_year: last year; the projection's last one when left out.
        flags: area, service, year, kind `break`: recording breaks.
        disrupted_years: years of exceptional circumstances.
        variant: variant of the projection.
        validated_horizon: longest horizon in years that a backtest has tested, one for all services or by service
            (`need_backtest.NeedBacktest.validated`); the longest one tested inside the fit when left out.
        threads: services drawn at a time; does not change the result.
        each: maps a picklable function over the services, such as a cluster's; threads when left out. Draws depend
            on names and the seed alone, so where a service is drawn does not change the result.

    Returns:
        The forecast.

    Raises:
        NeedInputError: tables that do not fit together.
    """
    arrays = need_arrays(
        population, projection, counts, hierarchy, exposures, as_of=as_of, flags=flags, variant=variant
    )
    model = fit_need(arrays, disrupted_years)
    end = last_year or arrays.future.years[-1]
    if end > arrays.future.years[-1]:
        raise NeedInputError(f"projection: ends in {arrays.future.years[-1]}, but {end} was asked for")
    start = min(r.origin for r in model.rates) + 1
    years = tuple(range(start, end + 1))
    levers = _multipliers(model, years, assumptions)
    population_draws = _population_draws(model, draws, seed)

    one = partial(_draw_index, model, years, levers, population_draws, seed)
    services = range(len(model.rates))
    if each is None:
        with ThreadPoolExecutor(threads or min(2, os.cpu_count() or 1)) as pool:
            results = list(pool.map(one, services))
    else:
        results = list(each(one, services))
    shown = first_year or start
    tables = [
        forecast_rows(r.plan, r.quantiles, arrays.services[i], shown, _validated(validated_horizon, r.plan))
        for i, r in enumerate(results)
    ]
    return NeedForecast(
        pd.concat(tables, ignore_index=True),
        pd.concat([driver_rows(r.plan, r.effects) for r in results], ignore_index=True),
        pd.concat([variance_rows(r.plan, r.variances, shown) for r in results], ignore_index=True),
        rate_rows(model.rates),
        model, seed, draws, years,
    )  # fmt: skip


def _validated(horizon: int | Mapping[str, int] | None, plan: ServicePlan) -> int | None:
    return horizon.get(plan.rates.history.service, 0) if isinstance(horizon, Mapping) else horizon


def fit_need(arrays: NeedArrays, disrupted_years: tuple[int, ...] = (2020, 2021)) -> NeedModel:
    """Fit rates and the population's error scales.

    Args:
        arrays: the inputs.
        disrupted_years: years of exceptional circumstances.

    Returns:
        The fitted model.
    """
    rates = fit_rates([s.history for s in arrays.services], disrupted_years)
    horizon = min(20, arrays.future.years[-1] - arrays.persons.years[-1] or 1)
    scale = learn_scale(arrays.persons, arrays.bands, max(horizon, 1))
    return NeedModel(arrays, tuple(rates), scale, area_share=rates[0].area_share)


def draw_totals(model: NeedModel, years: tuple[int, ...], draws: int, seed: int) -> dict[str, FloatArray]:
    """Draws of the total of every unit (all sexes and ages), for backtests.

    Returns:
        By service, shape (years, units, draws).
    """
    population = _population_draws(model, draws, seed)
    found = {}
    for index, rates in enumerate(model.rates):
        plan = _plan(model, index, years)
        found[rates.history.service] = np.stack(
            [y.counts.sum(axis=1, dtype=np.float64) for y in draw_years(plan, population, seed, model.area_share)]
        )
    return found


def _population_draws(model: NeedModel, draws: int, seed: int) -> PopulationDraws:
    future, observed = model.arrays.future, set(model.arrays.persons.years)
    known = [year in observed for year in future.years]
    expected = model.arrays.bands.sums(future.persons)
    return draw_population(expected, known, model.scale, model.arrays.bands, draws, name_seed(seed, "population"))


def _plan(
    model: NeedModel, index: int, years: tuple[int, ...], multiplier: FloatArray | None = None
) -> ServicePlan:
    rates, service, arrays = model.rates[index], model.arrays.services[index], model.arrays
    ahead = tuple(y for y in years if y > rates.origin)
    units = rates.history.units
    nodes = arrays.tree.nodes_over(units)
    if multiplier is None:
        multiplier = np.ones((len(years), *rates.log_rate.shape))
    return ServicePlan(
        rates, service.groups_of_bands, service.units_of_areas, nodes, arrays.tree.membership(nodes, units), ahead,
        tuple(arrays.future.years.index(y) for y in ahead), multiplier[len(years) - len(ahead) :],
    )  # fmt: skip


def _multipliers(
    model: NeedModel, years: tuple[int, ...], assumptions: pd.DataFrame | None
) -> list[FloatArray | None]:
    """Rate multipliers by service, shape (years, units, groups); rows that match nothing raise."""
    if assumptions is None or assumptions.empty:
        return [None] * len(model.rates)
    found: list[FloatArray] = [np.ones((len(years), *r.log_rate.shape)) for r in model.rates]
    names = {r.history.service: i for i, r in enumerate(model.rates)}
    for row in assumptions.to_dict("records"):
        if row.get("service") not in names or int(row["year"]) not in years or not float(row["factor"]) >= 0:
            raise NeedInputError(f"assumptions: service, year or factor of {row} is not in the forecast")
        index = names[row["service"]]
        history = model.rates[index].history
        area, label = row.get("area", ALL), row.get("age_group", ALL)
        units = [i for i, u in enumerate(history.units) if area in (ALL, *model.arrays.tree.upward(u))]
        groups = [g for g in range(len(history.sexes) * len(history.ages))
                  if label in (ALL, history.ages[g % len(history.ages)])]  # fmt: skip
        if not units or not groups:
            raise NeedInputError(f"assumptions: area or age group of {row} is not in the counts of the service")
        found[index][years.index(int(row["year"]))][np.ix_(units, groups)] *= float(row["factor"])
    return list(found)


@dataclass(frozen=True)
class _ServiceResult:
    plan: ServicePlan
    quantiles: FloatArray
    effects: dict[int, dict[str, FloatArray]]
    variances: FloatArray


def _draw_index(
    model: NeedModel,
    years: tuple[int, ...],
    levers: Sequence[FloatArray | None],
    population: PopulationDraws,
    seed: int,
    index: int,
) -> _ServiceResult:
    plan = _plan(model, index, years, levers[index])
    return _draw_service(plan, model.arrays.services[index], population, model.arrays, seed, model.area_share)


def _draw_service(
    plan: ServicePlan, service: ServiceArrays, population: PopulationDraws, arrays: NeedArrays, seed: int,
    area_share: float,
) -> _ServiceResult:  # fmt: skip
    sexes = len(plan.rates.history.sexes)
    targets = driver_years(plan)
    quantiles, variances, effects = [], [], {}
    for year in draw_years(plan, population, seed, area_share):
        variances.append(_variances(plan, year))
        if year.year in targets:
            effects[year.year] = _effects(plan, service, year, arrays, seed, population.factors.shape[-1])
        quantiles.append(quantile_table(_node_sums(plan, margins(year.counts, sexes))))
    return _ServiceResult(plan, np.stack(quantiles), effects, np.stack(variances))


def driver_years(plan: ServicePlan) -> tuple[int, ...]:
    """Years whose change from the origin is explained: 5 and 10 years ahead, and the last one."""
    origin, last = plan.rates.origin, plan.years[-1]
    return tuple(sorted({y for y in (origin + 5, origin + 10, last) if y in plan.years}))


def _node_sums(plan: ServicePlan, cube: Counts) -> Counts:
    """Margins of every node, shape (nodes, sexes, ages, draws): sums of draws over the node's units."""
    out = np.empty((len(plan.nodes), *cube.shape[1:]), dtype=cube.dtype)
    for i, inside in enumerate(plan.node_units):
        which = np.flatnonzero(inside)
        out[i] = cube[which[0]] if which.size == 1 else cube[which].sum(axis=0)
    if out.dtype == np.float32 and out.max(initial=0) >= 2.0**24:
        return np.asarray(np.einsum("nu,usad->nsad", plan.node_units, cube.astype(np.float64)), dtype=np.float64)
    return out


def _variances(plan: ServicePlan, year: YearDraws) -> FloatArray:
    """Variance of node totals by source: population, rate, noise, shape (nodes, 3)."""
    rate, exposure = year.rate.mean(axis=-1), year.exposure.mean(axis=-1)
    by_population = np.einsum("ug,ugd->ud", rate, year.exposure)
    by_rate = np.einsum("ug,ugd->ud", exposure, year.rate)
    noise = (year.counts - year.expected).sum(axis=1)
    return np.stack(
        [(plan.node_units @ part.astype(np.float64)).var(axis=-1) for part in (by_population, by_rate, noise)],
        axis=1,
    )


def _effects(
    plan: ServicePlan, service: ServiceArrays, year: YearDraws, arrays: NeedArrays, seed: int, draws: int
) -> dict[str, FloatArray]:
    rates = plan.rates
    index = arrays.future.years.index(rates.origin)
    now = arrays.future.persons[..., index]
    flat = arrays.bands.sums(now[..., None])[..., 0].reshape(now.shape[0], -1)
    exposure = service.units_of_areas @ (flat @ service.groups_of_bands.T)
    residents = service.units_of_areas @ now.sum(axis=(1, 2))
    rng = np.random.Generator(np.random.SFC64(name_seed(seed, "service", rates.history.service)))
    base_rate = rates.rate(0)[..., None] * cell_factors(rates, draws, rng)
    return need_effects(
        (exposure[..., None], year.exposure),
        (base_rate, year.rate),
        (np.repeat(residents[:, None], draws, axis=1), year.residents),
        plan.node_units,
    )


def until(arrays: NeedArrays, year: int, future: NDArray[np.float64] | None = None) -> NeedArrays:
    """The arrays as they were known at the end of `year`, for backtests.

    Args:
        arrays: all arrays.
        year: the base year.
        future: persons to take for the years after it, shape of `arrays.future.persons[..., later]`; what really
            followed (or the projection) when left out.
    """
    persons = arrays.persons.until(year)
    ahead = arrays.future
    if future is not None:
        known = arrays.future.until(year)
        ahead = replace(
            arrays.future,
            years=(*known.years, *range(year + 1, year + 1 + future.shape[-1])),
            persons=np.concatenate([known.persons, future], axis=-1),
        )
    services = tuple(
        replace(s, history=s.history.until(year)) for s in arrays.services if s.history.years[0] <= year
    )
    return replace(arrays, persons=persons, future=ahead, services=services, complete_year=year)
