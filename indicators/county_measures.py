"""All measures of one county in one table. Each is made in the module of its name; this one combines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from indicators.access import seen_within
from indicators.capacity import capacity_needs
from indicators.continuity import continuity
from indicators.debt import Disruption, debt_against_reference
from indicators.groups import GroupRules, client_groups
from indicators.limits import TimeLimit, limited_services
from indicators.segments import SegmentRules, segment_shares
from indicators.tables import Scope, tidy
from indicators.waiting import waiting_times
from indicators.wellbeing import referral_uptake


def measures(
    events: pl.DataFrame,
    waiting: pl.DataFrame,
    referrals: pl.DataFrame,
    *,
    area_of_municipality: Mapping[str, str],
    county_code: str,
    limits: Sequence[TimeLimit],
    as_of: date,
    seed: int,
    continuity_services: Sequence[str] | None = None,
    group_rules: GroupRules | None = None,
    segment_rules: SegmentRules | None = None,
    monthly: pl.DataFrame | None = None,
    disruption: Disruption | None = None,
) -> pl.DataFrame:
    """Access, waiting, continuity, segments, capacity, debt and wellbeing referrals of a county and its areas.

    Every table may be empty; its measures are then left out. Measures of one service are named
    `measure:service`. Groups of a measure are exclusive and add up to `all`.

    Args:
        events: contract table `service_events`.
        waiting: contract table `waiting_list`.
        referrals: contract table `wellbeing_referrals`.
        area_of_municipality: service area of each municipality.
        county_code: code of the county's own total.
        limits: dated time limits (`waiting_limits` of the county file).
        as_of: the day of the figures; nothing later is looked at.
        seed: seed of the bootstrap.
        continuity_services: services whose continuity is measured; those with limits when left out.
        group_rules: who stands in which group.
        segment_rules: what makes support planned.
        monthly: monthly use of services counted in visits or days (area, service, period, count), for the debt.
        disruption: months in which services were cut back; those of 2020-2021 when left out.

    Returns:
        The `measures` table: measure, area, group, period, value, low, high, n, excluded, note.

    Raises:
        UnmappedMunicipalityError: a row's municipality has no service area.
        ValueError: overlapping limits, or a wait that ends before it begins.
    """
    until = events.filter(pl.col("event_date") <= as_of)
    groups = client_groups(until, group_rules)
    scope = Scope(area_of_municipality, county_code, as_of)
    services = limited_services(limits) if continuity_services is None else tuple(continuity_services)
    debt = [] if monthly is None else [debt_against_reference(monthly, county_code, disruption)]
    return tidy(
        [
            *debt,
            seen_within(until, groups, scope, limits=limits),
            waiting_times(waiting, groups, scope, limits=limits),
            capacity_needs(waiting, scope, limits=limits),
            continuity(until, scope, services=services, seed=seed, group_rules=group_rules),
            segment_shares(until, scope, rules=segment_rules, group_rules=group_rules),
            referral_uptake(referrals, scope),
        ]
    )
