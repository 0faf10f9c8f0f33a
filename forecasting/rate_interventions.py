"""Years that are not like the others: recording breaks as steps, the after-effect of disrupted years.

Works on log indices, log(observed / expected), of one service against its profile.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

AFTER_EFFECT = 0.5
"""Share of a disrupted year's after-effect that is left a year later."""


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


def after_shape(years: NDArray[np.int_], disrupted: tuple[int, ...]) -> FloatArray:
    """After-effect by year as a share of the first: it halves every year; zero up to the last disrupted one."""
    past = [y for y in disrupted if y <= years[-1]]
    last = max(past) if past else years[-1] + 1
    return np.asarray(np.where(years > last, AFTER_EFFECT ** np.maximum(years - last, 0).astype(float), 0.0))


def after_effect(z: FloatArray, weight: FloatArray, years: NDArray[np.int_], disrupted: tuple[int, ...]) -> float:
    """Log effect just after the disrupted years, held back towards zero; 0 without years on both sides."""
    shape = after_shape(years, disrupted)
    before = (weight > 0) & (years < min(disrupted, default=0))
    after = (weight > 0) & (shape > 0)
    if before.sum() < 3 or after.sum() < 2:
        return 0.0
    w = np.sqrt(weight / weight.max())
    x = np.column_stack([np.ones(years.size), years - years[-1], shape]) * w[:, None]
    beta = np.linalg.solve(x.T @ x + np.diag([1e-9, 2.0, 0.3]), x.T @ (w * z))
    return float(beta[2])
