"""Municipality boundaries from Statistics Finland's WFS: the county's own, light, and true to half a pixel."""

from __future__ import annotations

import json
import math
from datetime import date

import pytest

from reporting.boundaries import municipality_rings
from sources.municipality_shapes import (
    DRAWN,
    MOST_POINTS,
    ShapesError,
    _apart,
    _written,
    fetch_shapes,
    simplified,
)
from sources.open_data import open_data_client
from tests.replay import tables
from tests.replay.server import replaying

TODAY = date(2026, 5, 1)
CIRCLE = [(25 + 0.4 * math.cos(math.radians(a / 2)), 61 + 0.2 * math.sin(math.radians(a / 2))) for a in range(721)]


@pytest.fixture
def server():
    with replaying() as running:
        yield running


def fetched(server, folder, municipalities) -> str:
    with open_data_client(folder / "raw", TODAY) as client:
        return fetch_shapes(client, municipalities, base_url=server.shapes)


def test_the_county_s_own_municipalities_are_kept_and_can_be_drawn(server, tmp_path):
    codes = sorted(tables.MUNICIPALITIES)[:2]
    path = tmp_path / "boundaries.geojson"
    path.write_text(fetched(server, tmp_path, codes), encoding="utf-8")
    assert sorted(municipality_rings(path)) == codes
    assert fetched(server, tmp_path, codes) == path.read_text(encoding="utf-8")


def test_a_shape_has_fewer_points_and_none_was_farther_than_half_a_pixel(server, tmp_path):
    codes = sorted(tables.MUNICIPALITIES)[:2]
    features = json.loads(fetched(server, tmp_path, codes))["features"]
    ring = features[0]["geometry"]["coordinates"][0][0]
    assert len(ring) < 200
    assert ring[0] == ring[-1]
    west = min(x for f in features for p in f["geometry"]["coordinates"] for x, _ in p[0])
    east = max(x for f in features for p in f["geometry"]["coordinates"] for x, _ in p[0])
    squeeze = math.cos(math.radians(61.0))  # as the map draws them
    half_pixel = (east - west) * squeeze / DRAWN / 2
    sides = [[(x * squeeze, y) for x, y in side] for side in zip(ring, ring[1:], strict=False)]
    for x, y in CIRCLE:
        assert min(_apart((x * squeeze, y), *side) for side in sides) <= half_pixel * 1.05


def test_a_closed_ring_does_not_fall_together(server):
    light = simplified(CIRCLE, 10.0)
    assert light[0] == light[-1] == CIRCLE[0]
    assert len(set(light)) == 2  # as coarse as can be, and still as wide as the shape


def test_many_points_are_thinned_until_they_are_few_enough(server, tmp_path, monkeypatch):
    monkeypatch.setattr("sources.municipality_shapes.MOST_POINTS", 60)
    features = json.loads(fetched(server, tmp_path, sorted(tables.MUNICIPALITIES)[:2]))["features"]
    points = sum(len(ring) for f in features for p in f["geometry"]["coordinates"] for ring in p)
    assert points <= 60 < MOST_POINTS


def test_a_pixel_is_as_high_as_it_is_wide():
    """A degree northward is about two eastward: a notch of most of a pixel stays."""
    half_pixel = math.cos(math.radians(61.5)) / DRAWN / 2
    square = [
        (25.0, 61.0),
        (26.0, 61.0),
        (26.0, 62.0),
        (25.5, 62.0 - 1.6 * half_pixel),
        (25.0, 62.0),
        (25.0, 61.0),
    ]
    (feature,) = json.loads(_written({"001": [[square]]}))["features"]
    assert len(feature["geometry"]["coordinates"][0][0]) == len(square)


def test_more_islands_than_points_allow_are_as_light_as_can_be(server, tmp_path, monkeypatch):
    monkeypatch.setattr("sources.municipality_shapes.MOST_POINTS", 5)
    features = json.loads(fetched(server, tmp_path, sorted(tables.MUNICIPALITIES)[:2]))["features"]
    rings = [ring for f in features for p in f["geometry"]["coordinates"] for ring in p]
    assert len(rings) > 2
    assert all(3 <= len(ring) <= 5 for ring in rings)


def test_a_municipality_without_a_boundary_is_told(server, tmp_path):
    with pytest.raises(ShapesError, match="no boundary of 999"):
        fetched(server, tmp_path, [sorted(tables.MUNICIPALITIES)[0], "999"])
