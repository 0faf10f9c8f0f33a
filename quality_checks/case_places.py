"""Each document's place in its case: first and last, of its type, in the order of phases, and what follows it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import polars as pl

from quality_checks.case_order import NEVER, NONE, Cases, days_of, without
from quality_checks.case_phase_facts import phases

FLAGS = ("first_of_case", "last_of_case", "first_of_type", "last_of_type", "first_deviation")


def places(cases: Cases, wanted: Collection[str]) -> dict[str, pl.Series]:
    """Place of each document in its case; null (flags false) for voided ones and those without a case."""
    found: dict[str, Any] = {}
    number, size = cases.number, len(cases.order)
    if "first_of_case" in wanted:
        found["first_of_case"] = np.r_[True, number[1:] != number[:-1]][:size]
    if "last_of_case" in wanted:
        found["last_of_case"] = np.r_[number[1:] != number[:-1], True][:size] if size else np.zeros(0, bool)
    if {"first_of_type", "last_of_type", "same_type_in_case"} & set(wanted):
        found.update(_within_type(cases))
    if {"phase_rank", "phase_rank_before", "phase_cost_days", "first_deviation"} & set(wanted):
        found.update(phases(cases))
    if "next_plan" in wanted:
        found["next_plan"] = _next_day(cases, "", "client_plan")
    if "next_assessment_started" in wanted:
        found["next_assessment_started"] = _next_day(cases, "started_on", "assessment")
    return {name: _in_rows(cases, name, values) for name, values in found.items() if name in wanted}


def _in_rows(cases: Cases, name: str, values: Any) -> pl.Series:
    """Values in the order of cases as a column in the order of the spine."""
    if name in FLAGS:
        flags = np.zeros(cases.spine.height, dtype=bool)
        flags[cases.order] = values
        return pl.Series(flags)
    column = np.full(cases.spine.height, NEVER, dtype=np.int32)
    column[cases.order] = values
    return days_of(column) if name.startswith("next_") else without(pl.Series(column), NEVER).cast(pl.Int64)


def _within_type(cases: Cases) -> dict[str, Any]:
    """First, last and number of the documents of one type in the case."""
    kind = cases.kind
    order = np.lexsort((kind, cases.number))
    same = (kind[order][1:] == kind[order][:-1]) & (cases.number[order][1:] == cases.number[order][:-1])
    first = np.r_[True, ~same][: len(order)]
    starts = np.flatnonzero(first)
    sizes = np.diff(np.r_[starts, len(order)])
    found = {
        "first_of_type": np.zeros(len(order), dtype=bool),
        "last_of_type": np.zeros(len(order), dtype=bool),
        "same_type_in_case": np.zeros(len(order), dtype=np.int32),
    }
    found["first_of_type"][order] = first
    found["last_of_type"][order[starts + sizes - 1]] = True
    found["same_type_in_case"][order] = np.repeat(sizes, sizes)
    return found


def _next_day(cases: Cases, day: str, kind: str) -> Any:
    """The day of the next document of that kind in the case, in the order of the case.

    Args:
        cases: documents.
        day: field with the day; empty for the day of the document.
        kind: type of document.
    """
    places = cases.live_of(kind)
    days = cases.days(day, places, or_own=False) if day else cases.date[places]
    places, days, size = places[days != NEVER], days[days != NEVER], len(cases.order)
    # Of each document the next one of the kind: the same for all up to it, from the one before on.
    repeats = np.diff(np.r_[0, places, size])
    case = np.repeat(np.r_[cases.number[places], NONE], repeats)
    return np.where(case == cases.number, np.repeat(np.r_[days, NEVER], repeats), NEVER)
