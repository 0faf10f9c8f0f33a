"""Intervals, shrinkage and funnel limits against known truth."""

import numpy as np
import pytest

from quality_checks.intervals import (
    beta_of,
    between_variance,
    funnel,
    moved_centre,
    ordinary_variation,
    shrunk_share,
    wilson,
)


def test_wilson_holds_known_values():
    low, high = wilson(np.array([0.97, 0.0]), np.array([100.0, 10.0]))
    assert low == pytest.approx([0.9155, 0.0], abs=2e-4)
    assert high == pytest.approx([0.9897, 0.2775], abs=2e-4)


def test_shrinkage_brings_small_units_nearer_their_true_shares():
    rng = np.random.default_rng(3)
    size = rng.choice([5, 15, 60, 400], 400).astype(float)
    true = rng.beta(*beta_of(0.9, 0.03**2), 400)
    share = rng.binomial(size.astype(int), true) / size
    shrunk = shrunk_share(share, size, *between_variance(share, size))
    assert np.mean((shrunk - true) ** 2) < 0.5 * np.mean((share - true) ** 2)


def test_the_funnel_blames_few_ordinary_units_and_finds_the_bad_ones():
    rng = np.random.default_rng(4)
    size = rng.integers(100, 800, 4000).astype(float)
    true = rng.beta(*beta_of(0.9, 0.02**2), 4000)
    share = rng.binomial(size.astype(int), true) / size
    low, high = funnel(np.full(4000, 0.9), size, 0.02**2)
    assert np.mean((share < low) | (share > high)) <= 0.005
    bad = rng.binomial(size.astype(int), 0.62) / size
    assert np.mean(bad < low) >= 0.75


def test_large_units_get_the_limits_of_the_exact_distribution():
    exact = funnel(np.array([0.95]), np.array([1999.0]), 0.01**2)
    smooth = funnel(np.array([0.95]), np.array([2001.0]), 0.01**2)
    assert np.allclose(exact, smooth, atol=0.004)


def test_bad_places_neither_move_the_middle_nor_widen_what_is_ordinary():
    rng = np.random.default_rng(5)
    size = np.full(200, 400.0)
    share = rng.normal(0.9, 0.02, 200) + rng.normal(0, 0.015, 200)
    expected = np.full(200, 0.9)
    shift, variance = ordinary_variation(share - expected, expected, size)
    share[:10] = 0.62
    moved, wider = ordinary_variation(share - expected, expected, size)
    assert abs(moved - shift) < 0.004
    assert variance**0.5 == pytest.approx(0.02, abs=0.006)
    assert wider**0.5 < variance**0.5 + 0.008


@pytest.mark.parametrize("rate", [0.0002, 0.001, 0.005, 0.02])
@pytest.mark.parametrize(("places", "usual"), [(6, 50), (12, 300), (40, 300)])
def test_where_defects_are_rare_a_place_with_one_is_not_blamed(rate, places, usual):
    """Most places have none then, and a middle that stood there would leave no room for chance."""
    rng = np.random.default_rng(6)
    blamed = []
    for _ in range(100):
        size = rng.integers(usual // 3, usual * 3, places).astype(float)
        failed = rng.binomial(size.astype(int), rate)
        rest = failed.sum() - failed, size.sum() - size
        expected = 1 - (rest[0] + 20 * failed.sum() / size.sum()) / (rest[1] + 20)
        share = 1 - failed / size
        shift, variance = ordinary_variation(share - expected, expected, size)
        low, _ = funnel(moved_centre(expected, shift, size), size, variance)
        blamed.append(np.mean(share < low))
    assert np.mean(blamed) <= 0.004


def test_a_place_with_many_defects_is_found_among_places_with_none():
    size = np.full(20, 300.0)
    failed = np.array([12.0] + [0.0] * 19)
    rest = failed.sum() - failed, size.sum() - size
    expected = 1 - (rest[0] + 20 * failed.sum() / size.sum()) / (rest[1] + 20)
    shift, variance = ordinary_variation(1 - failed / size - expected, expected, size)
    low, high = funnel(moved_centre(expected, shift, size), size, variance)
    assert (1 - failed / size < low).tolist() == [True] + [False] * 19
    assert (high == 1.0).all()


def test_the_middle_moves_freely_where_defects_are_many():
    expected, size = np.full(30, 0.8), np.full(30, 400.0)
    assert moved_centre(expected, 0.05, size) == pytest.approx(expected + 0.05)
    assert moved_centre(expected, -0.05, size) == pytest.approx(expected - 0.05)


def test_few_places_tell_nothing_of_ordinary_variation():
    few = np.array([0.1, -0.1])
    assert ordinary_variation(few, np.array([0.9, 0.9]), np.array([50.0, 50.0])) == (0.0, 0.0)


def test_a_large_unit_without_any_defect_is_not_outside_when_chance_gives_none():
    low, high = funnel(np.array([0.9995]), np.array([3000.0]), 0.0)
    assert high.tolist() == [1.0]
    assert 0.99 < low[0] < 0.9995
