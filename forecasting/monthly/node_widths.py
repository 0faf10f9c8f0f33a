"""Joint normal scores of bottom series with which every node of a hierarchy is as wide as its own forecast says.

How far series move together is not estimated pair by pair from a few errors: each node was forecast for itself,
and its width tells how much of its parts' noise cancels in it. Scores start almost independent and are changed as
little as gives every sum its width, level by level and around again (iterative proportional scaling, which for
normal distributions is the nearest one with the given variances). Parts that move against each other come out so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.monthly.margins import Margins
from forecasting.monthly.periods import IntArray
from forecasting.monthly.reconciliation import Trial, apart, reconciled
from forecasting.monthly.tree import Tree
from forecasting.scores import FloatArray

COMMON = 0.02
"""Share of each level's common shock that scores start with (never more than half together): without any, no width
above could be reached."""
ROUNDS, MOST_CHANGE = 6, 3.0
LEAST_LINEAR = 0.1
"""Share of a node's variance that is left to what its parts share, however much their skewness explains."""
MOST_PERSISTENCE, USUAL_PERSISTENCE = 0.9, 0.3
FACTORS, BOUND = (0.75, 4.0 / 3.0), 4.0
"""Bounds of a level's factor, and of the standardised errors that it is learnt from."""


def factors(method: str, trials: Sequence[Trial], tree: Tree) -> FloatArray:
    """How much wider reconciled forecasts must be than those made for the nodes, by level, shape (levels,).

    The ratio of the two forecasts' mean absolute errors at earlier origins, the same cases for both.
    """
    levels = tree.members.shape[0]
    before, after = np.zeros(levels), np.zeros(levels)
    for trial in trials:
        spread = np.maximum(trial.spread, 1e-9)
        means = reconciled(method, trial.mean, apart(trials, trial), tree)
        known = np.nan_to_num(trial.observed)
        for level in range(levels):
            mine = tree.level == level
            before[level] += np.minimum(np.abs(known - trial.mean)[:, mine] / spread[:, mine], BOUND).sum()
            after[level] += np.minimum(np.abs(known - means)[:, mine] / spread[:, mine], BOUND).sum()
    return np.clip(np.where(before > 0.0, after / np.maximum(before, 1e-12), 1.0), *FACTORS)


def persistence(method: str, trials: Sequence[Trial], tree: Tree) -> float:
    """Correlation of the bottom series' errors from one period to the next, by earlier origins."""
    product, square = 0.0, 0.0
    for trial in trials:
        gap = np.nan_to_num(trial.observed) - reconciled(method, trial.mean, apart(trials, trial), tree)
        z = np.clip(gap[:, tree.bottom] / np.maximum(trial.spread[:, tree.bottom], 1e-9), -3.5, 3.5)
        product += float((z[1:] * z[:-1]).sum())
        square += float((z**2).sum())
    return float(np.clip(product / square, 0.0, MOST_PERSISTENCE)) if square else USUAL_PERSISTENCE


def scores(
    bottom: Margins, widths: FloatArray, lasting: float, tree: Tree, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Standard normal scores of the bottom series with which sums are as wide as they should be.

    Args:
        bottom: distributions of the bottom series.
        widths: standard deviations wanted of the nodes, shape (h, M).
        lasting: correlation from one period to the next.
        tree: the hierarchy.
        draws: how many.
        rng: source of randomness.

    Returns:
        Shape (draws, h, N); each series' scores have mean square 1.
    """
    _, slope, rest = bottom.linear()
    wanted = np.maximum(widths**2 - tree.add_up(rest), LEAST_LINEAR * widths**2)
    slope, target = np.maximum(slope, 1e-9), np.sqrt(wanted)
    z = _almost_independent(tree, lasting, (draws, *slope.shape), rng)
    levels = [_Level.of(nodes) for nodes in tree.members[:-1]]
    for step in range(slope.shape[0]):
        part = z[:, step] * slope[step]
        for _ in range(ROUNDS):
            for level in reversed(levels):
                level.widen(part, target[step])
            part *= slope[step] / np.maximum(np.sqrt(np.einsum("ij,ij->j", part, part) / draws), 1e-12)
        z[:, step] = part / slope[step]
    return z


@dataclass(frozen=True)
class _Level:
    """A level's nodes, ready for sums: bottom series in the order of their nodes.

    Attributes:
        nodes: numbers of the nodes, in order.
        group: place among `nodes` of each bottom series, shape (N,).
        order: bottom series by node.
        starts: where each node's series begin in that order.
    """

    nodes: IntArray
    group: IntArray
    order: IntArray
    starts: IntArray

    @classmethod
    def of(cls, members: IntArray) -> _Level:
        nodes, group = np.unique(members, return_inverse=True)
        order = np.argsort(group, kind="stable")
        return cls(nodes, group, order, np.searchsorted(group[order], np.arange(nodes.size)))

    def widen(self, part: FloatArray, target: FloatArray) -> None:
        """Change deviations (draws, N) in place so that each node's sum is as wide as wanted.

        Each series takes the share of the change that it explains of its node's sum.
        """
        total = np.add.reduceat(part[:, self.order], self.starts, axis=1)
        variance = np.maximum(np.einsum("ij,ij->j", total, total) / len(part), 1e-18)
        change = np.clip(target[self.nodes] / np.sqrt(variance), 1.0 / MOST_CHANGE, MOST_CHANGE) - 1.0
        spread_out = total[:, self.group]
        share = np.einsum("ij,ij->j", part, spread_out) / len(part) / variance[self.group]
        part += spread_out * (change[self.group] * share)


def _almost_independent(
    tree: Tree, lasting: float, shape: tuple[int, int, int], rng: np.random.Generator
) -> FloatArray:
    """Scores (draws, h, N) with a small shock common to each node above the bottom, and their own."""
    draws, horizon, _ = shape
    total = np.zeros(shape)
    above = tree.members.shape[0] - 1
    common = min(COMMON, 0.5 / max(above, 1))
    for number, members in enumerate(tree.members):
        share = common if number < above else 1.0 - common * above
        nodes, group = np.unique(members, return_inverse=True)
        noise = rng.normal(size=(draws, horizon, nodes.size))
        for step in range(1, horizon):
            noise[:, step] = lasting * noise[:, step - 1] + np.sqrt(1.0 - lasting**2) * noise[:, step]
        total += np.sqrt(share) * noise[:, :, group]
    return total
