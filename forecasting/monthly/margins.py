"""Distributions given by quantiles, each forecast for itself: values at normal scores, means, spreads.

Quantiles that stand at zero because nothing is below it are carried on under it, so that a draw has as much of its
weight at zero as the distribution does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from forecasting.monthly.joint import LEVELS, from_quantiles
from forecasting.monthly.panel import BoolArray
from forecasting.monthly.periods import IntArray
from forecasting.scores import QUANTILE_LEVELS, FloatArray

MEDIAN, LOW, HIGH = (QUANTILE_LEVELS.index(level) for level in (0.5, 0.1, 0.9))
IN_SPREADS = float(ndtri(0.9) - ndtri(0.1))
_GRID = ndtri((np.arange(100) + 0.5) / 100)


@dataclass(frozen=True)
class Margins:
    """Forecast distributions of many series over some periods.

    Attributes:
        quantiles: at `QUANTILE_LEVELS`, shape (levels, h, M); below zero where a floored value would be zero.
        floor: series that cannot be negative, shape (M,).
        whole: series of whole numbers, shape (M,).
    """

    quantiles: FloatArray
    floor: BoolArray
    whole: BoolArray

    def take(self, columns: IntArray) -> Margins:
        """Some of the series."""
        return Margins(self.quantiles[:, :, columns], self.floor[columns], self.whole[columns])

    def period(self, step: int) -> Margins:
        """One of the periods."""
        return replace(self, quantiles=self.quantiles[:, step : step + 1])

    def at(self, z: FloatArray) -> FloatArray:
        """Values at standard normal scores, shape (n, h, M)."""
        return self._possible(from_quantiles(self.quantiles, z))

    @property
    def mean(self) -> FloatArray:
        """Means, shape (h, M)."""
        return self.linear()[0]

    @property
    def spread(self) -> FloatArray:
        """Standard deviation of the normal distribution with as wide an 80% interval, shape (h, M)."""
        shown = np.where(self.floor, np.maximum(self.quantiles[[LOW, HIGH]], 0.0), self.quantiles[[LOW, HIGH]])
        return np.asarray((shown[1] - shown[0]) / IN_SPREADS)

    def linear(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Mean, slope on the normal score, and the variance that the slope does not explain; each (h, M)."""
        shape = self.quantiles.shape[1:]
        mean, slope, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for z in _GRID:  # one at a time: a hundred values of every series would not fit for a large hierarchy
            value = self._possible(_read(self.quantiles, float(z)))
            mean += value / _GRID.size
            slope += value * z / (_GRID**2).sum()
            square += value**2 / _GRID.size
        return mean, slope, np.maximum(square - mean**2 - slope**2, 0.0)

    def moved(self, base: FloatArray, means: FloatArray) -> Margins:
        """Moved with their means: in proportion while that is within reason, else by the difference."""
        ratio = means / np.where(np.abs(base) > 1e-9, base, 1.0)
        proportional = (base > 0.0) & (ratio > 0.5) & (ratio < 2.0)
        scaled = self.quantiles * np.where(proportional, ratio, 1.0)
        return replace(self, quantiles=np.where(proportional, scaled, self.quantiles + (means - base)))

    def widened(self, factor: float) -> Margins:
        """Wider (or narrower) around their medians."""
        centre = self.quantiles[MEDIAN]
        return replace(self, quantiles=centre + factor * (self.quantiles - centre))

    def _possible(self, values: FloatArray) -> FloatArray:
        """Floored values at or above zero, whole ones whole."""
        values = np.where(self.floor, np.maximum(values, 0.0), values)
        return np.where(self.whole, np.round(values), values)


def margins(quantiles: FloatArray, floor: BoolArray, whole: BoolArray) -> Margins:
    """Margins from quantiles as they are published, zero where nothing is below zero.

    Args:
        quantiles: at `QUANTILE_LEVELS`, shape (levels, h, M).
        floor: series that cannot be negative, shape (M,).
        whole: series of whole numbers: rounding gives them their zeros, shape (M,).
    """
    score, q = ndtri(LEVELS), quantiles.copy()
    for k in range(len(score) - 3, -1, -1):
        slope = (q[k + 2] - q[k + 1]) / (score[k + 2] - score[k + 1])
        on = q[k + 1] - slope * (score[k + 1] - score[k])
        q[k] = np.where(floor & ~whole & (q[k] <= 0.0) & (q[k + 2] > q[k + 1]), np.minimum(q[k], on), q[k])
    return Margins(q, floor, whole)


def _read(quantiles: FloatArray, z: float) -> FloatArray:
    """Values of all distributions at one normal score; as `from_quantiles`."""
    score = ndtri(LEVELS)
    k = int(np.clip(np.searchsorted(score, z) - 1, 0, LEVELS.size - 2))
    share = (z - score[k]) / (score[k + 1] - score[k])
    return np.asarray(quantiles[k] + share * (quantiles[k + 1] - quantiles[k]))
