"""Access to care from visits: first visits after an assessed need, against fixed and dated limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from indicators.access import seen_within
from indicators.groups import client_groups
from indicators.intervals import wilson
from indicators.limits import with_limit
from indicators.tables import SCHEMA, Scope, UnmappedMunicipalityError
from tests.indicators.registers import AS_OF, CHANGE, LIMITS, SCOPE, Limit, event, events, figure

DAY = date(2025, 6, 2)


def seen(client: str, wait: int, day: date = DAY, **changes: object) -> dict[str, object]:
    return event(client, day, need_assessed_on=day - timedelta(wait), **changes)


def access(rows: list[dict[str, object]], scope: Scope = SCOPE):
    table = events(rows)
    return seen_within(table, client_groups(table), scope, limits=LIMITS)


def test_shares_by_fixed_days_and_by_the_limit_in_force() -> None:
    found = access([seen("a", 3), seen("b", 7), seen("c", 8), seen("d", 90), seen("e", 91)])
    assert figure(found, "seen_within_7_days")["value"] == pytest.approx(2 / 5)
    assert figure(found, "seen_within_14_days")["value"] == pytest.approx(3 / 5)
    assert figure(found, "seen_within_limit")["value"] == pytest.approx(4 / 5)
    row = figure(found, "seen_within_7_days")
    assert (row["low"], row["high"]) == pytest.approx(wilson(2, 5))
    assert (row["n"], row["excluded"], row["period"]) == (5, 0, "2025")
    assert dict(found.schema) == SCHEMA


def test_the_limit_follows_the_age_and_the_day_of_assessment() -> None:
    young, old = {"age": 22}, {"age": 23}
    found = access([seen("a", 20, **young), seen("b", 20, **old)])
    assert figure(found, "seen_within_limit")["value"] == 0.5
    before = CHANGE - timedelta(1)
    late = event("c", before + timedelta(20), need_assessed_on=before, age=50)
    on_time = event("d", CHANGE + timedelta(20), need_assessed_on=CHANGE, age=50)
    assert figure(access([late, on_time]), "seen_within_limit")["value"] == 0.5


def test_a_visit_without_the_day_of_assessment_is_excluded_not_forgotten() -> None:
    row = figure(access([seen("a", 3), event("b", DAY)]), "seen_within_7_days")
    assert (row["value"], row["n"], row["excluded"]) == (1.0, 1, 1)


def test_a_need_that_no_limit_covers_is_excluded_from_the_limit_alone() -> None:
    found = access([seen("a", 3, age=None), seen("b", 3)])
    assert (figure(found, "seen_within_limit")["n"], figure(found, "seen_within_limit")["excluded"]) == (1, 1)
    assert figure(found, "seen_within_7_days")["n"] == 2


def test_only_the_first_visit_of_a_need_counts() -> None:
    need = date(2025, 6, 1)
    rows = [event("a", need + timedelta(d), need_assessed_on=need) for d in (20, 2, 40)]
    row = figure(access(rows), "seen_within_7_days")
    assert (row["value"], row["n"]) == (1.0, 1)


def test_urgent_visits_other_services_and_the_future_are_left_out() -> None:
    rows = [
        seen("a", 3),
        seen("b", 3, urgency="urgent"),
        seen("c", 3, service="home_care"),
        seen("d", 3, day=AS_OF + timedelta(1)),
    ]
    assert figure(access(rows), "seen_within_7_days")["n"] == 1


def test_areas_and_groups_add_up_to_the_county_and_to_all() -> None:
    rows = [
        seen("a", 3, municipality="016"),
        seen("b", 9, municipality="098", age=10),
        seen("c", 9, municipality="398", age=80),
        seen("d", 3, municipality="398", language="ru"),
    ]
    found = access(rows).filter(measure="seen_within_7_days:doctor_visit")
    n = {(r["area"], r["group"]): r["n"] for r in found.iter_rows(named=True)}
    assert n["09", "all"] == n["north", "all"] + n["south", "all"] == 4
    groups = [v for (area, group), v in n.items() if area == "09" and group != "all"]
    assert sum(groups) == 4
    assert n["09", "children"] == n["09", "aged_75"] == n["09", "other_language"] == n["09", "others"] == 1


def test_a_municipality_without_an_area_is_an_error() -> None:
    with pytest.raises(UnmappedMunicipalityError, match="no service area for municipality 588"):
        access([seen("a", 3, municipality="588")])


def test_two_limits_at_once_are_an_error() -> None:
    twice = (Limit("doctor_visit", CHANGE, 14), Limit("doctor_visit", CHANGE, 90, min_age=23))
    rows = events([seen("a", 3)])
    with pytest.raises(ValueError, match=r"two limits hold for doctor_visit at ages 23-100 from 2025-01-01"):
        with_limit(rows, twice, "event_date")
