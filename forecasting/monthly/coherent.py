"""A hierarchy forecast so that every draw adds up: base forecasts of all nodes, reconciled, drawn jointly.

Every node is forecast by the batch engine. Means are reconciled by the method that served best at earlier origins;
draws are made at the bottom and summed, so they add up by construction. How far bottom series move together is
learnt, level by level, from the reconciled errors at earlier origins, never from residuals of the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly import shared_shocks
from forecasting.monthly.forecast import Prepared, forecast_prepared, prepare
from forecasting.monthly.joint import from_quantiles
from forecasting.monthly.panel import SeriesError
from forecasting.monthly.reconciliation import METHODS, Tree, Trial, choose_method, reconciled
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

Levels = Sequence[tuple[str, ...]]
TOTAL = "total"


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


def forecast_hierarchy(
    series: pd.DataFrame,
    levels: Levels,
    *,
    freq: str = "MS",
    horizon: int = 12,
    draws: int = 1000,
    seed: int = 1,
    method: str | None = None,
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
        method: `bottom_up`, `diagonal` or `shrunk` (MinT with diagonal or shrunk error covariance); chosen by
            backtest when left out.

    Raises:
        SeriesError: a key column is missing, the last level is not the bottom, a period is missing in a series, or
            the method is unknown.
    """
    if method is not None and method not in METHODS:
        raise SeriesError(f"unknown method {method!r}: there are {', '.join(METHODS)}")
    table, tree = _nodes(series, [tuple(level) for level in levels])
    prepared, refused = prepare(table, freq=freq, horizon=horizon, seed=seed)
    if len(refused) or prepared.panel.ids.size != tree.sums.shape[0]:
        row = refused.iloc[0]
        raise SeriesError(f"series {row['unique_id']}: {row['reason']}")
    base = forecast_prepared(prepared, horizon)
    mean = _wide(base, "mean", horizon)
    quantiles = np.stack([_wide(base, name, horizon) for name in QUANTILE_COLUMNS])
    trials = _trials(prepared, tree)
    scores = choose_method(trials, tree)
    chosen = method or str(scores["method"].iloc[0])
    means = reconciled(chosen, mean, trials, tree)
    bottom = tree.bottom
    shares, persistence = shared_shocks.shares(chosen, trials, tree)
    z = shared_shocks.scores(shares, persistence, tree, draws, horizon, np.random.default_rng(seed))
    around = _around(means[:, bottom], mean[:, bottom], quantiles[:, :, bottom])
    centre = around[QUANTILE_LEVELS.index(0.5)]
    values = from_quantiles(centre + shared_shocks.widening(chosen, trials, tree) * (around - centre), z)
    floor = ~prepared.panel.signed[bottom]
    values = np.where(floor, np.maximum(values, 0.0), values)
    values = np.where(prepared.panel.count[bottom], np.round(values), values)
    names = [_split(name)[1] for name in tree.names[bottom]]
    return HierarchyForecast(_table(base, tree, means, values), values, names, chosen, scores)


def _nodes(series: pd.DataFrame, levels: list[tuple[str, ...]]) -> tuple[pd.DataFrame, Tree]:
    """The long table of all nodes, and which bottom series each sums; in the engine's order of names."""
    keys = levels[-1] if levels else ()
    missing = [
        name
        for name in (*dict.fromkeys(key for level in levels for key in level), "ds", "y")
        if name not in series.columns
    ]
    if missing or not keys:
        raise SeriesError(f"the table lacks {', '.join(missing) or 'keys of its bottom level'}")
    if {key for level in levels for key in level} - set(keys):
        raise SeriesError(f"the last level must hold every key; it holds {', '.join(keys)}")
    _check_rows(series, keys)
    wide = series.pivot_table(index="ds", columns=list(keys), values="y", aggfunc="sum", observed=True, sort=True)
    if wide.isna().to_numpy().any():
        column = wide.columns[int(np.argmax(wide.isna().any().to_numpy()))]
        raise SeriesError(f"series {column}: a period is missing; a sum cannot be told from a part of it")
    labels = wide.columns.to_frame(index=False).astype(str)
    names, owners, level_of = [], [], []
    for number, level in enumerate(levels):
        code = labels[list(level)].agg("/".join, axis=1) if level else pd.Series(TOTAL, index=labels.index)
        prefix = "/".join(level) or TOTAL
        for node in sorted(set(code)):
            names.append(f"{prefix}|{node}")
            owners.append((code == node).to_numpy())
            level_of.append(number)
    order = np.argsort(np.asarray(names, dtype=object), kind="stable")
    sums = np.asarray(owners, dtype=np.float64)[order]
    y = wide.to_numpy(dtype=np.float64) @ sums.T
    ordered = np.asarray(names, dtype=object)[order]
    table = pd.DataFrame(
        {"unique_id": np.repeat(ordered, len(wide)), "ds": np.tile(wide.index, ordered.size), "y": y.T.ravel()}
    )
    return table, Tree(ordered, sums, np.asarray(level_of)[order])


def _check_rows(series: pd.DataFrame, keys: tuple[str, ...]) -> None:
    """Refuse what a sum would pass over: rows without a key, a period or a value, and two rows of one period."""
    for name in (*keys, "ds", "y"):
        if series[name].isna().any():
            row = series[series[name].isna()].iloc[0]
            where = ", ".join(f"{other} {row[other]}" for other in (*keys, "ds") if other != name)
            raise SeriesError(f"a row has no {name} ({where}); a sum cannot be told from a part of it")
    twice = series.duplicated([*keys, "ds"])
    if twice.any():
        row = series[twice].iloc[0]
        where = ", ".join(f"{name} {row[name]}" for name in (*keys, "ds"))
        raise SeriesError(f"two rows stand for {where}; give one row for each series and period")


def _split(name: object) -> tuple[str, str]:
    """Level and unique_id of a node's name."""
    level, _, node = str(name).partition("|")
    return level, node


def _wide(table: pd.DataFrame, column: str, horizon: int) -> FloatArray:
    return np.asarray(table[column].to_numpy(dtype=np.float64).reshape(-1, horizon).T)


def _trials(prepared: Prepared, tree: Tree) -> list[Trial]:
    """Forecasts of all nodes from each earlier origin, with what came; nodes without a model err by nothing."""
    model = prepared.model
    if model is None:
        return []
    size = tree.names.size
    result = []
    for back in sorted({one.back for one in model.earlier}):
        ahead = min(back, model.horizon)
        mean, observed = np.zeros((ahead, size)), np.zeros((ahead, size))
        spread = np.zeros((ahead, size))
        for one, centre, values in model.replay(back, QUANTILE_LEVELS):
            place = prepared.modelled[one.columns]
            factor = model.calendar(one, ahead)
            mean[:, place], observed[:, place] = centre * factor, one.observed * factor
            spread[:, place] = (values[6] - values[2]) * factor / 2.563
        result.append(Trial(back, mean, observed, spread))
    return result


def _around(means: FloatArray, base: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Quantiles moved with their means: in proportion while that is within reason, else by the difference."""
    ratio = means / np.where(np.abs(base) > 1e-9, base, 1.0)
    proportional = (base > 0.0) & (ratio > 0.5) & (ratio < 2.0)
    return np.where(proportional, quantiles * np.where(proportional, ratio, 1.0), quantiles + (means - base))


def _table(base: pd.DataFrame, tree: Tree, means: FloatArray, values: FloatArray) -> pd.DataFrame:
    horizon = means.shape[0]
    result = base[["ds"]].copy()
    for place, column in enumerate(("level", "unique_id")):
        result.insert(place, column, np.repeat([_split(name)[place] for name in tree.names], horizon))
    result["mean"] = means.T.ravel()
    quantiles = np.empty((len(QUANTILE_LEVELS), horizon, tree.names.size))
    for step in range(horizon):
        sums = values[:, step] @ tree.sums.T
        quantiles[:, step] = np.quantile(sums, QUANTILE_LEVELS, axis=0)
    for name, value in zip(QUANTILE_COLUMNS, quantiles, strict=True):
        result[name] = value.T.ravel()
    return result
