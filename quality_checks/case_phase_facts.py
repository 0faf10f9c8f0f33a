"""Where a document stands in the order of phases, and where its case first falls back."""

from __future__ import annotations

from typing import Any

import numpy as np

from quality_checks.case_order import NEVER, Cases


def phases(cases: Cases) -> dict[str, Any]:
    """Place of each document in the order of phases, and where a case first falls back.

    A notification opens a new round (a reopened case). Within a round the first document of a phase must not come
    after one of a later phase; returning to a phase already gone through is lawful (a plan is reviewed). The cost
    is the days from the document that took the case to its latest phase to the one that falls back.
    """
    size = len(cases.order)
    if not size:
        return {
            name: np.zeros(0, dtype=np.int32) for name in ("phase_rank", "phase_rank_before", "phase_cost_days")
        } | {"first_deviation": np.zeros(0, dtype=bool)}
    rank = cases.column("rank", 0).astype(np.int64)
    starts_case = np.r_[True, cases.number[1:] != cases.number[:-1]]
    starts_round = starts_case | ((rank == 1) & cases.is_type("notification"))
    turn = np.cumsum(starts_round) - 1
    span = int(rank.max()) + 1
    reached = np.maximum.accumulate(turn * span + rank)  # within a round, since rounds only grow
    before = np.where(starts_round, 0, np.r_[0, reached[:-1]] - turn * span)
    deviates = (rank > 0) & (rank < before) & _first_in_round(rank, np.flatnonzero(starts_round), turn)
    advanced = (rank > 0) & (rank >= before)
    latest = np.maximum.accumulate(np.where(advanced, np.arange(size), 0))
    date = cases.date
    so_far = np.cumsum(deviates)
    in_case = so_far - (so_far - deviates)[np.flatnonzero(starts_case)][cases.number]
    return {
        "phase_rank": np.where(rank > 0, rank, NEVER),
        "phase_rank_before": np.where(before > 0, before, NEVER),
        "phase_cost_days": np.where(deviates, date - date[latest], NEVER),
        "first_deviation": deviates & (in_case == 1),
    }


def _first_in_round(rank: Any, starts: Any, turn: Any) -> Any:
    """Whether a document is the first of its phase in its round."""
    first = np.zeros(len(rank), dtype=bool)
    for phase in np.unique(rank[rank > 0]):
        own = rank == phase
        so_far = np.cumsum(own)
        first |= own & (so_far - (so_far - own)[starts][turn] == 1)
    return first
