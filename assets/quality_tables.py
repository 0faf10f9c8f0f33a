"""Tables of record quality of one county: verdicts, scores, process, findings over time, coverage, audit."""

from typing import TYPE_CHECKING, Any

from assets.audit_tables import audit_tables, filled_forms
from assets.own_rules import county_catalogue, county_registers
from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.rules import Catalogue

QUALITY_TABLES = {
    "doc_checks": "One row per document, one truth value per rule; empty = not applicable. No values.",
    "cells": "Rule by unit, area, task, type and month: eligible, failed, not applicable.",
    "violations": "One row per defect: document, rule, severity, age.",
    "quality_scores": "Indices of units, areas and the county with intervals, shrinkage and funnel limits.",
    "quality_profile": "The same indices by service task, document type and month.",
    "rule_contributions": "What each rule takes off the overall index of a unit, an area and the county.",
    "mend_first": "What a unit should mend first: weight x number x share that can still be mended.",
    "quality_changes": "Control chart of each unit by month.",
    "unit_shifts": "Control charts of each unit's mix of documents and length of texts.",
    "phase_deviations": "First deviating pair of phases per unit and task, and the days it cost.",
    "process_conformance": "Cases that follow the expected order of phases, by unit, area and task.",
    "phase_times": "Days from each phase to the next by area and task, open waits censored.",
    "phase_stalls": "Where open cases stand, and how many longer than nine in ten.",
    "case_times": "Times from initiation to assessment and decision against the legal clocks.",
    "finding_editions": "Findings of the latest editions by document and rule: what is new, what is mended.",
    "finding_changes": "New, persisting and fixed findings of each unit and rule since the edition before.",
    "document_delays": "Delay from event to document, and the part of each month that is here, by unit.",
    "document_coverage": "Months, areas and tasks whose documents are late, incomplete or poor.",
    "audit_sample": "Documents and rules drawn for people to read in the source system, by edition.",
    "audit_results": "Sensitivity and precision of each rule by what people found.",
    "audit_agreement": "How far two readers of the same documents agree.",
}
HISTORIES = ("finding_editions", "audit_sample")
"""Tables that hold what earlier editions found or drew: they stay when no documents are delivered."""


def own_inputs(run: CountyRun) -> list[Any]:
    """What the tables are made from beside documents: own rules and code sets, the edition, filled audit forms."""
    from lake.fingerprint import file_fingerprint

    files = [run.settings.counties / kind / f"{run.slug}.yaml" for kind in ("rules", "codes")]
    own = [path.read_text(encoding="utf-8") if path.exists() else "" for path in files]
    return [*own, run.edition, [file_fingerprint(path) for path in filled_forms(run)]]


def record_quality(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Every table of record quality; empty ones, beside the histories, for a county without documents."""
    import polars as pl

    from quality_checks.changes import quality_changes
    from quality_checks.checking import check, default_calendar
    from quality_checks.clustering import Weighed
    from quality_checks.contributions import contributions_by_place, mend_first
    from quality_checks.findings import finding_changes
    from quality_checks.scores import quality_profile, quality_scores
    from quality_checks.shifts import unit_shifts

    documents = run.table_or_none("documents")
    if documents is None:
        kept = {name: run.table_or_none(name) for name in HISTORIES}
        nothing = {name: pl.DataFrame() for name in QUALITY_TABLES}
        return nothing | {name: table for name, table in kept.items() if table is not None}
    catalogue, registers = county_catalogue(run.settings, run.slug), county_registers(run.settings, run.slug)
    result = check(
        documents, catalogue, settings=run.county.quality, as_of=run.as_of,
        area_of_municipality=run.county.area_of_municipality, registers=registers,
    )  # fmt: skip
    run.log.info(f"documents: {result.counts}; rules that could not be asked: {sorted(result.not_evaluable)}")
    weighed = Weighed.of(result.clusters)
    profile = quality_profile(result.cells, weighed, catalogue, county=run.county.code)
    violations = _violations(result.violations, run)
    findings = _findings(run, violations, catalogue)
    return {
        "doc_checks": result.doc_checks,
        "cells": result.cells,
        "violations": violations,
        "quality_scores": quality_scores(result.cells, weighed, catalogue, county=run.county.code),
        "quality_profile": profile,
        "rule_contributions": contributions_by_place(result.cells, catalogue, county=run.county.code),
        "mend_first": mend_first(result.violations, catalogue, cells=result.cells),
        "quality_changes": quality_changes(result.cells, catalogue),
        "unit_shifts": unit_shifts(result.cells),
        **_process(result.cases, run),
        "phase_deviations": result.deviations,
        "case_times": _case_times(documents, run, default_calendar()),
        "finding_editions": findings,
        "finding_changes": finding_changes(findings, result.doc_checks, edition=run.edition, as_of=run.as_of),
        **_recording(documents, profile, run),
        **audit_tables(result.doc_checks, catalogue, run),
    }


def _violations(violations: "pl.DataFrame", run: CountyRun) -> "pl.DataFrame":
    """The defects, each with the day that a run first saw it on.

    The day comes from the history, which an edition without documents leaves as it is, unlike the defects.
    """
    from quality_checks.findings import last_findings
    from quality_checks.tables import with_first_seen

    history = run.table_or_none("finding_editions")
    return violations if history is None else with_first_seen(violations, last_findings(history, run.as_of))


def _findings(run: CountyRun, violations: "pl.DataFrame", catalogue: "Catalogue") -> "pl.DataFrame":
    from quality_checks.findings import rule_versions, with_edition

    history = run.table_or_none("finding_editions")
    return with_edition(history, violations, rule_versions(catalogue), edition=run.edition, as_of=run.as_of)


def _recording(documents: "pl.DataFrame", profile: "pl.DataFrame", run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Delays and coverage of documents by service task; codes that no set knows are shown nowhere."""
    import polars as pl

    from quality_checks.recording import coverage_flags, recording_delays
    from quality_checks.schema import UNKNOWN

    tasks = county_registers(run.settings, run.slug).codes("service_tasks")
    known = pl.col("service_task").is_in(tasks)
    areas = run.county.area_of_municipality
    records = documents.select(
        service=pl.when(known).then(pl.col("service_task")).otherwise(pl.lit(UNKNOWN)),
        unit=pl.col("unit").fill_null(UNKNOWN),
        area=pl.col("municipality").replace_strict(areas, default=UNKNOWN, return_dtype=pl.String),
        happened=pl.col("event_at").dt.date(),
        recorded=pl.col("created_at").dt.date(),
    )
    delays = recording_delays(records, source="documents", as_of=run.as_of)
    return {"document_delays": delays, "document_coverage": coverage_flags(delays, run.as_of, profile)}


def _process(cases: "pl.DataFrame", run: CountyRun) -> dict[str, "pl.DataFrame"]:
    from quality_checks.phase_times import phase_stalls, phase_times
    from quality_checks.process import process_conformance

    ranks, county = county_registers(run.settings, run.slug).phase_ranks, run.county.code
    times = phase_times(cases, ranks, run.as_of, county=county)
    return {
        "process_conformance": process_conformance(cases, county=county),
        "phase_times": times,
        "phase_stalls": phase_stalls(cases, times, ranks, run.as_of, county=county),
    }


def _case_times(documents: "pl.DataFrame", run: CountyRun, calendar: Any) -> "pl.DataFrame":
    """Times by service task; whatever else stands in that field of a document is shown nowhere."""
    import polars as pl

    from reporting.structural.case_times import case_times

    known = pl.col("service_task").is_in(county_registers(run.settings, run.slug).codes("service_tasks"))
    return case_times(
        documents.with_columns(pl.when(known).then(pl.col("service_task"))),
        run.county.area_of_municipality,
        run.county.code,
        run.as_of,
        days_off=calendar.days_off,
    )
