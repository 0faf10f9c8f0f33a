"""Local damped log trends of many short yearly series at once, chosen and sized by rolling origins.

A series is log(observed / expected). Its level and slope are fitted by least squares with weights that fade with
age (`discount`), the slope is held back (`ridge`) and fades into the future (`damping`). The three numbers are
chosen by out-of-sample errors, and the same errors give the width of the intervals: nothing is calibrated on
residuals of the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecasting.trend_widths import LONGEST, Widths

FloatArray = NDArray[np.float64]

SHORTEST = 4
"""Years of training before the first tested origin."""


class TrendChoice(NamedTuple):
    """How a local trend is fitted and carried forward.

    Attributes:
        discount: weight of a year relative to the next one.
        ridge: weight (in squared years) that holds the slope to zero.
        damping: share of the slope left after each further year; 0 holds the level.
        linear: whether the rate itself follows a line (growth that slows in per cent), not its logarithm.
    """

    discount: float
    ridge: float
    damping: float
    linear: bool = False


CHOICES: tuple[TrendChoice, ...] = (
    *(TrendChoice(d, 1.0, 0.0) for d in (0.05, 1.0, 0.8, 0.6, 0.3)),
    *(TrendChoice(*c) for c in product((1.0, 0.8, 0.6), (2.0, 10.0, 40.0), (0.7, 0.85, 0.9, 1.0), (False, True))),
)
FLOOR = 0.1
"""Share of its level that a line falls to at the lowest."""


def damped_years(damping: float, horizon: NDArray[np.int_] | int) -> FloatArray:
    """Sum of damping**j for j = 1..horizon: how many years of slope are added."""
    h = np.asarray(horizon, dtype=np.float64)
    if damping == 1.0:
        return h
    return np.asarray(damping * (1.0 - damping**h) / (1.0 - damping)) if damping > 0.0 else np.zeros_like(h)


def trend_path(slope: FloatArray | float, years: FloatArray, linear: bool) -> FloatArray:
    """Log change after so many years of slope, broadcast over both."""
    change = slope * years
    return np.asarray(np.log(np.maximum(1.0 + change, FLOOR)) if linear else change)


def local_trends(
    z: FloatArray, weight: FloatArray, discount: float, ridge: float, linear: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Level at the last year and yearly slope of every series.

    Args:
        z: log indices, shape (series, years); ignored where the weight is zero.
        weight: information of each year, shape (series, years).
        discount: see `TrendChoice`.
        ridge: see `TrendChoice`.
        linear: see `TrendChoice`.

    Returns:
        Log level and slope (of the logarithm, or relative to the level), each of shape (series,); zero where there
        is no information.
    """
    level, slope = trends_by_origin(z, weight, discount, (ridge,), linear)
    return level[0, -1], slope[0, -1]


def trends_by_origin(
    z: FloatArray, weight: FloatArray, discount: float, ridges: Sequence[float], linear: bool
) -> tuple[FloatArray, FloatArray]:
    """Trends fitted up to every year at once.

    Weighted sums follow one another by recursion, since moving the origin by a year multiplies all weights by the
    discount. A line of the rate is fitted to exp(z): a log error of e is an error of e times the rate, so weights
    are divided by the square of a smoothed rate, which knows only the past.

    Args:
        z: log indices, shape (series, years).
        weight: information, same shape.
        discount: see `TrendChoice`.
        ridges: see `TrendChoice`.
        linear: see `TrendChoice`.

    Returns:
        Log level and slope, each of shape (ridges, years, series).
    """
    known = np.maximum(weight.sum(axis=1), 1e-300)
    middle = (weight * np.where(weight > 0, z, 0.0)).sum(axis=1) / known  # a line fits as well on any scale
    y = np.where(weight > 0, z - middle[:, None], 0.0)
    w = weight
    if linear:
        rate = _smoothed(y, weight)
        y, w = np.where(weight > 0, np.exp(np.clip(y, -9.0, 9.0)), 0.0), weight * np.exp(-2.0 * rate)
    unit = np.maximum(np.maximum.accumulate(w, axis=1), 1e-300).T
    s0, s1, s2, t0, t1 = _sums_by_origin(y, w, discount)
    hold = np.asarray(ridges, dtype=np.float64)[:, None, None] * unit
    det = s0 * (s2 + hold) - s1 * s1
    usable = det > 1e-12 * np.maximum(s0 * (s2 + hold), 1e-300)
    safe = np.where(usable, det, 1.0)
    level = np.where(usable, ((s2 + hold) * t0 - s1 * t1) / safe, 0.0)
    slope = np.where(usable, (s0 * t1 - s1 * t0) / safe, 0.0)
    if not linear:
        return np.where(usable, level + middle, 0.0), slope
    sound = level > FLOOR * np.exp(np.clip(rate.T, -9.0, 9.0))
    base = np.where(sound, level, 1.0)
    return np.where(sound, np.log(base), rate.T) + middle, np.where(sound, slope / base, 0.0)


def _smoothed(z: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean of the past and present log indices, each year's weight half the next one's, shape (series, years)."""
    top, bottom = np.zeros(z.shape[0]), np.zeros(z.shape[0])
    found = np.zeros_like(z)
    for t in range(z.shape[1]):
        top, bottom = 0.5 * top + weight[:, t] * z[:, t], 0.5 * bottom + weight[:, t]
        found[:, t] = top / np.maximum(bottom, 1e-300)
    return found


def _sums_by_origin(
    y: FloatArray, w: FloatArray, discount: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weighted sums of 1, x, x**2, y and x y for every last year, x counted from it, each (years, series)."""
    series, years = y.shape
    found = np.zeros((5, years, series))
    s0, s1, s2, t0, t1 = np.zeros((5, series))
    for t in range(years):
        s0, s1, s2 = discount * s0, discount * (s1 - s0), discount * (s2 - 2.0 * s1 + s0)
        t0, t1 = discount * t0, discount * (t1 - t0)
        s0, t0 = s0 + w[:, t], t0 + w[:, t] * y[:, t]
        found[:, t] = s0, s1, s2, t0, t1
    return found[0], found[1], found[2], found[3], found[4]


def rolling_errors(
    z: FloatArray, weight: FloatArray, choices: Sequence[TrendChoice] = CHOICES, *, shortest: int = SHORTEST,
    furthest: int = LONGEST,
) -> FloatArray:  # fmt: skip
    """Out-of-sample log errors from every origin.

    Args:
        z: log indices, shape (series, years).
        weight: information, shape (series, years); a year of weight zero is neither trained on nor scored.
        choices: the choices to try.
        shortest: years before the first origin.
        furthest: longest horizon.

    Returns:
        Shape (choices, origins, series, horizons); NaN where the year is not known. No origins for series of
        `shortest` years or fewer.
    """
    series, years = z.shape
    origins = np.arange(shortest - 1, years - 1)
    longest = int(np.clip(years - shortest, 1, furthest))
    target = np.where(weight > 0, z, np.nan)
    padded = np.concatenate([target, np.full((series, longest), np.nan)], axis=1)
    h = np.arange(1, longest + 1)
    found = np.full((len(choices), max(len(origins), 0), series, longest), np.nan)
    if not len(origins):
        return found
    future = np.stack([padded[:, o + h] for o in origins])
    enough = shortest - 1 <= np.cumsum(weight > 0, axis=1)[:, origins].T
    future = np.where(enough[..., None], future, np.nan)
    for (discount, linear), group in _by_fit(choices).items():
        ridges = sorted({choices[c].ridge for c in group})
        level, slope = trends_by_origin(z, weight, discount, ridges, linear)
        for c in group:
            r = ridges.index(choices[c].ridge)
            ahead = trend_path(slope[r, origins, :, None], damped_years(choices[c].damping, h), linear)
            found[c] = future - level[r, origins, :, None] - ahead
    return found


def _by_fit(choices: Sequence[TrendChoice]) -> dict[tuple[float, bool], list[int]]:
    """Choices that share their weighted sums."""
    found: dict[tuple[float, bool], list[int]] = {}
    for c, choice in enumerate(choices):
        found.setdefault((choice.discount, choice.linear), []).append(c)
    return found


LONG = 15
"""Years from which a trend may go on undamped, and a line may be told from a curve."""


def allowed(years: NDArray[np.int_], choices: Sequence[TrendChoice]) -> NDArray[np.bool_]:
    """Which choices histories of so many years may take: a trend may not run far beyond what could be tested.

    On real service use cut to 10-13 years, damping of 0.9 scored 1% worse (CRPS) than 0.85, 0.95 more; but 0.85
    leaves trends that last, as in the synthetic counties, a third short. Lines scored 1% worse than none: as the
    logarithm of a line is concave, errors of its slope pull forecasts down.

    Args:
        years: years of history, shape (groups,).
        choices: the choices.

    Returns:
        Shape (groups, choices).
    """
    highest = np.select([years < 6, years < LONG], [0.7, 0.9], 1.0)
    damped = highest[:, None] >= np.array([c.damping for c in choices])
    return np.asarray(damped & ((years >= LONG)[:, None] | ~np.array([c.linear for c in choices])))


PRIOR_ORIGINS = 4.0
"""Origins that the pooled losses count as."""
SHARPNESS = 50.0
"""How sharply a choice's weight falls with its loss: 5% more loss has a tenth of the weight: near ties mix."""
LEAST_WEIGHT = 0.02
"""Choices with a smaller weight are left out."""


def weigh(
    losses: FloatArray, cases: FloatArray, years: NDArray[np.int_], default: int = 0,
    choices: Sequence[TrendChoice] = CHOICES,
) -> FloatArray:  # fmt: skip
    """How much each choice counts in the forecast of each group of series, partially pooled over groups.

    Choices whose losses nearly tie are averaged (Bates & Granger 1969), the others left out.

    Args:
        losses: mean absolute out-of-sample error, shape (groups, choices); NaN for groups that were not tested.
        cases: number of origins behind each group, shape (groups,).
        years: years of history of each group, shape (groups,); they bound what may be chosen (`allowed`).
        default: the choice when no group was tested.
        choices: what the losses are of.

    Returns:
        Weights, shape (groups, choices), rows sum to one. Log losses are pooled, so that a choice four times
        better in one group is not outvoted by groups where it is a little worse; a group's own count by its
        origins against the pooled ones, which count as `PRIOR_ORIGINS`.
    """
    tested = np.isfinite(losses).all(axis=1)
    if not tested.any():
        return np.asarray(np.eye(losses.shape[1])[np.full(losses.shape[0], default)])
    logs = np.zeros_like(losses)
    logs[tested] = np.log(losses[tested])
    logs[tested] -= logs[tested].mean(axis=1, keepdims=True)
    share = np.where(tested, cases / (cases + PRIOR_ORIGINS), 0.0)[:, None]
    blended = np.exp(share * logs + (1.0 - share) * logs[tested].mean(axis=0))
    blended = np.where(allowed(years, choices), blended, np.inf)
    weight = (blended.min(axis=1, keepdims=True) / blended) ** SHARPNESS
    weight /= weight.sum(axis=1, keepdims=True)
    weight = np.where(weight >= np.minimum(LEAST_WEIGHT, weight.max(axis=1, keepdims=True)), weight, 0.0)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class TrendSet:
    """Fitted trends of the series of one component (service, areas or groups): a weighted mean of choices.

    Attributes:
        level: log level at the origin, shape (series,).
        slopes: slope of each choice, of the logarithm or relative to the level, shape (choices, series).
        choices: how they were fitted.
        weights: how much each choice counts, shape (choices,); sums to one.
        widths: variance of what the mean gets wrong.
        tested: longest tested horizon in years.
    """

    level: FloatArray
    slopes: FloatArray
    choices: tuple[TrendChoice, ...]
    weights: FloatArray
    widths: Widths
    tested: int

    @property
    def choice(self) -> TrendChoice:
        """The choice that counts most."""
        return self.choices[int(np.argmax(self.weights))]

    @property
    def slope(self) -> FloatArray:
        """Log change of the first year ahead without its damping, shape (series,)."""
        held = np.array([c.damping > 0.0 for c in self.choices])
        return np.asarray((self.weights * held) @ self.slopes)

    def past(self, x: FloatArray) -> FloatArray:
        """Log change from the origin to `x` (at most zero) years after it by the slopes, shape (series, x)."""
        return np.asarray(self.slope[:, None] * x)

    def path(self, horizon: int) -> FloatArray:
        """Log change from the origin to `horizon` years ahead, shape (series,)."""
        found = np.zeros(self.slopes.shape[1])
        for weight, slope, choice in zip(self.weights, self.slopes, self.choices, strict=True):
            found = found + weight * trend_path(slope, damped_years(choice.damping, horizon), choice.linear)
        return found
