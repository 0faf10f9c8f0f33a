"""How wrong projections of persons have been, and random persons that are wrong in the same way.

The error model is the scaled model of Alho and Spencer (1997) in short form: the log error of a cell grows with
the horizon like a random walk, its scale depends on age and on the size of the cell, and it is correlated over
ages, sexes and areas. Scales come from running the cohort method from every base year of the history and comparing
it with what followed, or are the stated defaults when the history is too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import SEXES
from forecasting.population import RATIO_YEARS, AgeBands, Persons, project_by_cohorts

FloatArray = NDArray[np.float64]

FAR = 30.0
"""Distance in age from which errors are correlated only by what all ages share."""
RECENT = 0.96
"""Weight of the errors of a base year relative to those of the next one."""
SHORTEST_HISTORY = 10
"""Years of history from which error scales are learnt; shorter histories take the defaults."""


@dataclass(frozen=True)
class ErrorScale:
    """Scale of the log error of projected persons.

    The variance of a band's log error at horizon h is h**power * (by_age + by_size / persons of the band).

    Attributes:
        by_age: yearly variance by age band, shape (bands,).
        by_size: yearly variance times persons by age band, shape (bands,); old people die, young ones move.
        power: growth of the variance with the horizon by age band, shape (bands,); 1 is a random walk.
        age_correlation: correlation of errors one age decade apart.
        common_correlation: correlation that all ages share whatever their distance.
        sex_correlation: correlation between the sexes.
        area_correlation: correlation between areas.
        source: `history` or `default`.
        cases: base year x area x horizon cases that the scales were learnt from.
    """

    by_age: FloatArray
    by_size: FloatArray
    power: FloatArray
    age_correlation: float
    common_correlation: float
    sex_correlation: float
    area_correlation: float
    source: str
    cases: int

    def variance(self, persons: FloatArray) -> FloatArray:
        """Yearly variance of each band, shape (areas, 2, bands), from persons of the same shape."""
        return np.asarray(self.by_age[None, None, :] + self.by_size[None, None, :] / np.maximum(persons, 20.0))


_DEFAULT_AGES = np.array([0.0, 7.0, 18.0, 25.0, 35.0, 50.0, 70.0, 80.0, 90.0, 96.0])
_DEFAULT_SD = np.array([0.025, 0.010, 0.012, 0.016, 0.008, 0.004, 0.004, 0.007, 0.016, 0.030])


def default_scale(bands: AgeBands) -> ErrorScale:
    """Scales when there is too little history to learn from.

    The yearly standard deviations (2.5% for infants, 1.6% around 25, 0.4% at 50-70, 1.6% at 90) are rounded from
    running the cohort method on regions of Finland 1972-2025; the size term is that of independent moves and
    deaths of about 5% of persons a year.
    """
    by_age = np.interp(bands.middles, _DEFAULT_AGES, _DEFAULT_SD) ** 2
    count = len(bands.starts)
    turnover = np.interp(bands.middles, [0.0, 60.0, 70.0, 80.0, 90.0, 96.0], [0.05, 0.05, 0.05, 0.07, 0.18, 0.30])
    return ErrorScale(by_age, turnover, np.full(count, 1.7), 0.5, 0.2, 0.75, 0.4, "default", 0)


def learn_scale(history: Persons, bands: AgeBands, horizon: int) -> ErrorScale:
    """Fit the error scales to what the cohort method would have got wrong from every base year.

    Args:
        history: persons by year.
        bands: age bands.
        horizon: longest horizon of interest in years.

    Returns:
        The scales; the defaults when the history is shorter than `SHORTEST_HISTORY` years.
    """
    errors, sizes = cohort_errors(history, bands, horizon)
    if errors.shape[0] == 0:
        return default_scale(bands)
    h = np.arange(1, errors.shape[-1] + 1)
    age_of_base = np.arange(errors.shape[0])[::-1]
    weight = np.isfinite(errors) * (RECENT**age_of_base)[:, None, None, None, None]
    square = np.nan_to_num(errors**2) * weight
    power = _powers(square.sum(axis=(0, 1, 2)) / np.maximum(weight.sum(axis=(0, 1, 2)), 1e-12))
    turnover = band_turnover(history, bands)
    by_age, by_size = _age_and_size(square / h ** power[:, None], weight, turnover / np.maximum(sizes, 20.0))
    cases = int(np.isfinite(errors[..., 0]).sum())
    return ErrorScale(by_age, by_size * turnover, power, *_correlations(errors, bands), "history", cases)


def band_turnover(history: Persons, bands: AgeBands) -> FloatArray:
    """Share of a band's persons who leave in a year (deaths, net moves out), at least 3%, shape (bands,)."""
    p = history.persons.sum(axis=(0, 1))
    before, after = p[:-1, :-1].sum(axis=1), p[1:, 1:].sum(axis=1)
    before, after = np.append(before, p[-1, :-1].sum()), np.append(after, after[-1] * 0.0)
    loss = np.maximum(before - after, 0.0)
    loss[-2:] = loss[-3] / max(before[-3], 1e-9) * before[-2:]
    starts = list(bands.starts)
    share = np.add.reduceat(loss, starts) / np.maximum(np.add.reduceat(before, starts), 1e-9)
    return np.asarray(np.maximum(share, 0.03))


def cohort_errors(history: Persons, bands: AgeBands, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Log errors log(actual / projected) of the cohort method.

    Returns:
        Errors, shape (base years, areas, 2, bands, horizon), NaN where the future is not known yet, and sizes
        (projected persons at horizon 1), shape (base years, areas, 2, bands). No base years when the history is
        shorter than `SHORTEST_HISTORY`.
    """
    years = len(history.years)
    shape = (len(history.areas), len(SEXES), len(bands.starts))
    longest = max(1, min(horizon, years - RATIO_YEARS - 1))
    if years < SHORTEST_HISTORY:
        return np.empty((0, *shape, longest)), np.empty((0, *shape))
    actual = bands.sums(history.persons)
    bases = range(RATIO_YEARS, years - 1)
    errors = np.full((len(bases), *shape, longest), np.nan)
    sizes = np.empty((len(bases), *shape))
    for i, base in enumerate(bases):
        ahead = min(longest, years - 1 - base)
        path = bands.sums(project_by_cohorts(history.until(history.years[base]), ahead).persons)
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.log(actual[..., base + 1 : base + 1 + ahead] / path)
        errors[i, ..., :ahead] = np.where(np.isfinite(gap), gap, np.nan)
        sizes[i] = path[..., 0]
    return errors, sizes


def _powers(square: FloatArray) -> FloatArray:
    """Growth of mean squared errors (bands, horizons) on the log-log scale, a quarter of it each band's own."""
    h = np.log(np.arange(1, square.shape[1] + 1))
    if h.size < 3:
        return np.full(square.shape[0], 1.5)
    log_square = np.log(np.maximum(square, 1e-12))
    own = np.polyfit(h, log_square.T, 1)[0]
    return np.asarray(np.clip(0.25 * own + 0.75 * own.mean(), 0.8, 2.5))


def _age_and_size(square: FloatArray, weight: FloatArray, inverse: FloatArray) -> tuple[FloatArray, float]:
    """Variance by age and by size by non-negative moments.

    Args:
        square: weighted squared errors scaled to one year, shape (bases, areas, 2, bands, horizons).
        weight: their weights, same shape.
        inverse: turnover / persons, shape (bases, areas, 2, bands).

    Returns:
        Variance by age (bands,) and the factor of `inverse`.
    """
    total = weight.sum(axis=-1)
    mean = square.sum(axis=-1) / np.maximum(total, 1e-12)
    over = (0, 1, 2)
    by_age = (total * mean).sum(axis=over) / np.maximum(total.sum(axis=over), 1e-12)
    average = (total * inverse).sum(axis=over) / np.maximum(total.sum(axis=over), 1e-12)
    w = total / np.maximum(average, 1e-12) ** 2
    x = inverse - average
    slope = float((w * x * (mean - by_age)).sum() / max((w * x * x).sum(), 1e-12))
    slope = float(np.clip(slope, 0.0, np.min(0.95 * by_age / np.maximum(average, 1e-12))))
    return np.maximum(by_age - slope * average, 1e-7), slope


def _correlations(errors: FloatArray, bands: AgeBands) -> tuple[float, float, float, float]:
    """Correlations per decade of age, of all ages, of sexes and of areas, pooled over base years and horizons."""
    z = errors / np.sqrt(np.nanmean(errors**2, axis=(0, 1, 2), keepdims=True))
    sexes = _clip(float(np.nanmean(z[:, :, 0] * z[:, :, 1])))
    both = 0.5 * (z[:, :, 0] + z[:, :, 1])
    both = both / np.sqrt(np.nanmean(both**2))
    distance = np.abs(bands.middles[:, None] - bands.middles[None, :])
    pair = np.array(
        [[np.nanmean(both[:, :, i] * both[:, :, j]) for j in range(len(distance))] for i in range(len(distance))]
    )
    far, near = pair[distance >= FAR], np.diag(pair, 1)
    base = _clip(float(far.mean())) if far.size else 0.0
    gap = np.diff(bands.middles)
    fall = np.clip((near - base) / (1.0 - base), 0.02, 0.98) ** (10.0 / gap)
    ages = _clip(float(fall.mean())) if gap.size else 0.5
    n = both.shape[1]
    whole = np.isfinite(both).all(axis=1)
    total = both.sum(axis=1)
    areas = np.mean((total**2 - (both**2).sum(axis=1))[whole]) / (n * (n - 1)) if n > 1 and whole.any() else 0.5
    return ages, base, sexes, _clip(float(areas))


def _clip(value: float) -> float:
    return float(np.clip(value, 0.0, 0.98)) if np.isfinite(value) else 0.5


def error_loadings(scale: ErrorScale, bands: AgeBands, keep: float = 0.98) -> FloatArray:
    """Loadings of the bands of both sexes on few common factors, shape (2 * bands, factors).

    The correlation falls with the distance in age; its leading eigenvectors keep the given share of it and rows
    are scaled back to length one, so that no band loses variance.
    """
    fall = scale.age_correlation ** (np.abs(bands.middles[:, None] - bands.middles[None, :]) / 10.0)
    age = scale.common_correlation + (1.0 - scale.common_correlation) * fall
    sex = np.array([[1.0, scale.sex_correlation], [scale.sex_correlation, 1.0]])
    value, vector = np.linalg.eigh(np.kron(sex, age))
    value, vector = value[::-1], vector[:, ::-1]
    count = int(np.searchsorted(np.cumsum(value) / value.sum(), keep)) + 1
    loading = vector[:, :count] * np.sqrt(np.maximum(value[:count], 0.0))
    return np.asarray(loading / np.linalg.norm(loading, axis=1, keepdims=True))


@dataclass(frozen=True)
class PopulationDraws:
    """Random persons by year, made on request so that no cube of them is kept.

    Attributes:
        expected: projected persons by band, shape (areas, 2 * bands, years).
        sd: yearly standard deviation of the log error, shape (areas, 2 * bands).
        loadings: shape (2 * bands, factors).
        factors: random walks of the years not known, shape (years ahead, areas, factors, draws), float32.
        elapsed: variance of the walk in each year (h**mean power, 0 where known), shape (years,).
        horizon: years since the last known one, shape (years,).
        tilt: what the bands' powers add to the mean one, shape (2 * bands,).
    """

    expected: FloatArray
    sd: FloatArray
    loadings: FloatArray
    factors: NDArray[np.float32]
    elapsed: FloatArray
    horizon: NDArray[np.int_]
    tilt: FloatArray

    def year(self, index: int) -> NDArray[np.float32]:
        """Persons of one year, shape (areas, 2 * bands, draws); the mean over draws is the projection."""
        level = self.expected[..., index].astype(np.float32)[..., None]
        if self.elapsed[index] == 0.0:
            return np.asarray(np.broadcast_to(level, (*level.shape[:2], self.factors.shape[-1])))
        sd = self.sd * float(self.horizon[index]) ** (0.5 * self.tilt)
        weight = (sd[..., None] * self.loadings[None]).astype(np.float32)
        log_error = np.matmul(weight, self.factors[index - (len(self.elapsed) - len(self.factors))])
        log_error -= (0.5 * self.elapsed[index] * sd**2).astype(np.float32)[..., None]
        np.exp(log_error, out=log_error)
        log_error *= level
        return np.asarray(log_error)


def draw_population(
    expected: FloatArray,
    known: Sequence[bool],
    scale: ErrorScale,
    bands: AgeBands,
    draws: int,
    seed: np.random.SeedSequence,
) -> PopulationDraws:
    """Joint random paths of persons.

    Args:
        expected: persons by band, shape (areas, 2, bands, years).
        known: whether each year is observed (no error), shape (years,).
        scale: error scales.
        bands: age bands.
        draws: number of draws.
        seed: seed of these draws alone.

    Returns:
        The draws.
    """
    areas, _, n_bands, years = expected.shape
    rng = np.random.Generator(np.random.SFC64(seed))
    loadings = error_loadings(scale, bands)
    horizon = np.cumsum(~np.asarray(known))
    power = float(scale.power.mean())
    elapsed = horizon.astype(float) ** power * (horizon > 0)
    step = np.sqrt(np.maximum(np.diff(np.concatenate([[0.0], elapsed])), 0.0)).astype(np.float32)
    shared, own = np.sqrt(scale.area_correlation), np.sqrt(1.0 - scale.area_correlation)
    first = int(np.argmax(horizon > 0)) if horizon.any() else years
    factors = np.zeros((years - first, areas, loadings.shape[1], draws), dtype=np.float32)
    for t in range(years - first):
        common = rng.standard_normal((1, loadings.shape[1], draws), dtype=np.float32)
        local = rng.standard_normal((areas, loadings.shape[1], draws), dtype=np.float32)
        factors[t] = step[first + t] * (np.float32(shared) * common + np.float32(own) * local)
        if t:
            factors[t] += factors[t - 1]
    sd = np.sqrt(scale.variance(expected[..., min(first, years - 1)])).reshape(areas, len(SEXES) * n_bands)
    flat = expected.reshape(areas, len(SEXES) * n_bands, years)
    return PopulationDraws(flat, sd, loadings, factors, elapsed, horizon, np.tile(scale.power - power, len(SEXES)))
