"""Which cells to hide: small counts, and enough others that no hidden one follows from sums of published ones.

Works on numbered cells and the sums between them; tables and their columns belong to `protect`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reporting.disclosure.bounds import Bounds
from reporting.disclosure.sums import Sum

__all__ = ["PRIMARY", "SECONDARY", "SHOWN", "Sum", "hidden_pattern", "recoverable_cells"]

SHOWN, PRIMARY, SECONDARY = 0, 1, 2
_RECOVERABLE = 1e-9
_SLACK = 1e-6


def hidden_pattern(
    counts: NDArray[np.float64], sums: Sequence[Sum], *, k: int, hide: NDArray[np.bool_] | None = None
) -> NDArray[np.int8]:
    """Primary and secondary suppression of cells tied by sums.

    Primary: counts above 0 and below `k`, and the cells of `hide`. Secondary, until nothing more is needed:
    (1) a sum with one hidden cell gets another; (2) hidden parts of a shown total must leave each of them room
    for every value 1..k-1; (3) no hidden cell may lie in the row space of the sums over the hidden cells, which
    is when linear algebra over all sums together gives its value; (4) bounds carried from sum to sum must leave
    every small count room for 1..k-1. Cells hidden in addition are the smallest counts above zero that serve, so
    that little is lost.

    Args:
        counts: value of each cell, (n,).
        sums: the sums that a reader can form.
        k: smallest count that may be shown.
        hide: cells to hide for other reasons (small denominators), (n,).

    Returns:
        0 shown, 1 primary, 2 secondary for each cell, (n,).
    """
    small = (counts > 0) & (counts < k)
    pattern = np.where(small | (hide if hide is not None else False), PRIMARY, SHOWN).astype(np.int8)
    if not pattern.any() or not sums:
        return pattern
    sums_of_cell: dict[int, list[Sum]] = {}
    for one in sums:
        for cell in one.cells:
            sums_of_cell.setdefault(int(cell), []).append(one)
    waiting = [one for one in sums if pattern[one.cells].any()]
    bounds = Bounds(sums, counts.size)
    while waiting:
        _close(waiting, sums_of_cell, counts, pattern, k)
        hidden = pattern != SHOWN
        exposed = _narrow_cells(bounds, counts, hidden, small, k) or recoverable_cells(hidden, sums)
        for cell in exposed:
            more = _complement_beside(cell, sums_of_cell, counts, pattern)
            if more >= 0:
                pattern[more] = SECONDARY
                waiting.extend(sums_of_cell[more])
    return pattern


def _narrow_cells(
    bounds: Bounds, counts: NDArray[np.float64], hidden: NDArray[np.bool_], small: NDArray[np.bool_], k: int
) -> list[int]:
    """Small counts that a reader can tell apart from some value of 1..k-1."""
    low, high = bounds.of(counts, hidden)
    return [int(cell) for cell in np.flatnonzero(small & ((low > 1 + _SLACK) | (high < k - 1 - _SLACK)))]


def _complement_beside(
    cell: int, sums_of_cell: dict[int, list[Sum]], counts: NDArray[np.float64], pattern: NDArray[np.int8]
) -> int:
    """A cell to hide beside an exposed one, in the first of its sums that has one to spare; -1 when none has."""
    found = (_complement(one.cells, counts, pattern) for one in sums_of_cell.get(cell, ()))
    return next((other for other in found if other >= 0), -1)


def _close(
    waiting: list[Sum],
    sums_of_cell: dict[int, list[Sum]],
    counts: NDArray[np.float64],
    pattern: NDArray[np.int8],
    k: int,
) -> None:
    """Hide more until no waiting sum gives away a cell by itself; empties `waiting`, changes `pattern`."""
    while waiting:
        one = waiting.pop()
        if not _is_open(one, counts, pattern, k):
            continue
        cell = _complement(one.cells, counts, pattern)
        if cell >= 0:
            pattern[cell] = SECONDARY
            waiting.extend(sums_of_cell[cell])


def recoverable_cells(hidden: NDArray[np.bool_], sums: Sequence[Sum]) -> list[int]:
    """Hidden cells whose value follows exactly from the sums and the shown cells.

    A hidden cell is determined exactly when no vector of the null space of the sums, taken over the hidden
    cells, moves it. Unrelated groups of hidden cells are solved apart.
    """
    number = np.flatnonzero(hidden)
    place = np.full(hidden.size, -1)
    place[number] = np.arange(number.size)
    rows, columns, values = [], [], []
    for r, one in enumerate(sums):
        for sign, cells in ((-1.0, np.array([one.total])), (1.0, one.parts)):
            inside = place[cells]
            for column in inside[inside >= 0]:
                rows.append(r)
                columns.append(int(column))
                values.append(sign)
    if not rows:
        return []
    matrix = coo_matrix((values, (rows, columns)), shape=(len(sums), number.size)).tocsr()
    _, group = connected_components((abs(matrix).T @ abs(matrix)) > 0, directed=False)
    tied = np.asarray(abs(matrix).sum(axis=0)).ravel() > 0
    found: list[int] = []
    for g in np.unique(group[tied]):
        members = np.flatnonzero(group == g)
        block = matrix[:, members]
        block = block[np.diff(block.indptr) > 0].toarray()
        found.extend(int(number[m]) for m in members[_fixed_columns(block)])
    return found


def _fixed_columns(block: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Columns that every null vector of `block` leaves alone."""
    values, vectors = np.linalg.eigh(block.T @ block)
    null = vectors[:, values < values[-1] * 1e-11 * len(values)]
    return np.asarray((null**2).sum(axis=1) < _RECOVERABLE)


def _is_open(one: Sum, counts: NDArray[np.float64], pattern: NDArray[np.int8], k: int) -> bool:
    """Whether this sum alone gives away, or narrows below 1..k-1, one of its hidden cells."""
    hidden_parts = one.parts[pattern[one.parts] != SHOWN]
    if pattern[one.total] != SHOWN:
        return len(hidden_parts) == 0
    if len(hidden_parts) == 0:
        return False
    room = counts[hidden_parts].sum() - (len(hidden_parts) - 1)
    return len(hidden_parts) == 1 or bool(room < k - 1)


def _complement(cells: NDArray[np.intp], counts: NDArray[np.float64], pattern: NDArray[np.int8]) -> int:
    """The shown cell whose hiding loses least: smallest above zero, the total last; -1 when none is shown."""
    shown = cells[pattern[cells] == SHOWN]
    if shown.size == 0:
        return -1
    order = np.lexsort((shown, counts[shown], shown == cells[0], counts[shown] <= 0))
    return int(shown[order[0]])
