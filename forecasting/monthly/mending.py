"""Before the models: gaps filled, lone outliers drawn in, closed services recognised. Level shifts: `breaks`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecasting.monthly.engine import Data
from forecasting.monthly.kernels import Covariances, Model
from forecasting.monthly.panel import BoolArray, Panel
from forecasting.monthly.periods import Frequency
from forecasting.monthly.scales import scale_of
from forecasting.scores import FloatArray

OUTLIER = 5.0
"""Innovations beyond this many robust standard deviations are drawn in to it."""
POISSON_NOISE = 0.5
"""Standard deviation of the square root of a Poisson count: no count is an outlier within it."""
CLOSED_CHANCE = 1e-4
"""A final run of zeros less likely than this under the earlier share of zeros is a closed service."""
FEWEST_FOR_OUTLIERS = 18


def fill_gaps(y: FloatArray, season: int) -> FloatArray:
    """Fill missing periods inside each series: straight line plus the mean seasonal deviation from it.

    Args:
        y: shape (T, N), NaN where missing or after the end (what follows the end repeats the last value).
        season: season length in periods, 1 for none.
    """
    present = np.isfinite(y)
    if present.all():
        return y
    line = _interpolate(y, present)
    deviation = np.where(present, y - _moving_mean(line, season), np.nan)
    filled = line
    if season > 1 and y.shape[0] >= 2 * season:
        phase = np.arange(y.shape[0]) % season
        total = np.stack([np.nansum(deviation[phase == p], axis=0) for p in range(season)])
        known = np.stack([np.isfinite(deviation[phase == p]).sum(axis=0) for p in range(season)])
        effect = total / (known + 1.0)
        effect -= effect.mean(axis=0)
        smooth = _interpolate(np.where(present, y - effect[phase], np.nan), present)
        filled = np.where(present, y, smooth + effect[phase])
    low = np.nanmin(y, axis=0)
    return np.where(present, y, np.maximum(filled, np.where(low >= 0.0, 0.0, -np.inf)))


def draw_in_outliers(data: Data, freq: Frequency) -> tuple[Data, BoolArray]:
    """Draw lone outliers in to five robust standard deviations of their innovation.

    The last two periods and runs of surprises (a change of level) are left alone.

    Returns:
        The data, and which values were changed, shape (T, N).
    """
    steps = data.y.shape[0]
    changed = np.zeros(data.y.shape, dtype=bool)
    if steps < FEWEST_FOR_OUTLIERS:
        return data, changed
    factor = Covariances(steps, freq.seasons[:1]).cholesky(
        Model(0.04, 1.5 if freq.seasons else 0.0, 1.0, False, "none", 0.0)
    )
    known = np.arange(steps)[:, None] < data.length[None, :]
    masked = np.where(known, data.y, np.nan)
    signed = data.signed
    z = np.where(signed, masked, scale_of("sqrt", masked, data.count).forward(masked))
    centred = np.nan_to_num(z - np.nanmean(z, axis=0))
    surprise = np.linalg.solve(factor, centred)
    surprise[0] = 0.0
    deviation = 1.4826 * np.nanmedian(np.where(known, np.abs(surprise), np.nan), axis=0)
    deviation = np.where(data.count, np.maximum(deviation, POISSON_NOISE), deviation)
    limit = OUTLIER * np.where(deviation > 0.0, deviation, np.inf)
    far = (np.abs(surprise) > limit) & known
    size = np.abs(surprise)
    beside = np.zeros_like(far)
    alike = far[1:] & far[:-1] & (np.sign(surprise[1:]) == np.sign(surprise[:-1]))
    beside[1:] |= alike | (size[1:] < size[:-1])
    beside[:-1] |= alike | (size[:-1] < size[1:])
    settled = np.arange(steps)[:, None] < (data.length - 2)[None, :]
    changed = far & ~beside & settled & (data.length >= FEWEST_FOR_OUTLIERS)
    excess = surprise - np.clip(surprise, -limit, limit)
    tamed = z - excess * np.diag(factor)[:, None]
    scale = scale_of("sqrt", masked, data.count)
    back = np.where(signed, tamed, np.maximum(scale.median(tamed), 0.0))
    back = np.where(data.count, np.round(back), back)
    return replace(data, y=np.where(changed, back, data.y)), changed


def from_first_use(panel: Panel, freq: Frequency) -> Panel:
    """Series without the zeros before a service began: a first run of zeros too long to be chance is left out.

    Args:
        panel: the series; notes of those that change are added to.
        freq: their frequency.
    """
    steps = panel.y.shape[0]
    known = np.isfinite(panel.y)
    nonzero = known & (panel.y != 0.0)
    lead = np.argmax(nonzero, axis=0)
    after = np.maximum(panel.length - lead, 1)
    share = np.maximum(1.0 - nonzero.sum(axis=0) / after, 1.0 / (after + 1.0))
    zeros = (known & (np.arange(steps)[:, None] < lead)).sum(axis=0)
    late = nonzero.any(axis=0) & (zeros >= max(3, freq.season_length // 2)) & (share**zeros < CLOSED_CHANCE)
    if not late.any():
        return panel
    cut = np.where(late, lead, 0)
    rows = np.arange(steps)[:, None] + cut[None, :]
    moved = np.take_along_axis(panel.y, np.minimum(rows, steps - 1), axis=0)
    y = np.where(rows < steps, moved, np.nan)
    start = panel.start + cut * (7 if freq.unit == "W" else freq.step)
    for column in np.flatnonzero(late):
        panel.notes[column].append(f"begins after {lead[column]} periods of zeros, which are left out")
    length = panel.length - cut
    return replace(panel, y=y[: int(length.max())], length=length, start=start)


def closed_services(data: Data, season: int) -> BoolArray:
    """Series that have ended in a run of zeros too long to be chance, shape (N,); all zeros is not closed."""
    steps = data.y.shape[0]
    known = np.arange(steps)[:, None] < data.length[None, :]
    nonzero = (data.y != 0.0) & known
    last = steps - 1 - np.argmax(nonzero[::-1], axis=0)
    run = data.length - 1 - last
    before = np.maximum(last + 1, 1)
    zero_share = 1.0 - nonzero.sum(axis=0) / before
    chance = np.maximum(zero_share, 1.0 / (before + 1.0)) ** run
    return np.asarray(nonzero.any(axis=0) & (run >= max(3, season // 2)) & (chance < CLOSED_CHANCE))


def _interpolate(y: FloatArray, present: BoolArray) -> FloatArray:
    """Straight lines over the gaps of every column at once; ends repeated."""
    steps = y.shape[0]
    time = np.arange(steps)[:, None]
    before = np.maximum.accumulate(np.where(present, time, -1), axis=0)
    after = np.minimum.accumulate(np.where(present, time, steps)[::-1], axis=0)[::-1]
    before, after = np.where(before < 0, after, before), np.where(after >= steps, before, after)
    low = np.take_along_axis(y, before, axis=0)
    high = np.take_along_axis(y, after, axis=0)
    span = np.maximum(after - before, 1)
    return np.asarray(low + (high - low) * np.clip((time - before) / span, 0.0, 1.0))


def _moving_mean(y: FloatArray, season: int) -> FloatArray:
    """Centred moving mean over about one season, shorter at the ends."""
    half = max(season // 2, 1)
    total = np.concatenate([np.zeros((1, y.shape[1])), np.cumsum(y, axis=0)])
    steps = y.shape[0]
    low = np.maximum(np.arange(steps) - half, 0)
    high = np.minimum(np.arange(steps) + half + 1, steps)
    return np.asarray((total[high] - total[low]) / (high - low)[:, None])
