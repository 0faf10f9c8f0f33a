"""Sotkanet over HTTP and from files: ids, titles, areas, missing values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from sources.contracts import CONTRACTS
from sources.sotkanet import ChangedTitleError, RegionError, fetch_indicators, fetch_regions, municipality_counties
from tests.replay.server import ReplayServer


@dataclass(frozen=True)
class Wanted:
    id: int
    title_pattern: str


OLD_AGE = Wanted(171, "75 vuotta täyttän")
HOME_CARE = Wanted(5513, "kotihoi")


def rows(table: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return table.select(columns).rows()


def test_indicators_come_by_area_year_and_sex(replay: ReplayServer, client) -> None:
    found = fetch_indicators(client, [OLD_AGE], [2022, 2023], base_url=replay.sotkanet)
    assert dict(found.table.schema) == CONTRACTS["indicators"].schema()
    assert rows(found.table, "area", "year", "sex", "value", "count") == [
        ("09", 2022, "all", 12.9, 26500.0),
        ("09", 2023, "all", 13.5, 27648.0),
        ("09", 2023, "female", 15.2, None),
        ("398", 2023, "all", 12.1, 14500.0),
        ("FI", 2023, "all", 10.9, 610000.0),
    ]
    assert found.findings == ()
    assert set(found.table["vintage"]) == {"171, updated 2026-03-02"}


def test_years_and_all_genders_are_asked_as_repeated_parameters(replay: ReplayServer, client) -> None:
    fetch_indicators(client, [OLD_AGE], [2023, 2022], base_url=replay.sotkanet)
    (asked,) = replay.asked("/json")
    assert asked.query == (
        ("indicator", "171"),
        ("years", "2022"),
        ("years", "2023"),
        ("genders", "male"),
        ("genders", "female"),
        ("genders", "total"),
    )


def test_only_the_wanted_areas_are_kept(replay: ReplayServer, client) -> None:
    found = fetch_indicators(client, [OLD_AGE], [2023], areas=("09", "FI"), base_url=replay.sotkanet)
    assert set(found.table["area"]) == {"09", "FI"}


def test_the_old_region_id_counts_only_where_the_new_one_is_silent(replay: ReplayServer, client) -> None:
    replay.rows.append({"indicator": 171, "region": 968, "year": 2023, "gender": "total", "value": None})
    replay.rows.append({"indicator": 171, "region": 888, "year": 2023, "gender": "total", "value": 14.0})
    table = fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet).table
    assert table.filter(area="09", sex="all")["value"].item() == 13.5
    assert table.filter(area="21")["value"].to_list() == [14.0]


def test_a_mark_in_place_of_a_value_is_kept_as_the_reason(replay: ReplayServer, client) -> None:
    table = fetch_indicators(client, [HOME_CARE], [2023], base_url=replay.sotkanet).table
    assert rows(table, "sex", "value", "missing_reason") == [("female", None, ".."), ("male", 11.0, None)]


def test_an_indicator_with_a_changed_title_stops_the_fetch(replay: ReplayServer, client) -> None:
    replay.titles[171] = "Lihavien osuus, %"
    with pytest.raises(
        ChangedTitleError, match=r"171 is now 'Lihavien osuus, %', expected a title like '75 vuotta"
    ):
        fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)
    assert not replay.asked("/json")


def test_a_changed_title_can_be_reported_while_the_others_go_on(replay: ReplayServer, client) -> None:
    replay.titles[171] = "Lihavien osuus, %"
    found = fetch_indicators(
        client, [OLD_AGE, HOME_CARE], [2023], base_url=replay.sotkanet, changed_title="report"
    )
    assert [(f.indicator, f.kind) for f in found.findings] == [(171, "changed_title")]
    assert set(found.table["indicator"]) == {"5513"}


def test_an_indicator_that_died_silently_is_a_finding(replay: ReplayServer, client) -> None:
    found = fetch_indicators(client, [Wanted(3216, "otihoi"), OLD_AGE], [2023], base_url=replay.sotkanet)
    (finding,) = found.findings
    assert (finding.indicator, finding.kind) == (3216, "no_rows")
    assert "gave no rows for 2023-2023" in finding.message
    assert set(found.table["indicator"]) == {"171"}


@pytest.mark.parametrize("where", ["/regions", "/indicators/171", "/json"])
def test_an_answer_of_another_kind_is_asked_for_again(replay: ReplayServer, client, clock, where: str) -> None:
    replay.misbehave("busy", where)
    found = fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)
    assert set(found.table["indicator"]) == {"171"}
    assert clock.sleeps == [1.0]


def test_an_id_that_is_gone_is_a_finding(replay: ReplayServer, client) -> None:
    found = fetch_indicators(client, [Wanted(99999, ".")], [2023], base_url=replay.sotkanet)
    assert [(f.indicator, f.kind) for f in found.findings] == [(99999, "not_found")]
    assert found.table.is_empty()


def test_unchanged_indicators_are_downloaded_once_and_offline_gives_the_same(replay, client, offline) -> None:
    first = fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)
    again = fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)
    unplugged = fetch_indicators(offline(), [OLD_AGE], [2023], base_url=replay.sotkanet)
    assert first.table.equals(again.table)
    assert first.table.equals(unplugged.table)
    assert len(replay.asked("/json")) == 1
    replay.updated["171"] = "2026-09-01"
    later = fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)
    assert set(later.table["vintage"]) == {"171, updated 2026-09-01"}
    assert len(replay.asked("/json")) == 2


def test_municipalities_are_mapped_to_counties_by_membership(replay: ReplayServer, client) -> None:
    regions = fetch_regions(client, base_url=replay.sotkanet)
    assert rows(municipality_counties(regions), "municipality", "county") == [
        ("016", "09"),
        ("098", "09"),
        ("398", "09"),
        ("698", "21"),
    ]


def test_a_municipality_without_a_county_is_an_error(replay: ReplayServer, client) -> None:
    replay.regions.append({"id": 1, "code": "005", "category": "KUNTA", "memberOf": [658]})
    with pytest.raises(RegionError, match=r"municipality 005 is a member of 0 counties"):
        municipality_counties(fetch_regions(client, base_url=replay.sotkanet))


def test_a_county_that_changed_its_id_again_is_an_error(replay: ReplayServer, client) -> None:
    replay.regions.append({"id": 999, "code": "09", "category": "HYVINVOINTIALUE", "memberOf": []})
    with pytest.raises(RegionError, match="region 999 is county 09 at Sotkanet but unknown here"):
        fetch_indicators(client, [OLD_AGE], [2023], base_url=replay.sotkanet)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8-sig")
    return path


@pytest.mark.real
def test_recorded_rows_and_regions_come_through(recorded_replay: ReplayServer, client) -> None:
    found = fetch_indicators(
        client, [OLD_AGE], [2019, 2023], areas=("049", "091"), base_url=recorded_replay.sotkanet
    )
    values = {(area, year): value for area, year, value in rows(found.table, "area", "year", "value")}
    assert values[("091", 2019)] == 7.4
    assert values[("049", 2023)] == 7.2
    regions = fetch_regions(client, base_url=recorded_replay.sotkanet)
    crosswalk = dict(municipality_counties(regions).iter_rows())
    assert crosswalk["049"] == "03"
    assert crosswalk["837"] == "08"
