"""Cases whose course is wrong: too late, in the wrong order, without a document, silent.

A case is bent before its documents are made; `course_records` then names the documents on which each rule fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.cases import TASKS, Cases
from sources.synthetic.working_days import calendar, next_working_day, working_days_after

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
COURSE_RATE = 0.004
FEWEST = 3
SILENT_DAYS = 200
SEVEN_DAY_TASKS = ("older_people", "child_protection")
Record = tuple[str, str, Ints]

COURSES = (
    "usual",
    "assessment_started_late",
    "urgent_need_answered_late",
    "child_assessment_late",
    "decision_carried_out_late",
    "decision_before_assessment",
    "plan_missing",
    "assessment_missing",
    "decision_missing",
    "plan_not_reviewed",
    "case_silent",
    "notification_missing",
)
_DROPPED = {
    "notification_missing": "notification",
    "plan_missing": "client_plan",
    "assessment_missing": "assessment",
    "decision_missing": "decision",
}


def bent(cases: Cases, as_of: date, rng: np.random.Generator) -> Cases:
    """The cases, some of them on a wrong course; more of them in units that document badly."""
    end = np.datetime64(as_of)
    task = np.array(tuple(TASKS))[cases.task]
    complete = cases.decided + 60 < np.minimum(end, cases.ended)
    seven = np.isin(task, SEVEN_DAY_TASKS)
    open_still = cases.ended > end
    fits: dict[str, Bools] = {
        "assessment_started_late": seven & ~cases.urgent & complete,
        "urgent_need_answered_late": cases.urgent & complete,
        "child_assessment_late": (task == "child_protection")
        & (cases.received + 260 < np.minimum(end, cases.ended)),
        "decision_carried_out_late": (cases.received + 200 < np.minimum(end, cases.ended)),
        "decision_before_assessment": complete & ~cases.urgent,
        "plan_missing": complete,
        "assessment_missing": complete & (cases.received + 130 < end),
        "decision_missing": complete,
        "plan_not_reviewed": open_still & (cases.planned + 320 < end),
        "case_silent": open_still & (cases.decided + SILENT_DAYS + 70 < end),
        "notification_missing": complete & ~cases.urgent,
    }
    course = np.zeros(len(cases.person), dtype=np.int64)
    for name, fit in fits.items():
        free = np.flatnonzero(fit & (course == 0))
        chance = rng.random(len(free)) / cases.factor[cases.unit[free]]
        count = max(int((chance < COURSE_RATE).sum()), min(FEWEST, len(free)))
        course[free[np.argsort(chance, kind="stable")[:count]]] = COURSES.index(name)
    return _moved(replace(cases, course=course), rng)


def _moved(cases: Cases, rng: np.random.Generator) -> Cases:
    """New milestones of the bent cases; later steps follow the ones moved."""
    size = len(cases.person)

    def on(name: str) -> Bools:
        return np.asarray(cases.course == COURSES.index(name))

    started = np.where(
        on("assessment_started_late"),
        working_days_after(cases.received, rng.integers(9, 15, size)),
        np.where(
            on("urgent_need_answered_late"),
            working_days_after(cases.received, rng.integers(3, 6, size)),
            cases.started,
        ),
    )
    early = on("decision_before_assessment")
    started = np.where(early, working_days_after(cases.received, rng.integers(3, 6, size)), started)
    assessed = np.where(started > cases.started, working_days_after(started, 2), cases.assessed)
    assessed = np.where(
        on("child_assessment_late"), next_working_day(cases.received + rng.integers(100, 140, size)), assessed
    )
    planned = np.where(assessed > cases.assessed, working_days_after(assessed, 3), cases.planned)
    decided = np.where(planned > cases.planned, working_days_after(planned, 3), cases.decided)
    late = next_working_day(cases.received + rng.integers(100, 150, size))
    decided = np.where(on("decision_carried_out_late"), late, decided)
    decided = np.where(early, working_days_after(cases.received, 1), decided)
    return replace(cases, started=started, assessed=assessed, planned=planned, decided=decided)


def kept_documents(days: pl.DataFrame, cases: Cases, as_of: date) -> pl.DataFrame:
    """The documents without those that a wrong course leaves unwritten."""
    course = pl.Series(COURSES).gather(cases.course[days["case"].to_numpy()])
    kind = pl.col("document_type")
    unwritten = pl.any_horizontal(
        [(pl.lit(course) == name) & (kind == dropped) for name, dropped in _DROPPED.items()]
        + [
            (pl.lit(course) == "plan_not_reviewed") & (kind == "client_plan") & (pl.col("round") > 0),
            (pl.lit(course) == "case_silent") & (pl.col("created_at") > as_of - timedelta(days=SILENT_DAYS)),
        ]
    )
    return days.filter(~unwritten)


@dataclass(frozen=True)
class _Bent:
    """Documents of the bent cases with what the records need."""

    documents: pl.DataFrame

    def rows(self, course: str, kind: str, *conditions: pl.Expr) -> Ints:
        """Rows of the finished documents of a type in the cases of a course."""
        chosen = self.documents.filter(
            pl.col("course") == course, pl.col("document_type") == kind, pl.col("status") != "draft", *conditions
        )
        return chosen["row"].to_numpy().astype(np.int64)


def course_records(header: pl.DataFrame, cases: Cases, as_of: date) -> list[Record]:
    """Which rule fails on which document because of the case's course: (defect, rule, rows)."""
    case = header["case"].to_numpy()
    day = pl.col("event_at").dt.date()
    columns = (
        "row",
        "case",
        "document_type",
        "status",
        "round",
        "event_at",
        "created_at",
        "service_task",
        "review_on",
    )
    documents = header.select(
        *columns,
        course=pl.Series(COURSES).gather(cases.course[case]),
        urgent=pl.Series(cases.urgent[case]),
        served=(pl.col("document_type") == "case_note").any().over("case"),
    )
    documents = documents.filter(pl.col("course") != "usual").sort("case", day, "created_at", "row")
    documents = documents.with_columns(
        last=pl.int_range(pl.len()).over("case") == pl.len().over("case") - 1,
        first=pl.int_range(pl.len()).over("case") == 0,
        last_plan=pl.col("round") == pl.col("round").max().over("case", "document_type"),
    )
    found = _Bent(documents)
    served, overdue = pl.col("served"), pl.col("last_plan") & (pl.col("review_on") < as_of)
    seven = pl.col("service_task").is_in(SEVEN_DAY_TASKS)
    rows: Callable[..., Ints] = found.rows

    def ends(course: str, end: str) -> Ints:
        return documents.filter((pl.col("course") == course) & pl.col(end))["row"].to_numpy().astype(np.int64)

    late, missing = "assessment_started_late", "assessment_missing"
    slow, delayed, early = "child_assessment_late", "decision_carried_out_late", "decision_before_assessment"
    return [
        (late, "assessment_started_in_seven_working_days", rows(late, "notification")),
        ("urgent_need_answered_late", "urgent_need_answered", rows("urgent_need_answered_late", "notification")),
        (slow, "child_assessment_in_three_months", rows(slow, "assessment")),
        (slow, "decision_carried_out_in_three_months", rows(slow, "decision")),
        (delayed, "decision_carried_out_in_three_months", rows(delayed, "decision")),
        (early, "decision_after_assessment", rows(early, "decision")),
        (early, "phase_order", rows(early, "assessment")),
        ("plan_missing", "case_has_plan", rows("plan_missing", "notification", served)),
        (missing, "case_has_assessment", rows(missing, "notification")),
        (missing, "plan_after_assessment", rows(missing, "client_plan", pl.col("round") == 0)),
        (missing, "decision_after_assessment", rows(missing, "decision")),
        (missing, "assessment_started_in_seven_working_days", rows(missing, "notification", seven)),
        (missing, "assessment_start_recorded", rows(missing, "notification")),
        (missing, "urgent_need_answered", rows(missing, "notification", pl.col("urgent"))),
        ("decision_missing", "service_has_decision", rows("decision_missing", "notification", served)),
        ("plan_not_reviewed", "plan_reviewed_in_time", rows("plan_not_reviewed", "client_plan", overdue)),
        ("case_silent", "case_not_silent", ends("case_silent", "last")),
        ("notification_missing", "case_has_notification", ends("notification_missing", "first")),
        ("case_silent", "plan_reviewed_in_time", rows("case_silent", "client_plan", overdue)),
        ("assessment_pending", "assessment_start_recorded", _pending(header, cases, as_of)),
    ]  # fmt: skip


def _pending(header: pl.DataFrame, cases: Cases, as_of: date) -> Ints:
    """Finished notifications of usual cases with no assessment yet seven working days after the contact."""
    case = header["case"].to_numpy()
    today = np.datetime64(as_of, "D")
    waited = np.busday_count(cases.received + 1, today + 1, busdaycal=calendar())
    waits = pl.Series((waited[case] > 7) & (cases.course[case] == 0))
    assessed = (pl.col("document_type") == "assessment").any().over("case")
    notified = (pl.col("document_type") == "notification") & (pl.col("status") == "final")
    return header.filter(waits & ~assessed & notified)["row"].to_numpy().astype(np.int64)
