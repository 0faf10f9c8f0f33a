"""The backtest is honest: it sees nothing of the future, beats baselines where it should, covers as it says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.need_backtest import CARD_COLUMNS, MODEL, NeedBacktest, backtest_need
from forecasting.need_baselines import constant_rate, drift
from forecasting.rates import ServiceHistory


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


def test_drift_baseline_by_hand() -> None:
    draws = drift(history([10.0, 12.0, 14.0]), 3, 10, np.random.default_rng(1))
    assert np.allclose(draws[:, :, 0], [16.0, 18.0, 20.0])
