"""Tables made from verdicts: counts per cell and violations.

Each is made part by part and put together at the end, so that no more than one part's verdicts are held.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from quality_checks.engine import CompiledCatalogue, CompiledRule
from quality_checks.schema import CELL_KEYS

WHERE = ("unit", "area", "service_task", "document_type")
VIOLATION_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("document_id", "rule_id", *WHERE, "severity"), pl.String()),
    "since": pl.Date(),
    "age_days": pl.Int64(),
}
CELL_COUNTS = ("eligible", "failed", "not_applicable", "not_evaluable")
CELL_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("rule_id", *WHERE), pl.String()),
    "month": pl.Date(),
    **dict.fromkeys(CELL_COUNTS, pl.Int64()),
}
# Columns that the view of cases as a process is made from.
PHASE_COLUMNS = (
    *("document_id", "unit", "area", "service_task", "_case", "_since_document_date"),
    *("_phase_rank", "_phase_rank_before", "_first_deviation", "_phase_cost_days"),
)


def counted(checks: pl.DataFrame, compiled: CompiledCatalogue) -> pl.DataFrame:
    """Counts of one part, wide: documents and, per rule, eligible (e:), ok (o:) and unanswered (n:)."""
    ids = [c.rule.id for c in compiled.rules if not c.missing]
    unanswered = [(c.rule.id, _unanswered(c, compiled)) for c in compiled.rules]
    return (
        checks.lazy()
        .group_by(CELL_KEYS)
        .agg(
            pl.len().alias("_documents"),
            *(pl.col(i).count().alias(f"e:{i}") for i in ids),
            *(pl.col(i).sum().alias(f"o:{i}") for i in ids),
            *(expression.alias(f"n:{i}") for i, expression in unanswered if expression is not None),
        )
        .collect(engine="streaming")
    )


def _unanswered(compiled_rule: CompiledRule, compiled: CompiledCatalogue) -> pl.Expr | None:
    """Documents in scope that a rule could not judge; None when there can be none."""
    scope = pl.col(compiled.scopes[compiled_rule.scope])
    if compiled_rule.missing:
        return scope.sum()
    return (scope & ~pl.col("_readable")).sum() if compiled_rule.rule.reads_content else None


def cells_of(counts: Iterable[pl.DataFrame], compiled: CompiledCatalogue) -> pl.DataFrame:
    """Counts per rule and stratum: eligible, failed, not applicable, not evaluable; only types a rule is about.

    Args:
        counts: what `counted` gave, one table per part.
        compiled: the rules of all parts.
    """
    parts = [part for part in counts if part.height]
    if not parts or not compiled.rules:
        return pl.DataFrame(schema=CELL_SCHEMA)
    whole = pl.concat(parts, how="diagonal")
    sums = (
        whole.lazy()
        .group_by(CELL_KEYS)
        .agg(pl.exclude(CELL_KEYS).cast(pl.Int64).sum())
        .sort(CELL_KEYS)  # once; the rows of each rule then come in order
        .collect()
    )
    own = {types: _of_types(sums, types) for types in {c.rule.document_types for c in compiled.rules}}
    rules = sorted((c.rule for c in compiled.rules), key=lambda rule: rule.id)
    return pl.concat([_rule_cells(rule.id, own[rule.document_types]) for rule in rules])


def _of_types(sums: pl.DataFrame, types: tuple[str, ...]) -> pl.DataFrame:
    return sums.filter(pl.col("document_type").is_in(types)) if types else sums


def _rule_cells(rule_id: str, strata: pl.DataFrame) -> pl.DataFrame:
    has = set(strata.columns)
    eligible, ok, unanswered = (
        pl.col(f"{kind}:{rule_id}") if f"{kind}:{rule_id}" in has else pl.lit(0, dtype=pl.Int64) for kind in "eon"
    )
    return strata.select(
        pl.lit(rule_id).alias("rule_id"),
        *CELL_KEYS,
        eligible.alias("eligible"),
        (eligible - ok).alias("failed"),
        (pl.col("_documents").cast(pl.Int64) - eligible - unanswered).alias("not_applicable"),
        unanswered.alias("not_evaluable"),
    )


def violations_of(checks: pl.DataFrame, compiled: CompiledCatalogue, as_of: date) -> pl.DataFrame:
    """One row per defect: document, rule, where, severity, since when and for how many days; in no order."""
    asked = [c for c in compiled.rules if not c.missing]
    if not asked:
        return pl.DataFrame(schema=VIOLATION_SCHEMA)
    some = checks.filter(pl.any_horizontal(~pl.col(c.rule.id) for c in asked))
    found = [
        some.lazy()
        .filter(~pl.col(c.rule.id))
        .select(
            "document_id",
            pl.lit(c.rule.id).alias("rule_id"),
            *WHERE,
            pl.lit(c.rule.severity).alias("severity"),
            pl.coalesce(f"_since_{c.rule.since or 'document_date'}", "_since_document_date").alias("since"),
        )
        for c in asked
    ]
    age = (pl.lit(as_of) - pl.col("since")).dt.total_days().clip(lower_bound=0)
    return pl.concat(pl.collect_all(found)).with_columns(age.alias("age_days"))
