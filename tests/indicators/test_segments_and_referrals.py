"""Segments by use of services, and wellbeing referrals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from indicators.segments import SegmentRules, client_segments, segment_shares
from indicators.tables import Scope, whole_periods
from indicators.wellbeing import referral_uptake
from tests.indicators.registers import AS_OF, SCOPE, event, events, figure, table

DAY = date(2025, 1, 7)


def used(client: str, contacts: int, months: int = 1, services: int = 1) -> list[dict[str, object]]:
    return [
        event(client, DAY.replace(month=1 + i % months, day=1 + i), service=f"s{i % services}")
        for i in range(contacts)
    ]


@pytest.mark.parametrize(
    ("contacts", "months", "services", "segment"),
    [
        (1, 1, 1, "occasional"),
        (6, 3, 1, "occasional"),
        (5, 5, 1, "occasional"),
        (6, 4, 2, "planned"),
        (3, 1, 3, "multi_agency"),
        (12, 6, 3, "multi_agency"),
    ],
)
def test_a_clients_segment(contacts: int, months: int, services: int, segment: str) -> None:
    found = client_segments(whole_periods(events(used("a", contacts, months, services)), AS_OF))
    assert found.select("client_id", "period", "segment").rows() == [("a", "2025-12-31", segment)]


def test_what_makes_a_segment_is_a_setting() -> None:
    rules = SegmentRules(planned_contacts=2, planned_months=2)
    table = whole_periods(events(used("a", 2, 2)), AS_OF)
    assert client_segments(table, rules)["segment"].item() == "planned"


def test_services_of_one_agency_are_not_many_agencies() -> None:
    services = ("doctor_visit", "nurse_visit", "dental_visit", "emergency_visit")
    rows = [event("a", DAY, service=service) for service in services]
    assert client_segments(whole_periods(events(rows), AS_OF))["segment"].item() == "occasional"
    rows += [event("a", DAY, service=service) for service in ("home_care", "mental_health")]
    assert client_segments(whole_periods(events(rows), AS_OF))["segment"].item() == "multi_agency"


def test_shares_of_segments_add_up_to_one() -> None:
    rows = used("a", 1) + used("b", 6, 4) + used("c", 3, 1, 3) + used("d", 2)
    found = segment_shares(events(rows), SCOPE)
    shares = [figure(found, f"share_{s}")["value"] for s in ("occasional", "planned", "multi_agency")]
    assert shares == [0.5, 0.25, 0.25]
    row = figure(found, "share_planned")
    assert row["n"] == 4
    assert "proxy" in row["note"]


def referrals(*rows: dict[str, object]):
    base = {"municipality": "016", "to_kind": "exercise", "client_id": "c"}
    return table("wellbeing_referrals", [{"referral_id": f"w{i}", **base, **r} for i, r in enumerate(rows)])


def test_uptake_is_of_known_outcomes() -> None:
    day = date(2025, 5, 5)
    rows = referrals(
        {"referred_on": day, "outcome": "took_up"},
        {"referred_on": day, "outcome": "declined", "to_kind": "culture"},
        {"referred_on": day, "outcome": "not_reached"},
        {"referred_on": day},
    )
    found = referral_uptake(rows, SCOPE)
    row = figure(found, "wellbeing_referral_uptake")
    assert (row["value"], row["n"], row["excluded"]) == (pytest.approx(1 / 3), 3, 1)
    assert figure(found, "wellbeing_referral_uptake", group="culture")["value"] == 0.0


def test_a_referral_of_yesterday_is_not_yet_judged_on_its_contact() -> None:
    rows = referrals(
        {"referred_on": AS_OF - timedelta(40), "contacted_on": AS_OF - timedelta(26)},
        {"referred_on": AS_OF - timedelta(40), "contacted_on": AS_OF - timedelta(25)},
        {"referred_on": AS_OF - timedelta(1)},
        {"referred_on": AS_OF - timedelta(1), "contacted_on": AS_OF},
    )
    row = figure(referral_uptake(rows, SCOPE), "share_contacted_within_14_days")
    assert (row["value"], row["n"], row["excluded"]) == (pytest.approx(2 / 3), 3, 1)


def test_uptake_by_municipality_is_a_mapping_to_itself() -> None:
    rows = referrals(
        {"referred_on": DAY, "outcome": "took_up"},
        {"referred_on": DAY, "outcome": "took_up", "municipality": "398"},
    )
    found = referral_uptake(rows, Scope({m: m for m in ("016", "398")}, "09", AS_OF))
    assert figure(found, "wellbeing_referral_uptake", "398")["n"] == 1
    assert figure(found, "wellbeing_referral_uptake", "09")["n"] == 2
