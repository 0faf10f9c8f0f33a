"""Joint normal scores of bottom series with which every node of a hierarchy is as wide as its own forecast says.

How far series move together is not estimated pair by pair from a few errors: each node was forecast for itself,
and its width tells how much of its parts' noise cancels in it. Scores start almost independent and are changed as
little as gives every sum its width, level by level and around again (iterative proportional scaling, which for
normal distributions is the nearest one with the given variances). Parts that move against each other come out so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.monthly.lasting import USUAL, Lasting, fitted
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
FEW_NODES = 5.0
"""Nodes that a level's own correlations must come from to weigh as much as those of all levels."""
FLEETING = 0.75
"""How much of what earlier origins take for new each period is so in the shocks that levels above share."""
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


def lasting(method: str, trials: Sequence[Trial], tree: Tree) -> list[Lasting]:
    """How errors last at each level, by their correlations over all lags at earlier origins.

    Correlations of neighbours alone would let errors that stay fade away, and sums over a year come out too sure.
    A level of few nodes leans on the mean of all levels. What is shared above the bottom lasts longer than errors
    of few nodes over few overlapping origins can show.
    """
    levels, most = tree.members.shape[0], max((trial.mean.shape[0] for trial in trials), default=1)
    product, square = np.zeros((levels, most)), np.full((levels, most), 1e-12)
    for trial in trials:
        gap = np.nan_to_num(trial.observed) - reconciled(method, trial.mean, apart(trials, trial), tree)
        z = np.clip(gap / np.maximum(trial.spread, 1e-9), -3.5, 3.5)
        for lag in range(1, len(z)):
            before, after = z[:-lag], z[lag:]
            for level, nodes in enumerate(_nodes_by_level(tree)):
                product[level, lag] += (before[:, nodes] * after[:, nodes]).sum()
                square[level, lag] += 0.5 * ((before[:, nodes] ** 2).sum() + (after[:, nodes] ** 2).sum())
    if most < 2 or not product.any():
        return [USUAL] * levels
    own = product / square
    size = np.asarray([nodes.size for nodes in _nodes_by_level(tree)])[:, None]
    correlation = (size * own + FEW_NODES * own.mean(axis=0)) / (size + FEW_NODES)
    pairs = np.arange(most, 0, -1)[1:]
    *above, bottom = [fitted(one[1:], pairs) for one in correlation]
    return [*(replace(one, share=1.0 - FLEETING * (1.0 - one.share)) for one in above), bottom]


def _nodes_by_level(tree: Tree) -> list[IntArray]:
    return [np.unique(nodes) for nodes in tree.members]


def scores(
    bottom: Margins,
    widths: FloatArray,
    memory: Sequence[Lasting],
    tree: Tree,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Standard normal scores of the bottom series with which sums are as wide as they should be.

    Args:
        bottom: distributions of the bottom series.
        widths: standard deviations wanted of the nodes, shape (h, M).
        memory: how scores last, by level.
        tree: the hierarchy.
        draws: how many.
        rng: source of randomness.

    Returns:
        Shape (draws, h, N); each series' scores have mean square 1.
    """
    _, slope, rest = bottom.linear()
    wanted = np.maximum(widths**2 - tree.add_up(rest), LEAST_LINEAR * widths**2)
    slope, target = np.maximum(slope, 1e-9), np.sqrt(wanted)
    z = _almost_independent(tree, memory, (draws, *slope.shape), rng)
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
    tree: Tree, memory: Sequence[Lasting], shape: tuple[int, int, int], rng: np.random.Generator
) -> FloatArray:
    """Scores (draws, h, N) with a small shock common to each node above the bottom, and their own."""
    draws, horizon, _ = shape
    total = np.zeros(shape)
    above = tree.members.shape[0] - 1
    common = min(COMMON, 0.5 / max(above, 1))
    for number, members in enumerate(tree.members):
        share = common if number < above else 1.0 - common * above
        nodes, group = np.unique(members, return_inverse=True)
        noise = memory[number].noise((draws, horizon, nodes.size), rng)
        total += np.sqrt(share) * noise[:, :, group]
    return total
