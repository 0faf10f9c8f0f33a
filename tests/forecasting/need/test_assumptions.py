"""Assumptions, scenarios and the tornado: what is assumed changes need as it says, and nothing else changes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.assumption_register import Register, double_counting, read_register
from forecasting.assumptions import Assumption
from forecasting.contracts import NeedInputError
from forecasting.life_tables import life_tables, without_migration
from forecasting.need import NeedForecast, forecast_need
from forecasting.population import Persons
from forecasting.scenarios import Scenario, applicable, library, library_register, read_scenarios

TITLES = {"fi": "a", "sv": "b", "en": "c"}
BASE = {"source": "a test", "date": "2026-01-01"}


def assumption(name: str, kind: str, p10: float, p90: float, **more: object) -> Assumption:
    return Assumption.model_validate({"id": name, "kind": kind, "p10": p10, "p90": p90, **BASE, **more})


HALF = assumption("half", "rate_factor", 0.5, 0.5, services=["s0"], first_year=2027, full_year=2027)
MOVE = assumption(
    "move",
    "substitution",
    0.1,
    0.1,
    services=["s0"],
    to_service="s1",
    per_unit=3.0,
    first_year=2025,
    full_year=2025,
)
DEBT = assumption(
    "debt", "backlog", 240.0, 240.0, services=["s1"], areas=["a01"], months=24, first_month="2026-07"
)
HEALTHY = assumption("healthy", "healthy_ageing", 0.5, 0.5, min_age=65)


def scenario(name: str, *added: Assumption, **more: object) -> Scenario:
    return Scenario.model_validate({"name": name, "titles": TITLES, "add": added, **more})


@pytest.fixture(scope="module")
def small() -> County:
    made = county(areas=3, services=2, years=12, ahead=6)
    # people of 65 and over die a little less every year, so that there are added years of life
    ageing = made.projection["age"].to_numpy() >= 65
    factor = 1.0 + 0.002 * (made.projection["year"].to_numpy() - 2024) * ageing
    return replace(made, projection=made.projection.assign(persons=made.projection["persons"] * factor))


@pytest.fixture(scope="module")
def forecast(small: County) -> NeedForecast:
    return forecast_need(
        small.population, small.projection, small.counts, small.hierarchy, exposures=small.exposures, as_of=2024,
        draws=200, seed=3,
        scenarios=[scenario("half", HALF), scenario("move", MOVE), scenario("debt", DEBT),
                   scenario("constant", rates="constant"), scenario("nobody", population="no_net_migration"),
                   scenario("healthy", HEALTHY)],
        swings=Register(assumptions=(HALF.model_copy(update={"p10": 0.8, "p90": 1.1}),)),
        services=pd.DataFrame({"service": ["s0", "s1"], "parent": "every"}),
    )  # fmt: skip


def total(f: NeedForecast, name: str, service: str, column: str = "diff_mean") -> pd.Series:
    rows = f.scenarios.query("area == 'total' and scenario == @name and service == @service")
    return rows.set_index("year")[column]


def baseline(f: NeedForecast, service: str, area: str = "total") -> pd.Series:
    rows = f.forecast.query("area == @area and service == @service and sex == 'all' and age_group == 'all'")
    return rows.query("kind == 'forecast'").set_index("year")["mean"]


def test_a_factor_halves_one_service_from_its_year_on_and_leaves_the_other_alone(forecast: NeedForecast) -> None:
    change, base = total(forecast, "half", "s0"), baseline(forecast, "s0")
    assert (change[[2025, 2026]] == 0).all()
    assert change[2030] / base[2030] == pytest.approx(-0.5, abs=0.01)
    assert total(forecast, "half", "s1").empty


def test_need_that_moves_leaves_one_service_and_arrives_in_the_other(forecast: NeedForecast) -> None:
    left, arrived = total(forecast, "move", "s0"), total(forecast, "move", "s1")
    assert left[2030] / baseline(forecast, "s0")[2030] == pytest.approx(-0.1, abs=0.005)
    assert arrived[2030] == pytest.approx(-3.0 * left[2030], rel=0.02)


def test_a_debt_comes_back_in_its_months_and_area_only(forecast: NeedForecast) -> None:
    rows = forecast.scenarios.query("scenario == 'debt' and service == 's1'").pivot(
        index="year", columns="area", values="diff_mean"
    )
    assert rows["a01"].round(-1).to_dict() == {2025: 0.0, 2026: 60.0, 2027: 120.0, 2029: 0.0, 2030: 0.0}
    assert (rows["a00"] == 0).all()


def test_a_constant_rate_scenario_has_no_rate_effect_left(forecast: NeedForecast) -> None:
    rows = forecast.scenario_drivers.query("scenario == 'constant' and area == 'total'")
    parts = rows.pivot_table(index=["service", "year"], columns="driver", values="mean")
    assert np.allclose(parts["rate"], parts["total"])
    assert np.allclose(parts[["size", "sex", "structure"]], 0.0)


def test_healthy_ageing_lowers_need_of_the_old_and_is_called_health(forecast: NeedForecast) -> None:
    parts = forecast.scenario_drivers.query("scenario == 'healthy' and area == 'total' and year == 2030")
    health = parts.query("driver == 'health'").set_index("service")["mean"]
    whole = parts.query("driver == 'total'").set_index("service")["mean"]
    assert np.allclose(health, whole)
    assert health.abs().max() > 0.1


def test_scenarios_share_their_random_numbers_with_the_baseline(forecast: NeedForecast) -> None:
    rows = forecast.scenarios.query("area == 'total' and scenario == 'constant' and year == 2030")
    spread = rows["q0.9"] - rows["q0.1"]
    difference = rows["diff_q0.9"] - rows["diff_q0.1"]
    assert (difference < 0.2 * spread).all()


def test_drivers_of_every_scenario_sum_to_the_difference_in_expected_need(forecast: NeedForecast) -> None:
    wide = forecast.scenario_drivers.pivot_table(
        index=["area", "service", "scenario", "year"], columns="driver", values="mean"
    ).fillna(0.0)
    residual = wide["total"] - wide.drop(columns="total").sum(axis=1)
    assert (residual.abs() <= 1e-9 * np.maximum(wide["total"].abs(), 1.0)).all()


def test_a_hierarchy_of_services_adds_up_draw_by_draw(forecast: NeedForecast) -> None:
    whole = baseline(forecast, "every")
    assert np.allclose(whole, baseline(forecast, "s0") + baseline(forecast, "s1"))
    draws = forecast.draws("total", "s0") + forecast.draws("total", "s1")
    shown = forecast.forecast.query("service == 'every' and area == 'total' and year == 2030")["q0.9"].item()
    assert shown == pytest.approx(draws[2030].quantile(0.9))


def test_the_tornado_shows_assumptions_beside_the_model(forecast: NeedForecast) -> None:
    rows = forecast.tornado.query("area == 'total' and service == 's0' and year == 2030").set_index("assumption")
    assert {"population", "rate", "noise", "half"} == set(rows.index)
    base = baseline(forecast, "s0")[2030]
    assert rows.loc["half", "low"] / base == pytest.approx(0.8 - 0.95, abs=0.02)
    assert rows.loc["half", "low"] < 0 < rows.loc["half", "high"]


def test_assumptions_in_the_baseline_become_the_policy_share_of_variance(small: County) -> None:
    wide = Register(assumptions=(HALF.model_copy(update={"p10": 0.5, "p90": 1.5, "distribution": "normal"}),))
    f = forecast_need(
        small.population, small.projection, small.counts, small.hierarchy, exposures=small.exposures, as_of=2024,
        draws=200, assumptions=wide,
    )  # fmt: skip
    share = f.variance.query("area == 'total' and year == 2030").set_index("service")["policy"]
    assert share["s0"] > 0.5
    assert share["s1"] == 0.0
    assert (f.variance.query("year == 2025")["policy"] == 0.0).all()


@pytest.mark.parametrize("distribution", ["normal", "lognormal", "logit_normal", "triangular", "uniform"])
def test_every_distribution_goes_through_its_p10_and_p90(distribution: str) -> None:
    a = assumption("a", "rate_factor", 0.2, 0.6, distribution=distribution)
    draws = Register(assumptions=(a,)).draws(20_000, 1)["a"]
    assert np.quantile(draws, [0.1, 0.9]) == pytest.approx([0.2, 0.6], abs=0.01)


def test_correlations_hold_and_leave_other_draws_alone() -> None:
    one, two, three = (assumption(n, "rate_factor", 0.8, 1.2) for n in ("one", "two", "three"))
    tied = Register(assumptions=(one, two, three), correlations=(("one", "two", 0.8),))
    draws = tied.draws(20_000, 1)
    assert np.corrcoef(draws["one"], draws["two"])[0, 1] == pytest.approx(0.8, abs=0.02)
    assert np.array_equal(draws["three"], Register(assumptions=(three,)).draws(20_000, 1)["three"])


def test_two_levers_on_one_activity_are_found() -> None:
    register = Register(
        assumptions=(HALF, MOVE, HEALTHY, assumption("dying", "proximity_to_death", 2, 4, min_age=80))
    )
    found = double_counting(register, ["s0", "s1"])
    assert {tuple(r) for r in found.itertuples(index=False)} == {
        ("half", "move", "s0", "policy"),
        ("healthy", "dying", "s0", "ageing"),
        ("healthy", "dying", "s1", "ageing"),
    }
    named = (HALF.model_copy(update={"activity": "x"}), MOVE.model_copy(update={"activity": "y"}))
    assert double_counting(Register(assumptions=named), ["s0", "s1"]).empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("assumptions: [{id: a, kind: rate_factor, p10: 2, p90: 1, source: abc, date: 2026-01-01}]", "must rise"),
        ("assumptions: [{id: a, kind: rate_factor, p10: 1, p90: 1, source: abc}]", "assumptions.0.date"),
        (
            "assumptions: [{id: a, kind: magic, p10: 1, p90: 1, source: abc, date: 2026-01-01}]",
            "assumptions.0.kind",
        ),
        ("correlations: [[a, b, 0.5]]", "not in the register"),
        ("assumptions: [", "not readable as YAML"),
    ],
)
def test_a_register_that_cannot_be_used_names_file_and_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NeedInputError, match=rf"register\.yaml.*{message}"):
        read_register(path)


def test_an_assumption_on_an_unknown_service_or_area_raises_by_name(small: County) -> None:
    for change, name in (({"services": ("dentist",)}, "dentist"), ({"areas": ("a99",)}, "a99")):
        register = Register(assumptions=(HALF.model_copy(update=change),))
        with pytest.raises(NeedInputError, match=name):
            forecast_need(
                small.population, small.projection, small.counts, small.hierarchy, exposures=small.exposures,
                as_of=2024, draws=100, assumptions=register,
            )  # fmt: skip


def test_the_library_is_whole_and_says_what_it_cannot_draw(tmp_path: Path) -> None:
    names = [s.name for s in library()]
    assert names == ["constant_rate", "debt_release", "healthy_ageing_high", "healthy_ageing_low",
                     "housing_to_home_care", "no_net_migration", "trend"]  # fmt: skip
    assert all(a.source and a.date for a in library_register().assumptions)
    usable, refused = applicable(library(), ["home_care", "housing_247"])
    assert set(refused) == {"debt_release"}
    assert set(applicable(library(), ["s0"])[1]) == {"debt_release", "housing_to_home_care"}
    debts = pd.DataFrame({"area": ["a"], "service": ["home_care"], "amount": [100.0]})
    released = next(s for s in library() if s.debt is not None).with_debts(debts)
    assert [a.kind for a in released.add] == ["backlog"]
    with pytest.raises(FileNotFoundError):
        read_scenarios(tmp_path / "none")


def test_without_migration_nobody_arrives_and_the_observed_years_stay() -> None:
    age = np.arange(101)
    death = 1.0 - np.exp(-np.exp(-10.5 + 0.1 * age))
    persons = np.zeros((1, 2, 101, 14))
    persons[..., 0] = 1000.0
    for t in range(1, 14):
        moved = persons[..., t - 1] * (1.0 - death)
        persons[:, :, 1:, t] = moved[..., :-1]
        persons[:, :, 100, t] += moved[..., 100]
        persons[:, :, 0, t] = 1000.0
        persons[:, :, 20:30, t] *= 1.05
    years = tuple(range(2012, 2026))
    future = Persons(("a",), years, persons)
    stay = without_migration(future.until(2020), future)
    assert np.array_equal(stay.persons[..., :9], persons[..., :9])
    assert stay.persons[0, 0, 25, 13] == pytest.approx(persons[0, 0, 20, 8] * (1 - death[20:25]).prod(), rel=0.01)
    assert life_tables(future).death[0, 80, -1] == pytest.approx(death[80], rel=0.05)


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\x80\xff", "note: väestö\n".encode("latin-1")])
def test_a_register_that_is_no_utf8_text_is_named_with_the_mend(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bin.csv"
    path.write_bytes(content)
    with pytest.raises(NeedInputError, match=r"bin\.csv: .*give a YAML file and save it as text in UTF-8"):
        read_register(path)
