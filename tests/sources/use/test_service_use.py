"""Delivered months stand, events fill the others; clients are counted once a month."""

from datetime import date, datetime

import polars as pl
import pytest

from sources.contracts import CONTRACTS
from sources.service_use import UnmappedCodeError, monthly_use

AREAS = {"398": "09-398", "016": "09-016"}
MEASURES = {"doctor_visit": "visits", "child_protection": "clients"}
AGES = {age: "0-17" if age < 18 else "18+" for age in range(101)}


def events(*rows: tuple[str, str, int | None, date]) -> pl.DataFrame:
    schema = CONTRACTS["service_events"].schema()
    full = [
        {
            **dict.fromkeys(schema),
            "event_id": str(i),
            "client_id": client,
            "service": service,
            "age": age,
            "sex": "female",
            "municipality": "398",
            "event_date": day,
            "recorded_at": datetime(2026, 1, 1),
        }
        for i, (client, service, age, day) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=schema)


def delivered(*rows: tuple[str, date, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [("398", service, "female", "18+", day, count) for service, day, count in rows],
        schema=CONTRACTS["service_counts"].schema(),
        orient="row",
    )


def use(ready: pl.DataFrame, happened: pl.DataFrame) -> list[tuple]:
    frame = monthly_use(ready, happened, age_groups=AGES, measures=MEASURES, area_of_municipality=AREAS)
    return frame.select("service", "age_group", "period", "count").rows()


def test_visits_are_counted_by_event_and_clients_once_a_month():
    happened = events(
        ("a", "doctor_visit", 40, date(2025, 3, 1)),
        ("a", "doctor_visit", 40, date(2025, 3, 9)),
        ("b", "child_protection", 5, date(2025, 3, 2)),
        ("b", "child_protection", 5, date(2025, 3, 20)),
    )
    assert use(delivered(), happened) == [
        ("child_protection", "0-17", date(2025, 3, 1), 1),
        ("doctor_visit", "18+", date(2025, 3, 1), 2),
    ]


def test_a_month_delivered_ready_is_not_counted_again_from_events():
    happened = events(("a", "doctor_visit", 40, date(2025, 3, 1)), ("a", "doctor_visit", 40, date(2025, 4, 1)))
    assert use(delivered(("doctor_visit", date(2025, 3, 1), 7)), happened) == [
        ("doctor_visit", "18+", date(2025, 3, 1), 7),
        ("doctor_visit", "18+", date(2025, 4, 1), 1),
    ]


def test_an_event_without_an_age_is_kept_as_unknown():
    assert use(delivered(), events(("a", "doctor_visit", None, date(2025, 3, 1)))) == [
        ("doctor_visit", "unknown", date(2025, 3, 1), 1)
    ]


def test_an_unmapped_service_is_an_error_not_a_loss():
    with pytest.raises(UnmappedCodeError, match="surgery"):
        use(delivered(), events(("a", "surgery", 40, date(2025, 3, 1))))
