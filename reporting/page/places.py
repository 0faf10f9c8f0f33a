"""The areas of the county beside each other: their outlines, people, and record quality."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from counties import County
from reporting.boundaries import Ring, municipality_rings
from reporting.inputs import ReportInputs
from reporting.people import people_by_year, persons_by_group

WIDTH = 1000
AGED = 75
_METRES = 180.0  # no longitude is larger: what is, counts metres


def outlines(inputs: ReportInputs) -> dict[str, Any] | None:
    """The county's municipalities as drawing paths, each with the place of its area in the payload.

    Returns:
        `w`, `h` (size of the drawing), `shapes` ([area, path] of each municipality), `labels` ([area, x, y] of
        each area); None without a boundary file or when it has none of the county's municipalities.
    """
    if inputs.boundaries is None:
        return None
    county = inputs.county
    rings = {c: r for c, r in municipality_rings(inputs.boundaries).items() if c in county.area_of_municipality}
    if not rings:
        return None
    place = {area.code: i for i, area in enumerate(county.service_areas, start=1)}
    planned = _planned(rings)
    size = max(y for shape in planned.values() for ring in shape for _, y in ring)
    shapes = [
        [place[county.area_of_municipality[code]], "".join(map(_path, planned[code]))] for code in sorted(planned)
    ]
    return {"w": WIDTH, "h": max(1, math.ceil(size)), "shapes": shapes, "labels": _labels(planned, county, place)}


def _planned(rings: dict[str, list[Ring]]) -> dict[str, list[Ring]]:
    """Rings on a drawing of `WIDTH`, north up; degrees shrink eastward with the cosine of the latitude."""
    points = [point for shape in rings.values() for ring in shape for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = 1.0 if max(abs(west), abs(east)) > _METRES else math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * squeeze, 1e-9)
    return {
        code: [[((x - west) * squeeze * scale, (north - y) * scale) for x, y in ring] for ring in shape]
        for code, shape in rings.items()
    }


def _path(ring: Ring) -> str:
    steps = dict.fromkeys(f"{x:.0f},{y:.0f}" for x, y in ring)
    return "M" + "L".join(steps) + "Z"


def _labels(planned: dict[str, list[Ring]], county: County, place: dict[str, int]) -> list[list[int]]:
    """The middle of each area's largest ring."""
    largest: dict[int, Ring] = {}
    for code, shape in planned.items():
        area = place[county.area_of_municipality[code]]
        largest[area] = max([*shape, largest.get(area, [])], key=lambda ring: abs(_centre(ring)[2]))
    return [[area, *(round(v) for v in _centre(ring)[:2])] for area, ring in sorted(largest.items())]


def _centre(ring: Ring) -> tuple[float, float, float]:
    """Centre of mass of a ring and its signed surface (shoelace formula)."""
    surface = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        cross = x1 * y2 - x2 * y1
        surface += cross / 2
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    return (x / (6 * surface), y / (6 * surface), surface) if surface else (0.0, 0.0, 0.0)


def persons(inputs: ReportInputs, areas: list[str]) -> list[list[int]]:
    """People of the last counted year by area, all ages first and then by age group; [] without population."""
    found = [persons_by_group(inputs, area) for area in areas]
    return [row for row in found if row] if all(found) else []


def aged(inputs: ReportInputs, areas: list[str]) -> list[list[float | None] | None]:
    """Share of those aged 75 and over by area, now and in the last projected year."""
    return [_aged(inputs, area) for area in areas]


def _aged(inputs: ReportInputs, area: str) -> list[float | None] | None:
    whole, old = (people_by_year(inputs, area, age) for age in (0, AGED))
    shares = old.join(whole, on=["year", "kind"], suffix="_all").sort("year")
    shares = shares.with_columns((pl.col("persons") / pl.col("persons_all")).alias("share"))
    now, then = (shares.filter(pl.col("kind") == kind)["share"] for kind in ("observed", "projection"))
    if now.is_empty():
        return None
    return [round(now[-1], 4), round(then[-1], 4) if len(then) else None]


def quality(inputs: ReportInputs, areas: list[str]) -> list[list[float] | None]:
    """Overall index of record quality by area with its interval; None where hidden or not known."""
    if inputs.quality_scores is None:
        return [None] * len(areas)
    scores = inputs.quality_scores.filter(pl.col("dimension") == "overall", pl.col("index").is_not_null())
    known = {
        (inputs.county.code if r["level"] == "county" else r["area"]): [
            round(r[c], 4) for c in ("index", "low", "high")
        ]
        for r in scores.filter(pl.col("level").is_in(["area", "county"])).iter_rows(named=True)
    }
    return [known.get(area) for area in areas]
