"""Which county is made: its own file when it has one, else one service area per municipality; its known shape."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from counties import County, county_slugs, load_county
from counties.registry import FOLDER, boundary_change_rows, county_rows, municipality_rows, planned_slugs

REFERENCE = Path(__file__).parent / "reference"
ANCHOR_YEARS = (2010, 2015, 2020, 2025, 2030, 2035, 2040, 2045)
BAND_STARTS = tuple(range(0, 105, 5))
BROAD_STARTS = (0, 18, 30, 50, 65, 75, 85)
TOTAL_YEARS = tuple(range(2010, 2023))


class UnknownCountyError(ValueError):
    """A slug that names no county; the message lists those that can be made."""


@dataclass(frozen=True)
class CountyShape:
    """Facts a county's population is shaped by.

    Attributes:
        municipalities: codes, sorted; the order of the first axis of the arrays.
        pyramid: persons by anchor year, sex (male, female) and five-year band, shape (8, 2, 21).
        totals: persons on 31 December 2010..2022 by municipality, shape (municipalities, 13).
        broad_ages: persons on 31 December 2019 by municipality and broad age, shape (municipalities, 7).
    """

    municipalities: tuple[str, ...]
    pyramid: npt.NDArray[np.float64]
    totals: npt.NDArray[np.float64]
    broad_ages: npt.NDArray[np.float64]


def demo_county(slug: str) -> County:
    """The county's own file, or one service area per municipality from the reference tables.

    Raises:
        UnknownCountyError: no such county.
    """
    if slug in county_slugs():
        return load_county(slug)
    rows = [row for row in county_rows() if row["slug"] == slug and slug in planned_slugs()]
    if not rows:
        raise UnknownCountyError(f"no county '{slug}' to make; there are: {', '.join(planned_slugs())}")
    row = rows[0]
    common = yaml.safe_load((FOLDER / "_common.yaml").read_text(encoding="utf-8"))
    areas = [
        {
            "code": f"{row['county']}-{m['municipality']}",
            "municipalities": [m["municipality"]],
            "names": {"fi": m["name_fi"], "sv": m["name_sv"], "en": m["name_en"]},
        }
        for m in _current_municipalities(row["county"])
    ]
    return County.model_validate(
        {
            **common,
            "code": row["county"],
            "slug": slug,
            "names": {"fi": row["name_fi"], "sv": row["name_sv"], "en": row["name_en"]},
            "valid_from": "2023-01-01",
            "service_areas": areas,
            "service_areas_source": "One area per municipality, from the reference table of municipalities.",
        }
    )


def language_statuses(code: str) -> dict[str, str]:
    """Language status of each municipality of a county, by code."""
    return {m["municipality"]: m["language_status"] for m in _current_municipalities(code)}


def reference_totals(county: County) -> dict[str, int]:
    """Persons on 31 December 2022 by municipality on current boundaries (merged municipalities added)."""
    joined = {row["from_municipality"]: row["to_municipality"] for row in boundary_change_rows()}
    totals = dict.fromkeys(county.municipalities, 0)
    for row in municipality_rows():
        code = joined.get(row["municipality"], row["municipality"])
        if code in totals and row["population_2022"]:
            totals[code] += int(row["population_2022"])
    return totals


def county_shape(county: County) -> CountyShape:
    """Facts of the county, read from the reference tables of this package."""
    pyramid = np.zeros((len(ANCHOR_YEARS), 2, len(BAND_STARTS)))
    for row in _rows("county_pyramids.csv"):
        if row["county"] == county.code:
            where = ANCHOR_YEARS.index(int(row["year"])), ("male", "female").index(row["sex"])
            pyramid[where] = [float(row[f"age_{start}"]) for start in BAND_STARTS]
    shapes = {row["municipality"]: row for row in _rows("municipality_shapes.csv")}
    codes = county.municipalities
    totals = np.array([[float(shapes[m][f"total_{y}"]) for y in TOTAL_YEARS] for m in codes])
    totals[:, -1] = [reference_totals(county)[m] for m in codes]
    broad = np.array([[float(shapes[m][f"age_{start}"]) for start in BROAD_STARTS] for m in codes])
    return CountyShape(codes, pyramid, totals, broad)


def _current_municipalities(code: str) -> list[dict[str, str]]:
    return [row for row in municipality_rows() if row["county"] == code and not row["valid_to"]]


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
