"""The backtest is honest: it sees nothing of the future, beats baselines where it should, covers as it says."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, ndtri

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.cube import draw_years
from forecasting.histories import need_arrays
from forecasting.need_backtest import NeedBacktest, backtest_need
from forecasting.need_baselines import constant_rate, drift, residual_growth
from forecasting.need_model import fit_need
from forecasting.need_scores import CARD_COLUMNS, MODEL, RAKED, SIZE_COLUMNS, raked_services
from forecasting.rates import ServiceHistory
from forecasting.recalibration import spreads
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS
from forecasting.service_plan import YearDraws
from forecasting.trend_widths import Widths


def run(c: County, **options: object) -> NeedBacktest:
    settings = {
        "exposures": c.exposures,
        "as_of": 2024,
        "draws": 200,
        "disrupted_years": (),
        "most_origins": 5,
        **options,
    }
    return backtest_need(c.population, c.projection, c.counts, c.hierarchy, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def noisy() -> County:
    return county(
        areas=6,
        services=4,
        years=16,
        ahead=5,
        trend=0.01,
        shock=0.02,
        dispersion=0.02,
        seed=5,
        population_years=25,
    )


@pytest.fixture(scope="module")
def result(noisy: County) -> NeedBacktest:
    return run(noisy)


def test_the_scorecard_has_the_columns_of_the_architecture(result: NeedBacktest) -> None:
    assert list(result.scorecard.columns) == list(CARD_COLUMNS)
    champions = result.scorecard.groupby("service")["model"].apply(lambda m: m.nunique())
    assert (champions == 5).all()
    assert (result.scorecard.groupby(["service", "horizon"])["champion"].sum() == 1).all()


def test_joint_draws_beat_constant_rates_and_cover(result: NeedBacktest) -> None:
    ours = result.cases[result.cases["model"] == MODEL]
    assert 1 - ours["crps"].mean() / ours["constant_crps"].mean() > 0.10
    assert ours["in80"].mean() == pytest.approx(0.80, abs=0.08)
    assert ours["in95"].mean() == pytest.approx(0.95, abs=0.05)


def test_what_comes_after_an_origin_does_not_change_its_forecast(noisy: County, result: NeedBacktest) -> None:
    origin = int(result.cases["origin"].min())
    altered = noisy.counts.copy()
    altered.loc[altered["year"] > origin, "count"] *= 7
    other = run(County(noisy.population, noisy.projection, altered, noisy.hierarchy, noisy.exposures, noisy.truth))
    before, after = (b.cases[(b.cases["origin"] == origin) & (b.cases["model"] == MODEL)] for b in (result, other))
    assert np.array_equal(before["mean"], after["mean"])


def test_years_behind_a_later_break_and_disrupted_years_are_not_scored(noisy: County) -> None:
    flags = pd.DataFrame({"area": ["a01"], "service": ["s1"], "year": [2020], "kind": ["break"]})
    cases = run(noisy, flags=flags, disrupted_years=(2016,)).cases
    cases = cases.assign(year=cases["origin"] + cases["horizon"])
    assert (cases["year"] != 2016).all()
    behind = cases.query("area == 'a01' and service == 's1' and origin < 2020 and year >= 2020")
    assert behind.empty


def test_the_validated_horizon_is_the_longest_with_two_origins(result: NeedBacktest) -> None:
    assert result.validated["s0"] == max(
        h for h, n in result.cases.groupby("horizon")["origin"].nunique().items() if n >= 2
    )


def test_a_history_too_short_to_test_gives_an_empty_scorecard(noisy: County) -> None:
    short = noisy.counts[noisy.counts["year"] > 2021]
    b = backtest_need(
        noisy.population, noisy.projection, short, noisy.hierarchy, exposures=noisy.exposures, as_of=2024
    )
    assert b.scorecard.empty
    assert b.validated["s0"] == 0


def history(counts: list[float]) -> ServiceHistory:
    n = len(counts)
    return ServiceHistory(
        "s",
        ("a",),
        ("all",),
        ("all",),
        tuple(range(2024 - n + 1, 2025)),
        np.array(counts).reshape(1, 1, n),
        np.full((1, 1, n), 100.0),
    )


def test_constant_rate_baseline_by_hand() -> None:
    draws = constant_rate(history([10.0, 10.0, 10.0]), np.full((1, 1, 2), 200.0), 10, np.random.default_rng(1))
    assert np.allclose(draws, 20.0)


def test_residual_growth_baseline_carries_the_growth_of_the_whole() -> None:
    rising = history([10.0, 11.0, 12.1, 13.31])
    draws = residual_growth(rising, np.full((1, 1, 2), 100.0), 10, np.random.default_rng(1))
    assert np.median(draws, axis=0)[:, 0] == pytest.approx([14.6, 16.1], rel=0.02)


def test_drift_baseline_by_hand() -> None:
    draws = drift(history([10.0, 12.0, 14.0]), 3, 10, np.random.default_rng(1))
    assert np.allclose(draws[:, :, 0], [16.0, 18.0, 20.0])


def test_scores_by_size_tell_coverage_origin_by_origin(result: NeedBacktest) -> None:
    table = result.by_size
    assert list(table.columns) == list(SIZE_COLUMNS)
    assert set(table["service"]) == {"all", "s0", "s1", "s2", "s3"}
    ours = table[(table["model"] == MODEL) & (table["service"] == "all")]
    assert ours["n"].sum() == (result.cases["model"] == MODEL).sum()
    assert (ours["coverage80_min"] <= ours["coverage80_median"]).all()
    assert (ours["coverage80_median"] <= ours["coverage80_max"]).all()


def test_spreads_are_recalibrated_only_where_other_origins_would_have_gained() -> None:
    rng = np.random.default_rng(1)
    levels = ndtri(QUANTILE_LEVELS)
    parts = []
    for service, true in (("wide", 0.1), ("right", 0.2), ("narrow", 0.28)):
        for origin in range(1985, 2020):
            error = rng.normal(0.0, true, 40)
            part = pd.DataFrame(
                {"service": service, "model": MODEL, "origin": origin, "observed": 1000 * np.exp(error)}
            )
            part["pit"] = ndtr(error / 0.2)
            part[list(QUANTILE_COLUMNS)] = 1000 * np.exp(0.2 * levels)
            parts.append(part)
    found = spreads(pd.concat(parts), MODEL)
    assert found["wide"] == pytest.approx(0.7, abs=0.1)
    assert found["narrow"] == pytest.approx(1.3, abs=0.1)
    assert abs(found.get("right", 1.0) - 1.0) < 0.15


def test_raked_draws_meet_the_independent_total_and_stay_whole(noisy: County) -> None:
    arrays = need_arrays(
        noisy.population, noisy.projection, noisy.counts, noisy.hierarchy, noisy.exposures, as_of=2024
    )
    model = fit_need(arrays, ()).raked({"s1": 10}, ())
    assert [t is not None for t in model.tops] == [False, True, False, False]
    population = model.population(400, 1)
    top = model.tops[1]
    assert top is not None
    walk = top.walk(400, 1, "s1")
    for year in draw_years(model.plan(1, (2025, 2027)), population, 1, model.area_share):
        target = top.expected(year.year - 2024) * np.exp(walk.at(year.year - 2024)[0])
        assert year.expected.sum(axis=(0, 1), dtype=float) == pytest.approx(target, rel=1e-4)
        assert (year.counts == np.rint(year.counts)).all()
        assert (year.counts >= 0).all()


def test_draws_follow_the_independent_total_only_as_far_as_it_was_tested(noisy: County) -> None:
    arrays = need_arrays(
        noisy.population, noisy.projection, noisy.counts, noisy.hierarchy, noisy.exposures, as_of=2024
    )
    model = fit_need(arrays, ()).raked({"s1": 2}, ())
    population = model.population(200, 1)

    def drawn(years: tuple[int, ...]) -> dict[int, YearDraws]:
        plan = model.plan(1, years)
        return {y.year: y for y in draw_years(plan, population, 1, model.area_share)}

    every, few = drawn((2025, 2026, 2027, 2028)), drawn((2028,))
    assert (few[2028].counts == every[2028].counts).all()
    top = model.tops[1]
    assert top is not None
    walk = top.walk(200, 1, "s1")
    totals = {y: d.expected.sum(axis=(0, 1), dtype=float) for y, d in every.items()}
    for year in (2025, 2026):
        assert totals[year] == pytest.approx(top.expected(year - 2024) * np.exp(walk.at(year - 2024)[0]), rel=1e-4)
    beyond = np.log(totals[2027] / totals[2026])
    free = fit_need(arrays, ())
    own = {y.year: y.expected.sum(axis=(0, 1)) for y in
           draw_years(free.plan(1, (2026, 2027)), population, 1, free.area_share)}  # fmt: skip
    assert np.median(beyond) == pytest.approx(float(np.median(np.log(own[2027] / own[2026]))), abs=0.01)


def test_the_spread_goes_on_from_where_the_independent_total_left_it(noisy: County) -> None:
    arrays = need_arrays(
        noisy.population, noisy.projection, noisy.counts, noisy.hierarchy, noisy.exposures, as_of=2024
    )
    fitted = fit_need(arrays, ())
    wide, none = Widths(0.15**2, 0.01**2, 0.0), Widths(0.0, 0.0, 0.0)
    rates = tuple(
        replace(r, total=replace(r.total, widths=wide), areas=replace(r.areas, widths=none),
                groups=replace(r.groups, widths=none))
        for r in fitted.rates
    )  # fmt: skip
    model = replace(fitted, rates=rates).raked({"s1": 2}, ())
    top = model.tops[1]
    assert top is not None
    calm = replace(top, trend=replace(top.trend, widths=Widths(0.01**2, 0.01**2, 0.0)))
    model = replace(model, tops=(None, calm, None, None))
    spread = {
        y.year: float(np.log(y.expected.sum(axis=(0, 1))).std())
        for y in draw_years(model.plan(1, (2025, 2026, 2027)), model.population(2000, 1), 1, 0.0)
    }
    assert spread[2026] < spread[2027] < 2.0 * spread[2026]


def test_raking_reaches_as_far_as_it_gained_from_two_origins() -> None:
    gains = {1: 0.3, 2: 0.2, 3: 0.1, 4: -0.1, 5: 0.4}
    rows = [
        (service, model, origin, h, "a", 1.0 - (gain + 0.01 * (origin % 2)) * (model == RAKED))
        for service, sign in (("better", 1.0), ("worse", -1.0))
        for h, gain in ((h, sign * g) for h, g in gains.items())
        for origin in range(2015, 2019)
        for model in (MODEL, RAKED)
    ]
    cases = pd.DataFrame(rows, columns=["service", "model", "origin", "horizon", "area", "crps"])
    assert raked_services(cases) == {"better": 3}
    assert raked_services(cases[cases["horizon"] >= 2]) == {}


def test_a_gain_that_chance_gives_one_origin_in_six_is_not_followed() -> None:
    gains = {2015: 0.3, 2016: -0.1, 2017: 0.2, 2018: 0.05}
    rows = [
        ("s", model, origin, 1, "a", 1.0 - gain * (model == RAKED))
        for origin, gain in gains.items()
        for model in (MODEL, RAKED)
    ]
    cases = pd.DataFrame(rows, columns=["service", "model", "origin", "horizon", "area", "crps"])
    assert raked_services(cases) == {}
    assert raked_services(cases.assign(crps=cases["crps"] - 0.3 * (cases["model"] == RAKED))) == {"s": 1}
