"""Joint draws of need: one population path, one rate path and shared shocks per draw, then counts that add up.

Each service is drawn year by year, so the working set is one year of cells; sums over sexes, ages and areas are
taken of the draws, and quantiles of the sums. Seeds hang on names (service, area), not on order or threads: the
same seed gives the same draws whatever the number of threads and whichever services are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from forecasting.lever_factors import lever_factors
from forecasting.population_draws import PopulationDraws
from forecasting.rate_paths import RatePaths
from forecasting.scores import QUANTILE_LEVELS
from forecasting.seeds import generator
from forecasting.service_plan import Draws, ServicePlan, YearDraws, YearMeans

FloatArray = NDArray[np.float64]
Counts = NDArray[np.float32] | NDArray[np.float64]

NORMAL_FROM = 12.0
"""Lowest mean (over draws) drawn from the skewed normal; smaller means are drawn as gamma-Poisson."""

EXACT_BELOW = 2.0**24
"""Sums from here on are taken in double precision, so that whole numbers stay whole."""


def count_draws(mean: Draws, dispersion: float, rng: np.random.Generator) -> Draws:
    """NB2 counts with variance mean + dispersion * mean**2, one for each element.

    Means of `NORMAL_FROM` and more over all draws are drawn as rounded normals with the second-order
    Cornish-Fisher term, which matches the NB2 mean, variance and skewness; others as Poisson of gamma.

    Args:
        mean: shape (rows, draws).
        dispersion: NB2 alpha, 0 for Poisson.
        rng: source of randomness.

    Returns:
        Whole numbers, never negative, shape (rows, draws).
    """
    alpha = np.float32(dispersion)
    z = rng.standard_normal(mean.shape, dtype=np.float32)
    counts = alpha * mean
    counts += np.float32(1.0)
    counts *= mean
    np.sqrt(counts, out=counts)
    counts *= z
    counts += mean
    z *= z
    z -= np.float32(1.0)
    skew = mean * np.float32(dispersion / 3.0)
    skew += np.float32(1.0 / 6.0)
    z *= skew
    counts += z
    np.rint(counts, out=counts)
    np.maximum(counts, np.float32(0.0), out=counts)
    small = np.flatnonzero(mean.mean(axis=1) < NORMAL_FROM)
    if small.size:
        rate = mean[small]
        if dispersion > 1e-9:
            rate = rate * (rng.standard_gamma(1.0 / dispersion, rate.shape, dtype=np.float32) * alpha)
        counts[small] = rng.poisson(rate)
    return counts


def draw_years(
    plan: ServicePlan, population: PopulationDraws, seed: int, area_share: float
) -> Iterator[YearDraws]:
    """Draw a service year by year.

    Args:
        plan: the service.
        population: persons of every year.
        seed: seed of the whole forecast.
        area_share: share of an area's yearly shock variance that all services of the area have in common.

    Yields:
        One item per year of the plan. Counts of a year have their own seed, so leaving years out changes nothing.
    """
    for means in draw_means(plan, population, seed, area_share):
        yield counted(means, plan, seed)
        del means


def counted(means: YearMeans, plan: ServicePlan, seed: int) -> YearDraws:
    """Counts around what is expected; the same seed gives the same noise whatever is expected."""
    rng = generator(seed, "counts", plan.rates.history.service, str(means.year))
    counts = np.empty_like(means.expected)
    for unit, expected in enumerate(means.expected):  # a unit at a time stays in the processor's cache
        counts[unit] = count_draws(expected, plan.rates.dispersion, rng)
    if plan.running is not None and means.year == plan.running.year:
        for unit in np.flatnonzero(plan.running.known).tolist():
            counts[unit] = _meeting(counts[unit], means.expected[unit])
    return YearDraws(**{**vars(means), "counts": counts})


def _meeting(counts: Draws, expected: Draws) -> Draws:
    """Counts of cells scaled to whole numbers that sum to what is expected of them all, shape (groups, draws)."""
    drawn = np.where(counts.sum(axis=0) > 0.0, counts, expected).astype(np.float64)
    up_to = np.cumsum(drawn, axis=0)
    scale = np.rint(expected.sum(axis=0, dtype=np.float64)) / np.maximum(up_to[-1], 1e-12)
    return np.asarray(np.diff(np.rint(up_to * scale), axis=0, prepend=0.0), dtype=np.float32)


def draw_means(
    plan: ServicePlan, population: PopulationDraws, seed: int, area_share: float
) -> Iterator[YearMeans]:
    """What is expected of a service in every draw, year by year; see `draw_years`."""
    paths = RatePaths(plan, population.draws, seed, area_share)
    years = paths.years(plan.years)
    arriving = [draw_means(source.over(years), population, seed, area_share) for source in plan.sources]

    def exposed(year: int) -> tuple[Draws, Draws]:
        persons = population.year(plan.year_index[0] + year - plan.years[0])
        return persons, _exposure(plan, persons)

    for year in years:
        persons, exposure = exposed(year)
        rate, expected = paths.rate(year, exposure)
        if plan.counted is not None and paths.runs(year):
            as_counted = _under_levers(plan.counted, year, expected, population, seed, area_share)
            paths.meet(year, rate, as_counted)
            expected = rate * exposure
        factors = lever_factors(plan, year, expected, [next(source) for source in arriving])
        for factor in factors.values():
            expected *= factor
        if plan.counted is None:
            paths.meet(year, rate, expected)
        if year not in plan.years:
            del persons, exposure, rate, factors, expected
            continue
        bands = persons.shape[1] // 2
        by_sex = persons.reshape(persons.shape[0], 2, bands, -1).sum(axis=2)
        residents = _collected(by_sex, plan.units_of_areas, axis=0)
        del persons, by_sex
        drawn = YearMeans(year, exposure, rate, factors, expected, residents)
        del exposure, rate, factors, expected, residents
        yield drawn
        del drawn


def _under_levers(
    plan: ServicePlan, year: int, plain: Draws, population: PopulationDraws, seed: int, area_share: float
) -> Draws:
    """What is expected of one year under the levers of a plan, from what is expected without any."""
    sources = [next(draw_means(source.over((year,)), population, seed, area_share)) for source in plan.sources]
    expected = plain.copy()
    for factor in lever_factors(plan, year, plain, sources).values():
        expected *= factor
    return expected


def _exposure(plan: ServicePlan, persons: Draws) -> Draws:
    by_group = _collected(persons, plan.groups_of_bands, axis=1)
    return _collected(by_group, plan.units_of_areas, axis=0)


def _collected(values: Draws, membership: FloatArray, axis: int) -> Draws:
    """Sums over the members of each row of `membership` along an axis; a plain selection where each has one.

    Plain sums rather than a matrix product: faster here, and equal bits whatever the linear algebra library.
    """
    members = [np.flatnonzero(row) for row in membership]
    if all(m.size == 1 for m in members):
        first = np.array([m[0] for m in members])
        if first.size == values.shape[axis] and (first == np.arange(first.size)).all():
            return values
        return np.asarray(np.take(values, first, axis=axis))
    parts = [np.take(values, m, axis=axis).sum(axis=axis) for m in members]
    return np.asarray(np.stack(parts, axis=axis))


def margins(cells: Counts, sexes: int) -> Counts:
    """Append the sex margin and the age margin, shape (rows, sexes + 1 or 1, ages + 1 or 1, draws).

    Args:
        cells: shape (rows, sexes * ages, draws), sex-major.
        sexes: number of sexes (1 when only `all` is known).
    """
    rows, groups, draws = cells.shape
    if cells.sum(axis=(0, 1)).max(initial=0.0) >= EXACT_BELOW:
        cells = cells.astype(np.float64)
    cube = cells.reshape(rows, sexes, groups // sexes, draws)
    if sexes > 1:
        cube = np.concatenate([cube, cube.sum(axis=1, keepdims=True)], axis=1)
    if cube.shape[2] > 1:
        cube = np.concatenate([cube, cube.sum(axis=2, keepdims=True)], axis=2)
    return cube


def quantile_table(draws: Counts) -> FloatArray:
    """Mean and quantiles over the last axis by linear interpolation, shape (..., 1 + levels). Sorts in place."""
    mean = draws.mean(axis=-1, dtype=np.float64)
    draws.sort(axis=-1)
    place = np.array(QUANTILE_LEVELS) * (draws.shape[-1] - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, draws.shape[-1] - 1)
    part = (place - low).astype(np.float64)
    values = draws[..., low] * (1.0 - part) + draws[..., high] * part
    return np.concatenate([mean[..., None], values], axis=-1)
