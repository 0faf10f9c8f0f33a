"""Counts per rule and stratum (unit, area, task, type, month), made part by part and added up.

The parts are wide: a row for each stratum, columns for each rule. `Cells` is their sum; the long table with a row
for each rule and stratum, which everything else reads, is made from it when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.engine import CompiledCatalogue
from quality_checks.files import write_coded_table
from quality_checks.schema import CELL_KEYS
from quality_checks.tables import WHERE, Defects

CELL_COUNTS = ("eligible", "failed", "not_applicable", "not_evaluable")
DOCUMENTS = "_documents"
NOWHERE = -1
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
    some = [i for i in ids if 0 < judged[i] < checks.height]
    # Rules about the same documents leave the same ones unanswered.
    asked = {
        c.rule.id: (c.scope_column, bool(c.missing)) for c in compiled.rules if c.missing or c.rule.reads_content
    }
    unanswered = [_unanswered(*own).alias(str(own)) for own in dict.fromkeys(asked.values())]
    table = (
        checks.lazy()
        .with_row_index("_row")
        .group_by(CELL_KEYS)
        .agg(
            "_row",
            pl.len().alias(DOCUMENTS),
            *([pl.col(some).count().name.prefix("e:")] if some else ()),
            *unanswered,
        )
        .collect()
    )
    return pl.DataFrame([
        *table[[*CELL_KEYS, DOCUMENTS, *(f"e:{i}" for i in some)]],
        *(table[DOCUMENTS].alias(f"e:{i}") for i in ids if judged[i] == checks.height),
        *(table[str(own)].alias(f"n:{i}") for i, own in asked.items()),
        *_failed(table["_row"], checks.height, defects),
    ])  # fmt: skip


def _failed(rows: pl.Series, height: int, defects: Defects) -> list[pl.Series]:
    """Defects of each rule per stratum; `rows` lists the documents of each stratum."""
    stratum = np.empty(height, dtype=np.int64)
    stratum[rows.explode().to_numpy()] = np.repeat(np.arange(len(rows)), rows.list.len().to_numpy())
    return [
        pl.Series(f"f:{rule}", np.bincount(stratum[places.to_numpy()], minlength=len(rows)))
        for rule, places in defects.items()
    ]


def _unanswered(scope_column: str, missing: bool) -> pl.Expr:
    """Documents in scope that a rule could not judge: all where it cannot be asked, else those not readable."""
    scope = pl.col(scope_column)
    return scope.sum() if missing else (scope & ~pl.col("_readable")).sum()


@dataclass(frozen=True)
class Tally:
    """Counts of the strata of one document type.

    Attributes:
        strata: their keys (`CELL_KEYS`), each once.
        names: of the counts, as `counted` has them; `DOCUMENTS` first.
        counts: shape (names, strata).
    """

    strata: pl.DataFrame
    names: tuple[str, ...]
    counts: Any

    @property
    def kind(self) -> str:
        """The document type."""
        return str(self.strata["document_type"][0])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def rows(self, names: Sequence[str]) -> Any:
        """Some counts, nought where there is none of a name; shape (names, strata)."""
        rows = np.array([self._places.get(name, NOWHERE) for name in names])
        found = self.counts[rows]
        found[rows == NOWHERE] = 0
        return found


@dataclass(frozen=True)
class Cells:
    """Counts per rule and stratum; a rule has those of the document types that it is about.

    Attributes:
        tallies: counts of each document type.
        about: document types of each rule in the order of ids; none for a rule about all.
    """

    tallies: tuple[Tally, ...]
    about: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls,
        counts: Iterable[pl.DataFrame],
        compiled: CompiledCatalogue,
        onto: Sequence[Tally] = (),
        less: Iterable[pl.DataFrame] = (),
    ) -> Cells:
        """Add counts up.

        Args:
            counts: what `counted` gave, one table per part.
            compiled: the rules of all parts.
            onto: counts to add to.
            less: what `counted` gave of documents that are to be taken off.
        """
        about = sorted((c.rule.id, c.rule.document_types) for c in compiled.rules)
        return cls(tuple(_added_up(onto, counts, less)), dict(about))

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
        if not self.tallies or not self.about:
            return pl.DataFrame(schema=CELL_SCHEMA)
        named = pl.concat(tally.strata for tally in self.tallies)
        strata = named.with_columns(_as_codes(named[name]) for name in WHERE)
        order = strata.select(pl.arg_sort_by(CELL_KEYS)).to_series()
        rank = np.empty(strata.height, dtype=np.uint32)
        rank[order.to_numpy()] = np.arange(strata.height)
        ends = np.cumsum([tally.strata.height for tally in self.tallies])
        sizes, place, counts = self._counts(np.split(rank, ends[:-1]))
        rules = pl.Series("rule_id", np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes))
        return strata[order][pl.Series(place)].select(
            rules.cat.to(pl.Enum(list(self.about))),
            *CELL_KEYS,
            *(pl.Series(name, values) for name, values in zip(CELL_COUNTS, counts, strict=True)),
        )

    def _counts(self, ranks: Sequence[Any]) -> tuple[list[int], Any, Any]:
        """Rows of each rule in the long table, the place of each row's stratum, and the counts of each row.

        Args:
            ranks: places of the strata of each tally among all of them.

        Returns:
            The counts have the shape (`CELL_COUNTS`, rows).
        """
        kinds = [tally.kind for tally in self.tallies]
        about = {
            rule: tuple(n for n, kind in enumerate(kinds) if not own or kind in own)
            for rule, own in self.about.items()
        }
        sizes = [sum(len(ranks[n]) for n in own) for own in about.values()]
        starts = dict(zip(about, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
        place, counts = np.empty(sum(sizes), dtype=np.uint32), np.empty((len(CELL_COUNTS), sum(sizes)), np.int64)
        for own in set(about.values()) - {()}:  # rules about the same types at once
            rules = [rule for rule, theirs in about.items() if theirs == own]
            strata = np.concatenate([ranks[n] for n in own])
            order = np.argsort(strata)
            documents, judged, failed, unanswered = (
                np.concatenate([self.tallies[n].rows(names) for n in own], axis=1)[:, order]
                for names in ([DOCUMENTS], *([f"{sign}:{rule}" for rule in rules] for sign in SIGNS))
            )
            found = (judged, failed, documents - judged - unanswered, unanswered)
            for number, rule in enumerate(rules):
                rows = slice(starts[rule], starts[rule] + len(order))
                place[rows] = strata[order]
                for column, values in zip(counts, found, strict=True):
                    column[rows] = values[number]
        return sizes, place, counts


def _as_codes(values: pl.Series) -> pl.Expr:
    return pl.col(values.name).cast(pl.Enum(values.unique().drop_nulls().sort()))


@dataclass(frozen=True)
class _Addend:
    """Counts to be added up: `strata` are numbers, each once; `counts` have the shape (names, strata)."""

    strata: Any
    names: tuple[str, ...]
    counts: Any


def _added_up(
    onto: Sequence[Tally], counts: Iterable[pl.DataFrame], less: Iterable[pl.DataFrame]
) -> Iterator[Tally]:
    """Counts by document type, every stratum once; one in which no document is left is left out."""
    parts = [(part, sign) for tables, sign in ((counts, 1), (less, -1)) for part in tables if part.height]
    keys = [*(tally.strata for tally in onto), *(part.select(CELL_KEYS) for part, _ in parts)]
    if not keys:
        return
    strata = pl.concat(keys)
    # Of equal ones the number is the row of the first, so that those of `onto` keep their order.
    numbers = strata.with_row_index().select(pl.col("index").first().over(CELL_KEYS)).to_series().to_numpy()
    own = np.split(numbers, np.cumsum([table.height for table in keys])[:-1])
    by_type: dict[str, list[_Addend]] = {}
    for tally, rows in zip(onto, own, strict=False):
        by_type.setdefault(tally.kind, []).append(_Addend(rows, tally.names, tally.counts))
    for (part, sign), rows in zip(parts, own[len(onto) :], strict=True):
        for kind, addend in _by_type(part, rows, sign):
            by_type.setdefault(kind, []).append(addend)
    for addends in by_type.values():
        total = _sum(addends)
        left = np.flatnonzero(total.counts[0])
        if len(left):
            first = pl.Series(total.strata[left], dtype=pl.UInt32)
            yield Tally(strata[first], total.names, np.take(total.counts, left, axis=1))


def _by_type(part: pl.DataFrame, strata: Any, sign: int) -> Iterator[tuple[str, _Addend]]:
    """The counts of one part by document type, without those that are nought."""
    names = np.array([DOCUMENTS, *(name for name in part.columns if name not in (DOCUMENTS, *CELL_KEYS))])
    counts = sign * part[names.tolist()].to_numpy().T.astype(np.int32)
    kinds = part["document_type"]
    for kind in kinds.unique(maintain_order=True):
        rows = (kinds == kind).arg_true().to_numpy()
        own = counts[:, rows]
        there = own.any(axis=1)
        yield kind, _Addend(strata[rows], tuple(names[there].tolist()), own[there])


def _sum(addends: Sequence[_Addend]) -> _Addend:
    """The strata of the first come first."""
    strata = np.unique(np.concatenate([addend.strata for addend in addends]))
    names = tuple(dict.fromkeys(name for addend in addends for name in addend.names))
    places = {name: place for place, name in enumerate(names)}
    total = np.zeros((len(names), len(strata)), dtype=np.int32)
    first, *others = addends
    total[: len(first.names), : len(first.strata)] = first.counts
    for addend in others:
        rows = [places[name] for name in addend.names]
        total[np.ix_(rows, np.searchsorted(strata, addend.strata))] += addend.counts
    return _Addend(strata, names, total)
