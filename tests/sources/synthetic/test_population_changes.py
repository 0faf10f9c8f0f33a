"""What a projection cannot know is as large as it was in real regions, and follows the cohorts."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from sources.synthetic import demo_county
from sources.synthetic.geography import REFERENCE, county_shape
from sources.synthetic.population import AGES, FIRST_YEAR, death_probabilities, simulate_people
from sources.synthetic.population_changes import all_changes, own_changes, restlessness

BANDS = tuple(range(0, 100, 5))
OLD = (65, 75, 85)
COLUMNS = (*(f"age_{b}" for b in BANDS), *(f"from_{low}" for low in OLD))
REGIONS = 19


@pytest.fixture(scope="module")
def real() -> dict[tuple[str, int], np.ndarray]:
    with (REFERENCE / "projection_errors.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["part"], int(row["horizon"])): np.array([float(row[c]) for c in COLUMNS])
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, int], np.ndarray]:
    """Root mean square errors of regions of 280,000 persons over forty futures."""
    persons = np.interp(AGES, [0, 60, 75, 85, 95, 100], [1600, 1900, 1500, 700, 60, 20]) * np.ones((REGIONS, 2, 1))
    found: dict[tuple[str, int], list[np.ndarray]] = {}
    for seed in range(40):
        changes = all_changes(np.full(REGIONS, 280e3), 1.0, 20, np.random.default_rng(seed))
        errors = np.zeros_like(persons)
        for year in range(20):
            errors = changes.next_year(errors, year, persons, death_probabilities())
            bands = np.add.reduceat(errors * persons, BANDS, axis=-1) / np.add.reduceat(persons, BANDS, axis=-1)
            old = [
                np.log((np.exp(errors) * persons)[..., low:].sum((1, 2)) / persons[..., low:].sum((1, 2)))
                for low in OLD
            ]
            both = np.broadcast_to(np.stack(old, axis=-1)[:, None], (REGIONS, 2, len(OLD)))
            bands = np.concatenate([bands, both], axis=-1)
            shared = bands.mean(axis=0)
            found.setdefault(("shared", year + 1), []).append(shared)
            found.setdefault(("own", year + 1), []).append((bands - shared) * np.sqrt(REGIONS / (REGIONS - 1)))
    over = {"shared": (0, 1), "own": (0, 1, 2)}
    return {key: np.sqrt((np.stack(v) ** 2).mean(axis=over[key[0]])) for key, v in found.items()}


@pytest.mark.parametrize("part", ["shared", "own"])
@pytest.mark.parametrize("horizon", [5, 10, 20])
def test_errors_are_as_large_as_in_real_regions(real, made, part: str, horizon: int) -> None:  # type: ignore[no-untyped-def]
    ratio = made[part, horizon] / real[part, horizon]
    assert 0.75 < np.exp(np.log(ratio).mean()) < 1.33
    assert (ratio > 0.35).all()
    assert (ratio < 1.9).all()
    of_the_old = ratio[-len(OLD) :]
    assert (of_the_old > 0.6).all()
    assert (of_the_old < 1.55).all()


def test_who_has_moved_stays_away() -> None:
    changes = own_changes(np.array([20_000.0]), 1.0, 12, np.random.default_rng(3))
    persons, errors, paths = np.full((1, 2, 101), 1e9), np.zeros((1, 2, 101)), []
    for year in range(12):
        errors = changes.next_year(errors, year, persons, np.zeros((2, 101)))
        paths.append(errors[0, 0])
    young = np.abs(paths[5][25])
    assert young > 0.02
    assert paths[11][31] == pytest.approx(paths[5][25], abs=young), "six years later the cohort is 31"
    assert np.abs(paths[11][60:]).mean() < np.abs(paths[11][20:35]).mean() / 2


def test_small_municipalities_err_more_than_large_ones() -> None:
    shape = county_shape(demo_county("paijat-hame"))
    size = shape.totals[:, -1]
    gaps = []
    for seed in range(8):
        people = simulate_people(shape, 2025, 1.0, np.random.default_rng(seed))
        last = (people.truth[-1].sum(axis=(1, 2)), people.trend[-1].sum(axis=(1, 2)))
        gaps.append(np.abs(np.log(last[0] / last[1])))
    gap = np.mean(gaps, axis=0)
    assert gap[size < 5_000].mean() > 1.3 * gap[size.argmax()]


def test_the_past_differs_from_county_to_county_and_keeps_the_known_totals() -> None:
    shape = county_shape(demo_county("kainuu"))
    one, two = (simulate_people(shape, 2025, 1.0, np.random.default_rng(s)).trend for s in (1, 2))
    year = 2022 - FIRST_YEAR
    assert (one[year].sum(axis=(1, 2)) == two[year].sum(axis=(1, 2))).all()
    assert not (one[year] == two[year]).all()


def test_a_county_that_has_moved_little_goes_on_so() -> None:
    steady = np.outer([5_000.0, 20_000.0], 1.01 ** np.arange(13))
    assert restlessness(steady) == 0.5
    turning = np.stack([steady[0] * 0.9 ** np.maximum(np.arange(13) - 5, 0), steady[1]])
    assert restlessness(turning) > 1.0
