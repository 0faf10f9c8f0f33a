"""Quantiles from out-of-sample errors: what standardised errors of earlier origins say, pooled over alike series.

Errors are taken on each series' main scale, divided by the model's own predictive spread at that origin and
horizon, and pooled over the panel and neighbouring horizons. In-sample residuals are never used.

What all series of a panel share in one month (a hard winter, a strike) is one shock, however many series feel it.
It is taken out of the errors, and put back as a shock whose mean and variance are learnt from the few months seen
and leaned on a prior: a Student t with as many degrees of freedom as months and prior stand for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from forecasting.monthly.engine import Data, Engine, Outlook, whole
from forecasting.monthly.panel import BoolArray
from forecasting.monthly.periods import IntArray
from forecasting.scores import FloatArray

REFERENCE_WEIGHT = 40.0
"""Independent errors' worth of trust in the model's own spread (a Student t with 8 degrees of freedom)."""
ERRORS_PER_PATH = 3.0
"""Errors of one path move together: so many count as one independent error."""
SHARED_PRIOR, SHARED_DEGREES = 0.1, 4.0
"""Prior variance of the shock shared by a panel, in units of a series' own, and the independent shocks it (and the
prior mean of zero) stands for."""
MONTHS_PER_SHOCK = 3.0
"""Shared shocks last: so many neighbouring target periods count as one independent shock."""
FEW_SERIES = 10.0
"""A panel of so many series tells half of what is shared from what is each series' own."""
_REFERENCE = stdtrit(8, (np.arange(400) + 0.5) / 400) * np.sqrt(6.0 / 8.0)
_GRID = tuple((np.arange(400) + 0.5) / 400)
_NODES = (np.arange(16) + 0.5) / 16


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

    At least one season (or half a short history) stays before an origin. Even a season seen once will do: the
    errors are judged against a spread that knows how little was known.

    Args:
        horizon: periods ahead.
        length: the longest history.
        season: season length in periods.
    """
    most = min(length // 2, max(length - season, length // 3))
    wanted = {max(1, round(horizon * share)) for share in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)}
    return tuple(sorted(back for back in wanted if back <= most)) or ((1,) if length > 4 else ())


def replays(
    engine: Engine,
    block: Data,
    observed: FloatArray,
    shifts: FloatArray,
    columns: IntArray,
    horizon: int,
    backs: tuple[int, ...],
) -> list[Replay]:
    """The outlook from the end (first, nothing observed yet) and from each earlier origin with enough behind it.

    Args:
        engine: the trained family.
        block: series of one length.
        observed: their values as they came, outliers too, NaN where a gap was filled (a filled value is no
            evidence), shape (T, n).
        shifts: log of what each value was multiplied by to stand at the level of the end, shape (T, n): an origin
            before a level shift meets the shift, as it will be met again.
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
        origin, until = steps - back, min(steps, steps - back + horizon)
        came = observed[origin:until] * np.exp(shifts[origin - 1] - shifts[origin:until])
        result.append(Replay(back, columns, outlook, came))
    return result


@dataclass(frozen=True)
class Errors:
    """Standardised errors at one horizon step.

    Attributes:
        own: errors of the series less what they share, one array over origins and series.
        shared: shared shocks, one per origin, shape (origins,).
        noise: their sampling variances, shape (origins,).
        share: how well the panel tells shared from own, 0 (one series) to 1, per origin, shape (origins,).
        targets: the period each origin's shock stands for, counted back from the end, shape (origins,).
    """

    own: FloatArray
    shared: FloatArray
    noise: FloatArray
    share: FloatArray
    targets: IntArray


def standard_errors(earlier: list[Replay], horizon: int) -> list[Errors]:
    """Standardised errors at each horizon step, pooled over series and origins: `horizon` sets."""
    by_origin: dict[int, list[FloatArray]] = {}
    for one in earlier:
        outlook = one.outlook
        error = outlook.on_main_scale(one.observed) - outlook.on_main_scale(outlook.median)
        by_origin.setdefault(one.back, []).append(error / outlook.spread)
    panels = {back: np.concatenate(parts, axis=1) for back, parts in by_origin.items()}
    return [
        _errors_at({back: z[step] for back, z in panels.items() if step < z.shape[0]}, step)
        for step in range(horizon)
    ]


def _errors_at(errors: dict[int, FloatArray], step: int) -> Errors:
    own = [np.zeros(0)]
    rows: list[tuple[float, float, float]] = []
    targets: list[int] = []
    for back, z in errors.items():
        known = z[np.isfinite(z)]
        if known.size == 0:
            continue
        middle, trust = float(np.median(known)), known.size / (known.size + FEW_SERIES)
        own.append(known - trust * middle)
        rows.append((middle, np.pi / 2.0 / known.size, trust))
        targets.append(back - step)
    shared, noise, share = np.asarray(rows, dtype=np.float64).reshape(-1, 3).T
    return Errors(np.concatenate(own), shared, noise, share, np.asarray(targets, dtype=np.int64))


def error_quantiles(pools: list[Errors], levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of standardised errors for each horizon step, shape (levels, horizon).

    Each step borrows from its neighbours (a sixth of the horizon either way), a step beyond the reach of every
    origin from the farthest ones reached; few errors lean on the reference.
    """
    horizon = len(pools)
    reach = max(1, horizon // 6)
    farthest = max((step for step, pool in enumerate(pools) if pool.own.size), default=0)
    result = np.empty((len(levels), horizon))
    for step in range(horizon):
        at = min(step, farthest)
        near = pools[max(0, at - reach) : at + reach + 1]
        own = np.concatenate([pool.own for pool in near])
        weight = np.concatenate(
            [
                np.full(own.size, 1.0 / ERRORS_PER_PATH),
                np.full(_REFERENCE.size, REFERENCE_WEIGHT / _REFERENCE.size),
            ]
        )
        values = weighted_quantiles(np.concatenate([own, _REFERENCE]), weight, _GRID)
        result[:, step] = _with_shared_shock(values, near, levels)
    return result


def _with_shared_shock(own: FloatArray, near: list[Errors], levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of own errors (given by their quantiles at `_GRID`) plus a shared shock.

    A panel of few series has not seen its shared shocks apart from its own errors; the prior's shock is still due.
    """
    shared = np.concatenate([pool.shared for pool in near])
    if shared.size == 0:
        return np.interp(levels, _GRID, own)
    months = np.unique(np.concatenate([pool.targets for pool in near])).size / MONTHS_PER_SHOCK
    degrees = SHARED_DEGREES + months
    mean = months / degrees * shared.mean()
    spread = max(float(((shared - mean) ** 2 - np.concatenate([pool.noise for pool in near])).mean()), 0.0)
    share = float(np.mean(np.concatenate([pool.share for pool in near])))
    variance = (SHARED_DEGREES * SHARED_PRIOR + months * share * spread) / degrees
    shocks = share * mean + np.sqrt(variance) * stdtrit(degrees, _NODES)
    return np.asarray(np.quantile((own[:, None] + shocks[None, :]).ravel(), levels))


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
