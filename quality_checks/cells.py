"""Counts per rule and stratum (unit, area, task, type, month), made part by part and added up.

The parts are wide: a row for each stratum, columns for each rule. `Cells` is their sum; the long table with a row
for each rule and stratum, which everything else reads, is made from it when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.engine import CompiledCatalogue, CompiledRule
from quality_checks.files import write_coded_table
from quality_checks.schema import CELL_KEYS
from quality_checks.tables import WHERE, Defects

CELL_COUNTS = ("eligible", "failed", "not_applicable", "not_evaluable")
# First letters of the columns of counts per stratum: eligible, failed, unanswered.
SIGNS = ("e", "f", "n")
CELL_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("rule_id", *WHERE), pl.String()),
    "month": pl.Date(),
    **dict.fromkeys(CELL_COUNTS, pl.Int64()),
}


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


@dataclass(frozen=True)
class Cells:
    """Counts per rule and stratum; a rule has those of the document types that it is about.

    Attributes:
        sums: counts of each document type, wide as `counted` gives them; every stratum once.
        about: document types of each rule in the order of ids; none for a rule about all.
    """

    sums: Mapping[str, pl.DataFrame]
    about: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, counts: Iterable[pl.DataFrame], compiled: CompiledCatalogue, onto: Sequence[pl.DataFrame] = ()
    ) -> Cells:
        """Add counts up.

        Args:
            counts: what `counted` gave, one table per part; what is to be taken off as negative numbers.
            compiled: the rules of all parts.
            onto: counts of each document type to add to, every stratum once.
        """
        before = {str(table["document_type"][0]): table for table in onto}
        more = _by_type(counts)
        both = {kind: _added(before[kind], more[kind]) for kind in before.keys() & more}
        sums = {kind: t.filter(pl.col("_documents") > 0) for kind, t in {**before, **more, **both}.items()}
        about = sorted((c.rule.id, c.rule.document_types) for c in compiled.rules)
        return cls({kind: table for kind, table in sums.items() if table.height}, dict(about))

    @cached_property
    def table(self) -> pl.DataFrame:
        """Counts with a row for each rule and stratum, in the columns of `CELL_SCHEMA`."""
        return self._coded.with_columns(pl.col("rule_id", *WHERE).cast(pl.String))

    def write(self, path: Path) -> None:
        """Write the long table as Parquet."""
        write_coded_table(self._coded, path)

    @property
    def _coded(self) -> pl.DataFrame:
        """The long table with codes as numbers of themselves: few stand in very many rows."""
        if not self.sums or not self.about:
            return pl.DataFrame(schema=CELL_SCHEMA)
        strata = pl.concat(table.select(*CELL_KEYS, "_documents") for table in self.sums.values())
        order = strata.select(pl.arg_sort_by(CELL_KEYS)).to_series()
        rank = np.empty(strata.height, dtype=np.uint32)
        rank[order.to_numpy()] = np.arange(strata.height)
        ends = np.cumsum([table.height for table in self.sums.values()])
        places = dict(zip(self.sums, np.split(rank, ends[:-1]), strict=True))
        rules, place, counts = self._counts(places)
        strata = strata[order].with_columns(_as_codes(strata[name]) for name in WHERE)
        rows: pl.DataFrame = strata[pl.Series(place)]
        others = rows["_documents"].to_numpy() - counts["e"]
        others -= counts["n"]
        return rows.select(
            pl.Series("rule_id", list(self.about), dtype=pl.Enum(list(self.about))).gather(rules),
            *CELL_KEYS,
            pl.Series("eligible", counts["e"]),
            pl.Series("failed", counts["f"]),
            pl.Series("not_applicable", others),
            pl.Series("not_evaluable", counts["n"]),
        )

    def _counts(self, places: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Places of rule and stratum of each row of the long table, and its counts by their first letters."""
        kinds = {rule: tuple(k for k in self.sums if not own or k in own) for rule, own in self.about.items()}
        strata = {about: np.concatenate([places[k] for k in about]) for about in set(kinds.values()) if about}
        orders = {about: np.argsort(own) for about, own in strata.items()}
        heights = [len(strata.get(about, ())) for about in kinds.values()]
        place = np.empty(sum(heights), dtype=np.uint32)
        counts = {sign: np.zeros(sum(heights), dtype=np.int64) for sign in SIGNS}
        columns = {kind: set(table.columns) for kind, table in self.sums.items()}
        start = 0
        for (rule, about), height in zip(kinds.items(), heights, strict=True):
            if not height:
                continue
            order, end = orders[about], start + height
            place[start:end] = strata[about][order]
            for sign, whole in counts.items():
                if any(f"{sign}:{rule}" in columns[kind] for kind in about):
                    parts = [_column(self.sums[kind], f"{sign}:{rule}") for kind in about]
                    whole[start:end] = np.concatenate(parts)[order]
            start = end
        return np.repeat(np.arange(len(heights), dtype=np.uint32), heights), place, counts


def _column(table: pl.DataFrame, name: str) -> Any:
    return table[name].to_numpy() if name in table.columns else np.zeros(table.height, dtype=np.int64)


def _as_codes(values: pl.Series) -> pl.Expr:
    return pl.col(values.name).cast(pl.Enum(values.unique().drop_nulls().sort()))


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


def _added(before: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Counts of a document type with others added to those of the same strata."""
    rows = more.join(
        before.select(CELL_KEYS).with_row_index("_place"), on=CELL_KEYS, how="left", maintain_order="left"
    )
    known = rows.filter(pl.col("_place").is_not_null())
    places = known["_place"].to_numpy()
    changed = []
    for name in set(more.columns) - {*CELL_KEYS}:
        added = known[name].to_numpy()
        if added.any():
            own = _column(before, name).copy()
            own[places] += added
            changed.append(pl.Series(name, own))
    new = rows.filter(pl.col("_place").is_null()).drop("_place")
    after = before.with_columns(changed)
    if new.is_empty():
        return after
    return pl.concat([after, new], how="diagonal").with_columns(pl.exclude(CELL_KEYS).fill_null(0))
