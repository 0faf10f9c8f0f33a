"""Capacity of queues, and service debt: the formulas by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from indicators.capacity import capacity_needs, relief_capacity, target_capacity, target_queue
from indicators.debt import Disruption, debt_against_reference, service_debt
from tests.indicators.registers import AS_OF, LIMITS, SCOPE, figure, wait, waiting


def test_capacity_that_keeps_the_target() -> None:
    assert target_capacity(4, 52, factor=4, cv_demand=1, cv_capacity=1) == pytest.approx(4.0769, abs=5e-5)


def test_capacity_that_relieves_a_queue() -> None:
    assert relief_capacity(30, 1200, 390, 26) == pytest.approx(61.15, abs=5e-3)


def test_a_queue_below_its_target_needs_no_relief() -> None:
    assert relief_capacity(30, 100, 390) == 30


def test_the_target_queue_is_the_demand_times_the_mean_wait() -> None:
    assert target_queue(30, 52, factor=4) == 390


def test_a_target_of_no_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="target wait above 0"):
        target_capacity(4, 0)


def test_needs_of_a_service_from_its_waiting_list() -> None:
    rows = [wait(AS_OF - timedelta(7 * week), None) for week in range(11) for _ in range(4)]
    found = capacity_needs(waiting(rows), SCOPE, limits=LIMITS)
    period = {"period": AS_OF.isoformat()}
    assert figure(found, "demand_per_week:doctor_visit", **period)["value"] == pytest.approx(4.0)
    # The list's first week may be a part of one and is left out. Steady arrivals have no variation, so the target
    # capacity is the demand; 44 wait, 4 * (90/7) / 4 = 12.86 may.
    assert figure(found, "capacity_target_per_week:doctor_visit")["value"] == pytest.approx(4.0)
    relief = 4 + (44 - 90 / 7) / 26
    assert figure(found, "capacity_relief_per_week:doctor_visit", "north")["value"] == pytest.approx(relief)
    assert figure(found, "demand_per_week:doctor_visit")["n"] == 40


def test_a_list_that_begins_this_week_is_one_week_of_demand() -> None:
    found = capacity_needs(waiting([wait(AS_OF, None) for _ in range(4)]), SCOPE, limits=LIMITS)
    assert figure(found, "demand_per_week:doctor_visit")["value"] == pytest.approx(4.0)


def test_debt_grows_by_shortfalls_and_is_not_repaid_by_good_months() -> None:
    assert service_debt([10, 10, 10, 10], [8, 12, 5, 10]).tolist() == [2, 2, 7, 7]


def test_a_missing_month_is_not_a_debt() -> None:
    with pytest.raises(ValueError, match="is missing; complete the series first"):
        service_debt([10, 10], [8, np.nan])


def monthly(counts: dict[int, list[int]]) -> pl.DataFrame:
    """March and April of each year, in one area."""
    rows = [
        ("north", "dental_visit", date(year, 3 + i, 1), n)
        for year, pair in counts.items()
        for i, n in enumerate(pair)
    ]
    return pl.DataFrame(rows, schema=["area", "service", "period", "count"], orient="row")


SPRING = Disruption(date(2020, 3, 1), date(2020, 4, 1), reference_years=2)


def test_debt_is_the_shortfall_against_the_same_months_of_the_years_before() -> None:
    found = debt_against_reference(monthly({2018: [10, 20], 2019: [14, 24], 2020: [5, 30]}), "09", SPRING)
    row = figure(found, "count_service_debt:dental_visit")
    # Mean of the years 12, 22: March lacks 7, April lacks nothing; against 2018 it is 5, against 2019 it is 9.
    assert (row["value"], row["low"], row["high"], row["n"]) == (7.0, 5.0, 9.0, 35)
    assert row["period"] == "2020-04"
    assert figure(found, "count_service_debt:dental_visit", "north")["value"] == 7.0


@pytest.mark.parametrize(
    "gap", [{2018: [10], 2019: [14, 24], 2020: [5, 30]}, {2018: [1, 2], 2019: [1, 2], 2020: [1]}]
)
def test_a_gap_is_no_debt(gap: dict[int, list[int]]) -> None:
    assert debt_against_reference(monthly(gap), "09", SPRING).is_empty()


def test_a_debt_lies_within_its_own_range_when_the_mean_year_owes_least():
    """Each single year has a month above what was given; in the mean of the years they cancel."""
    rows = []
    for year, counts in ((2017, (30, 10)), (2018, (10, 30)), (2019, (20, 20)), (2020, (20, 20))):
        rows += [("a", "s", date(year, 3 + i, 1), n) for i, n in enumerate(counts)]
    monthly = pl.DataFrame(rows, schema=["area", "service", "period", "count"], orient="row")
    disruption = Disruption(date(2020, 3, 1), date(2020, 4, 1))
    debt = debt_against_reference(monthly, "C", disruption)
    assert debt.height == 2
    assert (debt["value"] == 0.0).all()
    assert (debt["low"] == 0.0).all()
    assert (debt["high"] == 10.0).all()
