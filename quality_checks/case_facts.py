"""Facts about cases: their clocks, and each document's place in its case and in the order of phases.

Documents are sorted once by case, day, creation and id; the rest is arithmetic on the runs of that order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from quality_checks.facts import CASE_SOURCES, FIRST_DAYS, Facts, hash_of

NEVER = np.iinfo(np.int32).max  # sorts after every day
NONE = -1
FLAGS = ("first_of_case", "last_of_case", "first_of_type", "last_of_type", "first_deviation")


@dataclass(frozen=True)
class Cases:
    """Documents of the spine in the order of their cases.

    Attributes:
        spine: the spine.
        order: rows of the spine that belong to a case, sorted by case, day, creation and id. Shape (n,).
    """

    spine: pl.DataFrame
    order: Any

    @classmethod
    def of(cls, spine: pl.DataFrame) -> Cases:
        """Sort the documents that belong to a case."""
        keys = spine.select("case", "date", "created", "document").with_row_index("_row")
        keys = keys.filter(pl.col("case").is_not_null())
        return cls(spine, keys.sort("case", "date", "created", "document")["_row"].to_numpy())

    @cached_property
    def key(self) -> Any:
        """Case of each document."""
        return self.column("case")

    @cached_property
    def starts(self) -> Any:
        """Where each case begins in the order."""
        return np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]]) if len(self.order) else self.order

    @cached_property
    def number(self) -> Any:
        """Number of each document's case, from 0."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, len(self.order)]))

    @cached_property
    def live(self) -> Any:
        """Documents that are not voided."""
        return self.spine["live"].to_numpy()[self.order]

    def column(self, name: str, missing: Any = 0) -> Any:
        """A column of the spine in the order of cases, with `missing` for null."""
        values = self.spine[name]
        if values.dtype == pl.Date:
            values = values.to_physical()
        return values.fill_null(missing).to_numpy()[self.order]

    def is_type(self, kind: str) -> Any:
        """Documents of a type."""
        return self.column("type") == np.uint64(hash_of(kind))

    def only_live(self) -> Cases:
        """The same without voided documents."""
        return self if self.live.all() else Cases(self.spine, self.order[self.live])

    def first(self, days: Any) -> pl.Series:
        """Earliest day of each case; `NEVER` is no day."""
        return _days(np.minimum.reduceat(days, self.starts) if len(days) else days)


def case_facts(spine: pl.DataFrame, wanted: Collection[str]) -> Facts:
    """The facts about cases that are asked for."""
    cases = Cases.of(spine)
    by_case = {name: make(cases) for name, make in _BY_CASE.items() if name in wanted}
    placed = _places(cases.only_live(), wanted)
    if "decision_overlaps" in wanted:
        placed["decision_overlaps"] = _overlaps(spine)
    case_of = np.full(spine.height, NONE, dtype=np.int64)
    case_of[cases.order] = cases.number
    belongs = pl.Series(case_of)
    if "needs_unplanned" in wanted:
        placed["needs_unplanned"] = _unplanned_needs(cases, belongs)
    return Facts(placed, pl.DataFrame(by_case), _without(belongs, NONE).cast(pl.UInt32))


def _days(values: Any) -> pl.Series:
    return _without(pl.Series(values, dtype=pl.Int32), NEVER).cast(pl.Date)


def _without(values: pl.Series, missing: int) -> pl.Series:
    """The values with null for the one that stands for none."""
    return values.to_frame("v").select(pl.when(pl.col("v") != missing).then("v")).to_series()


def _first_day(fact: str) -> Callable[[Cases], pl.Series]:
    kind, day, own_date = FIRST_DAYS[fact]

    def make(cases: Cases) -> pl.Series:
        days = cases.column(day, NEVER) if day else cases.column("date", NEVER)
        if day and own_date:
            days = np.where(days == NEVER, cases.column("date", NEVER), days)
        return cases.first(np.where(cases.is_type(kind) & cases.live, days, NEVER))

    return make


def _served(cases: Cases) -> pl.Series:
    """First case note that names a service."""
    named = cases.spine["service"].is_not_null().to_numpy()[cases.order]
    return cases.first(np.where(cases.is_type("case_note") & cases.live & named, cases.column("date"), NEVER))


def _opened(cases: Cases) -> pl.Series:
    """First notification; without one the first document."""
    return _first_day("case_notified")(cases).fill_null(
        cases.first(np.where(cases.live, cases.column("date"), NEVER))
    )


def _last(cases: Cases, days: Any) -> pl.Series:
    """Latest day of each case; -`NEVER` is no day."""
    latest = np.maximum.reduceat(days, cases.starts) if len(days) else days
    return _without(pl.Series(latest, dtype=pl.Int32), -NEVER).cast(pl.Date)


def _last_day(cases: Cases) -> pl.Series:
    return _last(cases, np.where(cases.live, cases.column("date"), -NEVER))


def _closed(cases: Cases) -> pl.Series:
    ended = cases.column("ended_on", NEVER)
    days = np.where(ended == NEVER, cases.column("date"), ended)
    return _last(cases, np.where(cases.is_type("closing_summary") & cases.live, days, -NEVER))


def _sizes(cases: Cases) -> pl.Series:
    return pl.Series(np.diff(np.r_[cases.starts, len(cases.order)]), dtype=pl.Int64)


def _urgent(cases: Cases) -> pl.Series:
    """First notification that was judged urgent."""
    urgent = cases.is_type("notification") & cases.live & cases.column("urgency", False)
    return cases.first(np.where(urgent, cases.column("date"), NEVER))


def _drafts(cases: Cases) -> pl.Series:
    drafts = (cases.spine["status"] == "draft").fill_null(value=False).to_numpy()[cases.order]
    return pl.Series(
        np.add.reduceat(drafts.astype(np.int64), cases.starts) if len(drafts) else drafts, dtype=pl.Int64
    )


def _different(name: str, *, missing_counts: bool) -> Callable[[Cases], pl.Series]:
    def make(cases: Cases) -> pl.Series:
        """Number of different values in each case; almost all cases have one."""
        values, number = cases.column(name), cases.number
        new = np.r_[True, (values[1:] != values[:-1]) | (number[1:] != number[:-1])][: len(values)]
        pairs = pl.DataFrame({"case": number[new], "value": values[new]})
        pairs = pairs if missing_counts else pairs.filter(pl.col("value") != 0)
        counts = pairs.unique().group_by("case").len()
        found = np.zeros(len(cases.starts), dtype=np.int64)
        found[counts["case"].to_numpy()] = counts["len"].to_numpy()
        return pl.Series(found)

    return make


_BY_CASE: dict[str, Callable[[Cases], pl.Series]] = {
    **{name: _first_day(name) for name in FIRST_DAYS},
    "case_documents": _sizes,
    "case_clients": _different("client", missing_counts=True),
    "case_tasks": _different("task", missing_counts=False),
    "case_opened": _opened,
    "case_served": _served,
    "case_urgent_on": _urgent,
    "case_last_day": _last_day,
    "case_closed": _closed,
    "case_active_drafts": _drafts,
}


def _places(cases: Cases, wanted: Collection[str]) -> dict[str, pl.Series]:
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
        found.update(_phases(cases))
    if "next_plan" in wanted:
        found["next_plan"] = _next_day(cases, "date", "client_plan")
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
    return _days(column) if name.startswith("next_") else _without(pl.Series(column), NEVER).cast(pl.Int64)


def _within_type(cases: Cases) -> dict[str, Any]:
    """First, last and number of the documents of one type in the case."""
    kind = cases.column("type")
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
    """The day of the next document of that kind in the case, in the order of the case."""
    days, size = cases.column(day, NEVER), len(cases.order)
    place = np.where(cases.is_type(kind) & (days != NEVER), np.arange(size), size)
    following = np.r_[np.minimum.accumulate(place[::-1])[::-1][1:], size][:size]
    found = np.r_[days, NEVER][following]
    return np.where(np.r_[cases.number, NONE][following] == cases.number, found, NEVER)


def _phases(cases: Cases) -> dict[str, Any]:
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
    date = cases.column("date")
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


def _overlaps(spine: pl.DataFrame) -> pl.Series:
    """Whether a decision begins while an earlier one on the same service of the same client still holds."""
    names = ("service", "valid_from", "valid_to", "case")
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    decision = (pl.col("type") == hash_of("decision")) & (pl.col("status") == "final")
    decisions = (
        spine.lazy()
        .with_row_index("_row")
        .filter(decision & whole)
        .select("_row", "client", "service", "valid_from", "valid_to", "document")
        .sort("client", "service", "valid_from", "document")
        .with_columns(earlier=pl.col("valid_to").cum_max().shift(1).over("client", "service"))
        .filter(pl.col("valid_from") <= pl.col("earlier"))
        .collect()
    )
    flags = np.zeros(spine.height, dtype=bool)
    flags[decisions["_row"].to_numpy()] = True
    return pl.Series(flags)


def _unplanned_needs(cases: Cases, case_of: pl.Series) -> pl.Series:
    """Needs of an assessment that no plan of its case lists; null when the case has no plan."""
    rows = cases.spine.select("type", "live", "needs_listed", case=case_of).with_row_index("_row")
    rows = rows.filter(pl.col("case") != NONE)
    plans = rows.filter((pl.col("type") == hash_of("client_plan")) & pl.col("live"))
    planned = plans.select("case", pl.col("needs_listed")).explode("needs_listed").drop_nulls().unique()
    assessments = rows.filter(
        (pl.col("type") == hash_of("assessment"))
        & pl.col("needs_listed").is_not_null()
        & pl.col("case").is_in(plans["case"].implode())
    ).select("_row", "case", "needs_listed")
    missing = (
        assessments.explode("needs_listed")
        .drop_nulls()
        .unique()
        .join(planned, on=["case", "needs_listed"], how="anti")
        .group_by("_row")
        .len()
    )
    column = np.full(cases.spine.height, NEVER, dtype=np.int64)
    column[assessments["_row"].to_numpy()] = 0
    column[missing["_row"].to_numpy()] = missing["len"].to_numpy()
    return _without(pl.Series(column), NEVER)


__all__ = ["CASE_SOURCES", "Cases", "case_facts"]
