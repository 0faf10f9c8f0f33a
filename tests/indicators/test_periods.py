"""Periods: calendar years, and the twelve months to the day of the figures."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.tables import twelve_months_of, whole_periods


def period(day: date, as_of: date) -> str:
    return pl.DataFrame({"d": [day]}).select(twelve_months_of("d", as_of)).item()


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 10, 31), "2026-10-31"),
        (date(2025, 11, 1), "2026-10-31"),
        (date(2025, 10, 31), "2025-10-31"),
        (date(2024, 11, 1), "2025-10-31"),
        (date(2024, 2, 29), "2024-10-31"),
    ],
)
def test_twelve_months_end_on_the_day_of_the_figures(day: date, end: str) -> None:
    assert period(day, date(2026, 10, 31)) == end


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 1500))
def test_a_day_falls_within_the_twelve_months_of_its_period(as_of: date, back: int) -> None:
    day = as_of - timedelta(back)
    end = date.fromisoformat(period(day, as_of))
    assert timedelta(0) <= end - day + timedelta(1) <= timedelta(367)
    assert end <= as_of


def test_periods_that_the_register_does_not_cover_are_left_out_but_the_latest_stays() -> None:
    as_of = date(2026, 10, 31)

    def kept(*days: date) -> list[str]:
        return sorted(whole_periods(pl.DataFrame({"event_date": days}), as_of)["period"].unique())

    assert kept(date(2024, 11, 20), date(2025, 12, 1)) == ["2025-10-31", "2026-10-31"]
    assert kept(date(2025, 1, 20), date(2025, 12, 1)) == ["2026-10-31"]
    assert kept(date(2026, 5, 1)) == ["2026-10-31"]
