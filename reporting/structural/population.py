"""People now and at the horizon, by broad age, from the official population and projection tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl

BANDS: tuple[tuple[int, int | None], ...] = ((0, 17), (18, 29), (30, 64), (65, 74), (75, 84), (85, None))
HORIZON_YEARS = 15


@dataclass(frozen=True)
class AgeBand:
    """Persons of one age band; `high` None means and over."""

    low: int
    high: int | None
    now: int
    horizon: int | None

    @property
    def change(self) -> float | None:
        """Relative change to the horizon."""
        return None if self.horizon is None or self.now == 0 else self.horizon / self.now - 1


@dataclass(frozen=True)
class PopulationFacts:
    """Population of one area.

    Attributes:
        year: year of the latest population (31 December).
        horizon: year of the projection shown; None without a projection.
        bands: persons by age band.
        vintage: release of the population; projection_vintage: of the projection.
        source: publisher of the population; projection_source: of the projection.
    """

    year: int
    horizon: int | None
    bands: tuple[AgeBand, ...]
    vintage: str
    projection_vintage: str
    source: str
    projection_source: str

    @property
    def total(self) -> AgeBand:
        """All ages."""
        horizon = None if self.horizon is None else sum(b.horizon or 0 for b in self.bands)
        return AgeBand(0, None, sum(b.now for b in self.bands), horizon)

    def from_age(self, age: int) -> AgeBand:
        """Everyone at or above `age`, the lower bound of a band."""
        bands = [b for b in self.bands if b.low >= age]
        horizon = None if self.horizon is None else sum(b.horizon or 0 for b in bands)
        return AgeBand(age, None, sum(b.now for b in bands), horizon)


def population_facts(
    population: pl.DataFrame | None, projection: pl.DataFrame | None, codes: Collection[str], as_of: date
) -> PopulationFacts | None:
    """Population of the area made of `codes` (municipalities, or the county where only that is known).

    Args:
        population: area, year, sex, age, persons.
        projection: the same with variant and vintage; the trend variant and the newest vintage are used.
        codes: codes whose persons are added up.
        as_of: the latest population on or before this day is `now`.

    Returns:
        None when the table has no persons for every one of the codes.
    """
    if population is None:
        return None
    here = population.filter(pl.col("area").is_in(list(codes)), pl.col("year") <= as_of.year)
    if here["area"].n_unique() < len(set(codes)):
        return None
    year = int(here.group_by("area").agg(pl.col("year").max())["year"].min())  # type: ignore[arg-type]
    now = here.filter(pl.col("year") == year)
    ahead = _projected(projection, codes, year)
    horizon = None if ahead is None else int(ahead["year"][0])
    bands = tuple(
        AgeBand(low, high, _persons(now, low, high), None if ahead is None else _persons(ahead, low, high))
        for low, high in BANDS
    )
    told = [_told(rows, column) for column in ("vintage", "source") for rows in (now, ahead)]
    return PopulationFacts(year, horizon, bands, *told)


def _projected(projection: pl.DataFrame | None, codes: Collection[str], year: int) -> pl.DataFrame | None:
    """Projection rows of the horizon year, or None."""
    if projection is None:
        return None
    here = projection.filter(pl.col("area").is_in(list(codes)), pl.col("year") > year)
    if "variant" in here.columns:
        here = here.filter(pl.col("variant") == "trend")
    if "vintage" in here.columns and not here.is_empty():
        here = here.filter(pl.col("vintage") == pl.col("vintage").max())
    if here["area"].n_unique() < len(set(codes)):
        return None
    horizon = min(int(here["year"].max()), year + HORIZON_YEARS)  # type: ignore[arg-type]
    return here.filter(pl.col("year") == horizon)


def _persons(rows: pl.DataFrame, low: int, high: int | None) -> int:
    within = pl.col("age") >= low if high is None else pl.col("age").is_between(low, high)
    return round(float(rows.filter(within)["persons"].sum()))


def _told(rows: pl.DataFrame | None, column: str) -> str:
    return "" if rows is None or column not in rows.columns else str(rows[column][0])
