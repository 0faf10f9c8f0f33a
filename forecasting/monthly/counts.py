"""Small counts: negative-binomial forecasts with integer quantiles, dispersion borrowed from the panel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from forecasting.monthly.intervals import ERRORS_PER_PATH, REFERENCE_WEIGHT, Replay, weighted_quantiles
from forecasting.scores import FloatArray

SMALL = 10.0
"""Series of counts with a smaller mean get a count distribution."""
BORROWED = 1.5
"""How many average series' worth of evidence the panel's dispersion stands for."""


def dispersion(replays: list[Replay], size: int, small: NDArray[np.bool_]) -> FloatArray:
    """NB2 dispersion alpha (variance = mu + alpha mu^2) of each series from its errors at earlier origins.

    Moments, shrunk to the panel's: alpha = (S1 + k A1) / (S2 + k A2) with S1 = sum (y - mu)^2 - mu, S2 = sum mu^2.

    Args:
        replays: forecasts from earlier origins with what came.
        size: number of series.
        small: which are small counts, shape (size,).
    """
    excess, square = np.zeros(size), np.zeros(size)
    for one in replays:
        mean = np.maximum(one.outlook.mean, 1e-3)
        known = np.isfinite(one.observed)
        np.add.at(excess, one.columns, np.where(known, (one.observed - mean) ** 2 - mean, 0.0).sum(axis=0))
        np.add.at(square, one.columns, np.where(known, mean**2, 0.0).sum(axis=0))
    use = small & (square > 0.0)
    if not use.any():
        return np.full(size, 0.3)
    ratio = np.maximum(excess[use].sum() / square[use].sum(), 0.0)
    weight = BORROWED * square[use].mean()
    return np.asarray(np.clip((excess + weight * ratio) / (square + weight), 0.0, 50.0))


def bias(replays: list[Replay], small: NDArray[np.bool_]) -> float:
    """What small counts came to over what was expected at earlier origins, pooled, shrunk to 1 by 100 events."""
    came, expected = 100.0, 100.0
    for one in replays:
        keep = small[one.columns]
        known = np.isfinite(one.observed[:, keep])
        came += float(one.observed[:, keep][known].sum())
        expected += float(np.maximum(one.outlook.mean[:, keep], 0.0)[known].sum())
    return float(np.clip(came / max(expected, 1e-9), 0.7, 1.4))


def negative_binomial_quantiles(mean: FloatArray, alpha: FloatArray, levels: FloatArray) -> FloatArray:
    """Smallest whole number with a probability of at least `levels` of not being exceeded.

    Args:
        mean: any shape S, >= 0.
        alpha: dispersion, shape S (0: Poisson).
        levels: probabilities in (0, 1), shape (L, *S) or (L, 1, ...).

    Returns:
        Whole numbers as floats, shape (L, *S).
    """
    mu = np.maximum(mean, 1e-9)
    dispersed = np.maximum(alpha, 1e-6)
    spread = np.sqrt(mu + dispersed * mu**2)
    shape = (levels.shape[0], *mean.shape)
    target = np.broadcast_to(levels, shape) - 1e-12
    rate = 1.0 / dispersed
    success = rate / (rate + mu)

    def reached(number: FloatArray) -> NDArray[np.bool_]:
        """Whether the probability of at most so many (none below zero) is at least the level."""
        upto = special.betainc(rate, np.maximum(number, 0.0) + 1.0, success)
        return np.asarray((number >= 0.0) & (upto >= target))

    # a normal with the distribution's skewness is nearly right: search around it, farther only where it is not
    z = special.ndtri(target)
    guess = np.floor(mu + spread * (z + (1.0 + 2.0 * dispersed * mu) / spread * (z**2 - 1.0) / 6.0))
    width = np.ceil(2.0 + 0.05 * spread)
    low, high = np.maximum(guess - width, -1.0), np.maximum(guess + width, 0.0)
    low = np.where(reached(low), -1.0, low)
    high = np.where(reached(high), high, np.ceil(mu + 12.0 * spread + 30.0))
    while (high - low > 1.0).any():
        middle = np.floor((low + high) / 2.0)
        enough, step = reached(middle), high - low > 1.0
        low = np.where(step & ~enough, middle, low)
        high = np.where(step & enough, middle, high)
    return np.asarray(high, dtype=np.float64)


def negative_binomial_below(y: FloatArray, mean: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(Y < y) and P(Y <= y) of the negative binomial, for whole y >= 0."""
    mu, dispersed = np.maximum(mean, 1e-9), np.maximum(alpha, 1e-6)
    rate = 1.0 / dispersed
    success = rate / (rate + mu)
    upto = special.betainc(rate, y + 1.0, success)
    under = np.where(y > 0.0, special.betainc(rate, np.maximum(y, 1.0), success), 0.0)
    return under, upto


def whole_numbers(quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Whole-number quantiles of larger counts: rounded towards the median, so that coverage does not change.

    A count is at least `q` exactly when it is at least the next whole number, so the central intervals hold the
    same counts as before.

    Args:
        quantiles: shape (levels, ...), non-negative and increasing.
        levels: their probabilities.
    """
    middle = np.round(quantiles[levels.index(0.5)])
    rounded = [
        np.minimum(np.ceil(values), middle)
        if level < 0.5
        else np.maximum(np.floor(values), middle)
        if level > 0.5
        else middle
        for level, values in zip(levels, quantiles, strict=True)
    ]
    return np.asarray(np.maximum(np.stack(rounded), 0.0), dtype=np.float64)


def calibrated_levels(
    replays: list[Replay],
    alpha: FloatArray,
    small: NDArray[np.bool_],
    levels: tuple[float, ...],
    rng: np.random.Generator,
) -> FloatArray:
    """Probabilities at which the count distribution is read, so that what came before was covered as promised.

    The randomised probability integral transform of earlier origins (Czado, Gneiting and Held 2009) is uniform for
    a calibrated forecast; its quantiles are the corrected levels. Few errors lean on the uniform distribution.

    Returns:
        Corrected probabilities, shape (levels,).
    """
    pool = [np.zeros(0)]
    for one in replays:
        keep = small[one.columns]
        spread = np.broadcast_to(alpha[one.columns][keep], one.observed[:, keep].shape)
        under, upto = negative_binomial_below(one.observed[:, keep], one.outlook.mean[:, keep], spread)
        pool.append((under + rng.random(under.shape) * (upto - under)).ravel())
    values = np.concatenate(pool)
    values = values[np.isfinite(values)]
    reference = (np.arange(200) + 0.5) / 200
    weight = np.concatenate(
        [
            np.full(values.size, 1.0 / ERRORS_PER_PATH),
            np.full(reference.size, REFERENCE_WEIGHT / reference.size),
        ]
    )
    corrected = weighted_quantiles(np.concatenate([values, reference]), weight, levels)
    return np.asarray(np.clip(corrected, 1e-4, 1.0 - 1e-4), dtype=np.float64)
