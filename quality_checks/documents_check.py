"""The check of one extract as files: violations, scores and a summary that machines can rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from quality_checks.checking import QualityResult, check
from quality_checks.registers import Registers
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.scores import quality_scores
from quality_checks.settings import Settings

SUMMARY_VERSION = "1"


def check_documents(
    documents: pl.DataFrame,
    out: Path,
    *,
    as_of: date,
    settings: Any = None,
    area_of_municipality: Mapping[str, str] | None = None,
    county: str = "",
    catalogue: Catalogue | None = None,
    registers: Registers | None = None,
) -> dict[str, Any]:
    """Check documents and write `violations.parquet`, `scores.parquet` and `summary.json`.

    Args:
        documents: the contract table `documents` in the lake's shape.
        out: folder of the files; made when missing.
        as_of: day of the judgement.
        settings: the county's limits.
        area_of_municipality: service area of each municipality; without it every area is the municipality.
        county: code of the county, the area of its total.
        catalogue: the rules; the shipped ones when None.
        registers: dated code sets; the shipped synthetic ones when None.

    Returns:
        The summary, as in `summary.json`.
    """
    rules = catalogue or load_catalogue()
    areas = area_of_municipality or _own_areas(documents)
    result = check(
        documents, rules, settings=settings, as_of=as_of, area_of_municipality=areas, registers=registers
    )
    minimum = Settings.of(settings).minimum_rules
    scores = quality_scores(result.cells, result.clusters, rules, county=county, minimum_rules=minimum)
    summary = summary_of(result, scores, rules, as_of)
    out.mkdir(parents=True, exist_ok=True)
    result.violations.write_parquet(out / "violations.parquet")
    scores.write_parquet(out / "scores.parquet")
    text = json.dumps(summary, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "summary.json").write_text(text + "\n", encoding="utf-8")
    return summary


def summary_of(result: QualityResult, scores: pl.DataFrame, catalogue: Catalogue, as_of: date) -> dict[str, Any]:
    """What was checked, what not and why, what each rule found, and the county's indices."""
    by_rule = {
        row["rule_id"]: row
        for row in result.cells.group_by("rule_id")
        .agg(pl.col("eligible", "failed", "not_applicable", "not_evaluable").sum())
        .iter_rows(named=True)
    }
    excluded = {reason: n for reason, n in result.counts.items() if reason not in {"documents", "checked"} and n}
    return {
        "version": SUMMARY_VERSION,
        "as_of": as_of.isoformat(),
        "documents": result.counts["documents"],
        "checked": result.counts["checked"],
        "excluded": excluded,
        "violations": result.violations.height,
        "fatal": result.violations.filter(pl.col("severity") == "fatal").height,
        "rules": {rule.id: _rule_summary(rule, by_rule.get(rule.id), result) for rule in catalogue.rules},
        "indices": _county_indices(scores),
    }


def _rule_summary(rule: Any, counts: Mapping[str, Any] | None, result: QualityResult) -> dict[str, Any]:
    found = counts or {}
    return {
        "title": {"fi": rule.title.fi, "sv": rule.title.sv, "en": rule.title.en},
        "dimension": rule.dimension,
        "severity": rule.severity,
        "mode": rule.mode,
        "eligible": int(found.get("eligible", 0)),
        "failed": int(found.get("failed", 0)),
        "not_applicable": int(found.get("not_applicable", 0)),
        "not_evaluable": int(found.get("not_evaluable", 0)),
        "reason": result.not_evaluable.get(rule.id, ""),
    }


def _county_indices(scores: pl.DataFrame) -> dict[str, Any]:
    rows = scores.filter(pl.col("level") == "county").iter_rows(named=True)
    names = ("documents", "eligible", "failed", "index", "low", "high", "weights_low", "weights_high")
    return {row["dimension"]: {name: row[name] for name in names} for row in rows}


def _own_areas(documents: pl.DataFrame) -> dict[str, str]:
    if "municipality" not in documents.columns:
        return {}
    return {code: code for code in documents["municipality"].drop_nulls().unique().to_list()}
