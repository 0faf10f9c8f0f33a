"""Small register tables that a person can check in the head."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import polars as pl

from indicators.tables import Scope
from sources.contracts import CONTRACTS

AS_OF = date(2025, 12, 31)
AREAS = {"016": "north", "098": "north", "398": "south"}
SCOPE = Scope(AREAS, "09", AS_OF)


@dataclass(frozen=True)
class Limit:
    service: str
    valid_from: date
    days: int
    valid_to: date | None = None
    min_age: int = 0
    max_age: int = 100


CHANGE = date(2025, 1, 1)
LIMITS = (
    Limit("doctor_visit", date(2023, 9, 1), 14, valid_to=date(2024, 12, 31)),
    Limit("doctor_visit", CHANGE, 14, max_age=22),
    Limit("doctor_visit", CHANGE, 90, min_age=23),
)


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = CONTRACTS[name].schema()
    return pl.DataFrame([{c: row.get(c) for c in schema} for row in rows], schema=schema)


def event(client: str, day: date, **changes: Any) -> dict[str, Any]:
    """A non-urgent doctor visit of a fifty-year-old of Asikkala."""
    base = {
        "client_id": client,
        "age": 50,
        "sex": "female",
        "municipality": "016",
        "language": "fi",
        "service": "doctor_visit",
        "unit": "u1",
        "event_date": day,
        "recorded_at": datetime.combine(day, time(12)),
        "urgency": "non_urgent",
        "contact": "visit",
        "professional_id": "p1",
    }
    return {**base, **changes}


def events(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return table("service_events", [{"event_id": f"e{i:03d}", **row} for i, row in enumerate(rows)])


def wait(arrived: date, ended: date | None = None, reason: str | None = None, **changes: Any) -> dict[str, Any]:
    """A non-urgent wait for a doctor of a fifty-year-old of Asikkala."""
    base = {
        "client_id": "c",
        "age": 50,
        "service": "doctor_visit",
        "municipality": "016",
        "urgency": "non_urgent",
        "arrived_on": arrived,
        "ended_on": ended,
        "end_reason": reason or ("served" if ended else None),
    }
    return {**base, **changes}


def waiting(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return table("waiting_list", [{"referral_id": f"r{i:03d}", **row} for i, row in enumerate(rows)])


def figure(found: pl.DataFrame, measure: str, area: str = "09", group: str = "all", **more: str) -> dict[str, Any]:
    """The one row of a measure."""
    rows = found.filter(measure=measure, area=area, group=group, **more)
    assert rows.height == 1, f"{rows.height} rows of {measure}, {area}, {group}"
    return rows.row(0, named=True)
