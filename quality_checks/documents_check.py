"""The check of one extract as files: violations, scores and a summary that machines can rely on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from quality_checks.changes import quality_changes
from quality_checks.checking import Check, Counted, check_columns
from quality_checks.clustering import Weighed
from quality_checks.contributions import contributions_by_place, mend_first
from quality_checks.extracts import Documents, extract_of
from quality_checks.files import write_json, write_table
from quality_checks.finished import finish, must_go_on_from
from quality_checks.incremental import check_since, remember
from quality_checks.memory import SPINES, anew, file_names, forget
from quality_checks.reasons import reasons_by_rule
from quality_checks.registers import Registers
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.score_history import HISTORY, catalogue_version, days_of, read_history, rescored, with_edition
from quality_checks.scores import quality_profile, quality_scores
from quality_checks.settings import Settings
from quality_checks.spine_files import SpineWriter
from quality_checks.spines import SpineCoding
from quality_checks.verdict_files import VERDICTS, clear_parts, read_verdicts, written_part

SUMMARY_VERSION = "1"


def check_documents(
    documents: Documents,
    out: Path,
    *,
    as_of: date,
    settings: Any = None,
    area_of_municipality: Mapping[str, str] | None = None,
    county: str = "",
    catalogue: Catalogue | None = None,
    registers: Registers | None = None,
    told: Callable[[int], None] | None = None,
    since: Path | None = None,
    memory: bool = False,
    rescore: bool = False,
) -> dict[str, Any]:
    """Check documents and write verdicts, counts, defects, scores and what follows from them, and `summary.json`.

    Files: `doc_checks`, `cells`, `violations`, `scores`, `score_history`, `profile` (scores by task, type, month),
    `contributions` (of each rule to the index), `changes` (control charts), `mend_first`.

    Args:
        documents: the contract table `documents` in the lake's shape, Parquet files of it, or what reads it.
        out: folder of the files; made when missing.
        as_of: day of the judgement.
        settings: the county's limits.
        area_of_municipality: service area of each municipality; without it every area is the municipality.
        county: code of the county, the area of its total.
        catalogue: the rules; the shipped ones when None.
        registers: dated code sets; the shipped synthetic ones when None.
        told: is given the number of documents judged with each part.
        since: folder of an earlier check that left a memory: only what changed since then is judged.
        memory: leave a memory for the next check of changes.
        rescore: score the earlier days of the history by these rules and limits too, from these documents.

    Returns:
        The summary, as in `summary.json`.

    Raises:
        FileNotFoundError: the earlier check left no memory, or did not come to its end.
        DamagedCheckError: one of its files is missing or cut off.
        OtherTermsError: it was made on other terms.
    """
    rules = catalogue or load_catalogue()
    areas = area_of_municipality or _own_areas(documents)
    bound = Check.of(
        documents, rules, settings=settings, as_of=as_of, area_of_municipality=areas, registers=registers
    )
    changes: dict[str, int] = {}
    if since is not None:
        must_go_on_from(since, out)
        found = check_since(bound, since, out, clusters=True)
        result, changes = found.counted, {"changed": found.changed, "judged_again": found.judged}
    else:
        result = write_checked(bound, out, told=told, clusters=True, turns=memory)
        if memory:
            remember(bound, result, out)
    minimum = Settings.of(settings).minimum_rules
    weighed = Weighed.of(result.clusters)
    scores = quality_scores(result.cells, weighed, rules, county=county, minimum_rules=minimum)
    reasons = reasons_by_rule(read_verdicts(out), rules, result.cells)
    write_table(scores, out / "scores.parquet")
    for name, table in _following(result, weighed, rules, county, minimum).items():
        write_table(table, out / f"{name}.parquet")
    version = catalogue_version(rules, bound.registers, Settings.of(settings))
    history = with_edition(read_history(since or out), scores, as_of, version)
    past = days_of(history, as_of) if rescore else []
    history = rescored(
        documents, rules, past, county=county, history=history,
        settings=settings, as_of=as_of, area_of_municipality=areas, registers=registers,
    )  # fmt: skip
    write_table(history, out / HISTORY)
    anew = {"rescored": [day.isoformat() for day in past]} if rescore else {}
    summary = {**summary_of(result, scores, rules, reasons, as_of), **changes, **anew}
    write_json(summary, out / "summary.json")
    if memory or since is not None:
        finish(out)
    return summary


def _following(
    result: Counted, weighed: Weighed, rules: Catalogue, county: str, minimum: int
) -> dict[str, pl.DataFrame]:
    """What follows from the counts and defects of a check beside its scores."""
    return {
        "profile": quality_profile(result.cells, weighed, rules, county=county, minimum_rules=minimum),
        "contributions": contributions_by_place(result.cells, rules, county=county),
        "changes": quality_changes(result.cells, rules),
        "mend_first": mend_first(result.violations, rules, cells=result.cells),
    }


def write_checked(
    bound: Check,
    out: Path,
    *,
    told: Callable[[int], None] | None = None,
    clusters: bool = False,
    turns: bool = False,
) -> Counted:
    """Judge documents and write the first part of `doc_checks` as they are judged, then `cells` and `violations`.

    Args:
        bound: rules bound to an extract.
        out: folder of the files; made when missing.
        told: is given the number of documents judged with each part.
        clusters: also count what intervals of scores need.
        turns: also tell what `remember` needs: the days on which time alone will change verdicts, and spines.
    """
    anew(out) if turns else forget(out)
    clear_parts(out)
    spines = _spine_writer(bound, out).add if turns else None
    ready = bound.prepared(clusters=clusters, take=spines)
    with written_part(out, VERDICTS, 0, check_columns(bound.compiled)) as stream:
        counted = bound.run(stream.write, told, clusters=clusters, turns=turns, ready=ready)
    counted.counted.write(out / "cells.parquet")
    write_table(counted.violations, out / "violations.parquet")
    return counted


def _spine_writer(bound: Check, out: Path) -> SpineWriter:
    pieces = bound.extract.pieces()
    named = list(zip(file_names(pieces), pieces, strict=True))
    return SpineWriter(out / SPINES, named, SpineCoding.of(bound.registers))


def summary_of(
    result: Counted,
    scores: pl.DataFrame,
    catalogue: Catalogue,
    reasons: Mapping[str, Mapping[str, int]],
    as_of: date,
) -> dict[str, Any]:
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
        "rules": {
            rule.id: {
                **_rule_summary(rule, by_rule.get(rule.id), result),
                "not_applicable_because": dict(reasons[rule.id]),
            }
            for rule in catalogue.rules
        },
        "indices": _county_indices(scores),
    }


def _rule_summary(rule: Any, counts: Mapping[str, Any] | None, result: Counted) -> dict[str, Any]:
    found = counts or {}
    return {
        "title": {"fi": rule.title.fi, "sv": rule.title.sv, "en": rule.title.en},
        "document_types": list(rule.document_types),
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


def _own_areas(documents: Documents) -> dict[str, str]:
    extract = extract_of(documents)
    codes = extract.read(("municipality",), 0, extract.height)["municipality"].drop_nulls().unique()
    return {code: code for code in codes.to_list()}
