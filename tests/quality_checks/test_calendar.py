from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_checks.calendar import CalendarRangeError, finnish_working_days

CALENDAR = finnish_working_days(date(2024, 1, 1), date(2027, 12, 31))
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_tuesday_and_seven_working_days_is_thursday_of_the_next_week():
    assert CALENDAR.after(date(2026, 11, 3), 7) == date(2026, 11, 12)
    assert CALENDAR.between(date(2026, 11, 3), date(2026, 11, 12)) == 7


def test_the_day_of_receipt_is_day_zero():
    assert CALENDAR.between(date(2026, 11, 3), date(2026, 11, 3)) == 0


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 6, 19),  # midsummer eve
        date(2026, 12, 24),  # Christmas eve
        date(2026, 4, 3),  # Good Friday
        date(2026, 1, 6),  # Epiphany
        date(2025, 12, 6),  # Independence day on a Saturday
        date(2026, 11, 7),  # a Saturday
    ],
)
def test_saturdays_holidays_and_the_two_eves_are_not_working_days(day):
    assert not CALENDAR.is_working(day)
    assert CALENDAR.between(day - timedelta(days=1), day) == 0


def test_a_deadline_over_christmas_moves_past_the_holidays():
    assert CALENDAR.after(date(2026, 12, 23), 1) == date(2026, 12, 28)


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS)
def test_the_index_counts_what_a_walk_over_the_days_counts(a, b):
    first, last = min(a, b), max(a, b)
    walked = sum(CALENDAR.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
    assert CALENDAR.between(first, last) == walked
    assert CALENDAR.between(last, first) == -walked


def test_columns_agree_with_single_days_and_keep_missing_days_missing():
    frame = pl.DataFrame({"a": [date(2026, 11, 3), None, date(1950, 1, 1)], "b": [date(2026, 11, 12)] * 3})
    found = frame.lazy().select(CALENDAR.between_columns(pl.col("a"), pl.col("b"))).collect().to_series().to_list()
    assert found[:2] == [7, None]
    assert found[2] == CALENDAR.between(date(2024, 1, 1), date(2026, 11, 12))


def test_the_table_tells_working_days_and_their_number_so_far():
    table = CALENDAR.table().head(8)
    assert table["working"].to_list() == [False, True, True, True, True, False, False, True]
    assert table["index"].to_list() == [0, 1, 2, 3, 4, 4, 4, 5]


def test_a_day_outside_the_calendar_is_an_error_that_names_it():
    with pytest.raises(CalendarRangeError, match="1950-01-01"):
        CALENDAR.between(date(1950, 1, 1), date(2026, 1, 1))
