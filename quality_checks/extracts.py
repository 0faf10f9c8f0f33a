"""Where documents are read from: a table in memory or Parquet files, part by part, only the columns asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from quality_checks.document_columns import DOCUMENT_TYPES, REQUIRED, DocumentsError, Piece, typed
from quality_checks.parquet_extracts import ParquetExtract


class Extract(Protocol):
    """Documents in the shape of the contract table `documents`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that were delivered."""

    @property
    def height(self) -> int:
        """Number of documents."""

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the documents from `start` on; one that was not delivered is null."""

    def with_keys(self, keys: pl.Series, places: Any) -> pl.DataFrame:
        """All columns of the documents whose ids have these hashes, in the order of the extract.

        Args:
            keys: hashes of ids.
            places: where the documents with these ids stand, in order.
        """

    def pieces(self) -> tuple[Piece, ...]:
        """What the documents are stored in; together all of them, in order."""

    def origins(self) -> Any:
        """Place in the extract of the earlier check of each document that is as it was there, else a negative one.

        None when only reading tells. Such an extract finds documents by their places alone.
        """


class Source(Protocol):
    """Documents that somebody else reads: as an `Extract`, but found by places and described in plain values."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that were delivered."""

    @property
    def height(self) -> int:
        """Number of documents."""

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the documents from `start` on, as far as they were delivered."""

    def at(self, places: Any) -> pl.DataFrame:
        """All columns of the documents at some places, which are sorted."""

    def pieces(self) -> Sequence[tuple[int, int, Mapping[str, str]]]:
        """As `Extract.pieces`: start, length and marks of each."""

    def origins(self) -> Any:
        """As `Extract.origins`."""


Documents = pl.DataFrame | Path | Sequence[Path] | Source


@dataclass(frozen=True)
class TableExtract:
    """Documents in memory."""

    table: pl.DataFrame

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that were delivered."""
        return tuple(self.table.columns)

    @property
    def height(self) -> int:
        """Number of documents."""
        return self.table.height

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the documents from `start` on."""
        return typed(self.table.slice(start, length).lazy(), self.columns, columns)

    def with_keys(self, keys: pl.Series, places: Any) -> pl.DataFrame:
        """All columns of the documents at these places."""
        return typed(self.table[pl.Series(places, dtype=pl.UInt32)].lazy(), self.columns, DOCUMENT_TYPES)

    def pieces(self) -> tuple[Piece, ...]:
        """The table."""
        return (Piece(0, self.height),)

    def origins(self) -> Any:
        """None: only reading tells."""
        return None


@dataclass(frozen=True)
class SourceExtract:
    """Documents that somebody else reads."""

    source: Source

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that were delivered."""
        return self.source.columns

    @property
    def height(self) -> int:
        """Number of documents."""
        return self.source.height

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the documents from `start` on."""
        # One column at least, which tells the number of documents.
        names = [name for name in self.columns if name in set(columns)] or self.columns[:1]
        return typed(self.source.read(names, start, length).lazy(), names, columns)

    def with_keys(self, keys: pl.Series, places: Any) -> pl.DataFrame:
        """All columns of the documents at these places."""
        return typed(self.source.at(places).lazy(), self.columns, DOCUMENT_TYPES)

    @cached_property
    def _pieces(self) -> tuple[Piece, ...]:
        return tuple(Piece(*piece) for piece in self.source.pieces())

    def pieces(self) -> tuple[Piece, ...]:
        """What the documents are stored in."""
        return self._pieces

    def origins(self) -> Any:
        """What the source knows."""
        return self.source.origins()


def extract_of(documents: Documents) -> Extract:
    """The documents given, as something to read from.

    Raises:
        DocumentsError: a column without which nothing can be judged is missing.
    """
    extract: Any
    if isinstance(documents, pl.DataFrame):
        extract = TableExtract(documents)
    elif isinstance(documents, Path | Sequence):
        extract = ParquetExtract((documents,) if isinstance(documents, Path) else tuple(documents))
    else:
        extract = SourceExtract(documents)
    missing = [name for name in REQUIRED if name not in extract.columns]
    if missing:
        several = len(missing) > 1
        lacking = f"column{'s' if several else ''} {', '.join(missing)} {'are' if several else 'is'} missing"
        raise DocumentsError(
            f"documents: {lacking}; expected the contract table 'documents' "
            "(document_id, client_id, created_at, ...); add it to the extract"
        )
    return extract  # type: ignore[no-any-return]
