"""Forecast any table of series: read, mend, train on the panel, calibrate on earlier origins, give quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting.monthly import counts
from forecasting.monthly.engine import Data
from forecasting.monthly.frames import alike, plain
from forecasting.monthly.mending import closed_services, fill_gaps, from_first_use
from forecasting.monthly.panel import BoolArray, Panel, SeriesError, read_panel
from forecasting.monthly.panel_model import UNKNOWN_SPREAD, PanelModel, fit_panel, wandering
from forecasting.monthly.periods import Frequency, IntArray, frequency
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

FEWEST = 4
"""Shorter series are not modelled: their last value or mean is repeated with the panel's spread."""


@dataclass(frozen=True)
class SeriesForecast:
    """Forecasts and the series that could not be forecast.

    Attributes:
        forecast: unique_id, ds, mean, quantile columns, note (what was mended or assumed; empty: nothing).
        refused: unique_id, reason.
    """

    forecast: pd.DataFrame
    refused: pd.DataFrame


def forecast_series(
    series: pd.DataFrame,
    *,
    freq: str = "MS",
    horizon: int = 12,
    quantiles: tuple[float, ...] = QUANTILE_LEVELS,
    seed: int = 1,
    calendar: bool = True,
    only_counts: bool = False,
) -> SeriesForecast:
    """Forecast every series of a table, all at once.

    Each series is forecast from its own last observation. Whole, non-negative values are taken as counts: their
    quantiles are whole and non-negative. Values that are never negative keep their intervals above zero.

    Args:
        series: unique_id, ds, y (long), a pandas or Polars frame.
        freq: `D`, `W`, `MS`, `QS` or `YS` (anchors allowed).
        horizon: periods ahead, at least 1.
        quantiles: probabilities of the quantile columns, increasing, with 0.5 among them.
        seed: for the randomised part of the calibration of small counts.
        calendar: whether working days may be taken into account (only where the panel shows their effect).
        only_counts: every series is a count: one with a negative or broken value is refused.

    Returns:
        Forecasts by name of series, and the refused series with reasons; Polars frames when
        the table was one.

    Raises:
        SeriesError: nothing can be forecast, or a setting is not possible.
    """
    _, made = forecast_panel(
        plain(series),
        freq=freq,
        horizon=horizon,
        quantiles=quantiles,
        seed=seed,
        calendar=calendar,
        only_counts=only_counts,
    )
    return SeriesForecast(alike(made.forecast, series), alike(made.refused, series))


@dataclass(frozen=True)
class Prepared:
    """A checked panel, sorted into what is modelled, what has closed, and what is repeated.

    Attributes:
        panel: the series.
        freq: their frequency.
        modelled: numbers of the series with a model, `closed` and `repeated` those without.
        model: what was learnt of the modelled series; None when there are none.
        spread: relative spread that the panel lends to series without a model.
    """

    panel: Panel
    freq: Frequency
    modelled: IntArray
    closed: IntArray
    repeated: IntArray
    model: PanelModel | None
    spread: float


def forecast_panel(
    series: pd.DataFrame,
    *,
    freq: str = "MS",
    horizon: int = 12,
    quantiles: tuple[float, ...] = QUANTILE_LEVELS,
    **settings: Any,
) -> tuple[Prepared, SeriesForecast]:
    """What `forecast_series` gives for a pandas frame, and the panel it rests on: for parts and scores."""
    _check_settings(horizon, quantiles)
    prepared, refused = prepare(series, freq=freq, horizon=horizon, **settings)
    return prepared, SeriesForecast(forecast_prepared(prepared, horizon, quantiles), refused)


def prepare(
    series: pd.DataFrame,
    *,
    freq: str,
    horizon: int,
    seed: int = 1,
    calendar: bool = True,
    only_counts: bool = False,
) -> tuple[Prepared, pd.DataFrame]:
    """Check a table and learn what its forecasts need; see `forecast_series` for arguments and errors.

    Returns:
        The panel with its model, and the refused series (unique_id, reason).
    """
    try:
        kind = frequency(freq)
    except ValueError as error:
        raise SeriesError(str(error)) from error
    panel, refused = read_panel(series, kind, only_counts=only_counts)
    panel = from_first_use(panel, kind)
    full = Data(fill_gaps(panel.y, kind.season_length), panel.length, panel.count, panel.signed)
    constant = _constant(panel, full)
    closed = closed_services(full, kind.season_length) & ~constant
    short = (panel.length < FEWEST) & ~constant
    modelled = np.flatnonzero(~(constant | closed | short))
    model, spread = None, UNKNOWN_SPREAD
    if modelled.size:
        part = _take_panel(panel, modelled)
        model = fit_panel(part, full.take(modelled), kind, horizon, seed=seed, calendar=calendar)
        spread = wandering(part.y, horizon)
    repeated = np.flatnonzero(constant | short)
    return Prepared(panel, kind, modelled, np.flatnonzero(closed), repeated, model, spread), refused


def forecast_prepared(
    prepared: Prepared, horizon: int, quantiles: tuple[float, ...] = QUANTILE_LEVELS
) -> pd.DataFrame:
    """The forecast table of a prepared panel; `horizon` is the one it was prepared for."""
    mean, values = _moments(prepared, horizon, quantiles)
    return _table(prepared.panel, prepared.freq, horizon, quantiles, mean, values)


def _check_settings(horizon: int, quantiles: tuple[float, ...]) -> None:
    if horizon < 1:
        raise SeriesError(f"the horizon must be at least 1 period, got {horizon}")
    levels = np.asarray(quantiles, dtype=float)
    if 0.5 not in quantiles or (np.diff(levels) <= 0).any() or levels.min() <= 0.0 or levels.max() >= 1.0:
        raise SeriesError(f"quantiles must increase between 0 and 1 and hold 0.5, got {quantiles}")


def _moments(prepared: Prepared, horizon: int, levels: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Means (horizon, N) and quantiles (levels, horizon, N); writes notes into the panel."""
    panel = prepared.panel
    mean = np.zeros((horizon, panel.ids.size))
    values = np.zeros((len(levels), *mean.shape))
    if prepared.model is not None:
        mean[:, prepared.modelled], values[:, :, prepared.modelled] = prepared.model.forecast(levels)
    for column in prepared.closed:
        panel.notes[column].append("closed: its latest values are all zero, forecast stays zero")
    if prepared.repeated.size:
        m, q = _repeat(panel, prepared.repeated, horizon, levels, prepared.spread)
        mean[:, prepared.repeated], values[:, :, prepared.repeated] = m, q
    return mean, values


def _constant(panel: Panel, full: Data) -> BoolArray:
    """Series that have never changed over at least `FEWEST` periods."""
    known = np.isfinite(panel.y)
    low = np.where(known, panel.y, np.inf).min(axis=0)
    high = np.where(known, panel.y, -np.inf).max(axis=0)
    return np.asarray((low == high) & ((full.length >= FEWEST) | (low == 0.0)))


def _repeat(
    panel: Panel, columns: IntArray, horizon: int, levels: tuple[float, ...], spread: float
) -> tuple[FloatArray, FloatArray]:
    """Series without a model: the mean of what is known, with a spread borrowed from the panel.

    A constant history is repeated without spread when it is zero or not a count; counts keep at least the
    variation of a Poisson count.
    """
    y = panel.y[:, columns]
    known = np.isfinite(y)
    level = np.where(known, y, 0.0).sum(axis=0) / known.sum(axis=0)
    size = known.sum(axis=0)
    same = np.nanmax(y, axis=0) == np.nanmin(y, axis=0)
    steady = same & (size >= FEWEST)
    relative = np.where(steady, 0.0, spread)
    ahead = np.sqrt(0.5 + 0.5 / size + np.arange(horizon)[:, None] / 24.0)
    poisson = np.where(panel.count[columns] & (level > 0.0), level, 0.0)
    deviation = np.sqrt((relative * np.abs(level)) ** 2 + poisson) * ahead
    from scipy.special import stdtrit

    z = stdtrit(6, np.asarray(levels))[:, None, None]
    values = level + z * deviation
    values = np.where(panel.signed[columns], values, np.maximum(values, 0.0))
    whole = counts.whole_numbers(values, levels)
    values = np.where(panel.count[columns], whole, values)
    for column, zero, length in zip(columns, (level == 0.0) & same, size, strict=True):
        if zero:
            panel.notes[column].append("all zeros: forecast stays zero")
        elif length == 1:
            panel.notes[column].append("one observation: repeated")
        elif length < FEWEST:
            panel.notes[column].append(f"{length} observations: their mean is repeated")
        else:
            panel.notes[column].append("constant: repeated")
    return np.repeat(level[None, :], horizon, axis=0), values


def _take_panel(panel: Panel, columns: IntArray) -> Panel:
    """Some of the series; their notes stay shared with the whole panel."""
    return Panel(
        panel.ids[columns],
        panel.y[:, columns],
        panel.length[columns],
        panel.start[columns],
        panel.day[columns],
        panel.count[columns],
        panel.signed[columns],
        [panel.notes[column] for column in columns],
    )


def _table(
    panel: Panel,
    freq: Frequency,
    horizon: int,
    levels: tuple[float, ...],
    mean: FloatArray,
    values: FloatArray,
) -> pd.DataFrame:
    names = QUANTILE_COLUMNS if levels == QUANTILE_LEVELS else tuple(f"q{level:g}" for level in levels)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(panel.ids, horizon),
            "ds": panel.stamps(freq, horizon).T.ravel(),
            "mean": mean.T.ravel(),
            **{name: values[k].T.ravel() for k, name in enumerate(names)},
            "note": np.repeat(np.array(["; ".join(note) for note in panel.notes], dtype=object), horizon),
        }
    )
