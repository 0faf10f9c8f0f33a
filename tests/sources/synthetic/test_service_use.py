"""Service use: events and counts tell one story, and the stated truth can be recovered from them."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from sources.synthetic import DemoSummary, demo_county
from sources.synthetic.units import delay_probabilities, same_professional_chance

AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="module")
def events(demo: DemoSummary) -> pl.DataFrame:
    return pl.read_parquet(demo.folder / "service_events.parquet")


@pytest.fixture(scope="module")
def counts(demo: DemoSummary) -> pl.DataFrame:
    return pl.read_parquet(demo.folder / "service_counts.parquet")


def counted(events: pl.DataFrame) -> pl.DataFrame:
    """Counts by cell and month as a county derives them, ages at the event."""
    county = demo_county("paijat-hame")
    age = (
        pl.col("event_date").dt.year()
        - pl.col("birth_date").dt.year()
        - (pl.col("event_date").dt.strftime("%m%d") < pl.col("birth_date").dt.strftime("%m%d"))
    ).clip(0, 100)
    return (
        events.with_columns(
            age_group=age.cast(pl.Int64).replace_strict(county.age_groups.label_of_age()),
            period=pl.col("event_date").dt.truncate("1mo"),
        )
        .group_by("municipality", "service", "sex", "age_group", "period")
        .agg(n=pl.len(), clients=pl.col("client_id").n_unique())
    )


def test_counts_end_where_events_begin(events: pl.DataFrame, counts: pl.DataFrame) -> None:
    assert counts["period"].min() == date(2015, 1, 1)
    assert counts["period"].max() == date(2024, 10, 1)
    assert events["event_date"].min() >= date(2024, 11, 1)
    assert events["event_date"].max() <= AS_OF


def test_old_months_of_events_are_the_recorded_counts(demo: DemoSummary, events: pl.DataFrame) -> None:
    truth = pl.read_parquet(demo.folder / "truth/monthly_counts.parquet")
    told = counted(events).group_by("municipality", "service", "period").agg(pl.sum("n"))
    settled = told.filter(pl.col("period") < date(2026, 6, 1))
    joined = settled.join(truth, on=["municipality", "service", "period"], how="left")
    assert (joined["n"] == joined["recorded"]).all()


def test_clients_of_a_month_are_counted_once(events: pl.DataFrame) -> None:
    cells = counted(events.filter(pl.col("service") == "child_protection"))
    assert (cells["n"] == cells["clients"]).all()


def test_nobody_is_served_outside_a_services_ages(events: pl.DataFrame) -> None:
    ages = events.select(
        "service", age=(pl.col("event_date") - pl.col("birth_date")).dt.total_days() / 365.25
    ).group_by("service").agg(low=pl.min("age"), high=pl.max("age"))  # fmt: skip
    for service in demo_county("paijat-hame").services:
        row = ages.filter(pl.col("service") == service.code)
        assert row["low"].item() > service.min_age - 0.01
        assert row["high"].item() < service.max_age + 1.01 or service.max_age == 100


def test_rates_are_recovered_within_noise(demo: DemoSummary, counts: pl.DataFrame) -> None:
    """The rates of 2015-2019 are the stated ones times one factor of trend, areas and shocks."""
    rates = pl.read_parquet(demo.folder / "truth/rates.parquet")
    population = pl.read_parquet(demo.folder / "population.parquet")
    label = demo_county("paijat-hame").age_groups.label_of_age()
    persons = (
        population.filter(pl.col("year").is_between(2015, 2019))
        .with_columns(age_group=pl.col("age").replace_strict(label))
        .group_by("sex", "age_group")
        .agg(person_years=pl.sum("persons"))
    )
    seen = (
        counts.filter((pl.col("service") == "doctor_visit") & (pl.col("period") < date(2020, 1, 1)))
        .group_by("sex", "age_group")
        .agg(pl.sum("count"))
        .join(persons, on=["sex", "age_group"])
        .join(rates.filter(pl.col("service") == "doctor_visit"), on=["sex", "age_group"])
        .with_columns(ratio=pl.col("count") / pl.col("person_years") / pl.col("rate"))
    )
    middle = seen["ratio"].median()
    assert middle == pytest.approx(1.0, abs=0.2)
    assert ((seen["ratio"] / middle - 1).abs() < 0.12).all()


def test_the_mean_of_the_counts_is_the_expected_count(demo: DemoSummary) -> None:
    truth = pl.read_parquet(demo.folder / "truth/monthly_counts.parquet")
    per_service = truth.group_by("service").agg(pl.sum("mean"), pl.sum("occurred"))
    assert ((per_service["occurred"] / per_service["mean"] - 1).abs() < 0.02).all()


def test_visits_are_lost_in_the_disruption_and_partly_come_back(demo: DemoSummary) -> None:
    debt = pl.read_parquet(demo.folder / "truth/debt.parquet").filter(pl.col("service") == "dental_visit")
    lost = debt.filter(pl.col("events") > 0)["events"].sum()
    back = -debt.filter(pl.col("events") < 0)["events"].sum()
    assert back == pytest.approx(0.7 * lost)
    truth = pl.read_parquet(demo.folder / "truth/monthly_counts.parquet").filter(
        pl.col("service") == "dental_visit"
    )
    drift = pl.read_parquet(demo.folder / "truth/drift.parquet")
    steady = truth.join(drift, on=["municipality", "service", "period"], how="left", validate="1:1").with_columns(
        occurred=pl.col("occurred") / pl.col("log_change").exp()
    )
    assert steady["log_change"].null_count() == 0
    yearly = (
        steady.group_by(pl.col("period").dt.year()).agg(pl.sum("occurred")).sort("period")["occurred"].to_list()
    )
    assert yearly[5] < 0.85 * yearly[4], "2020 against 2019"
    assert yearly[7] > yearly[4], "2022 against 2019"


def test_a_break_changes_the_recording_and_not_the_need(demo: DemoSummary) -> None:
    breaks = json.loads((demo.folder / "truth/breaks.json").read_text(encoding="utf-8"))
    truth = pl.read_parquet(demo.folder / "truth/monthly_counts.parquet")
    for change in breaks:
        series = truth.filter(
            (pl.col("service") == change["service"]) & (pl.col("municipality") == change["municipality"])
        )
        first = date.fromisoformat(change["month"] + "-01")
        before, after = series.filter(pl.col("period") < first), series.filter(pl.col("period") >= first)
        assert (before["recorded"] == before["occurred"]).all()
        assert after["recorded"].sum() / after["occurred"].sum() == pytest.approx(change["factor"], rel=0.1)


def test_delays_are_recovered_by_unit_group(demo: DemoSummary, events: pl.DataFrame) -> None:
    units = pl.DataFrame(json.loads((demo.folder / "truth/units.json").read_text(encoding="utf-8")))
    truth = pl.read_parquet(demo.folder / "truth/delays.parquet")
    lags = (
        events.filter(pl.col("event_date") < date(2026, 6, 1))
        .join(units.select("unit", "delay_group"), on="unit")
        .with_columns(lag=(pl.col("recorded_at").dt.date() - pl.col("event_date")).dt.total_days())
    )
    for group in ("fast", "normal", "slow"):
        seen = lags.filter(pl.col("delay_group") == group)["lag"]
        expected = truth.filter(pl.col("unit_group") == group)
        mean = (expected["lag_days"] * expected["probability"]).sum()
        assert seen.mean() == pytest.approx(mean, rel=0.05)
        assert (seen == 0).mean() == pytest.approx(expected["probability"][0], abs=0.02)


def test_the_latest_month_is_incomplete(demo: DemoSummary, events: pl.DataFrame) -> None:
    truth = pl.read_parquet(demo.folder / "truth/monthly_counts.parquet")
    last = date(2026, 10, 1)
    seen = events.filter(pl.col("event_date") >= last).height
    assert 0.7 < seen / truth.filter(pl.col("period") == last)["recorded"].sum() < 0.95


def test_delay_probabilities_sum_to_one() -> None:
    assert delay_probabilities().sum(axis=1) == pytest.approx(np.ones(3))


def test_continuity_of_care_has_the_stated_level(demo: DemoSummary, events: pl.DataFrame) -> None:
    expected = json.loads((demo.folder / "truth/continuity.json").read_text(encoding="utf-8"))["expected_coci"]
    visits = events.filter((pl.col("service") == "doctor_visit") & pl.col("professional_id").is_not_null())
    per_professional = visits.group_by("municipality", "client_id", "professional_id").agg(n=pl.len())
    clients = per_professional.group_by("municipality", "client_id").agg(
        total=pl.sum("n"), squares=(pl.col("n") ** 2).sum()
    )
    some = clients.filter(pl.col("total") >= 2).with_columns(
        coci=(pl.col("squares") - pl.col("total")) / (pl.col("total") * (pl.col("total") - 1)),
        expected=pl.col("municipality").replace_strict(expected["doctor_visit"]),
    )
    assert some["coci"].mean() == pytest.approx(some["expected"].mean(), abs=0.02)


def test_the_chance_of_the_same_professional_by_hand() -> None:
    # two professionals, own one met half of the time: 0.75^2 + 0.25^2
    assert same_professional_chance(np.array([0.5]), np.array([2])).item() == pytest.approx(0.625)


def test_the_future_has_every_cell_and_the_break_goes_on(demo: DemoSummary) -> None:
    future = pl.read_parquet(demo.folder / "truth/future_counts.parquet")
    assert (future["year"].min(), future["year"].max()) == (2026, 2045)
    assert not future.select("municipality", "service", "sex", "age_group", "year").is_duplicated().any()
    by_service = future.group_by("service").agg(pl.sum("mean"), pl.sum("count"), pl.sum("count_recorded"))
    assert ((by_service["count"] / by_service["mean"] - 1).abs() < 0.02).all()
    broken = by_service.filter(pl.col("service") == "emergency_visit")
    assert broken["count_recorded"].item() > broken["count"].item()


def test_waits_end_after_they_begin_and_some_are_open(demo: DemoSummary) -> None:
    waits = pl.read_csv(demo.folder / "waiting_list.csv", try_parse_dates=True)
    ended = waits.drop_nulls("ended_on")
    assert (ended["arrived_on"] <= ended["ended_on"]).all()
    assert (ended["ended_on"] <= AS_OF).all()
    assert 0 < waits["ended_on"].null_count() < waits.height / 3
    assert (waits["ended_on"].is_null() == waits["end_reason"].is_null()).all()


def test_the_planted_phenomenon_rises_in_its_area_only(demo: DemoSummary) -> None:
    planted = json.loads((demo.folder / "truth/phenomena.json").read_text(encoding="utf-8"))["rising"]
    seen = pl.read_csv(
        demo.folder / "observations.csv", try_parse_dates=True, schema_overrides={"municipality": pl.String}
    )
    its = seen.filter(pl.col("phenomenon") == planted["phenomenon"])
    here = its.filter(pl.col("municipality") == planted["municipality"])
    early = here.filter(pl.col("observed_on") < date(2024, 11, 1)).height
    late = here.filter(pl.col("observed_on") >= date(2025, 11, 1)).height
    assert late > 2 * early
    assert len(seen["phenomenon"].unique()) <= 20
