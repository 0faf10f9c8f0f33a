"""Intervals, shrinkage and funnel against known truth: simulated units whose documents cluster by author."""

import numpy as np
import pytest

from quality_checks.intervals import (
    Clustering,
    beta_of,
    between_variance,
    estimate_clustering,
    funnel,
    shrunk_share,
    wilson,
)


def simulated(rng, units=60, authors=10, each=12, share=0.9, correlation=0.1, between=0.0):
    """Documents in order of authors within units: unit of each author, documents, failures, true shares."""
    true = np.full(units, share) if between == 0 else rng.beta(*beta_of(share, between**2), units)
    alpha = true * (1 / correlation - 1)
    beta = (1 - true) * (1 / correlation - 1)
    unit = np.repeat(np.arange(units), authors)
    own = rng.beta(alpha[unit], beta[unit])
    judged = rng.integers(each // 4, 2 * each, units * authors)
    return unit, judged.astype(float), judged - rng.binomial(judged, own).astype(float), true


def test_wilson_holds_known_values():
    low, high = wilson(np.array([0.97, 0.0]), np.array([100.0, 10.0]))
    assert low == pytest.approx([0.9155, 0.0], abs=2e-4)
    assert high == pytest.approx([0.9897, 0.2775], abs=2e-4)


def test_correlation_within_authors_is_recovered():
    unit, judged, failed, _ = simulated(np.random.default_rng(1), units=600, each=20)
    found = estimate_clustering(unit, judged, failed)
    assert found.correlation == pytest.approx(0.1, abs=0.03)
    assert found.dispersion == pytest.approx(1.0, abs=0.4)


def test_without_clustering_the_effective_size_is_the_size():
    size = Clustering(1.0, 0.0).effective_size(np.array([120.0]), np.array([1440.0]))
    assert size == pytest.approx([120.0])


def test_intervals_cover_nineteen_times_in_twenty_when_documents_cluster():
    covered = []
    for seed in range(60):
        unit, judged, failed, true = simulated(np.random.default_rng(seed))
        clustering = estimate_clustering(unit, judged, failed)
        total, squares = np.bincount(unit, judged), np.bincount(unit, judged**2)
        share = 1 - np.bincount(unit, failed) / total
        low, high = wilson(share, clustering.effective_size(total, squares))
        covered.append((low <= true) & (true <= high))
    assert 0.92 <= np.mean(covered) <= 0.97


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
