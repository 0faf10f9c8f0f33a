"""Joint draws over areas and months from quantiles: whole numbers that add up. Quantiles of sums come last."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from forecasting.monthly.lasting import USUAL, Lasting, fitted
from forecasting.monthly.periods import IntArray
from forecasting.scores import QUANTILE_LEVELS, FloatArray

LEVELS = np.asarray(QUANTILE_LEVELS)
SHARED_PRIOR = 0.2
"""Correlation of errors between areas that few errors are shrunk to."""
PRIOR_ORIGINS = 3.0


def normal_scores(quantiles: FloatArray, observed: FloatArray) -> FloatArray:
    """Where the observed value fell in the forecast distribution, as a standard normal score.

    Args:
        quantiles: shape (levels, h, N), increasing.
        observed: shape (h, N); NaN gives NaN.
    """
    z = ndtri(LEVELS)
    q = quantiles + np.arange(LEVELS.size)[:, None, None] * 1e-9 * (1.0 + np.abs(quantiles))
    above = (observed >= q).sum(axis=0)
    low = np.clip(above - 1, 0, LEVELS.size - 2)
    q0, q1 = (np.take_along_axis(q, (low + step)[None], axis=0)[0] for step in (0, 1))
    share = (observed - q0) / np.maximum(q1 - q0, 1e-9)
    score = z[low] + share * (z[low + 1] - z[low])
    return np.where(np.isfinite(observed), np.clip(score, -3.5, 3.5), np.nan)


def correlations(scores: list[FloatArray], service: IntArray) -> tuple[FloatArray, Lasting]:
    """Correlation of errors between the areas of each service, and from month to month.

    Args:
        scores: normal scores of each earlier origin, shape (h, N).
        service: number of each series' service, shape (N,).

    Returns:
        Shared part per service (0..0.95), and how errors of all last, both shrunk to priors.
    """
    count = int(service.max()) + 1
    shared = np.full(count, SHARED_PRIOR)
    for number in range(count):
        pairs, size = 0.0, 0.0
        for score in scores:
            part = np.nan_to_num(score[:, service == number])
            width = part.shape[1]
            if width < 2:
                continue
            total = part.sum(axis=1)
            pairs += float(((total**2 - (part**2).sum(axis=1)) / (width * (width - 1))).mean())
            size += max(float((part**2).mean()), 1e-6)
        estimate = pairs / size if size else SHARED_PRIOR
        weight = len(scores) / (len(scores) + PRIOR_ORIGINS)
        shared[number] = np.clip(weight * estimate + (1.0 - weight) * SHARED_PRIOR, 0.0, 0.95)
    return shared, _lasting(scores)


def _lasting(scores: list[FloatArray]) -> Lasting:
    """How errors last, from their correlations at every lag; few origins lean on what is usual.

    The correlation of neighbours alone would let errors that stay fade away, and totals of a year be too sure.
    """
    most = max((score.shape[0] for score in scores), default=1)
    product, square, pairs = np.zeros(most), np.full(most, 1e-12), np.zeros(most)
    for score in scores:
        part = np.nan_to_num(score)
        for lag in range(1, len(part)):
            before, after = part[:-lag], part[lag:]
            product[lag] += float((before * after).sum())
            square[lag] += 0.5 * float((before**2).sum() + (after**2).sum())
            pairs[lag] += len(before)
    if most < 2:
        return USUAL
    weight = len(scores) / (len(scores) + PRIOR_ORIGINS)
    usual = USUAL.share * USUAL.kept ** np.arange(1, most)
    return fitted(weight * product[1:] / square[1:] + (1.0 - weight) * usual, pairs[1:])


def joint_draws(
    quantiles: FloatArray,
    service: IntArray,
    shared: FloatArray,
    memory: Lasting,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Draws with the given margins: a Gaussian copula with a shock shared by a service's areas.

    Args:
        quantiles: shape (levels, h, N).
        service: number of each series' service, shape (N,).
        shared: correlation between areas per service.
        memory: how scores last from month to month.
        draws: how many.
        rng: source of randomness.

    Returns:
        Whole, non-negative numbers, shape (draws, h, N).
    """
    _, h, size = quantiles.shape
    own = memory.noise((draws, h, size), rng)
    common = memory.noise((draws, h, shared.size), rng)[:, :, service]
    part = shared[service]
    z = np.sqrt(part) * common + np.sqrt(1.0 - part) * own
    return np.maximum(np.round(from_quantiles(quantiles, z)), 0.0)


def from_quantiles(quantiles: FloatArray, z: FloatArray) -> FloatArray:
    """Values at standard normal scores z (draws, h, N) of the distributions with these quantiles (levels, h, N).

    Linear between quantiles in the normal score; tails go on with the slope of the outermost pair.
    """
    score = ndtri(LEVELS)
    place = np.clip(np.searchsorted(score, z) - 1, 0, LEVELS.size - 2)
    q0 = np.take_along_axis(quantiles[:, None], place[None], axis=0)[0]
    q1 = np.take_along_axis(quantiles[:, None], place[None] + 1, axis=0)[0]
    share = (z - score[place]) / (score[place + 1] - score[place])
    return np.asarray(q0 + share * (q1 - q0))


def rake_years(
    draws: FloatArray,
    mean: FloatArray,
    year: IntArray,
    observed: FloatArray,
    totals: FloatArray,
    years: IntArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Scale the forecast months of each year so that, with the months observed, they give the year's total.

    Args:
        draws: shape (draws, h, N).
        mean: shape (h, N).
        year: calendar year of each step, shape (h,).
        observed: sum of the year's observed months, shape (years, N).
        totals: expected total of each year, shape (years, N); NaN leaves the year alone.
        years: the years, whole within history and horizon.
        rng: for whole numbers of scaled draws (each rounded up with the probability of its fraction).

    Returns:
        Draws (whole numbers) and means.
    """
    factor = np.ones_like(mean)
    for k, one in enumerate(years):
        rows = year == one
        left = np.maximum(totals[k] - observed[k], 0.0)
        sum_of_means = mean[rows].sum(axis=0)
        ratio = np.where(np.isfinite(left) & (sum_of_means > 0.0), left / np.maximum(sum_of_means, 1e-9), 1.0)
        factor[rows] = ratio
    if (factor == 1.0).all():
        return draws, mean
    scaled = draws * factor
    return np.floor(scaled + rng.random(scaled.shape)), mean * factor
