"""Models beside the batch engine: seasonal naive, a Poisson GLM, gradient boosting. Expected values only.

One interface: a model learns from a `History` and then tells expected counts, shape (horizon, N), for it or for a
variant with other exposure or days ahead (what would be expected without them: `month_parts`). Distributions
around them come from errors at earlier origins (`champions`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.monthly.calendar_effects import working_days
from forecasting.monthly.periods import IntArray, frequency
from forecasting.scores import FloatArray

MONTHS = 12
AVERAGE_DAYS = 21.0
"""Working days of an average month."""
LAGS = (1, 2, 3, 12, 13, 24)
STEPS = (1, 2, 3, 6, 9, 12, 18, 24)
"""Horizons from which the boosting model learns; others lie between them."""


@dataclass(frozen=True)
class History:
    """Monthly counts on one grid, as known at an origin.

    Attributes:
        y: counts, shape (T, N); NaN where unknown (before a service began, missing or disrupted months).
        month: months since year 0 of the rows, shape (T,).
        area: number of each column's area, shape (N,).
        service: number of each column's service, shape (N,).
        exposure: persons (or other exposure), shape (T + horizon, N), > 0.
        even_days: whether all months ahead have equally many working days: what a model expects without the
            calendar.
    """

    y: FloatArray
    month: IntArray
    area: IntArray
    service: IntArray
    exposure: FloatArray
    even_days: bool = False

    def until(self, back: int) -> History:
        """What was known `back` months ago; the exposure stays, as a projection would have given it."""
        end = len(self.month) - back
        return replace(self, y=self.y[:end], month=self.month[:end])

    def take(self, columns: NDArray[np.bool_]) -> History:
        """The same for some of the cells."""
        return replace(
            self,
            y=self.y[:, columns],
            area=self.area[columns],
            service=self.service[columns],
            exposure=self.exposure[:, columns],
        )

    def future(self, horizon: int) -> IntArray:
        """The months after the history, shape (horizon,)."""
        return np.asarray(self.month[-1] + 1 + np.arange(horizon), dtype=np.int64)

    def days(self, month: IntArray) -> FloatArray:
        """Working days of months, shape of `month`; those ahead are average ones with `even_days`."""
        days = working_days(month, frequency("MS"))
        return np.where(month > self.month[-1], AVERAGE_DAYS, days) if self.even_days else days


Predictor = Callable[[History], FloatArray]
"""Expected counts, shape (horizon, N), of the history it has learnt from or of a variant of what lies ahead."""
Challenger = Callable[[History, int], Predictor]


def seasonal_naive(history: History, horizon: int) -> Predictor:
    """The last known value of the same calendar month (`same_month`), whatever lies ahead."""
    mean = same_month(history, horizon)
    return lambda _: mean


def same_month(history: History, horizon: int) -> FloatArray:
    """The last known value of the same calendar month; the mean of the last year where there is none."""
    y = history.y
    steps = y.shape[0]
    recent = np.nan_to_num(_mean(y[-MONTHS:]), nan=0.0)
    last = np.tile(recent, (MONTHS, 1))
    for back in range(min(4, steps // MONTHS), 0, -1):
        start = steps - back * MONTHS
        year = y[start : start + MONTHS]
        last = np.where(np.isfinite(year), year, last)
    return last[np.arange(horizon) % MONTHS]


def poisson_glm(history: History, horizon: int) -> Predictor:
    """Poisson GLM per service: exposure as offset, area levels, harmonic season, calendar and a damped trend.

    log mu = log exposure + area + sum of sin, cos(2 pi k month / 12), k = 1..3 + log(working days) + damped trend.
    The last five years are used. A service whose fit fails falls back to the seasonal naive.
    """
    # statsmodels.api would load the whole library
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    naive = same_month(history, horizon)
    first = max(0, history.y.shape[0] - 60)
    grid = np.concatenate([history.month[first:], history.future(horizon)])
    steps = history.y.shape[0] - first
    common = _calendar_columns(history, grid, steps)
    exposure = history.exposure[first : first + grid.size]
    fits: list[tuple[IntArray, FloatArray, FloatArray]] = []
    for service in np.unique(history.service):
        columns = np.flatnonzero(history.service == service)
        y = history.y[first:, columns]
        known = np.isfinite(y)
        if known.sum() < 3 * common.shape[1] or np.nansum(y) < 20:
            continue
        design, offset, row_known = _stack(common, exposure[:, columns], known)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit = GLM(y[known], design[row_known], family=Poisson(), offset=offset[row_known]).fit(maxiter=30)
        except (ValueError, np.linalg.LinAlgError, PerfectSeparationError):
            continue
        ceiling = 4.0 * np.nan_to_num(np.nanmax(np.where(known, y, np.nan), axis=0, initial=0.0)) + 1.0
        fits.append((columns, fit.params, ceiling))

    end = history.y.shape[0]

    def expected(variant: History) -> FloatArray:
        result = naive.copy()
        ahead = _calendar_columns(variant, grid, steps)[steps:]
        for columns, parameters, ceiling in fits:
            persons = variant.exposure[end : end + horizon][:, columns]
            design, offset, _ = _stack(ahead, persons, np.ones((0, columns.size), dtype=bool))
            log_mean = np.clip(design @ parameters + offset, -20.0, 20.0)
            result[:, columns] = np.minimum(np.exp(log_mean).reshape(horizon, columns.size), ceiling)
        return result

    return expected


def gradient_boosting(history: History, horizon: int) -> Predictor:
    """One boosted Poisson model for all series: lags over the level, season, working days, horizon, service.

    The target is the count over the series' level at the origin, weighted by the level, so that all sizes speak.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    y = filled_months(history.y)
    steps, size = y.shape
    if steps < 3 * MONTHS:
        return seasonal_naive(history, horizon)
    ends = np.arange(2 * MONTHS, steps)[::-1][:84][::2]
    rows, targets, weights = [], [], []
    for ahead in [step for step in STEPS if step <= horizon]:
        usable = ends[ends + ahead <= steps]
        for end in usable:
            actual = history.y[end + ahead - 1]
            level = y[end - MONTHS : end].mean(axis=0)
            known = np.isfinite(actual) & (level > 0.0)
            rows.append(_features(history, y, int(end), ahead, level)[known])
            targets.append((actual / np.maximum(level, 1e-9))[known])
            weights.append(level[known])
    if not rows or sum(len(part) for part in rows) < 100:
        return seasonal_naive(history, horizon)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=70,
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        max_bins=48,
        early_stopping=False,
        random_state=1,
    )
    model.fit(np.concatenate(rows), np.concatenate(targets), sample_weight=np.concatenate(weights))
    level = y[-MONTHS:].mean(axis=0)

    def expected(variant: History) -> FloatArray:
        ahead_rows = [_features(variant, y, steps, ahead, level) for ahead in range(1, horizon + 1)]
        return np.asarray(model.predict(np.concatenate(ahead_rows)).reshape(horizon, size) * level)

    return expected


CHALLENGERS: Mapping[str, Challenger] = {
    "seasonal_naive": seasonal_naive,
    "poisson_glm": poisson_glm,
    "gradient_boosting": gradient_boosting,
}


def _mean(y: FloatArray) -> FloatArray:
    known = np.isfinite(y)
    return np.asarray(np.where(known, y, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def filled_months(y: FloatArray) -> FloatArray:
    """Unknown months take the value a year earlier or later, else the mean; only for features."""
    filled = y.copy()
    for shift in (MONTHS, -MONTHS):
        other = np.full_like(filled, np.nan)
        if shift > 0:
            other[shift:] = filled[:-shift]
        else:
            other[:shift] = filled[-shift:]
        filled = np.where(np.isfinite(filled), filled, other)
    return np.where(np.isfinite(filled), filled, _mean(y))


def _calendar_columns(history: History, grid: IntArray, steps: int) -> FloatArray:
    angle = 2.0 * np.pi * (grid % MONTHS) / MONTHS
    waves = [wave(k * angle) for k in (1, 2, 3) for wave in (np.sin, np.cos)]
    days = np.log(history.days(grid) / AVERAGE_DAYS)
    time = np.arange(grid.size, dtype=float) - (steps - 1)
    ahead = np.maximum(time, 0.0)
    damped = np.where(time > 0.0, 0.95 * (1.0 - 0.95**ahead) / 0.05, time) / MONTHS
    return np.column_stack([*waves, days, damped])


def _stack(
    common: FloatArray, exposure: FloatArray, known: np.ndarray
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Design rows in (month, column) order with a level per column, offsets, and the rows with a known count."""
    grid, width = common.shape[0], exposure.shape[1]
    levels = np.tile(np.eye(width), (grid, 1))
    design = np.column_stack([levels, np.repeat(common, width, axis=0)])
    row_known = np.zeros(grid * width, dtype=bool)
    row_known[: known.size] = known.ravel()
    return design, np.log(np.maximum(exposure, 1e-9)).ravel(), row_known


def _features(history: History, y: FloatArray, end: int, ahead: int, level: FloatArray) -> FloatArray:
    """Features of all series for the month `ahead` after the first `end` months, shape (N, features)."""
    size = y.shape[1]
    month = int(history.month[0]) + end + ahead - 1
    safe = np.maximum(level, 1e-9)
    same = end + ahead - 1 - MONTHS * ((ahead - 1) // MONTHS + 1)
    before = max(same - MONTHS, 0)
    lags = [y[end - lag] / safe for lag in LAGS if lag <= end]
    growth = level / np.maximum(y[max(0, end - 2 * MONTHS) : end - MONTHS].mean(axis=0), 1e-9)
    place = min(end + ahead - 1, history.exposure.shape[0] - 1)
    exposure = history.exposure[place] / history.exposure[end - 1]
    days = float(history.days(np.array([month]))[0])
    constant = [np.full(size, float(value)) for value in (month % MONTHS, days, ahead)]
    return np.column_stack(
        [
            *lags,
            y[same] / safe,
            y[before] / safe,
            np.clip(growth, 0.0, 5.0),
            exposure,
            np.log(safe),
            history.service,
            *constant,
        ]
    )
