"""One component of the rates (service, areas or groups): trends chosen and sized over all services together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from forecasting.trend_widths import LONGEST, Widths, widths
from forecasting.trends import CHOICES, TrendSet, local_trends, rolling_errors, weigh

FloatArray = NDArray[np.float64]
FEWEST_ORIGINS = 4
"""Origins from which errors are corrected for having been chosen on."""
CHOSEN = 1.5
"""Degrees of freedom that the choice takes: two things are chosen (how fast a level is forgotten, how fast a trend
fades), partly together with the other services."""
DEFAULT_CASES = 8.0
"""Origins at every horizon that the default's form counts as beside the pooled one: in short histories only
the first, worst known origins look far ahead, which resembles errors of the slope."""
LEAST_SQUARE = 0.005**2
"""Mean squared errors are pooled as if half a per cent at least."""


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
    moments = [_honest(_moments(e, noise)) for e, (_, _, noise) in zip(mixed, series, strict=True)]
    prior = _pooled(moments, default)
    return [
        _trend_set(z, w, weight, widths(m.squares, m.cases, prior, products=m.products), _tested(error))
        for (z, w, _), weight, m, error in zip(series, weights, moments, mixed, strict=True)
    ]


class _Moments(NamedTuple):
    """Of errors by horizon: mean squares and mean products with the error one year ahead, origins behind them."""

    squares: FloatArray
    products: FloatArray
    cases: FloatArray


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


def _moments(errors: FloatArray, noise: FloatArray) -> _Moments:
    """Squares beyond counting noise, and products, series weighted by information.

    Counting noise is independent between years, so products need none taken off.
    """
    if errors.shape[0] == 0:
        return _Moments(np.full(LONGEST, np.nan), np.full(LONGEST, np.nan), np.zeros(LONGEST))
    weight = (1.0 / (noise + 0.03**2) ** 2)[None, :, None]

    def mean(values: FloatArray) -> FloatArray:
        w = np.isfinite(values) * weight
        total = w.sum(axis=(0, 1))
        return np.where(
            total > 0, (w * np.nan_to_num(values)).sum(axis=(0, 1)) / np.maximum(total, 1e-300), np.nan
        )

    cases = np.isfinite(errors).any(axis=1).sum(axis=0).astype(float)
    return _Moments(mean(errors**2 - noise[None, :, None]), mean(errors * errors[..., :1]), cases)


def _honest(m: _Moments) -> _Moments:
    """Moments with what choosing on the same errors flatters them by: degrees of freedom of the origins."""
    origins = float(m.cases.max(initial=0.0))
    factor = origins / (origins - CHOSEN) if origins >= FEWEST_ORIGINS else 1.0
    return _Moments(m.squares * factor, m.products * factor, m.cases)


def _pooled(moments: list[_Moments], default: Widths) -> Widths:
    """Widths of the usual series: a geometric mean, so that one upset service does not widen all others.

    The logarithm of a mean of n squares lies below that of their expectation, on average log(n/2) - digamma(n/2).
    """
    longest = max(m.squares.size for m in moments)
    squares, products, cases = (np.full((len(moments), longest), np.nan) for _ in range(3))
    for row, m in enumerate(moments):
        squares[row, : m.squares.size], products[row, : m.squares.size] = m.squares, m.products
        cases[row, : m.squares.size] = m.cases
    n = np.where(np.isfinite(squares), np.nan_to_num(cases), 0.0)
    half = np.maximum(n, 1.0) / 2.0
    logs = np.log(np.maximum(np.nan_to_num(squares), LEAST_SQUARE)) + np.log(half) - digamma(half)
    count = n.sum(axis=0)
    usual = np.where(count > 0, np.exp((n * logs).sum(axis=0) / np.maximum(count, 1.0)), np.nan)
    # products in proportion to their own service's squares
    ratio = np.nan_to_num(products) / np.maximum(np.nan_to_num(squares), LEAST_SQUARE)
    lasting = usual * (n * np.clip(ratio, -1.0, 1.0)).sum(axis=0) / np.maximum(count, 1.0)
    return widths(usual, count, default, prior_cases=DEFAULT_CASES, products=lasting)
