"""Simple forecasts that any model must beat, run by the same harness on the same draws of persons.

Each takes a service's history up to an origin and gives draws of unit totals. AutoETS with MinT is beside them in
benchmarks only: its packages are no dependency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.rates import ServiceHistory

FloatArray = NDArray[np.float64]

CONSTANT = "constant_rate"
GROWTH = "residual_growth"
DRIFT = "drift"
BASELINES = (CONSTANT, GROWTH, DRIFT)


def baseline_forecasts(
    history: ServiceHistory, ahead: FloatArray, draws: int, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Draws of every baseline by name, each of shape (draws, years, units).

    Args:
        history: counts up to the origin.
        ahead: projected exposure, shape (units, groups, years).
        draws: number of draws.
        rng: source of randomness.
    """
    return {
        CONSTANT: constant_rate(history, ahead, draws, rng),
        GROWTH: residual_growth(history, ahead, draws, rng),
        DRIFT: drift(history, ahead.shape[-1], draws, rng),
    }


def constant_rate(history: ServiceHistory, ahead: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Baseline: the last known rate of every cell x projected persons, with the spread of a random walk of rates.

    Arguments and shape as in `baseline_forecasts`.
    """
    rate = _rates(history)
    mean = np.einsum("ug,ugy->yu", _last_known(rate), ahead)
    step = np.log(
        (history.counts[..., 1:].sum(axis=1) + 0.5)
        / ((rate[..., :-1] * history.exposure[..., 1:]).sum(axis=1) + 0.5)
    )
    return _walked(mean, 0.0, _pooled_sd(step), draws, rng)


def residual_growth(
    history: ServiceHistory, ahead: FloatArray, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Baseline: last known rates x projected persons x the whole's growth that persons do not explain.

    The growth is the slope of log(total / what today's rates would have given) over the whole history, one for all
    areas, as national models of demand have it. Arguments and shape as in `baseline_forecasts`.
    """
    last = _last_known(_rates(history))
    mean = np.einsum("ug,ugy->yu", last, ahead)
    total = history.counts.sum(axis=(0, 1))
    index = np.log((total + 0.5) / (np.einsum("ug,ugy->y", last, history.exposure) + 0.5))
    years = np.array(history.years, dtype=np.float64)
    known = np.isfinite(index)
    slope = float(np.polyfit(years[known], index[known], 1)[0]) if known.sum() >= 3 else 0.0
    step = np.diff(np.log(history.counts.sum(axis=1) + 0.5), axis=1) - slope
    return _walked(mean, slope, _pooled_sd(step), draws, rng)


def _walked(mean: FloatArray, slope: float, sd: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draws around means (years, units): a random walk of the logarithm with a slope and each unit's yearly sd."""
    h = np.arange(1, len(mean) + 1)[:, None]
    z = rng.standard_normal((draws, *mean.shape))
    return np.asarray(mean * np.exp(slope * h + sd * np.sqrt(h) * z))


def _rates(history: ServiceHistory) -> FloatArray:
    """Counts per person, 0 where nobody is exposed."""
    return np.divide(
        history.counts, history.exposure, out=np.zeros_like(history.counts), where=history.exposure > 0
    )


def drift(history: ServiceHistory, horizon: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Baseline: random walk with drift of each unit's total, shape (draws, years, units)."""
    totals = history.counts.sum(axis=1)
    last = _last_known(totals)
    step = np.diff(totals, axis=1)
    known = np.isfinite(step)
    n = np.maximum(known.sum(axis=1), 1)
    slope = np.where(known, step, 0.0).sum(axis=1) / n
    residual = np.where(known, step - slope[:, None], 0.0)
    sd = np.sqrt((residual**2).sum(axis=1) / np.maximum(n - 1, 1))
    h = np.arange(1, horizon + 1)[:, None]
    z = rng.standard_normal((draws, horizon, len(last)))
    return np.asarray(np.maximum(last + slope * h + sd * np.sqrt(h * (1.0 + h / n)) * z, 0.0))


def _last_known(values: FloatArray) -> FloatArray:
    """The last finite value along the last axis; 0 where there is none."""
    known = np.isfinite(values)
    index = values.shape[-1] - 1 - np.argmax(known[..., ::-1], axis=-1)
    found = np.take_along_axis(values, index[..., None], axis=-1)[..., 0]
    return np.asarray(np.where(known.any(axis=-1), found, 0.0))


def _pooled_sd(step: FloatArray) -> FloatArray:
    """Root mean square of steps by unit, half its own and half all units', shape (units,)."""
    known = np.isfinite(step)
    square = np.where(known, step**2, 0.0)
    overall = square.sum() / max(known.sum(), 1)
    own = np.where(known.any(axis=1), square.sum(axis=1) / np.maximum(known.sum(axis=1), 1), overall)
    return np.asarray(np.sqrt(0.5 * own + 0.5 * overall))
