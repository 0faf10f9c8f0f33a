"""The fitted need model, its variants for scenarios, and the plans that its services are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.assumption_register import Register
from forecasting.contracts import DISRUPTED_YEARS
from forecasting.cube import draw_years
from forecasting.histories import NeedArrays
from forecasting.levers import ServiceLevers, service_levers
from forecasting.population import Persons
from forecasting.population_draws import PopulationDraws, draw_population
from forecasting.population_errors import ErrorScale, learn_scale
from forecasting.rates import FittedRates, fit_rates
from forecasting.seeds import name_seed
from forecasting.service_plan import ServicePlan
from forecasting.top_down import TopDown, fit_totals
from forecasting.trend_widths import Widths
from forecasting.trends import TrendSet

FloatArray = NDArray[np.float64]
FURTHEST_LEARNT = 20
"""Longest horizon, in years, that the population's error scales are learnt at."""


@dataclass(frozen=True)
class NeedModel:
    """Fitted rates and population errors: all that is needed to draw.

    Attributes:
        arrays: the inputs.
        rates: fitted rates by service, in the order of `arrays.services`.
        scale: error scales of the population.
        area_share: share of an area's yearly shocks that its services have in common.
        tops: independent totals by service; None where the draws are not raked.
    """

    arrays: NeedArrays
    rates: tuple[FittedRates, ...]
    scale: ErrorScale
    area_share: float
    tops: tuple[TopDown | None, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """Service codes in order."""
        return tuple(r.history.service for r in self.rates)

    def plan(
        self,
        index: int,
        years: tuple[int, ...],
        levers: list[ServiceLevers | None] | None = None,
        counted: list[ServiceLevers | None] | None = None,
    ) -> ServicePlan:
        """The plan of one service for the years after its origin.

        Args:
            index: which service.
            years: rising years.
            levers: levers of every service; none when left out.
            counted: levers under which the running year is counted, where they are others: what is assumed beside
                them changes its totals, and is not unlearnt by them.
        """
        rates, service, arrays = self.rates[index], self.arrays.services[index], self.arrays
        ahead = tuple(y for y in years if y > rates.origin)
        units = rates.history.units
        nodes = arrays.tree.nodes_over(units)
        own = None if levers is None else levers[index]
        sources = () if own is None else tuple(
            self.plan(self.services.index(lever.assumption.services[0]), years, levers, counted)
            for lever in own.arriving
        )  # fmt: skip
        return ServicePlan(
            rates, service.groups_of_bands, service.units_of_areas, nodes, arrays.tree.membership(nodes, units),
            ahead, tuple(arrays.future.years.index(y) for y in ahead), own, sources, self.tops[index],
            service.running,
            None if service.running is None or counted is None else self.plan(index, years, counted),
        )  # fmt: skip

    def levers(self, register: Register, draws: int, seed: int) -> list[ServiceLevers | None]:
        """The levers of every service."""
        return service_levers(register, register.draws(draws, seed), self.arrays, self.rates)

    def population(self, draws: int, seed: int) -> PopulationDraws:
        """Joint draws of persons."""
        future, observed = self.arrays.future, set(self.arrays.persons.years)
        known = [year in observed for year in future.years]
        expected = self.arrays.bands.sums(future.persons)
        return draw_population(
            expected, known, self.scale, self.arrays.bands, draws, name_seed(seed, "population")
        )

    def with_future(self, future: Persons) -> NeedModel:
        """The model with other persons ahead."""
        return replace(self, arrays=replace(self.arrays, future=future))

    def with_constant_rates(self) -> NeedModel:
        """The model without trends: rates stay at the level of the origin, and no total is followed."""
        rates = tuple(
            replace(
                r,
                total=_flat(r.total),
                areas=_flat(r.areas),
                groups=_flat(r.groups),
                after_effect=r.after_effect._replace(decay=1.0),
            )
            for r in self.rates
        )
        return replace(self, rates=rates, tops=(None,) * len(rates))

    def widened(self, factors: Mapping[str, float]) -> NeedModel:
        """The model with the spread of each service's rates multiplied, as a recalibration says."""
        rates = tuple(_scaled(r, factors.get(r.history.service, 1.0)) for r in self.rates)
        tops = tuple(
            None if t is None else replace(t, trend=_wider(t.trend, factors.get(s, 1.0)))
            for t, s in zip(self.tops, self.services, strict=True)
        )
        return replace(self, rates=rates, tops=tops)

    def raked(self, reach: Mapping[str, int], disrupted_years: tuple[int, ...]) -> NeedModel:
        """The model with the draws of some services raked to independent totals, for so many years ahead."""
        if not reach:
            return self
        tops = fit_totals(self.rates, disrupted_years)
        kept = tuple(
            replace(t, reach=reach[s]) if t is not None and s in reach else None
            for t, s in zip(tops, self.services, strict=True)
        )
        return replace(self, tops=kept)


def _flat(trend: TrendSet) -> TrendSet:
    return replace(trend, slopes=np.zeros_like(trend.slopes))


def _scaled(rates: FittedRates, factor: float) -> FittedRates:
    if factor == 1.0:
        return rates
    return replace(
        rates, total=_wider(rates.total, factor), areas=_wider(rates.areas, factor),
        groups=_wider(rates.groups, factor),
    )  # fmt: skip


def _wider(trend: TrendSet, factor: float) -> TrendSet:
    w = trend.widths
    return replace(trend, widths=Widths(*(value * factor**2 for value in w)))


def fit_need(arrays: NeedArrays, disrupted_years: tuple[int, ...] = DISRUPTED_YEARS) -> NeedModel:
    """Fit rates and the population's error scales.

    Args:
        arrays: the inputs.
        disrupted_years: years of exceptional circumstances.

    Returns:
        The fitted model, raked to nothing.
    """
    rates = fit_rates([s.history for s in arrays.services], disrupted_years)
    horizon = min(FURTHEST_LEARNT, arrays.future.years[-1] - arrays.persons.years[-1] or 1)
    scale = learn_scale(arrays.persons, arrays.bands, max(horizon, 1))
    return NeedModel(arrays, tuple(rates), scale, rates[0].area_share, (None,) * len(rates))


def draw_totals(
    model: NeedModel, years: tuple[int, ...], draws: int, seed: int, tops: Sequence[TopDown | None] = ()
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Draws of the total of every unit (all sexes and ages), for backtests.

    Args:
        model: the fitted model.
        years: rising years after the origin.
        draws: number of draws.
        seed: seed.
        tops: independent totals by service.

    Returns:
        By service, shape (years, units, draws): the draws, and the same scaled to the independent total of each
        draw for the services that have one.
    """
    population = model.population(draws, seed)
    found, raked = {}, {}
    for index, service in enumerate(model.services):
        plan = model.plan(index, years)
        top = tops[index] if tops else None
        walk = None if top is None else top.walk(draws, seed, service)
        totals, scaled = [], []
        for year in draw_years(plan, population, seed, model.area_share):
            totals.append(year.counts.sum(axis=1, dtype=np.float64))
            if top is not None and walk is not None:
                horizon = year.year - plan.rates.origin
                whole = np.maximum(year.expected.sum(axis=(0, 1), dtype=np.float64), 1e-9)
                scaled.append(totals[-1] * (top.expected(horizon) * np.exp(walk.at(horizon)[0]) / whole))
        found[service] = np.stack(totals)
        if walk is not None:
            raked[service] = np.stack(scaled)
    return found, raked


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
        replace(s, history=s.history.until(year), running=None)
        for s in arrays.services
        if s.history.years[0] <= year
    )
    return replace(arrays, persons=persons, future=ahead, services=services, complete_year=year)
