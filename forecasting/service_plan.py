"""What one service is drawn from, and what one drawn year holds. Drawing itself is in `cube`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.levers import ServiceLevers
from forecasting.rates import FittedRates
from forecasting.running_year import RunningYear
from forecasting.top_down import TopDown

FloatArray = NDArray[np.float64]

Draws = NDArray[np.float32]


@dataclass(frozen=True)
class ServicePlan:
    """What is needed to draw one service.

    Attributes:
        rates: fitted rates.
        groups_of_bands: which population bands make each group's exposure, shape (groups, 2 * bands).
        units_of_areas: which population areas make each unit, shape (units, population areas).
        nodes: areas of the output.
        node_units: shape (nodes, units).
        years: years drawn, rising, all after the origin.
        year_index: index of each year in the population draws.
        levers: what is assumed of the service.
        sources: services whose need arrives here, one plan for each of `levers.arriving`.
        top: independent forecast of the total that the draws are raked to.
        running: totals of the year after the origin, as far as they are known.
        counted: the plan under whose assumptions those totals are counted; None: this one.
    """

    rates: FittedRates
    groups_of_bands: FloatArray
    units_of_areas: FloatArray
    nodes: tuple[str, ...]
    node_units: FloatArray
    years: tuple[int, ...]
    year_index: tuple[int, ...]
    levers: ServiceLevers | None = None
    sources: tuple[ServicePlan, ...] = ()
    top: TopDown | None = None
    running: RunningYear | None = None
    counted: ServicePlan | None = None

    @property
    def followed_years(self) -> int:
        """Years ahead that draws follow an independent total; 0 where the running year itself says more."""
        reach = 0 if self.top is None else self.top.reach
        return reach if self.running is None or reach > 1 else 0

    def over(self, years: tuple[int, ...]) -> ServicePlan:
        """The same plan for other years, those after its origin."""
        if not self.years:
            return self
        shift = self.year_index[0] - self.years[0]
        ahead = tuple(y for y in years if y > self.rates.origin)
        sources = tuple(source.over(years) for source in self.sources)
        counted = None if self.counted is None else self.counted.over(years)
        index = tuple(y + shift for y in ahead)
        return replace(self, years=ahead, year_index=index, sources=sources, counted=counted)


@dataclass(frozen=True)
class YearMeans:
    """What is expected of one service in one year, per draw; all float32.

    Attributes:
        year: the year.
        exposure: persons, shape (units, groups, draws).
        rate: expected counts per person before any lever, same shape.
        factors: `health`, `policy`, `backlog`: factors on the rate, broadcastable to the same shape; those that
            are 1 everywhere are left out.
        expected: exposure x rate x factors.
        residents: persons of all ages by sex, shape (units, 2, draws).
    """

    year: int
    exposure: Draws
    rate: Draws
    factors: dict[str, Draws]
    expected: Draws
    residents: Draws


@dataclass(frozen=True)
class YearDraws(YearMeans):
    """The same with counts.

    Attributes:
        counts: whole numbers, shape (units, groups, draws).
    """

    counts: Draws = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.float32))
