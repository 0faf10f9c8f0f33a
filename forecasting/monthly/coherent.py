"""A hierarchy forecast so that every draw adds up: base forecasts of all nodes, reconciled, drawn jointly.

Every node is forecast by the batch engine. Means are reconciled by the method that served best at earlier origins;
draws are made at the bottom and summed, so they add up by construction, and bottom series move together as far as
the widths of the nodes' own forecasts say. All is learnt at earlier origins, never from residuals of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly import node_widths
from forecasting.monthly.forecast import Prepared, forecast_prepared, prepare
from forecasting.monthly.frames import either_frame
from forecasting.monthly.lasting import USUAL
from forecasting.monthly.margins import Margins, margins
from forecasting.monthly.panel import BoolArray, SeriesError
from forecasting.monthly.reconciliation import METHODS, Trial, choose_method, reconciled
from forecasting.monthly.tree import TOTAL, Levels, Tree, nodes_of, split
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

__all__ = ["TOTAL", "HierarchyForecast", "forecast_hierarchy"]


@dataclass(frozen=True)
class HierarchyForecast:
    """Forecasts of every node of a hierarchy.

    Attributes:
        forecast: level (key columns joined by `/`, or `total`), unique_id (their values joined), ds, mean,
            quantile columns.
        draws: of the bottom series, shape (draws, horizon, bottom); sums of them are the draws of every node.
        bottom: unique_id of the columns of `draws`.
        method: how the means were reconciled.
        scores: method, error (mean scaled absolute error at earlier origins, levels weighted alike).
    """

    forecast: pd.DataFrame
    draws: FloatArray
    bottom: list[str]
    method: str
    scores: pd.DataFrame


@either_frame
def forecast_hierarchy(
    series: pd.DataFrame,
    levels: Levels,
    *,
    freq: str = "MS",
    horizon: int = 12,
    draws: int = 1000,
    seed: int = 1,
    method: str | None = None,
    only_counts: bool = False,
) -> HierarchyForecast:
    """Forecast bottom series and all their sums, adding up in every draw.

    Args:
        series: the key columns, ds, y: the bottom series, one row for each of the same periods.
        levels: the levels by their key columns, the last one the bottom with all keys; () is the total. Levels may
            cross each other (region; purpose; region and purpose).
        freq: frequency.
        horizon: periods ahead.
        draws: joint draws.
        seed: of the draws.
        method: `bottom_up`, `diagonal` or `shrunk` (MinT with diagonal or shrunk error covariance), `non_negative`
            or `shrunk_non_negative` (the same, solved among means that are nowhere negative); chosen by backtest
            when left out.
        only_counts: every series is a count: negative and broken values are refused.

    Raises:
        SeriesError: a key column is missing, the last level is not the bottom, a period is missing in a series, or
            the method is unknown.
    """
    if method is not None and method not in METHODS:
        raise SeriesError(f"unknown method {method!r}: there are {', '.join(METHODS)}")
    table, tree = nodes_of(series, [tuple(level) for level in levels])
    prepared, refused = prepare(table, freq=freq, horizon=horizon, seed=seed, only_counts=only_counts)
    if len(refused) or prepared.panel.ids.size != tree.names.size:
        row = refused.iloc[0]
        raise SeriesError(f"series {row['unique_id']}: {row['reason']}")
    table = forecast_prepared(prepared, horizon)
    made = np.stack([_wide(table, name, horizon) for name in QUANTILE_COLUMNS])
    base = margins(made, ~prepared.panel.signed, prepared.panel.count)
    trials = _trials(prepared, tree)
    scores = choose_method(trials, tree)
    chosen = method or str(scores["method"].iloc[0])
    means = reconciled(chosen, base.mean, trials, tree)
    together = node_widths.over_time(_together(prepared, horizon), tree)
    moved = base.moved(base.mean, means)
    values = _drawn(moved, together, chosen, trials, tree, draws, np.random.default_rng(seed))
    names = [split(name)[1] for name in tree.names[tree.bottom]]
    return HierarchyForecast(
        _table(table, tree, prepared.panel.count, means, values), values, names, chosen, scores
    )


def _drawn(
    nodes: Margins,
    together: FloatArray,
    method: str,
    trials: list[Trial],
    tree: Tree,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Draws of the bottom series, shape (draws, h, N), whose sums are as wide as the nodes' own forecasts."""
    factor = node_widths.factors(method, trials, tree)
    bottom = nodes.take(tree.bottom).widened(float(factor[-1]))
    z = node_widths.scores(bottom, nodes.spread * factor[tree.level], together, tree, draws, rng)
    for step in range(z.shape[1]):  # in place, period by period: draws of a large hierarchy stand in memory once
        z[:, step : step + 1] = bottom.period(step).at(z[:, step : step + 1])
    return z


def _wide(table: pd.DataFrame, column: str, horizon: int) -> FloatArray:
    return np.asarray(table[column].to_numpy(dtype=np.float64).reshape(-1, horizon).T)


def _together(prepared: Prepared, horizon: int) -> FloatArray:
    """How far the errors of each node's periods hang together, shape (M,); what is usual without a model."""
    result = np.full(prepared.panel.ids.size, USUAL.mean(horizon))
    if prepared.model is not None:
        for one in prepared.model.ends:
            result[prepared.modelled[one.columns]] = one.outlook.together
    return result


def _trials(prepared: Prepared, tree: Tree) -> list[Trial]:
    """Forecasts of all nodes from each earlier origin, with what came; nodes without a model err by nothing."""
    model = prepared.model
    if model is None:
        return []
    size = tree.names.size
    result = []
    for back in sorted({one.back for one in model.earlier}):
        ahead = min(back, model.horizon)
        quantiles, observed = np.zeros((len(QUANTILE_LEVELS), ahead, size)), np.zeros((ahead, size))
        for one, _, values in model.replay(back, QUANTILE_LEVELS):
            place = prepared.modelled[one.columns]
            factor = model.calendar(one, ahead)
            quantiles[:, :, place], observed[:, place] = values * factor, one.observed * factor
        then = margins(quantiles, ~prepared.panel.signed, prepared.panel.count)
        result.append(Trial(back, then.mean, observed, then.spread))
    return result


def _table(
    base: pd.DataFrame, tree: Tree, count: BoolArray, means: FloatArray, values: FloatArray
) -> pd.DataFrame:
    horizon = means.shape[0]
    result = base[["ds"]].copy()
    for place, column in enumerate(("level", "unique_id")):
        result.insert(place, column, np.repeat([split(name)[place] for name in tree.names], horizon))
    result["mean"] = means.T.ravel()
    quantiles = np.empty((len(QUANTILE_LEVELS), horizon, tree.names.size))
    for step in range(horizon):
        sums = tree.sums @ values[:, step].T
        # quantiles of counts are whole
        quantiles[:, step, count] = np.quantile(sums[count], QUANTILE_LEVELS, axis=1, method="inverted_cdf")
        quantiles[:, step, ~count] = np.quantile(sums[~count], QUANTILE_LEVELS, axis=1)
    for name, value in zip(QUANTILE_COLUMNS, quantiles, strict=True):
        result[name] = value.T.ravel()
    return result
