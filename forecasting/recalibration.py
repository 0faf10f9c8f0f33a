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

FloatArray = NDArray[np.float64]

PRIOR_ORIGINS = 16.0
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
    for service in table.index.astype(str):
        if _gains(table, service):
            found[service] = _factor(table, service)
    return found


def _factor(table: pd.DataFrame, service: str) -> float:
    """Root of the mean square of a service's origins, leaning on that of all services."""
    mine = table.loc[service].dropna().to_numpy()
    everyone = float(np.nanmean(table.to_numpy()))
    square = (mine.sum() + PRIOR_ORIGINS * everyone) / (mine.size + PRIOR_ORIGINS)
    return float(np.clip(np.sqrt(square), NARROWEST, WIDEST))


def _gains(table: pd.DataFrame, service: str) -> bool:
    """Whether the normal scores of each origin would on the whole have been likelier with the others' factor.

    The logarithmic score tells widths apart; CRPS hardly sees a tenth, and left intervals too narrow.
    """
    change = 0.0
    squares = {origin: float(s) for origin, s in table.loc[service].to_dict().items() if np.isfinite(s)}
    for origin, square in squares.items():
        others = table.drop(columns=[origin])
        if others.loc[service].notna().sum() == 0:
            return False
        factor = _factor(others, service)
        change += np.log(factor) + 0.5 * square * (factor**-2 - 1.0)
    return bool(change < 0.0)
