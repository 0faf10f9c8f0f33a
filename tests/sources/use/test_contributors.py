"""Who stands behind a count: hand-counted clients, margins, and what is not known."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from sources.contributors import contributors
from sources.service_use import monthly_use
from tests.sources.use.test_service_use import AGES, AREAS, MEASURES, delivered, events

COUNTY = "09"
MAPPED = {"age_groups": AGES, "measures": MEASURES, "area_of_municipality": AREAS}


def behind(ready: pl.DataFrame, happened: pl.DataFrame) -> dict[tuple, tuple[int, int]]:
    rows = contributors(ready, happened, **MAPPED, county=COUNTY).iter_rows()
    return {tuple(row[:5]): (row[5], row[6]) for row in rows}


def test_clients_and_the_largest_of_them_by_cell_and_margin():
    happened = events(
        *(("a", "doctor_visit", 40, date(2025, 3, day)) for day in range(1, 8)),
        ("a", "doctor_visit", 12, date(2025, 4, 1)),
        ("b", "doctor_visit", 40, date(2025, 3, 9)),
    )
    found = behind(delivered(), happened)
    assert found["09-398", "doctor_visit", "female", "18+", "2025"] == (2, 7)
    assert found["09-398", "doctor_visit", "all", "all", "2025"] == (2, 8)
    assert found[COUNTY, "doctor_visit", "female", "0-17", "2025"] == (1, 1)
    assert found[COUNTY, "doctor_visit", "all", "all", "2025-03"] == (2, 7)
    assert found["09-398", "doctor_visit", "all", "all", "2025-04"] == (1, 1)


def test_a_service_that_counts_clients_counts_each_once_a_month():
    happened = events(
        *(("a", "child_protection", 5, date(2025, month, day)) for month in (1, 2) for day in (1, 9))
    )
    assert behind(delivered(), happened)[COUNTY, "child_protection", "all", "all", "2025"] == (1, 2)


def test_nothing_is_said_of_a_year_with_a_month_delivered_ready():
    happened = events(("a", "doctor_visit", 40, date(2025, 3, 1)), ("a", "doctor_visit", 40, date(2025, 4, 1)))
    found = behind(delivered(("doctor_visit", date(2025, 3, 1), 7)), happened)
    assert {key[4] for key in found} == {"2025-04"}


def test_events_without_an_age_stand_in_months_and_in_no_year():
    found = behind(delivered(), events(("a", "doctor_visit", None, date(2025, 3, 1))))
    assert {key[4] for key in found} == {"2025-03"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.sampled_from(sorted(MEASURES)),
            st.integers(0, 100),
            st.dates(date(2024, 1, 1), date(2025, 12, 31)),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_the_largest_client_is_never_more_than_the_count_nor_less_than_its_share(rows):
    happened = events(*rows)
    months = monthly_use(delivered(), happened, **MAPPED)
    counted = months.group_by("service", year=pl.col("period").dt.year().cast(pl.String)).agg(
        pl.col("count").sum()
    )
    found = behind(delivered(), happened)
    for service, year, count in counted.iter_rows():
        clients, largest = found[COUNTY, service, "all", "all", year]
        assert clients == len({r[0] for r in rows if r[1] == service and str(r[3].year) == year})
        assert count / clients <= largest <= count
