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
    span = int(rank.max()) + 1
    rounds = (np.cumsum(starts_round) - 1) * span
    phase = rounds + rank
    reached = np.maximum.accumulate(phase)  # within a round, since rounds only grow
    before = np.where(starts_round, 0, np.r_[0, reached[:-1]] - rounds)
    fallen = np.flatnonzero((rank > 0) & (rank < before) & _first_of_phase(phase, span))
    advanced = (rank > 0) & (rank >= before)
    latest = np.maximum.accumulate(np.where(advanced, np.arange(size), 0))
    cost, first = np.full(size, NEVER, dtype=np.int32), np.zeros(size, dtype=bool)
    cost[fallen] = cases.date[fallen] - cases.date[latest[fallen]]
    number = cases.number[fallen]
    first[fallen[np.r_[True, number[1:] != number[:-1]][: len(fallen)]]] = True
    return {
        "phase_rank": np.where(rank > 0, rank, NEVER),
        "phase_rank_before": np.where(before > 0, before, NEVER),
        "phase_cost_days": cost,
        "first_deviation": first,
    }


def _first_of_phase(phase: Any, span: int) -> Any:
    """Whether a document is the first of its phase in its round.

    Args:
        phase: of each document, numbered on from round to round.
        span: by which the numbers of a round lie after those of the one before.
    """
    places = np.arange(len(phase))
    first = np.empty(int(phase[-1]) + span, dtype=np.int64)
    first[phase[::-1]] = places[::-1]  # of those with one phase the last that is written stays: the first of them
    return first[phase] == places
