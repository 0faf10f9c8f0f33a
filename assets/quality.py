"""Record quality: documents against the rule catalogue, scores, and the declared suites with their pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from assets.own_rules import county_catalogue
from assets.partitions import county_partitions
from assets.pictures import quality_picture
from assets.progress import shown
from assets.quality_tables import QUALITY_TABLES, own_inputs, record_quality
from assets.resources import Pipeline
from assets.stages import CountyRun, Stage, county_run, together
from assets.suites import docs_page, judged
from quality_checks.rule_files import shipped_rules, suite_names

STATUSES = ("pass", "fail", "error", "not_applicable")
DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility")


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
            "data_docs": dg.MetadataValue.path(str(docs_page(run, name))),
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
        make=record_quality,
        inputs=own_inputs,
        metadata=quality_picture,
        personal=True,
    ),
)
QUALITY_CHECKS = [_dimension_checks(dimension) for dimension in DIMENSIONS]
