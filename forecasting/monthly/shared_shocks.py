"""How far bottom series of a hierarchy move together: a shock per node of each level, shares learnt out of sample.

The normal score of a bottom series is a weighted sum of independent shocks, one per level for the node it belongs
to there, and its own. The squared error of a node then expects, for each level, the squared sum of spreads within
each of the level's nodes, times the level's share: shares follow by non-negative least squares over nodes, steps
and origins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from forecasting.monthly.reconciliation import Tree, Trial, apart, reconciled
from forecasting.scores import FloatArray

PRIOR_SHARE, PRIOR_WEIGHT = 0.02, 0.05
"""Share of a common shock that few errors are leaned on, and the weight of that against the errors."""
MOST_PERSISTENCE = 0.9
ROUNDS, BOUND, BOUNDED, SUM_TO_ONE = 4, 4.0, 0.92, 30.0
"""Rounds of least squares with squared errors bounded at `BOUND` times what is expected, the mean of a bounded
squared normal, and the weight of the shares' summing to one."""


def shares(method: str, trials: Sequence[Trial], tree: Tree) -> tuple[FloatArray, float]:
    """Share of each level's shock in the variance of bottom scores (the last: their own), and persistence.

    Args:
        method: how the means are reconciled.
        trials: forecasts from earlier origins.
        tree: the hierarchy.

    Returns:
        Shares summing to 1, shape (levels,), and the correlation of scores from one period to the next.
    """
    count = int(tree.level.max()) + 1
    prior = np.zeros(count)
    prior[-1], prior[0] = 1.0 - PRIOR_SHARE, PRIOR_SHARE
    if count == 1 or not trials:
        prior = np.eye(count)[-1] if count == 1 else prior
        return prior, 0.3
    wider = widening(method, trials, tree)
    rows, targets, product, square = [], [], 0.0, 1e-9
    for trial in trials:
        gap = np.nan_to_num(trial.observed) - reconciled(method, trial.mean, apart(trials, trial), tree)
        spread = wider * trial.spread[:, tree.bottom]
        expected = np.stack([_within(spread, tree, level) for level in range(count)], axis=-1)
        above = tree.level < count - 1
        size = np.maximum(expected[:, above].mean(axis=-1), 1e-12)
        rows.append((expected[:, above] / size[..., None]).reshape(-1, count))
        targets.append((gap[:, above] ** 2 / size).reshape(-1))
        z = gap[:, tree.bottom] / np.maximum(spread, 1e-9)
        z = np.clip(z, -3.5, 3.5)
        product += float((z[1:] * z[:-1]).sum()) if len(z) > 1 else 0.0
        square += float((z**2).sum())
    design, target = np.concatenate(rows), np.concatenate(targets)
    nodes = np.bincount(tree.level)[tree.level[tree.level < count - 1]]
    weight = np.resize(1.0 / np.sqrt(nodes), target.size) / np.sqrt(target.size / nodes.size)
    share, lean = prior, PRIOR_WEIGHT
    for _ in range(ROUNDS):
        # squared errors have long tails: none counts for more than so many times what is expected of it
        bounded = np.minimum(target, BOUND * np.maximum(design @ share, 1e-9)) / BOUNDED
        system = np.concatenate([design * weight[:, None], SUM_TO_ONE * np.ones((1, count)), lean * np.eye(count)])
        right = np.concatenate([bounded * weight, [SUM_TO_ONE], lean * prior])
        share, _ = nnls(system, right)
        share = share / max(float(share.sum()), 1e-9)
    return share, float(np.clip(product / square, 0.0, MOST_PERSISTENCE))


def widening(method: str, trials: Sequence[Trial], tree: Tree) -> float:
    """How much wider reconciled bottom forecasts must be, by what held 80% of their errors (1: not at all)."""
    held = []
    for one in ("bottom_up", method):
        z = [
            np.abs(np.nan_to_num(trial.observed) - reconciled(one, trial.mean, apart(trials, trial), tree))
            / np.maximum(trial.spread, 1e-9)
            for trial in trials
        ]
        held.append(float(np.quantile(np.concatenate([part[:, tree.bottom] for part in z]), 0.8)) if z else 1.0)
    return float(np.clip(held[1] / max(held[0], 1e-9), 1.0, 2.0))


def scores(
    share: FloatArray, persistence: float, tree: Tree, draws: int, horizon: int, rng: np.random.Generator
) -> FloatArray:
    """Joint standard normal scores of the bottom series, shape (draws, horizon, N)."""
    total = np.zeros((draws, horizon, tree.sums.shape[1]))
    for level, part in enumerate(share):
        if part <= 0.0:
            continue
        members = tree.sums[tree.level == level]
        noise = rng.normal(size=(draws, horizon, members.shape[0]))
        for step in range(1, horizon):
            noise[:, step] = persistence * noise[:, step - 1] + np.sqrt(1.0 - persistence**2) * noise[:, step]
        total += np.sqrt(part) * noise[:, :, members.argmax(axis=0)]
    return total


def _within(spread: FloatArray, tree: Tree, level: int) -> FloatArray:
    """Per step and node, the squared sums of spreads within each node of a level, added up, shape (h, M)."""
    groups = tree.sums[tree.level == level].argmax(axis=0)
    result = np.zeros((spread.shape[0], tree.names.size))
    for group in np.unique(groups):
        mine = groups == group
        result += (spread[:, mine] @ tree.sums[:, mine].T) ** 2
    return result
