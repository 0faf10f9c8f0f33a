"""Raw files of delimited text: read whole, since only reading tells where a row begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from sources.delimited import read_delimited
from sources.quarantine import FILE, ROW, rejected
from sources.raw_files import Mark, RawFile, RowGroup, rows_at

# Rows that are told apart from others together.
ROWS_TOGETHER = 20_000


@dataclass(frozen=True)
class RawTable:
    """Rows of a delimited file, read whole."""

    name: str
    frame: pl.DataFrame
    broken: pl.DataFrame

    @cached_property
    def kinds(self) -> Mapping[str, pl.DataType]:
        """Types of the columns."""
        return {name: kind for name, kind in self.frame.schema.items() if name != "row"}

    @property
    def height(self) -> int:
        """Number of rows with as many fields as the header."""
        return self.frame.height

    def read(self, columns: Iterable[str], places: Any = None) -> pl.DataFrame:
        """Columns and the number of rows."""
        return rows_at(self.frame.select([*columns, "row"]), places)

    def groups(self, mark: Mark) -> tuple[RowGroup, ...]:
        """Some rows each, of which only reading tells what they are."""
        starts = range(0, self.height, ROWS_TOGETHER)
        return tuple(RowGroup(start, min(ROWS_TOGETHER, self.height - start)) for start in starts)

    def loaded(self) -> RawFile:
        """Itself: it has been read."""
        return self

    def let_go(self) -> RawFile:
        """The numbers of its rows."""
        return replace(self, frame=self.frame.select("row"))


def delimited_file(
    path: Path, wanted: Sequence[str], *, table: str, delimiter: str | None, encoding: str | None
) -> RawTable:
    """A delimited file, read.

    Args:
        path: the file.
        wanted: columns to be read; those that the file lacks are left out.
        table: the contract table, for the quarantine.
        delimiter: found from the header when None.
        encoding: told apart when None.

    Raises:
        ExtractError: the file is empty, binary, cut off or absurd.
    """
    text = read_delimited(path, tuple(wanted), delimiter=delimiter, encoding=encoding)
    broken = pl.DataFrame({FILE: path.name, ROW: list(text.broken)}, schema={FILE: pl.String, ROW: pl.Int64})
    every = pl.Series([True], dtype=pl.Boolean).new_from_index(0, broken.height)
    reasons = [("", "wrong_number_of_fields", every)]
    return RawTable(path.name, text.frame, rejected(broken, table=table, reasons=reasons))
