"""A small county with known truth: persons, rates, trends, shocks. For tests only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

AGE_GROUPS = ("0-17", "18-64", "65-74", "75-84", "85+")
STARTS = (0, 18, 65, 75, 85)


@dataclass(frozen=True)
class County:
    """Tables of a simulated county and the means behind them."""

    population: pd.DataFrame
    projection: pd.DataFrame
    counts: pd.DataFrame
    hierarchy: pd.DataFrame
    exposures: dict[str, tuple[int, int, str]]
    truth: pd.DataFrame


def pyramid(areas: int, years: int, rng: np.random.Generator, size: float = 20_000.0) -> np.ndarray:
    """Persons (areas, 2, 101, years) that age along cohorts, with slowly changing births and migration noise."""
    age = np.arange(101)
    survive = np.exp(-np.exp(-10.5 + 0.1 * age))
    persons = np.zeros((areas, 2, 101, years))
    stable = np.cumprod(np.concatenate([[1.0], survive[:-1]]))
    wave = 1.0 + 0.35 * np.exp(-0.5 * ((age - 68) / 9.0) ** 2)
    base = stable * wave
    sizes = size * np.exp(rng.normal(0.0, 0.9, areas))
    persons[..., 0] = sizes[:, None, None] / 2.0 * (base / base.sum())[None, None]
    for t in range(1, years):
        aged = persons[..., t - 1] * survive
        persons[:, :, 1:, t] = aged[..., :-1]
        persons[:, :, 100, t] += aged[..., 100]
        persons[:, :, 0, t] = persons[:, :, 0, t - 1] * 0.99
        persons[..., t] *= np.exp(rng.normal(0.0, 0.004, (areas, 1, 101)))
    return np.round(persons)


def person_rows(persons: np.ndarray, areas: list[str], years: list[int]) -> pd.DataFrame:
    """The array as a table."""
    area, sex, age, year = (
        g.ravel() for g in np.meshgrid(areas, ["male", "female"], range(101), years, indexing="ij")
    )
    return pd.DataFrame({"area": area, "sex": sex, "age": age, "year": year, "persons": persons.ravel()})


def county(
    *,
    areas: int = 4,
    services: int = 2,
    years: int = 14,
    ahead: int = 10,
    trend: float = 0.0,
    shock: float = 0.02,
    dispersion: float = 0.0,
    seed: int = 1,
    rate_scale: float = 1.0,
    age_groups: tuple[int, ...] = STARTS,
    population_years: int = 20,
) -> County:
    """Simulate; history ends in 2024, the truth goes on to 2024 + ahead."""
    rng = np.random.default_rng(seed)
    codes = [f"a{i:02d}" for i in range(areas)]
    first = 2024 - population_years + 1
    all_years = list(range(first, 2024 + ahead + 1))
    persons = pyramid(areas, len(all_years), rng)
    cut = [y for y in all_years if y <= 2024]
    labels = [f"{a}-{b - 1}" for a, b in zip(age_groups, age_groups[1:], strict=False)] + [f"{age_groups[-1]}+"]
    exposure = np.add.reduceat(persons, list(age_groups), axis=2)
    rows = []
    for s in range(services):
        profile = rate_scale * 0.05 * np.exp(rng.normal(0.0, 0.7, (2, len(labels))))
        area_level = np.exp(rng.normal(0.0, 0.2, areas))
        path = np.cumsum(np.full(len(all_years), trend)) + rng.normal(0.0, shock, len(all_years))
        path -= path[len(cut) - 1]
        mean = exposure * profile[None, :, :, None] * area_level[:, None, None, None] * np.exp(path)
        spread = rng.gamma(1 / dispersion, dispersion, mean.shape) if dispersion > 0 else 1.0
        count = rng.poisson(mean * spread)
        a, x, g, y = (v.ravel() for v in np.meshgrid(codes, ["male", "female"], labels, all_years, indexing="ij"))
        rows.append(
            pd.DataFrame(
                {
                    "area": a,
                    "service": f"s{s}",
                    "sex": x,
                    "age_group": g,
                    "year": y,
                    "count": count.ravel(),
                    "mean": mean.ravel(),
                }
            )
        )
    truth = pd.concat(rows, ignore_index=True)
    keep = (truth["year"] <= 2024) & (truth["year"] > 2024 - years)
    return County(
        person_rows(persons[..., : len(cut)], codes, cut),
        person_rows(persons[..., len(cut) :], codes, all_years[len(cut) :]),
        truth.loc[keep, ["area", "service", "sex", "age_group", "year", "count"]].reset_index(drop=True),
        pd.DataFrame({"area": codes, "parent": "total"}),
        {f"s{s}": (0, 100, "population") for s in range(services)},
        truth,
    )
