"""How persons change beside what is expected: mortality, births, moves and chance, as real regions show them.

The same yearly changes make municipalities differ in the past and take the true future away from the official
projection. They follow the cohorts: who has moved stays away, whose mortality was lower is there a year older.
Sizes are those of the errors of a cohort method on 19 real regions (`reference/projection_errors.csv`): each
number below is read off that table, and a test holds what is made against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
AGES = np.arange(101)

SHARED_BIRTHS, OWN_BIRTHS, BIRTHS_KEPT = 0.06, 0.04, 0.9
"""Births per woman: standard deviation of all areas' log error and of each, correlation from year to year."""
SHARED_MORTALITY, OWN_MORTALITY = (0.04, 0.03), (0.03, 0.012)
"""Relative mortality of all areas and of each: standard deviation of its level and of its yearly change."""
MOVES_KEPT = 0.93
"""Correlation of an area's moves from year to year."""
STUDENTS = np.interp(AGES, [0, 15, 16, 19, 23, 27, 31, 100], [0, 0, 0.002, 0.014, 0.013, 0.008, 0, 0])
FAMILIES = np.interp(
    AGES, [0, 3, 8, 12, 16, 22, 26, 30, 35, 40, 50, 100],
    [0.004, 0.005, 0.003, 0.0022, 0.0022, 0.003, 0.006, 0.006, 0.0036, 0.0024, 0.0016, 0.0016],
)  # fmt: skip
"""Yearly log change of an area's persons by age that its moves make: of students, and of families and others."""
IMMIGRATION = np.interp(
    AGES, [0, 10, 18, 25, 32, 40, 50, 60, 70, 100],
    [0.0015, 0.001, 0.0015, 0.0028, 0.0025, 0.0015, 0.0008, 0.0004, 0.0002, 0.0002],
)  # fmt: skip
"""The same of all areas together."""
SIZES, TIMES = (2_000, 5_000, 10_000, 20_000, 70_000, 280_000), (2.7, 2.2, 2.0, 2.0, 1.4, 1.0)
"""Moves of areas of so many persons beside those of a region: errors of municipalities' totals within their
county, 2000-2022 (THL Sotkanet 127), five years' growth carried on for ten, beside the regions' own."""
FIVE_YEARS = (0.032, 0.021, 0.018, 0.018, 0.011, 0.009)
"""Mean absolute error of such totals, five years' growth carried on for five."""
SINGLE_MOVES = 0.03
"""Share of persons who move singly in a year: chance, beside deaths."""
FEWEST = 5.0
"""Persons of a cell under which chance grows no more."""
_AROUND_30 = np.exp(-0.5 * ((AGES - 30.5) / 5.4) ** 2)
MOTHERS = _AROUND_30 / _AROUND_30.sum()
"""Ages of mothers."""


@dataclass(frozen=True)
class Changes:
    """Log changes of so many years, year by year along the cohorts.

    Attributes:
        births: of births per woman, shape (years, areas).
        mortality: of the chance to die, shape (years, areas).
        immigration: factor on `IMMIGRATION`, shape (years,).
        students: factor on `STUDENTS`, shape (years, areas).
        families: factor on `FAMILIES`, shape (years, areas).
        chance: standard normal numbers, shape (years, areas, sexes, ages).
    """

    births: Array
    mortality: Array
    immigration: Array
    students: Array
    families: Array
    chance: Array

    def next_year(self, errors: Array, year: int, persons: Array, dying: Array) -> Array:
        """Log errors a year on.

        Args:
            errors: the year before, shape (areas, sexes, ages).
            year: index of the year.
            persons: expected in the new year, same shape.
            dying: chance to die in a year, shape (sexes, ages).
        """
        found = np.empty_like(errors)
        found[..., 1:] = errors[..., :-1]
        found[..., -1] = (errors[..., -2] + errors[..., -1]) / 2
        moves = self.students[year][:, None] * STUDENTS + self.families[year][:, None] * FAMILIES
        moves += self.immigration[year] * IMMIGRATION
        found += moves[:, None, :] - self.mortality[year][:, None, None] * dying
        found[..., 0] = self.births[year][:, None] + (errors[:, 1] @ MOTHERS)[:, None]
        variance = (SINGLE_MOVES + dying) / np.maximum(persons, FEWEST)
        return np.asarray(found + np.sqrt(variance) * self.chance[year] - variance / 2)


def restlessness(totals: Array) -> float:
    """How much municipalities of a county move beside others of their size, 0.5-2: the county stays as it was.

    Args:
        totals: persons of municipalities by year, shape (municipalities, years), eleven years or more.
    """
    beside = np.log(totals) - np.log(totals.sum(axis=0))
    bases = range(5, totals.shape[1] - 5)
    errors = np.stack([beside[:, b + 5] - 2 * beside[:, b] + beside[:, b - 5] for b in bases])
    usual = np.interp(np.log(totals.mean(axis=1)), np.log(SIZES), FIVE_YEARS)
    return float(np.clip(np.abs(errors).mean() / usual.mean(), 0.5, 2.0))


def own_changes(sizes: Array, moving: float, years: int, rng: np.random.Generator) -> Changes:
    """What areas of so many persons do beside one another; `moving` is the county's `restlessness`."""
    shape = (years, sizes.size)
    times = moving * np.interp(np.log(sizes), np.log(SIZES), TIMES)
    return Changes(
        births=OWN_BIRTHS * _kept(BIRTHS_KEPT, shape, rng),
        mortality=_levels(OWN_MORTALITY, shape, rng),
        immigration=np.zeros(years),
        students=times * _kept(MOVES_KEPT, shape, rng),
        families=times * _kept(MOVES_KEPT, shape, rng),
        chance=rng.standard_normal((*shape, 2, AGES.size)),
    )


def all_changes(sizes: Array, moving: float, years: int, rng: np.random.Generator) -> Changes:
    """Everything that a projection cannot know: the areas' own, and what they share."""
    own = own_changes(sizes, moving, years, rng)
    return replace(
        own,
        births=own.births + SHARED_BIRTHS * _kept(BIRTHS_KEPT, (years, 1), rng),
        mortality=own.mortality + _levels(SHARED_MORTALITY, (years, 1), rng),
        immigration=_kept(MOVES_KEPT, (years,), rng),
    )


def _levels(size: tuple[float, float], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A level that is wrong from the first year on, and drifts."""
    level = size[0] * rng.standard_normal(shape[1:])
    return np.asarray(level + np.cumsum(size[1] * rng.standard_normal(shape), axis=0))


def _kept(correlation: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Standard normal numbers, each correlated with that of the year before."""
    found = rng.standard_normal(shape)
    for t in range(1, shape[0]):
        found[t] = correlation * found[t - 1] + np.sqrt(1 - correlation**2) * found[t]
    return np.asarray(found)
