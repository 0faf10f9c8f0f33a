"""Working-day effects: how far a period's value follows its working days, shrunk to the panel, kept on evidence.

The effect is a power: a value is multiplied by (working days / their usual number)^beta. Beta is estimated on
seasonal differences of logarithms, so that neither season nor level can stand in for it, and shrunk to the panel's
mean by its own uncertainty (DerSimonian-Laird moments). Month length and the mean season stay with the season.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from forecasting.monthly.engine import Data
from forecasting.monthly.panel import Panel
from forecasting.monthly.periods import Frequency, IntArray
from forecasting.scores import FloatArray

EVIDENCE = 3.0
"""The panel's mean effect must be this many standard errors from zero, else no series is adjusted."""
LARGEST = 2.0
"""Powers beyond this are not believed."""


@lru_cache(maxsize=8)
def _holiday_days(country: str, first: int, last: int) -> NDArray[np.datetime64]:
    """Public holidays of a country, Midsummer Eve and Christmas Eve included for Finland, as days."""
    import holidays

    days = holidays.country_holidays(country, years=range(first, last + 1))
    return np.array(sorted(days), dtype="datetime64[D]")


def working_days(units: IntArray, freq: Frequency, country: str = "FI") -> FloatArray:
    """Monday to Friday without public holidays in each period.

    Args:
        units: first unit (day or month) of each period, any shape.
        freq: the frequency; says how long a period is.
        country: ISO code of the country whose holidays count; empty: none.

    Returns:
        Working days, shape of units.
    """
    if freq.unit == "M":
        first = (units - 1970 * 12).astype("datetime64[M]")
        start, end = first.astype("datetime64[D]"), (first + freq.step).astype("datetime64[D]")
    else:
        start = units.astype("datetime64[D]")
        end = start + (7 if freq.unit == "W" else 1)
    years = start.astype("datetime64[Y]").astype(int) + 1970
    none = np.array([], dtype="datetime64[D]")
    off = _holiday_days(country, int(years.min()), int(years.max()) + 1) if country else none
    return np.asarray(np.busday_count(start, end, holidays=off), dtype=np.float64)


def working_day_power(data: Data, panel: Panel, freq: Frequency, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Working-day regressor of each series over history and horizon, and the power of each series.

    Args:
        data: complete series.
        panel: the same with their starts.
        freq: their frequency.
        horizon: periods ahead.

    Returns:
        x, shape (T + horizon, N): log of working days over their mean; beta, shape (N,), zero without evidence.
    """
    steps, size = data.y.shape
    offset = np.arange(steps + horizon)[:, None] * (7 if freq.unit == "W" else freq.step)
    starts, column = np.unique(panel.start, return_inverse=True)
    days = np.maximum(working_days(starts[None, :] + offset, freq), 0.5)
    x = np.log(days / days.mean(axis=0))[:, column]
    season = freq.season_length
    if freq.unit == "D" or season < 4 or steps < 2 * season:
        return x, np.zeros(size)
    power, error, usable = _estimate(data, x[:steps], season)
    if usable.sum() == 0:
        return x, np.zeros(size)
    return x, _shrink(power, error, usable)


def _estimate(data: Data, x: FloatArray, season: int) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Least squares on seasonal differences of logs: power, standard error, and which series allow it."""
    positive = np.where(np.arange(x.shape[0])[:, None] < data.length[None, :], data.y, np.nan)
    log = np.log(np.where(positive > 0.0, positive, np.nan))
    change, regressor = log[season:] - log[:-season], x[season:] - x[:-season]
    known = np.isfinite(change)
    count = known.sum(axis=0)
    usable = ~data.signed & (count >= max(season, 10)) & (count >= 0.9 * (data.length - season))
    divisor = np.maximum(count, 1)
    change = np.where(known, change - np.nansum(change, axis=0) / divisor, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a series without any pair of positive values
        limit = 3.0 * 1.4826 * np.nanmedian(np.where(known, np.abs(change), np.nan), axis=0)
    change = np.clip(change, -limit, limit)
    regressor = np.where(known, regressor - np.where(known, regressor, 0.0).sum(axis=0) / divisor, 0.0)
    square = (regressor**2).sum(axis=0)
    usable &= square > 1e-9
    power = (regressor * change).sum(axis=0) / np.maximum(square, 1e-9)
    rest = change - power * regressor
    error = np.sqrt((rest**2).sum(axis=0) / np.maximum(count - 2, 1) / np.maximum(square, 1e-9))
    return power, np.maximum(error, 1e-6), usable & np.isfinite(power) & np.isfinite(error)


def _shrink(power: FloatArray, error: FloatArray, usable: NDArray[np.bool_]) -> FloatArray:
    """Random-effects mean of the panel when it stands out from zero, each series between its own and the mean."""
    b, v = power[usable], error[usable] ** 2
    weight = 1.0 / v
    fixed = (weight * b).sum() / weight.sum()
    spread = (weight * (b - fixed) ** 2).sum() - (b.size - 1)
    between = max(0.0, spread / max(weight.sum() - (weight**2).sum() / weight.sum(), 1e-12)) if b.size > 1 else 0.0
    weight = 1.0 / (v + between)
    mean = (weight * b).sum() / weight.sum()
    # series of one panel share their shocks: at most as many independent estimates as a few dozen series give
    error_of_mean = np.sqrt(1.0 / weight.sum() * max(1.0, b.size / 30.0))
    result = np.zeros(power.size)
    if abs(mean) <= EVIDENCE * error_of_mean:
        return result
    result[usable] = (b * between + mean * v) / (v + between)
    return np.clip(result, -LARGEST, LARGEST)
