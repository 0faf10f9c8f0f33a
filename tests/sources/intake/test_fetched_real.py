"""The real open files: published figures, traps kept on purpose, and how good the estimate is."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from counties import county_slugs, load_county
from sources import fetched_regions as regional
from sources.contracts import CONTRACTS
from sources.fetched import OpenData, read_open_data
from sources.fetched_indicators import PANEL_FILE, SOTKANET_FILES, panel_indicators, sotkanet_file
from sources.fetched_municipalities import largest_difference
from sources.fetched_uusimaa import uusimaa_population
from sources.gate import gate

pytestmark = pytest.mark.real


@cache
def open_data(folder: Path, slug: str) -> OpenData:
    return read_open_data(folder, load_county(slug))


def total(frame: pl.DataFrame, **where: object) -> float:
    return float(frame.filter(**where)["persons"].sum())


@pytest.mark.parametrize("slug", county_slugs())
def test_all_frames_of_a_county_pass_the_gate(real_data, slug):
    data = open_data(real_data, slug)
    for name in ("population", "projection", "indicators"):
        gated = gate(getattr(data, name), CONTRACTS[name], as_of=date(2026, 11, 1))
        assert gated.quarantined.is_empty() and gated.accepted.height > 0


@pytest.mark.parametrize(
    ("slug", "known", "projected"),
    [("lappi", 176_215, 175_645), ("paijat-hame", 204_522, 204_183), ("pohjanmaa", 179_555, 179_396)],
)
def test_published_figures_of_2025(real_data, slug, known, projected):
    data = open_data(real_data, slug)
    assert (total(data.population, year=2025), total(data.projection, year=2025)) == (known, projected)
    assert data.projection["year"].unique().sort().to_list() == list(range(2024, 2046))


def test_pertunmaa_lands_in_south_savo_and_nobody_is_lost(real_data):
    figures = regional.region_figures(real_data / regional.PROJECTION_FILE)
    assert total(figures, area="12", year=2024) == 127_408 + 1_547
    parts = figures.filter(pl.col("area") != "FI").group_by("year").agg(pl.col("persons").sum()).sort("year")
    country = figures.filter(pl.col("area") == "FI").group_by("year").agg(pl.col("persons").sum()).sort("year")
    assert parts.equals(country)


def test_all_counties_sum_to_the_country(real_data):
    figures = regional.region_figures(real_data / regional.POPULATION_FILE)
    regions = figures.filter(~pl.col("area").is_in(["FI", regional.UUSIMAA]))
    uusimaa = uusimaa_population(real_data)
    assert regions["area"].n_unique() == 18  # the other five counties are Uusimaa's
    for year in (2000, 2012, 2025):
        parts = total(regions, year=year) + total(uusimaa, year=year)
        assert parts == pytest.approx(total(figures, area="FI", year=year), abs=1)


def test_vantaa_and_kerava_hold_their_known_totals(real_data):
    frame = open_data(real_data, "vantaa-kerava").population
    assert total(frame, area="092", year=2025) == pytest.approx(252_956, abs=0.1)
    assert total(frame, area="092", year=2022) == pytest.approx(242_819, abs=0.1)
    assert total(frame, area="245", year=2022) == pytest.approx(37_676, abs=0.1)
    assert total(frame, year=2022) == pytest.approx(242_819 + 37_676, abs=0.1)


@pytest.mark.parametrize("year", [2000, 2004, 2008, 2012])
def test_the_estimated_ages_are_near_the_published_shares(real_data, year):
    """Shares of age groups that the estimate never saw; 7-19 years from its base."""
    panel = pl.read_csv(real_data / PANEL_FILE).filter(pl.col("level") == "kunta", pl.col("year") == year)
    frame = uusimaa_population(real_data, ("092", "245")).filter(pl.col("year") == year)
    for name, code in (("Vantaa", "092"), ("Kerava", "245")):
        for title, low, high, off in (("16-64", 16, 64, 2.0), ("65-74", 65, 74, 0.8)):
            stated = panel.filter(area=name, indicator=f"{title} -vuotiaat, % väestöstä")["value"].item()
            own = frame.filter(pl.col("area") == code)
            share = 100 * total(own.filter(pl.col("age").is_between(low, high))) / total(own)
            assert share == pytest.approx(stated, abs=off)


def test_two_publishers_agree_on_totals(real_data):
    assert largest_difference(real_data) < 10


def test_indicators_of_all_counties_are_there_for_pooling(real_data):
    frame = open_data(real_data, "lappi").indicators
    assert frame.filter(indicator="683")["area"].n_unique() == 23
    assert (
        frame.filter(indicator="1080")["area"].n_unique() == 20 and "FI" in frame.filter(indicator="1080")["area"]
    )
    for indicator in panel_indicators():
        rows = frame.filter(indicator=indicator.id)
        assert set(rows["area"]) <= {f"{i:02d}" for i in range(5, 22)} | {"91"} and rows.height > 50


def test_the_recording_break_is_read_as_published(real_data):
    rows = open_data(real_data, "vantaa-kerava").indicators.filter(indicator="5081", area="04")
    by_year = dict(rows.select("year", "value").rows())
    assert [round(by_year[y]) for y in (2022, 2023, 2024)] == [163, 485, 717]


def test_service_use_of_vantaa_and_kerava_is_there_by_municipality(real_data):
    frame = open_data(real_data, "vantaa-kerava").indicators
    days = frame.filter(indicator="panel:inpatient_days_75", area="092", year=1995)["value"]
    assert days.to_list() == [12_618.0]


@pytest.mark.parametrize("name", SOTKANET_FILES)
def test_no_row_of_a_sotkanet_file_is_lost(real_data, name):
    rows = len((real_data / name).read_text(encoding="utf-8").splitlines()) - 1
    assert sotkanet_file(real_data / name, load_county("lappi"), "x").height == rows


def test_the_fall_of_doctor_visits_in_one_county_is_read_as_published(real_data):
    rows = open_data(real_data, "lappi").indicators.filter(indicator="1080", area="02").sort("year")
    assert rows["value"].to_list() == [1905.0, 1739.0, 1134.0, 1008.0, 797.0]
