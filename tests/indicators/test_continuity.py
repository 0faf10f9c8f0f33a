"""Continuity of care: the indices by hand, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.continuity import continuity, person_continuity
from indicators.intervals import bootstrap_mean
from tests.indicators.registers import SCOPE, event, events, figure

DAY = date(2025, 2, 3)


def person(providers: str) -> dict[str, float]:
    visits = pl.DataFrame({"client_id": ["a"] * len(providers), "p": list(providers)})
    return person_continuity(visits, "p", ["client_id"]).row(0, named=True)


def test_the_indices_by_hand() -> None:
    # A A B A: n = 4, n_A = 3, n_B = 1: COCI = (9 + 1 - 4) / 12, UPC = 3/4, SECON = AA of AA, AB, BA.
    assert person("AABA") == {
        "client_id": "a",
        "visits": 4,
        "coci": pytest.approx(0.5),
        "upc": 0.75,
        "secon": pytest.approx(1 / 3),
    }


def test_the_ends_of_the_scale() -> None:
    same, different = person("AAA"), person("ABC")
    assert (same["coci"], same["upc"], same["secon"]) == (1.0, 1.0, 1.0)
    assert (different["coci"], different["upc"], different["secon"]) == (0.0, pytest.approx(1 / 3), 0.0)


@settings(max_examples=50, deadline=None)
@given(st.text("ABC", min_size=2, max_size=12))
def test_indices_stay_on_their_scale_and_agree_on_perfect_continuity(providers: str) -> None:
    found = person(providers)
    assert -1e-12 <= found["coci"] <= found["upc"] + 1e-12 <= 1 + 1e-9
    assert (found["coci"] > 1 - 1e-12) == (len(set(providers)) == 1) == (found["secon"] > 1 - 1e-12)
    n = len(providers)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    assert found["coci"] == pytest.approx(sum(providers[i] == providers[j] for i, j in pairs) / len(pairs))


def visits(client: str, providers: str, **changes: object) -> list[dict[str, object]]:
    return [
        event(client, DAY + timedelta(7 * i), professional_id=None if p == "?" else p, **changes)
        for i, p in enumerate(providers)
    ]


def measured(rows: list[dict[str, object]]) -> pl.DataFrame:
    table = events(rows)
    return continuity(table, SCOPE, services=["doctor_visit"], seed=1)


def test_the_mean_is_of_persons_not_of_visits() -> None:
    row = figure(measured(visits("a", "AAAAAAAA") + visits("b", "AB")), "coci:doctor_visit")
    assert (row["value"], row["n"], row["excluded"]) == (0.5, 2, 0)
    assert 0.0 <= row["low"] <= 0.5 <= row["high"] <= 1.0


def test_an_unknown_provider_is_not_one_provider() -> None:
    found = measured(visits("a", "A??A") + visits("b", "??"))
    row = figure(found, "coci:doctor_visit")
    assert (row["value"], row["n"], row["excluded"]) == (1.0, 1, 1)
    unknown = figure(found, "share_unknown_provider:doctor_visit")
    assert (unknown["value"], unknown["n"]) == (pytest.approx(4 / 6), 6)


def test_urgent_visits_and_same_day_repeats_are_left_out() -> None:
    rows = visits("a", "AA") + [event("a", DAY, professional_id="B")] + visits("a", "BBB", urgency="urgent")
    assert figure(measured(rows), "coci:doctor_visit")["value"] == 1.0


def test_one_visit_tells_nothing() -> None:
    row = figure(measured(visits("a", "AA") + visits("b", "A")), "upc:doctor_visit")
    assert (row["n"], row["excluded"]) == (1, 1)


def test_the_team_can_be_steady_when_the_person_is_not() -> None:
    found = measured(visits("a", "ABCD"))
    assert figure(found, "coci:doctor_visit")["value"] == 0.0
    assert figure(found, "coci_team:doctor_visit")["value"] == 1.0


def test_a_person_counts_where_the_last_visit_of_the_year_was() -> None:
    rows = visits("a", "A") + [event("a", DAY + timedelta(30), municipality="398", professional_id="A")]
    found = measured(rows)
    assert figure(found, "coci:doctor_visit", "south")["n"] == 1
    assert found.filter(measure="coci:doctor_visit", area="north").is_empty()


def test_twelve_months_stand_apart_and_half_a_period_is_left_out() -> None:
    rows = visits("a", "AA") + visits("b", "BB")
    rows += [event("a", date(2024, 1, 8), professional_id="B"), event("a", date(2023, 8, 7), professional_id="B")]
    found = measured(rows).filter(measure="coci:doctor_visit", area="09", group="all")
    assert dict(found.select("period", "n").iter_rows()) == {"2024-12-31": 0, "2025-12-31": 2}


def test_the_same_seed_gives_the_same_table_whatever_the_order_of_rows() -> None:
    rows = visits("a", "AAB") + visits("b", "AB") + visits("c", "AAAB", municipality="398")
    table = events(rows)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=5)
    one, two = (continuity(t, SCOPE, services=["doctor_visit"], seed=1) for t in (table, shuffled))
    assert one.equals(two)


def test_the_index_recovers_how_visits_were_drawn() -> None:
    # Each visit goes to the preferred one of four professionals with chance 0.55, to the others with 0.15 each.
    rng = np.random.default_rng(11)
    chances = [0.55, 0.15, 0.15, 0.15]
    persons = np.repeat(np.arange(3000), rng.integers(2, 8, size=3000))
    visits_of = pl.DataFrame({"client_id": persons, "p": rng.choice(list("ABCD"), p=chances, size=persons.size)})
    found = person_continuity(visits_of, "p", ["client_id"])["coci"].sort().to_numpy()
    low, high = bootstrap_mean(found, rng)
    assert low < 0.55**2 + 3 * 0.15**2 < high
