"""Survival read from persons by single year of age, and what follows: added years of life, deaths, no moves.

Deaths are not among the inputs, so survival comes from the sizes of cohorts over all areas, smoothed by the
Gompertz law over the ages where moves are few. Enough to say how much longer people live and who dies within a
year; not a substitute for official mortality.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import NeedInputError
from forecasting.population import AGES, FERTILE, Persons

FloatArray = NDArray[np.float64]

FITTED_AGES = slice(65, 96)
"""Ages whose losses are deaths rather than moves."""
WINDOW = 5
"""Years of cohort changes pooled for one year's survival."""
LEAST_HAZARD = 1.5e-4
"""Yearly death rate below which no age falls: children and young adults."""


@dataclass(frozen=True)
class LifeTables:
    """Survival by year.

    Attributes:
        years: rising years.
        death: probability of dying within a year, shape (2, ages, years).
    """

    years: tuple[int, ...]
    death: FloatArray

    @cached_property
    def expectancy(self) -> FloatArray:
        """Years of life left at each age, shape (2, ages, years)."""
        left = np.zeros_like(self.death)
        survive = 1.0 - self.death
        left[:, -1] = survive[:, -1] / self.death[:, -1] + 0.5  # a constant hazard from the open-ended age on
        for age in range(AGES - 2, -1, -1):
            left[:, age] = 0.5 * self.death[:, age] + survive[:, age] * (1.0 + left[:, age + 1])
        return left

    def added_years(self, base: int) -> FloatArray:
        """Years of life added since `base` at every age, along a straight line in time, shape (2, ages, years).

        A line, because a single year's gain is noise; never below zero, so that a bad stretch does not make people
        older than they are.
        """
        x = np.array(self.years, dtype=np.float64) - base
        e = self.expectancy
        slope = ((x - x.mean()) * (e - e.mean(axis=-1, keepdims=True))).sum(axis=-1) / max(
            float(((x - x.mean()) ** 2).sum()), 1.0
        )
        return np.asarray(np.maximum(slope, 0.0)[..., None] * np.maximum(x, 0.0))


def life_tables(persons: Persons) -> LifeTables:
    """Gompertz survival of all areas together, one table a year, from the cohorts of the years around it.

    Args:
        persons: at least two years.

    Returns:
        Tables for the years after the first.

    Raises:
        NeedInputError: fewer than two years.
    """
    if len(persons.years) < 2:
        raise NeedInputError("population: survival needs at least two years of persons")
    whole = persons.persons.sum(axis=0)
    years = persons.years[1:]
    death = np.empty((2, AGES, len(years)))
    for t in range(len(years)):
        window = slice(max(0, t - WINDOW // 2), min(len(years), t + WINDOW // 2 + 1))
        before = whole[:, :-1, :-1][..., window].sum(axis=-1)
        after = whole[:, 1:, 1:][..., window].sum(axis=-1)
        death[..., t] = _gompertz(before, after)
    return LifeTables(years, death)


def _gompertz(before: FloatArray, after: FloatArray) -> FloatArray:
    """Death probabilities by sex and age from cohort sizes a year apart, shape (2, ages)."""
    ages = np.arange(AGES, dtype=np.float64)
    found = np.empty((2, AGES))
    for sex in range(2):
        b, a = before[sex, FITTED_AGES], after[sex, FITTED_AGES]
        known = (b > 0) & (a > 0) & (a < b)
        x = ages[FITTED_AGES]
        if known.sum() < 5:
            found[sex] = np.clip(np.exp(-10.3 + 0.1 * ages), LEAST_HAZARD, 0.6)
            continue
        hazard = np.log(-np.log(a[known] / b[known]))
        weight = np.sqrt(np.maximum(b[known] - a[known], 1.0))
        slope, level = np.polyfit(x[known], hazard, 1, w=weight)
        found[sex] = 1.0 - np.exp(-np.clip(np.exp(level + slope * ages), LEAST_HAZARD, 1.5))
    return found


def without_migration(history: Persons, future: Persons) -> Persons:
    """Persons of the future years if nobody moved after the last observed year.

    Cohorts die by the projection's own survival; births per woman are the projection's of each area. Areas keep
    their borders.

    Args:
        history: observed persons.
        future: observed persons continued by the projection.

    Returns:
        The same years; observed ones unchanged.
    """
    last = history.years[-1]
    start = future.years.index(last)
    tables = life_tables(Persons(future.areas, future.years[max(0, start - WINDOW) :],
                                 future.persons[..., max(0, start - WINDOW) :]))  # fmt: skip
    path = future.persons.copy()
    for t in range(start + 1, len(future.years)):
        death = tables.death[..., tables.years.index(future.years[t])]
        now = path[..., t - 1]
        survivors = now * (1.0 - death)
        path[:, :, 1:, t] = survivors[:, :, :-1]
        path[:, :, -1, t] += survivors[:, :, -1]
        women = future.persons[:, 1, FERTILE, t].sum(axis=1)
        per_woman = future.persons[:, :, 0, t] / np.maximum(women, 1e-9)[:, None]
        path[:, :, 0, t] = path[:, 1, FERTILE, t].sum(axis=1)[:, None] * per_woman
    return Persons(future.areas, future.years, path)
