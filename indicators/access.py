"""Access to care: how soon after an assessed need people were seen, against 7 and 14 days and the dated limit.

Counts visits that took place, so it is silent of those still waiting: `waiting` looks at them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from indicators.groups import with_group
from indicators.limits import TimeLimit, limited_services, with_limit
from indicators.tables import Scope, not_urgent, pooled_and_by_service, shares, tidy, with_area, year_of

NOTE = "of visits that took place; urgent visits left out; excluded: the day the need was assessed is not recorded"


def seen_within(
    events: pl.DataFrame,
    groups: pl.DataFrame,
    scope: Scope,
    *,
    limits: Sequence[TimeLimit],
    days: Sequence[int] = (7, 14),
) -> pl.DataFrame:
    """Share of first non-urgent visits within so many days of the assessed need, and within the limit in force.

    A need is one (client, service, day of assessment); its first visit counts. The limit is that of the person's
    age and the day of assessment. Excluded are visits without the day of assessment and, for the limit, needs that
    no limit covers.

    Args:
        events: contract table `service_events`.
        groups: group of each client and year (`groups.client_groups`).
        scope: whose figures, and of which day.
        limits: the dated limits; they also say which services are looked at.
        days: the fixed limits, in calendar days.

    Returns:
        Measures `seen_within_<d>_days` and `seen_within_limit`, of each service (`measure:service`) and of all.
    """
    visits = events.filter(
        pl.col("service").is_in(limited_services(limits)),
        not_urgent(),
        pl.col("event_date") <= scope.as_of,
    ).select("event_id", "client_id", "service", "municipality", "age", "event_date", "need_assessed_on")
    known = (
        visits.filter(pl.col("need_assessed_on").is_not_null())
        .sort("event_date", "event_id")
        .unique(["client_id", "service", "need_assessed_on"], keep="first", maintain_order=True)
    )
    unknown = visits.filter(pl.col("need_assessed_on").is_null())
    needs = pl.concat([known, unknown]).with_columns(year_of("event_date"))
    needs = with_group(with_area(needs, scope, "service_events"), groups)
    wait = (pl.col("event_date") - pl.col("need_assessed_on")).dt.total_days()
    needs = with_limit(needs.with_columns(wait=wait), limits, "need_assessed_on")
    frames = [_within(needs, f"seen_within_{d}_days", pl.lit(d)) for d in days]
    frames.append(_within(needs, "seen_within_limit", pl.col("limit_days")))
    return tidy([shares(pl.concat(frames), scope.county_code, NOTE)])


def _within(needs: pl.DataFrame, measure: str, limit: pl.Expr) -> pl.DataFrame:
    """Cells of one measure: visits in time, visits judged, and visits that cannot be judged."""
    in_time = pl.col("wait") <= limit
    cells = needs.group_by("service", "area", "group", "period").agg(
        successes=in_time.fill_null(False).sum(), n=in_time.is_not_null().sum(), excluded=in_time.is_null().sum()
    )
    columns = ("measure", "area", "group", "period", "successes", "n", "excluded")
    return pooled_and_by_service(cells, measure).select(columns)
