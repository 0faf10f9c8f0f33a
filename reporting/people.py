"""The population of an area by year: counted, then projected."""

from __future__ import annotations

import polars as pl

from reporting.inputs import ReportInputs

_SCHEMA = {"year": pl.Int64, "persons": pl.Float64, "kind": pl.String}


def people_by_year(inputs: ReportInputs, area: str, minimum_age: int = 0) -> pl.DataFrame:
    """Persons of at least `minimum_age` in a service area or the county, by year.

    A county's own rows are used where there are any, else the sum of its municipalities; a service area is the
    sum of its municipalities, and empty when one of them is missing. Projected years follow the last counted
    one (trend variant).

    Returns:
        year, persons, kind (`observed`, `projection`), in order of year.
    """
    counted = _persons(inputs, inputs.population, area, minimum_age)
    projected = _persons(inputs, _trend(inputs.projection), area, minimum_age)
    last = counted["year"].max() if counted.height else 0
    ahead = projected.filter(pl.col("year") > last)
    parts = ((counted, "observed"), (ahead, "projection"))
    return pl.concat([part.with_columns(pl.lit(kind).alias("kind")) for part, kind in parts]).cast(_SCHEMA)  # type: ignore[arg-type]


def persons_by_group(inputs: ReportInputs, area: str) -> list[int]:
    """People of the last counted year in an area: all ages, then each age group of the county; [] when unknown."""
    groups = inputs.county.age_groups
    starts = {start: _persons(inputs, inputs.population, area, start) for start in (0, *groups.starts)}
    if starts[0].is_empty():
        return []
    from_age = [float(starts[start].sort("year")["persons"][-1]) for start in groups.starts]
    parts = [young - old for young, old in zip(from_age, [*from_age[1:], 0.0], strict=True)]
    return [round(v) for v in (float(starts[0].sort("year")["persons"][-1]), *parts)]


def _trend(projection: pl.DataFrame | None) -> pl.DataFrame | None:
    if projection is None or "variant" not in projection.columns:
        return projection
    return projection.filter(pl.col("variant") == "trend")


def _persons(inputs: ReportInputs, table: pl.DataFrame | None, area: str, minimum_age: int) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"year": pl.Int64, "persons": pl.Float64})
    if table is None:
        return empty
    county = inputs.county
    members = {a.code: set(a.municipalities) for a in county.service_areas}.get(area, set(county.municipalities))
    here = table.filter(pl.col("area") == area)
    if here.is_empty():
        here = table.filter(pl.col("area").is_in(members))
        if set(here["area"].unique()) != members:
            return empty
    if "vintage" in here.columns and table is not inputs.population:
        here = here.filter(pl.col("vintage") == pl.col("vintage").max())
    aged = here.filter(pl.col("age") >= minimum_age)
    return (
        aged.group_by("year").agg(pl.col("persons").sum().cast(pl.Float64)).sort("year").cast({"year": pl.Int64})
    )
