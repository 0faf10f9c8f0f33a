"""Drawing one service: its quantiles at every node, drivers, split of variance, and its scenarios.

Everything is taken from one pass over the years of every batch; a scenario is drawn beside the baseline with the
same seeds. Draws wait in a `DrawStore` until all batches are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import SEXES
from forecasting.cube import Counts, counted, draw_means, draw_years, margins, quantile_table
from forecasting.draw_batches import Batches, World
from forecasting.draw_store import DrawStore
from forecasting.drivers import TINY, NeedState, effect_table, need_effects
from forecasting.lever_factors import relevered
from forecasting.need_model import NeedModel
from forecasting.rate_paths import cell_factors
from forecasting.scores import QUANTILE_LEVELS
from forecasting.seeds import generator
from forecasting.service_plan import ServicePlan, YearDraws, YearMeans
from forecasting.variance_sources import expected_by_source, swings, variance

FloatArray = NDArray[np.float64]
Effects = dict[str, FloatArray]
"""Summaries of effects by driver, each of shape (nodes, 4)."""


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
        totals: draws of node totals by year, (nodes, draws), kept when a service hierarchy asks for them.
        scenarios: by name.
    """

    plan: ServicePlan
    quantiles: FloatArray
    effects: dict[int, Effects]
    variances: FloatArray
    swings: dict[int, FloatArray]
    totals: DrawStore | None = None
    scenarios: dict[str, ScenarioResult] = field(default_factory=dict)


def draw_service(batches: Batches, years: tuple[int, ...], keep_totals: bool, index: int) -> ServiceResult:
    """Draw one service and its scenarios.

    Args:
        batches: the baseline and the scenarios that may differ from it.
        years: years of the baseline; scenarios are drawn for the years of the drivers.
        keep_totals: whether draws of node totals are kept.
        index: which service.
    """
    found = _Found(DrawStore(len(batches)), DrawStore(len(batches)) if keep_totals else None)
    for (baseline, *scenarios), seed in batches:
        _draw_batch(found, baseline, scenarios, years, seed, index)
        del baseline, scenarios  # before the next batch is loaded
    baseline, *scenarios = batches.worlds
    plan = baseline.model.plan(index, years, baseline.levers)
    compared = scenario_years(plan) if scenarios else ()
    store, targets = found.store, driver_years(plan)
    return ServiceResult(
        plan,
        np.stack([store.summed_up(("counts", y), quantile_table) for y in plan.years]),
        {y: found.effects("", y) for y in targets},
        np.stack([store.summed_up(("sources", y), variance)[..., 0] for y in plan.years]),
        {y: store.summed_up(("swings", y), swings) for y in targets},
        found.totals,
        {
            world.name: ScenarioResult(
                compared,
                np.stack([store.summed_up(("scenario", world.name, y), quantile_table) for y in compared]),
                np.stack([store.summed_up(("difference", world.name, y), quantile_table) for y in compared]),
                {y: found.effects(world.name, y) for y in targets},
            )
            for world in scenarios
            if _differs(world, baseline, index)
        },
    )


@dataclass
class _Found:
    """Draws of one service, and which drivers the effects of each world and year are of."""

    store: DrawStore
    totals: DrawStore | None
    names: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)

    def add_effects(self, world: str, year: int, effects: Mapping[str, FloatArray]) -> None:
        self.names[world, year] = tuple(effects)
        self.store.add(("effects", world, year), np.stack(list(effects.values())), effect_table)

    def effects(self, world: str, year: int) -> Effects:
        table = self.store.summed_up(("effects", world, year), effect_table)
        return dict(zip(self.names[world, year], table, strict=True))


def _draw_batch(
    found: _Found, baseline: World, scenarios: Sequence[World], years: tuple[int, ...], seed: int, index: int
) -> None:
    """Add the draws of one batch."""
    model = baseline.model
    plan = model.plan(index, years, baseline.levers)
    targets = driver_years(plan)
    compared = scenario_years(plan) if scenarios else ()
    beside = [
        _Beside(world, baseline, index, compared, seed) for world in scenarios if _differs(world, baseline, index)
    ]
    start = origin_state(model, index, plan, seed, baseline.population.draws)
    chance = base_year_effect(plan, start)
    sexes, store = sex_of_group(plan), found.store
    for year in draw_years(plan, baseline.population, seed, model.area_share):
        parts = expected_by_source(plan, year)
        store.add(("sources", year.year), parts, variance)
        if year.year in targets:
            effects = need_effects(start, state_of(year), plan.node_units, sexes)
            found.add_effects("", year.year, with_base_year(effects, chance))
            store.add(("swings", year.year), parts, swings)
        if year.year in compared:
            for other in beside:
                other.add(year, found, sexes if year.year in targets else None)
        sums = _node_sums(plan, margins(year.counts, len(plan.rates.history.sexes)))
        if found.totals is not None:
            found.totals.add(year.year, sums[:, -1, -1])
        store.add(("counts", year.year), sums, quantile_table)
        del year, sums, parts  # before the next year is drawn: one year of cells is kept, not two


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


def base_year_effect(plan: ServicePlan, start: NeedState) -> FloatArray:
    """What the fitted level of the origin lies above what was counted there, shape (nodes, draws).

    With it the drivers sum to the change from the count that readers see; 0 where a unit was not counted.
    """
    counted = plan.rates.history.counts[..., -1].sum(axis=1)
    fitted = (np.asarray(start.exposure, dtype=np.float64) * start.factors["rate"]).sum(axis=1)
    apart = np.where(np.isfinite(counted)[:, None], fitted - np.nan_to_num(counted)[:, None], 0.0)
    return np.asarray(plan.node_units @ apart)


def with_base_year(effects: Mapping[str, FloatArray], chance: FloatArray) -> Effects:
    """Effects with that of the base year among them, in the total too."""
    return {**effects, "base_year": chance, "total": effects["total"] + chance}


def without_counts(model: NeedModel, index: int, year: int) -> str:
    """Which areas have no counts in a year before the origin, in words; empty when all have."""
    rates = model.rates[index]
    history = rates.history
    if year >= rates.origin:
        return ""
    counts = history.counts[..., history.years.index(year)]
    unknown = [unit for unit, row in zip(history.units, counts, strict=True) if np.isnan(row).any()]
    return f"{history.service} has no counts of {', '.join(unknown)} in {year}" if unknown else ""


def observed_state(model: NeedModel, index: int, year: int) -> NeedState:
    """The state of a year as counted in all areas, brought to the latest recording where there are breaks."""
    rates = model.rates[index]
    history = rates.history
    counts = history.counts[..., history.years.index(year)].copy()
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

    def __init__(self, world: World, base: World, index: int, years: tuple[int, ...], seed: int) -> None:
        self.name, self.plan = world.name, world.model.plan(index, years, world.levers, base.levers)
        self.seed = seed
        shared = world.model is base.model
        plans = self.plan.sources if shared else (self.plan,)
        self.means = [draw_means(p, world.population, seed, world.model.area_share) for p in plans]
        self.shared = shared

    def add(self, base: YearDraws, found: _Found, sexes: NDArray[np.int_] | None) -> None:
        """Draw the same year of the scenario and compare; drivers only where `sexes` of groups are given."""
        means = [next(m) for m in self.means]
        year = counted(relevered(base, self.plan, means) if self.shared else means[0], self.plan, self.seed)
        member = self.plan.node_units
        own, theirs = (member @ y.counts.sum(axis=1, dtype=np.float64) for y in (year, base))
        found.store.add(("difference", self.name, year.year), own - theirs, quantile_table)
        found.store.add(("scenario", self.name, year.year), own, quantile_table)
        if sexes is not None:
            found.add_effects(self.name, year.year, need_effects(state_of(base), state_of(year), member, sexes))


def _node_sums(plan: ServicePlan, cube: Counts) -> Counts:
    """Margins of every node, shape (nodes, sexes, ages, draws): sums of draws over the node's units."""
    out = np.empty((len(plan.nodes), *cube.shape[1:]), dtype=cube.dtype)
    for i, inside in enumerate(plan.node_units):
        which = np.flatnonzero(inside)
        out[i] = cube[which[0]] if which.size == 1 else cube[which].sum(axis=0)
    if out.dtype == np.float32 and out.max(initial=0) >= 2.0**24:
        return np.asarray(np.einsum("nu,usad->nsad", plan.node_units, cube.astype(np.float64)), dtype=np.float64)
    return out


def quantiles_over_services(
    results: Sequence[ServiceResult], member: NDArray[np.bool_], nodes: Sequence[str], years: Sequence[int]
) -> FloatArray:
    """Mean and quantiles of totals over some services, shape (years, nodes, 1 + levels): sums of draws first.

    Args:
        results: drawn services that kept their totals.
        member: whether each service belongs, shape (services,).
        nodes: area nodes that all services have.
        years: years that all services have.
    """
    out = np.empty((len(years), len(nodes), 1 + len(QUANTILE_LEVELS)))
    for t, year in enumerate(years):
        parts = [r for r, inside in zip(results, member, strict=True) if inside]
        total = None
        for r in parts:
            if r.totals is None:
                raise ValueError("the totals of a service were not kept")
            own = r.totals.draws(year)
            total = np.zeros((len(nodes), own.shape[-1])) if total is None else total
            total += own[[r.plan.nodes.index(n) for n in nodes]]
        out[t] = quantile_table(np.asarray(total))
    return out
