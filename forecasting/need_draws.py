"""Drawing one service: its quantiles at every node, drivers, split of variance, and its scenarios.

Everything is taken from one pass over the years; a scenario is drawn beside the baseline with the same seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import SEXES, NeedInputError
from forecasting.cube import Counts, cell_factors, counted, draw_means, draw_years, margins, quantile_table
from forecasting.drivers import TINY, NeedState, need_effects, summarised
from forecasting.lever_factors import relevered
from forecasting.levers import ServiceLevers
from forecasting.need_model import NeedModel
from forecasting.population_draws import PopulationDraws
from forecasting.scores import QUANTILE_LEVELS
from forecasting.seeds import generator
from forecasting.service_plan import ServicePlan, YearDraws, YearMeans

FloatArray = NDArray[np.float64]
Effects = dict[str, FloatArray]
"""Summaries of effects by driver, each of shape (nodes, 4)."""
SOURCES = ("population", "rate", "policy", "noise")
"""Sources of variance; `policy` holds everything of the register of assumptions."""


@dataclass(frozen=True)
class World:
    """One set of circumstances to draw: the baseline or a scenario.

    Attributes:
        name: `` for the baseline.
        model: rates and persons.
        levers: levers by service.
        population: draws of persons.
    """

    name: str
    model: NeedModel
    levers: list[ServiceLevers | None]
    population: PopulationDraws


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario of one service in the years it is drawn for.

    Attributes:
        years: the years.
        quantiles: mean and quantiles of totals, shape (years, nodes, 1 + levels).
        difference: the same of the difference from the baseline, draw by draw.
        effects: drivers of the difference by year.
    """

    years: tuple[int, ...]
    quantiles: FloatArray
    difference: FloatArray
    effects: dict[int, Effects]


@dataclass(frozen=True)
class ServiceResult:
    """What drawing a service gives.

    Attributes:
        plan: the plan it was drawn from.
        quantiles: mean and quantiles, shape (years, nodes, sexes, ages, 1 + levels).
        effects: drivers from the origin by target year.
        variances: variance of node totals by source, shape (years, nodes, sources).
        swings: by target year, P10 and P90 of expected need by source less its mean, shape (nodes, sources, 2).
        totals: draws of node totals by year, kept when a service hierarchy asks for them.
        scenarios: by name.
    """

    plan: ServicePlan
    quantiles: FloatArray
    effects: dict[int, Effects]
    variances: FloatArray
    swings: dict[int, FloatArray]
    totals: list[Counts] = field(default_factory=list)
    scenarios: dict[str, ScenarioResult] = field(default_factory=dict)


def draw_service(
    baseline: World, scenarios: Sequence[World], years: tuple[int, ...], seed: int, keep_totals: bool, index: int
) -> ServiceResult:
    """Draw one service and its scenarios.

    Args:
        baseline: the baseline.
        scenarios: scenarios that may differ from it.
        years: years of the baseline; scenarios are drawn for the years of the drivers.
        seed: seed of all draws.
        keep_totals: whether draws of node totals are kept.
        index: which service.
    """
    model = baseline.model
    plan = model.plan(index, years, baseline.levers)
    targets = driver_years(plan)
    compared = scenario_years(plan) if scenarios else ()
    beside = {
        world.name: _Beside(world, index, compared, seed, shared=world.model is model)
        for world in scenarios
        if _differs(world, baseline, index)
    }
    start = origin_state(model, index, plan, seed, baseline.population.draws)
    quantiles, variances = [], []
    totals: list[Counts] = []
    effects: dict[int, Effects] = {}
    swings: dict[int, FloatArray] = {}
    sexes = sex_of_group(plan)
    for year in draw_years(plan, baseline.population, seed, model.area_share):
        parts = _sources(plan, year)
        variances.append(parts.var(axis=-1))
        if year.year in targets:
            effects[year.year] = summarised(need_effects(start, state_of(year), plan.node_units, sexes))
            swings[year.year] = _swings(parts)
        if year.year in compared:
            for other in beside.values():
                other.add(year, year.year in targets, sexes)
        sums = _node_sums(plan, margins(year.counts, len(plan.rates.history.sexes)))
        if keep_totals:
            totals.append(sums[:, -1, -1].copy())
        quantiles.append(quantile_table(sums))
        del year, sums, parts  # before the next year is drawn: one year of cells is kept, not two
    return ServiceResult(
        plan, np.stack(quantiles), effects, np.stack(variances), swings, totals,
        {name: other.result() for name, other in beside.items()},
    )  # fmt: skip


def driver_years(plan: ServicePlan) -> tuple[int, ...]:
    """Years whose change from the origin is explained: 5 and 10 years ahead, and the last one."""
    origin, last = plan.rates.origin, plan.years[-1]
    return tuple(sorted({y for y in (origin + 5, origin + 10, last) if y in plan.years}))


def scenario_years(plan: ServicePlan) -> tuple[int, ...]:
    """Years that scenarios are drawn for: the first three ahead, where releases fall, and those of the drivers."""
    near = {y for y in plan.years if y <= plan.rates.origin + 3}
    return tuple(sorted(near | set(driver_years(plan))))


def sex_of_group(plan: ServicePlan) -> NDArray[np.int_]:
    """0 male, 1 female, -1 not known, shape (groups,)."""
    history = plan.rates.history
    code = [SEXES.index(s) if s in SEXES else -1 for s in history.sexes]
    return np.repeat(np.array(code), len(history.ages))


def state_of(year: YearMeans) -> NeedState:
    """The state of a drawn year."""
    return NeedState(year.exposure, year.residents, {"rate": year.rate, **year.factors})


def origin_state(model: NeedModel, index: int, plan: ServicePlan, seed: int, draws: int) -> NeedState:
    """The fitted state at the origin: observed persons, fitted rates with their uncertainty of level."""
    rates = plan.rates
    exposure, residents = _observed_persons(model, index, rates.origin)
    cell = cell_factors(rates, draws, generator(seed, "service", rates.history.service))
    return NeedState(exposure[..., None], residents[..., None], {"rate": rates.rate(0)[..., None] * cell})


def observed_state(model: NeedModel, index: int, year: int) -> NeedState:
    """The state of a year as counted, brought to the latest recording where there are breaks.

    Raises:
        NeedInputError: an area has no counts of the year.
    """
    rates = model.rates[index]
    history = rates.history
    counts = history.counts[..., history.years.index(year)].copy()
    unknown = [unit for unit, row in zip(history.units, counts, strict=True) if np.isnan(row).any()]
    if unknown:
        raise NeedInputError(f"drivers: {history.service} has no counts of {', '.join(unknown)} in {year}")
    for (unit, mark), step in zip(history.breaks, rates.steps, strict=True):
        if year < mark:
            counts[unit] *= np.exp(step)
    exposure, residents = _observed_persons(model, index, year)
    rate = counts / np.maximum(exposure, TINY)
    return NeedState(exposure[..., None], residents[..., None], {"rate": rate[..., None]})


def _observed_persons(model: NeedModel, index: int, year: int) -> tuple[FloatArray, FloatArray]:
    """Exposure (units, groups) and residents by sex (units, 2) of a year."""
    arrays, service = model.arrays, model.arrays.services[index]
    now = arrays.future.persons[..., arrays.future.years.index(year)]
    flat = arrays.bands.sums(now[..., None])[..., 0].reshape(now.shape[0], -1)
    exposure = service.units_of_areas @ (flat @ service.groups_of_bands.T)
    return exposure, np.einsum("ua,as->us", service.units_of_areas, now.sum(axis=2))


def _differs(world: World, baseline: World, index: int) -> bool:
    """Whether a scenario can change this service: other rates, other persons, or a lever on either side."""
    if world.model is not baseline.model:
        return True
    return world.levers[index] is not None or baseline.levers[index] is not None


class _Beside:
    """A scenario of one service, drawn step by step beside the baseline; one of levers alone shares its means."""

    def __init__(self, world: World, index: int, years: tuple[int, ...], seed: int, shared: bool) -> None:
        self.plan = world.model.plan(index, years, world.levers)
        self.seed = seed
        plans = self.plan.sources if shared else (self.plan,)
        self.means = [draw_means(p, world.population, seed, world.model.area_share) for p in plans]
        self.shared = shared
        self.years = years
        self.quantiles: list[FloatArray] = []
        self.difference: list[FloatArray] = []
        self.effects: dict[int, Effects] = {}

    def add(self, base: YearDraws, explained: bool, sexes: NDArray[np.int_]) -> None:
        """Draw the same year of the scenario and compare; drivers only where the year is explained."""
        means = [next(m) for m in self.means]
        year = counted(relevered(base, self.plan, means) if self.shared else means[0], self.plan, self.seed)
        member = self.plan.node_units
        own, theirs = (member @ y.counts.sum(axis=1, dtype=np.float64) for y in (year, base))
        self.difference.append(quantile_table(own - theirs))
        self.quantiles.append(quantile_table(own))
        if explained:
            self.effects[year.year] = summarised(need_effects(state_of(base), state_of(year), member, sexes))

    def result(self) -> ScenarioResult:
        return ScenarioResult(self.years, np.stack(self.quantiles), np.stack(self.difference), self.effects)


def _node_sums(plan: ServicePlan, cube: Counts) -> Counts:
    """Margins of every node, shape (nodes, sexes, ages, draws): sums of draws over the node's units."""
    out = np.empty((len(plan.nodes), *cube.shape[1:]), dtype=cube.dtype)
    for i, inside in enumerate(plan.node_units):
        which = np.flatnonzero(inside)
        out[i] = cube[which[0]] if which.size == 1 else cube[which].sum(axis=0)
    if out.dtype == np.float32 and out.max(initial=0) >= 2.0**24:
        return np.asarray(np.einsum("nu,usad->nsad", plan.node_units, cube.astype(np.float64)), dtype=np.float64)
    return out


def _sources(plan: ServicePlan, year: YearDraws) -> FloatArray:
    """Expected node totals given one source of uncertainty alone, per draw, shape (nodes, sources, draws).

    The sources are independent, so crossing one's draws with the means of the others gives the conditional
    expectation exactly; noise is what counts do around what is expected of them.
    """
    rate, exposure = year.rate.mean(axis=-1), year.exposure.mean(axis=-1)
    lever = np.ones((1, 1, 1), dtype=np.float32)
    for factor in year.factors.values():
        lever = lever * factor
    average = lever.mean(axis=-1)
    parts = [
        np.einsum("ug,ugd->ud", rate * average, year.exposure),
        np.einsum("ug,ugd->ud", exposure * average, year.rate),
        (year.counts - year.expected).sum(axis=1),
    ]
    if year.factors:
        parts.insert(2, np.einsum("ug,ugd->ud", exposure * rate, np.broadcast_to(lever, year.rate.shape)))
    else:
        parts.insert(2, np.zeros_like(parts[0]))
    return np.stack([plan.node_units @ part.astype(np.float64) for part in parts], axis=1)


def _swings(parts: FloatArray) -> FloatArray:
    """P10 and P90 of each source less its mean, shape (nodes, sources, 2)."""
    low, high = np.quantile(parts, [0.1, 0.9], axis=-1)
    mean = parts.mean(axis=-1)
    return np.stack([low - mean, high - mean], axis=-1)


def quantiles_over_services(
    results: Sequence[ServiceResult], member: NDArray[np.bool_], nodes: Sequence[str], years: Sequence[int]
) -> FloatArray:
    """Mean and quantiles of totals over some services, shape (years, nodes, 1 + levels): sums of draws first.

    Args:
        results: drawn services that kept their totals.
        member: whether each service belongs, shape (services,).
        nodes: area nodes; one that a service does not have adds nothing.
        years: years that all services have.
    """
    out = np.empty((len(years), len(nodes), 1 + len(QUANTILE_LEVELS)))
    for t, year in enumerate(years):
        parts = [r for r, inside in zip(results, member, strict=True) if inside]
        total = np.zeros((len(nodes), parts[0].totals[0].shape[-1]))
        for r in parts:
            rows = [nodes.index(n) for n in r.plan.nodes]
            total[rows] += r.totals[r.plan.years.index(year)]
        out[t] = quantile_table(total)
    return out
