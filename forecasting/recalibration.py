"""Recalibration of the spread by pooled probability integral transforms, blocked by origin.

If intervals held what they promise, the normal scores of past outcomes, Phi^-1(PIT), would have variance one.
Their mean square at past origins says by how much the spread of rates should be wider or narrower; it is taken
only where origins that had no say in it would have been scored better.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, crps_from_quantiles

FloatArray = NDArray[np.float64]

PRIOR_ORIGINS = 4.0
"""Origins that all services together count as, beside a service's own."""
NARROWEST, WIDEST = 0.6, 2.0


def spreads(cases: pd.DataFrame, model: str) -> dict[str, float]:
    """Factor on the spread of each service's rates; services whose spread is to stay are left out.

    Args:
        cases: cases of a backtest (`need_backtest.NeedBacktest.cases`).
        model: the model whose cases count.
    """
    own = cases[(cases["model"] == model) & (cases["pit"].notna())]
    if own["origin"].nunique() < 3:
        return {}
    squares = own.assign(square=ndtri(own["pit"].clip(0.002, 0.998)) ** 2)
    table = squares.pivot_table(index="service", columns="origin", values="square", aggfunc="mean")
    found = {}
    for service, rows in own.groupby("service"):
        if _gains(rows, table, str(service)):
            found[str(service)] = _factor(table, str(service))
    return found


def _factor(table: pd.DataFrame, service: str) -> float:
    """Root of the mean square of a service's origins, leaning on that of all services."""
    mine = table.loc[service].dropna().to_numpy()
    everyone = float(np.nanmean(table.to_numpy()))
    square = (mine.sum() + PRIOR_ORIGINS * everyone) / (mine.size + PRIOR_ORIGINS)
    return float(np.clip(np.sqrt(square), NARROWEST, WIDEST))


def _gains(rows: pd.DataFrame, table: pd.DataFrame, service: str) -> bool:
    """Whether cases would on the whole have been scored better with the factor of the other origins."""
    before = after = 0.0
    for origin, part in rows.groupby("origin"):
        others = table.drop(columns=[origin])
        if others.loc[service].notna().sum() == 0:
            return False
        q = part[list(QUANTILE_COLUMNS)].to_numpy().T
        level = part["observed"].to_numpy() + 1.0
        wider = stretched(q, _factor(others, service))
        y = part["observed"].to_numpy()
        before += float((crps_from_quantiles(q, y, QUANTILE_LEVELS) / level).sum())
        after += float((crps_from_quantiles(wider, y, QUANTILE_LEVELS) / level).sum())
    return after < before


def stretched(quantiles: FloatArray, factor: float) -> FloatArray:
    """Quantiles with their distance from the median multiplied on the log scale, shape (levels, ...)."""
    log = np.log(np.maximum(quantiles, 0.0) + 0.5)
    middle = log[QUANTILE_LEVELS.index(0.5)]
    return np.asarray(np.maximum(np.exp(middle + factor * (log - middle)) - 0.5, 0.0))
