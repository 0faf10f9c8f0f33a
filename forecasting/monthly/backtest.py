"""Rolling-origin scores of the batch engine over a panel, by horizon step, from the replays it is calibrated on.

From each earlier origin only what was known then is forecast, and the widths come from the errors at the other
origins. What is learnt once for all origins is the calendar, the level shifts and the weights of the family over
the whole panel: single figures for many series, not any series' future.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.monthly.forecast import prepare
from forecasting.monthly.frames import alike, plain
from forecasting.scores import (
    QUANTILE_LEVELS,
    FloatArray,
    covered,
    crps_from_quantiles,
    naive_scale,
    relative_bias,
)

COLUMNS = ("horizon", "origins", "n", "crps", "mase", "bias", "coverage80", "coverage95")


def backtest_series(
    series: pd.DataFrame, *, freq: str = "MS", horizon: int = 12, seed: int = 1, calendar: bool = True
) -> pd.DataFrame:
    """Judge the forecast of a panel at earlier origins (up to seven, a quarter to twice the horizon back).

    Args:
        series: unique_id, ds, y, as for `forecast_series`.
        freq: `D`, `W`, `MS`, `QS` or `YS`.
        horizon: periods ahead.
        seed: as for `forecast_series`.
        calendar: as for `forecast_series`.

    Returns:
        One row per horizon step: horizon, origins, n (values forecast), crps (over the in-sample seasonal naive
        error), mase (of the median), bias (sum of forecasts over sum of values, less 1), coverage80, coverage95. A
        step that no origin reaches is left out.

    Raises:
        SeriesError: nothing can be forecast.
    """
    prepared, _ = prepare(plain(series), freq=freq, horizon=horizon, seed=seed, calendar=calendar)
    model = prepared.model
    rows: list[pd.DataFrame] = []
    if model is not None:
        data = model.data
        known = np.arange(data.y.shape[0])[:, None] < data.length[None, :]
        scale = naive_scale(np.where(known, model.adjusted.y, np.nan).T, prepared.freq.season_length)
        for back in sorted({one.back for one in model.earlier}):
            for one, mean, values in model.replay(back, QUANTILE_LEVELS):
                rows.append(_cases(back, one.observed, mean, values, scale[one.columns]))
    return alike(_by_step(rows), series)  # type: ignore[no-any-return]


def _cases(
    back: int, observed: FloatArray, mean: FloatArray, quantiles: FloatArray, scale: FloatArray
) -> pd.DataFrame:
    """One row per step and series of an origin."""
    ahead, size = observed.shape
    middle = quantiles[QUANTILE_LEVELS.index(0.5)]
    table = pd.DataFrame(
        {
            "horizon": np.repeat(np.arange(1, ahead + 1), size),
            "back": back,
            "observed": observed.ravel(),
            "mean": mean.ravel(),
            "crps": (crps_from_quantiles(quantiles, observed, QUANTILE_LEVELS) / scale).ravel(),
            "mase": (np.abs(middle - observed) / scale).ravel(),
            "coverage80": covered(quantiles[2], quantiles[6], observed).ravel(),
            "coverage95": covered(quantiles[0], quantiles[8], observed).ravel(),
        }
    )
    return table[table["observed"].notna()]


def _by_step(rows: list[pd.DataFrame]) -> pd.DataFrame:
    cases = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    if cases.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    grouped = cases.groupby("horizon")
    result = grouped[["crps", "mase", "coverage80", "coverage95"]].mean()
    result["origins"], result["n"] = grouped["back"].nunique(), grouped.size()
    result["bias"] = [relative_bias(part["mean"], part["observed"]) for _, part in grouped]
    return result.reset_index()[list(COLUMNS)]
