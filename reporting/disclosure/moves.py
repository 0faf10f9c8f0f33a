"""Linear programming over published sums: the cheapest way in which a hidden count could have another value.

A move is a change of several cells that leaves every published sum true. As long as all cells that it changes are
hidden, a reader cannot tell the true table from the moved one.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from reporting.disclosure.sums import Sum

_STILL = 1e-6
_EVERY_CELL = 1e-3  # a small price of every moved cell: moves stay short


class Moves:
    """Moves of the cells of one problem, cheapest first (Kelly, Golden & Assad 1992).

    Args:
        counts: value of each cell, (n,).
        sums: the sums that a reader can form.
        fixed: cells that cannot move, because a reader knows them, (n,).
        cost: price of moving each cell, (n,); hidden cells should cost nothing.
    """

    def __init__(
        self,
        counts: NDArray[np.float64],
        sums: Sequence[Sum],
        fixed: NDArray[np.bool_],
        cost: NDArray[np.float64],
    ) -> None:
        self._size = size = counts.size
        self._down = np.where(fixed, 0.0, np.maximum(counts, 0.0))
        self._up = np.where(fixed, 0.0, highspy.kHighsInf)
        self._solver = highspy.Highs()
        for option, value in (("output_flag", False), ("presolve", "off"), ("solver", "simplex"), ("threads", 1)):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(self._model(size, sums, cost))

    def _model(self, size: int, sums: Sequence[Sum], cost: NDArray[np.float64]) -> highspy.HighsLp:
        entries: list[list[tuple[int, float]]] = [[] for _ in range(size)]
        for row, one in enumerate(sums):
            entries[one.total].append((row, -1.0))
            for part in one.parts:
                entries[int(part)].append((row, 1.0))
        lengths = np.array([len(column) for column in entries])
        index = np.array([row for column in entries for row, _ in column], dtype=np.int32)
        value = np.array([sign for column in entries for _, sign in column])
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * size, len(sums)
        model.col_cost_ = np.tile(cost + _EVERY_CELL, 2)
        model.col_lower_ = np.zeros(2 * size)
        model.col_upper_ = np.concatenate([self._up, self._down])
        model.row_lower_ = model.row_upper_ = np.zeros(len(sums))
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        starts = np.concatenate([[0], np.cumsum(lengths)])
        model.a_matrix_.start_ = np.concatenate([starts, starts[1:] + starts[-1]]).astype(np.int32)
        model.a_matrix_.index_ = np.tile(index, 2)
        model.a_matrix_.value_ = np.concatenate([value, -value])
        return model

    def price(self, cell: int, cost: float) -> None:
        """Change the price of moving a cell."""
        for column in (cell, cell + self._size):
            self._solver.changeColCost(column, cost + _EVERY_CELL)

    def cheapest(self, cell: int, change: float) -> NDArray[np.float64] | None:
        """The cheapest move that changes `cell` by `change`: change of every cell, (n,), or None."""
        if change > self._up[cell] or -change > self._down[cell]:
            return None
        up, down = cell, cell + self._size
        self._solver.changeColBounds(up, max(change, 0.0), max(change, 0.0))
        self._solver.changeColBounds(down, max(-change, 0.0), max(-change, 0.0))
        self._solver.clearSolver()  # at rest no cell moves: prices are not negative, so few pivots lead from there
        self._solver.run()
        found = self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        values = np.asarray(self._solver.getSolution().col_value) if found else None
        self._solver.changeColBounds(up, 0.0, self._up[cell])
        self._solver.changeColBounds(down, 0.0, self._down[cell])
        if values is None:
            return None
        move = values[: self._size] - values[self._size :]
        move[np.abs(move) < _STILL] = 0.0
        return np.asarray(move)
