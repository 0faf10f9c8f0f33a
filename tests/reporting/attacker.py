"""An attacker: linear programming over everything published, written apart from what it attacks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_matrix

FAR = 1e6
Cell = Hashable


def possible_values(
    told: Mapping[Cell, float], sums: Iterable[tuple[Cell, Sequence[Cell]]], goals: Sequence[Cell]
) -> dict[Cell, tuple[float, float]]:
    """Lowest and highest value of each goal that agrees with what is told and with all sums.

    Args:
        told: what readers know, by cell.
        sums: (whole, parts) of everything that adds up; counts are not negative.
        goals: cells to find out.
    """
    open_sums = []
    for whole, parts in sums:
        hidden = [cell for cell in (whole, *parts) if cell not in told]
        if hidden:
            open_sums.append((whole, parts, hidden))
    found: dict[Cell, tuple[float, float]] = dict.fromkeys(goals, (0.0, FAR))
    for group in _tied(open_sums):
        cells = sorted({cell for _, _, hidden in group for cell in hidden}, key=repr)
        here = [goal for goal in goals if goal in set(cells)]
        if here:
            found.update(_bounds(told, group, cells, here))
    return found


def _tied(open_sums: list) -> list[list]:
    """Sums in groups that hidden cells tie together."""
    parent: dict[Cell, Cell] = {}

    def root(cell: Cell) -> Cell:
        while parent.setdefault(cell, cell) != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for _, _, hidden in open_sums:
        for cell in hidden[1:]:
            parent[root(cell)] = root(hidden[0])
    groups: dict[Cell, list] = {}
    for one in open_sums:
        groups.setdefault(root(one[2][0]), []).append(one)
    return list(groups.values())


def _bounds(told: Mapping[Cell, float], group: list, cells: list, goals: list) -> dict[Cell, tuple[float, float]]:
    """All goals of a group at once: one copy of the relations for each end of each goal."""
    place = {cell: i for i, cell in enumerate(cells)}
    relations = np.zeros((len(group), len(cells)))
    right = np.zeros(len(group))
    for row, (whole, parts, _) in enumerate(group):
        for sign, cell in [(-1.0, whole), *((1.0, part) for part in parts)]:
            if cell in place:
                relations[row, place[cell]] += sign
            else:
                right[row] -= sign * told[cell]
    copies = 2 * len(goals)
    objective = np.zeros((copies, len(cells)))
    for i, goal in enumerate(goals):
        objective[2 * i, place[goal]], objective[2 * i + 1, place[goal]] = 1.0, -1.0
    solved = linprog(
        objective.ravel(),
        A_eq=block_diag([csr_matrix(relations)] * copies),
        b_eq=np.tile(right, copies),
        bounds=(0, FAR),
    )
    assert solved.status == 0, solved.message
    values = solved.x.reshape(copies, len(cells))
    return {goal: (values[2 * i, place[goal]], values[2 * i + 1, place[goal]]) for i, goal in enumerate(goals)}


def narrow(bounds: Mapping[Cell, tuple[float, float]], k: int) -> dict[Cell, tuple[float, float]]:
    """Cells of which a reader can tell that some value of 1..k-1 is impossible."""
    return {cell: (low, high) for cell, (low, high) in bounds.items() if low > 1 + 1e-5 or high < k - 1 - 1e-5}
