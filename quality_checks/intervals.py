"""Intervals and limits for shares of weighted findings whose documents cluster by author.

The number of independent findings is estimated, not assumed: the variance of authors' shares around their unit's
gives a dispersion (findings of one document go together) and a correlation within authors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Z95 = 1.959964
FUNNEL = 0.998
EXACT_UP_TO = 2000


@dataclass(frozen=True)
class Clustering:
    """How findings go together.

    Attributes:
        dispersion: variance of independent weights relative to the binomial, at least 1 per weight.
        correlation: correlation of findings of one author, 0 to 1.
    """

    dispersion: float
    correlation: float

    def effective_size(self, total: Array, squares: Array) -> Array:
        """Number of independent findings behind weights that sum to `total`, with sum of squares by author."""
        spread = (
            self.dispersion / np.maximum(total, 1e-9) + self.correlation * squares / np.maximum(total, 1e-9) ** 2
        )
        return np.where(total > 0, 1.0 / np.maximum(spread, 1e-12), 0.0)


def estimate_clustering(unit: npt.NDArray[np.int64], applicable: Array, failed: Array) -> Clustering:
    """Moments of authors' shares around their unit's share.

    For author g of unit u with weight e and h = e / E: E(p_g - p_u)^2 / (p q) is linear in dispersion and
    correlation with known coefficients, so that both follow by least squares over all authors.

    Args:
        unit: unit of each author, as a position; shape (authors,).
        applicable: weights judged; shape (authors,), positive.
        failed: weights failed; shape (authors,).
    """
    units = int(unit.max()) + 1 if unit.size else 0
    total = np.bincount(unit, applicable, units)
    share = np.bincount(unit, failed, units) / np.maximum(total, 1e-9)
    h = applicable / total[unit]
    pq = (share * (1 - share))[unit]
    usable = (pq > 1e-6) & (h < 1)
    if usable.sum() < 10:
        return Clustering(1.0, 0.1)
    squared = np.bincount(unit, h**2, units)[unit]
    per_weight = np.bincount(unit, h**2 / applicable, units)[unit]
    first = (1 - 2 * h) / applicable + per_weight
    second = (1 - 2 * h) + squared
    y = (failed / applicable - share[unit]) ** 2 / np.where(usable, pq, 1)
    weight = np.where(usable, applicable, 0.0)
    return Clustering(*_fitted(first, second, y, weight))


def _fitted(first: Array, second: Array, y: Array, weight: Array) -> tuple[float, float]:
    """Weighted least squares for two coefficients, kept to dispersion >= 1 and 0 <= correlation <= 1."""
    design = np.stack([first, second], axis=1)
    gram = design.T @ (design * weight[:, None])
    right = design.T @ (y * weight)
    dispersion, correlation = np.linalg.lstsq(gram, right, rcond=None)[0]
    if correlation < 0:
        dispersion, correlation = float(right[0] / gram[0, 0]), 0.0
    if dispersion < 1:
        dispersion, correlation = 1.0, float((right[1] - gram[1, 0]) / gram[1, 1])
    return float(max(dispersion, 1.0)), float(np.clip(correlation, 0.0, 1.0))


def wilson(share: Array, size: Array, z: float = Z95) -> tuple[Array, Array]:
    """Wilson interval of shares with (effective) sizes; (0, 1) where the size is 0."""
    n = np.maximum(size, 1e-9)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    known = size > 0
    return np.where(known, np.clip(centre - half, 0, 1), 0.0), np.where(known, np.clip(centre + half, 0, 1), 1.0)


def between_variance(share: Array, size: Array) -> tuple[float, float]:
    """Mean and variance of the true shares of units, by moments (DerSimonian-Laird); variance at least 0.

    Args:
        share: observed shares; shape (units,).
        size: effective sizes, positive; shape (units,).
    """
    if share.size == 0:
        return 0.5, 0.0
    mean = float(np.average(share, weights=size))
    within = max(mean * (1 - mean), 1e-9) / size
    weight = 1 / within
    spread = float((weight * (share - np.average(share, weights=weight)) ** 2).sum())
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return mean, float(max(0.0, (spread - (share.size - 1)) / scale)) if scale > 0 else 0.0


def beta_of(mean: float, variance: float) -> tuple[float, float]:
    """Parameters of the beta distribution with that mean and variance (variance kept inside its bound)."""
    mean = float(np.clip(mean, 1e-6, 1 - 1e-6))
    variance = float(np.clip(variance, mean * (1 - mean) * 1e-6, mean * (1 - mean) * 0.99))
    total = mean * (1 - mean) / variance - 1
    return mean * total, (1 - mean) * total


def shrunk_share(share: Array, size: Array, mean: float, variance: float) -> Array:
    """Posterior mean of each share given its siblings: beta-binomial with effective sizes."""
    alpha, beta = beta_of(mean, variance)
    return np.asarray((alpha + share * size) / (alpha + beta + size))


def funnel(expected: Array, size: Array, variance: float, level: float = FUNNEL) -> tuple[Array, Array]:
    """Beta-binomial limits of the share of a unit of that size when only ordinary variation is at work.

    Args:
        expected: share expected of each unit from its mix of documents; shape (units,).
        size: effective sizes; shape (units,).
        variance: variance of true shares between ordinary units.
        level: coverage of the limits.
    """
    low, high = np.zeros_like(expected), np.ones_like(expected)
    tail = (1 - level) / 2
    for i, (mean, count) in enumerate(zip(expected, np.maximum(np.round(size), 1).astype(int), strict=True)):
        low[i], high[i] = _limits(float(mean), int(count), variance, tail)
    return low, high


def _limits(mean: float, count: int, variance: float, tail: float) -> tuple[float, float]:
    """Quantiles of a beta-binomial share: exact for small counts, a beta of the same variance for large ones."""
    from scipy.special import betaincinv, betaln, gammaln

    alpha, beta = beta_of(mean, variance)
    if count > EXACT_UP_TO:
        total = mean * (1 - mean) / count + variance * (1 - 1 / count)
        a, b = beta_of(mean, total)
        return float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))
    k = np.arange(count + 1)
    ways = gammaln(count + 1) - gammaln(k + 1) - gammaln(count - k + 1)
    cumulative = np.cumsum(np.exp(ways + betaln(k + alpha, count - k + beta) - betaln(alpha, beta)))
    at = np.searchsorted(cumulative, (tail, (1 - tail) * min(1.0, float(cumulative[-1]))))
    return float(at[0]) / count, float(min(at[1], count)) / count
