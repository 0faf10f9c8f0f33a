"""Raw files as they were delivered: the columns and rows asked for, and nothing made of their values.

A row stands at its place (from 0) and has its number in the file (Parquet from 1, CSV with the header as row 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

# Rows that are held at a time beside those that were asked for.
STRETCH = 334_000


class Mark(Protocol):
    """Tells bytes and texts apart."""

    def __call__(self, *parts: bytes | memoryview | str) -> str:
        """Equal where all parts are."""


@dataclass(frozen=True)
class RowGroup:
    """Rows that are stored together.

    Attributes:
        start: place of the first.
        length: number of rows.
        marks: of columns; equal where one is stored in the same bytes. Of others only reading tells.
    """

    start: int
    length: int
    marks: Mapping[str, str] = field(default_factory=dict)


class RawFile(Protocol):
    """A file of rows."""

    @property
    def name(self) -> str:
        """Name of the file."""

    @property
    def kinds(self) -> Mapping[str, pl.DataType]:
        """Types of the wanted columns that it has."""

    @property
    def height(self) -> int:
        """Number of rows that can be told apart."""

    @property
    def broken(self) -> pl.DataFrame:
        """Quarantine rows of what is no row of the table."""

    def read(self, columns: Iterable[str], places: Any = None) -> pl.DataFrame:
        """Columns and the number (`row`) of all rows, or of those at some places, which are sorted."""

    def groups(self, mark: Mark) -> tuple[RowGroup, ...]:
        """Rows that are stored together; together all rows, in order."""

    def loaded(self) -> RawFile:
        """The same file, read whole, for those who will read all of it more than once."""

    def let_go(self) -> RawFile:
        """The same file, without what is held of it; of a delimited one the numbers of its rows stay."""


def rows_at(frame: pl.DataFrame, places: Any) -> pl.DataFrame:
    """Rows at some places, which are sorted; without a copy where they lie side by side."""
    if places is None or not len(places):
        return frame if places is None else frame.head(0)
    together = places[-1] - places[0] + 1 == len(places)
    return frame.slice(int(places[0]), len(places)) if together else frame[pl.Series(places, dtype=pl.UInt32)]
