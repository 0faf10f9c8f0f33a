"""The process view: hand-made cases that a person can check in the head."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from quality_documents import START, document, sound_case

from quality_checks.phase_times import curve, phase_stalls, phase_times
from quality_checks.process import deviations_of, process_conformance
from quality_checks.registers import load_registers

RANKS = load_registers().phase_ranks
AS_OF = date(2026, 6, 1)


def late_assessment(case: str) -> list[dict]:
    """A sound case whose assessment came thirty days after its decision."""
    rows = sound_case(case, "assessment")
    day = {"event_at": START + timedelta(days=45), "created_at": START + timedelta(days=45, hours=1)}
    return [*rows, document("assessment", case=case, signed_at=None, **day)]


def numbered(rows: list[dict]) -> list[dict]:
    return [{**row, "document_id": f"{row['document_id']}.{n}"} for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
def result(judged):
    started = [document("notification", case="c8")]
    rows = [*sound_case("c1"), *sound_case("c2", "closing_summary"), *late_assessment("c3"), *started]
    return judged(numbered(rows))


def test_each_case_has_the_first_day_of_its_phases(result):
    assert result.cases.height == 4
    sound = result.cases.filter(~pl.col("deviates"), pl.col("phase_6").is_not_null()).row(0, named=True)
    assert [sound[f"phase_{n}"] for n in (1, 2, 4)] == [START.date() + timedelta(days=d) for d in (0, 7, 15)]
    assert not {"case_id", "client_id", "_case"} & set(result.cases.columns)


def test_the_share_that_conforms_counts_cases_that_could_deviate(result):
    table = process_conformance(result.cases, county="09")
    county = table.filter(pl.col("level") == "county", pl.col("service_task") == "all").row(0, named=True)
    assert (county["cases"], county["judged"], county["conforming"]) == (4, 3, 2)
    assert county["share"] == pytest.approx(2 / 3)
    assert county["low"] < 2 / 3 < county["high"]
    # From the case's latest phase (service, day 20) to the assessment (day 45).
    assert county["median_cost_days"] == 25
    assert set(table["level"]) == {"unit", "area", "county"}
    assert set(table["service_task"]) == {"all", "older_people"}


def test_the_first_deviating_pair_is_told_by_name(result):
    row = result.deviations.row(0, named=True)
    assert (row["from_code"], row["to_code"], row["cases"], row["median_days"]) == ("service", "assessment", 1, 25)
    assert (row["service_task"], row["from_phase"], row["to_phase"]) == ("older_people", 5, 2)
    none = pl.DataFrame(schema={"_first_deviation": pl.Boolean, "unit": pl.String, "area": pl.String,
        "service_task": pl.String, "_phase_rank_before": pl.Int64, "_phase_rank": pl.Int64,
        "_phase_cost_days": pl.Int64})  # fmt: skip
    assert deviations_of(none, RANKS).is_empty()


def test_nothing_judged_conforms_to_nothing(judged):
    table = process_conformance(judged([document("notification")]).cases, county="09")
    assert table["judged"].to_list() == [0] * table.height
    assert table["share"].null_count() == table.height


def test_waits_end_are_censored_skipped_or_out_of_order(result):
    times = phase_times(result.cases, RANKS, AS_OF, county="09")
    own = times.filter(pl.col("level") == "county", pl.col("service_task") == "all")
    rows = {(r["from_phase"], r["to_phase"]): r for r in own.iter_rows(named=True)}
    first = rows[("initiation", "assessment")]
    assert (first["cases"], first["reached"], first["waiting"]) == (4, 3, 1)
    assert first["median_days"] == 7
    planned = rows[("assessment", "planning")]
    assert (planned["cases"], planned["reached"], planned["out_of_order"]) == (3, 2, 1)
    closing = rows[("service", "closing")]
    assert (closing["cases"], closing["reached"], closing["waiting"], closing["skipped"]) == (3, 2, 1, 0)
    assert own["from_phase"].to_list() == sorted(RANKS, key=RANKS.get)[:-1]


def test_open_cases_stand_in_their_latest_phase(result):
    times = phase_times(result.cases, RANKS, AS_OF, county="09")
    stalls = phase_stalls(result.cases, times, RANKS, AS_OF, county="09")
    own = stalls.filter(pl.col("level") == "county", pl.col("service_task") == "older_people")
    assert dict(own.select("phase", "open").iter_rows()) == {"initiation": 1, "service": 1}
    waiting = own.filter(pl.col("phase") == "initiation").row(0, named=True)
    assert waiting["median_days"] == (AS_OF - START.date()).days
    # Three of four came to the assessment, within 45 days; the fourth has waited longer than nine in ten.
    assert waiting["long_from_days"] is None or waiting["long"] == 1


def test_the_interval_of_a_median_holds_the_median_where_days_are_shared_and_ends_only_where_it_is_sure():
    rng = np.random.default_rng(7)
    for size in (2, 5, 9, 40, 300):
        for _ in range(40):
            days = rng.integers(3, 9, size).astype(float)
            found = curve(days, rng.random(size) < 0.9) if size > 5 else curve(days, np.ones(size, dtype=bool))
            if found["median_days"] is not None:
                assert found["median_low"] <= found["median_days"]
                assert found["median_high"] is None or found["median_days"] <= found["median_high"]
    assert curve(np.array([5.0, 5.0]), np.array([True, True]))["median_high"] is None
    # Five waits each of one to eight days, by hand: the bands are first past a half at 0.625 and at 0.25.
    eight = np.repeat(np.arange(1.0, 9.0), 5)
    found = curve(eight, np.ones(40, dtype=bool))
    assert (found["median_low"], found["median_days"], found["median_high"]) == (3.0, 4.0, 6.0)


def test_the_curve_is_that_of_a_hand_computed_table():
    # Deaths at 2 and 4 of five waits, one censored at 3, two at 6: S = 0.8, then 0.8 x 2/3 = 0.5333.
    found = curve(np.array([2.0, 3.0, 4.0, 6.0, 6.0]), np.array([True, False, True, False, False]))
    assert found["p25_days"] == 4
    assert found["median_days"] is None
    assert found["within_30"] is None
    assert curve(np.array([0.0, 0.0, 5.0]), np.array([True, True, True]))["median_days"] == 0
    assert curve(np.array([1.0, 40.0]), np.array([True, True]))["within_30"] == pytest.approx(0.5)


def test_the_interval_of_the_median_holds_the_truth_nineteen_times_in_twenty():
    rng, held = np.random.default_rng(1), []
    for _ in range(200):
        true, censor = rng.exponential(30, 80), rng.uniform(0, 90, 80)
        found = curve(np.maximum(1, np.minimum(true, censor)), true <= censor)
        high = found["median_high"] if found["median_high"] is not None else np.inf
        held.append(found["median_low"] <= 30 * np.log(2) <= high)
    assert 0.9 <= np.mean(held) <= 0.99
