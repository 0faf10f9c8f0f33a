"""Why need changes: exact decomposition of a change of sums of products into effects of the factors.

LMDI-I (Ang 2004): effect of factor k = sum over cells of L(y1, y0) * ln(f1_k / f0_k), L the logarithmic mean. The
effects sum to the change with no residual. The Shapley form (Das Gupta 1993) is the cross-check for few factors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Values = NDArray[np.float32] | NDArray[np.float64]

TINY = 1e-12
"""Stands for zero in logarithms; the effects converge as it goes to zero (Ang and Liu 2007)."""


def logarithmic_mean(after: FloatArray, before: FloatArray) -> FloatArray:
    """(after - before) / ln(after / before); the value itself where both are equal.

    Close values go by the series around their mean, which keeps full precision.
    """
    ratio = np.log(after / before)
    near = np.abs(ratio) < 1e-4
    safe = np.where(near, 1.0, ratio)
    geometric = np.sqrt(after * before)
    return np.asarray(np.where(near, geometric * (1.0 + ratio**2 / 24.0), (after - before) / safe))


def lmdi(before: Sequence[FloatArray], after: Sequence[FloatArray], axis: int | tuple[int, ...]) -> FloatArray:
    """Effects of each factor on the change of the sum of products.

    Args:
        before: K factors, broadcastable to one shape, at the start.
        after: the same at the end.
        axis: axes of the cells that are summed over.

    Returns:
        Effects, shape (K, ...); their sum over K is the change of the sum of products.
    """
    start = [np.maximum(np.asarray(f, dtype=np.float64), TINY) for f in before]
    end = [np.maximum(np.asarray(f, dtype=np.float64), TINY) for f in after]
    weight = logarithmic_mean(_product(end), _product(start))
    return np.stack([(weight * np.log(b / a)).sum(axis=axis) for a, b in zip(start, end, strict=True)])


def _product(factors: Sequence[FloatArray]) -> FloatArray:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


def shapley(value: Callable[[Sequence[FloatArray]], FloatArray], before: Sequence[FloatArray],
            after: Sequence[FloatArray]) -> FloatArray:  # fmt: skip
    """Shapley effects of changing each factor from `before` to `after`, for any function of up to five factors.

    Args:
        value: the function of the K factors.
        before: factors at the start.
        after: factors at the end.

    Returns:
        Effects, shape (K, ...), that sum to value(after) - value(before).

    Raises:
        ValueError: more than five factors.
    """
    k = len(before)
    if k > 5:
        raise ValueError(f"Shapley effects of {k} factors are too many; at most 5")
    effects = []
    for i in range(k):
        others = [j for j in range(k) if j != i]
        total: FloatArray | float = 0.0
        for size in range(k):
            for chosen in combinations(others, size):
                without = [after[j] if j in chosen else before[j] for j in range(k)]
                with_it = [after[j] if j in chosen or j == i else before[j] for j in range(k)]
                total = total + (value(with_it) - value(without)) / (k * comb(k - 1, size))
        effects.append(np.asarray(total))
    return np.stack(effects)


def need_effects(
    exposure: tuple[Values, Values],
    rate: tuple[Values, Values],
    residents: tuple[Values, Values],
    node_units: FloatArray,
) -> dict[str, FloatArray]:
    """Effects of population size, age structure and rates on expected need, per node and draw.

    Need of a cell is N * s * r: residents of the node, the cell's exposed share of them, its rate. The structure
    effect holds sex and place (in nodes of several areas) as well as age.

    Args:
        exposure: persons at the start and the end, each broadcastable to (units, groups, draws).
        rate: expected counts per person, likewise.
        residents: persons of all ages, each broadcastable to (units, draws).
        node_units: membership, shape (nodes, units).

    Returns:
        `size`, `structure`, `rate` and `total`, each of shape (nodes, draws); the three sum to `total`.
    """
    x0, x1 = (np.maximum(np.asarray(e, dtype=np.float64), TINY) for e in exposure)
    r0, r1 = (np.maximum(np.asarray(r, dtype=np.float64), TINY) for r in rate)
    y0, y1 = x0 * r0, x1 * r1
    weight = logarithmic_mean(y1, y0)
    persons = node_units @ (weight * np.log(x1 / x0)).sum(axis=1)
    by_rate = node_units @ (weight * np.log(r1 / r0)).sum(axis=1)
    n0, n1 = (node_units @ np.asarray(n, dtype=np.float64) for n in residents)
    size = np.log(np.maximum(n1, TINY) / np.maximum(n0, TINY)) * (node_units @ weight.sum(axis=1))
    total = node_units @ (y1 - y0).sum(axis=1)
    return {"size": size, "structure": persons - size, "rate": by_rate, "total": total}
