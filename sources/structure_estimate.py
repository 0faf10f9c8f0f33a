"""Population of municipalities by age and sex where only their totals and the region's ages are published.

Seed: the municipality's share of the region by age and sex in a base year. At mobile ages the share stays with
the age, at settled ages it moves along with the cohort. The seed is then raked (iterative proportional fitting)
to the region's age-sex figures and the municipalities' totals, so both margins hold exactly.

Deming & Stephan (1940), "On a least squares adjustment of a sampled frequency table"; Smith, Tayman & Swanson
(2013), "A Practitioner's Guide to State and Local Population Projections", chapter 7.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
SEXES = ("female", "male")
AGES = 101
MOBILE_UNTIL, SETTLED_FROM = 35, 55
_SEED_FLOOR = 1e-9
_TOLERANCE = 1e-10


class RakingError(ValueError):
    """Margins that cannot both hold."""


def estimated_structure(
    base: pl.DataFrame, base_year: int, region: pl.DataFrame, totals: pl.DataFrame
) -> pl.DataFrame:
    """Persons by municipality, year, sex and age.

    Args:
        base: municipality, sex, age, persons of the base year; all municipalities of the region.
        base_year: year of `base`.
        region: year, sex, age, persons of the whole region.
        totals: municipality, year, persons; some of the municipalities in some years, at least once each.

    Returns:
        municipality, year, sex, age, persons for every year of `region` from the first year of `totals` on.

    Raises:
        RakingError: a municipality without any total, or totals above the region's.
    """
    municipalities = base["municipality"].unique().sort().to_list()
    start = cube(base.with_columns(pl.lit(base_year).alias("year")), municipalities, [base_year])[0]
    years = sorted(y for y in region["year"].unique().to_list() if y >= totals["year"].min())
    ages = cube(region.with_columns(pl.lit("region").alias("municipality")), ["region"], years)[:, 0]
    margins = completed_totals(totals, municipalities, years, ages.sum(axis=(1, 2)))
    shares = start / np.maximum(start.sum(axis=0), _SEED_FLOOR)
    frames = [
        _long(rake(shifted_shares(shares, year - base_year) * ages[i], margins[i], ages[i]), municipalities, year)
        for i, year in enumerate(years)
    ]
    return pl.concat(frames)


def completed_totals(
    totals: pl.DataFrame, municipalities: Sequence[str], years: Sequence[int], region: Array
) -> Array:
    """Totals of every municipality and year, adding up to the region's total.

    A total between two known years is interpolated; what is left of the region is divided among the others as
    their last known totals were.

    Args:
        totals: municipality, year, persons: the known ones.
        municipalities: rows of the result.
        years: years of the result.
        region: the region's total in each of `years`.

    Returns:
        Persons, shape (years, municipalities).

    Raises:
        RakingError: a municipality without any total, or known totals above the region's.
    """
    result = np.empty((len(years), len(municipalities)))
    known = np.empty(result.shape, dtype=bool)
    for j, municipality in enumerate(municipalities):
        rows = totals.filter(pl.col("municipality") == municipality).sort("year")
        if rows.is_empty():
            raise RakingError(f"municipality {municipality}: no total in any year; add one")
        at = rows["year"].to_numpy()
        result[:, j] = np.interp(years, at, rows["persons"].to_numpy())
        known[:, j] = (np.asarray(years) >= at[0]) & (np.asarray(years) <= at[-1])
    for i, year in enumerate(years):
        open_ = ~known[i]
        rest = region[i] - result[i, known[i]].sum()
        if open_.any() and rest <= 0:
            raise RakingError(f"{year}: the municipalities' known totals exceed the region's; check the files")
        if open_.any():
            result[i, open_] *= rest / result[i, open_].sum()
    scaled: Array = result * (region / result.sum(axis=1))[:, None]
    return scaled


def shifted_shares(shares: Array, years: int) -> Array:
    """Shares of the region `years` after the base year, shape (municipalities, sexes, ages).

    Below age 35 they stay with the age (moving in and out repeats itself), from 55 on they move along with the
    cohort (few move), between the two is mixed in logarithms.
    """
    at = np.clip(np.arange(AGES) - years, 0, AGES - 1)
    cohort = np.maximum(shares[:, :, at], _SEED_FLOOR)
    weight = np.clip((np.arange(AGES) - MOBILE_UNTIL) / (SETTLED_FROM - MOBILE_UNTIL), 0.0, 1.0)
    mixed: Array = np.exp((1 - weight) * np.log(np.maximum(shares, _SEED_FLOOR)) + weight * np.log(cohort))
    return mixed


def rake(seed: Array, totals: Array, ages: Array, *, rounds: int = 500) -> Array:
    """Fit a seed to both margins.

    Args:
        seed: shape (municipalities, sexes, ages), positive.
        totals: persons of each municipality.
        ages: persons by sex and age in the region; the same sum as `totals`.
        rounds: most rounds.

    Raises:
        RakingError: the margins differ in their sums, or do not hold after `rounds`.
    """
    if not np.isclose(totals.sum(), ages.sum(), rtol=1e-9):
        raise RakingError(f"municipalities have {totals.sum():,.0f} persons, ages {ages.sum():,.0f}")
    table: Array = np.maximum(seed, _SEED_FLOOR)
    for _ in range(rounds):
        table = table * (totals / table.sum(axis=(1, 2)))[:, None, None]
        table = table * (ages / table.sum(axis=0))
        if np.abs(table.sum(axis=(1, 2)) / totals - 1).max() < _TOLERANCE:
            return table
    raise RakingError(f"the margins do not hold after {rounds} rounds")


def cube(frame: pl.DataFrame, municipalities: Sequence[str], years: Sequence[int]) -> Array:
    """Persons as an array (years, municipalities, sexes, ages); a cell that is missing raises.

    Raises:
        RakingError: cells are missing or given twice.
    """
    wanted = frame.filter(pl.col("year").is_in(list(years)), pl.col("municipality").is_in(list(municipalities)))
    ordered = wanted.sort("year", "municipality", "sex", "age")
    shape = (len(years), len(municipalities), len(SEXES), AGES)
    if (
        ordered.height != np.prod(shape)
        or ordered.select("year", "municipality", "sex", "age").is_duplicated().any()
    ):
        raise RakingError(
            f"{ordered.height} cells; expected {np.prod(shape)}, one per year, area, sex and age 0-100"
        )
    cells: Array = ordered["persons"].cast(pl.Float64).to_numpy().reshape(shape)
    order = np.argsort(np.argsort(list(municipalities)))
    return cells[:, order]


def _long(table: Array, municipalities: Sequence[str], year: int) -> pl.DataFrame:
    n = len(municipalities)
    return pl.DataFrame(
        {
            "municipality": np.repeat(list(municipalities), len(SEXES) * AGES),
            "year": np.full(n * len(SEXES) * AGES, year, dtype=np.int64),
            "sex": np.tile(np.repeat(SEXES, AGES), n),
            "age": np.tile(np.arange(AGES, dtype=np.int64), n * len(SEXES)),
            "persons": table.reshape(-1),
        }
    )
