"""Segments of clients by their use of services: occasional, planned and multi-agency support.

A proxy from the register. The segments that professionals use are agreed with the client; this only tells how
services were used.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from indicators.groups import MULTI_AGENCY, OTHERS, GroupRules, age_group_expression, agencies
from indicators.tables import Scope, shares, tidy, whole_periods, with_area

SEGMENTS = ("occasional", "planned", MULTI_AGENCY)
NOTE = "a proxy from the use of services in the twelve months to the day, not a professional's assessment"


@dataclass(frozen=True)
class SegmentRules:
    """What makes support planned; multi-agency goes before it (see `GroupRules`), and the rest is occasional.

    Attributes:
        planned_contacts: contacts within the twelve months, and
        planned_months: different months they fall in.
    """

    planned_contacts: int = 6
    planned_months: int = 4


def client_segments(
    events: pl.DataFrame, rules: SegmentRules | None = None, group_rules: GroupRules | None = None
) -> pl.DataFrame:
    """Segment of each client in each period.

    Args:
        events: contract table `service_events` with its `period` (`tables.whole_periods`).
        rules: what makes support planned.
        group_rules: what makes it multi-agency.

    Returns:
        Columns client_id, period, municipality (of the last event), age (highest), segment.
    """
    rules, group_rules = rules or SegmentRules(), group_rules or GroupRules()
    clients = (
        events.select("client_id", "period", "municipality", "age", "service", "event_date", "event_id")
        .sort("event_date", "event_id")
        .group_by("client_id", "period")
        .agg(
            pl.col("municipality").last(),
            pl.col("age").max(),
            agencies=agencies(group_rules),
            contacts=pl.len(),
            months=pl.col("event_date").dt.month().n_unique(),
        )
    )
    regular = (pl.col("contacts") >= rules.planned_contacts) & (pl.col("months") >= rules.planned_months)
    segment = (
        pl.when(pl.col("agencies") >= group_rules.multi_agencies)
        .then(pl.lit(MULTI_AGENCY))
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
    """Shares of clients in each segment over twelve months; groups are by age alone, as the others overlap.

    Args:
        events: contract table `service_events`.
        scope: whose figures, and of which day.
        rules: what makes support planned.
        group_rules: what makes it multi-agency, and the ages of the groups.

    Returns:
        Measures `share_occasional`, `share_planned`, `share_multi_agency`; n is the number of clients.
    """
    clients = client_segments(whole_periods(events, scope.as_of), rules, group_rules)
    clients = with_area(clients, scope, "service_events")
    group = age_group_expression(group_rules or GroupRules()).otherwise(pl.lit(OTHERS))
    frames = [
        clients.with_columns(group=group)
        .group_by("area", "group", "period")
        .agg(successes=(pl.col("segment") == segment).sum(), n=pl.len(), excluded=pl.lit(0))
        .select(pl.lit(f"share_{segment}").alias("measure"), pl.all())
        for segment in SEGMENTS
    ]
    return tidy([shares(pl.concat(frames), scope.county_code, NOTE)])
