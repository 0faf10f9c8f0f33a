"""Means that add up: bottom-up, and minimum trace with diagonal or shrunk error covariance. No draws here.

Minimum trace is that of Wickramasuriya, Athanasopoulos and Hyndman (2019), but covariances are those of errors at
earlier origins, as residuals of the fit promise too much; shrunk to the diagonal (Schafer and Strimmer 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.scores import FloatArray

METHODS = ("bottom_up", "diagonal", "shrunk")
PRIOR_ERRORS = 2.0
"""Independent errors' worth of trust in the variance that a node's level expects, against its own few errors."""
TRUST = 0.5
"""Share of minimum trace's change to bottom-up that is made: its covariance rests on few origins that overlap."""
PERIODS_PER_ERROR = 3.0
"""Errors of neighbouring periods move together: so many periods count as one independent error."""


@dataclass(frozen=True)
class Tree:
    """Nodes of a hierarchy and the bottom series each of them sums.

    Attributes:
        names: of the nodes, shape (M,).
        sums: 1 where a node holds a bottom series, shape (M, N).
        level: number of each node's level, shape (M,); the last level is the bottom.
    """

    names: NDArray[np.object_]
    sums: FloatArray
    level: NDArray[np.int64]

    @property
    def bottom(self) -> NDArray[np.int64]:
        """Numbers of the bottom nodes, in the order of the columns of `sums`."""
        places = np.flatnonzero(self.level == self.level.max())
        return np.asarray(places[np.argsort(self.sums[places].argmax(axis=1), kind="stable")], dtype=np.int64)


@dataclass(frozen=True)
class Trial:
    """Forecasts of all nodes from an earlier origin beside what came; arrays of shape (h, M).

    Attributes:
        back: periods held back.
        mean: expected values.
        observed: what came.
        spread: standard deviation of the forecast, judged at other origins.
    """

    back: int
    mean: FloatArray
    observed: FloatArray
    spread: FloatArray

    @property
    def targets(self) -> set[int]:
        """The periods forecast, counted back from the end."""
        return set(range(self.back - self.mean.shape[0] + 1, self.back + 1))

    @property
    def error(self) -> FloatArray:
        """What came less what was expected; unknown counts as no error."""
        return np.nan_to_num(self.observed - self.mean)


def apart(trials: Sequence[Trial], trial: Trial) -> list[Trial]:
    """The trials that forecast none of a trial's periods: errors of one period are alike from every origin."""
    return [other for other in trials if not other.targets & trial.targets]


def reconciled(method: str, mean: FloatArray, trials: Sequence[Trial], tree: Tree) -> FloatArray:
    """Means of all nodes that add up, none negative where no base mean is.

    Args:
        method: one of `METHODS`.
        mean: base means, shape (h, M).
        trials: forecasts from earlier origins; without any, nothing is added.
        tree: the hierarchy.
    """
    base = mean[:, tree.bottom]
    bottom = base
    if method != "bottom_up" and trials:
        bottom = base + TRUST * _adjustment(method, mean, trials, tree)
    if (base >= 0.0).all():
        bottom = _non_negative(bottom, tree)
    return np.asarray(bottom @ tree.sums.T)


def choose_method(trials: Sequence[Trial], tree: Tree) -> pd.DataFrame:
    """Methods by their mean absolute error at earlier origins, best first; covariances are of the other origins.

    Errors are divided by the level's mean observed value, and levels weigh alike. Covariances are of origins that
    forecast other periods.
    """
    rows = []
    for method in METHODS:
        losses = []
        for trial in trials:
            others = apart(trials, trial)
            if not others:
                continue
            gap = np.abs(np.nan_to_num(trial.observed) - reconciled(method, trial.mean, others, tree))
            size = np.abs(np.nan_to_num(trial.observed))
            losses.append(
                [
                    gap[:, tree.level == level].sum() / max(size[:, tree.level == level].sum(), 1e-9)
                    for level in np.unique(tree.level)
                ]
            )
        rows.append((method, float(np.mean(losses)) if losses else float("nan")))
    table = pd.DataFrame(rows, columns=["method", "error"])
    return table.sort_values("error", kind="stable", na_position="last", ignore_index=True)


def _adjustment(method: str, mean: FloatArray, trials: Sequence[Trial], tree: Tree) -> FloatArray:
    """What minimum trace adds to the bottom means, shape (h, N).

    In constraint form: b = b0 - (W U')_bottom (U W U')^-1 U y with U the constraints (aggregate less its parts), a
    system of the size of the aggregates.
    """
    bottom = tree.bottom
    above = np.setdiff1d(np.arange(tree.names.size), bottom)
    errors = np.concatenate([trial.error for trial in trials])
    independent = len(set().union(*(trial.targets for trial in trials))) / PERIODS_PER_ERROR
    covariance = _covariance(method, errors, max(independent, 1.0), tree)
    constraints = np.zeros((above.size, tree.names.size))
    constraints[np.arange(above.size), above] = 1.0
    constraints[:, bottom] = -tree.sums[above]
    weighted = covariance @ constraints.T
    inner = constraints @ weighted
    inner += np.eye(above.size) * 1e-9 * np.trace(inner) / max(above.size, 1)
    gap = mean @ constraints.T
    return np.asarray(-(np.linalg.solve(inner, gap.T).T @ weighted[bottom].T))


def _covariance(method: str, errors: FloatArray, independent: float, tree: Tree) -> FloatArray:
    """Error covariance of the nodes, shape (M, M): variances leaned on the level's, correlations shrunk."""
    own = (errors**2).mean(axis=0)
    count = tree.sums.sum(axis=1)
    expected = np.empty_like(own)
    for level in np.unique(tree.level):
        mine = tree.level == level
        expected[mine] = count[mine] * (own[mine] / count[mine]).mean()
    # a level's nodes differ in size: the lean is bounded by what the node itself has shown
    expected = np.clip(expected, own / 4.0, 4.0 * own)
    variance = (independent * own + PRIOR_ERRORS * expected) / (independent + PRIOR_ERRORS)
    variance = np.maximum(variance, 1e-9 * max(float(variance.max()), 1e-12))
    if method == "diagonal":
        return np.diag(variance)
    z = errors / np.sqrt(np.maximum(own, 1e-12))
    correlation = z.T @ z / errors.shape[0]
    noise = ((z**2).T @ (z**2) / errors.shape[0] - correlation**2) / independent
    off = ~np.eye(z.shape[1], dtype=bool)
    shrink = float(np.clip(noise[off].sum() / max(float((correlation[off] ** 2).sum()), 1e-12), 0.05, 1.0))
    correlation = (1.0 - shrink) * correlation
    np.fill_diagonal(correlation, 1.0)
    deviation = np.sqrt(variance)
    return np.asarray(correlation * deviation[:, None] * deviation[None, :])


def _non_negative(bottom: FloatArray, tree: Tree) -> FloatArray:
    """Bottom means without negative values, scaled so that the total of each step stays."""
    kept = np.maximum(bottom, 0.0)
    total, now = np.maximum(bottom.sum(axis=1), 0.0), kept.sum(axis=1)
    return np.asarray(kept * (total / np.maximum(now, 1e-12))[:, None])
