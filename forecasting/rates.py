"""Use rates: profile by age and sex, local levels and trends, dispersion, fitted to a service's yearly counts.

The expected count is persons x profile(group) x exp(service + area + group trends) x cell factor. Levels of areas
and cells are shrunk to their parent (gamma-Poisson, strength by moments), slopes are held back and damped as
rolling origins choose (`rate_components`), noise is NB2. Disrupted years carry no weight and leave an effect that
halves every year; recording breaks are level shifts that scale what was before, so that they never become growth
(`rate_interventions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import DISRUPTED_YEARS
from forecasting.rate_components import component_trends
from forecasting.rate_interventions import AfterEffect, after_effect, break_offsets, information, log_index
from forecasting.trend_widths import DEFAULT_WIDTHS, Widths
from forecasting.trends import SHORTEST, TrendSet, rolling_errors

FloatArray = NDArray[np.float64]

PROFILE_YEARS = 8
"""Latest clean years that the age-sex profile is taken from."""
AREA_WIDTHS = Widths(0.02**2, 0.01**2, 0.004**2)
GROUP_WIDTHS = Widths(0.005**2, 0.005**2, 0.004**2)
"""What areas and groups do beside the service when nothing could be tested."""
CELL_DISCOUNT = 0.9


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
    """

    service: str
    units: tuple[str, ...]
    sexes: tuple[str, ...]
    ages: tuple[str, ...]
    years: tuple[int, ...]
    counts: FloatArray
    exposure: FloatArray
    breaks: tuple[tuple[int, int], ...] = ()

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
        after_effect: what disrupted years left behind.
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
    after_effect: AfterEffect
    steps: tuple[float, ...]
    tested: int
    area_share: float

    def rate(self, horizon: int) -> FloatArray:
        """Expected rate per person `horizon` years after the origin, shape (units, groups)."""
        change = self.total.path(horizon)[0] + self.after_effect.ahead(horizon)
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
    after: AfterEffect
    steps: tuple[float, ...]
    total: FloatArray
    areas: FloatArray
    groups: FloatArray
    total_weight: FloatArray
    area_weight: FloatArray
    group_weight: FloatArray


def fit_rates(
    histories: Sequence[ServiceHistory], disrupted_years: Sequence[int] = DISRUPTED_YEARS
) -> list[FittedRates]:
    """Fit the rates of all services together, so that choices and widths can lean on one another.

    Args:
        histories: one per service, each with at least one year that is known.
        disrupted_years: years of exceptional circumstances.

    Returns:
        Fitted rates, in the order given.
    """
    found = [_indices(h, tuple(disrupted_years)) for h in histories]
    totals = component_trends([(i.total, i.total_weight, _noise(i, (0, 1))) for i in found], DEFAULT_WIDTHS)
    areas = component_trends([(i.areas, i.area_weight, _noise(i, (1,))) for i in found], AREA_WIDTHS)
    groups = component_trends([(i.groups, i.group_weight, _noise(i, (0,))) for i in found], GROUP_WIDTHS)
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
    steps, offset = break_offsets(years, history.breaks, counts.sum(axis=1), base.sum(axis=1), clean)
    expected = base * np.exp(offset)[:, None, :]
    weight = clean.astype(float)[:, None, :]
    cell, shape, dispersion = _cells(counts, expected, weight)
    expected = expected * cell[..., None]
    observed, expected = counts * weight, expected * weight
    local = (observed.sum(axis=(1, 2)) + 0.5) / (expected.sum(axis=(1, 2)) + 0.5)
    placed = expected * local[:, None, None]
    observed_total, expected_total = observed.sum(axis=(0, 1)), placed.sum(axis=(0, 1))
    total = log_index(observed_total, expected_total)
    total_weight = information(expected_total)
    after = after_effect(total, total_weight, years, disrupted)
    level = np.exp(total)
    total = total - after.by_year
    area_expected, group_expected = expected.sum(axis=1) * level, placed.sum(axis=0) * level
    return _Indices(
        history, profile, cell, shape, dispersion, expected, placed, level, observed, after, steps,
        total[None],
        log_index(observed.sum(axis=1), area_expected),
        log_index(observed.sum(axis=0), group_expected),
        total_weight[None], information(area_expected), information(group_expected),
    )  # fmt: skip


def _profile(counts: FloatArray, exposure: FloatArray, clean: NDArray[np.bool_]) -> FloatArray:
    """Rate by group over the latest clean years; half a pseudo-count at the overall rate keeps it above zero."""
    recent = np.zeros(clean.shape[1], dtype=bool)
    recent[np.flatnonzero(clean.any(axis=0))[-PROFILE_YEARS:]] = True
    use = (clean & recent[None, :])[:, None, :]
    cases, persons = (counts * use).sum(axis=(0, 2)), (exposure * use).sum(axis=(0, 2))
    overall = (cases.sum() + 0.5) / max(persons.sum(), 1.0)
    return np.asarray(np.where(persons > 0, (cases + 0.5) / (persons + 0.5 / overall), overall))


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


def _noise(indices: _Indices, over: tuple[int, ...]) -> FloatArray:
    """Variance of log indices that counting explains, averaged over years, one per series."""
    mean = indices.placed * indices.level
    variance = mean + indices.dispersion * mean**2
    total = mean.sum(axis=over)
    share = variance.sum(axis=over) / np.maximum(total, 1e-9) ** 2
    known = total > 0
    found = np.where(known, share, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return np.atleast_1d(np.asarray(found, dtype=np.float64))


def _area_share(found: Sequence[_Indices], areas: Sequence[TrendSet]) -> float:
    """Share of the yearly shocks of areas that services have in common, from one-year-ahead errors; 0 if unknown.

    Counting noise is independent between services, so the products of their errors hold shared shocks only.
    """
    by_place: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for i, trend in zip(found, areas, strict=True):
        errors = rolling_errors(i.areas, i.area_weight, trend.choices, furthest=1)[..., 0]
        error = np.einsum("c,cos->os", trend.weights, errors)
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
    b = (expected * i.level * np.exp(trend.past(x))) @ fade
    n = b**2 / np.maximum(b + i.dispersion * b**2 / max(i.expected.shape[axis], 1), 1e-12)
    ratio = np.where(b > 0, a / np.maximum(b, 1e-12), 1.0)
    spread = float(np.sum(n * (ratio - 1.0) ** 2 - (n > 0)) / max(float(n.sum()), 1e-12))
    kappa = 1.0 / np.clip(spread, 1e-4, 10.0)
    return np.asarray(np.log((kappa + n * ratio) / (kappa + n)))
