"""The contract table `areas` of a county, and the service area of every row of a table."""

from __future__ import annotations

from datetime import date

import polars as pl

from counties.registry import municipality_rows
from counties.schema import County
from sources.boundaries import current_codes
from sources.contracts import CONTRACTS


def areas_table(county: County) -> pl.DataFrame:
    """Municipalities of a county, merged ones too (in their successor's service area), in contract shape.

    Sorted by municipality and first day of validity.
    """
    rows = [row for row in municipality_rows() if row["county"] == county.code]
    codes = pl.Series([row["municipality"] for row in rows], dtype=pl.String)
    areas = county.area_of_municipality
    frame = pl.DataFrame(
        [
            {
                "municipality": row["municipality"],
                "name_fi": row["name_fi"],
                "name_sv": row["name_sv"],
                "name_en": row["name_en"],
                "county": row["county"],
                "service_area": areas.get(successor),
                "language_status": row["language_status"],
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            }
            for row, successor in zip(rows, current_codes(codes), strict=True)
        ],
        schema=CONTRACTS["areas"].schema(),
    )
    return frame.sort("municipality", "valid_from")
