"""Rolling-origin scores of the batch engine over a panel, by horizon step, from the replays it is calibrated on.

From each earlier origin only what was known then is forecast, and the widths come from the errors at the other
origins. What is learnt once for all origins is the calendar, the level shifts and the weights of the family over
the whole panel: single figures for many series, not any series' future.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.monthly.forecast import Prepared, prepare
from forecasting.monthly.frames import alike, plain
from forecasting.monthly.panel import BoolArray
from forecasting.scores import (
    QUANTILE_LEVELS,
    FloatArray,
    covered,
    crps_from_quantiles,
    naive_scale,
)

COLUMNS = ("horizon", "origins", "n", "crps", "mase", "bias", "coverage80", "coverage95")


def backtest_series(
    series: pd.DataFrame,
    *,
    freq: str = "MS",
    horizon: int = 12,
    seed: int = 1,
    calendar: bool = True,
    only_counts: bool = False,
) -> pd.DataFrame:
    """Judge the forecast of a panel at earlier origins (up to seven, a quarter to twice the horizon back).

    Args:
        series: unique_id, ds, y, as for `forecast_series`.
        freq: `D`, `W`, `MS`, `QS` or `YS`.
        horizon: periods ahead.
        seed: as for `forecast_series`.
        calendar: as for `forecast_series`.
        only_counts: as for `forecast_series`.

    Returns:
        One row per horizon step: horizon, origins, n (values forecast), crps (over the in-sample seasonal naive
        error), mase (of the median), bias (sum of forecasts over sum of values, less 1), coverage80, coverage95. A
        step that no origin reaches is left out.

    Raises:
        SeriesError: nothing can be forecast.
    """
    prepared, _ = prepare(
        plain(series), freq=freq, horizon=horizon, seed=seed, calendar=calendar, only_counts=only_counts
    )
    return alike(judge(prepared), series)  # type: ignore[no-any-return]


def judge(prepared: Prepared) -> pd.DataFrame:
    """The scores of a prepared panel; see `backtest_series`."""
    return scores_by_step(panel_sums(prepared))


def panel_sums(prepared: Prepared) -> list[pd.DataFrame]:
    """Sums over a panel's series by origin and step, for `scores_by_step`; none when nothing in it is modelled."""
    model = prepared.model
    if model is None or not model.earlier:
        return []
    data = model.data
    known = np.arange(data.y.shape[0])[:, None] < data.length[None, :]
    scale = naive_scale(np.where(known, model.adjusted.y, np.nan).T, prepared.freq.season_length)
    return [
        _sums(back, one.observed, mean, values, scale[one.columns])
        for back in sorted({one.back for one in model.earlier})
        for one, mean, values in model.replay(back, QUANTILE_LEVELS)
    ]


def _sums(
    back: int, observed: FloatArray, mean: FloatArray, quantiles: FloatArray, scale: FloatArray
) -> pd.DataFrame:
    """One row per step of an origin: sums over series of what is averaged later, and how many there are."""
    known = np.isfinite(observed)
    scaled = known & np.isfinite(scale)
    unit = np.where(np.isfinite(scale), scale, 1.0)
    middle = quantiles[QUANTILE_LEVELS.index(0.5)]

    def total(values: FloatArray, where: BoolArray) -> FloatArray:
        return np.asarray(np.where(where, values, 0.0).sum(axis=1))

    return pd.DataFrame(
        {
            "horizon": np.arange(1, observed.shape[0] + 1),
            "back": back,
            "n": known.sum(axis=1),
            "scaled": scaled.sum(axis=1),
            "observed": total(observed, known),
            "mean": total(mean, known),
            "crps": total(crps_from_quantiles(quantiles, observed, QUANTILE_LEVELS) / unit, scaled),
            "mase": total(np.abs(middle - observed) / unit, scaled),
            "coverage80": total(covered(quantiles[2], quantiles[6], observed), known),
            "coverage95": total(covered(quantiles[0], quantiles[8], observed), known),
        }
    )


def scores_by_step(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Scores by horizon step from the sums of any number of panels."""
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    sums = pd.concat(parts, ignore_index=True)
    sums = sums[sums["n"] > 0]
    grouped = sums.groupby("horizon")
    total = grouped.sum()
    result = pd.DataFrame({"origins": grouped["back"].nunique(), "n": total["n"]})
    for name in ("crps", "mase"):
        result[name] = total[name] / total["scaled"].where(total["scaled"] > 0)
    for name in ("coverage80", "coverage95"):
        result[name] = total[name] / total["n"]
    result["bias"] = total["mean"] / total["observed"].where(total["observed"] != 0.0) - 1.0
    return result.reset_index()[list(COLUMNS)]
