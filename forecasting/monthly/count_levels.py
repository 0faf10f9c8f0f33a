"""Expected values of small counts by discounted Poisson-gamma levels, with a season borrowed from the panel.

Linear models on transformed counts lose the mean where zeros abound. Here a level is the ratio of discounted
events to discounted exposure (the Poisson-gamma filter of Harvey and Fernandes 1989), which keeps the mean; its
season is multiplicative and shrunk, series by series, to the panel's. Discounts and shrinkage form a small grid,
weighted by each series' one-step deviance and by what serves the panel. Everything runs forward in time, so the
forecast from an earlier origin knows nothing later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from forecasting.monthly.engine import Data
from forecasting.monthly.intervals import Replay
from forecasting.monthly.periods import Frequency, IntArray
from forecasting.scores import FloatArray

DISCOUNTS = (1.0, 0.98, 0.94, 0.85)
"""Share of the past that is kept from one period to the next: half lives of about 3 years, 1 year and 4 months."""
OWN_SEASON = (np.inf, 30.0, 6.0)
"""Events per phase that the panel's season stands for against the series' own (inf: the panel's alone)."""
PANEL_SEASON = 50.0
"""Events per phase that a panel without a season stands for."""
START = 1.0
"""Periods that the panel's mean level stands for at a series' beginning."""
EVEN = 20.0
"""How many series' worth of evidence the even prior over the grid stands for."""
LONGEST_SEASON = 12


@dataclass
class _State:
    """Filter after some periods: arrays (grid, N), seasonal sums (phases, N)."""

    events: FloatArray
    exposure: FloatArray
    deviance: FloatArray
    seen: FloatArray
    expected: FloatArray

    def level(self) -> FloatArray:
        return self.events / self.exposure

    def factors(self, phase: IntArray, shrink: FloatArray) -> FloatArray:
        """Seasonal factor of each grid member and series at its phase, shape (grid, N)."""
        panel = (self.seen.sum(axis=1) + PANEL_SEASON) / (self.expected.sum(axis=1) + PANEL_SEASON)
        column = np.arange(phase.size)
        common, seen, expected = panel[phase], self.seen[phase, column], self.expected[phase, column]
        weight = np.where(np.isinf(shrink), 0.0, 1.0)[:, None]
        pseudo = np.where(np.isinf(shrink), 1.0, shrink)[:, None]
        return np.asarray((weight * seen + pseudo * common) / (weight * expected + pseudo))


def count_means(
    y: FloatArray, length: IntArray, start: IntArray, freq: Frequency, horizon: int, backs: tuple[int, ...]
) -> dict[int, FloatArray]:
    """Expected counts from the end (back 0) and from earlier origins.

    Args:
        y: complete small counts, shape (T, N).
        length: periods known, shape (N,).
        start: first unit of each series, shape (N,): says which phase of the season it begins in.
        freq: frequency.
        horizon: periods ahead.
        backs: periods held back, 0 among them; a series shorter than 4 periods at an origin gets NaN there.

    Returns:
        Per back, means of shape (horizon, N).
    """
    phases = freq.season_length if 1 < freq.season_length <= LONGEST_SEASON else 1
    first = (start // freq.step) % phases
    discount, shrink = (
        np.asarray(part, dtype=np.float64)
        for part in zip(*product(DISCOUNTS, OWN_SEASON if phases > 1 else (np.inf,)), strict=True)
    )
    known = np.arange(y.shape[0])[:, None] < length[None, :]
    total, size = np.where(known, y, 0.0).sum(), max(int(known.sum()), 1)
    grid = (discount, shrink, first, phases, float(total / size))
    end = _run(y, length, grid, {}, np.zeros(discount.size), horizon)
    prior = _pooled(end.deviance)
    result = {back: np.full((horizon, length.size), np.nan) for back in backs}
    _run(y, length, grid, result, prior, horizon)
    return result


def blend(count: FloatArray, engine: FloatArray, observed: FloatArray, level: FloatArray) -> FloatArray:
    """Share of the count level in the mean, per series: by deviance at earlier origins, pooled over alike levels.

    Args:
        count: means of this module at earlier origins, shape (rows, N), NaN where unknown.
        engine: means of the linear models, same shape.
        observed: what came, same shape, NaN where unknown.
        level: mean of each series, shape (N,).

    Returns:
        Shares in 0..1, shape (N,).
    """
    shares = np.linspace(0.0, 1.0, 5)
    known = np.isfinite(count) & np.isfinite(engine) & np.isfinite(observed)
    group = np.digitize(level, (1.0, 3.0))
    result = np.full(level.size, 0.5)
    for number in np.unique(group):
        use = known & (group == number)[None, :]
        y = observed[use]
        if y.size == 0:
            continue
        mixed = shares[:, None] * count[use] + (1.0 - shares)[:, None] * engine[use]
        loss = _deviance(y, np.maximum(mixed, 1e-3)).sum(axis=1)
        # deviance of a dozen periods moves together, and counts vary more than Poisson
        evidence = np.exp(-0.5 * (loss - loss.min()) / max(loss.min() / y.size, 1.0) / 3.0)
        result[group == number] = float(evidence @ shares / evidence.sum())
    return result


def with_count_means(
    ends: list[Replay],
    earlier: list[Replay],
    data: Data,
    start: IntArray,
    small: IntArray,
    level: FloatArray,
    freq: Frequency,
    horizon: int,
) -> tuple[list[Replay], list[Replay]]:
    """Means of small counts moved towards the count levels, as far as that served at earlier origins.

    Args:
        ends: forecasts from the end.
        earlier: forecasts from earlier origins.
        data: the small counts alone.
        start: first unit of every series of the panel.
        small: numbers of the small counts in the panel.
        level: mean of every series of the panel.
        freq: frequency.
        horizon: periods ahead.
    """
    backs = tuple(sorted({one.back for one in (*ends, *earlier)}))
    means = count_means(data.y, data.length, start[small], freq, horizon, backs)
    place = np.full(level.size, -1, dtype=np.int64)
    place[small] = np.arange(small.size)
    rows = {
        one_back: np.full((3, min(one_back, horizon), small.size), np.nan) for one_back in backs if one_back > 0
    }
    for one in earlier:
        mine = place[one.columns] >= 0
        where, steps = place[one.columns[mine]], one.outlook.mean.shape[0]
        rows[one.back][0][:, where] = means[one.back][:steps, where]
        rows[one.back][1][:, where] = np.maximum(one.outlook.mean[:, mine], 0.0)
        rows[one.back][2][:, where] = one.observed[:, mine]
    table = np.concatenate([*rows.values(), np.full((3, 1, small.size), np.nan)], axis=1)
    share = np.zeros(level.size)
    share[small] = blend(table[0], table[1], table[2], level[small])

    def mixed(one: Replay) -> Replay:
        mine = np.flatnonzero(place[one.columns] >= 0)
        mean = one.outlook.mean.copy()
        other = means[one.back][: mean.shape[0], place[one.columns[mine]]]
        part = share[one.columns[mine]]
        mean[:, mine] = np.where(np.isfinite(other), part * other + (1.0 - part) * mean[:, mine], mean[:, mine])
        return replace(one, outlook=replace(one.outlook, mean=mean))

    return [mixed(one) for one in ends], [mixed(one) for one in earlier]


def _run(
    y: FloatArray,
    length: IntArray,
    grid: tuple[FloatArray, FloatArray, IntArray, int, float],
    result: dict[int, FloatArray],
    prior: FloatArray,
    horizon: int,
) -> _State:
    """Filter forward, writing the forecasts of each origin where it is reached."""
    discount, shrink, first, phases, level = grid
    size = (discount.size, length.size)
    state = _State(
        np.full(size, level * START),
        np.full(size, START),
        np.zeros(size),
        np.zeros((phases, length.size)),
        np.zeros((phases, length.size)),
    )
    column = np.arange(length.size)
    for t in range(y.shape[0] + 1):
        for back, means in result.items():
            here = np.flatnonzero(length - back == t)
            if t >= 4 and here.size:
                means[:, here] = _ahead(state, prior, shrink, (first + t) % phases, phases, horizon)[:, here]
        if t == y.shape[0]:
            break
        phase = (first + t) % phases
        live = t < length
        factor = state.factors(phase, shrink)
        mean = np.maximum(state.level() * factor, 1e-3)
        state.deviance += np.where(live, _deviance(y[t], mean), 0.0)
        slow = state.level()[0]
        state.events += np.where(live, (discount[:, None] - 1.0) * state.events + y[t], 0.0)
        state.exposure += np.where(live, (discount[:, None] - 1.0) * state.exposure + factor, 0.0)
        state.seen[phase, column] += np.where(live, y[t], 0.0)
        state.expected[phase, column] += np.where(live, slow, 0.0)
    return state


def _ahead(
    state: _State, prior: FloatArray, shrink: FloatArray, phase: IntArray, phases: int, horizon: int
) -> FloatArray:
    """Weighted means of the grid for the periods ahead, shape (horizon, N)."""
    weight = np.exp(prior[:, None] - 0.5 * (state.deviance - state.deviance.min(axis=0)))
    weight /= weight.sum(axis=0)
    level = weight * state.level()
    season = np.stack(
        [
            (level * state.factors((phase + step) % phases, shrink)).sum(axis=0)
            for step in range(min(phases, horizon))
        ]
    )
    return np.asarray(season[np.arange(horizon) % season.shape[0]])


def _deviance(y: FloatArray, mean: FloatArray) -> FloatArray:
    """Poisson deviance."""
    ratio = np.where(y > 0.0, y, 1.0) / mean
    return np.asarray(2.0 * (np.where(y > 0.0, y * np.log(ratio), 0.0) - (y - mean)))


def _pooled(deviance: FloatArray, rounds: int = 15) -> FloatArray:
    """Log mixing proportions of the grid that serve the panel (EM)."""
    likelihood = np.exp(-0.5 * (deviance - deviance.min(axis=0)))
    even = np.full(deviance.shape[0], 1.0 / deviance.shape[0])
    share = even
    for _ in range(rounds):
        joint = likelihood * (share[:, None] / (share @ likelihood))
        share = (joint.sum(axis=1) + EVEN * even) / (likelihood.shape[1] + EVEN)
    return np.asarray(np.log(share))
