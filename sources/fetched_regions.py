"""Region files already fetched (StatFin 11re and 14wx by region): persons by area, year, sex and age.

A region is one wellbeing services county, except Uusimaa, which stays under `region:01`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import polars as pl

from counties.registry import county_rows, municipality_rows
from sources.boundaries import check_known, current_codes, known_municipalities
from sources.delimited import ExtractError
from sources.fetched_files import publishers_csv, reference_rows

POPULATION_FILE = "statfin_11re_maakunta_age_sex_1972_2025.csv.gz"
PROJECTION_FILE = "statfin_14wx_projection2024_maakunta_age_sex_2024_2045.csv.gz"
UUSIMAA = "region:01"
COUNTRY, COUNTRY_REGION = "FI", 246
_COLUMNS = ("reg_code", "name", "sex", "age", "year", "population")
_MUNICIPALITY_IN_NAME = re.compile(r"\b(\d{3}), unmatched")


def region_figures(path: Path) -> pl.DataFrame:
    """Persons by area, year, sex and age from a region file.

    A row group that its carrier could not place in a region is placed by its municipality's code, through the
    crosswalk and the municipality's county.

    Returns:
        area (county, `region:01` or FI), year, sex, age, persons.

    Raises:
        ExtractError: a missing column, an unknown region, an age that is no age, a cell given twice, or regions
            that do not add up to the whole country.
    """
    raw = publishers_csv(path, _COLUMNS, schema_overrides={"age": pl.String})
    groups = raw.select("reg_code", "name").unique(maintain_order=True).rows()
    area_of = {name: area_of_group(code, name, path.name) for code, name in groups}
    cells = (
        raw.filter(pl.col("sex") != "total")
        .with_columns(
            pl.col("name").replace_strict(area_of).alias("area"),
            single_ages(raw.filter(pl.col("sex") != "total")["age"], path.name),
        )
        .select("name", "area", "year", "sex", "age", pl.col("population").cast(pl.Float64).alias("persons"))
    )
    if cells.select("name", "year", "sex", "age").is_duplicated().any():
        raise ExtractError(f"{path.name}: a cell (region, year, sex, age) stands twice; fetch the file again")
    figures = cells.group_by("area", "year", "sex", "age").agg(pl.col("persons").sum())
    _check_sum(figures, path.name)
    return figures.sort("area", "year", "sex", "age")


def area_of_group(region_code: int, name: str, file: str) -> str:
    """Area of one row group of a region file.

    Raises:
        ExtractError: no such region.
    """
    if region_code == COUNTRY_REGION:
        return COUNTRY
    if found := _MUNICIPALITY_IN_NAME.search(name):
        return county_of_municipality(found.group(1))
    areas = area_of_region()
    code = f"{region_code:02d}"
    if code not in areas:
        raise ExtractError(f"{file}: unknown region {region_code} ({name}); expected one of {', '.join(areas)}")
    return areas[code]


def county_of_municipality(code: str) -> str:
    """County of a municipality; one that has merged counts to its successor's county."""
    codes = pl.Series("municipality", [code])
    check_known(codes, known_municipalities(), "boundaries since 2019")
    successor = current_codes(codes)[0]
    return next(row["county"] for row in municipality_rows() if row["municipality"] == successor)


@cache
def area_of_region() -> dict[str, str]:
    """Region code -> county code, `region:01` for Uusimaa, which has several counties."""
    counties = {row["region"]: row["county"] for row in county_rows() if row["region"]}
    return {row["region"]: counties.get(row["region"], f"region:{row['region']}") for row in region_rows()}


def region_rows() -> tuple[dict[str, str], ...]:
    """Rows of the table of regions: region, name_fi, name_sv, name_en."""
    return reference_rows("regions.csv")


def single_ages(ages: pl.Series, file: str) -> pl.Series:
    """Single years of age from texts such as `7`, `100+`, `100-` and `100 -`.

    Raises:
        ExtractError: a text that is no age from 0 to 100.
    """
    numbers = ages.cast(pl.String).str.extract(r"^(\d{1,3}) ?[+-]?$").cast(pl.Int64)
    bad = ages.filter(numbers.is_null() | (numbers > 100).fill_null(value=True))
    if len(bad):
        raise ExtractError(f"{file}: '{bad[0]}' is no age; expected 0-99 or 100+")
    return numbers.alias("age")


def _check_sum(figures: pl.DataFrame, file: str) -> None:
    is_country = pl.col("area") == COUNTRY
    if not figures.select(is_country.any()).item():
        return
    sums = figures.group_by("year").agg(
        pl.col("persons").filter(is_country).sum().alias("country"),
        pl.col("persons").filter(~is_country).sum().alias("regions"),
    )
    off = sums.filter((pl.col("country") - pl.col("regions")).abs() > 0.5).sort("year")
    if off.height:
        year, country, regions = off.row(0)
        raise ExtractError(
            f"{file}: {year} the regions have {regions:,.0f} persons, the country {country:,.0f}; a region is "
            "missing or stands twice; fetch the file again"
        )
