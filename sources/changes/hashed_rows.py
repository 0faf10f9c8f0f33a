"""Keyed hashes of the rows of a raw file, in groups of columns that change together, by row group.

Of columns that are stored in the same bytes as in an earlier file the hashes are taken over, and nothing is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from counties.schema import ExtractMapping
from sources.changes.keyed import NONE, KeyedHashes
from sources.contract_shape import Contract
from sources.extracts import shaped, wanted_columns
from sources.raw_files import STRETCH, RawFile, RowGroup

ID = "id"
SAYS = ("fields", "content", "text")
"""Groups of columns that together are all that a row says; the long ones by themselves."""


@dataclass(frozen=True)
class HashedRows:
    """Rows that are stored together, with their hashes.

    Attributes:
        start: place of the first.
        length: number of rows.
        marks: keyed, of each column of the file.
        hashes: shape (length,) for each of `SAYS`, and of the id (`NONE` for a row without one).
        name: keyed, equal where all marks are.
    """

    start: int
    length: int
    marks: Mapping[str, str]
    hashes: Mapping[str, Any]
    name: str

    @property
    def end(self) -> int:
        """Place after the last row."""
        return self.start + self.length


@dataclass(frozen=True)
class RowHasher:
    """Hashes the rows of the files of one mapping.

    Attributes:
        raw: the file.
        mapping: what its columns are.
        contract: the contract table; its key is one column.
        keyed: makes the hashes.
    """

    raw: RawFile
    mapping: ExtractMapping
    contract: Contract
    keyed: KeyedHashes

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Columns of the file that each hash is made from."""
        wanted = {
            name: source
            for name, source in wanted_columns(self.mapping, self.contract).items()
            if source in self.raw.kinds
        }
        alone = {name: (wanted[name],) if name in wanted else () for name in SAYS[1:]}
        fields = dict.fromkeys(source for name, source in wanted.items() if name not in alone)
        own_id = tuple(wanted[name] for name in self.contract.key if name in wanted)
        return {SAYS[0]: tuple(fields), **alone, ID: own_id}

    def groups(self, known: Sequence[HashedRows] = ()) -> tuple[HashedRows, ...]:
        """The file's rows, hashed.

        Args:
            known: rows of an earlier file; the hashes of columns that are stored as there are taken over.
        """
        sources = self.sources
        stored = {_told(name, own, sources): own.hashes[name] for own in known for name in sources}
        taken = [
            (group, {name: stored[told] for name in sources if (told := _told(name, group, sources)) in stored})
            for group in self.raw.groups(self.keyed.mark)
        ]
        found = []
        # Groups in a row that lack the same are read as one.
        for names, run in groupby(taken, key=lambda own: tuple(name for name in sources if name not in own[1])):
            groups = list(run)
            first = groups[0][0].start
            read = self._read(first, groups[-1][0].start + groups[-1][0].length, names)
            for group, hashes in groups:
                own = slice(group.start - first, group.start - first + group.length)
                found.append(self._hashed(group, {**hashes, **{name: read[name][own] for name in names}}, sources))
        return tuple(found)

    def _hashed(
        self, group: RowGroup, hashes: Mapping[str, Any], sources: Mapping[str, Sequence[str]]
    ) -> HashedRows:
        """With marks of the columns of which only reading tells: those of the hashes."""
        of_hashes = {
            source: self.keyed.mark(hashes[name].tobytes())
            for name in SAYS
            for source in sources[name]
            if source not in group.marks
        }
        marks = {**group.marks, **of_hashes}
        name = self.keyed.mark(str(group.length), repr(sorted(marks.items())))
        return HashedRows(group.start, group.length, marks, hashes, name)

    def _read(self, first: int, end: int, names: Sequence[str]) -> dict[str, Any]:
        found = {name: np.empty(end - first, dtype=np.uint64) for name in names}
        columns = dict.fromkeys(source for name in names for source in self.sources[name])
        for start in range(first, end, STRETCH) if names else ():
            rows = self.raw.read(columns, np.arange(start, min(end, start + STRETCH)))
            for name in names:
                found[name][start - first : start - first + rows.height] = self._of(name, rows)
        return found

    def _of(self, name: str, rows: pl.DataFrame) -> Any:
        if not self.sources[name]:  # what the file does not have is the same of all rows
            return np.zeros(rows.height, dtype=np.uint64)
        if name != ID:
            return self.keyed.rows(rows.select(self.sources[name]), name)
        (key,) = self.contract.key
        ids = shaped(rows, self.raw.name, self.mapping, self.contract, only=(key,)).frame.select(key)
        return np.where(ids[key].is_null().to_numpy(), np.uint64(NONE), self.keyed.rows(ids, name))


def _told(name: str, group: RowGroup | HashedRows, sources: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    """What tells that the columns of a hash are stored as in another group."""
    marks = tuple(group.marks.get(source) for source in sources[name])
    return (name, group.length, *(marks if None not in marks else (object(),)))
