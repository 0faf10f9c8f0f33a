"""Facts of the structural report, on tables that can be checked in the head."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from reporting.structural.case_times import TO_ASSESSMENT, TO_DECISION, case_times, median_wait
from reporting.structural.linked_counts import ALL, linked_counts
from reporting.structural.observations import TOPICS, observation_tables, year_windows
from reporting.structural.phenomena import phenomenon_facts, poisson_rate, rate_ratio
from reporting.structural.population import population_facts
from reporting.structural.processing import protected_times
from reporting.structural.surroundings import indicator_facts
from reporting.structural.trust import QualityIndex, observation_grade, wilson

AS_OF = date(2026, 10, 31)
AREAS = {"001": "A", "002": "B", "003": "C"}
EVES = [date(2026, 6, 19)]


def document(
    case: str, kind: str, day: date, municipality: str = "001", task: str = "families", **more: str
) -> dict:
    at = datetime(day.year, day.month, day.day, 12)
    return {
        "document_id": f"{case}-{kind}-{day}",
        "case_id": case,
        "client_id": f"client-{case}",
        "service_task": task,
        "document_type": kind,
        "municipality": municipality,
        "event_at": at,
        "created_at": at,
        "content": more.get("content"),
    }


def times_of(rows: list[dict], measure: str, area: str = "A", task: str = "families") -> dict:
    table = case_times(
        pl.DataFrame(rows, schema_overrides={"content": pl.String}), AREAS, "09", AS_OF, days_off=EVES
    )
    found = table.filter(pl.col("measure") == measure, pl.col("area") == area, pl.col("service_task") == task)
    return found.row(0, named=True)


def test_a_contact_on_tuesday_is_seven_working_days_from_thursday_of_the_next_week():
    rows = [
        document("c", "notification", date(2026, 10, 6)),
        document("c", "assessment", date(2026, 10, 15)),
    ]
    found = times_of(rows, TO_ASSESSMENT)
    assert (found["median_days"], found["limit_days"], found["share_within"]) == (7, 7, 1.0)
    later = [rows[0], document("c", "assessment", date(2026, 10, 16))]
    assert times_of(later, TO_ASSESSMENT)["share_within"] == 0.0


def test_midsummer_eve_is_no_working_day():
    rows = [document("c", "notification", date(2026, 6, 18)), document("c", "assessment", date(2026, 6, 22))]
    assert times_of(rows, TO_ASSESSMENT)["median_days"] == 1


def test_the_day_told_in_the_document_decides_before_the_day_it_was_written():
    rows = [
        document("c", "notification", date(2026, 10, 6), content='{"received_on": "2026-10-05"}'),
        document("c", "assessment", date(2026, 10, 20), content='{"started_on": "2026-10-07"}'),
    ]
    assert times_of(rows, TO_ASSESSMENT)["median_days"] == 2


def test_an_open_case_past_its_limit_counts_as_late_and_a_young_one_not_yet():
    rows = [
        document("a", "notification", date(2026, 3, 2)),
        document("a", "decision", date(2026, 4, 1)),
        document("b", "notification", date(2026, 3, 2)),
        document("c", "notification", date(2026, 10, 26)),
    ]
    found = times_of(rows, TO_DECISION)
    assert (found["n"], found["open"], found["due"], found["within"]) == (1, 2, 2, 1)
    assert found["share_within"] == 0.5


def test_the_county_holds_the_cases_of_its_areas_and_all_tasks():
    rows = [
        document("a", "notification", date(2026, 9, 1), "001", "families"),
        document("a", "decision", date(2026, 9, 11), "001", "families"),
        document("b", "notification", date(2026, 9, 1), "002", "disability"),
        document("b", "decision", date(2026, 9, 21), "002", "disability"),
    ]
    assert times_of(rows, TO_DECISION, "09", "all")["n"] == 2
    assert times_of(rows, TO_DECISION, "09", "disability")["median_days"] == 20
    assert times_of(rows, TO_DECISION, "A", "all")["n"] == 1


def test_a_municipality_without_a_service_area_is_refused():
    with pytest.raises(KeyError, match="999"):
        times_of([document("a", "notification", date(2026, 9, 1), "999")], TO_DECISION)


def test_the_median_wait_counts_those_still_waiting():
    ended = np.array([True, True, True, False])
    assert median_wait(np.array([1.0, 2.0, 3.0, 9.0]), ended) == 2.0
    assert median_wait(np.array([5.0, 9.0, 9.0]), np.array([True, False, False])) is None
    assert median_wait(np.array([]), np.array([], dtype=bool)) is None


def test_few_late_cases_are_not_told_by_the_share():
    rows = {
        "service_task": ["all"] * 4,
        "area": ["09", "A", "B", "C"],
        "measure": [TO_DECISION] * 4,
        "n": [300, 100, 100, 100],
        "open": [0] * 4,
        "median_days": [10.0] * 4,
        "within": [260, 98, 82, 80],
        "due": [300, 100, 100, 100],
        "share_within": [0.8667, 0.98, 0.82, 0.80],
        "limit_days": [92] * 4,
        "limit_unit": ["calendar_days"] * 4,
    }
    shown = protected_times(pl.DataFrame(rows), "09", k=5)
    own = shown.of("A")[0]
    assert own.share is None and own.n == 100
    assert own.above == 0.9, "ten different numbers of late cases would give over 90 %"
    # A second area is hidden with it: the county's number minus the others would give the two late cases.
    hidden = [a for a in ("B", "C", "09") if shown.of(a)[0].share is None]
    assert hidden


def people(rows: list[tuple[str, int, int, float]], **more: str) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema=["area", "year", "age", "persons"], orient="row")
    return table.with_columns(pl.lit("female").alias("sex"), *(pl.lit(v).alias(c) for c, v in more.items()))


def test_population_is_added_up_by_age_now_and_at_the_horizon():
    now = people(
        [("001", 2025, 10, 100.0), ("001", 2025, 80, 50.0), ("002", 2025, 90, 20.0), ("002", 2024, 90, 1.0)]
    )
    ahead = people(
        [(a, y, 80, 90.0) for a in ("001", "002") for y in (2030, 2040, 2045)], variant="trend", vintage="v"
    )
    facts = population_facts(now, ahead, ("001", "002"), AS_OF)
    assert facts is not None
    assert (facts.year, facts.horizon, facts.total.now, facts.total.horizon) == (2025, 2040, 170, 180)
    assert (facts.from_age(75).now, facts.from_age(75).horizon) == (70, 180)
    assert facts.total.change == pytest.approx(180 / 170 - 1)


def test_an_area_with_a_municipality_missing_has_no_population():
    assert population_facts(people([("001", 2025, 10, 100.0)]), None, ("001", "002"), AS_OF) is None


def test_an_indicator_is_shown_for_an_area_only_when_all_its_municipalities_have_it():
    rows = [
        ("181", "001", 2024, 5.0),
        ("181", "002", 2024, 9.0),
        ("181", "09", 2019, 6.0),
        ("181", "09", 2024, 7.0),
    ]
    rows += [("181", "FI", 2024, 8.0)]
    table = pl.DataFrame(rows, schema=["indicator", "area", "year", "value"], orient="row")
    (facts,) = indicator_facts(table, ["181", "493"], ("001", "002"), "09")
    assert (facts.low, facts.high, facts.year) == (5.0, 9.0, 2024)
    assert facts.earlier is not None and facts.earlier.value == 6.0
    (partial,) = indicator_facts(table, ["181"], ("001", "003"), "09")
    assert (partial.low, partial.year) == (None, None) and partial.county is not None


def observed(counts: dict[tuple[str, str], int], day: date = date(2026, 5, 5), **more: str | None) -> pl.DataFrame:
    rows = [(day, m, p, "4") for (m, p), n in counts.items() for _ in range(n)]
    table = pl.DataFrame(rows, schema=["observed_on", "municipality", "phenomenon", "need"], orient="row")
    return table.with_columns(pl.lit(v, pl.String).alias(c) for c, v in more.items())


def test_the_period_is_the_twelve_full_months_before():
    now, before = year_windows(AS_OF)
    assert (now.first, now.last) == (date(2025, 11, 1), date(2026, 10, 31))
    assert (before.first, before.last) == (date(2024, 11, 1), date(2025, 10, 31))
    assert year_windows(date(2026, 11, 22))[0] == now


def test_rates_trends_and_differences_come_from_the_counts():
    rows = pl.concat(
        [
            observed({("001", "loneliness"): 40, ("002", "loneliness"): 20, ("003", "loneliness"): 20}),
            observed({("001", "loneliness"): 10, ("002", "loneliness"): 10}, date(2025, 5, 5)),
        ]
    )
    tables = observation_tables(rows, AREAS, "09", AS_OF, k=5)
    persons = {"A": 1000, "B": 1000, "C": 1000, "09": 3000}
    (facts,) = phenomenon_facts(tables, "A", "09", persons)
    assert (facts.count, facts.previous, facts.rate) == (40, 10, 40.0)
    assert facts.trend is not None and facts.trend.value == pytest.approx(4.0) and facts.direction == "up"
    assert facts.difference is not None and facts.difference.value == pytest.approx(2.0)
    assert facts.county_rate == pytest.approx(80 / 3)
    (county,) = phenomenon_facts(tables, "09", "09", persons)
    assert county.count == 80 and county.difference is None


def test_a_small_count_takes_another_with_it_and_nothing_is_derived_from_it():
    rows = observed({("001", "loneliness"): 3, ("002", "loneliness"): 20, ("003", "loneliness"): 9,
                     ("001", "food_aid"): 30, ("002", "food_aid"): 25, ("003", "food_aid"): 22})  # fmt: skip
    tables = observation_tables(rows, AREAS, "09", AS_OF, k=5)
    assert tables.now.of("A", "loneliness") is None
    column = [tables.now.of(a, "loneliness") for a in ("A", "B", "C", "09")]
    row = [tables.now.of("A", c) for c in ("loneliness", "food_aid", ALL)]
    assert column.count(None) >= 2 and row.count(None) >= 2
    facts = {f.code: f for f in phenomenon_facts(tables, "A", "09", {"A": 1000, "09": 3000})}["loneliness"]
    assert (facts.rate, facts.low, facts.trend, facts.difference) == (None, None, None, None)


def test_groups_are_named_only_when_met_often_enough():
    rows = pl.concat(
        [
            observed({("001", "loneliness"): 9}, affected_group="older_people"),
            observed({("001", "loneliness"): 4}, affected_group="families"),
        ]
    )
    tables = observation_tables(rows, AREAS, "09", AS_OF, k=5)
    assert tables.groups_of["A", "loneliness"] == ("older_people",)


def test_the_poisson_interval_is_garwoods():
    rate, low, high = poisson_rate(10, 1000)
    assert (rate, round(low, 2), round(high, 2)) == (10.0, 4.80, 18.39)
    assert poisson_rate(0, 1000)[1] == 0.0
    assert poisson_rate(None, 1000) == (None, None, None) == poisson_rate(5, None)


@given(st.integers(0, 60), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_a_rate_ratio_is_clear_exactly_when_the_binomial_test_says_so(count, other):
    ratio = rate_ratio(count, 1.0, other, 1.0)
    interval = binomtest(count, count + other).proportion_ci(0.95, "exact")
    assert ratio is not None
    assert (ratio.direction == "unclear") == (interval.low <= 0.5 <= interval.high)
    assert ratio.low <= ratio.value <= ratio.high


def test_grades_follow_the_stated_limits():
    assert QualityIndex("overall", 500, 0.95, 0.93, 0.97).grade == "good"
    assert QualityIndex("overall", 500, 0.85, 0.82, 0.88).grade == "fair"
    assert QualityIndex("overall", 500, 0.70, 0.66, 0.74).grade == "poor"
    assert QualityIndex("overall", 29, 0.99, 0.97, 1.0).grade == "unknown"
    assert QualityIndex("overall", None, None, None, None).grade == "unknown"
    assert observation_grade(None, 5, 0.0) == observation_grade(12, 5, 0.0) == "poor"
    assert observation_grade(200, 2, 0.0) == observation_grade(200, 5, 0.5) == "fair"
    assert observation_grade(200, 5, 0.1) == "good"


def test_wilson_interval_of_eight_in_ten():
    share, low, high = wilson(8, 10)
    assert (share, round(low, 3), round(high, 3)) == (0.8, 0.490, 0.943)
    assert wilson(0, 0) == (None, None, None)


def possible_values(counts: dict[str, object], areas: list[str], county: str) -> dict[tuple[str, str, str], float]:
    """What an outsider can work out: width of the interval of each hidden cell under all published sums."""
    from scipy.optimize import linprog

    cells: dict[tuple[str, str, str], int | None] = {}
    for topic, published in counts.items():
        for (area, category), n in published.cells.items():  # type: ignore[attr-defined]
            cells["" if category == ALL else topic, area, category] = n
    index = {cell: n for n, cell in enumerate(cells)}
    rows, right = [], []
    for topic, area, category in cells:
        if area == county:
            row = np.zeros(len(cells))
            row[index[topic, county, category]] = -1
            row[[index[topic, a, category] for a in areas]] = 1
            rows.append(row)
    for topic in counts:
        for area in (*areas, county):
            row = np.zeros(len(cells))
            row[index["", area, ALL]] = -1
            row[[n for (t, a, _), n in index.items() if (t, a) == (topic, area)]] = 1
            rows.append(row)
    right = np.zeros(len(rows))
    bounds = [(0, None) if n is None else (n, n) for n in cells.values()]
    widths = {}
    for cell, n in cells.items():
        if n is None:
            goal = np.zeros(len(cells))
            goal[index[cell]] = 1
            low = linprog(goal, A_eq=np.array(rows), b_eq=right, bounds=bounds)
            high = linprog(-goal, A_eq=np.array(rows), b_eq=right, bounds=bounds)
            widths[cell] = np.inf if high.status == 3 else -high.fun - low.fun
    return widths


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_no_hidden_count_follows_from_all_tables_together(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(10, 90))
    codes = {"phenomenon": ["p", "q", "r"], "affected_group": ["g", None], "service_gap": ["s", "t", None],
             "proposal": [None, "u"]}  # fmt: skip
    rows = pl.DataFrame(
        {"area": rng.choice(["A", "B", "C"], size, p=[0.6, 0.3, 0.1]), "need": ["4"] * size}
        | {t: pl.Series([c[i] for i in rng.integers(0, len(c), size)], dtype=pl.String) for t, c in codes.items()}
    )
    counts = linked_counts(rows, TOPICS, ["A", "B", "C"], "09", k=5)
    widths = possible_values(counts, ["A", "B", "C"], "09")
    assert all(width > 0.5 for width in widths.values()), {c: w for c, w in widths.items() if w <= 0.5}


def test_an_open_case_hidden_at_one_step_is_not_given_by_the_other():
    # Begun = reached + open at both steps: 3 open would follow from 490 + 13 - 500, were all three told.
    rows = [
        ("all", area, measure, n, still, 5.0, n, n, 1.0, 92, "calendar_days")
        for area, first, second in (
            ("09", (900, 3), (880, 23)),
            ("A", (500, 3), (490, 13)),
            ("B", (400, 0), (390, 10)),
        )
        for measure, (n, still) in ((TO_ASSESSMENT, first), (TO_DECISION, second))
    ]
    schema = ["service_task", "area", "measure", "n", "open", "median_days", "within", "due", "share_within"]
    table = pl.DataFrame(rows, schema=[*schema, "limit_days", "limit_unit"], orient="row")
    shown = protected_times(table, "09", k=5)
    first, second = shown.of("A")
    assert first.open is None
    assert "reached" not in {f.name for f in fields(first)}, "how many reached a step is told nowhere"
    assert shown.of("09")[0].open is None
    assert (first.median, first.share) == (5.0, 1.0), "a median tells no number of cases"
