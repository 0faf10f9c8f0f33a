"""Scores of probabilistic forecasts, shared by the yearly and the monthly engines. No models here.

Arrays of draws have the draws first: `(draws, ...)`; observed values have the shape of the rest. Missing observed
values (NaN) give NaN scores, so means are to be taken with `numpy.nanmean`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

QUANTILE_LEVELS: tuple[float, ...] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
QUANTILE_COLUMNS: tuple[str, ...] = tuple(f"q{level:g}" for level in QUANTILE_LEVELS)


def crps_from_draws(draws: ArrayLike, observed: ArrayLike) -> FloatArray:
    """Continuous ranked probability score, fair (unbiased for the number of draws).

    CRPS = E|X - y| - 1/2 E|X - X'|; the second term by sorting, O(m log m) (Gneiting and Raftery 2007; the fair
    form of Ferro 2014).

    Args:
        draws: shape (m, ...), m >= 2.
        observed: shape (...).

    Returns:
        Scores in the unit of the data, shape (...); lower is better.

    Raises:
        ValueError: fewer than two draws.
    """
    sample = np.sort(np.asarray(draws, dtype=np.float64), axis=0)
    m = sample.shape[0]
    if m < 2:
        raise ValueError(f"CRPS needs at least 2 draws, got {m}")
    y = np.asarray(observed, dtype=np.float64)
    weight = (2.0 * np.arange(1, m + 1) - m - 1.0) / (m * (m - 1.0))
    spread = np.tensordot(weight, sample, axes=(0, 0))
    return np.asarray(np.abs(sample - y).mean(axis=0) - spread, dtype=np.float64)


def pinball_loss(quantiles: ArrayLike, observed: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Pinball loss of each quantile.

    Args:
        quantiles: shape (levels, ...).
        observed: shape (...).
        levels: probabilities in (0, 1), shape (levels,).

    Returns:
        Losses, shape (levels, ...); lower is better.
    """
    q = np.asarray(quantiles, dtype=np.float64)
    tau = np.asarray(levels, dtype=np.float64).reshape((-1,) + (1,) * (q.ndim - 1))
    gap = np.asarray(observed, dtype=np.float64) - q
    return np.asarray(np.maximum(tau * gap, (tau - 1.0) * gap), dtype=np.float64)


def crps_from_quantiles(quantiles: ArrayLike, observed: ArrayLike, levels: ArrayLike) -> FloatArray:
    """CRPS approximated by twice the mean pinball loss, weighted by the width each level stands for.

    Args:
        quantiles: shape (levels, ...), levels increasing.
        observed: shape (...).
        levels: probabilities, shape (levels,).

    Returns:
        Scores, shape (...).
    """
    tau = np.asarray(levels, dtype=np.float64)
    edges = np.concatenate([[0.0], (tau[1:] + tau[:-1]) / 2.0, [1.0]])
    loss = pinball_loss(quantiles, observed, tau)
    return np.asarray(2.0 * np.tensordot(np.diff(edges), loss, axes=(0, 0)), dtype=np.float64)


def skill(score: ArrayLike, reference: ArrayLike) -> FloatArray:
    """Skill 1 - score / reference; NaN where the reference is zero."""
    s, r = np.asarray(score, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(r > 0.0, 1.0 - s / r, np.nan), dtype=np.float64)


def naive_scale(history: ArrayLike, season: int = 1) -> FloatArray:
    """In-sample mean absolute (seasonal) difference, the denominator of MASE.

    Args:
        history: observed values, time last, shape (..., time).
        season: length of the season in periods; 1 for yearly data.

    Returns:
        Scale, shape (...); NaN where the history is too short, or its differences are all zero.
    """
    y = np.asarray(history, dtype=np.float64)
    if y.shape[-1] <= season:
        return np.full(y.shape[:-1], np.nan)
    gaps = np.abs(y[..., season:] - y[..., :-season])
    known = np.isfinite(gaps)
    total = np.where(known, gaps, 0.0).sum(axis=-1)
    scale = total / np.maximum(known.sum(axis=-1), 1)
    return np.asarray(np.where(scale > 0.0, scale, np.nan), dtype=np.float64)


def mase(point: ArrayLike, observed: ArrayLike, scale: ArrayLike) -> FloatArray:
    """Absolute scaled error of a point forecast (median); its mean is MASE (Hyndman and Koehler 2006)."""
    error = np.abs(np.asarray(point, dtype=np.float64) - np.asarray(observed, dtype=np.float64))
    return np.asarray(error / np.asarray(scale, dtype=np.float64), dtype=np.float64)


def relative_bias(mean: ArrayLike, observed: ArrayLike) -> float:
    """Sum of forecasts over sum of observed, minus 1, over the pairs where both are known; NaN without any."""
    f, y = np.asarray(mean, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    known = np.isfinite(f) & np.isfinite(y)
    total = float(y[known].sum())
    return float(f[known].sum()) / total - 1.0 if total > 0.0 else float("nan")


def covered(low: ArrayLike, high: ArrayLike, observed: ArrayLike) -> FloatArray:
    """1 where low <= observed <= high, 0 elsewhere, NaN where observed is missing."""
    y = np.asarray(observed, dtype=np.float64)
    inside = (np.asarray(low, dtype=np.float64) <= y) & (y <= np.asarray(high, dtype=np.float64))
    return np.asarray(np.where(np.isfinite(y), inside, np.nan), dtype=np.float64)


def coverage_from_draws(draws: ArrayLike, observed: ArrayLike, level: float) -> FloatArray:
    """Whether the central interval of `level` of the draws holds the observed value (1, 0, NaN), shape (...)."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(np.asarray(draws, dtype=np.float64), [tail, 1.0 - tail], axis=0)
    return covered(low, high, observed)


def pit_from_draws(draws: ArrayLike, observed: ArrayLike) -> FloatArray:
    """Mid-probability integral transform: share of draws below plus half of those equal, shape (...)."""
    sample, y = np.asarray(draws, dtype=np.float64), np.asarray(observed, dtype=np.float64)
    below = (sample < y).mean(axis=0) + 0.5 * (sample == y).mean(axis=0)
    return np.asarray(np.where(np.isfinite(y), below, np.nan), dtype=np.float64)


def better_beyond_noise(score: ArrayLike, reference: ArrayLike, blocks: ArrayLike, z: float = 1.0) -> bool:
    """Whether scores are lower than the reference's by more than `z` standard errors of the block means.

    Errors of one origin move together, so the differences are averaged within blocks (origins) first
    (Diebold and Mariano 1995, with blocks in place of lags).

    Args:
        score: scores of the challenger, shape (n,); NaN pairs are left out.
        reference: scores of the reference on the same cases, shape (n,).
        blocks: the block (origin) of each case, shape (n,).
        z: how many standard errors the mean gain must exceed.

    Returns:
        True when the gain is beyond noise; False with fewer than two blocks.
    """
    gain = np.asarray(reference, dtype=np.float64) - np.asarray(score, dtype=np.float64)
    known = np.isfinite(gain)
    labels = np.asarray(blocks)[known]
    if not known.any():
        return False
    unique, inverse = np.unique(labels, return_inverse=True)
    if unique.size < 2:
        return False
    means = np.bincount(inverse, weights=gain[known]) / np.bincount(inverse)
    error = means.std(ddof=1) / np.sqrt(unique.size)
    return bool(means.mean() > z * error) and bool(means.mean() > 0.0)
