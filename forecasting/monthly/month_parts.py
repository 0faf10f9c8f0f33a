"""Why a month's forecast is what it is: parts that sum exactly to its mean.

The same parts whatever the champion. What the forecast would be without late records, without the change of
persons, and with even working days is asked of the champion itself; what is left is the level (mean of what is
known of the last twelve months), the trend (what a year's mean ahead lies above the level) and the season (what a
month lies above its year's mean). Agreement with the yearly forecast and known effects are what these steps have
added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting.monthly.challengers import MONTHS, History
from forecasting.monthly.month_models import champion_means
from forecasting.scores import FloatArray

PARTS = ("level", "trend", "season", "calendar", "population", "completion", "yearly_agreement", "effects")


def as_recorded(history: History, recorded: FloatArray, completed: FloatArray, rows: np.ndarray) -> History:
    """The history without what late records are expected to add.

    Args:
        history: what the models learn from: completed, breaks taken out.
        recorded: counts as recorded, shape (T, N).
        completed: the same with late records expected.
        rows: months still being recorded, shape (T, N).
    """
    share = np.where(rows & (completed > 0.0), recorded / np.where(completed > 0.0, completed, 1.0), 1.0)
    return replace(history, y=np.round(history.y * share))


def parts_of_means(
    recorded: History, horizon: int, chosen: Mapping[int, str], model_mean: FloatArray
) -> dict[str, FloatArray]:
    """Parts of the champions' own means, shape (horizon, N) each; they sum to `model_mean`.

    Args:
        recorded: the history without what late records are expected to add.
        horizon: months ahead.
        chosen: number of the service to its champion.
        model_mean: the champions' means from the completed history, shape (horizon, N).
    """
    steps = recorded.y.shape[0]
    held = recorded.exposure.copy()
    held[steps:] = held[steps - 1]
    still = replace(recorded, exposure=held)
    mean, no_growth, even = champion_means(
        recorded, horizon, chosen, [recorded, still, replace(still, even_days=True)]
    )
    level = _last_year(recorded.y)
    yearly = _yearly_means(even)
    return {
        "level": np.broadcast_to(level, even.shape),
        "trend": yearly - level,
        "season": even - yearly,
        "calendar": no_growth - even,
        "population": mean - no_growth,
        "completion": model_mean - mean,
    }


def parts_table(
    parts: Mapping[str, FloatArray], mean: FloatArray, cells: pd.DataFrame, month: np.ndarray, total_area: str
) -> pd.DataFrame:
    """Area, service, ds, mean and the parts, county totals included.

    Args:
        parts: every one of `PARTS`, shape (horizon, N).
        mean: what they sum to, shape (horizon, N).
        cells: area and service of the columns.
        month: months since year 0 of the rows.
        total_area: area code of the county total.
    """
    horizon, size = mean.shape
    stamps = (month - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    table = pd.DataFrame(
        {
            "area": np.repeat(cells["area"].to_numpy(), horizon),
            "service": np.repeat(cells["service"].to_numpy(), horizon),
            "ds": np.tile(stamps, size),
            "mean": mean.T.ravel(),
            **{name: parts[name].T.ravel() for name in PARTS},
        }
    )
    total = table.groupby(["service", "ds"], sort=False)[["mean", *PARTS]].sum().reset_index()
    both = pd.concat([table, total.assign(area=total_area)[table.columns]], ignore_index=True)
    return both.sort_values(["service", "area", "ds"], kind="stable", ignore_index=True)


def _last_year(y: FloatArray) -> FloatArray:
    """Mean of what is known of each cell's last twelve months, 0 where nothing is, shape (N,)."""
    last = y[-MONTHS:]
    known = np.isfinite(last)
    return np.asarray(np.where(known, last, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _yearly_means(mean: FloatArray) -> FloatArray:
    """Mean of each month's year ahead (counted from the first month ahead), shape of `mean`.

    A last year that is not whole has the pattern of the whole years before it taken off first; a horizon under a
    year is one year.
    """
    horizon = mean.shape[0]
    whole = horizon // MONTHS * MONTHS
    if whole == 0:
        return np.asarray(np.broadcast_to(mean.mean(axis=0), mean.shape))
    years = mean[:whole].reshape(-1, MONTHS, mean.shape[1])
    yearly = np.repeat(years.mean(axis=1), MONTHS, axis=0)
    if whole == horizon:
        return yearly
    pattern = (years - years.mean(axis=1, keepdims=True)).mean(axis=0)[: horizon - whole]
    rest = (mean[whole:] - pattern).mean(axis=0)
    return np.concatenate([yearly, np.broadcast_to(rest, (horizon - whole, mean.shape[1]))])
