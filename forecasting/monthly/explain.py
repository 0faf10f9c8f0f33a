"""Why a forecast is what it is: level, trend, season and calendar, summing exactly to the mean.

On each scale a member's forecast is the sum of its parts' conditional expectations given the whole history
(cov(part ahead, past) cov(past)^-1 past). Back on the data's scale, where the scales bend, the season is what it
changes of level and trend together, the trend what it changes of the level alone; what a mean lies above its
median stays with the level. What the small-count levels add or take is spread over the parts in proportion.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cho_solve

from forecasting.monthly.engine import (
    Data,
    Engine,
    cumulated,
    evidence_of,
    innovations_of,
    posterior,
    standardise,
    whole,
)
from forecasting.monthly.forecast import Prepared, forecast_prepared, prepare
from forecasting.monthly.frames import alike, plain
from forecasting.monthly.intervals import Replay
from forecasting.monthly.kernels import Covariances
from forecasting.monthly.panel_model import PanelModel
from forecasting.monthly.periods import Frequency, IntArray
from forecasting.monthly.scales import SCALES, scale_of
from forecasting.scores import FloatArray

PARTS = ("level", "trend", "season", "calendar")
COLUMNS = ("unique_id", "ds", "mean", *PARTS)


def explain_series(
    series: pd.DataFrame,
    *,
    freq: str = "MS",
    horizon: int = 12,
    seed: int = 1,
    calendar: bool = True,
    only_counts: bool = False,
) -> pd.DataFrame:
    """The parts of every forecast of `forecast_series` with the same settings.

    Args:
        series: unique_id, ds, y (long), a pandas or Polars frame.
        freq: `D`, `W`, `MS`, `QS` or `YS`.
        horizon: periods ahead.
        seed: as for `forecast_series`.
        calendar: as for `forecast_series`.
        only_counts: as for `forecast_series`.

    Returns:
        unique_id, ds, mean, level (at the end of the series), trend (from there on), season, calendar (working
        days); the parts sum to the mean. A series without a model has a level alone.

    Raises:
        SeriesError: nothing can be forecast.
    """
    prepared, _ = prepare(
        plain(series), freq=freq, horizon=horizon, seed=seed, calendar=calendar, only_counts=only_counts
    )
    return alike(explain_prepared(prepared, forecast_prepared(prepared, horizon)), series)  # type: ignore[no-any-return]


def explain_prepared(prepared: Prepared, forecast: pd.DataFrame) -> pd.DataFrame:
    """The parts of the forecasts of a prepared panel; see `explain_series`."""
    table = forecast[["unique_id", "ds", "mean"]].copy()
    horizon = len(table) // prepared.panel.ids.size
    mean = table["mean"].to_numpy().reshape(-1, horizon).T
    parts = {name: np.zeros_like(mean) for name in PARTS}
    if prepared.model is not None:
        for one in prepared.model.ends:
            place = prepared.modelled[one.columns]
            for name, value in _block(prepared.model, one, prepared.freq, mean[:, place]).items():
                parts[name][:, place] = value
    parts["level"] = mean - parts["trend"] - parts["season"] - parts["calendar"]
    for name in PARTS:
        table[name] = parts[name].T.ravel()
    return table


def _block(model: PanelModel, one: Replay, freq: Frequency, mean: FloatArray) -> dict[str, FloatArray]:
    """Trend, season and calendar of a block of series of one length, shape (horizon, n)."""
    data = whole(model.adjusted.take(one.columns))
    weight = _weights(model.engine, data)
    trend, season = np.zeros_like(mean), np.zeros_like(mean)
    for s, name in enumerate(SCALES):
        scale = scale_of(name, data.y, data.count)
        standard, shift, unit = standardise(data.y, scale)
        share = weight[s].sum(axis=0)
        within = weight[s] / np.maximum(share, 1e-300)
        level, slope, wave = _on_scale(model.engine, within, standard, model.horizon, freq)
        flat = scale.median(level * unit + shift)
        sloped = scale.median((level + slope) * unit + shift)
        full = scale.median((level + slope + wave) * unit + shift)
        trend += np.where(share > 0.0, share * (sloped - flat), 0.0)
        season += np.where(share > 0.0, share * (full - sloped), 0.0)
    effect = model.calendar(one, model.horizon)
    plain_mean = mean / effect
    ratio = plain_mean / np.where(np.abs(one.outlook.mean) > 1e-12, one.outlook.mean, 1.0)
    ratio = np.where(model.data.count[one.columns], np.clip(ratio, 0.0, 10.0), 1.0)
    return {"trend": trend * ratio, "season": season * ratio, "calendar": mean - plain_mean}


def _weights(engine: Engine, data: Data) -> FloatArray:
    """Posterior weights at the end of the series, shape (scales, members, n)."""
    end, every = data.y.shape[0], np.arange(len(engine.models))
    result = np.full((len(SCALES), every.size, data.length.size), -np.inf)
    for s, name in enumerate(SCALES):
        scale = scale_of(name, data.y, data.count)
        standard, _, unit = standardise(data.y, scale)
        squares = cumulated(innovations_of(engine.inverses, every, standard), [end])[0]
        evidence, _ = evidence_of(squares, engine.log_diagonal(every, end), end, unit)
        result[s] = evidence + scale.log_jacobian(data.y)[1:].sum(axis=0) + engine.prior[s][:, None]
        if name != "identity":
            result[s][:, data.signed] = -np.inf
    return posterior(result)


def _on_scale(
    engine: Engine, within: FloatArray, standard: FloatArray, horizon: int, freq: Frequency
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Level at the end, trend from there on and season of the standardised series, shape (horizon, n)."""
    end = standard.shape[0]
    covariances = Covariances(end + horizon, freq.seasons[:1])
    ahead: IntArray = np.arange(end, end + horizon)
    level, slope, wave = (np.zeros((horizon, standard.shape[1])) for _ in range(3))
    for number in np.flatnonzero(within.max(axis=1) > 1e-4):
        member, share = engine.models[number], within[number]
        parts = covariances.parts(member)
        past = np.linalg.cholesky(np.eye(end) + sum(part[:end, :end] for part in parts.values()))
        alpha = cho_solve((past, True), standard, check_finite=False)
        level += share * (parts["level"][ahead, :end] @ alpha)
        if "trend" in parts:
            now = parts["trend"][end - 1, :end] @ alpha
            level += share * now
            slope += share * (parts["trend"][ahead, :end] @ alpha - now)
        if "season" in parts:
            wave += share * (parts["season"][ahead, :end] @ alpha)
    return level, slope, wave
