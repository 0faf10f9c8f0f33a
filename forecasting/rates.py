"""Use rates: profile by age and sex, local levels and trends, dispersion, fitted to a service's yearly counts.

The expected count is persons x profile(group) x exp(service + area + group trends) x cell factor. Levels of areas
and cells are shrunk to their parent (gamma-Poisson, strength by moments), slopes are held back and damped as
rolling origins choose, noise is NB2. Disrupted years carry no weight and leave an effect that halves every year;
recording breaks are level shifts that scale what was before, so that they never become growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.trends import (
    CHOICES,
    DEFAULT_WIDTHS,
    LONGEST,
    SHORTEST,
    TrendSet,
    Widths,
    choose,
    local_trends,
    rolling_errors,
    widths,
)

FloatArray = NDArray[np.float64]

PROFILE_YEARS = 8
"""Latest clean years that the age-sex profile is taken from."""
AREA_WIDTHS = Widths(0.02**2, 0.01**2, 0.004**2)
GROUP_WIDTHS = Widths(0.005**2, 0.005**2, 0.004**2)
"""What areas and groups do beside the service when nothing could be tested."""
CELL_DISCOUNT = 0.9
AFTER_EFFECT = 0.5
"""Share of a disrupted year's after-effect that is left a year later."""


@dataclass(frozen=True)
class ServiceHistory:
    """Counts and exposure of one service, as arrays.

    Attributes:
        service: service code.
        units: areas with counts.
        sexes: `male`, `female`, or `all` alone when sex is not known.
        ages: age-group labels in order of age, or `all` alone.
        years: rising years, ending with the last complete one.
        counts: shape (units, groups, years), groups sex-major; NaN where unknown.
        exposure: persons, same shape.
        breaks: (unit index, year) of recording breaks.
        without_counts: whether a unit has no counts at all, shape (units,).
    """

    service: str
    units: tuple[str, ...]
    sexes: tuple[str, ...]
    ages: tuple[str, ...]
    years: tuple[int, ...]
    counts: FloatArray
    exposure: FloatArray
    breaks: tuple[tuple[int, int], ...] = ()
    without_counts: tuple[bool, ...] = ()

    def until(self, year: int) -> ServiceHistory:
        """The same with what was known at the end of `year`."""
        keep = [i for i, y in enumerate(self.years) if y <= year]
        return replace(
            self,
            years=tuple(self.years[i] for i in keep),
            counts=self.counts[..., keep],
            exposure=self.exposure[..., keep],
            breaks=tuple((u, y) for u, y in self.breaks if y <= year),
        )


@dataclass(frozen=True)
class FittedRates:
    """Rates of one service and what is not known about them.

    Attributes:
        history: what they were fitted to.
        origin: last year fitted.
        log_rate: log rate per person at the origin, shape (units, groups); -inf where nobody is exposed.
        shape: gamma shape of the uncertainty of each cell's factor, shape (units, groups).
        total: trend of the service.
        areas: trends of the units beside it.
        groups: trends of the groups beside it.
        dispersion: NB2 alpha: variance = mean + alpha * mean**2.
        after_effect: log effect that disrupted years still have at the origin.
        steps: log sizes of the recording breaks, in the order of `history.breaks`.
        tested: longest horizon tested inside the fit, in years.
        area_share: share of an area's yearly shock variance that all its services have in common.
    """

    history: ServiceHistory
    origin: int
    log_rate: FloatArray
    shape: FloatArray
    total: TrendSet
    areas: TrendSet
    groups: TrendSet
    dispersion: float
    after_effect: float
    steps: tuple[float, ...]
    tested: int
    area_share: float

    def rate(self, horizon: int) -> FloatArray:
        """Expected rate per person `horizon` years after the origin, shape (units, groups)."""
        change = self.total.path(horizon)[0] + self.after_effect * AFTER_EFFECT**horizon
        log_rate = self.log_rate + change + self.areas.path(horizon)[:, None] + self.groups.path(horizon)[None, :]
        return np.asarray(np.exp(log_rate))


@dataclass(frozen=True)
class _Indices:
    """Log indices of one service against its profile, before trends are chosen.

    `expected` holds profile, cell factors and breaks; `placed` the areas' levels too, so that a change in which
    areas are known does not look like a change in time; `level` the service's own index by year.
    """

    history: ServiceHistory
    profile: FloatArray
    cell: FloatArray
    shape: FloatArray
    dispersion: float
    expected: FloatArray
    placed: FloatArray
    level: FloatArray
    observed: FloatArray
    after: float
    steps: tuple[float, ...]
    total: FloatArray
    areas: FloatArray
    groups: FloatArray
    total_weight: FloatArray
    area_weight: FloatArray
    group_weight: FloatArray


def fit_rates(
    histories: Sequence[ServiceHistory], disrupted_years: Sequence[int] = (2020, 2021)
) -> list[FittedRates]:
    """Fit the rates of all services together, so that choices and widths can lean on one another.

    Args:
        histories: one per service, each with at least one year that is known.
        disrupted_years: years of exceptional circumstances.

    Returns:
        Fitted rates, in the order given.
    """
    found = [_indices(h, tuple(disrupted_years)) for h in histories]
    totals = _component([(i.total, i.total_weight, _noise(i, (0, 1))) for i in found], DEFAULT_WIDTHS)
    areas = _component([(i.areas, i.area_weight, _noise(i, (1,))) for i in found], AREA_WIDTHS)
    groups = _component([(i.groups, i.group_weight, _noise(i, (0,))) for i in found], GROUP_WIDTHS)
    share = _area_share(found, areas)
    return [_assemble(i, t, a, g, share) for i, t, a, g in zip(found, totals, areas, groups, strict=True)]


def _indices(history: ServiceHistory, disrupted: tuple[int, ...]) -> _Indices:
    years = np.array(history.years)
    known = np.isfinite(history.counts).all(axis=1)
    clean = known & ~np.isin(years, disrupted)[None, :]
    clean = np.where(clean.any(axis=1, keepdims=True), clean, known)
    counts = np.nan_to_num(history.counts)
    profile = _profile(counts, history.exposure, clean)
    base = history.exposure * profile[None, :, None]
    steps, offset = _break_offsets(history, counts.sum(axis=1), base.sum(axis=1), clean)
    expected = base * np.exp(offset)[:, None, :]
    weight = clean.astype(float)[:, None, :]
    cell, shape, dispersion = _cells(counts, expected, weight)
    expected = expected * cell[..., None]
    observed, expected = counts * weight, expected * weight
    local = (observed.sum(axis=(1, 2)) + 0.5) / (expected.sum(axis=(1, 2)) + 0.5)
    placed = expected * local[:, None, None]
    observed_total, expected_total = observed.sum(axis=(0, 1)), placed.sum(axis=(0, 1))
    total = _log_index(observed_total, expected_total)
    total_weight = _information(expected_total)
    gamma = _after_effect(total, total_weight, years, disrupted)
    after = gamma * _after_shape(years, disrupted)
    total = total - after
    level = np.exp(total + after)
    area_expected, group_expected = expected.sum(axis=1) * level, placed.sum(axis=0) * level
    return _Indices(
        history, profile, cell, shape, dispersion, expected, placed, level, observed, float(after[-1]), steps,
        total[None],
        _log_index(observed.sum(axis=1), area_expected),
        _log_index(observed.sum(axis=0), group_expected),
        total_weight[None], _information(area_expected), _information(group_expected),
    )  # fmt: skip


def _log_index(observed: FloatArray, expected: FloatArray) -> FloatArray:
    return np.asarray(np.log((observed + 0.5) / (expected + 0.5)))


def _information(expected: FloatArray) -> FloatArray:
    """Weight of a year's log index: inverse of counting variance plus that of 3% of other noise; 0 if unknown."""
    return np.asarray(np.where(expected > 0, 1.0 / (1.0 / np.maximum(expected, 0.5) + 0.03**2), 0.0))


def _profile(counts: FloatArray, exposure: FloatArray, clean: NDArray[np.bool_]) -> FloatArray:
    """Rate by group over the latest clean years; half a pseudo-count at the overall rate keeps it above zero."""
    recent = np.zeros(clean.shape[1], dtype=bool)
    recent[np.flatnonzero(clean.any(axis=0))[-PROFILE_YEARS:]] = True
    use = (clean & recent[None, :])[:, None, :]
    cases, persons = (counts * use).sum(axis=(0, 2)), (exposure * use).sum(axis=(0, 2))
    overall = (cases.sum() + 0.5) / max(persons.sum(), 1.0)
    return np.asarray(np.where(persons > 0, (cases + 0.5) / (persons + 0.5 / overall), overall))


def _break_offsets(
    history: ServiceHistory, observed: FloatArray, expected: FloatArray, clean: NDArray[np.bool_]
) -> tuple[tuple[float, ...], FloatArray]:
    """Log sizes of the breaks, and what they add to the expectation of the years before them.

    Each unit's log index is regressed on a line and one step per break; the slope is held back, the steps are not.
    """
    years = np.array(history.years)
    offset = np.zeros(observed.shape)
    sizes: dict[tuple[int, int], float] = {}
    for unit in sorted({u for u, _ in history.breaks}):
        marks = sorted(y for u, y in history.breaks if u == unit)
        use = clean[unit] & (expected[unit] > 0)
        z = _log_index(observed[unit], expected[unit])
        design = np.column_stack([np.ones(years.size), years - years[-1], *(years >= y for y in marks)]).astype(
            float
        )
        w = np.where(use, np.sqrt(_information(expected[unit])), 0.0)
        w = w / max(w.max(initial=0.0), 1e-12)
        penalty = np.diag([0.0, 2.0, *([1e-4] * len(marks))])
        x = design * w[:, None]
        beta = np.linalg.lstsq(x.T @ x + penalty, x.T @ (w * z), rcond=None)[0]
        for step, mark in zip(beta[2:], marks, strict=True):
            sizes[(unit, mark)] = float(step)
            offset[unit, years < mark] -= step
    return tuple(sizes[b] for b in history.breaks), offset


def _cells(counts: FloatArray, expected: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Factor of each cell beside its area and profile, its gamma shape, and the NB2 dispersion.

    Expectations are raked to the observed count of each area and year, so shocks that all groups share are not
    mistaken for noise of cells.
    """
    units, groups, years = counts.shape
    if groups == 1:
        return np.ones((units, 1)), np.full((units, 1), np.inf), 0.0
    observed = (counts * weight).sum(axis=1, keepdims=True)
    raked = expected * weight * observed / np.maximum((expected * weight).sum(axis=1, keepdims=True), 1e-12)
    fade = CELL_DISCOUNT ** np.arange(years)[::-1]
    a, b = (counts * weight) @ fade, raked @ fade
    spread = float(np.sum((a - b) ** 2 - b) / max(np.sum(b**2), 1e-12))
    kappa = 1.0 / np.clip(spread, 1e-4, 10.0)
    first = (kappa + a) / (kappa + b)
    fitted = raked * first[..., None]
    fitted = fitted * observed / np.maximum(fitted.sum(axis=1, keepdims=True), 1e-12)
    cases = max(float(weight.sum()) / units, 1.0)
    free = (groups - 1) / groups * max(cases - 1.0, 1.0) / cases
    square = np.sum((counts * weight - fitted) ** 2) / free
    dispersion = float(np.clip((square - fitted.sum()) / max(np.sum(fitted**2), 1e-12), 0.0, 2.0))
    information = b**2 / np.maximum(b + dispersion * ((raked**2) @ fade), 1e-12)
    ratio = np.where(b > 0, a / np.maximum(b, 1e-12), 1.0)
    shape = kappa + information * ratio
    return shape / (kappa + information), shape, dispersion


def _after_shape(years: NDArray[np.int_], disrupted: tuple[int, ...]) -> FloatArray:
    past = [y for y in disrupted if y <= years[-1]]
    last = max(past) if past else years[-1] + 1
    return np.asarray(np.where(years > last, AFTER_EFFECT ** np.maximum(years - last, 0).astype(float), 0.0))


def _after_effect(z: FloatArray, weight: FloatArray, years: NDArray[np.int_], disrupted: tuple[int, ...]) -> float:
    """Log effect just after the disrupted years, held back towards zero; 0 without years on both sides."""
    shape = _after_shape(years, disrupted)
    before = (weight > 0) & (years < min(disrupted, default=0))
    after = (weight > 0) & (shape > 0)
    if before.sum() < 3 or after.sum() < 2:
        return 0.0
    w = np.sqrt(weight / weight.max())
    x = np.column_stack([np.ones(years.size), years - years[-1], shape]) * w[:, None]
    beta = np.linalg.solve(x.T @ x + np.diag([1e-9, 2.0, 0.3]), x.T @ (w * z))
    return float(beta[2])


def _noise(indices: _Indices, over: tuple[int, ...]) -> FloatArray:
    """Variance of log indices that counting explains, averaged over years, one per series."""
    mean = indices.placed * indices.level
    variance = mean + indices.dispersion * mean**2
    total = mean.sum(axis=over)
    share = variance.sum(axis=over) / np.maximum(total, 1e-9) ** 2
    known = total > 0
    found = np.where(known, share, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return np.atleast_1d(np.asarray(found, dtype=np.float64))


def _component(series: list[tuple[FloatArray, FloatArray, FloatArray]], default: Widths) -> list[TrendSet]:
    """Trends of one component over all services: choices and widths are partially pooled."""
    errors = [rolling_errors(z, w) for z, w, _ in series]
    cases = np.array([float(np.isfinite(e[0]).any(axis=(1, 2)).sum()) for e in errors])
    losses = np.array([_loss(e, w) for e, (_, w, _) in zip(errors, series, strict=True)])
    chosen = choose(losses, cases, np.array([(w > 0).any(axis=0).sum() for _, w, _ in series]))
    squares = [_squares(e[c], noise) for e, c, (_, _, noise) in zip(errors, chosen, series, strict=True)]
    prior = _pooled(squares, default)
    found = []
    for (z, w, _), c, (square, count), error in zip(series, chosen, squares, errors, strict=True):
        choice = CHOICES[c]
        level, slope = local_trends(z, w, choice.discount, choice.ridge)
        if choice.damping == 0.0:
            slope = np.zeros_like(slope)
        tested = int(np.isfinite(error[c]).any(axis=(0, 1)).sum()) if error.shape[1] else 0
        found.append(TrendSet(level, slope, choice, widths(square, count, prior), tested))
    return found


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


def _area_share(found: Sequence[_Indices], areas: Sequence[TrendSet]) -> float:
    """Share of the yearly shocks of areas that services have in common, from one-year-ahead errors; 0 if unknown.

    Counting noise is independent between services, so the products of their errors hold shared shocks only.
    """
    by_place: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for i, trend in zip(found, areas, strict=True):
        error = rolling_errors(i.areas, i.area_weight, (trend.choice,))[0, :, :, 0]
        for (o, u), value in np.ndenumerate(error):
            if np.isfinite(value):
                place = (i.history.units[u], i.history.years[o + SHORTEST])
                by_place.setdefault(place, []).append((float(value), trend.widths.white))
    products, variances = 0.0, 0.0
    for pairs in by_place.values():
        value, white = np.array(pairs).T
        products += value.sum() ** 2 - (value**2).sum()
        variances += np.sqrt(white).sum() ** 2 - white.sum()
    return float(np.clip(products / variances, 0.0, 0.95)) if variances > 0 else 0.0


def _assemble(i: _Indices, total: TrendSet, areas: TrendSet, groups: TrendSet, share: float) -> FittedRates:
    history = i.history
    years = np.array(history.years)
    area_level = _shrunk_level(i, areas, axis=1)
    group_level = _shrunk_level(i, groups, axis=0)
    with np.errstate(divide="ignore"):
        log_rate = np.log(i.profile)[None, :] + np.log(i.cell) + total.level[0]
    log_rate = log_rate + area_level[:, None] + group_level[None, :]
    tested = max(total.tested, 0) if len(years) > SHORTEST else 0
    return FittedRates(
        history,
        int(years[-1]),
        log_rate,
        i.shape,
        total,
        areas,
        groups,
        i.dispersion,
        i.after,
        i.steps,
        tested,
        share,
    )


def _shrunk_level(i: _Indices, trend: TrendSet, axis: int) -> FloatArray:
    """Log level of areas (axis 1) or groups (axis 0) at the origin: gamma-Poisson towards the service's level."""
    x = np.arange(i.expected.shape[-1]) - (i.expected.shape[-1] - 1.0)
    fade = trend.choice.discount ** (-x)
    expected = (i.expected if axis == 1 else i.placed).sum(axis=axis)
    a = i.observed.sum(axis=axis) @ fade
    b = (expected * i.level * np.exp(trend.slope[:, None] * x)) @ fade
    n = b**2 / np.maximum(b + i.dispersion * b**2 / max(i.expected.shape[axis], 1), 1e-12)
    ratio = np.where(b > 0, a / np.maximum(b, 1e-12), 1.0)
    spread = float(np.sum(n * (ratio - 1.0) ** 2 - (n > 0)) / max(float(n.sum()), 1e-12))
    kappa = 1.0 / np.clip(spread, 1e-4, 10.0)
    return np.asarray(np.log((kappa + n * ratio) / (kappa + n)))
