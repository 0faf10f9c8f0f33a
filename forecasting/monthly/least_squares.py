"""The nearest values that add up, by generalised least squares, free or nowhere negative; sparse in large trees.

Written with constraints C x = 0 (an aggregate less its parts; a value held at zero): x = y - W C' (C W C')^-1 C y.
W is a diagonal and a few columns, so C W C' is a sparse matrix and a few columns, however many series there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from forecasting.monthly.panel import BoolArray
from forecasting.monthly.tree import Tree
from forecasting.scores import FloatArray

RIDGE = 1e-9
ROUNDS = 30
"""Changes of the set of values held at zero; it settles in a handful, and never having settled is no harm."""


@dataclass(frozen=True)
class Covariance:
    """diag(diagonal) + factor @ factor.T over the nodes; factor has few columns, or none."""

    diagonal: FloatArray
    factor: FloatArray


def change(mean: FloatArray, covariance: Covariance, tree: Tree) -> FloatArray:
    """What the nearest means that add up differ by from the base means of the bottom series, shape (h, N)."""
    moved, _ = _solved(mean, covariance, _constraints(tree))
    return np.asarray(moved[:, tree.bottom])


def non_negative_change(mean: FloatArray, covariance: Covariance, tree: Tree) -> FloatArray:
    """The same for the nearest means that add up and are nowhere negative.

    Values below zero are held at zero, those whose holding pulls them down are let go, until neither is left
    (block principal pivoting, period by period; only where the free solution is negative).
    """
    result = change(mean, covariance, tree)
    sums = _constraints(tree)
    least = -1e-9 * max(float(np.abs(mean).max()), 1e-12)
    for step in np.flatnonzero((mean[:, tree.bottom] + result < least).any(axis=1)):
        result[step] = _held(mean[step], covariance, sums, tree, least)
    return result


def _held(
    mean: FloatArray, covariance: Covariance, sums: sparse.csr_array, tree: Tree, least: float
) -> FloatArray:
    base = mean[tree.bottom]
    moved, _ = _solved(mean[None], covariance, sums)
    held = base + moved[0, tree.bottom] < least
    for _ in range(ROUNDS):
        moved, force = _solved(mean[None], covariance, sparse.vstack([sums, _at_zero(held, tree)], format="csr"))
        values = base + moved[0, tree.bottom]
        wanted = ~held & (values < least)
        wanted[held] = force[0, sums.shape[0] :] <= 0.0
        if (wanted == held).all():
            break
        held = wanted
    return np.asarray(np.where(held, -base, moved[0, tree.bottom]))


def _constraints(tree: Tree) -> sparse.csr_array:
    """One row per node above the bottom: itself less the bottom series it sums."""
    above = tree.above
    rows = np.arange(above.size)
    own = sparse.csr_array((np.ones(above.size), (rows, above)), shape=(above.size, tree.names.size))
    place = sparse.csr_array(
        (np.ones(tree.bottom.size), (np.arange(tree.bottom.size), tree.bottom)),
        shape=(tree.bottom.size, tree.names.size),
    )
    return sparse.csr_array(own - tree.sums[above] @ place)


def _at_zero(held: BoolArray, tree: Tree) -> sparse.csr_array:
    nodes = tree.bottom[held]
    return sparse.csr_array(
        (np.ones(nodes.size), (np.arange(nodes.size), nodes)), shape=(nodes.size, tree.names.size)
    )


def _solved(
    mean: FloatArray, covariance: Covariance, constraints: sparse.csr_array
) -> tuple[FloatArray, FloatArray]:
    """The change of every node (h, M) and the multipliers of the constraints (h, rows)."""
    weighted = constraints * covariance.diagonal[None, :]
    inner = (constraints @ weighted.T).tocsc()
    ridge = RIDGE * float(inner.diagonal().mean()) if inner.shape[0] else 0.0
    solve = splu((inner + ridge * sparse.eye_array(inner.shape[0])).tocsc()).solve
    multipliers = solve(np.asarray(constraints @ mean.T))
    if covariance.factor.shape[1]:
        columns = np.asarray(constraints @ covariance.factor)
        solved = solve(columns)
        small = np.eye(columns.shape[1]) + columns.T @ solved
        multipliers = multipliers - solved @ np.linalg.solve(small, columns.T @ multipliers)
    back = np.asarray(constraints.T @ multipliers)
    moved = -(covariance.diagonal[:, None] * back + covariance.factor @ (covariance.factor.T @ back))
    return np.asarray(moved.T), np.asarray(multipliers.T)
