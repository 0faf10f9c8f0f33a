"""The engine: one streaming pass over prepared documents gives verdicts; cells and violations follow from them.

A verdict is ok (true), defect (false) or neither (null): not applicable, or not evaluable when the document's
content could not be read or a column or code set that the rule needs is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce

import polars as pl

from quality_checks import language
from quality_checks.calendar import WorkingDays
from quality_checks.language.binding import DatedCode
from quality_checks.rules import Catalogue, Rule
from quality_checks.schema import CELL_KEYS, CHECK_COLUMNS
from quality_checks.settings import Settings

Scope = tuple[tuple[str, ...], tuple[str, ...], date | None, date | None]
VIOLATION_COLUMNS = ("document_id", "rule_id", "unit", "area", "service_task", "document_type", "severity")


@dataclass(frozen=True)
class CompiledRule:
    """A rule bound to settings and code sets; `missing` says why it cannot be asked (empty when it can)."""

    rule: Rule
    applies: language.Expression | None
    fails: language.Expression | None
    missing: str = ""

    @property
    def scope(self) -> Scope:
        """Types, statuses and dates of the documents that the rule is about."""
        rule = self.rule
        return rule.document_types, rule.statuses, rule.valid_from, rule.valid_to


@dataclass(frozen=True)
class CompiledCatalogue:
    """Rules ready for an engine, with the calendar their deadlines count in."""

    rules: tuple[CompiledRule, ...]
    calendar: WorkingDays

    @cached_property
    def scopes(self) -> dict[Scope, str]:
        """Name of the truth-value column of each distinct scope."""
        distinct = dict.fromkeys(rule.scope for rule in self.rules)
        return {scope: f"_scope_{number}" for number, scope in enumerate(distinct)}

    @property
    def not_evaluable(self) -> dict[str, str]:
        """Rules that cannot be asked at all, with the reason."""
        return {c.rule.id: c.missing for c in self.rules if c.missing}


def compile_catalogue(
    catalogue: Catalogue,
    *,
    columns: Sequence[str],
    settings: Settings,
    code_sets: Mapping[str, Sequence[DatedCode]],
    calendar: WorkingDays,
    as_of: date,
) -> CompiledCatalogue:
    """Bind every rule to settings and code sets.

    Args:
        catalogue: the rules.
        columns: columns that the prepared documents have.
        settings: the county's limits.
        code_sets: dated codes by set name.
        calendar: working days.
        as_of: day of the judgement.
    """
    values = settings.values(as_of)
    rules = tuple(_compile(rule, frozenset(columns), values, code_sets) for rule in catalogue.rules)
    return CompiledCatalogue(rules, calendar)


def _compile(
    rule: Rule,
    columns: frozenset[str],
    values: Mapping[str, object],
    code_sets: Mapping[str, Sequence[DatedCode]],
) -> CompiledRule:
    lacking = sorted(rule.fields - columns)
    sets = sorted(name for name in rule.code_sets if not code_sets.get(name))
    if lacking or sets:
        parts = [f"column {name} is missing" for name in lacking] + [
            f"code set {name} is missing" for name in sets
        ]
        return CompiledRule(rule, None, None, "; ".join(parts))
    applies = language.bind(rule.applies_tree, values, code_sets)
    return CompiledRule(rule, applies, language.bind(rule.fails_tree, values, code_sets))


def verdicts(prepared: pl.LazyFrame, compiled: CompiledCatalogue) -> pl.LazyFrame:
    """One nullable truth value per rule beside the keys of the tables; hidden columns begin with `_`."""
    scopes = [_scope(scope).alias(name) for scope, name in compiled.scopes.items()]
    rules = [_verdict(rule, compiled) for rule in compiled.rules]
    keys = [pl.col(inner).alias(outer) for outer, inner in CHECK_COLUMNS.items()]
    since = sorted({c.rule.since for c in compiled.rules if c.rule.since and not c.missing} | {"document_date"})
    hidden = [pl.col(name).alias(f"_since_{name}") for name in since]
    kept = ("first_deviation", "phase_rank_before", "phase_rank", "phase_cost_days")
    return prepared.with_columns(scopes).select(
        *keys,
        *rules,
        *hidden,
        *compiled.scopes.values(),
        pl.col("content_readable").alias("_readable"),
        pl.col("author_id").alias("_author"),
        pl.col("client_id").alias("_client"),
        pl.col("case_id").alias("_case"),
        *(pl.col(name).alias(f"_{name}") for name in kept),
    )


def _scope(scope: Scope) -> pl.Expr:
    types, statuses, first, last = scope
    parts = [pl.lit(True)]
    if types:
        parts.append(pl.col("document_type").is_in(pl.Series(types).implode()))
    if statuses:
        parts.append(pl.col("status").is_in(pl.Series(statuses).implode()))
    if first:
        parts.append(pl.col("document_date") >= first)
    if last:
        parts.append(pl.col("document_date") <= last)
    return reduce(lambda a, b: a & b, parts).fill_null(False)


def _verdict(compiled_rule: CompiledRule, compiled: CompiledCatalogue) -> pl.Expr:
    rule = compiled_rule.rule
    if compiled_rule.applies is None or compiled_rule.fails is None:
        return pl.lit(None, dtype=pl.Boolean).alias(rule.id)
    judged = pl.col(compiled.scopes[compiled_rule.scope])
    if rule.reads_content:
        judged = judged & pl.col("content_readable")
    if rule.applies != "true":
        judged = judged & language.to_polars(compiled_rule.applies, compiled.calendar)
    fails = language.to_polars(compiled_rule.fails, compiled.calendar)
    return pl.when(judged).then(~fails).otherwise(None).alias(rule.id)


def cells_of(checks: pl.DataFrame, compiled: CompiledCatalogue) -> pl.DataFrame:
    """Counts per rule and stratum: eligible, failed, not applicable, not evaluable; only types a rule is about."""
    ids = [c.rule.id for c in compiled.rules]
    if not ids:
        return checks.select(pl.lit("").alias("rule_id"), *CELL_KEYS).clear()
    counts = (
        checks.lazy()
        .group_by(CELL_KEYS)
        .agg(
            pl.len().cast(pl.Int64).alias("_documents"),
            *(pl.col(i).count().cast(pl.Int64).alias(f"e:{i}") for i in ids),
            *((~pl.col(i)).sum().cast(pl.Int64).alias(f"f:{i}") for i in ids),
            *(_unanswered(c, compiled).cast(pl.Int64).alias(f"n:{c.rule.id}") for c in compiled.rules),
        )
        .sort(CELL_KEYS)
        .collect(engine="streaming")
    )
    long = _long(counts, ids, "e", "eligible").with_columns(
        _long(counts, ids, "f", "failed")["failed"], _long(counts, ids, "n", "not_evaluable")["not_evaluable"]
    )
    about = _types_of_rules(compiled)
    return (
        long.filter(_is_about(about))
        .with_columns(not_applicable=pl.col("_documents") - pl.col("eligible") - pl.col("not_evaluable"))
        .select("rule_id", *CELL_KEYS, "eligible", "failed", "not_applicable", "not_evaluable")
        .sort("rule_id", *CELL_KEYS)
    )


def _unanswered(compiled_rule: CompiledRule, compiled: CompiledCatalogue) -> pl.Expr:
    scope = pl.col(compiled.scopes[compiled_rule.scope])
    if compiled_rule.missing:
        return scope.sum()
    return (scope & ~pl.col("_readable")).sum() if compiled_rule.rule.reads_content else pl.lit(0)


def _long(counts: pl.DataFrame, ids: list[str], kind: str, name: str) -> pl.DataFrame:
    wide = counts.select(*CELL_KEYS, "_documents", *(pl.col(f"{kind}:{i}").alias(i) for i in ids))
    return wide.unpivot(ids, index=[*CELL_KEYS, "_documents"], variable_name="rule_id", value_name=name)


def _types_of_rules(compiled: CompiledCatalogue) -> dict[tuple[str, ...], list[str]]:
    about: dict[tuple[str, ...], list[str]] = {}
    for c in compiled.rules:
        about.setdefault(c.rule.document_types, []).append(c.rule.id)
    return about


def _is_about(about: Mapping[tuple[str, ...], list[str]]) -> pl.Expr:
    parts = [
        pl.col("rule_id").is_in(pl.Series(ids).implode())
        & (pl.col("document_type").is_in(pl.Series(types).implode()) if types else pl.lit(True))
        for types, ids in about.items()
    ]
    return reduce(lambda a, b: a | b, parts)


def violations_of(checks: pl.DataFrame, compiled: CompiledCatalogue, as_of: date) -> pl.DataFrame:
    """One row per defect: document, rule, where, severity, since when and for how many days."""
    found = [
        checks.lazy()
        .filter(~pl.col(c.rule.id))
        .select(
            "document_id",
            pl.lit(c.rule.id).alias("rule_id"),
            *("unit", "area", "service_task", "document_type"),
            pl.lit(c.rule.severity).alias("severity"),
            pl.coalesce(f"_since_{c.rule.since or 'document_date'}", "_since_document_date").alias("since"),
        )
        for c in compiled.rules
        if not c.missing
    ]
    if not found:
        return pl.DataFrame(
            schema={**dict.fromkeys(VIOLATION_COLUMNS, pl.String()), "since": pl.Date(), "age_days": pl.Int64()}
        )
    rows = pl.concat(pl.collect_all(found))
    age = (pl.lit(as_of) - pl.col("since")).dt.total_days().clip(lower_bound=0)
    return rows.with_columns(age.alias("age_days")).sort("rule_id", "document_id")


def public_checks(checks: pl.DataFrame) -> pl.DataFrame:
    """The table `doc_checks`: verdicts without the hidden columns."""
    return checks.select(name for name in checks.columns if not name.startswith("_"))


__all__ = ["CompiledCatalogue", "cells_of", "compile_catalogue", "public_checks", "verdicts", "violations_of"]
