"""Covariance families of the structural models: level, trend and season around white noise. No data here.

Every model is a Gaussian process on equally spaced periods with unit noise, so one Cholesky factor serves all
series: the innovations of a series are `L^-1 z`, its likelihood follows from them, and the forecast from any
origin `o` is `L[o:o+h, :o] @ e[:o]`. Simple exponential smoothing is the model with a random-walk level (Muth
1960), the theta method the one with a small drift, damped Holt the one with a damped local slope, Holt-Winters the
one with a slowly changing season; prior variances shrink trend and season by their evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from forecasting.scores import FloatArray

DIFFUSE = 1e4
"""Prior variance of the level in units of the noise variance: as good as unknown."""
STEPS, TOGETHER = 48, 32
"""Factors are made for multiples of so many steps, and so many members at a time."""
DAMPING = 0.95
"""Monthly damping of the local slope; the effective damping of other frequencies is set by the season's length."""


@dataclass(frozen=True)
class Season:
    """A season of `period` steps.

    Attributes:
        period: length in steps; need not be whole (52.18 weeks in a year).
        harmonics: 0 for a free effect per phase (whole periods only); else how many smooth waves.
    """

    period: float
    harmonics: int = 0


@dataclass(frozen=True)
class Model:
    """One member of the family; variances in units of the noise variance.

    Attributes:
        level: variance of one step of the random-walk level.
        season: prior variance of the seasonal effects (0: no season).
        season_memory: correlation of the seasonal effects from one year to the next (1: fixed season).
        smooth: whether the season is a few smooth waves rather than free effects per phase.
        trend: `none`, `drift` (one slope for the whole series) or `damped` (a local slope that dies out).
        slope: drift: prior standard deviation per season length; damped: variance of the slope's innovations.
    """

    level: float
    season: float
    season_memory: float
    smooth: bool
    trend: Literal["none", "drift", "damped"]
    slope: float


LEVELS = (0.0, 0.002, 0.01, 0.04, 0.15, 0.6)
SEASONS: tuple[tuple[float, float, bool], ...] = (
    (0.1, 1.0, False),
    (1.0, 1.0, False),
    (8.0, 1.0, False),
    (50.0, 1.0, False),
    (0.3, 0.9, False),
    (3.0, 0.9, False),
    (30.0, 0.9, False),
    (0.3, 1.0, True),
    (2.0, 1.0, True),
    (12.0, 1.0, True),
)
"""Variance, memory and smoothness of the seasons."""
TRENDS: tuple[tuple[Literal["none", "drift", "damped"], float], ...] = (
    ("none", 0.0),
    ("drift", 0.15),
    ("drift", 0.6),
    ("drift", 2.0),
    ("damped", 1e-4),
    ("damped", 1e-2),
)


def family(*, seasonal: bool, small: bool = False) -> tuple[Model, ...]:
    """All members: every combination of level, season and trend.

    Args:
        seasonal: whether members with a season are wanted.
        small: fewer members, for long (daily) histories.
    """
    seasons = ((0.0, 1.0, False), *(SEASONS if seasonal else ()))
    levels: tuple[float, ...] = LEVELS
    trends: tuple[tuple[Literal["none", "drift", "damped"], float], ...] = TRENDS
    if small:
        seasons, levels, trends = seasons[:6], LEVELS[::2], (*TRENDS[:3], TRENDS[4])
    return tuple(
        Model(level, *season, trend, slope) for level, season, (trend, slope) in product(levels, seasons, trends)
    )


class Covariances:
    """Covariance matrices of the members over `steps` periods, with their shared parts computed once."""

    def __init__(self, steps: int, seasons: tuple[Season, ...]) -> None:
        time = np.arange(1.0, steps + 1.0)
        self._distance = np.abs(time[:, None] - time[None, :])
        self._level = np.minimum(time[:, None], time[None, :])
        self._year = seasons[0].period if seasons else 1.0
        self._drift = np.outer(time - 1.0, time - 1.0) / self._year**2
        damping = DAMPING ** (12.0 / max(self._year, 12.0)) if seasons else DAMPING
        slope = damping**self._distance / (1.0 - damping**2)
        self._damped = np.cumsum(np.cumsum(slope, axis=0), axis=1)
        self._seasons = [seasonal_correlation(self._distance, season) for season in seasons]
        waves = [Season(season.period, season.harmonics or min(3, int(season.period) // 2)) for season in seasons]
        self._smooth = [seasonal_correlation(self._distance, season) for season in waves]
        self._noise = np.eye(steps)

    def cholesky(self, model: Model) -> FloatArray:
        """Lower Cholesky factor of the member's covariance, shape (steps, steps)."""
        return np.asarray(np.linalg.cholesky(self.of(model)), dtype=np.float64)

    def of(self, model: Model) -> FloatArray:
        """Covariance of the member in units of the noise variance, shape (steps, steps)."""
        return np.asarray(self._noise + sum(self.parts(model).values()), dtype=np.float64)

    def parts(self, model: Model) -> dict[str, FloatArray]:
        """Covariances of the member's level, trend and season, which with white noise make it up."""
        parts = {"level": DIFFUSE + model.level * self._level}
        if model.trend == "drift":
            parts["trend"] = model.slope**2 * self._drift
        elif model.trend == "damped":
            parts["trend"] = model.slope * self._damped
        if model.season:
            memory = 1.0 if model.season_memory == 1.0 else model.season_memory ** (self._distance / self._year)
            correlations = self._smooth if model.smooth else self._seasons
            parts["season"] = model.season * memory * sum(correlations, np.zeros_like(self._distance))
        return parts


@lru_cache(maxsize=3)
def factors_of(
    models: tuple[Model, ...], steps: int, seasons: tuple[Season, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cholesky factors of the members and their inverses, each of shape (members, steps, steps).

    The factor of fewer steps is the leading block of a larger one, so panels and origins of any length share the
    factors of their next multiple of `STEPS`: the same panel gets the same factors whatever was asked before.

    Args:
        models: the members.
        steps: least number of steps.
        seasons: seasons of the frequency, the main one first.

    Returns:
        Factors and inverses, in single precision: series are standardised, and it takes half the time.
    """
    size = -(-steps // STEPS) * STEPS
    covariances = Covariances(size, seasons)
    factors = np.empty((len(models), size, size), dtype=np.float32)
    inverses = np.empty_like(factors)
    for first in range(0, len(models), TOGETHER):
        part = slice(first, first + TOGETHER)
        exact = np.linalg.cholesky(np.stack([covariances.of(model) for model in models[part]]))
        factors[part] = exact
        inverses[part] = [lapack.dtrtri(factor, lower=1)[0] for factor in exact]
    factors.flags.writeable = inverses.flags.writeable = False
    return factors, inverses


def seasonal_correlation(distance: FloatArray, season: Season) -> FloatArray:
    """Correlation of seasonal effects `distance` steps apart; effects sum to zero over a season.

    Args:
        distance: steps between two times, any shape.
        season: free effects per phase, or smooth waves with weights falling as 1 / k^2.
    """
    if season.harmonics == 0:
        period = int(season.period)
        same = np.mod(distance, period) == 0
        return np.asarray((same - 1.0 / period) * period / (period - 1.0), dtype=np.float64)
    waves = np.arange(1, season.harmonics + 1)
    weight = 1.0 / waves**2
    angle = 2.0 * np.pi * distance / season.period
    return np.asarray(
        sum(w * np.cos(k * angle) for k, w in zip(waves, weight / weight.sum(), strict=True)), dtype=np.float64
    )
