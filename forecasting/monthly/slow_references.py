"""The classical models of statsmodels, a fit per series: slow, so tried only where a county asks for them.

Same interface as `challengers`. Both work on log(1 + count); the expected count is that of a lognormal less one. A
series of under three years, of a mean under one event a month, or whose fit fails, gets the seasonal naive.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np

from forecasting.monthly.challengers import (
    AVERAGE_DAYS,
    MONTHS,
    Challenger,
    History,
    Predictor,
    filled_months,
    same_month,
)
from forecasting.scores import FloatArray

FEWEST_MONTHS, FEWEST_EVENTS = 3 * MONTHS, 1.0
MOST_TIMES = 4.0
"""No forecast lies above so many times the largest month seen, as for the Poisson GLM."""

Fit = Callable[[FloatArray, FloatArray], Callable[[FloatArray], tuple[FloatArray, FloatArray]]]
"""From the log counts and log working days of the past: from those ahead to means and variances."""


def ets(history: History, horizon: int) -> Predictor:
    """Damped additive trend and season by exponential smoothing (ETS(A,Ad,A); Hyndman et al. 2008).

    Unknown months take the value of the same month a year apart: exponential smoothing knows no gaps.
    """
    return _each(history, horizon, filled_months(history.y), _ets)


def sarimax(history: History, horizon: int) -> Predictor:
    """The airline model (0,1,1)(0,1,1)12 with log working days beside it (Box & Jenkins 1970); gaps stay gaps."""
    return _each(history, horizon, history.y, _sarimax)


SLOW_REFERENCES: Mapping[str, Challenger] = {"ets": ets, "sarimax": sarimax}


def _each(history: History, horizon: int, y: FloatArray, fit: Fit) -> Predictor:
    naive = same_month(history, horizon)
    days = np.log(history.days(history.month) / AVERAGE_DAYS)
    fitted = {}
    for column in range(y.shape[1]):
        seen = history.y[:, column]
        known = np.isfinite(seen)
        if known.sum() < FEWEST_MONTHS or seen[known].mean() < FEWEST_EVENTS:
            continue
        first = int(np.argmax(known))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitted[column] = (
                    fit(np.log1p(y[first:, column]), days[first:]),
                    MOST_TIMES * seen[known].max() + 1.0,
                )
        except (ValueError, np.linalg.LinAlgError):
            continue

    def expected(variant: History) -> FloatArray:
        result = naive.copy()
        ahead = np.log(variant.days(variant.future(horizon)) / AVERAGE_DAYS)
        for column, (ahead_of, ceiling) in fitted.items():
            mean, variance = ahead_of(ahead)
            counts = np.expm1(mean + variance / 2.0)
            if np.isfinite(counts).all():
                result[:, column] = np.clip(counts, 0.0, ceiling)
        return result

    return expected


def _ets(y: FloatArray, _days: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(
        pd.Series(y), error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=MONTHS
    )
    fitted = model.fit(disp=False)

    def ahead_of(days: FloatArray) -> tuple[FloatArray, FloatArray]:
        told = fitted.get_prediction(start=y.size, end=y.size + days.size - 1)
        return told.predicted_mean.to_numpy(), np.asarray(told.forecast_variance)

    return ahead_of


def _sarimax(y: FloatArray, days: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    fitted = SARIMAX(y, exog=days, order=(0, 1, 1), seasonal_order=(0, 1, 1, MONTHS)).fit(disp=False, maxiter=60)

    def ahead_of(days: FloatArray) -> tuple[FloatArray, FloatArray]:
        told = fitted.get_forecast(days.size, exog=days[:, None])
        return np.asarray(told.predicted_mean), np.asarray(told.var_pred_mean)

    return ahead_of
