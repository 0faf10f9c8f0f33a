"""Which open indicators and which services of the forecast belong beside a phenomenon.

The pairs say only that the two are read together; nothing here measures cause.
"""

from __future__ import annotations

from dataclasses import dataclass

UNEMPLOYED, ASSISTANCE, PLACED, WAITED, HOME_CARE_75, CONTINUITY = "181", "493", "3563", "6411", "5513", "5502"
LOW_INCOME, LONG_UNEMPLOYED, LONG_ASSISTANCE = (
    "diak:low_income",
    "diak:long_term_unemployed",
    "diak:long_term_assistance_25_64",
)
LONELY, NO_EDUCATION, NOTIFICATIONS = "diak:lonely", "diak:outside_education", "diak:child_welfare_notifications"


@dataclass(frozen=True)
class Link:
    """Indicators (ids at the publisher) and services (codes of the county file) beside a phenomenon."""

    indicators: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


LINKS: dict[str, Link] = {
    "homelessness": Link((ASSISTANCE, LONG_ASSISTANCE), ("adult_social_work",)),
    "rent_arrears_and_eviction": Link((ASSISTANCE, LOW_INCOME), ("adult_social_work",)),
    "over_indebtedness": Link((UNEMPLOYED, ASSISTANCE), ("adult_social_work",)),
    "insufficient_income": Link((ASSISTANCE, LOW_INCOME), ("adult_social_work",)),
    "food_aid": Link((ASSISTANCE, LOW_INCOME), ("adult_social_work",)),
    "loneliness": Link((LONELY,), ("home_care",)),
    "substance_abuse": Link((), ("mental_health",)),
    "mental_health_problems": Link((), ("mental_health",)),
    "domestic_violence": Link((PLACED,), ("child_protection",)),
    "maltreatment": Link((PLACED, NOTIFICATIONS), ("child_protection",)),
    "ill_being_of_children_and_young": Link((NOTIFICATIONS,), ("child_protection", "mental_health")),
    "school_absence": Link((NO_EDUCATION,), ("child_protection",)),
    "parenting_support": Link((PLACED, NOTIFICATIONS), ("child_protection",)),
    "unemployment": Link((UNEMPLOYED, LONG_UNEMPLOYED), ("adult_social_work",)),
    "digital_exclusion": Link((), ("adult_social_work", "home_care")),
    "carer_strain": Link((HOME_CARE_75,), ("home_care", "housing_247")),
    "access_to_services_and_distances": Link((WAITED, CONTINUITY), ("doctor_visit", "nurse_visit")),
    "situation_of_immigrants": Link((UNEMPLOYED,), ("adult_social_work",)),
    "gambling_problems": Link((), ("mental_health", "adult_social_work")),
    "crime_and_recruitment": Link((UNEMPLOYED,), ("child_protection",)),
}
LINKED_INDICATORS = frozenset(indicator for link in LINKS.values() for indicator in link.indicators)
