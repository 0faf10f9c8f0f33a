"""The need forecast from files to files, for the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecasting.contracts import Exposure, age_bounds
from forecasting.need import NeedForecast, forecast_need
from forecasting.tables import read_table, require_columns, write_table

CODES = ("area", "parent", "service", "sex", "age_group", "variant", "kind")


def forecast_need_from_files(
    population: Path,
    projection: Path,
    counts: Path,
    out: Path,
    *,
    hierarchy: Path | None = None,
    horizon: int = 15,
    draws: int = 1000,
    seed: int = 1,
) -> list[Path]:
    """Read plain tables, forecast, write `need_forecast`, `need_drivers`, `need_variance` and `need_rates`.

    Without a hierarchy all areas of the counts stand under one node, `total`. A service is driven by the persons
    of the ages its counts have. The last year of the counts is taken as complete.

    Returns:
        The files written (Parquet).

    Raises:
        ValueError: a table that cannot be used, with the file, what was expected and the mend.
    """
    tables = {}
    for name, path, columns in (
        ("population", population, ("area", "sex", "age", "year", "persons")),
        ("projection", projection, ("area", "sex", "age", "year", "persons")),
        ("counts", counts, ("area", "service", "sex", "age_group", "year", "count")),
    ):
        tables[name] = read_table(path, codes=CODES)
        require_columns(tables[name], columns, path)
    last = _last_year(tables["counts"], counts)
    forecast = forecast_need(
        tables["population"],
        tables["projection"],
        tables["counts"],
        _hierarchy(hierarchy, tables["counts"]),
        exposures=exposures_of(tables["counts"]),
        draws=draws,
        seed=seed,
        as_of=f"{last}-12-31",
        last_year=last + horizon,
    )
    return write_need(forecast, out)


def exposures_of(counts: pd.DataFrame) -> dict[str, Exposure]:
    """Exposure of each service: the persons of the ages its counts have."""
    found = {}
    for service, labels in counts.groupby("service")["age_group"].unique().items():
        bounds = [age_bounds(label) for label in labels]
        found[str(service)] = Exposure(min(low for low, _ in bounds), max(high for _, high in bounds))
    return found


def write_need(forecast: NeedForecast, out: Path) -> list[Path]:
    """Write the tables of a forecast into a folder."""
    tables = {
        "need_forecast": forecast.forecast,
        "need_drivers": forecast.drivers,
        "need_variance": forecast.variance,
        "need_rates": forecast.rates,
    }
    for name, table in tables.items():
        write_table(table, out / f"{name}.parquet")
    return [out / f"{name}.parquet" for name in tables]


def _last_year(counts: pd.DataFrame, path: Path) -> int:
    years = pd.to_numeric(counts["year"], errors="coerce")
    if years.empty or years.isna().any():
        raise ValueError(f"{path}: expected rows with a year, such as 2024, in every one; mend the column year")
    return int(years.max())


def _hierarchy(path: Path | None, counts: pd.DataFrame) -> pd.DataFrame:
    if path is not None:
        table = read_table(path, codes=CODES)
        require_columns(table, ("area", "parent"), path)
        return table
    return pd.DataFrame({"area": sorted(counts["area"].unique()), "parent": "total"})
