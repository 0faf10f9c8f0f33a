"""Quantiles from out-of-sample errors: what standardised errors of earlier origins say, pooled over alike series.

Errors are taken on each series' main scale, divided by the model's own predictive spread at that origin and
horizon, and pooled over the panel and neighbouring horizons. In-sample residuals are never used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecasting.monthly.engine import Data, Engine, Outlook, whole
from forecasting.monthly.panel import BoolArray
from forecasting.monthly.periods import IntArray
from forecasting.scores import FloatArray

REFERENCE_WEIGHT = 40.0
"""Independent errors' worth of trust in the model's own spread (a Student t with 8 degrees of freedom)."""
ERRORS_PER_PATH = 3.0
"""Errors of one path move together: so many count as one independent error."""
_REFERENCE = stats.t(8).ppf((np.arange(400) + 0.5) / 400) * np.sqrt(6.0 / 8.0)


@dataclass(frozen=True)
class Replay:
    """Forecasts from one earlier origin beside what came.

    Attributes:
        back: periods held back.
        columns: numbers of the series in the panel.
        outlook: their forecasts, arrays (h, n) with h = min(back, horizon).
        observed: what came, shape (h, n).
    """

    back: int
    columns: IntArray
    outlook: Outlook
    observed: FloatArray


def origins(horizon: int, length: int, season: int) -> tuple[int, ...]:
    """Periods to hold back: partly for short horizons, mostly for full ones, never more than half the history.

    Args:
        horizon: periods ahead.
        length: the longest history.
        season: season length in periods.
    """
    most = min(length // 2, length - min(season + season // 2, length - 4))
    wanted = {max(1, round(horizon * share)) for share in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)}
    return tuple(sorted(back for back in wanted if back <= most)) or ((1,) if length > 4 else ())


def replays(
    engine: Engine,
    block: Data,
    observed: FloatArray,
    columns: IntArray,
    horizon: int,
    backs: tuple[int, ...],
) -> list[Replay]:
    """The outlook from the end (first, nothing observed yet) and from each earlier origin with enough behind it.

    Args:
        engine: the trained family.
        block: series of one length.
        observed: their values, NaN where a gap was filled (a filled value is no evidence), shape (T, n).
        columns: their numbers in the panel.
        horizon: periods ahead.
        backs: periods held back at the earlier origins.
    """
    data = whole(block)
    steps = data.y.shape[0]
    possible = (0, *(back for back in backs if steps - back >= max(4, steps // 2)))
    outlooks = engine.outlooks(data, horizon, possible)
    result = []
    for back, outlook in zip(possible, outlooks, strict=True):
        came = observed[steps - back : min(steps, steps - back + horizon)]
        result.append(Replay(back, columns, outlook, came))
    return result


def standard_errors(earlier: list[Replay], horizon: int) -> list[FloatArray]:
    """Standardised errors at each horizon step, pooled over series and origins: `horizon` arrays."""
    pools: list[list[FloatArray]] = [[] for _ in range(horizon)]
    for one in earlier:
        outlook = one.outlook
        error = outlook.on_main_scale(one.observed) - outlook.on_main_scale(outlook.median)
        z = error / outlook.spread
        for step in range(z.shape[0]):
            pools[step].append(z[step])
    return [np.concatenate(pool) if pool else np.zeros(0) for pool in pools]


def error_quantiles(pools: list[FloatArray], levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of standardised errors for each horizon step, shape (levels, horizon).

    Each step borrows from its neighbours (a sixth of the horizon either way); few errors lean on the reference.
    """
    horizon = len(pools)
    reach = max(1, horizon // 6)
    result = np.empty((len(levels), horizon))
    for step in range(horizon):
        near = np.concatenate(pools[max(0, step - reach) : step + reach + 1])
        near = near[np.isfinite(near)]
        weight = np.concatenate(
            [
                np.full(near.size, 1.0 / ERRORS_PER_PATH),
                np.full(_REFERENCE.size, REFERENCE_WEIGHT / _REFERENCE.size),
            ]
        )
        result[:, step] = weighted_quantiles(np.concatenate([near, _REFERENCE]), weight, levels)
    return result


def weighted_quantiles(values: FloatArray, weights: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of weighted values, linear between mid-weights."""
    order = np.argsort(values, kind="stable")
    ranked, mass = values[order], weights[order]
    position = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    return np.asarray(np.interp(np.asarray(levels), position, ranked), dtype=np.float64)


def quantiles(outlook: Outlook, errors: FloatArray, levels: tuple[float, ...], floor: BoolArray) -> FloatArray:
    """Quantiles on the data's scale, shape (levels, horizon, N).

    Args:
        outlook: forecasts.
        errors: quantiles of standardised errors, shape (levels, horizon).
        levels: probabilities; 0.5 gives the median itself.
        floor: series that cannot be negative, shape (N,).
    """
    centre = outlook.on_main_scale(outlook.median)
    result = np.empty((len(levels), *centre.shape))
    for k, level in enumerate(levels):
        value = (
            outlook.median
            if level == 0.5
            else outlook.from_main_scale(centre + errors[k][:, None] * outlook.spread)
        )
        result[k] = np.where(floor[None, :], np.maximum(value, 0.0), value)
    return np.maximum.accumulate(result, axis=0)
