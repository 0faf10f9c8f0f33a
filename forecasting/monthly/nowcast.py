"""Recording delay: how complete the latest months are, and what they will come to. No forecasting ahead.

The delay distribution of a unit group is estimated from truncated delays by reverse hazards (the chain ladder of
Kalbfleisch and Lawless 1989): g(a) = records with delay a / records with delay <= a among events old enough to
show it, F(a) = prod over b > a of (1 - g(b)). Group hazards are shrunk to those of all groups; recent records
weigh more.
What a month still lacks given what is recorded is negative binomial: a gamma prior on the month's level from the
series' own complete months, updated by what has arrived (Bornhuetter-Ferguson as a posterior).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly.frames import either_frame
from forecasting.monthly.periods import IntArray
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

HALF_LIFE = 120.0
"""Days after which an event weighs half as much in the delay distribution: delays drift."""
GROUP_PRIOR = 30.0
"""Records' worth of trust in the delays of all groups when a group's own are estimated."""
COMPLETE = 0.995
"""Months with a larger expected recorded share count as complete."""
REPLAYS = 3
"""Earlier days on which the completion is replayed to learn how far delays wander between months."""
LEAST_WANDERING = 0.02
LOOKBACK = 1000
"""Days of events that completion looks at: two years of complete months, the delay, and the replays."""


@dataclass(frozen=True)
class Completion:
    """Recent months brought to their expected final counts.

    Attributes:
        table: key columns, ds (month), observed, share (expected share recorded by as_of), mean, quantile columns;
            only months that are over on as_of and not yet complete.
        draws: whole-number final counts, shape (draws, rows of table); never below `observed`.
        delays: group, delay (days), recorded (share of records with at most that delay).
    """

    table: pd.DataFrame
    draws: IntArray
    delays: pd.DataFrame


@either_frame
def complete_recent(
    events: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    max_delay: int = 120,
    keys: Sequence[str] = ("area", "service"),
    group: str = "unit",
    draws: int = 400,
    seed: int = 1,
) -> Completion:
    """Complete the months that late records still add to.

    Args:
        events: the key columns, `group`, event_date, recorded_at; optionally `n` (events in the row: a triangle).
        as_of: the day of knowledge; later records are left out.
        max_delay: delay in days by which practically everything is recorded.
        keys: columns that name a series.
        group: column whose values share a delay distribution (unit or unit group).
        draws: number of draws.
        seed: of the draws.

    Returns:
        Completed months with draws, and the delay distributions.

    Raises:
        ValueError: a column is missing, no event is known by as_of, or max_delay is not positive.
    """
    day = _day(as_of)
    triangle = _triangle(events, day, list(keys), group, max_delay)
    wander = _wandering(triangle, day, max_delay, len(keys))
    shares = _shares(triangle, day, max_delay)
    cells = _cells(triangle, shares, day, max_delay)
    rng = np.random.default_rng(seed)
    drawn = _draw(cells, wander, draws, rng)
    table = triangle.series.iloc[cells["series"].to_numpy()].reset_index(drop=True)
    table["ds"] = (cells["month"].to_numpy() - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    table["observed"], table["share"] = cells["observed"].to_numpy(), cells["share"].to_numpy()
    table["mean"] = drawn.mean(axis=0)
    table[list(QUANTILE_COLUMNS)] = np.quantile(drawn, QUANTILE_LEVELS, axis=0, method="inverted_cdf").T
    delays = pd.DataFrame(
        {
            "group": [name for name in triangle.groups for _ in range(max_delay + 1)],
            "delay": np.tile(np.arange(max_delay + 1), len(triangle.groups)),
            "recorded": shares.ravel(),
        }
    )
    return Completion(table, drawn, delays)


@dataclass(frozen=True)
class _Triangle:
    """Counts by series, group, event day and delay (days), all recorded by the day of knowledge."""

    rows: pd.DataFrame
    series: pd.DataFrame
    groups: list[object]


def _day(as_of: str | pd.Timestamp) -> int:
    return int(pd.Timestamp(as_of).to_datetime64().astype("datetime64[D]").astype(int))


def _triangle(events: pd.DataFrame, day: int, keys: list[str], group: str, max_delay: int) -> _Triangle:
    wanted = [*dict.fromkeys([*keys, group]), "event_date", "recorded_at"]
    missing = [column for column in wanted if column not in events.columns]
    if missing:
        raise ValueError(f"the events lack {', '.join(missing)}: completion needs {', '.join(wanted)}")
    if max_delay < 1:
        raise ValueError(f"max_delay must be at least 1 day, got {max_delay}")
    happened = pd.to_datetime(events["event_date"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    recorded = pd.to_datetime(events["recorded_at"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    known = (recorded <= day) & (happened <= day) & (happened > day - LOOKBACK)
    if not known.any():
        raise ValueError("no event is recorded by the day of knowledge: nothing can be completed")
    number = events["n"].to_numpy() if "n" in events.columns else np.ones(len(events), dtype=np.int64)
    series_code, series = _codes(events, keys)
    group_code, groups = pd.factorize(events[group])
    rows = pd.DataFrame(
        {
            "series": series_code,
            "group": group_code,
            "event": happened,
            "delay": np.clip(recorded - happened, 0, max_delay),
            "n": number,
        }
    )[known]
    rows = rows.groupby(["series", "group", "event", "delay"], sort=True)[["n"]].sum().reset_index()
    return _Triangle(rows, series, list(groups))


def _codes(events: pd.DataFrame, keys: list[str]) -> tuple[IntArray, pd.DataFrame]:
    series = events[keys].drop_duplicates().sort_values(keys, kind="stable").reset_index(drop=True)
    index = pd.MultiIndex.from_frame(series)
    return np.asarray(index.get_indexer(pd.MultiIndex.from_frame(events[keys])), dtype=np.int64), series


def _shares(triangle: _Triangle, day: int, max_delay: int) -> FloatArray:
    """Share recorded within each delay, shape (groups, max_delay + 1)."""
    rows = triangle.rows
    age = day - rows["event"].to_numpy()
    delay, group = rows["delay"].to_numpy(), rows["group"].to_numpy()
    use = (delay <= age) & (age <= max_delay + 4 * HALF_LIFE)
    weight = rows["n"].to_numpy()[use] * 0.5 ** (np.maximum(age[use] - max_delay, 0) / HALF_LIFE)
    delay, age, group = delay[use], np.minimum(age[use], max_delay), group[use]
    size = (len(triangle.groups), max_delay + 1)
    arrived = np.zeros(size)
    np.add.at(arrived, (group, delay), weight)
    # at risk at delay a: records with delay <= a of events at least a days old
    change = np.zeros((size[0], max_delay + 2))
    np.add.at(change, (group, delay), weight)
    np.add.at(change, (group, age + 1), -weight)
    at_risk = np.cumsum(change, axis=1)[:, :-1]
    pooled = arrived.sum(axis=0) / np.maximum(at_risk.sum(axis=0), 1e-12)
    hazard = (arrived + GROUP_PRIOR * pooled) / (at_risk + GROUP_PRIOR)
    hazard[:, 0] = 1.0
    kept = np.cumprod((1.0 - hazard[:, ::-1])[:, :-1], axis=1)[:, ::-1]
    return np.concatenate([kept, np.ones((size[0], 1))], axis=1)


def _cells(triangle: _Triangle, shares: FloatArray, day: int, max_delay: int) -> pd.DataFrame:
    """Series x recent month: observed, expected share recorded, and the gamma prior of the month's final count."""
    rows = triangle.rows
    month = rows["event"].to_numpy().astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    table = pd.DataFrame({"series": rows["series"], "group": rows["group"], "month": month, "n": rows["n"]})
    final = int(np.datetime64(day + 1, "D").astype("datetime64[M]").astype(np.int64)) + 1970 * 12
    counts = table.groupby(["series", "month"])["n"].sum().unstack(fill_value=0)
    counts = counts.reindex(
        index=range(len(triangle.series)), columns=range(min(month.min(), final - 1), final), fill_value=0
    )
    mix = _group_mix(rows, len(triangle.series), len(triangle.groups), day)
    recent = [m for m in range(final - 1, final - 2 - max_delay // 28, -1) if m in counts.columns]
    level, alpha = _prior(counts, final, max_delay)
    parts = []
    for m in recent:
        share = mix @ np.array([_month_share(shares[g], m, day, max_delay) for g in range(len(triangle.groups))])
        parts.append(
            pd.DataFrame(
                {
                    "series": np.arange(len(triangle.series)),
                    "month": m,
                    "observed": counts[m].to_numpy(),
                    "share": share,
                    "level": level,
                    "alpha": alpha,
                }
            )
        )
    cells = pd.concat(parts, ignore_index=True)
    return cells[cells["share"] < COMPLETE].sort_values(["series", "month"], ignore_index=True)


def _group_mix(rows: pd.DataFrame, series: int, groups: int, day: int) -> FloatArray:
    """Share of each group in each series' events of the last two years, shape (series, groups)."""
    mix = np.full((series, groups), 1e-9)
    use = (day - rows["event"].to_numpy()) <= 730
    np.add.at(mix, (rows["series"].to_numpy()[use], rows["group"].to_numpy()[use]), rows["n"].to_numpy()[use])
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))


def _month_share(share: FloatArray, month: int, day: int, max_delay: int) -> float:
    """Expected recorded share of a month's events on `day`, its days weighted alike."""
    first = np.datetime64(month - 1970 * 12, "M")
    days = np.arange(first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]")).astype(np.int64)
    return float(share[np.clip(day - days, 0, max_delay)].mean())


def _prior(counts: pd.DataFrame, final: int, max_delay: int) -> tuple[FloatArray, FloatArray]:
    """Mean and NB2 dispersion of each series' complete months of the last two years."""
    complete = final - 1 - (max_delay + 27) // 28
    months = counts.columns.to_numpy(dtype=np.int64)
    within = (complete - 24 < months) & (months <= complete)
    columns = months[within] if within.any() else months
    y = counts[columns].to_numpy(dtype=float)
    level = y.mean(axis=1)
    excess, square = y.var(axis=1) - level, level**2
    pooled = max(float(excess.sum()), 0.0) / max(float(square.sum()), 1e-9)
    weight = max(float(square.mean()), 1e-9)
    alpha = np.clip((excess + weight * pooled) / (square + weight), 0.01, 2.0)
    return np.maximum(level, 0.1), alpha


def _draw(cells: pd.DataFrame, wander: float, draws: int, rng: np.random.Generator) -> IntArray:
    """Final counts: the recorded plus a negative binomial for what is to come; delays wander by month for all."""
    observed, share = cells["observed"].to_numpy(dtype=float), cells["share"].to_numpy()
    level, shape = cells["level"].to_numpy(), 1.0 / cells["alpha"].to_numpy()
    months, place = np.unique(cells["month"].to_numpy(), return_inverse=True)
    common = rng.normal(size=(draws, months.size))[:, place]
    odds = np.log(share / (1.0 - share)) + wander * common
    recorded = 1.0 / (1.0 + np.exp(-odds))
    rate = rng.gamma(shape + observed, 1.0 / (shape / level + recorded))
    return np.asarray(observed + rng.poisson(rate * (1.0 - recorded)), dtype=np.int64)


def _wandering(triangle: _Triangle, day: int, max_delay: int, keys: int) -> float:
    """How far the log odds of the recorded share move from month to month, from replays of earlier days.

    On each earlier day the share expected then is compared with the share that had in fact arrived, over all
    series; binomial noise is taken off.
    """
    rows = triangle.rows
    gaps: list[float] = []
    noise: list[float] = []
    for step in range(1, REPLAYS + 1):
        then = day - max_delay - 31 * (step - 1)
        known = rows[(rows["event"] + rows["delay"] <= then) & (rows["event"] <= then)]
        if len(known) < 50:
            continue
        shares = _shares(_Triangle(known, triangle.series, triangle.groups), then, max_delay)
        mass = known.groupby("group")["n"].sum().reindex(range(len(triangle.groups)), fill_value=0).to_numpy()
        month = int(np.datetime64(then + 1, "D").astype("datetime64[M]").astype(np.int64)) + 1970 * 12 - 1
        within = _in_month(rows, month)
        final, then_known = (
            float(rows.loc[within, "n"].sum()),
            float(known.loc[_in_month(known, month), "n"].sum()),
        )
        expected = float(np.dot(mass / mass.sum(), [_month_share(s, month, then, max_delay) for s in shares]))
        if 0.0 < then_known < final and expected < COMPLETE:
            seen = then_known / final
            gaps.append(np.log(seen / (1 - seen)) - np.log(expected / (1 - expected)))
            noise.append(1.0 / (final * seen * (1 - seen)))
    if not gaps:
        return 0.1
    spread = float(np.mean(np.square(gaps)) - np.mean(noise))
    return float(np.sqrt(max(spread, LEAST_WANDERING**2)))


def _in_month(rows: pd.DataFrame, month: int) -> pd.Series:
    months = rows["event"].to_numpy().astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return pd.Series(months == month, index=rows.index)
