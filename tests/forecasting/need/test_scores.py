"""Scores agree with hand calculation and with their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting import scores


def test_crps_of_two_draws_by_hand() -> None:
    # E|X-y| = (|0-1| + |2-1|)/2 = 1; fair E|X-X'| = 2, half of it 1
    assert scores.crps_from_draws(np.array([0.0, 2.0]), 1.0) == pytest.approx(0.0)
    assert scores.crps_from_draws(np.array([0.0, 2.0]), 4.0) == pytest.approx(2.0)


def test_crps_of_a_normal_sample_is_near_the_closed_form() -> None:
    draws = np.random.default_rng(1).normal(size=(20_000, 1))
    closed = 2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi)  # at y = 0
    assert scores.crps_from_draws(draws, np.zeros(1))[0] == pytest.approx(closed, abs=0.01)


def test_crps_refuses_one_draw() -> None:
    with pytest.raises(ValueError, match="at least 2 draws"):
        scores.crps_from_draws(np.zeros((1, 3)), np.zeros(3))


def test_quantile_crps_of_a_point_forecast_is_its_absolute_error() -> None:
    quantiles = np.full((9, 1), 3.0)
    assert scores.crps_from_quantiles(quantiles, np.array([5.0]), scores.QUANTILE_LEVELS)[0] == pytest.approx(
        2.0, rel=0.05
    )


def test_pinball_by_hand() -> None:
    loss = scores.pinball_loss(np.array([[10.0], [10.0]]), np.array([12.0]), np.array([0.1, 0.9]))
    assert loss[:, 0] == pytest.approx([0.2, 1.8])


def test_mase_scale_leaves_out_gaps_and_flat_histories() -> None:
    scale = scores.naive_scale(np.array([[1.0, 3.0, np.nan, 4.0], [2.0, 2.0, 2.0, 2.0]]))
    assert scale[0] == pytest.approx(2.0)
    assert np.isnan(scale[1])


def test_seasonal_scale() -> None:
    assert scores.naive_scale(np.array([1.0, 5.0, 2.0, 7.0]), season=2) == pytest.approx(1.5)


def test_coverage_leaves_missing_out() -> None:
    draws = np.arange(101.0)[:, None] * np.ones((1, 3))
    hit = scores.coverage_from_draws(draws, np.array([50.0, 99.0, np.nan]), 0.8)
    assert hit[0] == 1.0
    assert hit[1] == 0.0
    assert np.isnan(hit[2])


def test_pit_of_the_median_is_one_half() -> None:
    assert scores.pit_from_draws(np.arange(101.0)[:, None], np.array([50.0]))[0] == pytest.approx(0.5)


def test_bias_is_the_excess_of_the_sum() -> None:
    assert scores.relative_bias([11.0, 11.0, 5.0], [10.0, 10.0, np.nan]) == pytest.approx(0.1)


def test_a_gain_smaller_than_its_noise_is_no_gain() -> None:
    rng = np.random.default_rng(0)
    blocks = np.repeat(np.arange(6), 10)
    reference = rng.normal(10.0, 1.0, 60)
    assert scores.better_beyond_noise(reference - 1.0, reference, blocks)
    assert not scores.better_beyond_noise(reference, reference, blocks)
    assert not scores.better_beyond_noise(reference - 1.0, reference, np.zeros(60))
