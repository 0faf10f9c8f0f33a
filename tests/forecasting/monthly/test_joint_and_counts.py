"""The parts that tie months and areas together: count quantiles, normal scores, joint draws, years that agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecasting.monthly.counts import (
    negative_binomial_below,
    negative_binomial_quantiles,
    whole_numbers,
)
from forecasting.monthly.intervals import weighted_quantiles
from forecasting.monthly.joint import correlations, from_quantiles, joint_draws, normal_scores, rake_years
from forecasting.monthly.lasting import USUAL
from forecasting.scores import QUANTILE_LEVELS

LEVELS = np.asarray(QUANTILE_LEVELS)


def normal_quantiles(mean: float, sd: float, shape: tuple[int, int]) -> np.ndarray:
    return np.broadcast_to(mean + sd * stats.norm.ppf(LEVELS)[:, None, None], (LEVELS.size, *shape)).copy()


@pytest.mark.parametrize(("mean", "alpha"), [(0.2, 0.5), (3.0, 0.1), (8.0, 1.0), (40.0, 0.05)])
def test_count_quantiles_are_those_of_the_negative_binomial(mean, alpha):
    found = negative_binomial_quantiles(np.array([mean]), np.array([alpha]), LEVELS[:, None])
    n = 1 / alpha
    assert found[:, 0].tolist() == stats.nbinom.ppf(LEVELS, n, n / (n + mean)).tolist()
    under, upto = negative_binomial_below(np.array([0.0, 2.0]), np.full(2, mean), np.full(2, alpha))
    assert upto == pytest.approx(stats.nbinom.cdf([0, 2], n, n / (n + mean)))
    assert under == pytest.approx(stats.nbinom.cdf([-1, 1], n, n / (n + mean)))


def test_whole_quantiles_close_in_on_the_median_and_hold_the_same_counts():
    rounded = whole_numbers(np.array([[1.2], [4.4], [7.9]]), (0.1, 0.5, 0.9))
    assert rounded.ravel().tolist() == [2.0, 4.0, 7.0]


def test_quantiles_of_evenly_weighted_values_are_plain_quantiles():
    values = np.arange(1.0, 100.0)
    assert weighted_quantiles(values, np.ones(99), (0.25, 0.5, 0.75)) == pytest.approx([25.25, 50.0, 74.75])
    assert weighted_quantiles(np.array([0.0, 10.0]), np.array([3.0, 1.0]), (0.5,)) < 5.0


def test_a_value_at_a_quantile_has_its_normal_score_and_comes_back_from_it():
    q = normal_quantiles(100.0, 10.0, (1, 3))
    scores = normal_scores(q, np.array([[100.0, 119.6, np.nan]]))
    assert scores[0, :2] == pytest.approx([0.0, 1.96], abs=1e-2)
    assert np.isnan(scores[0, 2])
    assert from_quantiles(q, np.array([[[0.0, 1.96, -1.0]]]))[0, 0] == pytest.approx([100.0, 119.6, 90.0], abs=0.3)


def test_areas_that_erred_together_are_found_to_and_others_are_not():
    rng = np.random.default_rng(1)
    together = [np.repeat(rng.normal(size=(24, 1)), 5, axis=1) for _ in range(8)]
    apart = [rng.normal(size=(24, 5)) for _ in range(8)]
    service = np.array([0] * 5 + [1] * 5)
    shared, memory = correlations([np.hstack(pair) for pair in zip(together, apart, strict=True)], service)
    assert shared[0] > 0.7
    assert shared[1] < 0.2
    assert memory.share * memory.kept < 0.2


def test_errors_that_stay_make_totals_of_a_year_as_unsure_as_they_are():
    rng = np.random.default_rng(6)
    stays = [np.sqrt(0.5) * rng.normal(size=(1, 5)) + np.sqrt(0.5) * rng.normal(size=(24, 5)) for _ in range(40)]
    service = np.zeros(5, dtype=np.int64)
    shared, memory = correlations(stays, service)
    found = joint_draws(normal_quantiles(500.0, 40.0, (12, 5)), service, shared, memory, 4000, rng)
    year = found.sum(axis=1).std(axis=0)
    assert year.mean() == pytest.approx(40.0 * np.sqrt(0.5 * 12 + 0.5 * 144), rel=0.12)


def test_joint_draws_keep_their_margins_and_areas_move_together():
    q = normal_quantiles(500.0, 40.0, (4, 6))
    service = np.zeros(6, dtype=np.int64)
    tied = joint_draws(q, service, np.array([0.8]), USUAL, 4000, np.random.default_rng(2))
    loose = joint_draws(q, service, np.array([0.0]), USUAL, 4000, np.random.default_rng(2))
    assert (tied == np.round(tied)).all()
    assert tied.mean() == pytest.approx(500.0, rel=0.005)
    assert tied[:, 0, 0].std() == pytest.approx(40.0, rel=0.08)
    assert tied.sum(axis=2).std(axis=0).mean() > 1.8 * loose.sum(axis=2).std(axis=0).mean()


def test_months_ahead_and_months_behind_give_the_years_total():
    draws = np.random.default_rng(3).poisson(50.0, size=(2000, 8, 2)).astype(float)
    mean = np.full((8, 2), 50.0)
    year = np.array([2026] * 4 + [2027] * 4)
    observed, totals = np.array([[400.0, 400.0]]), np.array([[640.0, np.nan]])
    raked, expected = rake_years(draws, mean, year, observed, totals, np.array([2026]), np.random.default_rng(4))
    assert expected[:4, 0].sum() + 400.0 == pytest.approx(640.0)
    assert expected[:4, 1].tolist() == [50.0] * 4
    assert expected[4:].tolist() == mean[4:].tolist()
    assert (raked == np.round(raked)).all()
    assert raked[:, :4, 0].sum(axis=1).mean() == pytest.approx(240.0, rel=0.01)


def test_a_year_that_is_already_over_its_total_leaves_nothing_for_the_months_ahead():
    mean, draws = np.full((2, 1), 10.0), np.full((5, 2, 1), 10.0)
    raked, expected = rake_years(
        draws, mean, np.array([2026, 2026]), np.array([[130.0]]), np.array([[120.0]]), np.array([2026]),
        np.random.default_rng(5),
    )  # fmt: skip
    assert expected.sum() == 0.0
    assert raked.sum() == 0.0
