"""People of the synthetic county: the recorded past, the official projection, and the true future beyond it.

A cohort-component model (births, deaths, migration) steered each year to the county's known age bands and the
municipalities' known totals; what the steering adds is the migration. Municipalities differ by changes of their
own, and the true future departs from the official projection as real regions have departed from projections of
theirs (`population_changes`), so that coverage can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.geography import ANCHOR_YEARS, BAND_STARTS, BROAD_STARTS, TOTAL_YEARS, CountyShape
from sources.synthetic.population_changes import FAMILIES, STUDENTS, all_changes, own_changes, restlessness

Array = npt.NDArray[np.float64]
FIRST_YEAR, LAST_YEAR = 2010, 2045
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))
SEXES = ("male", "female")
AGES = np.arange(101)
BOYS = 0.512
SWEDISH_SHARE = {"fi": 0.004, "fi-sv": 0.06, "sv-fi": 0.62, "sv": 0.9}
"""Share of people whose language is Swedish, by the language status of their municipality."""
SOURCE = "synthetic (palvelutarve demo), not real figures"
_BAND_OF_AGE = np.minimum(AGES // 5, 20)
_BROAD_OF_AGE = np.searchsorted(BROAD_STARTS, AGES, side="right") - 1
_MOBILITY = (STUDENTS + FAMILIES) / (STUDENTS + FAMILIES).mean()


@dataclass(frozen=True)
class People:
    """Populations, each array of shape (years 2010..2045, municipalities, sexes, ages 0..100), whole persons.

    Attributes:
        municipalities: codes along the second axis.
        base_year: last 31 December that is known; later years are the future.
        trend: the past and the official projection.
        no_migration: the past and the projection without migration.
        truth: the past and the future as it really goes.
    """

    municipalities: tuple[str, ...]
    base_year: int
    trend: Array
    no_migration: Array
    truth: Array


def simulate_people(shape: CountyShape, base_year: int, scale: float, rng: np.random.Generator) -> People:
    """Simulate the county's people 2010-2045.

    Args:
        shape: what is known of the county.
        base_year: last year with a recorded population.
        scale: multiplies every population.
        rng: source of the true future's errors.
    """
    totals = _municipality_totals(shape) * scale
    bands = _county_bands(shape)
    base, ahead = base_year - FIRST_YEAR, LAST_YEAR - base_year
    before, after = rng.spawn(2)
    moving = restlessness(shape.totals)
    past = own_changes(totals[:, 0], moving, base, before)
    trend = np.empty((len(YEARS), len(shape.municipalities), 2, len(AGES)))
    trend[0] = _raked(_first_pyramid(shape), bands[0], totals[:, 0], np.ones(len(AGES)))
    for i in range(1, len(YEARS)):
        aged = aged_one_year(trend[i - 1], YEARS[i])
        if i <= base:
            aged *= np.exp(past.next_year(np.zeros_like(aged), i - 1, aged, death_probabilities()))
        trend[i] = _raked(aged, bands[i], totals[:, i], _MOBILITY)
    closed = trend.copy()
    for i in range(base + 1, len(YEARS)):
        closed[i] = aged_one_year(closed[i - 1], YEARS[i])
    truth, errors = trend.copy(), np.zeros_like(trend[0])
    to_come = all_changes(totals[:, base], moving, ahead, after)
    for h in range(ahead):
        errors = to_come.next_year(errors, h, trend[base + 1 + h], death_probabilities())
        truth[base + 1 + h] *= np.exp(errors)
    return People(shape.municipalities, base_year, *(_whole_persons(x) for x in (trend, closed, truth)))


def aged_one_year(persons: Array, year: int) -> Array:
    """The same people one year on, without migration: survivors and the children born.

    Args:
        persons: shape (municipalities, 2, 101) at the end of the year before.
        year: the year lived through.
    """
    alive = persons * (1 - death_probabilities())
    older = np.zeros_like(persons)
    older[..., 1:] = alive[..., :-1]
    older[..., 100] += alive[..., 100]
    births = persons[:, 1] @ fertility(year)
    older[:, 0, 0] = births * BOYS
    older[:, 1, 0] = births * (1 - BOYS)
    return older


def death_probabilities() -> Array:
    """Yearly probability of death by sex and age, shape (2, 101); Gompertz from infancy's level on."""
    level = np.array([[1.24e-5], [2.6e-6]])
    slope = np.array([[0.105], [0.118]])
    return np.minimum(level * np.exp(slope * AGES) + 1e-4, 0.6)


def fertility(year: int) -> Array:
    """Children per woman by single year of age; the total falls from 1.87 in 2010 to 1.30 in 2024."""
    shape = np.exp(-0.5 * ((AGES - 30.5) / 5.4) ** 2) * ((AGES >= 15) & (AGES < 50))
    total = 1.87 + (1.30 - 1.87) * min(max(year - 2010, 0), 14) / 14
    return np.asarray(total * shape / shape.sum())


def population_table(people: People, vintage: str) -> pl.DataFrame:
    """Contract table `population`: 31 December 2010 to the base year."""
    last = people.base_year - FIRST_YEAR + 1
    return _long(people.trend[:last], people.municipalities, FIRST_YEAR, vintage)


def projection_table(people: People, vintage: str) -> pl.DataFrame:
    """Contract table `projection`: variants trend and no_migration, from the year after the base year."""
    first = people.base_year - FIRST_YEAR + 1
    parts = [
        _long(array[first:], people.municipalities, people.base_year + 1, vintage).with_columns(
            variant=pl.lit(variant)
        )
        for variant, array in (("trend", people.trend), ("no_migration", people.no_migration))
    ]
    return pl.concat(parts).select("area", "year", "sex", "age", "variant", "persons", "vintage", "source")


def future_table(people: People) -> pl.DataFrame:
    """The true population after the base year: area, year, sex, age, persons."""
    first = people.base_year - FIRST_YEAR + 1
    table = _long(people.truth[first:], people.municipalities, people.base_year + 1, "")
    return table.drop("vintage", "source")


def languages_table(
    people: People, status: dict[str, str], vintage: str, rng: np.random.Generator
) -> pl.DataFrame:
    """Contract table `languages`: mother tongues by municipality and year, adding up to the population.

    The shares are invented from the municipality's language status; foreign languages grow by the year.
    """
    last = people.base_year - FIRST_YEAR + 1
    totals = people.trend[:last].sum(axis=(2, 3))
    own = np.array([SWEDISH_SHARE[status[m]] for m in people.municipalities])
    other = (0.015 + 0.0025 * np.arange(last))[:, None] * rng.lognormal(0, 0.3, len(own))[None, :]
    parts = np.round(np.stack([totals * own, totals * 0.0002, totals * np.minimum(other, 0.3)], axis=-1))
    counts = np.concatenate([(totals - parts.sum(axis=-1))[..., None], parts], axis=-1)
    index = np.indices(counts.shape).reshape(3, -1)
    return pl.DataFrame(
        {
            "municipality": pl.Series(people.municipalities).gather(index[1]),
            "year": (index[0] + FIRST_YEAR).astype(np.int64),
            "language": pl.Series(["fi", "sv", "se", "other"]).gather(index[2]),
            "persons": counts.ravel(),
            "vintage": [vintage] * counts.size,
            "source": [SOURCE] * counts.size,
        }
    )


def _long(array: Array, municipalities: tuple[str, ...], first_year: int, vintage: str) -> pl.DataFrame:
    index = np.indices(array.shape, dtype=np.int32).reshape(4, -1)
    return pl.DataFrame(
        {
            "area": pl.Series(municipalities).gather(index[1]),
            "year": (index[0] + first_year).astype(np.int64),
            "sex": pl.Series(SEXES).gather(index[2]),
            "age": index[3].astype(np.int64),
            "persons": array.ravel(),
        }
    ).with_columns(vintage=pl.lit(vintage), source=pl.lit(SOURCE))


def _municipality_totals(shape: CountyShape) -> Array:
    """Totals 2010..2045: known to 2022, then the county's growth and the municipality's own, which fades."""
    county = np.interp(YEARS, ANCHOR_YEARS, shape.pyramid.sum(axis=(1, 2)))
    known = len(TOTAL_YEARS)
    totals = np.empty((len(shape.municipalities), len(YEARS)))
    totals[:, :known] = shape.totals
    own = np.log(shape.totals[:, -1] / shape.totals[:, 5]) / 7
    own -= np.log(shape.totals[:, -1].sum() / shape.totals[:, 5].sum()) / 7
    for i in range(known, len(YEARS)):
        grown = totals[:, i - 1] * np.exp(own * 0.93 ** (i - known))
        wanted = totals[:, i - 1].sum() * county[i] / county[i - 1]
        totals[:, i] = grown * wanted / grown.sum()
    return totals


def _county_bands(shape: CountyShape) -> Array:
    """Share of each sex and band in the county, shape (years, 2, 21)."""
    flat = shape.pyramid.reshape(len(ANCHOR_YEARS), -1)
    yearly = np.stack([np.interp(YEARS, ANCHOR_YEARS, column) for column in flat.T], axis=1)
    shares = yearly / yearly.sum(axis=1, keepdims=True)
    return np.asarray(shares.reshape(len(YEARS), 2, len(BAND_STARTS)))


def _first_pyramid(shape: CountyShape) -> Array:
    """Single years of age by municipality in 2010: the county's bands, tilted to the municipality's ages."""
    middles = np.array(BAND_STARTS) + 2.0
    smooth = np.stack([np.interp(AGES, middles, shape.pyramid[0, s] / 5) for s in range(2)])
    smooth[:, 100] = shape.pyramid[0, :, 20]
    share = shape.broad_ages / shape.broad_ages.sum(axis=1, keepdims=True)
    county = shape.broad_ages.sum(axis=0) / shape.broad_ages.sum()
    tilt = (share / county)[:, _BROAD_OF_AGE]
    return np.asarray(smooth[None] * tilt[:, None, :])


def _raked(persons: Array, bands: Array, totals: Array, mobility: Array) -> Array:
    """Scale to the county's band shares and the municipalities' totals in turn; the totals hold exactly.

    What a municipality's total lacks or has too many of are those who move: ages in proportion to their mobility.
    """
    persons = persons.copy()
    for _ in range(6):
        summed = np.add.reduceat(persons.sum(axis=0), np.array(BAND_STARTS), axis=1)
        factor = bands * totals.sum() / np.maximum(summed, 1e-9)
        persons *= factor[None][:, :, _BAND_OF_AGE]
        found = persons.sum(axis=(1, 2))
        moved = np.log(totals / found) * found / (persons.sum(axis=1) @ mobility)
        persons *= np.exp(moved[:, None] * mobility)[:, None, :]
    return np.asarray(persons * (totals / persons.sum(axis=(1, 2)))[:, None, None])


def _whole_persons(array: Array) -> Array:
    """Round to whole persons so that each municipality's total is its rounded total."""
    flat = array.reshape(*array.shape[:2], -1)
    cumulated = np.rint(np.cumsum(flat, axis=-1))
    whole = np.diff(cumulated, axis=-1, prepend=0.0)
    return whole.reshape(array.shape)
