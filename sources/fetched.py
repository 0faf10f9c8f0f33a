"""Open data from a folder of files already fetched: our own contract tables, or the publishers' files by name.

Contract tables (`population.parquet`, `projection.csv`, ...) win over publishers' files of the same kind. Every
frame is in contract shape; the notes say what was used, what was left out and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from counties.registry import county_rows, municipality_rows
from counties.schema import County
from sources import fetched_indicators as indicators_
from sources import fetched_municipalities as municipal
from sources import fetched_regions as regional
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError
from sources.fetched_files import file_in
from sources.fetched_uusimaa import (
    ESTIMATE,
    ESTIMATED_POPULATION,
    ESTIMATED_PROJECTION,
    uusimaa_population,
    uusimaa_projection,
)

STATFIN = "Statistics Finland, CC BY 4.0"
POPULATION_VINTAGE = "11re by region, 1972-2025"
PROJECTION_VINTAGE = "14wx, Population projection 2024 (2024-10-24)"


@dataclass(frozen=True)
class OpenData:
    """Open data of one county, every frame in contract shape.

    Attributes:
        population: the county's own code as area, or its municipalities where they are known.
        projection: as `population`.
        indicators: all counties and the country (FI), and municipalities where the files have them; no rows when
            the folder has none.
        languages: None when no file has them.
        notes: what was used, what was left out and why.
    """

    population: pl.DataFrame
    projection: pl.DataFrame
    indicators: pl.DataFrame
    languages: pl.DataFrame | None
    notes: tuple[str, ...]


def read_open_data(folder: Path, county: County) -> OpenData:
    """Read everything the folder has for a county.

    Raises:
        ExtractError: neither contract tables nor publishers' files for population or projection, or a file that
            is not as expected.
    """
    if not folder.is_dir():
        raise ExtractError(f"{folder}: no such folder; give the folder of the fetched files")
    notes: list[str] = []
    readers: dict[str, Callable[[Path, County, list[str]], pl.DataFrame]] = {
        "population": _population,
        "projection": _projection,
        "indicators": _indicators,
    }
    frames = {name: contract_table(folder, name, notes) for name in (*readers, "languages")}
    for name, reader in readers.items():
        if frames[name] is None:
            frames[name] = reader(folder, county, notes)
    if frames["languages"] is None:
        notes.append("languages: no file; left out")
    population, projection, indicators = (_given(frames[name], name) for name in readers)
    return OpenData(
        _of_county(population, county),
        _of_county(projection, county),
        indicators,
        frames["languages"],
        tuple(notes),
    )


def holds_open_data(folder: Path) -> bool:
    """Whether the folder has population and projection, as contract tables or as publishers' files."""
    kinds = {"population": regional.POPULATION_FILE, "projection": regional.PROJECTION_FILE}
    return all(
        any((folder / file).exists() for file in (f"{name}.parquet", f"{name}.csv", publisher))
        for name, publisher in kinds.items()
    )


def open_data_files(folder: Path) -> list[Path]:
    """The files of the folder that open data is read from, whatever else lies beside them, sorted by name."""
    tables = ("population", "projection", "indicators", "languages")
    names = {
        *(f"{table}.{ending}" for table in tables for ending in ("parquet", "csv")),
        *(regional.POPULATION_FILE, regional.PROJECTION_FILE),
        *(municipal.AGES_FILE, municipal.TOTALS_FILE, municipal.CHECK_FILE),
        *(municipal.RECORDED_FILE, municipal.VANTAA_FILE),
        *(*indicators_.SOTKANET_FILES, indicators_.PANEL_FILE, indicators_.INDEX_FILE),
        *(*indicators_.RECORDED_FILES, indicators_.RECORDED_REGIONS),
    }
    return [folder / name for name in sorted(names) if (folder / name).exists()]


def contract_table(folder: Path, name: str, notes: list[str]) -> pl.DataFrame | None:
    """A contract table from `<name>.parquet` or `<name>.csv` in the folder; None when neither is there.

    Raises:
        ExtractError: a column is missing or of another type.
    """
    for path in (folder / f"{name}.parquet", folder / f"{name}.csv"):
        if not path.exists():
            continue
        schema = CONTRACTS[name].schema()
        try:
            if path.suffix == ".parquet":
                frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
            else:
                frame = pl.read_csv(path, infer_schema=False)
            frame = frame.select(pl.col(column).cast(dtype) for column, dtype in schema.items())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise ExtractError(
                f"{path.name}: not the contract table '{name}' ({type(error).__name__}); expected the columns "
                f"{', '.join(schema)}; write it again"
            ) from None
        notes.append(f"{name}: {path.name}, {frame.height:,} rows")
        return frame
    return None


def _population(folder: Path, county: County, notes: list[str]) -> pl.DataFrame:
    if _region_of(county):
        figures = regional.region_figures(file_in(folder, regional.POPULATION_FILE))
        notes.append(f"population: {regional.POPULATION_FILE}, the region is the county")
        return _contract(figures, "population", POPULATION_VINTAGE, STATFIN)
    estimate = uusimaa_population(folder, county.municipalities)
    difference = municipal.largest_difference(folder)
    notes.append(
        f"population: {ESTIMATED_POPULATION}; files {municipal.AGES_FILE}, {municipal.TOTALS_FILE}, "
        f"{regional.POPULATION_FILE}; {municipal.CHECK_FILE} only as a check of the totals (largest difference "
        f"{difference:,.0f} persons)"
    )
    return _contract(estimate, "population", ESTIMATED_POPULATION, ESTIMATE)


def _projection(folder: Path, county: County, notes: list[str]) -> pl.DataFrame:
    path = file_in(folder, regional.PROJECTION_FILE)
    if _region_of(county):
        figures = regional.region_figures(path)
        notes.append(
            f"projection: {regional.PROJECTION_FILE}; merged municipalities without a region are in their "
            "successor's county; no variant without migration"
        )
        return _projected(figures, PROJECTION_VINTAGE, STATFIN)
    notes.append(f"projection: {ESTIMATED_PROJECTION}; files {municipal.VANTAA_FILE}, {regional.PROJECTION_FILE}")
    return _projected(uusimaa_projection(folder, county.municipalities), ESTIMATED_PROJECTION, ESTIMATE)


def _indicators(folder: Path, county: County, notes: list[str]) -> pl.DataFrame:
    frames: list[pl.DataFrame] = []
    for name, vintage in indicators_.SOTKANET_FILES.items():
        _add(
            frames,
            notes,
            folder,
            (name,),
            partial(indicators_.sotkanet_file, folder / name, county, vintage),
        )
    names = {row["name_fi"]: row["municipality"] for row in municipality_rows() if row["county"] == county.code}
    own = {} if _region_of(county) else names
    _add(frames, notes, folder, (municipal.TOTALS_FILE,), lambda: indicators_.county_totals(folder))
    _add(frames, notes, folder, (indicators_.PANEL_FILE,), lambda: indicators_.panel(folder, own))
    _add(frames, notes, folder, (indicators_.INDEX_FILE,), lambda: indicators_.disadvantage_index(folder))
    recorded = (*indicators_.RECORDED_FILES, indicators_.RECORDED_REGIONS)
    _add(frames, notes, folder, recorded, lambda: indicators_.recorded_answers(folder, county))
    if not frames:
        return pl.DataFrame(schema=CONTRACTS["indicators"].schema())
    notes.append("indicators: titles of Sotkanet CSVs are the county file's words; the files have none")
    return pl.concat(frames).sort("indicator", "area", "year", "sex")


def _add(
    frames: list[pl.DataFrame],
    notes: list[str],
    folder: Path,
    files: tuple[str, ...],
    read: Callable[[], pl.DataFrame],
) -> None:
    missing = [name for name in files if not (folder / name).exists()]
    if missing:
        notes.append(f"indicators: {missing[0]} is not in the folder; left out")
        return
    frames.append(read())
    notes.append(
        f"indicators: {files[0]}, {frames[-1].height:,} rows, {frames[-1]['indicator'].n_unique()} indicators"
    )


def _region_of(county: County) -> str | None:
    return next((row["region"] or None for row in county_rows() if row["county"] == county.code), None)


def _projected(figures: pl.DataFrame, vintage: str, source: str) -> pl.DataFrame:
    return _contract(figures.with_columns(pl.lit("trend").alias("variant")), "projection", vintage, source)


def _contract(figures: pl.DataFrame, name: str, vintage: str, source: str) -> pl.DataFrame:
    marked = figures.with_columns(pl.lit(vintage).alias("vintage"), pl.lit(source).alias("source"))
    schema = CONTRACTS[name].schema()
    return marked.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).sort(
        "area", "year", "sex", "age"
    )


def _of_county(frame: pl.DataFrame, county: County) -> pl.DataFrame:
    rows = frame.filter(pl.col("area").is_in([county.code, *county.municipalities]))
    if rows.is_empty():
        raise ExtractError(
            f"no row for {county.slug} ({county.code}) or its municipalities; the folder is another county's"
        )
    return rows


def _given(frame: pl.DataFrame | None, name: str) -> pl.DataFrame:
    if frame is None:
        raise ExtractError(f"no {name} in the folder")
    return frame
