"""Level shifts: sudden, lasting changes of level that are changes in recording, not need. Found, shown, rescaled.

A shift is looked for on the log scale, season taken out: the mean of a year after a month against the mean of a
year before it, in units of the series' own noise. A shift must be sudden (the step itself carries most of it) and
lasting. What lies before it is rescaled to the level after it, so that season and noise are kept and no growth is
read from it. Services of one unit that shift in the same month and direction need less evidence each: need does
not change in all of them at once, a client record does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly.engine import Data
from forecasting.monthly.frames import either_frame
from forecasting.monthly.mending import fill_gaps
from forecasting.monthly.panel import BoolArray, Panel, read_panel
from forecasting.monthly.periods import Frequency, IntArray, frequency, stamps_of
from forecasting.scores import FloatArray

CERTAIN = 8.0
"""Noise-scaled size of a shift that any series is rescaled for without being asked."""
LIKELY = 3.8
"""Noise-scaled size of a shift that is reported as a recording break."""
SMALLEST_CERTAIN, SMALLEST_LIKELY = np.log(1.6), np.log(1.2)
NEAR, SUDDEN = 3, 0.4
"""A shift is sudden when the mean of so many periods from it on, less as many before, has this share of it."""
AT_ONCE = 0.7
"""The same for a shift that is rescaled without being asked."""
WEAK, TOGETHER = 2.0, 5.5
"""Noise-scaled size of a shift that counts when other series of its group shift with it, and of the sum of a
group's such shifts over the root of their number."""
LARGE = np.log(5.0)
"""Larger shifts are measured anew before a series is rescaled by them."""
MOST_SHIFTS = 3
DISRUPTED = (pd.Timestamp("2020-03-01"), pd.Timestamp("2021-06-01"))
"""Months whose level is known to be disrupted: no break is looked for in them, and models need not follow them."""


@either_frame
def detect_breaks(
    counts: pd.DataFrame,
    *,
    freq: str = "MS",
    groups: Mapping[str, str] | None = None,
    announced: Sequence[tuple[str, str]] = (),
    disrupted: tuple[pd.Timestamp, pd.Timestamp] | None = DISRUPTED,
) -> pd.DataFrame:
    """Level shifts that look like changes in recording.

    Args:
        counts: unique_id, ds, y: events per unit (or unit and service) and period. In series with negative values,
            whose logarithm there is none of, only announced breaks are told.
        freq: frequency of the table.
        groups: unique_id to its unit: series of one unit that shift together need less evidence each. Series left
            out are alone.
        announced: (unique_id, first day of the new recording) known beforehand; always in the result.
        disrupted: first and last month left out of the search; None: none.

    Returns:
        unique_id, ds (first period of the new level), ratio (new level over old), score (noise units; NaN for
        announced ones), announced; in the order of the series, at most three per series.

    Raises:
        SeriesError: the table cannot be read at all.
    """
    kind = frequency(freq)
    panel, _ = read_panel(counts, kind)
    y = fill_gaps(panel.y, kind.season_length)
    known = np.arange(y.shape[0])[:, None] < panel.length[None, :]
    stamps = _history_stamps(panel, kind)
    if disrupted is not None:
        within = (stamps >= np.datetime64(disrupted[0])) & (stamps <= np.datetime64(disrupted[1]))
    else:
        within = np.zeros_like(known)
    units = np.asarray([(groups or {}).get(str(name), str(name)) for name in panel.ids], dtype=object)
    first = (panel.start - panel.start.min()) // _period(kind)  # series of a unit need not begin together
    usable = np.flatnonzero(~panel.signed)
    shifts = [
        (step - int(first[usable[place]]), usable[place], size, score)
        for step, place, size, score in level_shifts(
            _on_one_grid(y, first, 0.0)[:, usable],
            _on_one_grid(known, first, False)[:, usable],
            kind.season_length,
            LIKELY,
            SMALLEST_LIKELY,
            count=panel.count[usable],
            ignored=_on_one_grid(within, first, False)[:, usable],
            group=np.unique(units[usable], return_inverse=True)[1] if groups else None,
        )
    ]
    rows: list[tuple[object, object, float, float, bool]] = [
        (panel.ids[column], stamps[step, column], float(np.exp(size)), float(score), False)
        for step, column, size, score in shifts
    ]
    for name, day in announced:
        found = np.flatnonzero(panel.ids == name)
        if found.size:
            step = int(np.searchsorted(stamps[:, found[0]], np.datetime64(day)))
            rows = [row for row in rows if not (row[0] == name and abs(_months(row[1], day)) <= 2)]
            rows.append((name, np.datetime64(day, "ns"), level_ratio(y[:, found[0]], step), float("nan"), True))
    table = pd.DataFrame(rows, columns=["unique_id", "ds", "ratio", "score", "announced"])
    order = {name: place for place, name in enumerate(panel.ids)}
    table = table.assign(place=table["unique_id"].map(order)).sort_values(["place", "ds"], kind="stable")
    return table.drop(columns="place").reset_index(drop=True)


def _on_one_grid(values: NDArray[Any], first: IntArray, filling: float | bool) -> NDArray[Any]:
    """Columns (T, N) that begin at rows `first` of a common grid."""
    result = np.full((values.shape[0] + int(first.max()), values.shape[1]), filling, dtype=values.dtype)
    rows = first[None, :] + np.arange(values.shape[0])[:, None]
    result[rows, np.arange(values.shape[1])[None, :]] = values
    return result


def level_shifts(
    y: FloatArray,
    known: BoolArray,
    season: int,
    threshold: float,
    smallest: float,
    *,
    share: float = SUDDEN,
    count: BoolArray,
    ignored: BoolArray | None = None,
    group: IntArray | None = None,
) -> list[tuple[int, int, float, float]]:
    """Sudden lasting shifts of the log level in every column at once.

    Args:
        y: complete values, shape (T, N), >= 0.
        known: which belong to the series, shape (T, N).
        season: season length in periods.
        threshold: least size in units of the noise of the difference of two means.
        smallest: least size on the log scale.
        share: part of the shift that must come at once.
        count: series of counts, shape (N,).
        ignored: periods at which no shift is looked for and whose values count in no mean, shape (T, N).
        group: number of each column's unit, shape (N,), when columns of one unit share their breaks; they stand on
            one grid then.

    Returns:
        (first period of the new level, column, size on the log scale, size in noise units).
    """
    window = max(season, 6)
    if y.shape[0] < window + 6:
        return []
    use = known if ignored is None else known & ~ignored
    level = np.where(use, y, 0.0).sum(axis=0) / np.maximum(use.sum(axis=0), 1)
    log = np.log(np.maximum(y, 0.0) + 0.02 * level + np.where(count, 0.5, 0.0) + 1e-12)
    log = np.where(known, log, np.nan)
    result: list[tuple[int, int, float, float]] = []
    for _ in range(MOST_SHIFTS):
        smooth = _without_season(log, use, season)
        size, score = _jump(smooth, use, window)
        step, _ = _jump(smooth, use, NEAR)
        sudden = step * np.sign(size) >= share * np.abs(size)
        fits = sudden & (np.abs(size) >= smallest) & (score >= threshold)
        rank = np.where(fits, score, 0.0)
        if group is not None:  # what a unit shares is dated by all of its services
            rank = np.where(_shared(size, step, score, smallest / 2.0, group), np.inf, rank)
        place = np.argmax(rank, axis=0)
        found = np.flatnonzero(rank[place, np.arange(rank.shape[1])] > 0.0)
        if found.size == 0:
            break
        for column in found:
            first = int(place[column])
            result.append((first, int(column), float(size[first, column]), float(score[first, column])))
            log[:first, column] += size[first, column]
    return result


def _shared(size: FloatArray, step: FloatArray, score: FloatArray, smallest: float, group: IntArray) -> BoolArray:
    """Shifts that at least two series and half of a group have in the same period and direction, shape (T, N).

    Together they must be certain beyond `TOGETHER` and sudden; of all periods the most certain one counts.
    """
    count = np.bincount(group)
    result = np.zeros(size.shape, dtype=bool)
    for sign in (1.0, -1.0):
        weak = (sign * size >= smallest) & (score >= WEAK)
        hits, evidence, whole, at_once = (
            _by_group(np.where(weak, value, 0.0), group, count.size)
            for value in (np.ones(size.shape), score, np.abs(size), sign * step)
        )
        many = hits >= np.maximum(2, np.ceil(count / 2.0))
        together = evidence / np.sqrt(np.maximum(hits, 1.0))
        fits = many & (together >= TOGETHER) & (at_once >= SUDDEN * whole)
        best = np.where(fits, together, 0.0)
        fits &= best == best.max(axis=0)
        result |= weak & fits[:, group]
    return result


def _by_group(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Sums over the columns of each group, shape (T, groups)."""
    total = np.zeros((groups, values.shape[0]))
    np.add.at(total, group, values.T)
    return total.T


def rescale_level_shifts(data: Data, panel: Panel, freq: Frequency) -> tuple[Data, FloatArray, dict[int, str]]:
    """Bring what lies before a certain level shift to the level after it.

    Args:
        data: complete series.
        panel: the same, with their starts, for the notes.
        freq: their frequency.

    Returns:
        The data rescaled (rescaled counts are rounded), the log of what each value was multiplied by, shape
        (T, N), and a note per column that was changed.
    """
    known = np.arange(data.y.shape[0])[:, None] < data.length[None, :]
    factor = np.zeros(data.y.shape)
    if freq.unit == "D":
        return data, factor, {}
    candidates = np.where(data.signed[None, :], 0.0, data.y)
    shifts = level_shifts(
        candidates, known, freq.season_length, CERTAIN, SMALLEST_CERTAIN, share=AT_ONCE, count=data.count
    )
    if not shifts:
        return data, factor, {}
    notes: dict[int, str] = {}
    stamps = _history_stamps(panel, freq)
    for first, column, found, _ in shifts:
        size = _whole_size(data, shifts, first, column, found, freq.season_length)
        factor[:first, column] += size
        text = (
            f"level shift {pd.Timestamp(stamps[first, column]):%Y-%m-%d}: earlier values times {np.exp(size):.3g}"
        )
        notes[column] = f"{notes[column]}; {text}" if column in notes else text
    y = data.y * np.exp(factor)
    y = np.where(data.count[None, :], np.round(y), y)
    return replace(data, y=y), factor, notes


def _whole_size(
    data: Data, shifts: list[tuple[int, int, float, float]], first: int, column: int, size: float, season: int
) -> float:
    """The size of a shift; large ones anew, since what is added before taking logs hides the lower level.

    Added is a share of the lower of the two levels here, of up to a year on either side within other shifts.
    """
    if abs(size) < LARGE:
        return size
    window, length = max(season, 6), int(data.length[column])
    others = [step for step, other, *_ in shifts if other == column and step != first]
    low = max([first - window, 0, *(step for step in others if step < first)])
    high = min([first + window, length, *(step for step in others if step > first)])
    before, after = data.y[low:first, column], data.y[first:high, column]
    lower = min(before.mean(), after.mean())
    if lower <= 0.0:  # no ratio
        return size
    added = 0.02 * lower + (0.5 if data.count[column] else 0.0)
    return float(np.log(after + added).mean() - np.log(before + added).mean())


def _history_stamps(panel: Panel, freq: Frequency) -> NDArray[np.datetime64]:
    steps = np.arange(panel.y.shape[0])[:, None] * _period(freq)
    return stamps_of(panel.start[None, :] + steps, freq.unit, np.broadcast_to(panel.day, panel.y.shape))


def _period(freq: Frequency) -> int:
    """Units of the panel's start in one period."""
    return 7 if freq.unit == "W" else freq.step


def _without_season(log: FloatArray, use: BoolArray, season: int) -> FloatArray:
    """Logs less their mean seasonal pattern (medians of yearly deviations are too few: means, half shrunk)."""
    if season < 2 or log.shape[0] < 2 * season:
        return log
    known = np.where(use, log, np.nan)
    half = season // 2
    filled = np.nan_to_num(known)
    total = np.concatenate([np.zeros((1, log.shape[1])), np.cumsum(filled, axis=0)])
    number = np.concatenate([np.zeros((1, log.shape[1])), np.cumsum(use, axis=0)])
    low = np.maximum(np.arange(log.shape[0]) - half, 0)
    high = np.minimum(np.arange(log.shape[0]) + half, log.shape[0])
    local = (total[high] - total[low]) / np.maximum(number[high] - number[low], 1)
    deviation = np.clip(known - local, -0.7, 0.7)
    phase = np.arange(log.shape[0]) % season
    effect = np.stack(
        [
            np.nansum(deviation[phase == p], axis=0) / (1.0 + np.isfinite(deviation[phase == p]).sum(axis=0))
            for p in range(season)
        ]
    )
    return np.asarray(log - (effect - effect.mean(axis=0))[phase])


def _jump(smooth: FloatArray, use: BoolArray, window: int) -> tuple[FloatArray, FloatArray]:
    """Mean of up to `window` periods from t on less the mean of as many before it, and its size in noise."""
    steps, size = smooth.shape
    value = np.where(use, np.nan_to_num(smooth), 0.0)
    total = np.concatenate([np.zeros((1, size)), np.cumsum(value, axis=0)])
    square = np.concatenate([np.zeros((1, size)), np.cumsum(value**2, axis=0)])
    number = np.concatenate([np.zeros((1, size)), np.cumsum(use, axis=0)])
    here = np.arange(steps)
    low, high = np.maximum(here - window, 0), np.minimum(here + window, steps)
    n0, n1 = number[here] - number[low], number[high] - number[here]
    m0, m1 = (total[here] - total[low]) / np.maximum(n0, 1), (total[high] - total[here]) / np.maximum(n1, 1)
    s0 = (square[here] - square[low]) - n0 * m0**2
    s1 = (square[high] - square[here]) - n1 * m1**2
    enough = (n0 >= min(6, window)) & (n1 >= min(6, window)) & use
    variance = np.maximum(s0 + s1, 0.0) / np.maximum(n0 + n1 - 2, 1)
    change = np.where(use[1:] & use[:-1], np.abs(np.diff(smooth, axis=0)), np.nan)
    usual = (1.4826 * np.nanmedian(change, axis=0) / np.sqrt(2.0)) ** 2 if steps > 1 else np.zeros(size)
    noise = np.sqrt(
        np.maximum(np.maximum(variance, usual), 1e-8) * (1.0 / np.maximum(n0, 1) + 1.0 / np.maximum(n1, 1))
    )
    jump = np.where(enough, m1 - m0, 0.0)
    return jump, np.where(enough, np.abs(jump) / noise, 0.0)


def level_ratio(y: FloatArray, step: int, window: int = 12) -> float:
    """Mean of the periods from a step on over the mean of those before it; NaN where either is not known."""
    before, after = y[max(0, step - window) : step], y[step : step + window]
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    if not before.size or not after.size or before.mean() <= 0.0:
        return float("nan")
    return float(after.mean() / before.mean())


def _months(stamp: object, day: str) -> int:
    a, b = pd.Timestamp(stamp), pd.Timestamp(day)  # type: ignore[arg-type]
    return (a.year - b.year) * 12 + a.month - b.month
