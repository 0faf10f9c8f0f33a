"""Prepares documents for judging: typed columns, content fields, facts across documents, codes fit to be shown.

Two rounds over the parts of an extract. The first reads the contents and the keys of each part; from the keys of
all of them come the facts across documents. The second puts columns, contents and facts of a part together. Only
what the rules read is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from quality_checks.content import read_content, read_contents
from quality_checks.content_columns import NEEDS_LISTED, READABLE
from quality_checks.document_columns import DOCUMENT_TYPES
from quality_checks.engine import CompiledCatalogue
from quality_checks.extracts import Extract, TableExtract
from quality_checks.facts import Facts, content_for, facts_of, spine_of
from quality_checks.needed import Needed
from quality_checks.registers import Registers
from quality_checks.schema import UNKNOWN
from quality_checks.usable import IDENTITY_CODE, SAFE_CODE, Usable

OTHER = ""
TakesSpines = Callable[[int, Sequence[tuple[pl.Series, pl.DataFrame]]], None]
# Documents of a part up to which all types are judged at once: each round over the rules costs more than the rows.
FEW = 30_000
# Columns whose codes tables show, with the code set that they come from.
REGISTERS = {
    "unit": "units", "service_task": "service_tasks", "document_type": "document_types",
    "author_role": "author_roles", "status": "statuses",
}  # fmt: skip
PRIVACY_FLAGS = ("text_has_identity_code", "text_has_phone", "text_has_email", "text_is_placeholder")


@dataclass(frozen=True)
class Group:
    """Documents of one type (or of few) in one part of an extract, with their contents read.

    Attributes:
        kinds: document types; `OTHER` for all that no rule names.
        places: rows within the part.
        content: columns from the contents.
        first: place of the first of them among all documents that are judged.
    """

    kinds: tuple[str, ...]
    places: pl.Series
    content: pl.DataFrame
    first: int


@dataclass(frozen=True)
class Part:
    """Documents of an extract from `start` on, grouped by type."""

    start: int
    length: int
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Prepared:
    """An extract whose contents and facts are ready, to be put together part by part."""

    extract: Extract
    usable: Usable
    needed: Needed
    parts: tuple[Part, ...]
    facts: Facts
    registers: Registers
    areas: Mapping[str, str]
    as_of: date

    def with_more(self, rows: pl.DataFrame, places: Any) -> Prepared:
        """With some of the documents that the facts rest on prepared too, to be judged.

        Args:
            rows: documents beside which these were prepared; none shares its id with another.
            places: of each of them among those beside.
        """
        extract = TableExtract(pl.concat([self.extract.read(DOCUMENT_TYPES, 0, self.extract.height), rows]))
        usable = self.usable.and_all(rows)
        start, first = self.extract.height, self.judged
        part, _ = _read_part(extract, usable.kept[start:], self.needed, start, rows.height, first, self.registers)
        own = np.concatenate([np.zeros(0, dtype=np.int64), *(group.places.to_numpy() for group in part.groups)])
        order = pl.Series(np.r_[np.arange(first), first + np.asarray(places)[own]], dtype=pl.UInt32)
        return replace(
            self, extract=extract, usable=usable, parts=(*self.parts, part), facts=self.facts.taken(order)
        )

    @property
    def judged(self) -> int:
        """Number of the documents that are judged."""
        return sum(len(group.places) for part in self.parts for group in part.groups)

    def fact_hashes(self) -> Any:
        """A hash for each document of the extract, equal where all its facts are; 0 for one that is not judged."""
        found = np.zeros(self.extract.height, dtype=np.uint64)
        for part in self.parts:
            for group in part.groups:
                rows = part.start + group.places.to_numpy()
                found[rows] = hashes_of(self.facts, group.first, self.usable.copies[rows])
        return found

    def documents(self) -> Iterator[tuple[CompiledCatalogue, pl.LazyFrame]]:
        """Prepared documents with the rules about them: everything the rules read, and shown codes.

        They come type by type, so that no rule is asked about what it is not about; few come all together.
        """
        for part in self.parts:
            yield from self._of_part(part)

    def _of_part(self, part: Part) -> Iterator[tuple[CompiledCatalogue, pl.LazyFrame]]:
        # A function of its own: the columns of a part are let go before those of the next are read.
        rows = slice(part.start, part.start + part.length)
        header = self.extract.read(self.needed.header(self.needed.compiled), part.start, part.length)
        # Rows are picked out of one block in a tenth of the time that it takes from several.
        header = header.rechunk().with_columns(id_copies=pl.Series(self.usable.copies[rows]))
        codes = self._shown_codes(header)
        groups = [_together(part.groups)] if part.length <= FEW and part.groups else part.groups
        for group in groups:
            rules = self.needed.compiled.about(*group.kinds)
            read = self.needed.header(rules) | {"id_copies"}
            columns = [
                *header[[name for name in header.columns if name in read]][group.places],
                *(c for c in group.content.get_columns() if c.name != NEEDS_LISTED),
                *self.facts.rows(group.first, len(group.places), self.needed.facts_for(rules)),
            ]
            frame = pl.DataFrame(list({column.name: column for column in columns}.values()))
            yield rules, _derived(frame, codes, self.areas, self.as_of)

    def _shown_codes(self, header: pl.DataFrame) -> dict[str, Sequence[str]]:
        """Codes that tables may show, by column."""
        own = {name: self.registers.codes(register) or _fit(header[name]) for name, register in REGISTERS.items()}
        return {**own, "area": _fit(pl.Series([UNKNOWN, *self.areas.values()]))}


def _together(groups: Sequence[Group]) -> Group:
    """The groups of a part as one; a field that documents of a type are not asked for is null in theirs."""
    kinds = tuple(kind for group in groups for kind in group.kinds)
    contents = [pl.DataFrame([group.places.alias("_place"), *group.content]) for group in groups]
    rows = pl.concat(contents, how="diagonal")
    return Group(kinds, rows["_place"], rows.drop("_place"), groups[0].first)


def hashes_of(facts: Facts, first: int, copies: Any) -> Any:
    """Hashes of the facts of documents from `first` on, with the number of documents under the id of each."""
    told = facts.hashes(first, len(copies))
    return pl.DataFrame([pl.Series("copies", copies, dtype=pl.Int64), *told]).hash_rows().to_numpy()


def prepared(
    extract: Extract,
    usable: Usable,
    needed: Needed,
    *,
    registers: Registers,
    areas: Mapping[str, str],
    as_of: date,
    part: int,
    beside: pl.DataFrame | None = None,
    take: TakesSpines | None = None,
) -> Prepared:
    """Read contents and keys, and make the facts that the rules need.

    Args:
        extract: documents in the shape of the contract table.
        usable: which of them are judged.
        needed: what has to be read.
        registers: dated code sets and the order of phases.
        areas: service area of each municipality.
        as_of: day of the judgement; no fact depends on today's date.
        part: documents read at a time.
        beside: spine of documents that facts rest on too, and that are not judged.
        take: is given the number of documents of each part, and the rows and the spine of each group of them.
    """
    parts: list[Part] = []
    facts = Facts({})
    spine = _read_parts(extract, usable, needed, registers, part, take, parts, beside)
    if needed.facts and spine.width:
        facts = facts_of(spine, needed.facts, registers)
    return Prepared(extract, usable, needed, tuple(parts), facts, registers, areas, as_of)


def _read_parts(
    extract: Extract,
    usable: Usable,
    needed: Needed,
    registers: Registers,
    part: int,
    take: TakesSpines | None,
    parts: list[Part],
    beside: pl.DataFrame | None,
) -> pl.DataFrame:
    """The spine of all documents in one block; nothing that it is made from is held any longer."""
    spines, first = [], 0
    for start in range(0, extract.height, part):
        length = min(part, extract.height - start)
        kept = usable.kept[start : start + length]
        read, narrow = _read_part(extract, kept, needed, start, length, first, registers)
        parts.append(read)
        spines += narrow
        if take is not None:
            take(length, [(group.places, own) for group, own in zip(read.groups, narrow, strict=False)])
        first += int(np.count_nonzero(kept))
    spines += [] if beside is None else [beside]
    return pl.concat(spines, how="diagonal").rechunk() if spines else pl.DataFrame()


def _read_part(
    extract: Extract, kept: np.ndarray, needed: Needed, start: int, length: int, first: int, registers: Registers
) -> tuple[Part, list[pl.DataFrame]]:
    kinds = {kind: needed.content(kind) for kind in (*needed.compiled.kinds, OTHER)}
    contents = ("content",) if any(kinds.values()) else ()
    rows = extract.read(("document_type", *needed.for_facts, *contents), start, length).rechunk()
    kind_of = (
        pl.when(pl.col("document_type").is_in(needed.compiled.kinds))
        .then("document_type")
        .otherwise(pl.lit(OTHER))
    )
    by_kind = (
        rows.select(kind=kind_of, keep=pl.Series(kept))
        .with_row_index("place")
        .filter("keep")
        .group_by("kind")
        .agg("place")
    )
    places = dict(by_kind.iter_rows())
    # Keys are hashed before documents are grouped: numbers are handed on more cheaply than texts.
    keys = spine_of(rows.drop("content", strict=False), registers) if needed.facts else pl.DataFrame()
    of_kind = {kind: pl.Series(places[kind], dtype=pl.UInt32) for kind in kinds if kind in places}
    read = _contents_of(rows, of_kind, kinds)
    groups, spines = [], []
    for kind, own in of_kind.items():
        content = read.get(kind, pl.DataFrame())
        if needed.facts:
            told = spine_of(content.select(sorted(content_for(needed.facts, kind))), registers)
            spines.append(pl.DataFrame([*keys[own], *told]))
        groups.append(Group((kind,), own, content, first))
        first += len(own)
    return Part(start, length, tuple(groups)), spines


def _contents_of(
    rows: pl.DataFrame, places: Mapping[str, pl.Series], columns: Mapping[str, frozenset[str]]
) -> dict[str, pl.DataFrame]:
    """Columns of the contents of documents by type, for the types that are asked for some.

    Args:
        rows: documents.
        places: of the documents of each type among them.
        columns: that documents of a type are asked for.
    """
    asked = [kind for kind in places if columns[kind]]
    if rows.height > FEW:
        lots = [(places[kind], columns[kind]) for kind in asked]
        return dict(zip(asked, read_contents(rows["content"], lots), strict=True)) if asked else {}
    # Of few documents all columns are read that any type is asked for: each reading costs more than rows.
    wanted = frozenset[str]().union(*columns.values())
    together = read_content(rows["content"], wanted) if wanted else pl.DataFrame()
    return {kind: together[[n for n in together.columns if n in columns[kind]]][places[kind]] for kind in asked}


def _derived(
    frame: pl.DataFrame, shown: Mapping[str, Sequence[str]], areas: Mapping[str, str], as_of: date
) -> pl.LazyFrame:
    """With the facts of each document by itself, and the codes that tables may show."""
    has = set(frame.columns)
    day = {name: f"{name[:-3]}_day" for name in ("event_at", "created_at", "signed_at") if name in has}
    area = pl.col("municipality").replace_strict(dict(areas), default=UNKNOWN, return_dtype=pl.String)
    return (
        frame.lazy()
        .with_columns(
            area=area.fill_null(UNKNOWN),
            document_date=pl.coalesce("event_at", "created_at").dt.date(),
            **{name: pl.col(source).dt.date() for source, name in day.items()},
            **{name: pl.col(name).fill_null(False) for name in PRIVACY_FLAGS if name in has},
        )
        .with_columns(
            month=month_on(as_of),
            **{f"shown_{name}": _shown(name, codes) for name, codes in shown.items()},
            readable=pl.col(READABLE) if READABLE in has else pl.lit(None, dtype=pl.Boolean),
        )
    )


def month_on(as_of: date) -> pl.Expr:
    """The month under which a document is counted; one of the future under that of the judgement."""
    return pl.col("document_date").clip(date(1900, 1, 1), as_of).dt.truncate("1mo")


def _shown(column: str, codes: Sequence[str]) -> pl.Expr:
    """A code that may stand in a table; whatever else the field holds is `unknown`."""
    value = pl.col(column)
    return pl.when(value.is_in(pl.Series(codes, dtype=pl.String).implode())).then(value).otherwise(pl.lit(UNKNOWN))


def _fit(values: pl.Series) -> list[str]:
    """Values that are short codes and hold no identity code; each distinct one is looked at once."""
    distinct = values.drop_nulls().unique()
    return distinct.filter(distinct.str.contains(SAFE_CODE) & ~distinct.str.contains(IDENTITY_CODE)).to_list()
