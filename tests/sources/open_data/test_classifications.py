"""The county of each municipality from the classification service."""

from __future__ import annotations

from datetime import date

import pytest

from sources.classifications import ClassificationError, _pairs, fetch_correspondence, fetch_municipality_counties
from tests.replay.server import ReplayServer


def test_each_municipality_has_its_county_and_year(replay: ReplayServer, client) -> None:
    table = fetch_municipality_counties(client, 2026, base_url=replay.classifications)
    assert table.rows()[0] == ("016", "09", date(2026, 1, 1), date(2026, 12, 31))
    assert table["county"].to_list() == ["09", "09", "09", "21"]


def test_the_address_is_asked_without_parameters_which_answer_500(replay: ReplayServer, client, clock) -> None:
    fetch_municipality_counties(client, 2026, base_url=replay.classifications)
    assert [s.query for s in replay.seen] == [()]
    assert clock.sleeps == []


def test_the_details_are_asked_when_the_plain_address_fails(replay: ReplayServer, client) -> None:
    replay.maps_with_details = True
    replay.misbehave("404", "maps")
    pairs = fetch_correspondence(client, 2026, "hyvinvointialue", base_url=replay.classifications)
    assert pairs == {"016": "09", "098": "09", "398": "09", "698": "21"}


def test_a_table_under_another_name_is_found_from_the_list(replay: ReplayServer, client) -> None:
    table = fetch_municipality_counties(client, 2025, base_url=replay.classifications)
    assert table.height == 4
    assert table["valid_from"].unique().to_list() == [date(2025, 1, 1)]


def test_a_year_without_a_table_is_an_error_that_tells_what_was_tried(replay: ReplayServer, client) -> None:
    with pytest.raises(ClassificationError, match=r"(?s)no correspondence table joins .* of 2031.*404"):
        fetch_municipality_counties(client, 2031, base_url=replay.classifications)


def test_a_municipality_in_two_counties_is_an_error() -> None:
    with pytest.raises(ClassificationError, match="016 is in both 09 and 21"):
        _pairs(["http://x/maps/016/09", "http://x/maps/016/21"], "http://x/maps")
