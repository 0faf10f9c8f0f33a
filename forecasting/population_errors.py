"""How wrong projections of persons have been: scales of their errors, by age, size and horizon.

The error model is the scaled model of Alho and Spencer (1997) in short form, in three parts: an error that all
areas share (mortality moves everywhere at once), each area's own (people move), and chance (few persons die and
move one by one). The first two grow with the horizon with powers of their own, depend on age, and are correlated
over ages and sexes; chance is a random walk whose variance falls with the number of persons. Scales come from
running the cohort method from every base year of the history and comparing it with what followed, or are the
stated defaults when the history is too short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import SEXES
from forecasting.population import RATIO_YEARS, AgeBands, Persons, project_by_cohorts

FloatArray = NDArray[np.float64]

FAR = 30.0
"""Distance in age from which errors are correlated only by what all ages share."""
RECENT = 0.8
"""Weight of the errors of a base year relative to those of the next one."""
LEAST_APART, LEAST_LEFT = 0.2, 0.1
"""Least share of its own error that an area keeps when the mean of areas is taken off; least share of a part's
mean square that is no noise."""
FIRST_HORIZONS, MOST_CHANCE = 3, 1.5
"""Chance is read off so many first horizons; it is at most so many times that of persons who move and die singly
(change ratios rest on few persons too)."""
BASES_PER_ERROR, PRIOR_ERRORS, LARGEST = 5.0, 10.0, 0.98
"""Base years (of one area) that count as one independent error, independent errors' worth of trust in smooth
correlations, and the largest correlation."""
PRIOR_SPANS, PRIOR_HORIZON = 4.0, 10.0
"""Independent errors' worth of trust in the stated defaults of what all areas share, and the horizon at which
their variances are mixed: a few base years in a row see one turn of mortality at most."""
SMALLEST_BAND = 20.0
"""Persons of a band under which chance grows no more."""
MOST_POWER = 2.2
"""Fastest growth of a variance with the horizon: a little beyond a trend that was not foreseen."""
SHORTEST_HISTORY = 10
"""Years of history from which error scales are learnt; shorter histories take the defaults."""


@dataclass(frozen=True)
class ErrorPart:
    """Scale of one part of the log error of projected persons: variance h**power * by_age at horizon h.

    Attributes:
        by_age: yearly variance by age band, shape (bands,).
        power: growth of the variance with the horizon by age band, shape (bands,); 1 is a random walk, 2 a trend
            that was not foreseen.
        correlation: of the bands of both sexes, women's after men's as in the data, shape (2 * bands, 2 * bands).
    """

    by_age: FloatArray
    power: FloatArray
    correlation: FloatArray


@dataclass(frozen=True)
class ErrorScale:
    """Scales of the errors of projected persons; the parts are independent.

    Attributes:
        shared: the error that all areas have in common.
        own: each area's own.
        chance: variance that a year adds, times persons, by age band, shape (bands,), independent in every cell.
        turnover: share of a band's persons who leave in a year, shape (bands,).
        source: `history` or `default`.
        cases: base year x area x horizon cases that the scales were learnt from.
    """

    shared: ErrorPart
    own: ErrorPart
    chance: FloatArray
    turnover: FloatArray
    source: str
    cases: int

    def chance_variance(self, persons: FloatArray) -> FloatArray:
        """Variance by chance that a year adds to bands of so many persons, (..., bands)."""
        return np.asarray(self.chance / np.maximum(persons, SMALLEST_BAND))

    def variance(self, persons: FloatArray, horizon: int) -> FloatArray:
        """Variance of each band's log error at a horizon (years), shape of `persons` (..., bands)."""
        parts = sum(part.by_age * float(horizon) ** part.power for part in (self.shared, self.own))
        growth = chance_growth(self.turnover, horizon)[:, -1]
        return np.asarray(parts + growth * self.chance_variance(persons))


_DEFAULT_AGES = np.array([0.0, 7.0, 18.0, 25.0, 35.0, 50.0, 70.0, 80.0, 90.0, 96.0])
_DEFAULT_OWN = np.array([0.010, 0.0025, 0.004, 0.010, 0.004, 0.001, 0.0007, 0.0013, 0.0045, 0.012])
_DEFAULT_SHARED = np.array([0.018, 0.0022, 0.0014, 0.0013, 0.0025, 0.0011, 0.0006, 0.0023, 0.007, 0.022])


def default_scale(bands: AgeBands) -> ErrorScale:
    """Scales when there is too little history to learn from.

    The yearly standard deviations are rounded from running the cohort method on regions of Finland 1972-2025; the
    chance is that of independent moves and deaths of about 5% of persons a year.
    """
    count = len(bands.starts)
    own, shared = (np.interp(bands.middles, _DEFAULT_AGES, sd) ** 2 for sd in (_DEFAULT_OWN, _DEFAULT_SHARED))
    turnover = np.interp(bands.middles, [0.0, 60.0, 70.0, 80.0, 90.0, 96.0], [0.05, 0.05, 0.05, 0.07, 0.18, 0.30])
    return ErrorScale(
        ErrorPart(shared, np.full(count, 1.9), smooth_correlation(bands, 0.65, 0.1, 0.85)),
        ErrorPart(own, np.full(count, 1.9), smooth_correlation(bands, 0.7, 0.2, 0.9)),
        turnover,
        turnover,
        "default",
        0,
    )


def learn_scale(history: Persons, bands: AgeBands, horizon: int) -> ErrorScale:
    """Fit the error scales to what the cohort method would have got wrong from every base year.

    Args:
        history: persons by year.
        bands: age bands.
        horizon: longest horizon of interest in years.

    Returns:
        The scales; the defaults when the history is shorter than `SHORTEST_HISTORY` years. A single area has no
        error to share: all is its own.
    """
    errors, sizes = cohort_errors(history, bands, horizon)
    if errors.shape[0] == 0:
        return default_scale(bands)
    weight = sizes / np.maximum(sizes.sum(axis=1, keepdims=True), 1e-9)
    known = np.isfinite(errors)
    cases = int(known[..., 0].sum())
    turnover = band_turnover(history, bands)
    moving = turnover / np.maximum(sizes, SMALLEST_BAND)
    if errors.shape[1] == 1:
        own, factor = _own_part(errors, moving, turnover, bands)
        shared = replace(own, by_age=np.zeros_like(own.by_age))
        return ErrorScale(shared, own, factor * turnover, turnover, "history", cases)
    common = np.nansum(errors * weight[..., None], axis=1, keepdims=True)
    common = np.where(known.any(axis=1, keepdims=True), common, np.nan)
    apart = (errors - common) / np.sqrt(np.maximum(1.0 - weight, LEAST_APART))[..., None]
    own, factor = _own_part(apart, moving, turnover, bands)
    h = np.arange(1, errors.shape[-1] + 1)
    chance = (factor * moving)[..., None] * chance_growth(turnover, h.size)
    sampled = own.by_age[:, None] * h ** own.power[:, None] + chance
    noise = (weight[..., None] ** 2 * sampled).sum(axis=1, keepdims=True)
    shared = _leaning(_part(common, noise, bands), default_scale(bands).shared, errors.shape[0] / BASES_PER_ERROR)
    return ErrorScale(shared, own, factor * turnover, turnover, "history", cases)


def _leaning(seen: ErrorPart, stated: ErrorPart, spans: float) -> ErrorPart:
    """What was seen in so many independent errors, leaned on what is stated."""
    trust = spans / (spans + PRIOR_SPANS)
    at = [part.by_age * PRIOR_HORIZON**part.power for part in (seen, stated)]
    power = trust * seen.power + (1.0 - trust) * stated.power
    by_age = (trust * at[0] + (1.0 - trust) * at[1]) / PRIOR_HORIZON**power
    return ErrorPart(by_age, power, trust * seen.correlation + (1.0 - trust) * stated.correlation)


def _own_part(
    errors: FloatArray, moving: FloatArray, turnover: FloatArray, bands: AgeBands
) -> tuple[ErrorPart, FloatArray]:
    """The areas' own errors, and by how much chance exceeds that of persons who move and die singly, (bands,).

    What is left when at most `MOST_CHANCE` times the latter is taken off the first horizons is the areas' own.

    Args:
        errors: log errors less what areas share, shape (bases, areas, 2, bands, horizons), NaN where unknown.
        moving: turnover / persons, shape (bases, areas, 2, bands).
        turnover: of the bands, shape (bands,).
        bands: age bands.
    """
    weight = _base_weights(errors)
    walk = moving[..., None] * chance_growth(turnover, errors.shape[-1])
    mean, single = _typical_square(errors, weight), _mean_over_cases(walk, weight)
    factor = np.clip((mean / np.maximum(single, 1e-12))[:, :FIRST_HORIZONS].min(axis=1), 0.0, MOST_CHANCE)
    return _part(errors, factor[:, None] * walk, bands), factor


def chance_growth(turnover: FloatArray, horizon: int) -> FloatArray:
    """Growth of the variance by chance, (bands, horizon): a walk that forgets as fast as persons leave."""
    rate = 2.0 * turnover[:, None]
    return np.asarray((1.0 - np.exp(-rate * np.arange(1, horizon + 1))) / rate)


def _typical_square(errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Variance of normal errors of the same mean absolute size: few years of upheaval count for less."""
    return np.asarray(np.pi / 2.0 * _mean_over_cases(np.abs(np.nan_to_num(errors)), weight) ** 2)


def _mean_over_cases(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted mean over bases, areas and sexes, shape (bands, horizons)."""
    over = (0, 1, 2)
    return np.asarray((weight * values).sum(axis=over) / np.maximum(weight.sum(axis=over), 1e-12))


def _part(errors: FloatArray, noise: FloatArray, bands: AgeBands) -> ErrorPart:
    """A part's scale from errors that hold noise of known variance, both (bases, areas, 2, bands, horizons)."""
    h = np.arange(1, errors.shape[-1] + 1)
    weight = _base_weights(errors)
    mean = _typical_square(errors, weight)
    left = np.maximum(mean - _mean_over_cases(np.broadcast_to(noise, errors.shape), weight), LEAST_LEFT * mean)
    power = _powers(left)
    total = weight.sum(axis=(0, 1, 2))
    by_age = (total * left / h ** power[:, None]).sum(axis=-1) / np.maximum(total.sum(axis=-1), 1e-12)
    return ErrorPart(np.maximum(by_age, 1e-7), power, _correlation(errors, left, bands))


def _base_weights(errors: FloatArray) -> FloatArray:
    """Weights of errors: 0 where unknown, later base years weigh more."""
    age_of_base = np.arange(errors.shape[0])[::-1]
    return np.asarray(np.isfinite(errors) * (RECENT**age_of_base)[:, None, None, None, None])


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
    """Growth of mean squared errors (bands, horizons) on the log-log scale, a quarter of it that of all."""
    h = np.log(np.arange(1, square.shape[1] + 1))
    if h.size < 3:
        return np.full(square.shape[0], 1.5)
    log_square = np.log(np.maximum(square, 1e-12))
    own = np.polyfit(h, log_square.T, 1)[0]
    return np.asarray(np.clip(0.75 * own + 0.25 * own.mean(), 0.8, MOST_POWER))


def _correlation(errors: FloatArray, variance: FloatArray, bands: AgeBands) -> FloatArray:
    """Correlation of the bands of both sexes, (2 * bands, 2 * bands), from base years, areas and far horizons.

    What was seen is leaned on a smooth shape: a fall by decades of age, what all ages share, and what sexes share.

    Args:
        errors: shape (bases, areas, 2, bands, horizons).
        variance: of the errors without noise, shape (bands, horizons); the noise of two cells is independent.
        bands: age bands.
    """
    far = slice(errors.shape[-1] // 3, None)
    z = errors[..., far] / np.sqrt(np.maximum(variance[:, far], 1e-12))
    rows = np.moveaxis(z, -1, 2).reshape(-1, 2 * len(bands.starts))
    known = np.isfinite(rows).astype(float)
    rows = np.nan_to_num(rows)
    seen = rows.T @ rows / np.maximum(known.T @ known, 1.0)  # an area may have nobody in a band
    independent = errors.shape[0] * errors.shape[1] / BASES_PER_ERROR
    seen = np.clip(seen, -LARGEST, LARGEST)
    np.fill_diagonal(seen, 1.0)
    return nearest_correlation(
        (independent * seen + PRIOR_ERRORS * _smooth(seen, bands)) / (independent + PRIOR_ERRORS)
    )


def _smooth(seen: FloatArray, bands: AgeBands) -> FloatArray:
    """A correlation of few numbers fitted to the one seen, of the same shape."""
    n = len(bands.starts)
    sexes = float(np.clip(np.diag(seen[:n, n:]).mean(), 0.0, LARGEST))
    pair = (seen[:n, :n] + seen[n:, n:]) / 2.0
    distance = np.abs(bands.middles[:, None] - bands.middles[None, :])
    apart, near = pair[distance >= FAR], np.diag(pair, 1)
    base = float(np.clip(apart.mean(), 0.0, LARGEST)) if apart.size else 0.0
    fall = np.clip((near - base) / (1.0 - base), 0.02, LARGEST) ** (10.0 / np.diff(bands.middles))
    return smooth_correlation(bands, float(fall.mean()) if fall.size else 0.5, base, sexes)


def smooth_correlation(bands: AgeBands, decade: float, common: float, sexes: float) -> FloatArray:
    """Correlation of the bands of both sexes, (2 * bands, 2 * bands).

    Args:
        bands: age bands.
        decade: correlation one age decade apart, of what not all ages have in common.
        common: correlation of all ages whatever their distance.
        sexes: correlation of the sexes.
    """
    fall = decade ** (np.abs(bands.middles[:, None] - bands.middles[None, :]) / 10.0)
    return np.kron(np.array([[1.0, sexes], [sexes, 1.0]]), common + (1.0 - common) * fall)


def nearest_correlation(matrix: FloatArray) -> FloatArray:
    """A correlation matrix without negative eigenvalues: they are cut, and the diagonal scaled back to ones."""
    value, vector = np.linalg.eigh((matrix + matrix.T) / 2.0)
    cut = (vector * np.maximum(value, 0.0)) @ vector.T
    deviation = np.sqrt(np.diag(cut))
    return np.asarray(cut / deviation[:, None] / deviation[None, :])
