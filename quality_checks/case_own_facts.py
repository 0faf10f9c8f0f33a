"""Facts that all documents of a case share: its days, its size, how many clients and tasks it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from quality_checks.case_order import Cases
from quality_checks.facts import FIRST_DAYS


def _first_day(fact: str) -> Callable[[Cases], pl.Series]:
    kind, day, own_date = FIRST_DAYS[fact]

    def make(cases: Cases) -> pl.Series:
        places = cases.live_of(kind)
        return cases.first(places, cases.days(day, places, or_own=own_date) if day else cases.date[places])

    return make


def _served(cases: Cases) -> pl.Series:
    """First case note that names a service."""
    notes = cases.live_of("case_note")
    named = notes[cases.spine["service"].is_not_null().to_numpy()[cases.order[notes]]]
    return cases.first(named, cases.date[named])


def _opened(cases: Cases) -> pl.Series:
    """First notification; without one the first document."""
    return _first_day("case_notified")(cases).fill_null(cases.first(*_live_days(cases)))


def _last_day(cases: Cases) -> pl.Series:
    return cases.last(*_live_days(cases))


def _live_days(cases: Cases) -> tuple[Any, Any]:
    """Places and days of the documents that are not voided."""
    places = np.flatnonzero(cases.live)
    return places, cases.date[places]


def _last_of(kind: str, day: str) -> Callable[[Cases], pl.Series]:
    def make(cases: Cases) -> pl.Series:
        places = cases.live_of(kind)
        return cases.last(places, cases.days(day, places, or_own=True))

    return make


def _sizes(cases: Cases) -> pl.Series:
    return pl.Series(np.diff(np.r_[cases.starts, len(cases.order)]), dtype=pl.Int64)


def _urgent(cases: Cases) -> pl.Series:
    """First notification that was judged urgent."""
    told = cases.live_of("notification")
    urgent = told[cases.column("urgency", False, told)]
    return cases.first(urgent, cases.date[urgent])


def _drafts(cases: Cases) -> pl.Series:
    drafts = (cases.spine["status"] == "draft").fill_null(value=False).to_numpy()[cases.order]
    return pl.Series(
        np.add.reduceat(drafts.astype(np.int64), cases.starts) if len(drafts) else drafts, dtype=pl.Int64
    )


def _different(name: str) -> Callable[[Cases], pl.Series]:
    def make(cases: Cases) -> pl.Series:
        """Number of different values in each case, the missing one apart; almost all cases have one."""
        values, number = cases.column(name), cases.number
        new = np.r_[True, (values[1:] != values[:-1]) | (number[1:] != number[:-1])][: len(values)]
        case, value = number[new], values[new]
        runs = np.bincount(case, minlength=len(cases.starts))
        alone = runs[case] == 1
        found = np.zeros(len(cases.starts), dtype=np.int64)
        found[case[alone]] = value[alone] != 0
        pairs = pl.DataFrame({"case": case[~alone], "value": value[~alone]})
        counts = pairs.filter(pl.col("value") != 0).unique().group_by("case").len()
        found[counts["case"].to_numpy()] = counts["len"].to_numpy()
        return pl.Series(found)

    return make


BY_CASE: dict[str, Callable[[Cases], pl.Series]] = {
    **{name: _first_day(name) for name in FIRST_DAYS},
    "case_documents": _sizes,
    "case_clients": _different("client"),
    "case_tasks": _different("task"),
    "case_opened": _opened,
    "case_served": _served,
    "case_urgent_on": _urgent,
    "case_last_day": _last_day,
    "case_closed": _last_of("closing_summary", "ended_on"),
    "case_last_notified": _last_of("notification", "received_on"),
    "case_active_drafts": _drafts,
}
