"""What is learnt of a panel of complete series, and its forecasts: means, quantiles, and replays to judge them by.

Calendar and level shifts are taken out, the family of models trained, forecasts made from the end and from earlier
origins; the errors there say how a forecast becomes quantiles. Tables are read and written elsewhere (`forecast`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from forecasting.monthly import count_levels, counts, intervals
from forecasting.monthly.breaks import rescale_level_shifts
from forecasting.monthly.calendar_effects import working_day_power
from forecasting.monthly.engine import Data, Engine, Outlook, blocks, train
from forecasting.monthly.mending import draw_in_outliers
from forecasting.monthly.panel import BoolArray, Panel
from forecasting.monthly.periods import Frequency, IntArray
from forecasting.scores import FloatArray

UNKNOWN_SPREAD = 0.3
"""Relative spread of a series without a model when no other series lends one."""


@dataclass(frozen=True)
class PanelModel:
    """A panel with its trained family, its forecasts from the end and from earlier origins.

    Attributes:
        data: complete series as they came.
        adjusted: the same without calendar, level shifts and outliers.
        engine: the trained family.
        effect: calendar factor of each period and series over history and horizon, shape (T + horizon, N).
        ends: forecasts from the end, by block of series of one length.
        earlier: forecasts from earlier origins beside what came.
        horizon: periods ahead.
        seed: of the randomised part of the calibration of small counts.
    """

    data: Data
    adjusted: Data
    engine: Engine
    effect: FloatArray
    ends: list[intervals.Replay]
    earlier: list[intervals.Replay]
    horizon: int
    seed: int

    def forecast(self, levels: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
        """Means (horizon, N) and quantiles (levels, horizon, N) from the end."""
        rule = _rule(self.earlier, self.data, self.horizon, levels, self.seed)
        mean = np.empty((self.horizon, self.data.length.size))
        values = np.empty((len(levels), *mean.shape))
        for one in self.ends:
            columns = one.columns
            floor = ~self.data.signed[columns]
            mean[:, columns], values[:, :, columns] = rule.apply(
                one.outlook, columns, self.calendar(one, self.horizon), floor
            )
        return mean, values

    def replay(
        self, back: int, levels: tuple[float, ...]
    ) -> list[tuple[intervals.Replay, FloatArray, FloatArray]]:
        """Means and quantiles from an earlier origin, their widths learnt at the other origins only.

        Args:
            back: periods held back.
            levels: probabilities.

        Returns:
            Per block: the replay, its means (h, n) and its quantiles (levels, h, n), calendar left out as in the
            observed values of the replay.
        """
        others = [one for one in self.earlier if one.back != back]
        rule = _rule(others, self.data, self.horizon, levels, self.seed)
        result = []
        for one in self.earlier:
            if one.back == back:
                flat = np.ones_like(one.outlook.mean)
                result.append((one, *rule.apply(one.outlook, one.columns, flat, ~self.data.signed[one.columns])))
        return result

    def calendar(self, one: intervals.Replay, ahead: int) -> FloatArray:
        """Calendar factors of the periods that a forecast is for, shape (ahead, n)."""
        rows = np.arange(ahead)[:, None] + (self.data.length[one.columns] - one.back)[None, :]
        return np.asarray(np.take_along_axis(self.effect[:, one.columns], rows, axis=0))


def fit_panel(panel: Panel, data: Data, freq: Frequency, horizon: int, *, seed: int, calendar: bool) -> PanelModel:
    """Learn what a panel of series needs for its forecasts.

    Args:
        panel: the series; notes of what is mended are added to.
        data: the same, complete.
        freq: their frequency.
        horizon: periods ahead.
        seed: of the randomised part of the calibration of small counts.
        calendar: whether working days may be taken into account.
    """
    steps = data.y.shape[0]
    x, power = working_day_power(data, panel, freq, horizon)
    if not calendar:
        power = np.zeros_like(power)
    effect = np.exp(x * power[None, :])
    adjusted = replace(data, y=data.y / effect[:steps])
    adjusted, shifts, shifted = rescale_level_shifts(adjusted, panel, freq)
    came = np.where(np.isfinite(panel.y[:steps]), adjusted.y, np.nan)
    adjusted, outliers = draw_in_outliers(adjusted, freq)
    _note(panel, shifted, outliers.sum(axis=0))
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
    return PanelModel(data, adjusted, engine, effect, ends, earlier, horizon, seed)


def wandering(y: FloatArray, horizon: int) -> float:
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
        values = intervals.quantiles(outlook, self.errors[:, : outlook.mean.shape[0]], self.levels, floor) * effect
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


def _note(panel: Panel, shifted: dict[int, str], outliers: IntArray) -> None:
    for column, text in shifted.items():
        panel.notes[column].append(text)
    for column in np.flatnonzero(outliers).tolist():
        panel.notes[column].append(f"{outliers[column]} outliers drawn in")
