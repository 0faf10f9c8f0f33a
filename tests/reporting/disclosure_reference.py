"""An exact secondary suppression for small tables, to measure by how much the quick one hides too much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from reporting.disclosure.sums import Sum


def fewest_hidden(counts: np.ndarray, sums: Sequence[Sum], k: int) -> int:
    """The smallest number of hidden cells with which every small count may be anything of 1..k-1.

    Fischetti & Salazar's model: for every small count and either end of its range there is a table that agrees
    with all sums and with all shown cells and has the count at that end.
    """
    n = counts.size
    small = np.flatnonzero((counts > 0) & (counts < k))
    ends = [(cell, end) for cell in small for end in (1.0, k - 1.0) if end != counts[cell]]
    width = n * (1 + len(ends))
    relations = np.zeros((len(sums), n))
    for row, one in enumerate(sums):
        relations[row, one.total] = -1
        relations[row, one.parts] = 1
    far = float(counts.max() + k)
    blocks, low, high = [], [], []
    for place, (cell, end) in enumerate(ends):
        change = slice(n * (place + 1), n * (place + 2))
        agree = np.zeros((len(sums), width))
        agree[:, change] = relations
        rise, fall = np.zeros((n, width)), np.zeros((n, width))
        rise[:, change], fall[:, change] = np.eye(n), np.eye(n)
        rise[:, :n], fall[:, :n] = -far * np.eye(n), np.diag(counts)
        reach = np.zeros((1, width))
        reach[0, n * (place + 1) + cell] = 1
        blocks += [agree, rise, fall, reach]
        low += [np.zeros(len(sums)), np.full(n, -np.inf), np.zeros(n), [end - counts[cell]]]
        high += [np.zeros(len(sums)), np.zeros(n), np.full(n, np.inf), [end - counts[cell]]]
    free = np.concatenate([np.zeros(n), np.full(n * len(ends), -far)])
    free[small] = 1.0
    top = np.concatenate([np.ones(n), np.full(n * len(ends), far)])
    goal = np.concatenate([np.ones(n), np.zeros(n * len(ends))])
    if not ends:
        return int(small.size)
    found = milp(
        goal,
        constraints=LinearConstraint(np.vstack(blocks), np.concatenate(low), np.concatenate(high)),
        bounds=Bounds(free, top),
        integrality=np.concatenate([np.ones(n), np.zeros(n * len(ends))]),
        options={"time_limit": 20, "mip_rel_gap": 0.0},
    )
    assert found.status == 0, found.message
    return round(float(found.fun))
