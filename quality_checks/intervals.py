"""Intervals, shrinkage and funnel limits of shares with a known (effective) number of independent findings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Z95 = 1.959964
FUNNEL = 0.998
EXACT_UP_TO = 2000
FEWEST_PLACES = 5
# Squared deviations are held to 4 (two standard deviations); a normal one's expectation is then this.
HELD, OF_HELD = 4.0, 0.9205


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
    mean = float((share * size).sum() / size.sum())
    within = max(mean * (1 - mean), 1e-9) / size
    weight = 1 / within
    every = weight.sum()
    spread = float((weight * (share - (share * weight).sum() / every) ** 2).sum())
    scale = every - (weight**2).sum() / every
    return mean, float(max(0.0, (spread - (share.size - 1)) / scale)) if scale > 0 else 0.0


def beta_of(mean: float, variance: float) -> tuple[float, float]:
    """Parameters of the beta distribution with that mean and variance (variance kept inside its bound)."""
    mean = min(max(mean, 1e-6), 1 - 1e-6)
    variance = min(max(variance, mean * (1 - mean) * 1e-6), mean * (1 - mean) * 0.99)
    total = mean * (1 - mean) / variance - 1
    return mean * total, (1 - mean) * total


def shrunk_share(share: Array, size: Array, mean: float, variance: float) -> Array:
    """Posterior mean of each share given its siblings: beta-binomial with effective sizes."""
    alpha, beta = beta_of(mean, variance)
    return np.asarray((alpha + share * size) / (alpha + beta + size))


def ordinary_variation(residual: Array, expected: Array, size: Array) -> tuple[float, float]:
    """Where the typical place stands against what is expected, and how true shares of ordinary places vary.

    Residuals are standardised by chance; their weighted median is the typical place, and their spread around it is
    the mean square with each held to two standard deviations (Huber's proposal 2), so that bad places neither move
    the middle nor widen the limits that should find them. Few places know their spread badly: it is widened to
    that of a Student t with as many degrees of freedom at the funnel's level. What chance explains is taken off.

    Args:
        residual: share less expected share; NaN where not shown.
        expected: expected share; shape (places,).
        size: effective sizes; shape (places,).

    Returns:
        Shift of the middle, and variance; zeros for fewer than five places.
    """
    from scipy.special import ndtri, stdtrit  # scipy.stats has the same, and takes a second to import

    known = np.isfinite(residual) & (size > 0)
    count = int(known.sum())
    if count < FEWEST_PLACES:
        return 0.0, 0.0
    residual, expected, size = residual[known], expected[known], size[known]
    chance = np.maximum(expected * (1 - expected), 1e-9) / size
    order = np.argsort(residual)
    weight = np.cumsum(1 / np.sqrt(chance[order]))
    shift = float(residual[order][np.searchsorted(weight, weight[-1] / 2)])
    squares = (residual - shift) ** 2 / chance
    spread = 1.0
    for _ in range(50):
        spread = float(np.mean(np.minimum(squares, HELD * spread))) / OF_HELD
    tail = (1 - FUNNEL) / 2
    widened = spread * float(stdtrit(count - 1, tail) / ndtri(tail)) ** 2
    return shift, max(0.0, widened - 1.0) * float(np.median(chance))


def moved_centre(expected: Array, shift: float, size: Array) -> Array:
    """Expected shares moved to the typical place, as far as findings can tell where that stands.

    Where defects are rare the typical place has none, which says only that its rate is below that at which half of
    such places would have none. No share is moved nearer to all than that, nor set nearer to all or none than half
    a finding among all.

    Args:
        expected: share expected of each place.
        shift: as `ordinary_variation` gives.
        size: effective sizes of the places that are known.
    """
    least = 0.5 / max(1.0, float(size.sum()))
    telling = np.log(2) / max(1.0, float(np.median(size))) if size.size else 1.0
    most = 1 - np.maximum(least, np.minimum(1 - expected, telling))
    return np.asarray(np.minimum(np.maximum(expected + shift, least), most))


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
        # All (or none) in order is a share that a curve without steps does not reach.
        all_sound, none = (betaln(count + x, y) - betaln(x, y) for x, y in ((alpha, beta), (beta, alpha)))
        low = 0.0 if none > np.log(tail) else float(betaincinv(a, b, tail))
        return low, 1.0 if all_sound > np.log(tail) else float(betaincinv(a, b, 1 - tail))
    k = np.arange(count + 1)
    ways = gammaln(count + 1) - gammaln(k + 1) - gammaln(count - k + 1)
    cumulative = np.cumsum(np.exp(ways + betaln(k + alpha, count - k + beta) - betaln(alpha, beta)))
    at = np.searchsorted(cumulative, (tail, (1 - tail) * min(1.0, float(cumulative[-1]))))
    return float(at[0]) / count, float(min(at[1], count)) / count
