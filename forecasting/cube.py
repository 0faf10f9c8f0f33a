"""Joint draws of need: one population path, one rate path and shared shocks per draw, then counts that add up.

Each service is drawn year by year, so the working set is one year of cells; sums over sexes, ages and areas are
taken of the draws, and quantiles of the sums. Seeds hang on names (service, area), not on order or threads: the
same seed gives the same draws whatever the number of threads and whichever services are asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.population_errors import PopulationDraws
from forecasting.rates import FittedRates
from forecasting.scores import QUANTILE_LEVELS
from forecasting.trends import TrendSet

FloatArray = NDArray[np.float64]
Draws = NDArray[np.float32]
Counts = NDArray[np.float32] | NDArray[np.float64]

NORMAL_FROM = 12.0
"""Lowest mean (over draws) drawn from the skewed normal; smaller means are drawn as gamma-Poisson."""

EXACT_BELOW = 2.0**24
"""Sums from here on are taken in double precision, so that whole numbers stay whole."""


def name_seed(seed: int, *names: str) -> np.random.SeedSequence:
    """A seed that depends on names only, not on the order of drawing."""
    return np.random.SeedSequence([seed, *(zlib.crc32(name.encode()) for name in names)])


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


@dataclass(frozen=True)
class ServicePlan:
    """What is needed to draw one service.

    Attributes:
        rates: fitted rates.
        groups_of_bands: which population bands make each group's exposure, shape (groups, 2 * bands).
        units_of_areas: which population areas make each unit, shape (units, population areas).
        nodes: areas of the output.
        node_units: shape (nodes, units).
        years: years drawn, rising, all after the origin.
        year_index: index of each year in the population draws.
        multiplier: rate multipliers (assumptions), shape (years, units, groups).
    """

    rates: FittedRates
    groups_of_bands: FloatArray
    units_of_areas: FloatArray
    nodes: tuple[str, ...]
    node_units: FloatArray
    years: tuple[int, ...]
    year_index: tuple[int, ...]
    multiplier: FloatArray


@dataclass(frozen=True)
class YearDraws:
    """Draws of one service in one year, all float32.

    Attributes:
        year: the year.
        counts: shape (units, groups, draws).
        exposure: persons, same shape.
        rate: expected counts per person, same shape.
        expected: exposure * rate.
        residents: persons of all ages, shape (units, draws).
    """

    year: int
    counts: Draws
    exposure: Draws
    rate: Draws
    expected: Draws
    residents: Draws


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
        One item per year of the plan.
    """
    rates, draws = plan.rates, population.factors.shape[-1]
    service = rates.history.service
    rng = np.random.Generator(np.random.SFC64(name_seed(seed, "service", service)))
    cell = cell_factors(rates, draws, rng)
    walks = [
        _Walk(trend, draws, np.random.Generator(np.random.SFC64(name_seed(seed, "walk", service, name))), own)
        for name, trend, own in (
            ("total", rates.total, 1.0),
            ("areas", rates.areas, 1.0 - area_share),
            ("groups", rates.groups, 1.0),
        )
    ]
    for step, year in enumerate(plan.years):
        horizon = year - rates.origin
        total, areas, groups = (walk.at(horizon) for walk in walks)
        log_area = total + areas + _area_shocks(plan, seed, year, draws, rates.areas.widths.white * area_share)
        mean = (rates.rate(horizon) * plan.multiplier[step]).astype(np.float32)
        rate = mean[..., None] * cell
        rate *= np.exp(log_area)[:, None, :]
        if len(groups) > 1:
            rate *= np.exp(groups)[None]
        persons = population.year(plan.year_index[step])
        exposure = _exposure(plan, persons)
        expected = rate * exposure
        flat = expected.reshape(-1, draws)
        counts = count_draws(flat, rates.dispersion, rng).reshape(expected.shape)
        residents = _collected(persons.sum(axis=1), plan.units_of_areas, axis=0)
        yield YearDraws(year, counts, exposure, rate, expected, residents)


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


def cell_factors(rates: FittedRates, draws: int, rng: np.random.Generator) -> Draws:
    """Gamma uncertainty of every cell's level: mean one, equal in all years, shape (units, groups, draws)."""
    shape = np.minimum(rates.shape, 1e6).astype(np.float32)
    factor = rng.standard_gamma(shape[..., None], (*shape.shape, draws), dtype=np.float32)
    factor /= shape[..., None]
    return factor


class _Walk:
    """Random log path of the series of one component: noise on a random walk on a random slope; mean one."""

    def __init__(self, trend: TrendSet, draws: int, rng: np.random.Generator, own: float) -> None:
        self.drift, self.white, self.slope = trend.widths.drift, trend.widths.white * own, trend.widths.slope
        self.rng, self.horizon = rng, 0
        self.walk = np.zeros((len(trend.level), draws), dtype=np.float32)
        self.tilt = np.float32(np.sqrt(self.slope)) * rng.standard_normal(self.walk.shape, dtype=np.float32)

    def at(self, horizon: int) -> Draws:
        """The path `horizon` years ahead; horizons are asked in rising order."""
        for _ in range(horizon - self.horizon):
            self.walk += np.float32(np.sqrt(self.drift)) * self.rng.standard_normal(
                self.walk.shape, dtype=np.float32
            )
        self.horizon = horizon
        white = self.rng.standard_normal(self.walk.shape, dtype=np.float32)
        half = 0.5 * (self.white + self.drift * horizon + self.slope * horizon**2)
        path = self.walk + self.tilt * np.float32(horizon)
        path += np.float32(np.sqrt(self.white)) * white - np.float32(half)
        return np.asarray(path)


def _area_shocks(plan: ServicePlan, seed: int, year: int, draws: int, variance: float) -> Draws:
    """Log shocks of (area, year), the same numbers for every service, shape (units, draws)."""
    rows = [
        np.random.Generator(np.random.SFC64(name_seed(seed, "area", unit, str(year)))).standard_normal(
            draws, dtype=np.float32
        )
        for unit in plan.rates.history.units
    ]
    return np.float32(np.sqrt(variance)) * np.stack(rows) - np.float32(0.5 * variance)


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
