"""How much capacity a queue needs: the heavy-traffic formula for staying on target, and relief to get there.

Kingman's heavy-traffic result, as used for waiting lists: a queue whose mean wait is T / F keeps almost everyone
within T, since with about exponential waits a share e^-F waits longer (1.8 % for F = 4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from indicators.intervals import Z95
from indicators.limits import TimeLimit
from indicators.tables import ALL, SCHEMA, Scope, not_urgent, tidy, with_area

FACTOR = 4.0
RELIEF_WEEKS = 26.0
DAYS_IN_WEEK = 7
NOTE = "per week; needed to keep waits within the longest limit in force (mean wait a quarter of it)"


def target_capacity(
    demand: float, target_wait: float, *, factor: float = FACTOR, cv_demand: float = 1.0, cv_capacity: float = 1.0
) -> float:
    """Capacity per week at which a stable queue meets its target: C* = D + ((cv_d^2 + cv_c^2) / 2) (F / T).

    Args:
        demand: D, arrivals per week.
        target_wait: T, longest allowed wait in weeks.
        factor: F, target wait divided by mean wait.
        cv_demand: coefficient of variation of weekly arrivals.
        cv_capacity: coefficient of variation of weekly service.

    Raises:
        ValueError: the target is not above 0, or a number is negative.
    """
    if target_wait <= 0 or min(demand, factor, cv_demand, cv_capacity) < 0:
        raise ValueError("expected a target wait above 0 and no negative demand, factor or variation")
    return demand + (cv_demand**2 + cv_capacity**2) / 2 * factor / target_wait


def target_queue(demand: float, target_wait: float, *, factor: float = FACTOR) -> float:
    """Length of the queue at which the mean wait is T / F, by Little's law: Q* = D T / F."""
    if target_wait <= 0 or demand < 0 or factor <= 0:
        raise ValueError("expected a target wait and a factor above 0 and no negative demand")
    return demand * target_wait / factor


def relief_capacity(demand: float, queue: float, queue_target: float, weeks: float = RELIEF_WEEKS) -> float:
    """Capacity per week that takes the queue to its target in so many weeks: D + (Q - Q*) / t.

    A queue already at or below its target needs no relief: the demand itself.
    """
    if weeks <= 0:
        raise ValueError("expected the relief to last more than 0 weeks")
    return demand + max(0.0, queue - queue_target) / weeks


def capacity_needs(
    waiting: pl.DataFrame,
    scope: Scope,
    *,
    limits: Sequence[TimeLimit],
    weeks: int = 52,
    factor: float = FACTOR,
    relief_weeks: float = RELIEF_WEEKS,
) -> pl.DataFrame:
    """Weekly demand, and the capacity that keeps or reaches the time limit, by service and area.

    The target is the longest limit in force on the day, in weeks. The variation of capacity is not in the waiting
    list and is taken to be that of demand.

    Args:
        waiting: contract table `waiting_list`.
        scope: whose figures, and of which day.
        limits: the dated limits.
        weeks: whole weeks before it from which demand is measured (fewer when the list begins later).
        factor: target wait divided by mean wait.
        relief_weeks: weeks in which an overlong queue is taken down.

    Returns:
        Measures `demand_per_week:service`, `capacity_target_per_week:service`, `capacity_relief_per_week:service`;
        n is the number of arrivals behind them, and the bounds are those of the mean demand.
    """
    targets = _longest_limits(limits, scope.as_of)
    day = pl.lit(scope.as_of)
    rows = with_area(
        waiting.filter(
            pl.col("service").is_in(list(targets)),
            not_urgent(),
            pl.col("arrived_on") <= scope.as_of,
        ),
        scope,
        "waiting_list",
    ).with_columns(
        week=(day - pl.col("arrived_on")).dt.total_days() // DAYS_IN_WEEK,
        is_open=pl.col("ended_on").is_null() | (pl.col("ended_on") > scope.as_of),
    )
    weeks = min(weeks, max(1, int(rows["week"].max() or 0)))  # type: ignore[arg-type]
    both = pl.concat([rows, rows.with_columns(area=pl.lit(scope.county_code))])
    found: list[tuple[object, ...]] = []
    for (service, area), part in both.group_by("service", "area"):
        flow = _flow(part, weeks)
        for measure, values in _needs(flow, targets[str(service)] / DAYS_IN_WEEK, factor, relief_weeks).items():
            key = (f"{measure}:{service}", str(area), ALL, scope.as_of.isoformat())
            found.append((*key, *values, flow.arrivals, 0, NOTE))
    return tidy(
        [pl.DataFrame(found, schema=list(SCHEMA), orient="row", infer_schema_length=None)] if found else []
    )


@dataclass(frozen=True)
class _Flow:
    """Arrivals in the measured weeks; their weekly mean, its bounds and the variation; and the queue now."""

    arrivals: int
    demand: tuple[float, float, float]
    variation: float
    queue: int


def _needs(flow: _Flow, wait: float, factor: float, relief_weeks: float) -> dict[str, tuple[float, ...]]:
    """Value, low and high of each measure; the bounds are those of the mean demand, carried through."""
    cv = flow.variation
    return {
        "demand_per_week": flow.demand,
        "capacity_target_per_week": tuple(
            target_capacity(d, wait, factor=factor, cv_demand=cv, cv_capacity=cv) for d in flow.demand
        ),
        "capacity_relief_per_week": tuple(
            relief_capacity(d, flow.queue, target_queue(d, wait, factor=factor), relief_weeks) for d in flow.demand
        ),
    }


def _flow(waits: pl.DataFrame, weeks: int) -> _Flow:
    recent = waits.filter(pl.col("week") < weeks)["week"].to_numpy()
    by_week = np.bincount(recent, minlength=weeks).astype(np.float64)
    mean = float(by_week.mean())
    spread = float(by_week.std(ddof=1)) if weeks > 1 else 0.0
    half = Z95 * spread / math.sqrt(weeks)
    demand = (mean, max(0.0, mean - half), mean + half)
    return _Flow(int(recent.size), demand, spread / mean if mean > 0 else 0.0, int(waits["is_open"].sum()))


def _longest_limits(limits: Sequence[TimeLimit], as_of: date) -> dict[str, int]:
    """Longest limit in force on the day, by service, in days."""
    longest: dict[str, int] = {}
    for limit in limits:
        if limit.valid_from <= as_of <= (limit.valid_to or as_of):
            longest[limit.service] = max(limit.days, longest.get(limit.service, 0))
    return longest
