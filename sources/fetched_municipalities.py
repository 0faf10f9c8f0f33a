"""Municipality files already fetched: ages in 2019, totals 2000-2022, recorded totals, Vantaa's own projection."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl

from counties.registry import municipality_rows
from sources.boundaries import CURRENT_YEAR, to_boundaries
from sources.delimited import ExtractError
from sources.fetched_files import publishers_csv
from sources.fetched_regions import single_ages
from sources.jsonstat import read_cube

AGES_FILE = "statfin_11re_municipality_age_sex_2019.csv.gz"
AGES_YEAR, AGES_BOUNDARIES = 2019, 2020
TOTALS_FILE = "sotkanet_127_population_municipality_2000_2022.csv"
CHECK_FILE = "diak_population_2011_2021.csv"
RECORDED_FILE = "pxweb_recorded/statfin_v1_11re_three_cities_2025.jsonstat2.json"
VANTAA_FILE = "vantaa_projection2019_age_sex_2019_2045.csv"
VANTAA = "092"
_OTHER_NAMES = {"Maarianhamina - Mariehamn": "478"}


def ages_2019(folder: Path) -> pl.DataFrame:
    """Persons by municipality (boundaries of 2026), sex and age on 31 December 2019.

    Returns:
        municipality, sex, age, persons.

    Raises:
        ExtractError: a name that is no municipality, or ages that do not add up to the stated totals.
    """
    path = folder / AGES_FILE
    raw = publishers_csv(path, ("area", "age", "sex", "population"), schema_overrides={"age": pl.String})
    raw = raw.filter(pl.col("area") != "KOKO MAA")
    raw = raw.with_columns(codes_of_names(raw["area"], path.name))
    cells = raw.filter(pl.col("sex") != "total", pl.col("age") != "total")
    cells = cells.with_columns(single_ages(cells["age"], path.name), pl.col("population").cast(pl.Float64))
    total = raw.filter(pl.col("sex") == "total", pl.col("age") == "total")["population"].sum()
    if cells["population"].sum() != total:
        raise ExtractError(f"{path.name}: ages add up to {cells['population'].sum():,.0f}, stated {total:,}")
    cells = cells.rename({"population": "persons"})
    return to_boundaries(cells, AGES_BOUNDARIES, CURRENT_YEAR, values=["persons"], keys=["sex", "age"])


def codes_of_names(names: pl.Series, file: str) -> pl.Series:
    """Municipality codes of Finnish names, through the reference table.

    Raises:
        ExtractError: a name that the table does not have.
    """
    codes = {row["name_fi"]: row["municipality"] for row in municipality_rows()} | _OTHER_NAMES
    unknown = sorted(set(names.unique().to_list()) - set(codes))
    if unknown:
        raise ExtractError(
            f"{file}: '{unknown[0]}' is no municipality; add it to counties/reference/municipalities.csv"
        )
    return names.replace_strict(codes, return_dtype=pl.String).alias("municipality")


def municipality_totals(folder: Path) -> pl.DataFrame:
    """Totals of municipalities (boundaries of 2026): Sotkanet 127, and recorded answers where there are any.

    Returns:
        municipality, year, persons.
    """
    path = folder / TOTALS_FILE
    columns = ("municipality_code", "population", "year")
    raw = publishers_csv(path, columns, schema_overrides={"municipality_code": pl.String})
    raw = raw.select(
        pl.col("municipality_code").str.zfill(3).alias("municipality"),
        pl.col("year").cast(pl.Int64),
        pl.col("population").cast(pl.Float64).alias("persons"),
    )
    totals = to_boundaries(raw, 2022, CURRENT_YEAR, values=["persons"], keys=["year"])
    recorded = recorded_totals(folder)
    new = recorded.join(totals, on=["municipality", "year"], how="anti")
    return pl.concat([totals, new]).sort("municipality", "year")


def recorded_totals(folder: Path) -> pl.DataFrame:
    """Totals of single municipalities from a recorded json-stat2 answer of table 11re; empty without the file.

    Returns:
        municipality, year, persons.
    """
    schema = {"municipality": pl.String, "year": pl.Int64, "persons": pl.Float64}
    path = folder / RECORDED_FILE
    if not path.exists():
        return pl.DataFrame(schema=schema)
    answer = json.loads(path.read_text(encoding="utf-8"))
    area, year = (answer["role"][role][0] for role in ("geo", "time"))
    rows = read_cube(answer).select(
        municipality=pl.col(area).str.strip_prefix("KU"), year=pl.col(year).cast(pl.Int64), persons="value"
    )
    if rows.select("municipality", "year").is_duplicated().any() or rows["persons"].null_count():
        raise ExtractError(f"{path.name}: {rows.height} values; expected one number per municipality and year")
    return rows.cast(schema)  # type: ignore[arg-type]


def vantaa_projection(folder: Path) -> pl.DataFrame:
    """Vantaa's own projection by sex and age, its 1 January read as the 31 December before.

    Returns:
        year, sex, age (99 means 99 and over), persons.
    """
    raw = publishers_csv(folder / VANTAA_FILE, ("sex", "age", "year", "population"))
    raw = raw.filter(pl.col("sex") != "total")
    return raw.select(
        (pl.col("year").cast(pl.Int64) - 1).alias("year"),
        "sex",
        pl.col("age").cast(pl.Int64),
        pl.col("population").cast(pl.Float64).alias("persons"),
    ).sort("year", "sex", "age")


def largest_difference(folder: Path) -> float:
    """Largest difference in persons between two publishers' municipality totals; NaN without the second file."""
    path = folder / CHECK_FILE
    if not path.exists():
        return math.nan
    other = (
        publishers_csv(path, ("regio_level", "aluekoodi", "aika", "pop"))
        .filter(pl.col("regio_level") == "Kunnat", pl.col("aluekoodi").is_not_null())
        .select(
            pl.col("aluekoodi").cast(pl.String).str.zfill(3).alias("municipality"),
            pl.col("aika").cast(pl.Int64).alias("year"),
            pl.col("pop").cast(pl.Float64),
        )
    )
    other = to_boundaries(other, 2022, CURRENT_YEAR, values=["pop"], keys=["year"])
    both = municipality_totals(folder).join(other, on=["municipality", "year"], how="inner")
    difference: float = both.select((pl.col("persons") - pl.col("pop")).abs().max()).item()
    return difference
