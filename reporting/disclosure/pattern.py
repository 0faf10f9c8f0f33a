"""Which figures to hide: small counts, and enough others that no published sum gives a small count away.

Works on numbered cells and the sums between them; tables and their columns belong to `protect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reporting.disclosure.moves import Moves
from reporting.disclosure.sums import Sum

__all__ = ["PRIMARY", "SECONDARY", "SHOWN", "Figures", "Hidden", "Sum", "hidden_pattern", "hide"]

SHOWN, PRIMARY, SECONDARY = 0, 1, 2
_SLACK = 1e-6
_MASS, _ZERO = 0.25, 0.3

Needs = list[tuple[int, float]]


@dataclass(frozen=True)
class Figures:
    """Everything published of one subject: counts, the sums that tie them, and the rows that show them.

    Attributes:
        counts: value of each cell, (n,).
        sums: the sums that a reader can form.
        low: each cell must leave open that it is this low, (n,); nan where nothing needs protection.
        high: and this high, (n,).
        rows: cells that each published row shows; a row is shown or hidden whole. One cell a row when empty.
        forced: rows that are hidden whatever the sums, (rows,).
        known: cells that a reader knows from elsewhere, such as an earlier edition, (n,).
        prices: how dear each row is to hide, (rows,); all alike when left out.
    """

    counts: NDArray[np.float64]
    sums: Sequence[Sum]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rows: Sequence[NDArray[np.intp]] = ()
    forced: NDArray[np.bool_] | None = None
    known: NDArray[np.bool_] | None = None
    prices: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Hidden:
    """What is hidden, and what could not be protected.

    Attributes:
        rows: 0 shown, 1 primary, 2 secondary for each row, (rows,).
        cells: cells that no row shows and that a reader does not know, (n,).
        exposed: cells needing protection that nothing could give (a reader knows too much already), (n,).
    """

    rows: NDArray[np.int8]
    cells: NDArray[np.bool_]
    exposed: NDArray[np.bool_]


def hidden_pattern(
    counts: NDArray[np.float64], sums: Sequence[Sum], *, k: int, hide_too: NDArray[np.bool_] | None = None
) -> NDArray[np.int8]:
    """Primary and secondary suppression of plain counts: every count is a cell and a row of its own.

    Args:
        counts: value of each cell, (n,).
        sums: the sums that a reader can form.
        k: smallest count that may be shown.
        hide_too: cells to hide for other reasons (small denominators), (n,).

    Returns:
        0 shown, 1 primary, 2 secondary for each cell, (n,).
    """
    small = (counts > 0) & (counts < k)
    low, high = protected_range(counts, small, k)
    return hide(Figures(counts, sums, low, high, forced=hide_too)).rows


def protected_range(
    counts: NDArray[np.float64], small: NDArray[np.bool_], k: int, *, lowest: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a reader must hold possible of each small count: every value `lowest`..k-1."""
    low = np.where(small, np.minimum(float(lowest), counts), np.nan)
    high = np.where(small, np.maximum(k - 1.0, counts), np.nan)
    return low, high


def hide(figures: Figures) -> Hidden:
    """Hide every row with a cell that needs protection, and the cheapest others that make the protection true.

    For each such cell linear programming finds the cheapest move of the published figures that takes it to either
    end of its range; what the move changes is hidden with it (Kelly, Golden & Assad 1992). Hiding more later only
    gives a reader more to wonder about, so every range stays open.
    """
    state = _State(figures)
    for members, sums in _parts(figures):
        needs = state.needs_among(members)
        if needs:
            _Part(state, members, sums).protect(needs)
    return state.result()


class _State:
    """Which rows are hidden, and through them which cells."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        n = figures.counts.size
        self.rows = list(figures.rows) or [np.array([cell]) for cell in range(n)]
        self.rows_of: list[list[int]] = [[] for _ in range(n)]
        for number, cells in enumerate(self.rows):
            for cell in cells:
                self.rows_of[int(cell)].append(number)
        known = figures.known
        self.known = np.zeros(n, dtype=bool) if known is None else known
        self.pattern = np.zeros(len(self.rows), dtype=np.int8)
        self.exposed = np.zeros(n, dtype=bool)
        self._showing = np.array([len(rows) for rows in self.rows_of])
        self._prices = np.ones(len(self.rows)) if figures.prices is None else figures.prices
        top = np.log1p(max(float(figures.counts.max(initial=0.0)), 1.0))
        self._weight = 1 + _MASS * np.log1p(figures.counts) / top + _ZERO * (figures.counts <= 0)
        forced = np.zeros(len(self.rows), dtype=bool) if figures.forced is None else figures.forced
        for row in np.flatnonzero(forced):
            self._hide_row(int(row), PRIMARY)
        for cell in np.flatnonzero(~np.isnan(figures.low)):
            self.hide_cell(int(cell), PRIMARY)

    def is_hidden(self, cell: int) -> bool:
        return bool(self._showing[cell] == 0) and not self.known[cell]

    def cost(self, cell: int) -> float:
        """Price of hiding a cell: its rows that are shown still."""
        return float(
            self._weight[cell] * sum(self._prices[r] for r in self.rows_of[cell] if self.pattern[r] == SHOWN)
        )

    def hide_cell(self, cell: int, why: int) -> list[int]:
        """Hide every row that shows the cell; returns the cells whose price has changed."""
        touched: list[int] = []
        for row in self.rows_of[cell]:
            if self.pattern[row] == SHOWN:
                touched += self._hide_row(row, why)
        return touched

    def _hide_row(self, row: int, why: int) -> list[int]:
        self.pattern[row] = why
        self._showing[self.rows[row]] -= 1
        return [int(cell) for cell in self.rows[row]]

    def needs_among(self, members: NDArray[np.intp]) -> Needs:
        """(cell, change) of every end of a range that is not the cell's own value, small counts first."""
        counts, low, high = self.figures.counts, self.figures.low, self.figures.high
        needs = [(int(c), float(end[c] - counts[c])) for c in members for end in (high, low)]
        wanted = [(c, change) for c, change in needs if not np.isnan(change) and abs(change) > _SLACK]
        return sorted(wanted, key=lambda need: (counts[need[0]], need[0], -need[1]))

    def result(self) -> Hidden:
        return Hidden(self.pattern, (self._showing == 0) & ~self.known, self.exposed)


@dataclass
class _Part:
    """One part of the figures that sums tie together, with its linear programme."""

    state: _State
    members: NDArray[np.intp]
    sums: list[Sum]
    served: set[tuple[int, float]] = field(default_factory=set)
    wanted: dict[int, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counts = self.state.figures.counts[self.members]
        self.place = {int(cell): i for i, cell in enumerate(self.members)}
        cost = np.array([self._price(int(cell)) for cell in self.members])
        self.moves = Moves(counts, self.sums, self.state.known[self.members], cost)

    def _price(self, cell: int) -> float:
        return 0.0 if self.state.is_hidden(cell) else self.state.cost(cell)

    def protect(self, needs: Needs) -> None:
        for cell, change in needs:
            self.wanted.setdefault(cell, []).append(change)
        for need in needs:
            if need not in self.served:
                self._serve(need)

    def _serve(self, need: tuple[int, float]) -> None:
        move = self.moves.cheapest(self.place[need[0]], need[1])
        if move is None:
            self.state.exposed[need[0]] = True
            self.served.add(need)
            return
        moved = [int(self.members[i]) for i in np.flatnonzero(move)]
        touched = [
            t for cell in moved if not self.state.is_hidden(cell) for t in self.state.hide_cell(cell, SECONDARY)
        ]
        for cell in {*touched, *moved}:
            if cell in self.place:
                self.moves.price(self.place[cell], self._price(cell))
        self._note(move)

    def _note(self, move: NDArray[np.float64]) -> None:
        """Note all needs that a move serves."""
        moved = {int(self.members[i]): float(move[i]) for i in np.flatnonzero(move)}
        for cell, by in moved.items():
            for change in self.wanted.get(cell, ()):
                if by / change >= 1 - _SLACK:
                    self.served.add((cell, change))


def _parts(figures: Figures) -> list[tuple[NDArray[np.intp], list[Sum]]]:
    """Cells that sums tie together, each group with its own sums numbered within it."""
    n = figures.counts.size
    ties = [one.cells for one in figures.sums]
    heads = (
        np.repeat([one.total for one in figures.sums], [len(tie) for tie in ties]) if ties else np.zeros(0, int)
    )
    tails = np.concatenate(ties) if ties else np.zeros(0, int)
    graph = coo_matrix((np.ones(heads.size), (heads, tails)), shape=(n, n))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(group.max(initial=-1) + 2))
    place = np.empty(n, dtype=np.intp)
    sums: dict[int, list[Sum]] = {}
    parts = [order[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    for members in parts:
        place[members] = np.arange(members.size)
    for one in figures.sums:
        sums.setdefault(int(group[one.total]), []).append(Sum(int(place[one.total]), place[one.parts]))
    return [(members, sums.get(g, [])) for g, members in enumerate(parts)]
