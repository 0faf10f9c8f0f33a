"""The estimate by age and sex: both margins hold, the base year comes back, cohorts move."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sources.structure_estimate import (
    RakingError,
    completed_totals,
    estimated_structure,
    rake,
    shifted_shares,
)


def test_raking_keeps_both_margins_and_the_association_of_the_seed():
    seed = np.array([[[1.0, 2.0]], [[3.0, 4.0]]])
    totals, ages = np.array([30.0, 70.0]), np.array([[40.0, 60.0]])
    table = rake(seed, totals, ages)
    np.testing.assert_allclose(table.sum(axis=(1, 2)), totals)
    np.testing.assert_allclose(table.sum(axis=0), ages)
    odds = table[0, 0, 0] * table[1, 0, 1] / (table[0, 0, 1] * table[1, 0, 0])
    assert odds == pytest.approx(1 * 4 / (2 * 3))


def test_margins_of_different_sums_are_refused():
    with pytest.raises(RakingError, match="municipalities have 3 persons, ages 2"):
        rake(np.ones((1, 1, 2)), np.array([3.0]), np.array([[1.0, 1.0]]))


def test_shares_stay_with_the_young_and_move_along_with_the_old():
    shares = np.tile(np.arange(1.0, 102.0), (1, 2, 1))
    moved = shifted_shares(shares, 10)
    assert moved[0, 0, 20] == shares[0, 0, 20]
    assert moved[0, 0, 80] == pytest.approx(shares[0, 0, 70])
    assert shares[0, 0, 35] < moved[0, 0, 45] < shares[0, 0, 45]
    np.testing.assert_allclose(shifted_shares(shares, 0), shares)


def totals(**rows: dict[int, float]) -> pl.DataFrame:
    cells = [(code, year, value) for code, by_year in rows.items() for year, value in by_year.items()]
    return pl.DataFrame(
        cells, schema={"municipality": pl.String, "year": pl.Int64, "persons": pl.Float64}, orient="row"
    )


def test_totals_between_known_years_are_interpolated_and_the_rest_is_divided():
    known = totals(a={2020: 100.0, 2022: 120.0}, b={2020: 30.0}, c={2020: 10.0})
    out = completed_totals(known, ["a", "b", "c"], [2020, 2021, 2022], np.array([140.0, 150.0, 160.0]))
    np.testing.assert_allclose(out, [[100, 30, 10], [110, 30, 10], [120, 30, 10]])


def test_a_municipality_without_any_total_is_refused():
    with pytest.raises(RakingError, match="municipality b: no total"):
        completed_totals(totals(a={2020: 1.0}), ["a", "b"], [2020], np.array([2.0]))


def test_known_totals_above_the_regions_are_refused():
    with pytest.raises(RakingError, match="2021: the municipalities' known totals exceed"):
        completed_totals(
            totals(a={2020: 10.0, 2021: 10.0}, b={2020: 1.0}), ["a", "b"], [2020, 2021], np.array([11.0, 9.0])
        )


def cells(persons: np.ndarray, **columns: object) -> pl.DataFrame:
    sexes, ages = np.repeat(["female", "male"], 101), np.tile(np.arange(101), 2)
    return pl.DataFrame({"sex": sexes, "age": ages, "persons": persons.reshape(-1)}).with_columns(
        pl.lit(value).alias(name) for name, value in columns.items()
    )


def test_the_base_year_comes_back_as_it_was():
    rng = np.random.default_rng(1)
    a, b = rng.integers(1, 500, (2, 202)).astype(float)
    base = pl.concat([cells(a, municipality="a"), cells(b, municipality="b")])
    region = cells(a + b, year=2019)
    known = totals(a={2019: a.sum()}, b={2019: b.sum()})
    out = estimated_structure(base, 2019, region, known).sort("municipality", "sex", "age")
    np.testing.assert_allclose(out["persons"].to_numpy(), np.concatenate([a, b]), rtol=1e-6)


def test_a_missing_cell_is_refused():
    base = cells(np.ones(202), municipality="a").head(201)
    with pytest.raises(RakingError, match="201 cells; expected 202"):
        estimated_structure(base, 2019, cells(np.ones(202), year=2019), totals(a={2019: 202.0}))
