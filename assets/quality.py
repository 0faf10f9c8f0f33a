"""Record quality: documents against the rule catalogue, scores, and the declared suites with their pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.partitions import county_partitions
from assets.pictures import quality_picture
from assets.progress import shown
from assets.resources import Pipeline
from assets.stages import CountyRun, Stage, county_run, together
from assets.suites import judged
from lake.settings import Settings
from quality_checks.rule_files import shipped_rules, suite_names

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.rules import Catalogue

STATUSES = ("pass", "fail", "error", "not_applicable")
DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility")
QUALITY_TABLES = {
    "doc_checks": "One row per document, one truth value per rule; empty = not applicable. No values.",
    "cells": "Rule by unit, area, task, type and month: eligible, failed, not applicable.",
    "violations": "One row per defect: document, rule, severity, age.",
    "quality_scores": "Indices of units, areas and the county with intervals, shrinkage and funnel limits.",
    "quality_profile": "The same indices by service task, document type and month.",
    "rule_contributions": "What each rule takes off the overall index of a unit, an area and the county.",
    "mend_first": "What a unit should mend first: weight x number x share that can still be mended.",
    "quality_changes": "Control chart of each unit by month.",
    "phase_deviations": "First deviating pair of phases per unit and task, and the days it cost.",
    "process_conformance": "Cases that follow the expected order of phases, by unit, area and task.",
    "phase_times": "Days from each phase to the next by area and task, open waits censored.",
    "phase_stalls": "Where open cases stand, and how many longer than nine in ten.",
    "case_times": "Times from initiation to assessment and decision against the legal clocks.",
}


def county_catalogue(settings: Settings, slug: str) -> "Catalogue":
    """The rule catalogue with the county's own rules (`rules/<slug>.yaml` beside the county files) on top."""
    from quality_checks.rules import load_catalogue

    own = settings.counties / "rules" / f"{slug}.yaml"
    return load_catalogue(*([own] if own.exists() else []))


def _own_rules(run: CountyRun) -> str:
    """The county's own rules as text: part of what the verdicts are made from."""
    own = run.settings.counties / "rules" / f"{run.slug}.yaml"
    return own.read_text(encoding="utf-8") if own.exists() else ""


def _record_quality(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from quality_checks.changes import quality_changes
    from quality_checks.checking import check, default_calendar
    from quality_checks.contributions import contributions_by_place, mend_first
    from quality_checks.scores import quality_profile, quality_scores

    documents = run.table_or_none("documents")
    if documents is None:
        return {name: pl.DataFrame() for name in QUALITY_TABLES}
    catalogue = county_catalogue(run.settings, run.slug)
    areas = run.county.area_of_municipality
    result = check(documents, catalogue, settings=run.county.quality, as_of=run.as_of, area_of_municipality=areas)
    run.log.info(f"documents: {result.counts}; rules that could not be asked: {sorted(result.not_evaluable)}")
    return {
        "doc_checks": result.doc_checks,
        "cells": result.cells,
        "violations": result.violations,
        "quality_scores": quality_scores(result.cells, result.clusters, catalogue, county=run.county.code),
        "quality_profile": quality_profile(result.cells, result.clusters, catalogue, county=run.county.code),
        "rule_contributions": contributions_by_place(result.cells, catalogue, county=run.county.code),
        "mend_first": mend_first(result.violations, catalogue, cells=result.cells),
        "quality_changes": quality_changes(result.cells, catalogue),
        **_process(result.cases, run),
        "phase_deviations": result.deviations,
        "case_times": _case_times(documents, run, default_calendar()),
    }


def _process(cases: "pl.DataFrame", run: CountyRun) -> dict[str, "pl.DataFrame"]:
    from quality_checks.phase_times import phase_stalls, phase_times
    from quality_checks.process import process_conformance
    from quality_checks.registers import load_registers

    ranks, county = load_registers().phase_ranks, run.county.code
    times = phase_times(cases, ranks, run.as_of, county=county)
    return {
        "process_conformance": process_conformance(cases, county=county),
        "phase_times": times,
        "phase_stalls": phase_stalls(cases, times, ranks, run.as_of, county=county),
    }


def _case_times(documents: "pl.DataFrame", run: CountyRun, calendar: Any) -> "pl.DataFrame":
    """Times by service task; whatever else stands in that field of a document is shown nowhere."""
    import polars as pl

    from quality_checks.registers import load_registers
    from reporting.structural.case_times import case_times

    known = pl.col("service_task").is_in(load_registers().codes("service_tasks"))
    return case_times(
        documents.with_columns(pl.when(known).then(pl.col("service_task"))),
        run.county.area_of_municipality,
        run.county.code,
        run.as_of,
        days_off=calendar.days_off,
    )


def _dimension_checks(dimension: str) -> dg.AssetChecksDefinition:
    """The suites of one dimension as asset checks: one per document family, one for suites that a county adds."""
    names = [name for name in suite_names(rule for _, rule in shipped_rules()) if name.startswith(f"{dimension}-")]

    @dg.multi_asset_check(
        name=f"{dimension}_suites",
        specs=[
            dg.AssetCheckSpec(
                name.replace("-", "_"),
                asset="cells",
                partitions_def=county_partitions,
                description="Every rule of the suite reaches its limit in every area. Findings block nothing.",
            )
            for name in (*names, _added(dimension))
        ],
    )
    def suites_check(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
        step = context.op_execution_context
        results: dict[str, list[dg.AssetCheckResult]] = {name: [] for name in (*names, _added(dimension))}
        for slug in step.partition_keys:
            run = county_run(step, pipeline, slug)
            with shown(f"{dimension}_suites", slug) as note:
                found = _judged_rules(run, dimension)
                note.text = f"{len(found)} rules"
            for name, group in results.items():
                own = [row for row in found if _declared(row["suite"], names, _added(dimension)) == name]
                group.append(_suite_result(run, name, own))
        for group in results.values():
            yield together(group)

    return suites_check


def _added(dimension: str) -> str:
    return f"{dimension}-added"


def _declared(suite: str, names: Sequence[str], otherwise: str) -> str:
    """Name under which a suite is reported; a large one comes in numbered parts."""
    name, _, part = suite.rpartition("-")
    whole = name if part.isdecimal() else suite
    return whole if whole in names else otherwise


def _judged_rules(run: CountyRun, dimension: str) -> list[dict[str, Any]]:
    """One row per rule of the dimension: what its expectation found, and the documents behind it."""
    import polars as pl

    from quality_checks.great_expectations import record_quality_suites
    from quality_checks.great_expectations.suites import TABLE, rule_shares

    cells = run.table_or_none("cells")
    if cells is None:
        return []
    declared = record_quality_suites(county_catalogue(run.settings, run.slug))
    suites = [suite for suite in declared if suite["suite"].startswith(f"{dimension}-")]
    outcomes = judged(run, dimension, suites, ["cells"], lambda: {TABLE: rule_shares(cells)})
    documents = cells.group_by("rule_id").agg(pl.col("eligible").sum(), pl.col("failed").sum())
    counts = {row["rule_id"]: row for row in documents.iter_rows(named=True)}
    nothing = {"eligible": 0, "failed": 0}
    return [{**nothing, **counts.get(o.rule_id, {}), **asdict(o)} for o in outcomes]


def _suite_result(run: CountyRun, name: str, found: Sequence[Mapping[str, Any]]) -> dg.AssetCheckResult:
    """A fatal rule below its limit, or one that could not be asked, is an error; the rest warn. None blocks."""
    wrong = [row for row in found if row["status"] in ("fail", "error")]
    severe = any(row["status"] == "error" or row["severity"] == "critical" for row in wrong)
    told = f"{len(wrong)} of {len(found)} rules below their limit" if found else "no rule, or nothing to judge"
    return dg.AssetCheckResult(
        asset_key="cells",
        check_name=name.replace("-", "_"),
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR if severe else dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={
            **{status: sum(row["status"] == status for row in found) for status in STATUSES},
            "data_docs": dg.MetadataValue.path(str(run.settings.data_docs(run.slug) / "index.html")),
            **({"below_limit": _below_limit(wrong)} if wrong else {}),
        },
    )


def _below_limit(wrong: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    columns = {"rule_id": "rule", "severity": "severity", "unexpected": "areas below limit"}
    columns |= {"evaluated": "areas judged", "failed": "documents failed", "eligible": "documents judged"}
    return dg.MetadataValue.table(
        [dg.TableRecord({title: str(row[name]) for name, title in columns.items()}) for row in wrong],
        schema=dg.TableSchema([dg.TableColumn(title) for title in columns.values()]),
    )


QUALITY_STAGES: tuple[Stage, ...] = (
    Stage(
        name="document_checks",
        group="quality",
        tables=QUALITY_TABLES,
        reads=("documents",),
        code=("quality_checks", "counties", "reporting/structural"),
        make=_record_quality,
        inputs=_own_rules,
        metadata=quality_picture,
        personal=True,
    ),
)
QUALITY_CHECKS = [_dimension_checks(dimension) for dimension in DIMENSIONS]
