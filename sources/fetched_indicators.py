"""Indicator files already fetched: Sotkanet CSVs, the 1990-2012 panel, the disadvantage index, recorded answers.

All areas of each file are returned: forecasts of one county learn from the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from counties.registry import county_rows, municipality_rows
from counties.schema import County
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError
from sources.fetched_files import publishers_csv, reference_rows
from sources.fetched_municipalities import TOTALS_FILE, municipality_totals
from sources.fetched_regions import COUNTRY, region_rows
from sources.sotkanet_rows import GENDERS, areas_of_regions, csv_rows, indicator_table, json_rows

SOTKANET_FILES = {
    "sotkanet_primary_care_5_indicators_hva_2020_2025.csv": "snapshot 2026-08-18",
    "sotkanet_683_diabetes_hva_2015_2023.csv": "2015-2023",
    "sotkanet_3563_children_placed_hva_2021_2024.csv": "2021-2024",
}
RECORDED_FILES = ("sotkanet_recorded/json_171_2019_2023_total.json", "sotkanet_recorded/json_5513_2023_total.json")
RECORDED_REGIONS = "sotkanet_recorded/regions_sample.json"
PANEL_FILE = "sotkanet_panel_1990_2012.csv.gz"
INDEX_FILE = "diak_huono_osaisuus_index_2011_2020.csv.gz"
THL = "THL Sotkanet, CC BY 4.0"
DIAK = "Diak, Huono-osaisuus Suomessa (THL Sotkanet, Statistics Finland; CC BY 4.0)"
# Titles of ids whose files have none, as confirmed at the publisher or, where not, in the county file's words.
_TITLES = {171: "75 vuotta täyttäneet, % väestöstä", 127: "Väestö 31.12."}


@dataclass(frozen=True)
class PanelIndicator:
    """A series of the 1990-2012 panel.

    Attributes:
        id: `panel:<slug>`.
        title: title in the panel.
        role: `service` (use of a service) or `need` (a driver of need).
        per: the value is per so many persons of the ages; None where it is no such rate.
        min_age: youngest age of the denominator.
        max_age: oldest age of the denominator (100: and over).
        sotkanet_id: the indicator at Sotkanet today, where it is known.
    """

    id: str
    title: str
    role: str
    per: float | None
    min_age: int
    max_age: int
    sotkanet_id: int | None


@cache
def panel_indicators() -> tuple[PanelIndicator, ...]:
    """The series of the panel that are read, service use first."""
    return tuple(
        PanelIndicator(
            id=f"panel:{row['slug']}",
            title=row["title"],
            role=row["role"],
            per=float(row["per"]) if row["per"] else None,
            min_age=int(row["min_age"]),
            max_age=int(row["max_age"]),
            sotkanet_id=int(row["sotkanet_id"]) if row["sotkanet_id"] else None,
        )
        for row in reference_rows("panel_indicators.csv")
    )


def sotkanet_file(path: Path, county: County, vintage: str) -> pl.DataFrame:
    """A CSV file of Sotkanet in contract shape; marks of missing values stay as their reason.

    Raises:
        ExtractError: an unreadable file, no rows, an unknown region id, or an unknown gender.
    """
    return _sotkanet_table(csv_rows(path), areas_of_regions(()), county, path.name, vintage)


def recorded_answers(folder: Path, county: County) -> pl.DataFrame:
    """Recorded Sotkanet answers for municipalities, in contract shape."""
    areas = areas_of_regions(json.loads((folder / RECORDED_REGIONS).read_text(encoding="utf-8")))
    frames = []
    for name in RECORDED_FILES:
        rows = json_rows(json.loads((folder / name).read_text(encoding="utf-8")))
        frames.append(_sotkanet_table(rows, areas, county, name, "recorded answer"))
    return pl.concat(frames)


def _sotkanet_table(
    rows: pl.DataFrame, areas: Mapping[int, tuple[str, int]], county: County, file: str, vintage: str
) -> pl.DataFrame:
    """Contract rows of every indicator of a file; a region or gender that nobody knows raises."""
    _check_known(rows["region"], areas, file, "region")
    _check_known(rows["gender"], GENDERS, file, "gender")
    frames = [
        indicator_table(part, areas, None, _title(int(str(indicator)), county), f"{file}, {vintage}")
        for (indicator,), part in rows.group_by("indicator", maintain_order=True)
    ]
    return pl.concat(frames).sort("indicator", "area", "year", "sex")


def county_totals(folder: Path) -> pl.DataFrame:
    """Indicator 127 (population) by county and country: sums of the municipalities, full years only."""
    counties = {row["municipality"]: row["county"] for row in municipality_rows()}
    totals = municipality_totals(folder).with_columns(
        pl.col("municipality").replace_strict(counties, return_dtype=pl.String).alias("area")
    )
    full = totals.group_by("year").len().filter(pl.col("len") == pl.col("len").max())["year"]
    totals = totals.filter(pl.col("year").is_in(full.to_list()))
    both = pl.concat([totals, totals.with_columns(pl.lit(COUNTRY).alias("area"))])
    sums = both.group_by("area", "year").agg(pl.col("persons").sum())
    return _in_contract(
        sums.with_columns(pl.lit("all").alias("sex")),
        indicator=pl.lit("127"),
        value=pl.col("persons"),
        count=pl.col("persons"),
        missing_reason=pl.lit(None, dtype=pl.String),
        title=pl.lit(_TITLES[127]),
        vintage=pl.lit(f"{TOTALS_FILE}, municipalities summed on boundaries of 2026"),
        source=pl.lit(THL),
    )


def panel(folder: Path, municipalities: Mapping[str, str]) -> pl.DataFrame:
    """The panel's service-use and need series by county (of the regions) and for some municipalities.

    Args:
        folder: the folder of fetched files.
        municipalities: Finnish name -> code of the municipalities to read beside the regions.

    Returns:
        Contract shape; region names become codes through the table of regions, Uusimaa has no county of its own.
    """
    known = {indicator.title: indicator.id for indicator in panel_indicators()}
    counties = {row["region"]: row["county"] for row in county_rows() if row["region"]}
    regions = {row["name_fi"]: counties.get(row["region"]) for row in region_rows()}
    raw = publishers_csv(folder / PANEL_FILE, ("level", "area", "year", "indicator", "value"))
    raw = raw.filter(pl.col("indicator").is_in(list(known)))
    by_region = raw.filter(pl.col("level") == "maakunta")
    by_region = by_region.with_columns(_replaced(by_region["area"], regions, PANEL_FILE, "region").alias("area"))
    by_municipality = raw.filter(pl.col("level") == "kunta", pl.col("area").is_in(list(municipalities)))
    by_municipality = by_municipality.with_columns(pl.col("area").replace_strict(dict(municipalities)))
    rows = pl.concat([by_region, by_municipality]).filter(
        pl.col("area").is_not_null(), pl.col("value").is_not_nan()
    )
    return _in_contract(
        rows.with_columns(pl.lit("all").alias("sex")),
        indicator=pl.col("indicator").replace_strict(known, return_dtype=pl.String),
        value=pl.col("value"),
        count=pl.lit(None, dtype=pl.Float64),
        missing_reason=pl.lit(None, dtype=pl.String),
        title=pl.col("indicator"),
        vintage=pl.lit(f"{PANEL_FILE}, series 1990-2012"),
        source=pl.lit(THL),
    )


def disadvantage_index(folder: Path) -> pl.DataFrame:
    """Diak's disadvantage index by county, `diak:<slug>`; 100 is the median county. Years are approximate."""
    known = {row["variable"]: f"diak:{row['slug']}" for row in reference_rows("diak_variables.csv")}
    columns = ("regio_level", "aluekoodi", "aika", "variable", "value")
    raw = publishers_csv(folder / INDEX_FILE, columns, infer_schema_length=None)
    raw = raw.filter(pl.col("regio_level") == "Hyvinvointialueet", pl.col("variable").is_in(list(known)))
    codes = {row["county"]: row["county"] for row in county_rows()}
    areas = _replaced(raw["aluekoodi"].cast(pl.String).str.zfill(2), codes, INDEX_FILE, "county")
    rows = raw.with_columns(areas.alias("area"), pl.lit("all").alias("sex"), pl.col("aika").alias("year"))
    return _in_contract(
        rows.unique(["area", "year", "variable"], keep="first", maintain_order=True),
        indicator=pl.col("variable").replace_strict(known, return_dtype=pl.String),
        value=pl.col("value"),
        count=pl.lit(None, dtype=pl.Float64),
        missing_reason=pl.when(pl.col("value").is_null()).then(pl.lit("not_published")),
        title=pl.col("variable"),
        vintage=pl.lit(f"{INDEX_FILE}, means of several years, year approximate"),
        source=pl.lit(DIAK),
    )


def _in_contract(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    schema = CONTRACTS["indicators"].schema()
    built = frame.select(
        [columns.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in schema.items()]
    )
    return built.sort("indicator", "area", "year", "sex")


def _check_known(values: pl.Series, codes: Mapping[Any, object], file: str, what: str) -> None:
    unknown = sorted(set(values.unique().to_list()) - set(codes), key=str)
    if unknown:
        raise ExtractError(f"{file}: unknown {what} {unknown[0]!r}; add it to the reference table or fetch again")


def _replaced(values: pl.Series, codes: Mapping[Any, str | None], file: str, what: str) -> pl.Series:
    """Codes of the values; a value that the table does not have raises."""
    _check_known(values, codes, file, what)
    return values.replace_strict(dict(codes), return_dtype=pl.String)


def _title(id_: int, county: County) -> str:
    for indicator in county.indicators:
        if indicator.id == id_:
            return f"{indicator.names.fi}, {indicator.unit.fi}"
    return _TITLES.get(id_, f"Sotkanet {id_}")
