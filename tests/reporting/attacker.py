"""An attacker: linear programming over everything published, written apart from what it attacks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_matrix, lil_matrix

FAR = 1e6
_SLACK = 1e-5
_AT_ONCE = 20

Cell = Hashable
Sums = Iterable[tuple[Cell, Sequence[Cell]]]
Ends = Mapping[Cell, tuple[float, float]]
Limits = Sequence[tuple[Mapping[Cell, float], float]]
"""Weighted sums of cells that are at most a number."""


class _Group:
    """Hidden cells that sums tie together, and what those sums say of them."""

    def __init__(
        self, told: Mapping[Cell, float], sums: list, cells: list[Cell], ends: Ends, limits: list
    ) -> None:
        self.cells = cells
        self._ends = np.array([ends.get(cell, (0.0, FAR)) for cell in cells])
        self.place = {cell: i for i, cell in enumerate(cells)}
        rows, columns, values = [], [], []
        self._right = np.zeros(len(sums))
        for row, (whole, parts) in enumerate(sums):
            for sign, cell in [(-1.0, whole), *((1.0, part) for part in parts)]:
                if cell in self.place:
                    rows.append(row)
                    columns.append(self.place[cell])
                    values.append(sign)
                else:
                    self._right[row] -= sign * told[cell]
        self._relations = csr_matrix((values, (rows, columns)), shape=(len(sums), len(cells)))
        self._limits, self._most = lil_matrix((len(limits), len(cells))), np.zeros(len(limits))
        for row, (weights, most) in enumerate(limits):
            self._most[row] = most - sum(w * told[cell] for cell, w in weights.items() if cell in told)
            for cell, weight in weights.items():
                if cell not in told:
                    self._limits[row, self.place[cell]] = weight

    def solve(self, goal: np.ndarray, most: np.ndarray | float = FAR) -> np.ndarray:
        """A table that agrees with everything told and has the least `goal`."""
        bounds = np.stack([self._ends[:, 0], np.minimum(self._ends[:, 1], most)], 1)
        solved = linprog(goal, *self._within(1), bounds=bounds)
        assert solved.status == 0, solved.message
        return solved.x

    def _within(self, copies: int) -> tuple:
        """What is at most and what is equal, for so many tables beside each other."""
        most = (block_diag([csr_matrix(self._limits)] * copies), np.tile(self._most, copies))
        equal = (block_diag([self._relations] * copies), np.tile(self._right, copies))
        return *(most if self._most.size else (None, None)), *(equal if self._right.size else (None, None))

    def bounds(self, goals: Sequence[Cell]) -> dict[Cell, tuple[float, float]]:
        """Lowest and highest value of each goal: one programme with a copy of the relations for each end."""
        copies = 2 * len(goals)
        objective = np.zeros((copies, len(self.cells)))
        for i, goal in enumerate(goals):
            objective[2 * i, self.place[goal]], objective[2 * i + 1, self.place[goal]] = 1.0, -1.0
        bounds = np.tile(self._ends, (copies, 1))
        solved = linprog(objective.ravel(), *self._within(copies), bounds=bounds)
        assert solved.status == 0, solved.message
        tables = solved.x.reshape(copies, len(self.cells))
        return {
            goal: (float(tables[2 * i, self.place[goal]]), float(tables[2 * i + 1, self.place[goal]]))
            for i, goal in enumerate(goals)
        }


def _groups(
    told: Mapping[Cell, float], sums: Sums, goals: set[Cell], ends: Ends, limits: Limits
) -> Iterator[tuple[_Group, list[Cell]]]:
    """The groups with a goal among their hidden cells."""
    parent: dict[Cell, Cell] = {}

    def root(cell: Cell) -> Cell:
        while parent.setdefault(cell, cell) != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    open_sums = []
    for whole, parts in sums:
        hidden = [cell for cell in (whole, *parts) if cell not in told]
        if hidden:
            open_sums.append((whole, parts, hidden[0]))
        for cell in hidden[1:]:
            parent[root(cell)] = root(hidden[0])
    open_limits = []
    for weights, most in limits:
        hidden = [cell for cell in weights if cell not in told]
        if hidden:
            open_limits.append((weights, most, hidden[0]))
        for cell in hidden[1:]:
            parent[root(cell)] = root(hidden[0])
    gathered: dict[Cell, tuple[list, list]] = {}
    for whole, parts, one in open_sums:
        gathered.setdefault(root(one), ([], []))[0].append((whole, parts))
    for weights, most, one in open_limits:
        gathered.setdefault(root(one), ([], []))[1].append((weights, most))
    for tied, bound in gathered.values():
        known = [c for whole, parts in tied for c in (whole, *parts)] + [
            c for weights, _ in bound for c in weights
        ]
        cells = sorted({c for c in known if c not in told}, key=repr)
        here = [cell for cell in cells if cell in goals]
        if here:
            yield _Group(told, tied, cells, ends, bound), here


def possible_values(
    told: Mapping[Cell, float], sums: Sums, goals: Iterable[Cell], ends: Ends | None = None
) -> dict[Cell, tuple[float, float]]:
    """Lowest and highest value of each goal that agrees with what is told and with all sums.

    Args:
        told: what readers know, by cell.
        sums: (whole, parts) of everything that adds up; counts are not negative.
        goals: cells to find out.
        ends: lowest and highest value of cells of which only that is told.
    """
    ends = ends or {}
    found: dict[Cell, tuple[float, float]] = {goal: ends.get(goal, (0.0, FAR)) for goal in goals}
    for group, here in _groups(told, sums, set(found), ends, ()):
        found |= group.bounds(here)
    return found


def narrowed(
    told: Mapping[Cell, float], sums: Sums, goals: Iterable[Cell], k: int, limits: Limits = ()
) -> dict[Cell, tuple[float, float]]:
    """Goals of which a reader can tell that some value of 1..k-1 is impossible, with what they may be.

    A table that agrees with everything told and has many goals at 1 (at k-1) clears them all at once; what no such
    table clears is bounded by itself. `limits` are weighted sums of which only the most is told.
    """
    found: dict[Cell, tuple[float, float]] = {}
    for group, here in _groups(told, sums, set(goals), {}, limits):
        place = [group.place[cell] for cell in here]
        least, most = np.zeros(len(group.cells)), np.full(len(group.cells), FAR)
        least[place], most[place] = 1.0, k - 1.0
        low, high = group.solve(least)[place], np.zeros(len(place))
        feasible = _capped(group, least, most)
        if feasible is not None:
            high = feasible[place]
        unclear = [
            cell
            for cell, down, up in zip(here, low, high, strict=True)
            if down > 1 + _SLACK or up < k - 1 - _SLACK
        ]
        for part in range(0, len(unclear), _AT_ONCE):
            for cell, (down, up) in group.bounds(unclear[part : part + _AT_ONCE]).items():
                if down > 1 + _SLACK or up < k - 1 - _SLACK:
                    found[cell] = (down, up)
    return found


def _capped(group: _Group, least: np.ndarray, most: np.ndarray) -> np.ndarray | None:
    """A table with the goals as high as they go up to their caps; None when some cannot be that low together."""
    try:
        return group.solve(-least, most)
    except AssertionError:
        return None
