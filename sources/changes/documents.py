"""Accepted rows of a raw file, each taken through the door when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from counties.schema import ExtractMapping
from sources.boundaries import current_codes
from sources.changes.hashed_rows import HashedRows
from sources.changes.keyed import KeyedHashes
from sources.contract_shape import Contract
from sources.door import lake_columns, rests_on
from sources.extracts import shaped, wanted_columns
from sources.pseudonyms import Pseudonymiser
from sources.raw_files import RawFile


@dataclass(frozen=True)
class RawRows:
    """Rows of a raw file, and what makes lake columns of them.

    Attributes:
        raw: the file.
        mapping: what its columns are.
        contract: the contract table.
        pseudonymiser: gives the pseudonyms.
    """

    raw: RawFile
    mapping: ExtractMapping
    contract: Contract
    pseudonymiser: Pseudonymiser

    def through_the_door(self, names: Iterable[str], places: Any) -> pl.DataFrame:
        """Lake columns of rows at some places, which are sorted; all of them were accepted."""
        names = list(names)
        own = {source for name in names for source in rests_on(name, self.contract)}
        wanted = wanted_columns(self.mapping, self.contract)
        sources = [wanted[name] for name in wanted if name in own and wanted[name] in self.raw.kinds]
        rows = self.raw.read(dict.fromkeys(sources), places)
        frame = shaped(rows, self.raw.name, self.mapping, self.contract, only=own).frame
        found = lake_columns(frame, names, self.contract, self.pseudonymiser)
        if "municipality" in names:
            found = found.with_columns(current_codes(found["municipality"]))
        schema = self.contract.schema()
        return found.cast({name: schema[name] for name in names})


@dataclass(frozen=True)
class Documents:
    """The accepted rows, as something to read from.

    Attributes:
        rows: of the whole file.
        groups: what these are stored in.
        accepted: whether each row was accepted. Shape (rows,).
        ready: rows that have been through the door and the gate.
        ready_at: places of these, in order.
        before: place of each row that is as it was, among the accepted rows of the earlier file; negative for
            others. Shape (rows,).
        keyed: makes the marks.
        terms: keyed, of all that the lake columns rest on beside the rows.
        lacking: columns of the lake that the file tells nothing of.
    """

    rows: RawRows
    groups: Sequence[HashedRows]
    accepted: Any
    ready: pl.DataFrame
    ready_at: Any
    before: Any
    keyed: KeyedHashes
    terms: str
    lacking: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the lake that the file tells of."""
        return tuple(name for name in self.rows.contract.schema() if name not in self.lacking)

    @cached_property
    def _places(self) -> Any:
        return np.flatnonzero(self.accepted)

    @property
    def height(self) -> int:
        """Number of accepted rows."""
        return len(self._places)

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the accepted rows from `start` on."""
        asked = set(columns)
        return self._of([name for name in self.columns if name in asked], self._places[start : start + length])

    def at(self, places: Any) -> pl.DataFrame:
        """All columns of some of the accepted rows; the places are sorted."""
        return self._of(self.columns, self._places[places])

    def origins(self) -> Any:
        """Where each stood among the accepted rows of the earlier file; negative: not known; None: of none."""
        found = self.before[self._places]
        return found if (found >= 0).any() else None

    def pieces(self) -> list[tuple[int, int, Mapping[str, str]]]:
        """First place, number and marks of each column of the accepted rows of each group."""
        found: list[tuple[int, int, Mapping[str, str]]] = []
        start = 0
        for group in self.groups:
            accepted = self.accepted[group.start : group.end]
            length = int(np.count_nonzero(accepted))
            found.append(
                (start, length, self._marks(group, self.keyed.mark(self.terms, np.packbits(accepted).data)))
            )
            start += length
        return found

    def _marks(self, group: HashedRows, accepted: str) -> dict[str, str]:
        wanted = wanted_columns(self.rows.mapping, self.rows.contract)
        # What is no column of the file is the same in every row, and told by the terms.
        of = {
            name: [group.marks.get(wanted.get(own, ""), "") for own in self._rests_on[name]]
            for name in self.columns
        }
        return {name: self.keyed.mark(name, accepted, *marks) for name, marks in of.items()}

    @cached_property
    def _rests_on(self) -> dict[str, tuple[str, ...]]:
        return {name: rests_on(name, self.rows.contract) for name in self.columns}

    def _of(self, names: Sequence[str], places: Any) -> pl.DataFrame:
        at = np.searchsorted(self.ready_at, places)
        ready = at < len(self.ready_at)
        ready[ready] = self.ready_at[at[ready]] == places[ready]
        if ready.all():
            own = self.ready.select(names)
            together = len(at) > 0 and at[-1] - at[0] + 1 == len(at)
            return own.slice(int(at[0]), len(at)) if together else own[pl.Series(at, dtype=pl.UInt32)]
        read = self.rows.through_the_door(names, places[~ready])
        if not ready.any():
            return read
        both = pl.concat([self.ready.select(names)[pl.Series(at[ready], dtype=pl.UInt32)], read], rechunk=True)
        order = np.empty(len(places), dtype=np.uint32)
        order[np.r_[np.flatnonzero(ready), np.flatnonzero(~ready)]] = np.arange(len(places))
        return both[pl.Series(order)]
