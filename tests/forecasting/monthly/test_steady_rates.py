"""Expected use at steady rates follows persons by age, and nothing is taken for granted."""

import pandas as pd
import pytest

from forecasting.monthly.steady_rates import expected_at_steady_rates


def persons(old_growth: float = 1.1) -> pd.DataFrame:
    rows = [
        (area, sex, age, year, 10.0 * (old_growth ** (year - 2024) if age >= 75 else 1.0))
        for area in ("a", "b")
        for sex in ("male", "female")
        for age in range(101)
        for year in range(2024, 2028)
    ]
    return pd.DataFrame(rows, columns=["area", "sex", "age", "year", "persons"])


COUNTS = pd.DataFrame(
    [
        ("a", "home", "female", "75+", 2024, 260),
        ("b", "home", "female", "75+", 2024, 260),
        ("a", "child", "male", "0-17", 2024, 18),
    ],
    columns=["area", "service", "sex", "age_group", "year", "count"],
)
SERVICES = ("home", "child")


def test_each_service_grows_with_its_own_ages() -> None:
    told = expected_at_steady_rates(persons(), COUNTS, SERVICES).set_index(["area", "service", "year"])["persons"]
    assert told["a", "home", 2024] == pytest.approx(260.0)
    assert told["b", "home", 2027] == pytest.approx(260.0 * 1.1**3)
    assert told["b", "child", 2027] == told["b", "child", 2024] == pytest.approx(9.0)
    assert len(told) == 2 * 2 * 4


def test_years_that_do_not_meet_are_an_error() -> None:
    with pytest.raises(ValueError, match="rates cannot be taken"):
        expected_at_steady_rates(persons(), COUNTS.assign(year=2019), SERVICES)


def test_a_service_without_a_whole_year_goes_by_all_persons() -> None:
    """So it is with every service of a county that has delivered less than a year."""
    for counts in (COUNTS, COUNTS.head(0)):
        told = expected_at_steady_rates(persons(), counts, [*SERVICES, "new"])
        table = told.set_index(["area", "service", "year"])["persons"]
        assert table["a", "new", 2024] == pytest.approx(2 * 101 * 10.0)
        assert len(told) == 2 * 3 * 4


def test_rates_are_of_the_years_in_which_a_service_was_counted() -> None:
    since = COUNTS[COUNTS["service"] == "child"].assign(year=2026)
    home = pd.concat([COUNTS[COUNTS["service"] == "home"].assign(year=year) for year in (2024, 2025)])
    told = expected_at_steady_rates(persons(1.0), pd.concat([home, since]), SERVICES)
    table = told.set_index(["area", "service", "year"])["persons"]
    assert table["a", "child", 2027] == pytest.approx(9.0)
    assert table["a", "home", 2027] == pytest.approx(260.0)
