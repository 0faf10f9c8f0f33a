"""Statistics Finland's municipality boundaries as shapes to draw: asked from its open WFS, and made light.

The layer is the municipality-based statistical units at 1:4,500,000 of the newest year (CC BY 4.0); what the
boundaries mean for figures of earlier years is in `boundaries`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sources.http_client import Request
from sources.open_data import STATISTICS_FINLAND, OpenDataClient, Publisher

SHAPES = "https://geo.stat.fi/geoserver/wfs"
LAYER = "tilastointialueet:kunta4500k"
CODE = "kunta"
DRAWN = 1000  # width in pixels that the shapes are drawn at
HALF_PIXEL = 0.5
MOST_POINTS = 6_000  # of a county: about 60 kB of the page that draws it
DECIMALS = 5  # about a metre
_PUBLISHER = Publisher("shapes", STATISTICS_FINLAND.title, STATISTICS_FINLAND.licence)

Point = tuple[float, float]


class ShapesError(ValueError):
    """An answer without a municipality that the county has; the message says which and how to mend it."""


def fetch_shapes(client: OpenDataClient, municipalities: Sequence[str], *, base_url: str = SHAPES) -> str:
    """Boundaries of the municipalities as GeoJSON text, in degrees (longitude, latitude), light enough to draw.

    Args:
        client: asks and keeps.
        municipalities: codes of three digits.
        base_url: the server.

    Raises:
        ShapesError: the answer lacks a municipality.
    """
    parameters = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeName": LAYER,
        "outputFormat": "application/json",
        "srsName": "EPSG:4326",
    }
    request = Request(
        base_url, tuple(parameters.items()), expected="a GeoJSON of municipalities", accepts=_is_geojson
    )
    features = client.current(_PUBLISHER, request).data["features"]
    wanted = set(municipalities)
    own = {str(f["properties"][CODE]): f for f in features if str(f["properties"].get(CODE)) in wanted}
    if missing := sorted(wanted - set(own)):
        raise ShapesError(
            f"{request.address}: no boundary of {', '.join(missing)}; the newest boundaries lack what the county "
            "file has: mend its service areas, or wait for this year's boundaries"
        )
    return _written({code: _polygons(own[code]["geometry"]) for code in sorted(own)})


def simplified(ring: Sequence[Point], tolerance: float) -> list[Point]:
    """The ring without points that lie within `tolerance` of the line between those kept (Douglas & Peucker 1973).

    A closed ring is halved at the point farthest from its first, so that it never falls together.
    """
    if len(ring) < 5:
        return list(ring)
    far = max(range(len(ring)), key=lambda i: math.dist(ring[i], ring[0]))
    keep = {0, far, len(ring) - 1}
    spans = [(0, far), (far, len(ring) - 1)]
    while spans:
        first, last = spans.pop()
        apart = [(_apart(ring[i], ring[first], ring[last]), i) for i in range(first + 1, last)]
        if apart and (farthest := max(apart))[0] > tolerance:
            keep.add(farthest[1])
            spans += [(first, farthest[1]), (farthest[1], last)]
    return [ring[i] for i in sorted(keep)]


def _apart(point: Point, start: Point, end: Point) -> float:
    """Distance of a point from a line between two others."""
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = math.hypot(x2 - x1, y2 - y1)
    if not length:
        return math.hypot(x - x1, y - y1)
    along = min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2))
    return math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def _written(shapes: dict[str, list[list[list[Point]]]]) -> str:
    """GeoJSON of the shapes, simplified to half a pixel of the drawing, and further until they are few enough.

    Shapes are never lighter than a few points each, however many islands there are.
    """
    points = [point for shape in shapes.values() for rings in shape for ring in rings for point in ring]
    (west, south), (east, north) = (tuple(map(end, zip(*points, strict=True))) for end in (min, max))
    squeeze = math.cos(math.radians((south + north) / 2))  # a degree eastward is so much of one northward
    width = (east - west) * squeeze
    tolerance = width / DRAWN * HALF_PIXEL
    light = _simplified(shapes, tolerance, squeeze)
    while (
        sum(len(r) for shape in light.values() for rings in shape for r in rings) > MOST_POINTS
        and tolerance < width
    ):
        tolerance *= 2
        light = _simplified(shapes, tolerance, squeeze)
    features = [
        {
            "type": "Feature",
            "properties": {CODE: code},
            "geometry": {"type": "MultiPolygon", "coordinates": shape},
        }
        for code, shape in light.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")) + "\n"


def _simplified(
    shapes: dict[str, list[list[list[Point]]]], tolerance: float, squeeze: float
) -> dict[str, list[list[list[Point]]]]:
    def light(ring: list[Point]) -> list[Point]:
        flat = simplified([(x * squeeze, y) for x, y in ring], tolerance)
        return [(round(x / squeeze, DECIMALS), round(y, DECIMALS)) for x, y in flat]

    return {code: [[light(ring) for ring in rings] for rings in shape] for code, shape in shapes.items()}


def _polygons(geometry: dict[str, Any]) -> list[list[list[Point]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[[(float(p[0]), float(p[1])) for p in ring] for ring in polygon] for polygon in polygons]


def _is_geojson(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("features"), list) and bool(answer["features"])
