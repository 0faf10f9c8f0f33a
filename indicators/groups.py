"""Groups of persons whose access and continuity are looked at apart.

Every person stands in exactly one group, the first that applies, so that groups add up to all persons; without
that, small counts could be worked out from overlapping groups.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from indicators.tables import year_of

CHILDREN, AGED, OTHER_LANGUAGE, MULTI_AGENCY, OTHERS = (
    "children",
    "aged_75",
    "other_language",
    "multi_agency",
    "others",
)


# Services that one agency gives; a service that is not here is an agency of its own.
AGENCY_OF_SERVICE: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("doctor_visit", "nurse_visit", "dental_visit", "emergency_visit"), "primary_care")
)


@dataclass(frozen=True)
class GroupRules:
    """Who stands in which group, in this order.

    Attributes:
        child_max_age: oldest age of `children`, in full years.
        aged_min_age: youngest age of `aged_75`.
        own_languages: contact languages that are not `other_language`.
        multi_agencies: different agencies within the period that make `multi_agency`.
        agency_of_service: agency of each service; a service without one is an agency of its own.
    """

    child_max_age: int = 17
    aged_min_age: int = 75
    own_languages: Collection[str] = ("fi", "sv", "se")
    multi_agencies: int = 3
    agency_of_service: Mapping[str, str] = field(default_factory=lambda: AGENCY_OF_SERVICE)


def agencies(rules: GroupRules) -> pl.Expr:
    """Number of different agencies of a client's services."""
    return pl.col("service").replace(dict(rules.agency_of_service)).n_unique()


def client_groups(events: pl.DataFrame, rules: GroupRules | None = None) -> pl.DataFrame:
    """Group of each client in each period, from the client's events of that period.

    The age is the highest recorded in the period; one contact in another language makes the client's language.

    Args:
        events: contract table `service_events`; its `period` when it has one, else the calendar year counts.
        rules: who stands in which group.

    Returns:
        Columns client_id, period, group; one row per client and period.
    """
    rules = rules or GroupRules()
    if "period" not in events.columns:
        events = events.with_columns(year_of("event_date"))
    in_other_language = ~pl.col("language").is_in(list(rules.own_languages))
    persons = events.group_by("client_id", "period").agg(
        age=pl.col("age").max(), other_language=in_other_language.any(), agencies=agencies(rules)
    )
    group = (
        age_group_expression(rules)
        .when("other_language")
        .then(pl.lit(OTHER_LANGUAGE))
        .when(pl.col("agencies") >= rules.multi_agencies)
        .then(pl.lit(MULTI_AGENCY))
        .otherwise(pl.lit(OTHERS))
    )
    return persons.select("client_id", "period", group=group).sort("client_id", "period")


def age_group_expression(rules: GroupRules) -> pl.expr.whenthen.ChainedThen:
    """The part of the grouping that the age alone decides."""
    return (
        pl.when(pl.col("age") <= rules.child_max_age)
        .then(pl.lit(CHILDREN))
        .when(pl.col("age") >= rules.aged_min_age)
        .then(pl.lit(AGED))
    )


def with_group(rows: pl.DataFrame, groups: pl.DataFrame, rules: GroupRules | None = None) -> pl.DataFrame:
    """The rows with their client's `group` in their period; a client without events is grouped by age alone.

    Args:
        rows: columns client_id, period, age.
        groups: from `client_groups`.
        rules: the same rules.
    """
    by_age = age_group_expression(rules or GroupRules()).otherwise(pl.lit(OTHERS))
    joined = rows.join(groups, on=["client_id", "period"], how="left", maintain_order="left")
    return joined.with_columns(group=pl.coalesce("group", by_age))
