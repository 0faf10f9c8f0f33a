"""Kaplan-Meier waiting times, the share beyond the limit, and the queue."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.groups import client_groups
from indicators.waiting import kaplan_meier, waiting_times
from tests.indicators.registers import AS_OF, LIMITS, SCOPE, events, figure, wait, waiting


def test_the_curve_of_a_textbook_example() -> None:
    # Freireich et al. 1963, weeks of remission, 6-MP arm (21 persons, 12 censored).
    times = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    curve = kaplan_meier(times, ended)
    at = {int(t): s for t, s in zip(curve.times, curve.still_waiting, strict=True)}
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {t: round(at[t], 3) for t in published} == published
    error = curve.still_waiting * np.sqrt(curve.greenwood)
    assert error[list(curve.times).index(10)] == pytest.approx(0.0963, abs=5e-4)
    assert curve.quantile(0.5)[0] == 23
    assert curve.quantile(0.5)[1] == 13


def test_without_censoring_it_is_the_plain_share() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [True] * 4)
    assert curve.still_waiting.tolist() == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert curve.beyond(2.0)[0] == pytest.approx(0.5)
    assert curve.beyond(0.5)[0] == 1.0
    assert curve.beyond(0.5)[1] < 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40))
def test_the_curve_falls_and_its_bounds_hold_it(waits: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier([t for t, _ in waits], [e for _, e in waits])
    low, high = curve.bounds()
    assert np.all(np.diff(curve.still_waiting) <= 1e-12)
    assert np.all((low <= curve.still_waiting + 1e-9) & (curve.still_waiting <= high + 1e-9))
    assert np.all((low >= 0) & (high <= 1))


def test_the_estimate_recovers_known_waits_through_censoring() -> None:
    rng = np.random.default_rng(3)
    true, cut = rng.exponential(30.0, 20_000), rng.uniform(0, 90, 20_000)
    curve = kaplan_meier(np.minimum(true, cut), true <= cut)
    median, low, high = curve.quantile(0.5)
    assert median == pytest.approx(30 * np.log(2), rel=0.03)
    assert low < 30 * np.log(2) < high


def waits(rows: list[dict[str, object]]):
    return waiting_times(waiting(rows), client_groups(events([])), SCOPE, limits=LIMITS)


START = date(2025, 3, 3)


def after(days: int) -> date:
    return START + timedelta(days)


def test_open_and_withdrawn_waits_are_censored_not_counted_as_served() -> None:
    rows = [wait(START, after(d)) for d in (10, 20, 30)]
    rows += [wait(START, after(15), "withdrawn"), wait(START)]
    row = figure(waits(rows), "waiting_days_median")
    # At risk 5, 4 (one served), 3 (one censored), ...: S(10) = 0.8, S(20) = 0.8 * 2/3 = 0.53, S(30) = 0.27.
    assert (row["value"], row["n"]) == (30.0, 5)


def test_a_median_that_is_not_reached_is_left_open() -> None:
    row = figure(waits([wait(START, after(10)), wait(START), wait(START)]), "waiting_days_median")
    assert row["value"] is None
    assert row["n"] == 3


def test_waits_are_judged_by_their_own_limit() -> None:
    rows = [wait(START, after(20), age=20), wait(START, after(20), age=40)]
    row = figure(waits(rows), "waiting_over_limit")
    assert (row["value"], row["n"], row["excluded"]) == (0.5, 2, 0)
    assert figure(waits([*rows, wait(START, after(1), age=None)]), "waiting_over_limit")["excluded"] == 1


def test_a_wait_that_ends_after_the_day_of_the_figures_is_open_on_it() -> None:
    rows = [wait(AS_OF - timedelta(100), AS_OF + timedelta(5)), wait(AS_OF - timedelta(10))]
    found = waits(rows)
    assert figure(found, "count_waiting:doctor_visit")["value"] == 2
    assert figure(found, "count_waiting_over_limit:doctor_visit")["value"] == 1
    assert figure(found, "count_waiting")["period"] == "2025-12-31"


def test_urgent_and_later_arrivals_are_left_out() -> None:
    rows = [wait(START, after(3)), wait(START, after(3), urgency="urgent"), wait(AS_OF + timedelta(1))]
    assert figure(waits(rows), "waiting_days_p90")["n"] == 1


def test_a_wait_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 waits end before they begin .*referral r000"):
        waits([wait(START, after(-1))])


def test_an_empty_waiting_list_gives_no_figures() -> None:
    assert waits([]).is_empty()
