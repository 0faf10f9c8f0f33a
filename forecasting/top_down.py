"""An independent forecast of a service's total, blind to age and area, for services where it has been better.

The total of all areas follows a damped trend of its own, chosen and sized by rolling origins like the rates. Where
the backtest gate lets it, draws of the cells are raked to it: every draw's expectations are multiplied by one
number before counts are drawn, so that counts stay whole and non-negative and go on adding up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.rate_components import component_trends
from forecasting.rate_interventions import information, log_index
from forecasting.rates import FittedRates
from forecasting.seeds import generator
from forecasting.trend_widths import DEFAULT_WIDTHS, LONGEST
from forecasting.trends import TrendSet
from forecasting.walks import LogWalk

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TopDown:
    """Independent forecast of the total of one service.

    Attributes:
        level: total at the origin.
        trend: trend of the logarithm of the total, one series.
        reach: years ahead that draws follow it. It knows nothing of age, so beyond what was tested the draws keep
            the factor of that year and grow by persons and rates.
    """

    level: float
    trend: TrendSet
    reach: int = LONGEST

    def expected(self, horizon: int) -> float:
        """Expected total `horizon` years ahead."""
        return self.level * float(np.exp(float(self.trend.path(horizon)[0])))

    def walk(self, draws: int, seed: int, service: str) -> LogWalk:
        """Draws of the total around what is expected, as a log path of one series."""
        return LogWalk(self.trend.widths, 1, draws, generator(seed, "top", service))


def fit_totals(rates: Sequence[FittedRates], disrupted_years: Sequence[int]) -> list[TopDown | None]:
    """Fit the totals of all services together; None where a total is not known in enough years.

    Recording breaks are scaled away by the steps of the fitted rates.
    """
    series, levels, usable = [], [], []
    for r in rates:
        counts = _mended(r)
        total = counts.sum(axis=0)
        years = np.array(r.history.years)
        known = np.isfinite(total) & (total > 0)
        clean = known & ~np.isin(years, disrupted_years)
        usable.append(bool(known[-1]) and int(clean.sum()) >= 3)
        level = float(np.nan_to_num(total)[-1]) or 1.0
        z = log_index(np.nan_to_num(total), np.full(total.shape, level))
        weight = np.where(clean, information(np.nan_to_num(total)), 0.0)
        noise = np.array([1.0 / level])
        series.append((z[None], weight[None], noise))
        levels.append(level)
    trends = component_trends(series, DEFAULT_WIDTHS)
    return [
        TopDown(level * float(np.exp(t.level[0])), t) if ok else None
        for level, t, ok in zip(levels, trends, usable, strict=True)
    ]


def _mended(r: FittedRates) -> FloatArray:
    """Counts by unit and year with what was before each recording break scaled to the latest recording."""
    counts: FloatArray = np.array(r.history.counts.sum(axis=1))
    years = np.array(r.history.years)
    for (unit, mark), step in zip(r.history.breaks, r.steps, strict=True):
        counts[unit, years < mark] *= np.exp(step)
    return counts
