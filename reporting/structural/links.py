"""Which open indicators and which services of the forecast belong beside a phenomenon.

The pairs say only that the two are read together; nothing here measures cause.
"""

from __future__ import annotations

from dataclasses import dataclass

UNEMPLOYED, ASSISTANCE, PLACED, WAITED, HOME_CARE_75, CONTINUITY = "181", "493", "3563", "6411", "5513", "5502"


@dataclass(frozen=True)
class Link:
    """Indicators (ids at the publisher) and services (codes of the county file) beside a phenomenon."""

    indicators: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


LINKS: dict[str, Link] = {
    "homelessness": Link((ASSISTANCE,), ("adult_social_work",)),
    "rent_debt_eviction": Link((ASSISTANCE,), ("adult_social_work",)),
    "over_indebtedness": Link((UNEMPLOYED, ASSISTANCE), ("adult_social_work",)),
    "insufficient_income": Link((ASSISTANCE,), ("adult_social_work",)),
    "food_aid": Link((ASSISTANCE,), ("adult_social_work",)),
    "loneliness": Link((HOME_CARE_75,), ("home_care",)),
    "substance_use": Link((), ("mental_health",)),
    "mental_health": Link((), ("mental_health",)),
    "intimate_partner_violence": Link((PLACED,), ("child_protection",)),
    "maltreatment": Link((PLACED,), ("child_protection",)),
    "child_youth_distress": Link((PLACED,), ("child_protection", "mental_health")),
    "school_absence": Link((PLACED,), ("child_protection",)),
    "parenting_support": Link((PLACED,), ("child_protection",)),
    "unemployment": Link((UNEMPLOYED,), ("adult_social_work",)),
    "digital_exclusion": Link((), ("adult_social_work", "home_care")),
    "carer_burden": Link((HOME_CARE_75,), ("home_care", "housing_247")),
    "service_accessibility": Link((WAITED, CONTINUITY), ("doctor_visit", "nurse_visit")),
    "migrants_situation": Link((UNEMPLOYED,), ("adult_social_work",)),
    "gambling": Link((), ("mental_health", "adult_social_work")),
    "crime_recruitment": Link((UNEMPLOYED,), ("child_protection",)),
}
