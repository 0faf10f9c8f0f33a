"""Means that add up: bottom-up, and minimum trace with diagonal or shrunk error covariance. No draws here.

Minimum trace is that of Wickramasuriya, Athanasopoulos and Hyndman (2019), but covariances are those of errors at
earlier origins, as residuals of the fit promise too much; shrunk to the diagonal (Schafer and Strimmer 2005). The
non-negative forms are those of Wickramasuriya, Turlach and Hyndman (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly.least_squares import Covariance, change, non_negative_change
from forecasting.monthly.tree import Tree
from forecasting.scores import FloatArray

METHODS = ("bottom_up", "diagonal", "shrunk", "non_negative", "shrunk_non_negative")
PRIOR_ERRORS = 2.0
"""Independent errors' worth of trust in the variance that a node's level expects, against its own few errors."""
TRUST = 0.5
"""Share of minimum trace's change to bottom-up that is made: its covariance rests on few origins that overlap."""
PERIODS_PER_ERROR = 3.0
"""Errors of neighbouring periods move together: so many periods count as one independent error."""


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
        method: one of `METHODS`; those with `non_negative` in their name look for the best means among those that
            are nowhere negative, the others take negative ones to zero and keep the total.
        mean: base means, shape (h, M).
        trials: forecasts from earlier origins; without any, nothing is added.
        tree: the hierarchy.
    """
    base = mean[:, tree.bottom]
    bottom, positive = base, bool((base >= 0.0).all())
    if method != "bottom_up" and trials:
        errors = np.concatenate([trial.error for trial in trials])
        independent = len(set().union(*(trial.targets for trial in trials))) / PERIODS_PER_ERROR
        covariance = _covariance(errors, max(independent, 1.0), tree, shrunk=method.startswith("shrunk"))
        least = non_negative_change if positive and method.endswith("non_negative") else change
        bottom = base + TRUST * least(mean, covariance, tree)
    return tree.add_up(_non_negative(bottom) if positive else bottom)


def choose_method(trials: Sequence[Trial], tree: Tree) -> pd.DataFrame:
    """Methods by their mean absolute error at earlier origins, best first; covariances are of the other origins.

    Errors are divided by the level's mean observed value, and levels weigh alike. Covariances are of origins that
    forecast other periods. Of methods that are equally good the plainer stands first.
    """
    level = tree.level
    rows = []
    for method in METHODS:
        losses = []
        for trial in trials:
            others = apart(trials, trial)
            if not others:
                continue
            gap = np.abs(np.nan_to_num(trial.observed) - reconciled(method, trial.mean, others, tree)).sum(axis=0)
            size = np.abs(np.nan_to_num(trial.observed)).sum(axis=0)
            losses.append((np.bincount(level, gap) / np.maximum(np.bincount(level, size), 1e-9)).tolist())
        rows.append((method, float(np.mean(losses)) if losses else float("nan")))
    table = pd.DataFrame(rows, columns=["method", "error"])
    return table.sort_values("error", kind="stable", na_position="last", ignore_index=True)


def _covariance(errors: FloatArray, independent: float, tree: Tree, *, shrunk: bool) -> Covariance:
    """Error covariance of the nodes: variances leaned on the level's, correlations left out or shrunk."""
    own = (errors**2).mean(axis=0)
    count = np.asarray(tree.sums.sum(axis=1)).ravel()
    level = tree.level
    of_level = np.bincount(level, own / count) / np.bincount(level)
    # a level's nodes differ in size: the lean is bounded by what the node itself has shown
    expected = np.clip(count * of_level[level], own / 4.0, 4.0 * own)
    variance = (independent * own + PRIOR_ERRORS * expected) / (independent + PRIOR_ERRORS)
    variance = np.maximum(variance, 1e-9 * max(float(variance.max()), 1e-12))
    if not shrunk:
        return Covariance(variance, np.zeros((own.size, 0)))
    z = errors / np.sqrt(np.maximum(own, 1e-12))
    kept, unit = 1.0 - _shrinkage(z, independent), (z**2).mean(axis=0)
    factor = np.sqrt(kept * variance / len(z))[:, None] * z.T
    return Covariance(variance * (1.0 - kept * unit), factor)


def _shrinkage(z: FloatArray, independent: float) -> float:
    """How far correlations are shrunk: their sampling variance over their squares, sums over all pairs of nodes.

    Such sums follow from products over the few errors, so no matrix of all pairs is made.
    """
    rows = len(z)
    unit = (z**2).mean(axis=0)
    squares = float(((z @ z.T) ** 2).sum()) / rows**2 - float((unit**2).sum())
    fourth = float((z**2).sum(axis=1) @ (z**2).sum(axis=1)) / rows - float((z**4).mean(axis=0).sum())
    return float(np.clip((fourth - squares) / independent / max(squares, 1e-12), 0.05, 1.0))


def _non_negative(bottom: FloatArray) -> FloatArray:
    """Bottom means without negative values, scaled so that the total of each step stays."""
    kept = np.maximum(bottom, 0.0)
    total, now = np.maximum(bottom.sum(axis=1), 0.0), kept.sum(axis=1)
    return np.asarray(kept * (total / np.maximum(now, 1e-12))[:, None])
