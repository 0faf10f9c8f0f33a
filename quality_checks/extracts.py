"""Where documents are read from: a table in memory or Parquet files, part by part, only the columns asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from quality_checks.schema import HEADER

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Int64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
REQUIRED = ("document_id", "client_id", "document_type", "created_at", "content")
DOCUMENT_TYPES = {
    **{name: POLARS_TYPES[kind] for name, kind in HEADER.items() if name != "area"},
    "content": pl.String(),
}


class DocumentsError(ValueError):
    """Documents that cannot be prepared; the message names the column, what was expected and the mend."""


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

    def with_keys(self, keys: pl.Series) -> pl.DataFrame:
        """All columns of the documents whose ids have these hashes, in the order of the extract."""


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

    def with_keys(self, keys: pl.Series) -> pl.DataFrame:
        """All columns of the documents whose ids have these hashes, in the order of the extract."""
        return typed(_with_keys(self.table.lazy(), keys), self.columns, DOCUMENT_TYPES)


@dataclass(frozen=True)
class ParquetExtract:
    """Documents in one or more Parquet files, in the order of the files (one per month, say)."""

    paths: tuple[Path, ...]

    @cached_property
    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(list(self.paths), hive_partitioning=False)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns that were delivered."""
        return tuple(self._scan.collect_schema().names())

    @cached_property
    def height(self) -> int:
        """Number of documents."""
        return int(self._scan.select(pl.len()).collect().item())

    def read(self, columns: Iterable[str], start: int, length: int) -> pl.DataFrame:
        """Some columns of the documents from `start` on."""
        return typed(self._scan.slice(start, length), self.columns, columns)

    def with_keys(self, keys: pl.Series) -> pl.DataFrame:
        """All columns of the documents whose ids have these hashes, in the order of the extract."""
        return typed(_with_keys(self._scan, keys), self.columns, DOCUMENT_TYPES)


def _with_keys(frame: pl.LazyFrame, keys: pl.Series) -> pl.LazyFrame:
    return frame.filter(pl.col("document_id").cast(pl.String).hash().is_in(keys.unique().implode()))


def extract_of(documents: pl.DataFrame | Path | Sequence[Path]) -> Extract:
    """The documents given, as something to read from.

    Raises:
        DocumentsError: a column without which nothing can be judged is missing.
    """
    extract: Any
    if isinstance(documents, pl.DataFrame):
        extract = TableExtract(documents)
    else:
        extract = ParquetExtract((documents,) if isinstance(documents, Path) else tuple(documents))
    missing = [name for name in REQUIRED if name not in extract.columns]
    if missing:
        raise DocumentsError(
            f"documents: column {', '.join(missing)} is missing; expected the contract table 'documents' "
            "(document_id, client_id, document_type, created_at, content, ...); add it to the extract"
        )
    return extract  # type: ignore[no-any-return]


def typed(frame: pl.LazyFrame, delivered: Sequence[str], columns: Iterable[str]) -> pl.DataFrame:
    """Columns of the contract in its types."""
    names = [name for name in DOCUMENT_TYPES if name in set(columns)]
    return frame.select(
        pl.col(name).cast(DOCUMENT_TYPES[name])
        if name in delivered
        else pl.lit(None, dtype=DOCUMENT_TYPES[name]).alias(name)
        for name in names
    ).collect()
