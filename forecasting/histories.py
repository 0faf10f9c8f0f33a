"""From checked plain tables to the arrays of the need forecast: persons by year, and each service's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import (
    ALL,
    OLDEST,
    SEXES,
    Exposure,
    NeedInputError,
    age_bounds,
    check_counts,
    check_exposures,
    check_flags,
    check_persons,
    check_variant,
    show_rows,
)
from forecasting.hierarchy import AreaTree, area_tree
from forecasting.population import AgeBands, Persons, joined, persons_array
from forecasting.rates import ServiceHistory
from forecasting.running_year import RunningYear, check_running, running_of

FloatArray = NDArray[np.float64]
FEW_PERSONS = 5.0
"""Persons of a cell at the year's ends around one that may stand empty by chance."""


@dataclass(frozen=True)
class ServiceArrays:
    """One service: its history, how bands make its groups, and counts that came after the last complete year.

    Attributes:
        history: complete years only.
        groups_of_bands: shape (groups, 2 * bands).
        units_of_areas: shape (units, population areas).
        later: counts of years not complete on `as_of`, shape (units, groups, later years); NaN where unknown.
        later_years: those years.
        running: totals of the year after the last complete one, as far as they are known.
        emptied: cells with use that stood empty on 31 December, shape (units, groups, years and later years).
    """

    history: ServiceHistory
    groups_of_bands: FloatArray
    units_of_areas: FloatArray
    later: FloatArray
    later_years: tuple[int, ...]
    running: RunningYear | None = None
    emptied: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class NeedArrays:
    """Everything the need forecast works on.

    Attributes:
        tree: the areas.
        persons: observed persons by single year of age.
        future: observed persons continued by the projection.
        bands: age bands that all services' groups are made of.
        services: arrays by service, sorted by code.
        complete_year: last year complete on `as_of`.
    """

    tree: AreaTree
    persons: Persons
    future: Persons
    bands: AgeBands
    services: tuple[ServiceArrays, ...]
    complete_year: int


def complete_year(as_of: date | str | int) -> int:
    """Last calendar year that is over on `as_of` (a date, its ISO text, or a year that is over)."""
    if isinstance(as_of, int):
        return as_of
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def need_arrays(
    population: pd.DataFrame,
    projection: pd.DataFrame,
    counts: pd.DataFrame,
    hierarchy: pd.DataFrame,
    exposures: Mapping[str, Exposure | tuple[int, int, str]],
    *,
    as_of: date | str | int,
    flags: pd.DataFrame | None = None,
    variant: str = "trend",
    running: pd.DataFrame | None = None,
) -> NeedArrays:
    """Check the plain tables, join them, and make the arrays.

    Args:
        population: area, sex, age, year, persons (see `contracts.check_persons`).
        projection: the same for years to come; a column `variant` is filtered.
        counts: area, service, sex, age_group, year, count (see `contracts.check_counts`).
        hierarchy: area, parent.
        exposures: exposure of every service.
        as_of: only years over by this day are fitted.
        flags: area, service, year, kind of recording breaks; an area above units means all of them.
        variant: variant of the projection.
        running: totals of the year after the last complete one (see `running_year.check_running`).

    Returns:
        The arrays.

    Raises:
        NeedInputError: anything that does not fit together, naming table and rows.
    """
    tree = area_tree(hierarchy)
    persons = persons_array(check_persons(population, "population"), "population")
    ahead = persons_array(check_persons(check_variant(projection, variant), "projection"), "projection")
    _same_ages(persons, ahead)
    future = joined(persons, ahead)
    tree.check_disjoint(persons.areas, "population")
    rows = check_counts(counts)
    services = sorted(rows["service"].unique())
    exposed = check_exposures(exposures, services)
    bands = _bands(rows, exposed)
    breaks = check_flags(flags)
    last = complete_year(as_of)
    under_way = check_running(running)
    if strange := sorted(set(under_way["service"]) - set(services)):
        raise NeedInputError(f"running_year: service {', '.join(strange)} has no counts of whole years")
    arrays = [
        _service(
            str(name), part, exposed[str(name)], tree, future, bands, breaks[breaks["service"] == name], last,
            under_way[under_way["service"] == name],
        )
        for name, part in rows.groupby("service", sort=True)
    ]  # fmt: skip
    return NeedArrays(tree, persons, future, bands, tuple(arrays), last)


def _same_ages(history: Persons, projection: Persons) -> None:
    oldest = [int(np.flatnonzero(p.persons.sum(axis=(0, 1, 3)) > 0).max(initial=0)) for p in (history, projection)]
    if abs(oldest[0] - oldest[1]) > 5:
        raise NeedInputError(
            f"projection: its oldest age is {oldest[1]}, but population goes to {oldest[0]}; "
            "give both the same ages, the oldest one open-ended"
        )


def _bands(rows: pd.DataFrame, exposed: Mapping[str, Exposure]) -> AgeBands:
    starts = {0}
    for label in rows["age_group"].unique():
        low, high = age_bounds(label)
        starts |= {low, high + 1}
    for low, high, kind in exposed.values():
        starts |= {0, 1} if kind == "births" else {low, high + 1}
    return AgeBands(tuple(sorted(s for s in starts if s <= OLDEST)))


def _service(
    name: str, rows: pd.DataFrame, exposure: Exposure, tree: AreaTree, future: Persons, bands: AgeBands,
    flags: pd.DataFrame, last: int, under_way: pd.DataFrame,
) -> ServiceArrays:  # fmt: skip
    units = _units(name, rows, tree, future.areas)
    sexes = (ALL,) if ALL in set(rows["sex"]) else SEXES
    ages = tuple(sorted(rows["age_group"].unique(), key=age_bounds))
    groups = _groups_of_bands(sexes, ages, exposure, bands)
    membership = tree.membership(units, future.areas)
    first, end = int(rows["year"].min()), int(rows["year"].max())
    outside = rows[(rows["year"] < future.years[0]) | (rows["year"] > future.years[-1])]
    if len(outside):
        raise NeedInputError(
            f"counts: service {name} has years without population ({future.years[0]}-{future.years[-1]} known); "
            f"give population for them or leave them out:\n{show_rows(outside)}"
        )
    years = tuple(range(first, end + 1))
    cube = _count_cube(rows, units, sexes, ages, years)
    persons = bands.sums(future.persons)
    flat = persons.reshape(persons.shape[0], -1, persons.shape[-1])
    index = np.array([future.years.index(y) for y in years])

    def exposed_at(place: NDArray[np.int64]) -> FloatArray:
        return np.asarray(np.einsum("ua,gb,aby->ugy", membership, groups, flat[..., place], optimize=True))

    ends = [exposed_at(np.clip(index + step, 0, len(future.years) - 1)) for step in (-1, 1)]
    standing = exposed_at(index)
    exposed = _with_emptied(cube, standing, *ends)
    emptied = exposed != standing
    _refuse_unexposed(name, rows, cube, exposed, units, sexes, ages, years)
    done = [i for i, y in enumerate(years) if y <= last]
    if not done:
        raise NeedInputError(f"counts: service {name} has no year that is over by the as-of date (last: {last})")
    history = ServiceHistory(
        name, units, sexes, ages, tuple(years[i] for i in done), cube[..., done], exposed[..., done],
        _breaks(flags, units, tree, years[done[0]], years[done[-1]]),
    )  # fmt: skip
    rest = [i for i in range(len(years)) if i not in done]
    running = running_of(
        under_way, name, units, _inside(tree, units), history.years[-1],
        [unit for unit, _ in _breaks(flags, units, tree, history.years[-1], history.years[-1] + 1)],
    )  # fmt: skip
    return ServiceArrays(
        history, groups, membership, cube[..., rest], tuple(years[i] for i in rest), running, emptied
    )  # fmt: skip


def _inside(tree: AreaTree, units: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Areas above the units, with the indices of those under them."""
    nodes = [node for node in tree.nodes_over(units) if node not in units]
    return {node: np.flatnonzero(row) for node, row in zip(nodes, tree.membership(nodes, units), strict=True)}


def _units(name: str, rows: pd.DataFrame, tree: AreaTree, areas: Sequence[str]) -> tuple[str, ...]:
    """Areas the service is forecast for: those with counts, and areas of the population they do not cover."""
    counted = sorted(rows["area"].unique())
    unknown = [a for a in counted if a not in set(tree.areas)]
    if unknown:
        bad = rows[rows["area"].isin(unknown)]
        raise NeedInputError(f"counts: area {', '.join(unknown)} is not in the hierarchy:\n{show_rows(bad)}")
    tree.check_disjoint(counted, f"counts of {name}")
    covered = tree.membership(counted, areas).sum(axis=0) > 0
    empty = [a for a, n in zip(counted, tree.membership(counted, areas).sum(axis=1), strict=True) if n == 0]
    if empty:
        bad = rows[rows["area"].isin(empty)]
        raise NeedInputError(
            f"counts: area {', '.join(empty)} is not in population; use the same areas or municipalities under it "
            f"in the hierarchy:\n{show_rows(bad)}"
        )
    return (*counted, *(a for a, c in zip(areas, covered, strict=True) if not c))


def _groups_of_bands(sexes: Sequence[str], ages: Sequence[str], exposure: Exposure, bands: AgeBands) -> FloatArray:
    """1 where persons of a band are the exposure of a group, shape (groups, 2 * bands)."""
    starts = np.array(bands.starts)
    rows = []
    for sex in sexes:
        for label in ages:
            if exposure.kind == "births":
                mask = np.tile(starts < 1, 2)
            else:
                low, high = age_bounds(label)
                inside = (starts >= max(low, exposure.min_age)) & (starts <= min(high, exposure.max_age))
                mask = np.concatenate([inside & (sex in (ALL, s)) for s in SEXES])
            rows.append(mask.astype(float))
    return np.array(rows)


def _count_cube(
    rows: pd.DataFrame, units: Sequence[str], sexes: Sequence[str], ages: Sequence[str], years: Sequence[int]
) -> FloatArray:
    """Counts, shape (units, groups, years). A cell without a row is zero where area and year have other rows."""
    cube = np.full((len(units), len(sexes), len(ages), len(years)), np.nan)
    unit = pd.Categorical(rows["area"], list(units)).codes
    year = rows["year"].to_numpy() - years[0]
    seen = np.zeros((len(units), len(years)), dtype=bool)
    seen[unit, year] = True
    cube[np.broadcast_to(seen[:, None, None, :], cube.shape)] = 0.0
    sex = pd.Categorical(rows["sex"], list(sexes)).codes
    age = pd.Categorical(rows["age_group"], list(ages)).codes
    cube[unit, sex, age, year] = rows["count"].to_numpy()
    return cube.reshape(len(units), -1, len(years))


def _with_emptied(counts: FloatArray, exposed: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """Exposure, where cells of a handful of persons that stood empty on 31 December had use in the year.

    The last person of 90 and over may die or move within the year. Such a cell has the mean of the year's ends
    before and after; with more than `FEW_PERSONS` there, emptying by chance is not credible and the cell stays.
    """
    around = (before + after) / 2.0
    emptied = (np.nan_to_num(counts) > 0) & (exposed <= 0) & (around > 0) & (around <= FEW_PERSONS)
    return np.where(emptied, around, exposed)


def _refuse_unexposed(
    name: str, rows: pd.DataFrame, counts: FloatArray, exposure: FloatArray, units: Sequence[str],
    sexes: Sequence[str], ages: Sequence[str], years: Sequence[int],
) -> None:  # fmt: skip
    bad = (np.nan_to_num(counts) > 0) & (exposure <= 0)
    if bad.any():
        group = (
            pd.Categorical(rows["sex"], list(sexes)).codes * len(ages)
            + pd.Categorical(rows["age_group"], list(ages)).codes
        )
        unit = pd.Categorical(rows["area"], list(units)).codes
        here = rows[bad[unit, group, rows["year"].to_numpy() - years[0]]]
        raise NeedInputError(
            f"counts: service {name} has counts where nobody is exposed; widen its ages in exposures or mend the "
            f"counts:\n{show_rows(here)}"
        )


def _breaks(
    flags: pd.DataFrame, units: Sequence[str], tree: AreaTree, first: int, last: int
) -> tuple[tuple[int, int], ...]:
    found = set()
    for area, year in zip(flags["area"], flags["year"], strict=True):
        hit = [i for i, unit in enumerate(units) if area in tree.upward(unit)]
        if not hit and area not in tree.areas:
            raise NeedInputError(f"flags: area {area} is not in the hierarchy")
        found |= {(i, int(year)) for i in hit if first < year <= last}
    return tuple(sorted(found))
