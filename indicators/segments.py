"""Segments of clients by their use of services: occasional, planned and multi-agency support.

A proxy from the register. The segments that professionals use are agreed with the client; this only tells how
services were used.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from indicators.groups import GroupRules, age_group_expression
from indicators.tables import Scope, shares, tidy, with_area, year_of

SEGMENTS = ("occasional", "planned", "multi_agency")
NOTE = "a proxy from the use of services in the year, not a professional's assessment"


@dataclass(frozen=True)
class SegmentRules:
    """What makes a segment; multi-agency goes before planned, and the rest are occasional.

    Attributes:
        multi_agency_services: different services within the year.
        planned_contacts: contacts within the year, and
        planned_months: different months they fall in.
    """

    multi_agency_services: int = 3
    planned_contacts: int = 6
    planned_months: int = 4


def client_segments(events: pl.DataFrame, rules: SegmentRules | None = None) -> pl.DataFrame:
    """Segment of each client in each calendar year.

    Args:
        events: contract table `service_events`.
        rules: what makes a segment.

    Returns:
        Columns client_id, period, municipality (of the last event), age (highest), segment.
    """
    rules = rules or SegmentRules()
    clients = (
        events.with_columns(year_of("event_date"))
        .sort("event_date", "event_id")
        .group_by("client_id", "period")
        .agg(
            pl.col("municipality").last(),
            pl.col("age").max(),
            services=pl.col("service").n_unique(),
            contacts=pl.len(),
            months=pl.col("event_date").dt.month().n_unique(),
        )
    )
    regular = (pl.col("contacts") >= rules.planned_contacts) & (pl.col("months") >= rules.planned_months)
    segment = (
        pl.when(pl.col("services") >= rules.multi_agency_services)
        .then(pl.lit("multi_agency"))
        .when(regular)
        .then(pl.lit("planned"))
        .otherwise(pl.lit("occasional"))
    )
    return clients.select("client_id", "period", "municipality", "age", segment=segment).sort(
        "client_id", "period"
    )


def segment_shares(
    events: pl.DataFrame,
    scope: Scope,
    *,
    rules: SegmentRules | None = None,
    group_rules: GroupRules | None = None,
) -> pl.DataFrame:
    """Shares of clients in each segment by calendar year; groups are by age alone, as the others overlap.

    Args:
        events: contract table `service_events`.
        scope: whose figures, and of which day.
        rules: what makes a segment.
        group_rules: ages of the groups.

    Returns:
        Measures `share_occasional`, `share_planned`, `share_multi_agency`; n is the number of clients.
    """
    clients = client_segments(events.filter(pl.col("event_date") <= scope.as_of), rules)
    clients = with_area(clients, scope, "service_events")
    group = age_group_expression(group_rules or GroupRules()).otherwise(pl.lit("others"))
    frames = [
        clients.with_columns(group=group)
        .group_by("area", "group", "period")
        .agg(successes=(pl.col("segment") == segment).sum(), n=pl.len(), excluded=pl.lit(0))
        .select(pl.lit(f"share_{segment}").alias("measure"), pl.all())
        for segment in SEGMENTS
    ]
    return tidy([shares(pl.concat(frames), scope.county_code, NOTE)])
