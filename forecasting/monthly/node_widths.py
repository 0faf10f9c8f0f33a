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

from forecasting.monthly.lasting import Lasting, variance_of_sum
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
LASTING_PER_LOG, MOST_LASTING = 0.025, 0.3
"""Share of what models take for new that lasts in a sum, for each log of its number of series, and the largest."""
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


def over_time(together: FloatArray, tree: Tree) -> FloatArray:
    """How far errors of each node's periods hang together, shape (M,), for the widths of sums over the horizon.

    What its model says holds for a series by itself. In a sum of many series what is new each period cancels, and
    what lasts (a level, a slope or a season that all models miss alike) does not: a share of what the model takes
    for new lasts. Errors of one node at a few overlapping origins say next to nothing of it.

    Args:
        together: mean correlation of each node's periods by its model, shape (M,).
        tree: the hierarchy.
    """
    parts = np.asarray(tree.sums.sum(axis=1)).ravel()
    share = np.minimum(LASTING_PER_LOG * np.log(parts), MOST_LASTING)
    return np.asarray(together + share * (1.0 - together))


def scores(
    bottom: Margins,
    widths: FloatArray,
    together: FloatArray,
    tree: Tree,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Standard normal scores of the bottom series with which sums are as wide as they should be.

    Args:
        bottom: distributions of the bottom series.
        widths: standard deviations wanted of the nodes, shape (h, M).
        together: mean correlation of the periods of each node's errors, shape (M,): with the widths it says how
            wide the node's sum over the horizon is.
        tree: the hierarchy.
        draws: how many.
        rng: source of randomness.

    Returns:
        Shape (draws, h, N); each series' scores have mean square 1.
    """
    _, slope, rest = bottom.linear()
    slope = np.maximum(slope, 1e-9)
    own = widths.copy()
    own[:, tree.bottom] = np.sqrt(slope**2 + rest)
    aside = tree.add_up(rest)
    target = _linear_part(own**2, aside)
    whole = _linear_part(variance_of_sum(own, together), aside.sum(axis=0))
    memory = [Lasting.of(float(together[np.unique(nodes)].mean()), len(slope)) for nodes in tree.members]
    z = _almost_independent(tree, memory, (draws, *slope.shape), rng)
    z *= slope
    levels = [_Level.of(nodes) for nodes in tree.members]
    for _ in range(ROUNDS):  # periods last: each series' scores must be standard in every one of them
        for level in reversed(levels):
            level.widen_sums(z, whole)
        for step in range(slope.shape[0]):
            part = z[:, step]
            for level in reversed(levels[:-1]):
                level.widen(part, target[step])
            part *= slope[step] / np.maximum(np.sqrt(np.einsum("ij,ij->j", part, part) / draws), 1e-12)
    z /= slope
    return z


def _linear_part(variance: FloatArray, rest: FloatArray) -> FloatArray:
    """Standard deviation that is left to the scores' linear part."""
    return np.asarray(np.sqrt(np.maximum(variance - rest, LEAST_LINEAR * variance)))


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
        total = self._sums(part)
        self._take_share(part, total, *self._change(total, target))

    def widen_sums(self, parts: FloatArray, target: FloatArray) -> None:
        """The same for each node's sum over the periods too, deviations (draws, h, N)."""
        total = sum((self._sums(parts[:, step]) for step in range(parts.shape[1])), np.zeros(1))
        found = self._change(total, target)
        for step in range(parts.shape[1]):
            self._take_share(parts[:, step], total, *found)

    def _sums(self, part: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(part[:, self.order], self.starts, axis=1))

    def _change(self, total: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Variance of each node's sum, and by what share of itself it is to grow."""
        variance = np.maximum(np.einsum("ij,ij->j", total, total) / len(total), 1e-18)
        return variance, np.clip(target[self.nodes] / np.sqrt(variance), 1.0 / MOST_CHANGE, MOST_CHANGE) - 1.0

    def _take_share(self, part: FloatArray, total: FloatArray, variance: FloatArray, change: FloatArray) -> None:
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
