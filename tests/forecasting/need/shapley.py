"""The Shapley form of a decomposition (Das Gupta 1993): exact, slow, and what the drivers are checked against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def shapley(
    value: Callable[[Sequence[FloatArray]], FloatArray], before: Sequence[FloatArray], after: Sequence[FloatArray]
) -> FloatArray:
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
