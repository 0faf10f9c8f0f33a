"""Boundaries of municipalities from a GeoJSON file that the county has fetched; the repository carries none."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

from counties.registry import REFERENCE

CODES = ("code", "kunta", "NATCODE", "natcode")
Ring = list[tuple[float, float]]


class BoundaryError(ValueError):
    """A boundary file that cannot be used: which file, what was expected, how to mend it."""


def municipality_rings(path: Path) -> dict[str, list[Ring]]:
    """Outer and inner rings of each municipality, by its current code of three digits.

    Municipalities that have since joined another are part of that one.

    Args:
        path: GeoJSON of (multi)polygons, one per municipality, with its code in one of `CODES`; degrees or metres.

    Raises:
        BoundaryError: the file is no GeoJSON, or no feature in it has a code.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        found: dict[str, list[Ring]] = {}
        for feature in features:
            code = next((feature["properties"][key] for key in CODES if key in feature["properties"]), None)
            if code is not None:
                current = _successors().get(f"{int(code):03d}", f"{int(code):03d}")
                found.setdefault(current, []).extend(_rings(feature["geometry"]))
    except (KeyError, TypeError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise BoundaryError(
            f"{path.name}: not a GeoJSON of municipalities ({type(error).__name__}); fetch the boundaries again"
        ) from None
    if not found:
        raise BoundaryError(f"{path.name}: no feature has a municipality code ({', '.join(CODES)})")
    return found


def _rings(geometry: dict[str, Any]) -> list[Ring]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(float(point[0]), float(point[1])) for point in ring] for part in parts for ring in part]


@cache
def _successors() -> dict[str, str]:
    """Municipalities that joined another as a whole -> the one they joined."""
    with (REFERENCE / "boundary_changes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {r["from_municipality"]: r["to_municipality"] for r in rows if float(r["share"]) == 1.0}
