"""Draws of the rates of one service, year by year: levels, paths, shared shocks, what the running year taught."""

from __future__ import annotations

import numpy as np

from forecasting.conditioning import Learnt
from forecasting.raking import Raking
from forecasting.rates import FittedRates
from forecasting.seeds import generator
from forecasting.service_plan import Draws, ServicePlan
from forecasting.walks import LogWalk


class RatePaths:
    """Rates of every draw; years are asked in rising order; those of `years` may not be left out.

    Args:
        plan: the service.
        draws: number of draws.
        seed: seed of the whole forecast.
        area_share: share of an area's yearly shock variance that all services of the area have in common.
    """

    def __init__(self, plan: ServicePlan, draws: int, seed: int, area_share: float) -> None:
        rates, service = plan.rates, plan.rates.history.service
        self._plan, self._seed, self._draws = plan, seed, draws
        self._cell = cell_factors(rates, draws, generator(seed, "service", service))
        self._total, self._areas, self._groups = (
            LogWalk(trend.widths, len(trend.level), draws, generator(seed, "walk", service, name), own)
            for name, trend, own in (
                ("total", rates.total, 1.0),
                ("areas", rates.areas, 1.0 - area_share),
                ("groups", rates.groups, 1.0),
            )
        )
        self._shock_variance = rates.areas.widths.white * area_share
        self._learnt: Learnt | None = None
        follows = plan.top is not None and plan.followed_years > 0
        self._raking = Raking(plan.top, draws, seed, service) if plan.top is not None and follows else None

    def years(self, asked: tuple[int, ...]) -> tuple[int, ...]:
        """The years asked, and those before them that later ones rest on: the running one, the last of a total."""
        found = set(asked)
        if self._plan.running is not None:
            found.add(self._plan.running.year)
        if self._raking is not None:
            found.add(self._plan.rates.origin + self._raking.reach)
        return tuple(y for y in sorted(found) if y in asked or y < max(asked, default=y))

    def rate(self, year: int, exposure: Draws) -> tuple[Draws, Draws]:
        """Rate per person and its product with the exposure, each (units, groups, draws)."""
        rates = self._plan.rates
        horizon = year - rates.origin
        white = self._total.widths.white
        if self._raking is not None:
            white = self._raking.white(horizon, white)
        log_area = self._total.lasting(horizon) + self._total.fleeting(white) + self._areas.at(horizon)
        log_area += self._area_shocks(year)
        if self._learnt is not None:
            log_area += self._learnt.correction(horizon)
        rate = rates.rate(horizon).astype(np.float32)[..., None] * self._cell
        rate *= np.exp(log_area)[:, None, :]
        if len(rates.groups.level) > 1:
            rate *= np.exp(self._groups.at(horizon))[None]
        expected = rate * exposure
        if self._raking is not None and not self.runs(year):
            factor = self._raking.factor(horizon, expected, self._total.fleeting(white)[0])
            rate *= factor
            expected *= factor
        return rate, expected

    def meet(self, year: int, rate: Draws, expected: Draws) -> None:
        """In the running year, learn from its totals and scale what is expected to meet them, in place."""
        running = self._plan.running
        if running is None or not self.runs(year) or self._learnt is not None:
            return
        learnt = Learnt(
            self._plan.rates, running, expected, generator(self._seed, "running", self._plan.rates.history.service)
        )
        if self._raking is not None:
            self._raking.learn(learnt.steady(expected), running.broken)
        whole = expected.sum(axis=1, dtype=np.float64)
        met = running.known[:, None] & (whole > 0.0)
        factor = np.where(met, learnt.totals / np.where(met, whole, 1.0), 1.0).astype(np.float32)[:, None]
        rate *= factor
        expected *= factor
        self._learnt = learnt

    def runs(self, year: int) -> bool:
        """Whether it is the running year, whose totals are known."""
        return self._plan.running is not None and year == self._plan.running.year

    def _area_shocks(self, year: int) -> Draws:
        """Log shocks of (area, year), the same numbers for every service, shape (units, draws)."""
        rows = [
            generator(self._seed, "area", unit, str(year)).standard_normal(self._draws, dtype=np.float32)
            for unit in self._plan.rates.history.units
        ]
        variance = self._shock_variance
        return np.asarray(np.float32(np.sqrt(variance)) * np.stack(rows) - np.float32(0.5 * variance))


def cell_factors(rates: FittedRates, draws: int, rng: np.random.Generator) -> Draws:
    """Gamma uncertainty of every cell's level: mean one, equal in all years, shape (units, groups, draws)."""
    shape = np.minimum(rates.shape, 1e6).astype(np.float32)
    factor = rng.standard_gamma(shape[..., None], (*shape.shape, draws), dtype=np.float32)
    factor /= shape[..., None]
    return factor
