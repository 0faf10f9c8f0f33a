"""All measures of a county in one table."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from indicators import measures
from indicators.tables import KEY, SCHEMA
from tests.indicators.registers import AREAS, AS_OF, LIMITS, events, figure, table, wait, waiting
from tests.indicators.test_continuity import visits


def made(**changes: pl.DataFrame) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for i in range(300):
        town = list(AREAS)[i % 3]
        providers = "".join(rng.choice(list("AB?"), p=[0.6, 0.3, 0.1], size=rng.integers(1, 6)))
        need = date(2025, 2, 3) - timedelta(int(rng.integers(0, 30)))
        rows += visits(f"c{i}", providers, municipality=town, age=int(rng.integers(0, 100)), need_assessed_on=need)
    queue = [
        wait(date(2025, 1, 1) + timedelta(i), date(2025, 1, 1) + timedelta(i + 20) if i % 3 else None)
        for i in range(90)
    ]
    referred = [{"referral_id": "w", "client_id": "c1", "municipality": "016", "referred_on": date(2025, 1, 1)}]
    referred[0] |= {"to_kind": "exercise", "outcome": "took_up"}
    given = {
        "events": events(rows),
        "waiting": waiting(queue),
        "referrals": table("wellbeing_referrals", referred),
    } | changes
    return measures(**given, area_of_municipality=AREAS, county_code="09", limits=LIMITS, as_of=AS_OF, seed=7)


def test_every_kind_of_measure_is_there_once_per_key() -> None:
    found = made()
    assert dict(found.schema) == SCHEMA
    assert found.n_unique(KEY) == found.height
    bare = {m.partition(":")[0] for m in found["measure"]}
    assert bare >= {
        "seen_within_7_days",
        "seen_within_14_days",
        "seen_within_limit",
        "waiting_days_median",
        "waiting_days_p90",
        "waiting_over_limit",
        "count_waiting",
        "coci",
        "upc",
        "secon",
        "coci_team",
        "share_unknown_provider",
        "share_occasional",
        "share_planned",
        "share_multi_agency",
        "capacity_target_per_week",
        "wellbeing_referral_uptake",
    }


def test_intervals_hold_their_values() -> None:
    found = made().drop_nulls(["value", "low", "high"])
    assert found.height > 100
    assert found.filter(
        (pl.col("low") > pl.col("value") + 1e-9) | (pl.col("high") < pl.col("value") - 1e-9)
    ).is_empty()


def test_counts_add_up_over_areas_and_groups() -> None:
    found = made().filter(~pl.col("measure").str.contains("per_week"))
    by_area = found.filter(pl.col("area") != "09").group_by("measure", "group", "period").agg(pl.col("n").sum())
    county = found.filter(area="09").select("measure", "group", "period", whole="n")
    joined = county.join(by_area, on=["measure", "group", "period"], how="left")
    assert joined.filter(pl.col("n") != pl.col("whole")).is_empty()
    parts = found.filter(pl.col("group") != "all").group_by("measure", "area", "period").agg(pl.col("n").sum())
    whole = found.filter(group="all").select("measure", "area", "period", whole="n")
    assert parts.join(whole, on=["measure", "area", "period"]).filter(pl.col("n") != pl.col("whole")).is_empty()


def test_the_same_inputs_and_seed_give_the_same_table() -> None:
    assert made().equals(made())


def test_empty_tables_leave_out_only_their_own_measures() -> None:
    found = made(events=events([]), referrals=table("wellbeing_referrals", []))
    assert {m.partition("_")[0] for m in found["measure"]} == {"waiting", "count", "demand", "capacity"}
    nothing = made(events=events([]), waiting=waiting([]), referrals=table("wellbeing_referrals", []))
    assert nothing.is_empty()
    assert dict(nothing.schema) == SCHEMA


def test_nothing_after_the_day_of_the_figures_is_looked_at() -> None:
    late = [wait(AS_OF + timedelta(3), None, municipality="398")]
    with_later = made(waiting=waiting(late))
    assert with_later.filter(pl.col("measure").str.starts_with("waiting")).is_empty()


def test_service_and_pooled_figures_agree_when_there_is_one_service() -> None:
    found = made()
    for area in ("09", "north", "south"):
        bare = figure(found, "seen_within_7_days", area)
        own = figure(found, "seen_within_7_days:doctor_visit", area)
        assert {**bare, "measure": ""} == {**own, "measure": ""}
