"""Waiting times with those still waiting in them: Kaplan-Meier estimates by year of arrival.

A wait ends when the person is served. Waits that are still open, or that ended in another way (withdrawn,
redirected, died), are censored: known only to have lasted so long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from indicators.groups import with_group
from indicators.intervals import Z95, wilson
from indicators.limits import TimeLimit, limited_services, with_limit
from indicators.tables import (
    KEY,
    Scope,
    counts,
    expanded,
    not_urgent,
    pooled_and_by_service,
    tidy,
    with_area,
    year_of,
)

Floats = npt.NDArray[np.float64]
NOTE = (
    "Kaplan-Meier; open waits and those that ended otherwise than by service are censored; non-urgent, by arrival"
)
OVER_NOTE = NOTE + "; excluded: no limit is in force for the service, age and day of arrival"
OPEN_NOTE = "non-urgent, waiting on the day of the figures"


@dataclass(frozen=True)
class Survival:
    """A Kaplan-Meier curve.

    Attributes:
        times: distinct times of waits, rising.
        still_waiting: share whose wait lasts longer than each time.
        greenwood: Greenwood's sum up to each time, the relative variance of the share.
        at_risk: persons known to wait until just before each time.
    """

    times: Floats
    still_waiting: Floats
    greenwood: Floats
    at_risk: Floats

    def bounds(self, z: float = Z95) -> tuple[Floats, Floats]:
        """95 % bounds of `still_waiting` on the log(-log) scale; Wilson's where the share is 0 or 1."""
        low, high = np.empty_like(self.still_waiting), np.empty_like(self.still_waiting)
        for i, share in enumerate(self.still_waiting):
            if 0.0 < share < 1.0 and np.isfinite(self.greenwood[i]):
                half = z * math.sqrt(self.greenwood[i]) / abs(math.log(share))
                low[i], high[i] = share ** math.exp(half), share ** math.exp(-half)
            else:
                low[i], high[i] = wilson(share * self.at_risk[i], self.at_risk[i], z)
        return low, high

    def quantile(self, q: float) -> tuple[float | None, float | None, float | None]:
        """Time by which a share `q` has been served, and its 95 % bounds; None where the curve does not reach."""
        low, high = self.bounds()
        return _first(self.times, self.still_waiting, q), _first(self.times, low, q), _first(self.times, high, q)

    def beyond(self, time: float) -> tuple[float, float, float]:
        """Share whose wait lasts longer than `time`, with 95 % bounds."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            low, _ = wilson(self.at_risk[0], self.at_risk[0])
            return 1.0, low, 1.0
        bounds = self.bounds()
        return float(self.still_waiting[place]), float(bounds[0][place]), float(bounds[1][place])


def kaplan_meier(times: npt.ArrayLike, served: npt.ArrayLike) -> Survival:
    """The share still waiting by time, from waits of which some are censored.

    Args:
        times: lengths of waits (any unit, 0 or more), at least one.
        served: whether each wait ended in service; otherwise it is censored at its time.

    Raises:
        ValueError: there are no waits, or a negative one.
    """
    time, ended = np.asarray(times, dtype=np.float64), np.asarray(served, dtype=bool)
    if time.size == 0 or time.min() < 0:
        raise ValueError("expected at least one wait and none below 0; check the dates of the waiting list")
    distinct, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, weights=ended, minlength=distinct.size)
    leaving = np.bincount(place, minlength=distinct.size)
    at_risk = time.size - np.concatenate([[0.0], np.cumsum(leaving)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0)
    return Survival(distinct, np.cumprod(1.0 - events / at_risk), np.cumsum(terms), at_risk)


def waiting_times(
    waiting: pl.DataFrame,
    groups: pl.DataFrame,
    scope: Scope,
    *,
    limits: Sequence[TimeLimit],
) -> pl.DataFrame:
    """Waiting times by year of arrival, and the queue on the day of the figures.

    A wait that ended without a reason recorded counts as ended by service.

    Args:
        waiting: contract table `waiting_list`.
        groups: group of each client and year (`groups.client_groups`).
        scope: whose figures, and of which day.
        limits: the dated limits.

    Returns:
        Measures, each of every service (`measure:service`) and of all together: `waiting_days_median` and
        `waiting_days_p90` (days; null when the curve does not reach), `waiting_over_limit` (share whose wait is
        longer than their own limit), `count_waiting` and `count_waiting_over_limit` (persons' waits on the day).

    Raises:
        ValueError: a wait ends before it begins.
    """
    waits = _waits(waiting, scope.as_of)
    waits = with_group(with_area(waits, scope, "waiting_list"), groups)
    waits = with_limit(waits, limits, "arrived_on")
    days = _by_cell(waits, "waiting_days", "days", scope.county_code)
    limited = waits.filter(pl.col("service").is_in(limited_services(limits)))
    own = limited.with_columns(ratio=pl.col("days") / pl.col("limit_days"))
    over = _by_cell(own, "waiting_over_limit", "ratio", scope.county_code)
    rows = [row for key, cell in days for row in _time_rows(key, cell)]
    rows += [_over_row(key, cell) for key, cell in over]
    table = pl.DataFrame(rows, schema=(*KEY, "value", "low", "high", "n", "excluded", "note"), orient="row")
    return tidy([table, _open_waits(waits, scope.county_code, scope.as_of)] if rows else [])


Cell = tuple[Floats, npt.NDArray[np.bool_]]


def _waits(waiting: pl.DataFrame, as_of: date) -> pl.DataFrame:
    backwards = waiting.filter(pl.col("ended_on") < pl.col("arrived_on"))
    if backwards.height:
        raise ValueError(
            f"table waiting_list: {backwards.height} waits end before they begin (first: referral "
            f"{backwards['referral_id'][0]}); the gate quarantines such rows"
        )
    closed = pl.col("ended_on").is_not_null() & (pl.col("ended_on") <= as_of)
    until = pl.when(closed).then("ended_on").otherwise(pl.lit(as_of))
    return waiting.filter(pl.col("arrived_on") <= as_of, not_urgent()).with_columns(
        year_of("arrived_on"),
        days=(until - pl.col("arrived_on")).dt.total_days(),
        served=closed & (pl.col("end_reason").fill_null("served") == "served"),
        is_open=~closed,
    )


def _by_cell(waits: pl.DataFrame, measure: str, time: str, county_code: str) -> list[tuple[tuple[str, ...], Cell]]:
    """Times and outcomes of every figure's cell, sorted by key."""
    rows = pooled_and_by_service(waits, measure).select(*KEY, time, "served")
    cells = [
        (tuple(map(str, key)), (part[time].cast(pl.Float64).to_numpy(), part["served"].to_numpy()))
        for key, part in expanded(rows, county_code).group_by(KEY)
    ]
    return sorted(cells, key=lambda cell: cell[0])


def _time_rows(key: tuple[str, ...], cell: Cell) -> list[tuple[object, ...]]:
    curve = kaplan_meier(*cell)
    base, _, service = key[0].partition(":")
    rows: list[tuple[object, ...]] = []
    for name, q in (("median", 0.5), ("p90", 0.9)):
        measure = f"{base}_{name}:{service}" if service else f"{base}_{name}"
        rows.append((measure, *key[1:], *curve.quantile(q), cell[0].size, 0, NOTE))
    return rows


def _over_row(key: tuple[str, ...], cell: Cell) -> tuple[object, ...]:
    judged = np.isfinite(cell[0])
    excluded = int((~judged).sum())
    if not judged.any():
        return (*key, None, None, None, 0, excluded, OVER_NOTE)
    share = kaplan_meier(cell[0][judged], cell[1][judged]).beyond(1.0)
    return (*key, *share, int(judged.sum()), excluded, OVER_NOTE)


def _open_waits(waits: pl.DataFrame, county_code: str, as_of: date) -> pl.DataFrame:
    queue = waits.filter("is_open").with_columns(period=pl.lit(as_of.isoformat()))
    late = queue.filter(pl.col("days") > pl.col("limit_days"))
    rows = pl.concat(
        [pooled_and_by_service(queue, "count_waiting"), pooled_and_by_service(late, "count_waiting_over_limit")]
    )
    cells = rows.group_by(KEY).agg(n=pl.len(), excluded=pl.lit(0))
    return counts(cells, county_code, OPEN_NOTE)


def _first(times: Floats, curve: Floats, q: float) -> float | None:
    """First time at which the share still waiting is at most 1 - q."""
    reached = np.flatnonzero(curve <= 1.0 - q + 1e-12)
    return float(times[reached[0]]) if reached.size else None
