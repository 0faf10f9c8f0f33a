"""Disclosure control beside an exact solution, and a sweep of the attacker over many random hierarchies.

    python -m benchmarks.disclosure [--tables 60] [--hierarchies 1000]

The peer is Fischetti & Salazar's mixed-integer model in SciPy's HiGHS, which finds the fewest cells that may be
hidden; only small tables can be solved so. Times are processor seconds of this process.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl

from reporting.disclosure import Margin, protect
from reporting.disclosure.pattern import hidden_pattern
from reporting.disclosure.protect import remembered, sums_of
from tests.reporting.attacker import narrowed
from tests.reporting.disclosure_reference import fewest_hidden
from tests.reporting.test_attacker import editions_cells, hierarchy, revised

K = 5


def beside_an_exact_solution(tables: int) -> None:
    """Cells hidden and processor seconds, ours and the fewest possible."""
    ours = fewest = 0
    worst = own_time = peer_time = 0.0
    for seed in range(tables):
        rng = np.random.default_rng(seed)
        counts = rng.poisson(rng.gamma(0.7, (5, 12, 30)[seed % 3], size=(3 + seed % 2, 3 + seed % 3)))
        full = np.vstack([counts, counts.sum(axis=0)])
        full = np.hstack([full, full.sum(axis=1, keepdims=True)])
        rows = [(f"a{i}", f"g{j}", int(n)) for (i, j), n in np.ndenumerate(full)]
        table = pl.DataFrame(rows, schema=["area", "age", "n"], orient="row")
        by = (Margin("area", total=f"a{full.shape[0] - 1}"), Margin("age", total=f"g{full.shape[1] - 1}"))
        values = table["n"].to_numpy().astype(float)
        sums = sums_of(table, by, values)
        start = time.process_time()
        found = int((hidden_pattern(values, sums, k=K) != 0).sum())
        own_time += time.process_time() - start
        start = time.process_time()
        best = fewest_hidden(values, sums, K)
        peer_time += time.process_time() - start
        ours, fewest = ours + found, fewest + best
        worst = max(worst, found / best if best else 1.0)
    print(f"{tables} tables: {ours} / {fewest} cells hidden = {ours / fewest:.3f} (worst {worst:.2f})")
    print(f"processor seconds: {own_time:.2f} / {peer_time:.2f} = {own_time / peer_time:.3f}")


def attacked(hierarchies: int) -> None:
    """Small counts that an attacker can narrow, from two consecutive editions of each hierarchy."""
    small = told_apart = 0
    start = time.process_time()
    for seed in range(1000, 1000 + hierarchies):
        table, by = hierarchy(seed)
        first = protect(table, count="n", by=by, k=K)
        known = remembered(table, first, count="n", key=[m.column for m in by], earlier=None)
        later = revised(table, by, np.random.default_rng(seed))
        second = protect(later, count="n", by=by, k=K, earlier=known)
        told, sums, goals = editions_cells([table, later], [first, second], by)
        small += len(goals)
        told_apart += len(narrowed(told, sums, goals, K))
    seconds = time.process_time() - start
    print(f"{hierarchies} hierarchies: {told_apart} of {small} small counts narrowed ({seconds:.0f} s in all)")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tables", type=int, default=60)
    options.add_argument("--hierarchies", type=int, default=1000)
    chosen = options.parse_args()
    beside_an_exact_solution(chosen.tables)
    attacked(chosen.hierarchies)
