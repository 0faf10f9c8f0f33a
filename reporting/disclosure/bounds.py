"""How closely a reader can bound each hidden cell from the published sums, by propagating intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reporting.disclosure.sums import Sum

_FAR = 1e12
_ROUNDS = 40


class Bounds:
    """Intervals of hidden cells that follow from the sums and from counts not being negative.

    Each round tightens every cell's interval by every sum it stands in: a part is at most the total less the
    least of the other parts, and at least the total less their most. What this finds, linear programming finds
    too; the reverse may take programming.

    Args:
        sums: the sums that a reader can form.
        cells: number of cells.
    """

    def __init__(self, sums: Sequence[Sum], cells: int) -> None:
        self._cells = cells
        self._totals = np.array([one.total for one in sums], dtype=np.intp)
        self._parts = np.concatenate([one.parts for one in sums])
        self._of = np.repeat(np.arange(len(sums)), [len(one.parts) for one in sums])

    def of(
        self, counts: NDArray[np.float64], hidden: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest value that a reader must allow for each cell, (n,) and (n,)."""
        low = np.where(hidden, 0.0, counts)
        high = np.where(hidden, _FAR, counts)
        for _ in range(_ROUNDS):
            before = low.sum() - high.sum()
            self._tighten(low, high)
            if low.sum() - high.sum() <= before + 1e-6:
                break
        return low, np.where(high > _FAR / 2, np.inf, high)

    def _tighten(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        size = len(self._totals)
        lows = np.bincount(self._of, low[self._parts], minlength=size)
        highs = np.bincount(self._of, high[self._parts], minlength=size)
        np.maximum.at(low, self._totals, lows)
        np.minimum.at(high, self._totals, highs)
        total_low, total_high = low[self._totals][self._of], high[self._totals][self._of]
        part_low, part_high = low[self._parts], high[self._parts]
        np.minimum.at(high, self._parts, total_high - (lows[self._of] - part_low))
        np.maximum.at(low, self._parts, total_low - (highs[self._of] - part_high))
