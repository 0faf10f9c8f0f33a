"""Forecast any table of series: read, mend, train on the panel, calibrate on earlier origins, give quantiles."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.monthly import count_levels, counts, intervals
from forecasting.monthly.breaks import rescale_level_shifts
from forecasting.monthly.calendar_effects import working_day_power
from forecasting.monthly.engine import Data, Outlook, blocks, train
from forecasting.monthly.mending import closed_services, draw_in_outliers, fill_gaps, from_first_use
from forecasting.monthly.panel import BoolArray, Panel, SeriesError, read_panel
from forecasting.monthly.periods import Frequency, IntArray, frequency
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

FEWEST = 4
"""Shorter series are not modelled: their last value or mean is repeated with the panel's spread."""


UNKNOWN_SPREAD = 0.3
"""Relative spread of a series without a model when no other series lends one."""


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
) -> SeriesForecast:
    """Forecast every series of a table, all at once.

    Each series is forecast from its own last observation. Whole, non-negative values are taken as counts: their
    quantiles are whole and non-negative. Values that are never negative keep their intervals above zero.

    Args:
        series: unique_id, ds, y (long).
        freq: `D`, `W`, `MS`, `QS` or `YS` (anchors allowed).
        horizon: periods ahead, at least 1.
        quantiles: probabilities of the quantile columns, increasing, with 0.5 among them.
        seed: for the randomised part of the calibration of small counts.
        calendar: whether working days may be taken into account (only where the panel shows their effect).

    Returns:
        Forecasts in the order of the series' first rows, and the refused series with reasons.

    Raises:
        SeriesError: nothing can be forecast, or a setting is not possible.
    """
    _check_settings(horizon, quantiles)
    try:
        kind = frequency(freq)
    except ValueError as error:
        raise SeriesError(str(error)) from error
    panel, refused = read_panel(series, kind)
    panel = from_first_use(panel, kind)
    mean, values = _forecast_panel(panel, kind, horizon, quantiles, seed, calendar)
    return SeriesForecast(_table(panel, kind, horizon, quantiles, mean, values), refused)


def _check_settings(horizon: int, quantiles: tuple[float, ...]) -> None:
    if horizon < 1:
        raise SeriesError(f"the horizon must be at least 1 period, got {horizon}")
    levels = np.asarray(quantiles, dtype=float)
    if 0.5 not in quantiles or (np.diff(levels) <= 0).any() or levels.min() <= 0.0 or levels.max() >= 1.0:
        raise SeriesError(f"quantiles must increase between 0 and 1 and hold 0.5, got {quantiles}")


def _forecast_panel(
    panel: Panel, freq: Frequency, horizon: int, levels: tuple[float, ...], seed: int, calendar: bool
) -> tuple[FloatArray, FloatArray]:
    """Means (horizon, N) and quantiles (levels, horizon, N); writes notes into the panel."""
    full = Data(fill_gaps(panel.y, freq.season_length), panel.length, panel.count, panel.signed)
    mean = np.repeat(np.nanmean(panel.y, axis=0)[None, :], horizon, axis=0)
    values = np.repeat(mean[None], len(levels), axis=0)
    constant = _constant(panel, full)
    closed = closed_services(full, freq.season_length) & ~constant
    short = (panel.length < FEWEST) & ~constant
    modelled = np.flatnonzero(~(constant | closed | short))
    spread = UNKNOWN_SPREAD
    if modelled.size:
        part = _take_panel(panel, modelled)
        m, q, spread = _model(part, full.take(modelled), freq, horizon, levels, seed, calendar)
        mean[:, modelled], values[:, :, modelled] = m, q
    mean[:, closed], values[:, :, closed] = 0.0, 0.0
    for column in np.flatnonzero(closed):
        panel.notes[column].append("closed: its latest values are all zero, forecast stays zero")
    repeated = np.flatnonzero(constant | short)
    if repeated.size:
        m, q = _repeat(panel, repeated, horizon, levels, spread)
        mean[:, repeated], values[:, :, repeated] = m, q
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


def _model(
    panel: Panel,
    data: Data,
    freq: Frequency,
    horizon: int,
    levels: tuple[float, ...],
    seed: int,
    calendar: bool,
) -> tuple[FloatArray, FloatArray, float]:
    """Means, quantiles and the panel's typical relative spread, by the family of models."""
    steps = data.y.shape[0]
    x, power = working_day_power(data, panel, freq, horizon)
    if not calendar:
        power = np.zeros_like(power)
    effect = np.exp(x * power[None, :])
    adjusted = replace(data, y=data.y / effect[:steps])
    adjusted, shifts, shifted = rescale_level_shifts(adjusted, panel, freq)
    came = np.where(np.isfinite(panel.y[:steps]), adjusted.y, np.nan)
    adjusted, outliers = draw_in_outliers(adjusted, freq)
    _note(panel, power, shifted, outliers.sum(axis=0))
    engine = train(adjusted, freq, horizon)
    backs = intervals.origins(horizon, int(data.length.max()), freq.season_length)
    ends: list[intervals.Replay] = []
    earlier: list[intervals.Replay] = []
    for columns in blocks(data.length, int(np.isfinite(engine.prior).sum(axis=1).sum())):
        first, *rest = intervals.replays(
            engine, adjusted.take(columns), came[:, columns], shifts[:, columns], columns, horizon, backs
        )
        ends.append(first)
        earlier.extend(rest)
    level = _mean_level(data)
    small = np.flatnonzero(data.count & (level < counts.SMALL))
    if small.size:
        ends, earlier = count_levels.with_count_means(
            ends, earlier, adjusted.take(small), panel.start, small, level, freq, horizon
        )
    rule = _rule(earlier, data, horizon, levels, seed)
    mean = np.empty((horizon, data.length.size))
    values = np.empty((len(levels), *mean.shape))
    ahead = np.arange(horizon)[:, None] + data.length[None, :]
    future = np.take_along_axis(effect, ahead, axis=0)
    for one in ends:
        columns = one.columns
        floor = ~data.signed[columns]
        mean[:, columns], values[:, :, columns] = rule.apply(one.outlook, columns, future[:, columns], floor)
    return mean, values, _wandering(panel.y, horizon)


def _wandering(y: FloatArray, horizon: int) -> float:
    """How far the panel's values lie from those up to a year (or the horizon) before, as a share of their mean.

    This is what is not known of a series seen once: noise, season and the way of its level. Root mean square over
    series, since nothing says which of them the unknown one is like.
    """
    level = np.maximum(np.abs(np.nanmean(y, axis=0)), 1e-9)
    steps = y.shape[0]
    lags = range(1, min(horizon, 12, steps - 1) + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a lag that a short series does not have
        square = np.stack([np.nanmean((y[lag:] - y[: steps - lag]) ** 2, axis=0) for lag in lags])
        relative = np.minimum(np.sqrt(np.nanmean(square, axis=0)) / level, 1.0)
    return float(np.sqrt(np.nanmean(relative**2))) if np.isfinite(relative).any() else UNKNOWN_SPREAD


def _mean_level(data: Data) -> FloatArray:
    known = np.arange(data.y.shape[0])[:, None] < data.length[None, :]
    return np.asarray(np.where(known, data.y, 0.0).sum(axis=0) / data.length)


@dataclass(frozen=True)
class _Rule:
    """How an outlook becomes means and quantiles: learnt once on earlier origins, applied block by block."""

    levels: tuple[float, ...]
    errors: FloatArray
    alpha: FloatArray
    small: BoolArray
    count: BoolArray
    small_levels: FloatArray
    small_bias: float

    def apply(
        self, outlook: Outlook, columns: IntArray, effect: FloatArray, floor: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        mean = np.where(floor, np.maximum(outlook.mean, 0.0), outlook.mean) * effect
        values = intervals.quantiles(outlook, self.errors, self.levels, floor) * effect
        count, small = self.count[columns], self.small[columns]
        values[:, :, count] = counts.whole_numbers(values[:, :, count], self.levels)
        if small.any():
            mean[:, small] *= self.small_bias
            alpha = np.broadcast_to(self.alpha[columns][small], mean[:, small].shape)
            values[:, :, small] = counts.negative_binomial_quantiles(
                mean[:, small], alpha, self.small_levels[:, None, None]
            )
        return mean, values


def _rule(
    replays: list[intervals.Replay], data: Data, horizon: int, levels: tuple[float, ...], seed: int
) -> _Rule:
    small = data.count & (_mean_level(data) < counts.SMALL)
    bias = counts.bias(replays, small)
    replays = [_scaled(one, np.where(small[one.columns], bias, 1.0)) for one in replays]
    alpha = counts.dispersion(replays, data.length.size, small)
    large = [_part(one, ~small[one.columns]) for one in replays]
    pools = intervals.standard_errors(large, horizon)
    probabilities = counts.calibrated_levels(replays, alpha, small, levels, np.random.default_rng(seed))
    return _Rule(levels, intervals.error_quantiles(pools, levels), alpha, small, data.count, probabilities, bias)


def _part(one: intervals.Replay, keep: BoolArray) -> intervals.Replay:
    """Some of the series of an earlier origin."""
    return replace(one, columns=one.columns[keep], outlook=one.outlook.take(keep), observed=one.observed[:, keep])


def _scaled(one: intervals.Replay, factor: FloatArray) -> intervals.Replay:
    """The replay with its means multiplied."""
    return replace(one, outlook=replace(one.outlook, mean=one.outlook.mean * factor))


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


def _note(panel: Panel, power: FloatArray, shifted: dict[int, str], outliers: IntArray) -> None:
    for column, text in shifted.items():
        panel.notes[column].append(text)
    for column in np.flatnonzero(outliers).tolist():
        panel.notes[column].append(f"{outliers[column]} outliers drawn in")


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
