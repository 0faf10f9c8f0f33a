"""The whole of record quality as one function: documents in, verdicts, counts and violations out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from quality_checks.calendar import WorkingDays, finnish_working_days
from quality_checks.clusters import clusters_of
from quality_checks.engine import (
    cells_of,
    compile_catalogue,
    public_checks,
    verdicts,
    violations_of,
)
from quality_checks.preparation import REASONS, prepare, split_usable, with_areas
from quality_checks.process import case_phases, deviations_of
from quality_checks.registers import Registers, load_registers
from quality_checks.rules import Catalogue
from quality_checks.schema import HEADER
from quality_checks.settings import Settings

# Facts that mean nothing when the column they come from was not delivered.
DERIVED: dict[str, tuple[str, ...]] = {
    "event_at": ("event_day",),
    "signed_at": ("signed_day", "signed_with"),
    "replaces": ("replaces_known", "replaces_own_client", "replaced_status", "successors"),
    "text_fingerprint": ("other_clients_with_text", "same_text_in_case"),
    "case_id": ("first_of_case", "last_of_case", "case_notified", "case_opened", "first_deviation", "phase_rank"),
    "process_phase": ("phase_rank", "first_deviation"),
}


@dataclass(frozen=True)
class QualityResult:
    """What a check of documents gives. None of the tables holds a value from a document.

    Attributes:
        doc_checks: one row per document, one nullable truth value per rule.
        cells: counts by rule, unit, area, service task, document type and month.
        violations: one row per defect.
        deviations: first deviating pair of phases per unit and task: from, to, cases, median days lost.
        cases: one row per case: place, task, first day of each phase, whether it deviates; names no case.
        clusters: what each document weighs in the scores, with author and client as numbers, for intervals.
        not_evaluable: rules that could not be asked, with the reason.
        counts: documents, checked, and one key per reason of exclusion; they add up.
    """

    doc_checks: pl.DataFrame
    cells: pl.DataFrame
    violations: pl.DataFrame
    deviations: pl.DataFrame
    cases: pl.DataFrame
    clusters: pl.DataFrame
    not_evaluable: dict[str, str]
    counts: dict[str, int]


@cache
def default_calendar() -> WorkingDays:
    """The Finnish calendar, made once."""
    return finnish_working_days()


def check(
    documents: pl.DataFrame,
    catalogue: Catalogue,
    *,
    settings: Any = None,
    as_of: date,
    area_of_municipality: Mapping[str, str],
    registers: Registers | None = None,
    calendar: WorkingDays | None = None,
) -> QualityResult:
    """Judge documents by every rule of the catalogue.

    Args:
        documents: the contract table `documents` in the lake's shape; the order of rows does not matter.
        catalogue: the rules.
        settings: the county's limits: a `Settings`, or any object or mapping with values of the same names.
        as_of: day of the judgement.
        area_of_municipality: service area of each municipality.
        registers: dated code sets; the shipped synthetic ones when None.
        calendar: working days; the Finnish ones when None.

    Raises:
        DocumentsError: a column without which nothing can be judged is missing.
    """
    registers = registers or load_registers()
    usable, excluded = split_usable(documents)
    prepared = prepare(with_areas(usable, area_of_municipality), registers=registers, as_of=as_of)
    compiled = compile_catalogue(
        catalogue,
        columns=_delivered(prepared.collect_schema().names(), documents.columns),
        settings=Settings.of(settings),
        code_sets=registers.code_sets,
        calendar=calendar or default_calendar(),
        as_of=as_of,
    )
    checks = verdicts(prepared, compiled).collect(engine="streaming").sort("document_id")
    return QualityResult(
        doc_checks=public_checks(checks),
        cells=cells_of(checks, compiled),
        violations=violations_of(checks, compiled, as_of),
        deviations=deviations_of(checks, registers.phase_ranks),
        cases=case_phases(checks, registers.phase_ranks, as_of),
        clusters=clusters_of(checks, compiled),
        not_evaluable=compiled.not_evaluable,
        counts=_counts(documents.height, checks.height, excluded),
    )


def _delivered(prepared: list[str], delivered: list[str]) -> list[str]:
    lacking = {name for name in HEADER if name not in delivered and name != "area"}
    lacking |= {fact for name in lacking for fact in DERIVED.get(name, ())}
    return [name for name in prepared if name not in lacking]


def _counts(documents: int, checked: int, excluded: pl.DataFrame) -> dict[str, int]:
    by_reason = dict(excluded.group_by("_reason").len().iter_rows())
    return {"documents": documents, "checked": checked, **{reason: by_reason.get(reason, 0) for reason in REASONS}}
