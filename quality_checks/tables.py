"""Tables made from verdicts: counts per cell and violations.

Each is made part by part and put together at the end, so that no more than one part's verdicts are held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from quality_checks.engine import CompiledCatalogue, CompiledRule
from quality_checks.rules import Rule
from quality_checks.schema import CELL_KEYS

WHERE = ("unit", "area", "service_task", "document_type")
VIOLATION_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("document_id", "rule_id", *WHERE, "severity"), pl.String()),
    "since": pl.Date(),
    "age_days": pl.Int64(),
    "first_seen": pl.Date(),
}
CELL_COUNTS = ("eligible", "failed", "not_applicable", "not_evaluable")
# First letter of a column of counts per stratum -> count of a cell.
SIGNS = {"e": "eligible", "f": "failed", "n": "not_evaluable"}
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


Defects = Mapping[str, pl.Series]


def defects_in(checks: pl.DataFrame, compiled: CompiledCatalogue) -> Defects:
    """Rows of the documents that each rule found a defect in, for the rules that found one."""
    asked = [c.rule.id for c in compiled.rules if not c.missing]
    failed = checks.lazy().select((~pl.col(i)).arg_true().implode() for i in asked).collect()
    return {i: failed[i][0] for i in asked if failed.height and len(failed[i][0])}


def counted(checks: pl.DataFrame, compiled: CompiledCatalogue, defects: Defects) -> pl.DataFrame:
    """Counts of one part, wide: documents and, per rule, eligible (e:), failed (f:) and unanswered (n:).

    A rule that nobody failed has no f: column, one that judged no document no e: column.
    """
    ids = [c.rule.id for c in compiled.rules if not c.missing]
    judged = {i: checks.height - checks[i].null_count() for i in ids}
    unanswered = [(c.rule.id, _unanswered(c)) for c in compiled.rules]
    table = (
        checks.lazy()
        .with_row_index("_row")
        .group_by(CELL_KEYS)
        .agg(
            "_row",
            pl.len().alias("_documents"),
            *(pl.col(i).count().alias(f"e:{i}") for i in ids if 0 < judged[i] < checks.height),
            *(expression.alias(f"n:{i}") for i, expression in unanswered if expression is not None),
        )
        .collect()
    )
    everyone = [pl.col("_documents").alias(f"e:{i}") for i in ids if judged[i] == checks.height]
    return table.drop("_row").with_columns(*everyone, *_failed(table["_row"], checks.height, defects))


def _failed(rows: pl.Series, height: int, defects: Defects) -> list[pl.Series]:
    """Defects of each rule per stratum; `rows` lists the documents of each stratum."""
    stratum = np.empty(height, dtype=np.int64)
    stratum[rows.explode().to_numpy()] = np.repeat(np.arange(len(rows)), rows.list.len().to_numpy())
    return [
        pl.Series(f"f:{rule}", np.bincount(stratum[places.to_numpy()], minlength=len(rows)))
        for rule, places in defects.items()
    ]


def _unanswered(compiled_rule: CompiledRule) -> pl.Expr | None:
    """Documents in scope that a rule could not judge; None when there can be none."""
    scope = pl.col(compiled_rule.scope_column)
    if compiled_rule.missing:
        return scope.sum()
    return (scope & ~pl.col("_readable")).sum() if compiled_rule.rule.reads_content else None


def cells_of(counts: Iterable[pl.DataFrame], compiled: CompiledCatalogue) -> pl.DataFrame:
    """Counts per rule and stratum: eligible, failed, not applicable, not evaluable; only types a rule is about.

    Args:
        counts: what `counted` gave, one table per part.
        compiled: the rules of all parts.
    """
    sums = {kind: table.filter(pl.col("_documents") > 0) for kind, table in _by_type(counts).items()}
    sums = {kind: table for kind, table in sums.items() if table.height}
    if not sums or not compiled.rules:
        return pl.DataFrame(schema=CELL_SCHEMA)
    strata = pl.concat(table.select(*CELL_KEYS, "_documents") for table in sums.values())
    rank = np.empty(strata.height, dtype=np.int64)
    rank[strata.select(pl.arg_sort_by(CELL_KEYS)).to_series().to_numpy()] = np.arange(strata.height)
    ends = np.cumsum([table.height for table in sums.values()])
    places = dict(zip(sums, np.split(rank, ends[:-1]), strict=True))
    strata = strata.sort(CELL_KEYS)
    rules = sorted((c.rule for c in compiled.rules), key=lambda rule: rule.id)
    return _cells([rule.id for rule in rules], _rule_counts(rules, sums, places), strata)


def _by_type(counts: Iterable[pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Counts of all parts added up, one table per document type."""
    by_type: dict[str, list[pl.DataFrame]] = {}
    for part in counts:
        for (kind,), own in part.group_by("document_type"):
            by_type.setdefault(str(kind), []).append(own)
    return {
        kind: pl.concat(parts, how="diagonal_relaxed")
        .group_by(CELL_KEYS)
        .agg(pl.exclude(CELL_KEYS).cast(pl.Int64).sum())
        for kind, parts in by_type.items()
    }


def cells_with(cells: pl.DataFrame, counts: Iterable[pl.DataFrame], compiled: CompiledCatalogue) -> pl.DataFrame:
    """Cells after counts were added, or, as negative numbers, taken off.

    Args:
        cells: as `cells_of` gave them, by the same rules.
        counts: what `counted` gave.
        compiled: the rules.
    """
    own = {name: cells[name].to_numpy().copy() for name in CELL_COUNTS}
    fresh = []
    for kind, table in _by_type(counts).items():
        places = np.flatnonzero((cells["document_type"] == kind).to_numpy())
        fresh.append(_added(cells, own, places, table) if len(places) else table)
    after = cells.with_columns(pl.Series(name, values) for name, values in own.items())
    documents = own["eligible"] + own["not_applicable"] + own["not_evaluable"]
    if not documents.all():
        after = after.filter(pl.Series(documents > 0))
    new = cells_of(fresh, compiled)
    return pl.concat([after, new]).sort("rule_id", *CELL_KEYS) if new.height else after


def _added(cells: pl.DataFrame, own: dict[str, Any], places: Any, table: pl.DataFrame) -> pl.DataFrame:
    """Add the counts of a document type in place; those of strata that the cells do not have are given back.

    Args:
        cells: the cells.
        own: their counts.
        places: rows of the type: each rule about it has one for each stratum of it, all in one order.
        table: the counts to be added.
    """
    rules = cells["rule_id"].gather(places).unique(maintain_order=True)
    grid = places.reshape(len(rules), -1)
    strata = cells.select(CELL_KEYS)[pl.Series(grid[0], dtype=pl.UInt32)].with_row_index("_stratum")
    table = table.join(strata, on=CELL_KEYS, how="left", nulls_equal=True, maintain_order="left")
    known = table.filter(pl.col("_stratum").is_not_null())
    columns, nothing = set(known.columns), np.zeros(known.height, dtype=np.int64)
    stratum = known["_stratum"].to_numpy()
    for rule, row in zip(rules, grid, strict=True):
        at, rest = row[stratum], known["_documents"].to_numpy()
        for sign, name in SIGNS.items():
            more = known[f"{sign}:{rule}"].to_numpy() if f"{sign}:{rule}" in columns else nothing
            own[name][at] += more
            rest = rest - more if name != "failed" else rest
        own["not_applicable"][at] += rest
    return table.filter(pl.col("_stratum").is_null()).drop("_stratum")


def _rule_counts(rules: list[Rule], sums: dict[str, pl.DataFrame], places: dict[str, Any]) -> list[Any]:
    """Places of the strata of each rule, in order, with eligible, failed and unanswered; shape (4, n)."""
    orders: dict[tuple[str, ...], Any] = {}
    has = {kind: set(table.columns) for kind, table in sums.items()}
    found = []
    for rule in rules:
        about = tuple(kind for kind in sums if not rule.document_types or kind in rule.document_types)
        if about not in orders:
            own = np.concatenate([places[kind] for kind in about]) if about else np.zeros(0, dtype=np.int64)
            order = np.argsort(own)
            orders[about] = own[order], order
        table = np.zeros((4, len(orders[about][0])), dtype=np.int64)
        table[0], order = orders[about]
        for row, sign in enumerate(SIGNS, start=1):
            parts = [
                sums[kind][f"{sign}:{rule.id}"].to_numpy()
                if f"{sign}:{rule.id}" in has[kind]
                else np.zeros(sums[kind].height, dtype=np.int64)
                for kind in about
            ]
            table[row] = np.concatenate(parts)[order] if parts else 0
        found.append(table)
    return found


def _cells(ids: list[str], counted_by_rule: list[Any], strata: pl.DataFrame) -> pl.DataFrame:
    place, eligible, failed, unanswered = np.concatenate(counted_by_rule, axis=1)
    rule = np.repeat(np.arange(len(ids)), [counts.shape[1] for counts in counted_by_rule])
    rows: pl.DataFrame = strata[pl.Series(place, dtype=pl.UInt32)]
    return rows.select(
        pl.Series("rule_id", ids, dtype=pl.String).gather(pl.Series(rule, dtype=pl.UInt32)),
        *CELL_KEYS,
        pl.Series("eligible", eligible),
        pl.Series("failed", failed),
        pl.Series("not_applicable", rows["_documents"].to_numpy() - eligible - unanswered),
        pl.Series("not_evaluable", unanswered),
    )


def violations_of(
    checks: pl.DataFrame, compiled: CompiledCatalogue, defects: Defects, as_of: date
) -> pl.DataFrame:
    """One row per defect: document, rule, where, severity, since when and for how many days; in no order."""
    found = [(c.rule, defects[c.rule.id]) for c in compiled.rules if c.rule.id in defects]
    if not found:
        return pl.DataFrame(schema=VIOLATION_SCHEMA)
    sizes = [len(rows) for _, rows in found]
    rules = pl.DataFrame({"rule_id": [r.id for r, _ in found], "severity": [r.severity for r, _ in found]})
    of_rule = rules[np.repeat(np.arange(len(found)), sizes)]
    places = pl.concat(rows for _, rows in found)
    own = pl.concat(checks[f"_since_{rule.since or 'document_date'}"].gather(rows) for rule, rows in found)
    since = (
        own.alias("since")
        .to_frame()
        .select(pl.col("since").fill_null(checks["_since_document_date"].gather(places)))["since"]
    )
    age = (pl.lit(as_of) - pl.col("since")).dt.total_days().clip(lower_bound=0)
    where: pl.DataFrame = checks.select("document_id", *WHERE)[places]
    return (
        where.with_columns(of_rule.get_columns())
        .with_columns(since)
        .with_columns(age.alias("age_days"), pl.lit(as_of).alias("first_seen"))
        .select(list(VIOLATION_SCHEMA))
    )


def with_first_seen(violations: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """The defects, those that an earlier check saw too with the day they were first seen on.

    Args:
        violations: defects of this check, in the columns of `VIOLATION_SCHEMA`; the order stays.
        earlier: defects of an earlier check; of its days none after this one's is taken over, since a past day may
            be judged again.
    """
    seen = earlier.select("document_id", "rule_id", _seen="first_seen")
    return (
        violations.join(seen, on=["document_id", "rule_id"], how="left", maintain_order="left")
        .with_columns(first_seen=pl.min_horizontal("_seen", "first_seen"))
        .drop("_seen")
    )
