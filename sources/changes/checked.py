"""A raw file whose rows are judged by themselves only where they changed since an earlier check."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sources.changes.compared import NO_PLACE, Compared
from sources.changes.documents import Documents, RawRows
from sources.changes.hashed_rows import HashedRows, RowHasher
from sources.changes.keyed import KeyedHashes
from sources.changes.memory import ASIDE, RowMemory
from sources.changes.terms import terms_of
from sources.extracts import Extract, shaped, wanted_columns
from sources.gate import Gated, GateError
from sources.quarantine import SCHEMA
from sources.raw_files import RawFile
from sources.typed import unreadable_reason

Codes = tuple[Mapping[str, Collection[str]], Mapping[str, Collection[str]]]


def told_row_by_row(rows: RawRows) -> bool:
    """Whether what a row becomes can be told from the row alone, and rows from one another by their ids.

    Codes stored as fractions are read by all values of their column.
    """
    kinds, contract = rows.raw.kinds, rows.contract
    wanted = wanted_columns(rows.mapping, contract)
    codes = [column.name for column in contract.raw_columns if column.kind in ("code", "string", "json")]
    fractions = [name for name in codes if name in wanted and kinds.get(wanted[name], pl.Null()).is_float()]
    nested = [kind for kind in kinds.values() if kind.is_nested() or kind.is_object()]
    return not fractions and not nested and all(name in wanted for name in contract.key)


@dataclass(frozen=True)
class JudgedRows:
    """What became of every row of a file.

    Attributes:
        documents: the accepted rows.
        quarantined: one row per row set aside (`sources.quarantine.SCHEMA`).
        rows_in: rows of the file.
        memory: what the next check compares with.
        previous: folder of the memory that this file was compared with.
    """

    documents: Documents
    quarantined: pl.DataFrame
    rows_in: int
    memory: RowMemory
    previous: Path | None

    def remember(self, folder: Path) -> None:
        """Leave in a folder what the next check compares with."""
        self.memory.write(folder, self.previous)


@dataclass(frozen=True)
class ChangedRows:
    """The rows of a file beside those of an earlier check.

    Attributes:
        rows: the file.
        held: the same file, read whole when all of it must be looked at.
        keyed: makes hashes and marks.
        terms: keyed, of all that outcomes rest on beside rows and the day.
        groups: hashes of the rows.
        earlier: what the earlier check left, when this file can be compared with it.
        previous: folder of that.
        compared: what is known of the rows, and which must be looked at.
    """

    rows: RawRows
    held: RawFile
    keyed: KeyedHashes
    terms: str
    groups: tuple[HashedRows, ...]
    earlier: RowMemory | None
    previous: Path | None
    compared: Compared

    @classmethod
    def of(cls, rows: RawRows, codes: Codes, previous: Path | None = None) -> ChangedRows:
        """Compare a file with what an earlier check left.

        Args:
            rows: the file.
            codes: codes that may stand in its columns, and those that exist elsewhere.
            previous: folder of what the earlier check left of its rows.
        """
        keyed = KeyedHashes(rows.pseudonymiser.key_for("rows"))
        terms = terms_of(rows.raw, rows.mapping, rows.contract, codes, keyed)
        earlier = RowMemory.read(previous, terms) if previous else None
        held = rows.raw if earlier else rows.raw.loaded()
        groups = RowHasher(held, rows.mapping, rows.contract, keyed).groups(earlier.groups if earlier else ())
        known = previous if earlier else None
        return cls(rows, held, keyed, terms, groups, earlier, known, Compared.of(groups, earlier))

    def on(self, last: date) -> ChangedRows:
        """The same when dates after a day are refused; on a day before the earlier one no outcome is known."""
        if self.earlier is None or self.earlier.last <= last:
            return self
        return replace(self, earlier=None, held=self.rows.raw.loaded(), compared=Compared.of(self.groups, None))

    def let_go(self) -> ChangedRows:
        """The same, holding no more of the file than what may be asked for when the rows have been looked at."""
        rows = replace(self.rows, raw=self.rows.raw.let_go()) if self.looks_at_all else self.rows
        return replace(self, rows=rows, held=rows.raw)

    @property
    def looks_at_all(self) -> bool:
        """Whether every row must be looked at."""
        return len(self.compared.look_at) == self.held.height

    def looked_at(self) -> Extract:
        """The rows that must be looked at."""
        return self._shaped(self.held.kinds, None if self.looks_at_all else self.compared.look_at)

    def dated(self) -> Extract:
        """All rows that can be read, of them the columns in which a value may be unreadable, such as times."""
        wanted = wanted_columns(self.rows.mapping, self.rows.contract)
        only = {c.name for c in self.rows.contract.raw_columns if unreadable_reason(c)}
        sources = [wanted[name] for name in wanted if name in only and wanted[name] in self.held.kinds]
        return self._shaped(sources, None, only)

    def _shaped(self, columns: Collection[str], places: Any, only: Collection[str] | None = None) -> Extract:
        rows = self.held.read(list(dict.fromkeys(columns)), places)
        mapping, contract = self.rows.mapping, self.rows.contract
        return shaped(rows, self.held.name, mapping, contract, broken=self.held.broken, only=only)

    def judged(self, gated: Gated, last: date) -> JudgedRows:
        """What became of every row.

        Args:
            gated: what the gate says of the rows looked at.
            last: day after which it refused dates.

        Raises:
            GateError: rows were lost or made.
        """
        look_at = self.compared.look_at
        numbers = self._numbers(look_at)
        placed = pl.DataFrame({"row": numbers, "place": look_at})
        aside = gated.quarantined.join(placed, on="row").select(list(ASIDE))
        accepted = self.compared.origins != NO_PLACE
        accepted[look_at] = True
        accepted[aside["place"].to_numpy()] = False
        accepted[self.compared.set_aside["place"].to_numpy()] = False
        ready_at = look_at[accepted[look_at]]
        quarantined = pl.concat([gated.quarantined, self._as_before()]).sort("file", "row")
        rows_in = self.held.height + self.held.broken.height
        if np.count_nonzero(accepted) + quarantined.height != rows_in or len(ready_at) != gated.accepted.height:
            raise GateError(
                f"{self.held.name}: {rows_in} rows in, {quarantined.height} quarantined; not all counted"
            )
        before = np.where(accepted, self.compared.origins, NO_PLACE)
        documents = Documents(
            self.rows, self.groups, accepted, gated.accepted, ready_at, before, self.keyed, self.terms
        )
        set_aside = pl.concat([self.compared.set_aside, aside]).sort("place")
        memory = RowMemory(self.terms, last, self.groups, accepted, set_aside)
        return JudgedRows(documents, quarantined, rows_in, memory, self.previous)

    def _as_before(self) -> pl.DataFrame:
        """Quarantine rows of what is set aside as it was."""
        known = self.compared.set_aside
        return known.with_columns(
            self._numbers(known["place"].to_numpy()),
            table=pl.lit(self.rows.contract.name),
            file=pl.lit(self.held.name),
        ).select(list(SCHEMA))

    def _numbers(self, places: Any) -> pl.Series:
        return self.held.read((), places)["row"]
