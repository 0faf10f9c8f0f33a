"""Record quality: documents against the rule catalogue, scores, and the declared suites with their pages."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.partitions import county_partitions
from assets.pictures import quality_picture
from assets.progress import shown
from assets.resources import Pipeline
from assets.stages import CountyRun, Stage, county_run
from lake.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.rules import Catalogue

CONTRACT_TABLES = (
    *("population", "projection", "languages", "indicators", "service_events", "service_counts"),
    *("waiting_list", "documents", "observations", "proposals", "wellbeing_referrals"),
)
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


def _suites(run: CountyRun) -> list[dict[str, Any]]:
    """Contract suites of the tables that were delivered, and the suites of the rule catalogue."""
    from quality_checks.great_expectations import record_quality_suites
    from sources.contracts import CONTRACTS
    from sources.expectations import expectations
    from sources.ingest import allowed_codes, codes_elsewhere

    contracts = [
        {
            "suite": f"contract-{table}",
            "table": table,
            "expectations": expectations(
                CONTRACTS[table], coded=allowed_codes(table, run.county), owned=codes_elsewhere(table)
            ),
        }
        for table in CONTRACT_TABLES
        if run.table(f"gate_{table}")["rows_in"][0]
    ]
    judged = run.table_or_none("cells") is not None
    return contracts + (record_quality_suites(county_catalogue(run.settings, run.slug)) if judged else [])


@dg.multi_asset_check(
    name="record_quality_suites",
    specs=[
        dg.AssetCheckSpec(
            dimension,
            asset="cells",
            partitions_def=county_partitions,
            description=f"Suites of the rule catalogue on {dimension}, over areas' shares; they warn.",
        )
        for dimension in DIMENSIONS
    ],
)
def record_quality_suites_check(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
    """Run the declared suites, build the Data Docs and report one result per dimension."""
    step = context.op_execution_context
    outcomes: list[Any] = []
    docs = ""
    for slug in step.partition_keys:
        run = county_run(step, pipeline, slug)
        with shown("record_quality_suites", slug) as note:
            found = _run_suites(run)
            note.text = f"{len(found)} expectations"
        outcomes += found
        docs = str(run.settings.data_docs(slug))
    for dimension in DIMENSIONS:
        own = [o for o in outcomes if o.suite.startswith(f"{dimension}-")]
        yield _dimension_result(dimension, own, docs)


def _run_suites(run: CountyRun) -> list[Any]:
    from quality_checks.great_expectations import run_suites
    from quality_checks.great_expectations.suites import TABLE, rule_shares
    from reporting.texts import Texts

    cells = run.table_or_none("cells")
    frames = {table: run.table(f"gate_{table}") for table in CONTRACT_TABLES}
    if cells is not None:
        frames[TABLE] = rule_shares(cells)
    return run_suites(
        _suites(run),
        frames,
        docs_folder=run.settings.data_docs(run.slug),
        as_of=run.as_of,
        notice=Texts("fi").get("synthetic-banner") if run.synthetic else "",
    )


def _dimension_result(dimension: str, outcomes: Sequence[Any], docs: str) -> dg.AssetCheckResult:
    from quality_checks.great_expectations import counts_by_status

    counts = counts_by_status(outcomes)
    return dg.AssetCheckResult(
        asset_key="cells",
        check_name=dimension,
        passed=bool(outcomes) and not counts["fail"] and not counts["error"],
        severity=dg.AssetCheckSeverity.ERROR if counts["error"] else dg.AssetCheckSeverity.WARN,
        description="nothing was judged"
        if not outcomes
        else f"{counts['fail']} of {len(outcomes)} below their limit",
        metadata={**counts, "data_docs": dg.MetadataValue.path(docs)},
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
QUALITY_CHECKS = [record_quality_suites_check]
