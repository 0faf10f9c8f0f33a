"""Persons by area, sex and age: arrays, age bands, the cohort method. Errors are in `population_errors`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import OLDEST, SEXES, NeedInputError

FloatArray = NDArray[np.float64]

AGES = OLDEST + 1
FERTILE = slice(15, 50)
OLD = 50
"""Youngest age whose losses decline."""
DECLINE_YEARS = 25
RATIO_YEARS = 5
"""Years of past change that the cohort method averages."""


@dataclass(frozen=True)
class Persons:
    """Persons on 31 December.

    Attributes:
        areas: area codes.
        years: rising years.
        persons: shape (areas, 2, 101, years); sexes male, female.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    persons: FloatArray

    def until(self, year: int) -> Persons:
        """The same up to and including `year`."""
        keep = [i for i, y in enumerate(self.years) if y <= year]
        return Persons(self.areas, tuple(self.years[i] for i in keep), self.persons[..., keep])


def persons_array(frame: pd.DataFrame, table: str) -> Persons:
    """Arrays of a checked table of persons.

    Raises:
        NeedInputError: an area lacks a year, or years have a gap.
    """
    areas = tuple(sorted(frame["area"].unique()))
    years = tuple(range(int(frame["year"].min()), int(frame["year"].max()) + 1))
    have = frame.groupby(["area", "year"]).size().unstack(fill_value=0).reindex(columns=list(years), fill_value=0)
    lacking = [(area, year) for area in have.index for year in years if have.loc[area, year] == 0]
    if lacking:
        text = ", ".join(f"{a} {y}" for a, y in lacking[:5])
        raise NeedInputError(
            f"{table}: no rows for {text} ({len(lacking)} area-years); give every year of {years[0]}-{years[-1]}"
        )
    cube = np.zeros((len(areas), len(SEXES), AGES, len(years)))
    area = pd.Categorical(frame["area"], list(areas)).codes
    sex = pd.Categorical(frame["sex"], list(SEXES)).codes
    cube[area, sex, frame["age"].to_numpy(), frame["year"].to_numpy() - years[0]] = frame["persons"].to_numpy()
    return Persons(areas, years, cube)


def joined(history: Persons, projection: Persons) -> Persons:
    """History continued by the projection from the year after the last observed one.

    Raises:
        NeedInputError: areas differ, or the projection leaves a gap after the history.
    """
    for one, other, name in (
        (set(history.areas), set(projection.areas), "projection"),
        (set(projection.areas), set(history.areas), "population"),
    ):
        missing = sorted(one - other)
        if missing:
            raise NeedInputError(
                f"{name}: area {', '.join(missing)} is missing; bring both tables to the same boundaries"
            )
    last = history.years[-1]
    later = [i for i, y in enumerate(projection.years) if y > last]
    if later and projection.years[later[0]] != last + 1:
        raise NeedInputError(
            f"projection: starts in {projection.years[later[0]]}, but population ends in {last}; fill the gap"
        )
    years = history.years + tuple(projection.years[i] for i in later)
    return Persons(
        history.areas, years, np.concatenate([history.persons, projection.persons[..., later]], axis=-1)
    )


def project_by_cohorts(history: Persons, horizon: int) -> Persons:
    """Hamilton-Perry projection: cohort change ratios of the last years carried forward, old-age losses declining.

    Ratios of each area are shrunk towards those of all areas with the weight of 200 persons, so that a village
    with an unlucky year is not carried away. Without the decline, persons of 85 and over come out a fifth too few
    in 15 years.

    Args:
        history: at least two years of persons.
        horizon: years to project.

    Returns:
        Years last + 1 ... last + horizon.

    Raises:
        NeedInputError: fewer than two years of history.
    """
    if len(history.years) < 2:
        raise NeedInputError("population: the cohort method needs at least two years of history")
    p = history.persons[..., -(RATIO_YEARS + 1) :]
    ratio = _ratios(p)
    birth = _births_per_woman(p)
    decline = old_age_decline(history)
    middle = 0.5 * (p.shape[-1] - 2)
    now = p[..., -1]
    path = np.empty((*now.shape, horizon))
    for h in range(horizon):
        kept = ratio.copy()
        loss = np.minimum(ratio[..., OLD:] - 1.0, 0.0)
        kept[..., OLD:] -= loss * (1.0 - np.exp(-decline * (middle + 1.0 + h)))
        now = _next_year(now, kept, birth)
        path[..., h] = now
    last = history.years[-1]
    return Persons(history.areas, tuple(range(last + 1, last + horizon + 1)), path)


def old_age_decline(history: Persons) -> float:
    """Yearly decline of the losses of cohorts of 65-94 (deaths, mostly), all areas together, 0-3%.

    The slope of the mean log loss over the last 25 years, leaning on 1.5% with the weight of ten years.
    """
    p = history.persons[..., -(DECLINE_YEARS + 1) :].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = 1.0 - p[:, 66:96, 1:] / p[:, 65:95, :-1]
    index = np.log(np.clip(np.nan_to_num(loss, nan=1e-3, posinf=1e-3, neginf=1e-3), 1e-3, 1.0)).mean(axis=(0, 1))
    n = index.size
    slope = float(np.polyfit(np.arange(n), index, 1)[0]) if n >= 5 else 0.0
    own = n / (n + 10.0) if n >= 5 else 0.0
    return float(np.clip(-slope, 0.0, 0.03)) * own + 0.015 * (1.0 - own)


def _ratios(p: FloatArray) -> FloatArray:
    """Cohort change ratios, shape (areas, 2, 100): age x to x + 1, the last one 99 and over to 100 and over."""
    after, before = p[..., 1:].sum(axis=-1), p[..., :-1].sum(axis=-1)
    old = before[..., :-1].copy()
    old[..., -1] += before[..., -1]
    new = after[..., 1:]
    weight = 200.0 * (p.shape[-1] - 1)
    overall = (new.sum(axis=0) + 1e-9) / (old.sum(axis=0) + 1e-9)
    return np.asarray(np.clip((new + weight * overall) / (old + weight), 0.0, 3.0))


def _births_per_woman(p: FloatArray) -> FloatArray:
    """Infants per woman of 15-49 at the year's end, by sex of the infant, shape (areas, 2)."""
    infants, women = p[:, :, 0, 1:].sum(axis=-1), p[:, 1, FERTILE, 1:].sum(axis=(-2, -1))
    overall = infants.sum(axis=0) / max(women.sum(), 1e-9)
    weight = 1000.0 * (p.shape[-1] - 1)
    return np.asarray((infants + weight * overall) / (women + weight)[:, None])


def _next_year(now: FloatArray, ratio: FloatArray, birth: FloatArray) -> FloatArray:
    new = np.empty_like(now)
    old = now[..., :-1].copy()
    old[..., -1] += now[..., -1]
    new[..., 1:] = old * ratio
    new[..., 0] = new[:, 1, FERTILE].sum(axis=-1)[:, None] * birth
    return new


@dataclass(frozen=True)
class AgeBands:
    """The finest age bands on which persons are drawn: single years between the bounds move together.

    Attributes:
        starts: lowest ages, rising from 0.
    """

    starts: tuple[int, ...]

    @property
    def stops(self) -> tuple[int, ...]:
        """Ages after the last of each band."""
        return (*self.starts[1:], AGES)

    @property
    def middles(self) -> FloatArray:
        """Middle age of each band."""
        return (np.array(self.starts) + np.minimum(self.stops, 96) - 1) / 2.0

    def sums(self, persons: FloatArray) -> FloatArray:
        """Persons by band: the age axis (third) summed, shape (areas, 2, bands, ...)."""
        return np.asarray(np.add.reduceat(persons, list(self.starts), axis=2))
