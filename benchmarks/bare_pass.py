"""The peer: 24 rules written out by hand as one Polars pass over a Parquet file; no engine, no tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

TYPES = ["notification", "assessment", "client_plan", "decision", "case_note", "closing_summary"]
STATUSES = ["draft", "final", "replaced", "voided"]
TASKS = [
    "older_people",
    "families",
    "child_protection",
    "family_law",
    "substance_abuse",
    "working_age",
    "disability",
]
PHASES = ["initiation", "assessment", "planning", "decision", "service", "evaluation", "closing"]
ROLES = [
    *("social_worker", "social_counsellor", "service_counsellor", "family_worker", "home_care_worker"),
    *("practical_nurse", "nurse", "psychologist", "office_worker", "manager"),
]
LANGUAGES = ["fi", "sv", "se", "en"]
NOTHING = ["", "-", "§placeholder"]
KEYS = ("unit", "area", "service_task", "document_type", "month")
COLUMNS = (
    *("document_id", "client_id", "case_id", "service_task", "process_phase", "document_type", "status", "unit"),
    *("municipality", "language", "author_id", "author_role", "event_at", "created_at", "signed_at", "content"),
)


def bare_pass(
    file: Path, areas: Mapping[str, str], working_days: Any, first_working_day: date, as_of: date
) -> pl.DataFrame:
    """Eligible (e:) and failed (f:) of each rule by unit, area, task, type and month.

    Args:
        file: documents in the lake's shape.
        areas: service area of each municipality.
        working_days: number of working days from the first day of the calendar to each day.
        first_working_day: the first day of the calendar.
        as_of: day of the judgement.
    """
    documents = _with_facts(pl.scan_parquet(file).select(COLUMNS).with_columns(_fields()))
    index = pl.lit(pl.Series("index", working_days))
    day = {
        name: index.gather((pl.col(f"{name}_at").dt.date() - pl.lit(first_working_day)).dt.total_days())
        for name in ("event", "created")
    }
    rules = _rules(as_of, day["created"] - day["event"])
    verdicts = [pl.when(asked).then(failed).alias(name) for name, (asked, failed) in rules.items()]
    return (
        documents.select(
            "unit",
            "service_task",
            "document_type",
            pl.col("municipality").replace_strict(dict(areas), default="unknown").alias("area"),
            pl.coalesce("event_at", "created_at").dt.date().dt.truncate("1mo").alias("month"),
            *verdicts,
        )
        .group_by(KEYS)
        .agg(
            *(pl.col(name).count().alias(f"e:{name}") for name in rules),
            *(pl.col(name).sum().alias(f"f:{name}") for name in rules),
        )
        .collect(engine="streaming")
    )


def _of(kind: str) -> pl.Expr:
    return pl.when(pl.col("document_type") == kind).then("content")


def _fields() -> list[pl.Expr]:
    """The fields of contents that the rules read."""
    return [
        _of("assessment").str.json_path_match("$.started_on").str.to_date(strict=False).alias("started_on"),
        _of("decision").str.json_path_match("$.decided_on").str.to_date(strict=False).alias("decided_on"),
        _of("decision").str.json_path_match("$.grounds").alias("grounds"),
        _of("client_plan").str.json_path_match("$.goals[0]").alias("goal"),
        pl.col("content").str.starts_with("{").alias("readable"),
    ]


def _with_facts(documents: pl.LazyFrame) -> pl.LazyFrame:
    """Copies of an id, the first assessment of a case and its first decision."""
    live = documents.filter(pl.col("case_id").is_not_null() & (pl.col("status") != "voided"))
    own_day = pl.coalesce("event_at", "created_at").dt.date()
    assessed = (
        live.filter(pl.col("document_type") == "assessment")
        .group_by("case_id")
        .agg(assessed=pl.coalesce("started_on", own_day).min())
    )
    first = (
        live.filter(pl.col("document_type") == "decision")
        .group_by("case_id")
        .agg(pl.col("document_id").sort_by(own_day, "created_at", "document_id").first())
        .select("document_id", first=pl.lit(value=True))
    )
    copies = documents.group_by("document_id").agg(copies=pl.len()).filter(pl.col("copies") > 1)
    return (
        documents.join(assessed, on="case_id", how="left")
        .join(first, on="document_id", how="left")
        .join(copies, on="document_id", how="left")
    )


def _rules(as_of: date, recorded_in: pl.Expr) -> dict[str, tuple[pl.Expr, pl.Expr]]:
    """Condition and defect of each rule."""
    kind, phase, status = pl.col("document_type"), pl.col("process_phase"), pl.col("status")
    task, role, language = pl.col("service_task"), pl.col("author_role"), pl.col("language")
    event, created, signed = pl.col("event_at"), pl.col("created_at"), pl.col("signed_at")
    written, final, readable = status.is_in(["draft", "final"]), status == "final", pl.col("readable")
    missing = {name: (written, pl.col(name).is_null()) for name in ("service_task", "process_phase", "case_id")}
    misplaced = (
        ((phase == "initiation") & kind.is_in(["client_plan", "decision", "case_note", "closing_summary"]))
        | ((phase == "assessment") & kind.is_in(["decision", "closing_summary"]))
        | ((phase == "planning") & kind.is_in(["notification", "closing_summary"]))
        | ((phase == "closing") & kind.is_in(["notification", "assessment"]))
    )
    ahead = [(moment.dt.date() > as_of).fill_null(value=False) for moment in (event, created, signed)]
    decided = (kind == "decision") & final & readable & pl.col("decided_on").is_not_null() & pl.col("first")
    assessed = pl.col("assessed")
    goal = pl.col("goal")
    return {
        "document_id_form": (written, ~pl.col("document_id").str.contains(r"^[0-2](\.(0|[1-9][0-9]*)){3,20}$")),
        "document_id_unique": (written, pl.col("copies").is_not_null()),
        "document_type_known": (written, kind.is_null() | ~kind.is_in(TYPES)),
        "status_known": (pl.lit(value=True), status.is_null() | ~status.is_in(STATUSES)),
        "service_task_present": missing["service_task"],
        "service_task_valid": (written & task.is_not_null(), ~task.is_in(TASKS)),
        "process_phase_present": missing["process_phase"],
        "process_phase_valid": (written & phase.is_not_null(), ~phase.is_in(PHASES)),
        "phase_fits_type": (written & phase.is_in(PHASES) & kind.is_in(TYPES), misplaced),
        "case_present": missing["case_id"],
        "client_present": (written, pl.col("client_id").is_null()),
        "unit_present": (written, pl.col("unit").is_null()),
        "author_present": (written, pl.col("author_id").is_null()),
        "author_role_present": (written, role.is_null()),
        "author_role_valid": (written & role.is_not_null(), ~role.is_in(ROLES)),
        "language_valid": (written & language.is_not_null(), ~language.is_in(LANGUAGES)),
        "event_before_creation": (written & event.is_not_null(), event > created),
        "creation_before_signature": (written & signed.is_not_null(), signed < created),
        "final_is_signed": (final, signed.is_null()),
        "no_future_times": (written, ahead[0] | ahead[1] | ahead[2]),
        "note_recorded_without_delay": (
            (kind == "case_note") & written & event.is_not_null() & (event.dt.date() <= created.dt.date()),
            recorded_in > 3,
        ),
        "decision_after_assessment": (decided, assessed.is_null() | (assessed > pl.col("decided_on"))),
        "decision_grounds": (
            (kind == "decision") & final & readable,
            pl.col("grounds").is_null() | pl.col("grounds").is_in(NOTHING),
        ),
        "plan_goals": (
            (kind == "client_plan") & status.is_in(["final", "replaced"]) & readable,
            goal.is_null() | goal.is_in(NOTHING),
        ),
    }
