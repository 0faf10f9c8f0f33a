"""One component of the rates (service, areas or groups): trends chosen and sized over all services together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.trend_widths import LONGEST, Widths, widths
from forecasting.trends import CHOICES, TrendSet, local_trends, rolling_errors, weigh

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
    weights = weigh(losses, cases, np.array([(w > 0).any(axis=0).sum() for _, w, _ in series]))
    mixed = [np.einsum("c,cosh->osh", w[w > 0], e[w > 0]) for w, e in zip(weights, errors, strict=True)]
    squares = [_squares(e, noise) for e, (_, _, noise) in zip(mixed, series, strict=True)]
    prior = _pooled(squares, default)
    return [
        _trend_set(z, w, weight, widths(square, count, prior), _tested(error))
        for (z, w, _), weight, (square, count), error in zip(series, weights, squares, mixed, strict=True)
    ]


def _trend_set(z: FloatArray, w: FloatArray, weight: FloatArray, width: Widths, tested: int) -> TrendSet:
    used = np.flatnonzero(weight)
    fits = [local_trends(z, w, c.discount, c.ridge, c.linear) for c in (CHOICES[i] for i in used)]
    level = np.asarray(weight[used] @ np.stack([f[0] for f in fits]))
    slopes = np.stack([f[1] for f in fits])
    return TrendSet(level, slopes, tuple(CHOICES[i] for i in used), weight[used], width, tested)


def _tested(error: FloatArray) -> int:
    return int(np.isfinite(error).any(axis=(0, 1)).sum()) if error.shape[0] else 0


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
