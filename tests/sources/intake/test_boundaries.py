"""Boundaries move, people stay."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counties import county_slugs, load_county
from sources.areas import areas_table
from sources.boundaries import (
    UnknownMunicipalityError,
    crosswalk,
    current_codes,
    municipalities_of,
    to_boundaries,
)
from sources.contracts import CONTRACTS
from sources.gate import gate

MERGERS = [("911", "541", 2019), ("099", "214", 2020), ("588", "507", 2024)]


def persons(**by_code: float) -> pl.DataFrame:
    return pl.DataFrame({"municipality": [c[1:] for c in by_code], "persons": list(by_code.values())})


@pytest.mark.parametrize(("old", "new", "year"), MERGERS)
def test_a_merged_municipality_keeps_its_people(old, new, year):
    frame = pl.DataFrame({"municipality": [old, new, "398"], "year": [2019] * 3, "persons": [7.0, 100.0, 1.0]})
    out = to_boundaries(frame, year, 2026, values=["persons"], keys=["year"])
    assert out.rows() == sorted([("398", 2019, 1.0), (new, 2019, 107.0)])


def test_boundaries_of_the_same_year_change_nothing():
    out = to_boundaries(persons(m588=5.0), 2024, 2024, values=["persons"], keys=[])
    assert out.rows() == [("588", 5.0)]


def test_an_unknown_municipality_raises_and_says_how_to_mend():
    with pytest.raises(UnknownMunicipalityError, match="998: no such municipality.*municipalities.csv"):
        to_boundaries(persons(m998=1.0), 2019, 2026, values=["persons"], keys=[])


def test_a_municipality_that_had_merged_before_is_unknown_on_later_boundaries():
    with pytest.raises(UnknownMunicipalityError, match="911"):
        to_boundaries(persons(m911=1.0), 2026, 2026, values=["persons"], keys=[])


def test_an_empty_code_raises():
    frame = pl.DataFrame({"municipality": [None, "398"], "persons": [1.0, 2.0]})
    with pytest.raises(UnknownMunicipalityError, match="an empty code"):
        to_boundaries(frame, 2026, 2026, values=["persons"], keys=[])


def test_merged_people_cannot_be_told_apart_again():
    with pytest.raises(ValueError, match="cannot be turned into older ones"):
        crosswalk(2026, 2019)


def test_the_number_of_municipalities_is_the_official_one():
    assert [len(municipalities_of(year)) for year in (2019, 2020, 2021, 2024, 2025, 2026)] == [
        311, 310, 309, 309, 308, 308,
    ]  # fmt: skip


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2024, 2026])
def test_shares_of_every_municipality_sum_to_one(year):
    sums = crosswalk(year, 2026).group_by("municipality").agg(pl.col("share").sum())
    assert (sums["share"] == 1.0).all()
    assert set(sums["municipality"]) == set(municipalities_of(year))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(municipalities_of(2019))), min_size=1, max_size=30), st.integers(2019, 2026)
)
def test_nobody_is_lost_or_made(codes, to_year):
    frame = pl.DataFrame({"municipality": codes, "persons": [float(i) for i in range(len(codes))]})
    out = to_boundaries(frame, 2019, to_year, values=["persons"], keys=[])
    assert out["persons"].sum() == frame["persons"].sum()
    assert set(out["municipality"]) <= municipalities_of(to_year)


def test_codes_of_persons_follow_the_mergers_and_others_stay():
    codes = pl.Series(["588", "911", "398", "xyz", None])
    assert current_codes(codes).to_list() == ["507", "541", "398", "xyz", None]


@pytest.mark.parametrize("slug", county_slugs())
def test_areas_of_a_county_pass_the_gate(slug):
    county = load_county(slug)
    areas = areas_table(county)
    gated = gate(areas, CONTRACTS["areas"], as_of=date(2026, 11, 1))
    assert gated.quarantined.is_empty()
    current = areas.filter(pl.col("valid_to").is_null())
    assert tuple(current["municipality"]) == county.municipalities
    assert set(current["service_area"]) == {area.code for area in county.service_areas}
