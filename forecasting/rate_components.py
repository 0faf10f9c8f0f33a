"""One component of the rates (service, areas or groups): trends chosen and sized over all services together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.trends import CHOICES, LONGEST, TrendSet, Widths, choose, local_trends, rolling_errors, widths

FloatArray = NDArray[np.float64]


def component_trends(series: list[tuple[FloatArray, FloatArray, FloatArray]], default: Widths) -> list[TrendSet]:
    """Trends of one component over all services: choices and widths are partially pooled.

    Args:
        series: per service, log indices and their information, shape (series, years), and the variance that
            counting explains, shape (series,).
        default: widths when nothing could be tested.

    Returns:
        One set per service, in the order given.
    """
    errors = [rolling_errors(z, w) for z, w, _ in series]
    cases = np.array([float(np.isfinite(e[0]).any(axis=(1, 2)).sum()) for e in errors])
    losses = np.array([_loss(e, w) for e, (_, w, _) in zip(errors, series, strict=True)])
    chosen = choose(losses, cases, np.array([(w > 0).any(axis=0).sum() for _, w, _ in series]))
    squares = [_squares(e[c], noise) for e, c, (_, _, noise) in zip(errors, chosen, series, strict=True)]
    prior = _pooled(squares, default)
    found = []
    for (z, w, _), c, (square, count), error in zip(series, chosen, squares, errors, strict=True):
        choice = CHOICES[c]
        level, slope = local_trends(z, w, choice.discount, choice.ridge)
        if choice.damping == 0.0:
            slope = np.zeros_like(slope)
        tested = int(np.isfinite(error[c]).any(axis=(0, 1)).sum()) if error.shape[1] else 0
        found.append(TrendSet(level, slope, choice, widths(square, count, prior), tested))
    return found


def _loss(errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean absolute error of each choice, series weighted by their information."""
    if not np.isfinite(errors).any():
        return np.full(errors.shape[0], np.nan)
    w = weight.mean(axis=1)[None, None, :, None] * np.isfinite(errors)
    return np.asarray((np.nan_to_num(np.abs(errors)) * w).sum(axis=(1, 2, 3)) / w.sum(axis=(1, 2, 3)))


def _squares(errors: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean squared error by horizon beyond counting noise, series weighted by information; origins behind it."""
    if errors.shape[0] == 0:
        return np.full(LONGEST, np.nan), np.zeros(LONGEST)
    known = np.isfinite(errors)
    w = known / (noise + 0.03**2)[None, :, None] ** 2
    excess = np.nan_to_num(errors**2) - noise[None, :, None]
    total = w.sum(axis=(0, 1))
    mean = np.where(total > 0, (w * excess).sum(axis=(0, 1)) / np.maximum(total, 1e-300), np.nan)
    return mean, known.any(axis=1).sum(axis=0).astype(float)


def _pooled(squares: list[tuple[FloatArray, FloatArray]], default: Widths) -> Widths:
    longest = max(s.size for s, _ in squares)
    mean, count = np.zeros(longest), np.zeros(longest)
    for square, n in squares:
        use = np.isfinite(square)
        mean[: square.size] += np.where(use, np.maximum(square, 0.0) * n, 0.0)
        count[: square.size] += np.where(use, n, 0.0)
    pooled = np.where(count > 0, mean / np.maximum(count, 1.0), np.nan)
    return widths(pooled, count, default, prior_cases=2.0)
