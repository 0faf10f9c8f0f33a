"""Population of Uusimaa's municipalities by age and sex: an estimate, because no open file has it for all years.

Uusimaa is the one region that is several wellbeing services counties; Vantaa and Kerava is one of them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from counties.registry import county_rows, municipality_rows
from sources import fetched_municipalities as municipal
from sources import fetched_regions as regional
from sources.fetched_files import file_in
from sources.structure_estimate import estimated_structure

ESTIMATE = "estimate of this project from Statistics Finland, THL Sotkanet and City of Vantaa, CC BY 4.0"
ESTIMATED_POPULATION = (
    "estimate: municipal age structure of 2019 (11re), moved along by age and cohort, raked to Uusimaa by age and "
    "sex (11re) and to municipal totals (Sotkanet 127 to 2022, 11re 2025, between them interpolated)"
)
ESTIMATED_PROJECTION = (
    "estimate: Uusimaa in the 2024 projection (14wx) divided by estimated shares by age and cohort; Vantaa's "
    "total grows as in its own projection of 2019, Kerava's as the rest of Uusimaa"
)


def uusimaa_population(folder: Path, municipalities: Collection[str] = ()) -> pl.DataFrame:
    """Estimated persons by area (municipality), year, sex and age, 2000-2025.

    Args:
        folder: the folder of fetched files.
        municipalities: those wanted; all of Uusimaa when empty.
    """
    estimate = estimated_structure(
        _ages(folder), municipal.AGES_YEAR, _region(folder, regional.POPULATION_FILE), _totals(folder)
    )
    wanted = list(municipalities or uusimaa_municipalities())
    return estimate.rename({"municipality": "area"}).filter(pl.col("area").is_in(wanted))


def uusimaa_projection(folder: Path, municipalities: Collection[str]) -> pl.DataFrame:
    """Estimated projection of some municipalities, 2024-2045.

    The last estimated year is the base. Levels are those of the official projection of Uusimaa: the base totals
    are scaled to it before Vantaa's own growth is applied.
    """
    population = uusimaa_population(folder).rename({"area": "municipality"})
    base_year = int(population.select(pl.col("year").max()).item())
    base = population.filter(pl.col("year") == base_year).drop("year")
    region = _region(folder, regional.PROJECTION_FILE)
    totals = _projected_totals(folder, population, region, base_year)
    estimate = estimated_structure(base, base_year, region, totals)
    return estimate.rename({"municipality": "area"}).filter(pl.col("area").is_in(list(municipalities)))


def uusimaa_municipalities() -> tuple[str, ...]:
    """Codes of Uusimaa's municipalities: those of the counties that are no region of their own."""
    counties = {row["county"] for row in county_rows() if not row["region"]}
    return tuple(row["municipality"] for row in municipality_rows() if row["county"] in counties)


def _projected_totals(
    folder: Path, population: pl.DataFrame, region: pl.DataFrame, base_year: int
) -> pl.DataFrame:
    """Totals of all municipalities until the base year, scaled to the projection, and Vantaa's after it."""
    levels = region.group_by("year").agg(pl.col("persons").sum().alias("level"))
    known = population.group_by("municipality", "year").agg(pl.col("persons").sum())
    known = known.join(levels, on="year", how="inner").with_columns(
        (pl.col("persons") * pl.col("level") / pl.col("persons").sum().over("year")).alias("persons")
    )
    growth = _vantaa_growth(folder, base_year, int(levels.select(pl.col("year").max()).item()))
    start = known.filter(pl.col("municipality") == municipal.VANTAA, pl.col("year") == base_year)["persons"].item()
    vantaa = growth.select(
        pl.lit(municipal.VANTAA).alias("municipality"), "year", (pl.col("growth") * start).alias("persons")
    )
    return pl.concat([known.select("municipality", "year", "persons"), vantaa])


def _vantaa_growth(folder: Path, base_year: int, last: int) -> pl.DataFrame:
    """Vantaa's own projection relative to the base year; beyond its end the last year's growth goes on."""
    own = municipal.vantaa_projection(file_in(folder, municipal.VANTAA_FILE).parent)
    by_year = dict(own.group_by("year").agg(pl.col("persons").sum()).iter_rows())
    end = max(by_year)
    for year in range(end + 1, last + 1):
        by_year[year] = by_year[year - 1] * by_year[end] / by_year[end - 1]
    years = list(range(base_year + 1, last + 1))
    return pl.DataFrame({"year": years, "growth": [by_year[year] / by_year[base_year] for year in years]})


def _ages(folder: Path) -> pl.DataFrame:
    ages = municipal.ages_2019(file_in(folder, municipal.AGES_FILE).parent)
    return ages.filter(pl.col("municipality").is_in(list(uusimaa_municipalities())))


def _region(folder: Path, file: str) -> pl.DataFrame:
    figures = regional.region_figures(file_in(folder, file))
    return figures.filter(pl.col("area") == regional.UUSIMAA).drop("area")


def _totals(folder: Path) -> pl.DataFrame:
    totals = municipal.municipality_totals(file_in(folder, municipal.TOTALS_FILE).parent)
    return totals.filter(pl.col("municipality").is_in(list(uusimaa_municipalities())))
