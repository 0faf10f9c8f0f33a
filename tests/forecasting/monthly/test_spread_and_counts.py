"""Intervals know what a panel shares and what a short history cannot; small counts keep their mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly import forecast_series
from forecasting.monthly.count_levels import blend, count_means
from forecasting.monthly.intervals import Errors, error_quantiles, origins
from forecasting.monthly.periods import frequency
from forecasting.scores import QUANTILE_LEVELS, covered

LOW, MIDDLE, HIGH = 2, 4, 6


def errors(shared: float, series: int = 2000) -> Errors:
    own = np.random.default_rng(1).normal(0.0, 0.9, series)
    shares = np.full(4, series / (series + 10.0))
    shocks = shared * np.array([1.0, -1.0, 1.0, -1.0])
    return Errors(own, shocks, np.full(4, 0.001), shares, np.array([3, 6, 9, 12]))


def test_a_shock_that_all_series_share_widens_intervals_to_both_sides() -> None:
    calm = error_quantiles([errors(0.0)], QUANTILE_LEVELS)[:, 0]
    rough = error_quantiles([errors(1.0)], QUANTILE_LEVELS)[:, 0]
    assert rough[LOW] < calm[LOW] - 0.1
    assert rough[HIGH] > calm[HIGH] + 0.1
    assert abs(rough[MIDDLE]) < 0.1


def test_steps_that_no_origin_reached_borrow_from_the_farthest_reached() -> None:
    none = Errors(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))
    wide = errors(0.0)
    wide = Errors(2.0 * wide.own, wide.shared, wide.noise, wide.share, wide.targets)
    result = error_quantiles([wide] * 6 + [none] * 6, QUANTILE_LEVELS)
    np.testing.assert_allclose(result[:, 11], result[:, 5])
    assert result[HIGH, 11] > 2.0


def test_two_years_of_months_allow_origins_a_whole_year_back() -> None:
    assert max(origins(12, 24, 12)) == 12
    assert max(origins(12, 72, 12)) == 24
    assert origins(12, 5, 12) == () or max(origins(12, 5, 12)) <= 2


@pytest.mark.parametrize("months", [24, 48])
def test_short_panels_cover_as_promised(months: int) -> None:
    rng = np.random.default_rng(7)
    steps, size = months + 12, 150
    level = rng.normal(4.5, 1.0, size) + np.cumsum(rng.normal(0.0, 0.03, (steps, size)), axis=0)
    season = 0.15 * rng.normal(size=(12, size))[np.arange(steps) % 12]
    y = rng.poisson(np.exp(level + season))
    ds = pd.date_range("2016-01-01", periods=steps, freq="MS")
    ids = np.repeat([f"s{k:03d}" for k in range(size)], steps)
    table = pd.DataFrame({"unique_id": ids, "ds": np.tile(ds, size), "y": y.T.ravel()})
    held = table["ds"] >= ds[months]
    merged = table[held].merge(forecast_series(table[~held]).forecast, on=["unique_id", "ds"], validate="1:1")
    assert abs(covered(merged["q0.1"], merged["q0.9"], merged["y"]).mean() - 0.80) < 0.04
    assert abs(covered(merged["q0.025"], merged["q0.975"], merged["y"]).mean() - 0.95) < 0.02


def sparse(steps: int = 72, size: int = 60) -> np.ndarray:
    rng = np.random.default_rng(3)
    rate = rng.uniform(0.2, 3.0, size) * np.exp(0.4 * np.sin(2 * np.pi * np.arange(steps) / 12))[:, None]
    return rng.poisson(rate).astype(float)


def means(y: np.ndarray, horizon: int = 12, backs: tuple[int, ...] = (0, 12)) -> dict[int, np.ndarray]:
    length = np.full(y.shape[1], y.shape[0])
    start = np.full(y.shape[1], 2015 * 12)
    return count_means(y, length, start, frequency("MS"), horizon, backs)


def test_levels_of_small_counts_keep_the_mean_and_borrow_the_season() -> None:
    y = sparse()
    ahead = means(y)[0]
    assert abs(ahead.sum() / (y[12:].sum() / 5) - 1.0) < 0.05
    wave = ahead.sum(axis=1) / ahead.sum(axis=1).mean()
    np.testing.assert_allclose(wave, np.exp(0.4 * np.sin(2 * np.pi * np.arange(12) / 12)) / 1.04, atol=0.25)


def test_means_of_an_earlier_origin_know_nothing_later_but_the_weights_of_the_grid() -> None:
    y = sparse()
    later = y.copy()
    later[60:] = y[60:][::-1]
    np.testing.assert_allclose(means(y)[12], means(later)[12], rtol=0.02)


def test_the_mean_leans_on_what_served_earlier() -> None:
    y = sparse(48, 40)
    good, bad = np.full_like(y, 1.0) * y.mean(axis=0), np.full_like(y, 1.0) * 3.0 * y.mean(axis=0)
    assert blend(good, bad, y, y.mean(axis=0)).min() > 0.9
    assert blend(bad, good, y, y.mean(axis=0)).max() < 0.1
