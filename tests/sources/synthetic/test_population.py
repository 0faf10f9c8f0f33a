"""People: real totals, plausible ages, a future that departs from the projection."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
import pytest

from counties.registry import REFERENCE, planned_slugs
from sources.synthetic import DemoSummary, demo_county
from sources.synthetic.geography import county_shape, reference_totals
from sources.synthetic.population import (
    FIRST_YEAR,
    People,
    aged_one_year,
    death_probabilities,
    fertility,
    population_table,
    simulate_people,
)


def people_of(slug: str, scale: float = 1.0, seed: int = 1) -> People:
    return simulate_people(county_shape(demo_county(slug)), 2025, scale, np.random.default_rng(seed))


@pytest.mark.parametrize("slug", planned_slugs())
def test_totals_of_2022_are_those_of_the_reference(slug: str) -> None:
    people = people_of(slug)
    totals = people.trend[2022 - FIRST_YEAR].sum(axis=(1, 2))
    wanted = reference_totals(demo_county(slug))
    assert dict(zip(people.municipalities, totals.astype(int).tolist(), strict=True)) == wanted


def test_a_merged_municipality_keeps_its_people() -> None:
    rows = {
        r["municipality"]: r for r in csv.DictReader((REFERENCE / "municipalities.csv").open(encoding="utf-8"))
    }
    both = int(rows["507"]["population_2022"]) + int(rows["588"]["population_2022"])
    assert reference_totals(demo_county("etela-savo"))["507"] == both


def test_people_are_whole_and_never_negative() -> None:
    people = people_of("lappi")
    for array in (people.trend, people.no_migration, people.truth):
        assert (array >= 0).all()
        assert (array == np.rint(array)).all()


def test_a_survivor_is_a_year_older_and_a_hundred_stays_a_hundred() -> None:
    persons = np.zeros((1, 2, 101))
    persons[0, 0, 40], persons[0, 0, 99], persons[0, 0, 100] = 1000, 10, 10
    after = aged_one_year(persons, 2025)
    q = death_probabilities()[0]
    assert after[0, 0, 41] == pytest.approx(1000 * (1 - q[40]))
    assert after[0, 0, 100] == pytest.approx(10 * (1 - q[99]) + 10 * (1 - q[100]))
    assert after[0, :, 0].sum() == 0


def test_births_follow_the_total_fertility() -> None:
    assert fertility(2010).sum() == pytest.approx(1.87)
    assert fertility(2040).sum() == pytest.approx(1.30)
    persons = np.zeros((1, 2, 101))
    persons[0, 1, 15:50] = 100
    assert aged_one_year(persons, 2040)[0, :, 0].sum() == pytest.approx(130.0)


def test_the_county_ages_as_projected() -> None:
    county = demo_county("paijat-hame")
    people = people_of("paijat-hame")
    shape = county_shape(county)
    share = people.trend[-1][..., 75:].sum() / people.trend[-1].sum()
    wanted = shape.pyramid[-1, :, 15:].sum() / shape.pyramid[-1].sum()
    assert share == pytest.approx(wanted, abs=0.003)


def test_the_truth_is_the_past_and_departs_from_the_projection_later() -> None:
    people = people_of("paijat-hame")
    base = people.base_year - FIRST_YEAR
    assert (people.truth[: base + 1] == people.trend[: base + 1]).all()
    totals = [p[-1].sum() for p in (people.truth, people.trend, people.no_migration)]
    assert len(set(totals)) == 3
    assert abs(totals[0] / totals[1] - 1) < 0.15
    assert totals[2] < totals[1], "without migration the county loses people"


def test_a_scale_of_a_tenth_is_a_tenth_of_the_people() -> None:
    assert people_of("kainuu", 0.1).trend[12].sum() == pytest.approx(
        people_of("kainuu").trend[12].sum() / 10, abs=10
    )


def test_languages_add_up_to_the_population(demo: DemoSummary) -> None:
    languages = (
        pl.read_parquet(demo.folder / "languages.parquet")
        .group_by("municipality", "year")
        .agg(n=pl.sum("persons"))
    )
    population = (
        pl.read_parquet(demo.folder / "population.parquet").group_by("area", "year").agg(p=pl.sum("persons"))
    )
    joined = languages.join(population, left_on=["municipality", "year"], right_on=["area", "year"], how="full")
    assert joined.null_count().sum_horizontal().item() == 0
    assert (joined["n"] == joined["p"]).all()


def test_the_projection_starts_where_the_population_ends(demo: DemoSummary) -> None:
    population = pl.read_parquet(demo.folder / "population.parquet")
    projection = pl.read_parquet(demo.folder / "projection.parquet")
    assert (population["year"].min(), population["year"].max()) == (2010, 2025)
    assert (projection["year"].min(), projection["year"].max()) == (2026, 2045)
    assert set(projection["variant"].unique()) == {"trend", "no_migration"}
    ages = set(range(101))
    assert set(population["age"].unique()) == ages == set(projection["age"].unique())


def test_one_row_per_area_year_sex_and_age() -> None:
    table = population_table(people_of("kainuu"), "x")
    assert not table.select("area", "year", "sex", "age").is_duplicated().any()
    assert table.height == 16 * 2 * 101 * len(demo_county("kainuu").municipalities)
