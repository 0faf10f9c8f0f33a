"""Years that are not like the others: recording breaks as steps, the after-effect of disrupted years.

Works on log indices, log(observed / expected), of one service against its profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DECAYS = (0.0, 0.3, 0.6)
"""Shares of an after-effect that may be left a year later."""
HELD_BACK = 0.1
"""Weight, in years, that holds an after-effect to none."""


def log_index(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """log(observed / expected), half a count added to both."""
    return np.asarray(np.log((observed + 0.5) / (expected + 0.5)))


def information(expected: FloatArray) -> FloatArray:
    """Weight of a year's log index: inverse of counting variance plus that of 3% of other noise; 0 if unknown."""
    return np.asarray(np.where(expected > 0, 1.0 / (1.0 / np.maximum(expected, 0.5) + 0.03**2), 0.0))


def break_offsets(
    years: NDArray[np.int_],
    breaks: Sequence[tuple[int, int]],
    observed: FloatArray,
    expected: FloatArray,
    clean: NDArray[np.bool_],
) -> tuple[tuple[float, ...], FloatArray]:
    """Log sizes of the breaks, and what they add to the expectation of the years before them.

    Each unit's log index is regressed on a line and one step per break; the slope is held back, the steps are not.

    Args:
        years: rising years.
        breaks: (unit index, first year of the new recording).
        observed: counts by unit and year, shape (units, years).
        expected: what the profile expects, same shape.
        clean: years that are known and not disrupted, same shape.

    Returns:
        Log sizes in the order of `breaks`, and the offsets, shape (units, years).
    """
    offset = np.zeros(observed.shape)
    sizes: dict[tuple[int, int], float] = {}
    for unit in sorted({u for u, _ in breaks}):
        marks = sorted(y for u, y in breaks if u == unit)
        use = clean[unit] & (expected[unit] > 0)
        z = log_index(observed[unit], expected[unit])
        design = np.column_stack([np.ones(years.size), years - years[-1], *(years >= y for y in marks)]).astype(
            float
        )
        w = np.where(use, np.sqrt(information(expected[unit])), 0.0)
        w = w / max(w.max(initial=0.0), 1e-12)
        penalty = np.diag([0.0, 2.0, *([1e-4] * len(marks))])
        x = design * w[:, None]
        beta = np.linalg.lstsq(x.T @ x + penalty, x.T @ (w * z), rcond=None)[0]
        for step, mark in zip(beta[2:], marks, strict=True):
            sizes[(unit, mark)] = float(step)
            offset[unit, years < mark] -= step
    return tuple(sizes[b] for b in breaks), offset


def after_shape(years: NDArray[np.int_], disrupted: tuple[int, ...], decay: float) -> FloatArray:
    """After-effect by year as a share of the first year's, fading by `decay`; zero up to the last disrupted."""
    past = [y for y in disrupted if y <= years[-1]]
    last = max(past) if past else years[-1] + 1
    return np.asarray(np.where(years > last, decay ** np.maximum(years - last - 1, 0).astype(float), 0.0))


class AfterEffect(NamedTuple):
    """What disrupted years leave behind: released backlog, lasting caution.

    Attributes:
        size: log effect in the first year after them; 0 when it cannot be told.
        decay: share of it that is left a year later.
        by_year: log effect in every year of the history.
    """

    size: float
    decay: float
    by_year: FloatArray

    def ahead(self, horizon: int) -> float:
        """Log effect `horizon` years after the last year of the history."""
        return float(self.by_year[-1]) * self.decay**horizon if self.by_year.size else 0.0


def after_effect(
    z: FloatArray, weight: FloatArray, years: NDArray[np.int_], disrupted: tuple[int, ...]
) -> AfterEffect:
    """Log effect just after the disrupted years and how fast it fades, held back towards none.

    The decay is the one of `DECAYS` that fits best beside a line. An effect that lasts looks much like a change of
    trend, so it must fit better than one of one year by what a further parameter is worth (Akaike 1974). Nothing
    is told without three years before and two after.
    """
    nothing = AfterEffect(0.0, 0.0, np.zeros(years.size))
    before = (weight > 0) & (years < min(disrupted, default=0))
    after = (weight > 0) & (years > max(disrupted, default=int(years[-1])))
    if before.sum() < 3 or after.sum() < 2:
        return nothing
    w = np.sqrt(weight / weight.max())
    best, lowest = nothing, np.inf
    for decay in DECAYS:
        shape = after_shape(years, disrupted, decay)
        x = np.column_stack([np.ones(years.size), years - years[-1], shape]) * w[:, None]
        hold = np.diag([1e-9, 2.0, HELD_BACK])
        beta = np.linalg.solve(x.T @ x + hold, x.T @ (w * z))
        loss = float(((w * z - x @ beta) ** 2).sum() + beta @ hold @ beta)
        if decay > 0.0:
            loss *= float(np.exp(2.0 / np.count_nonzero(weight > 0)))
        if loss < lowest:
            best, lowest = AfterEffect(float(beta[2]), decay, float(beta[2]) * shape), loss
    return best
