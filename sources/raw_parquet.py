"""Raw Parquet files: row groups and columns that are asked for are read, no others."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sources.delimited import MAX_COLUMNS, ExtractError
from sources.file_kinds import other_kind
from sources.quarantine import empty_quarantine
from sources.raw_files import STRETCH, Mark, RawFile, RowGroup, rows_at

_FOOTER_LIMIT = 64 << 20
_HEAD_BYTES = 4096
_PARQUET_MARK = b"PAR1"
_PARQUET_ENDINGS = (".parquet", ".pq")


@dataclass(frozen=True)
class RawParquet:
    """Rows of a Parquet file.

    Attributes:
        path: the file.
        kinds: types of the wanted columns that it has.
        frame: all of its rows, when it has been read whole.
    """

    path: Path
    kinds: Mapping[str, pl.DataType]
    frame: pl.DataFrame | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def broken(self) -> pl.DataFrame:
        """None: every row has all columns."""
        return empty_quarantine()

    @cached_property
    def height(self) -> int:
        """Number of rows."""
        return int(self._scan.select(pl.len()).collect().item())

    def read(self, columns: Iterable[str], places: Any = None) -> pl.DataFrame:
        """Columns and the number of rows; only row groups with a row asked for are read."""
        names = list(columns)
        if self.frame is not None:
            return rows_at(self.frame.select([*names, "row"]), places)
        if places is None:
            with _told_damaged(self.path):
                frame = pl.read_parquet(self.path, columns=names, glob=False, hive_partitioning=False)
            numbers = pl.int_range(1, (frame.height if names else self.height) + 1, dtype=pl.Int64, eager=True)
        else:
            with _told_damaged(self.path):
                frame = pl.concat([self._scan.select(names).head(0).collect(), *self._parts(names, places)])
            numbers = pl.Series(np.asarray(places) + 1, dtype=pl.Int64)
        return frame.with_columns(row=numbers) if names else pl.DataFrame({"row": numbers})

    def groups(self, mark: Mark) -> tuple[RowGroup, ...]:
        """Row groups, each wanted column marked by its bytes and how to read them."""
        with (
            self.path.open("rb") as file,
            mmap(file.fileno(), 0, access=ACCESS_READ) as data,
            memoryview(data) as all_,
        ):
            return tuple(
                RowGroup(start, length, self._marks(number, mark, all_))
                for number, (start, length) in enumerate(self._bounds)
            )

    def _marks(self, number: int, mark: Mark, data: memoryview) -> dict[str, str]:
        group, marks = self._metadata.row_group(number), {}
        for place in range(group.num_columns):
            column, kept = group.column(place), self._metadata.schema.column(place)
            if kept.path not in self.kinds:
                continue
            # A dictionary, when there is one, comes before the values.
            start = column.dictionary_page_offset or column.data_page_offset
            stored = column.physical_type, column.compression, column.encodings, kept.max_definition_level
            form = repr((self.kinds[kept.path], *stored, group.num_rows))
            marks[kept.path] = mark(form, data[start : start + column.total_compressed_size])
        return marks

    def loaded(self) -> RawFile:
        """The same file, read whole."""
        return self if self.frame is not None else replace(self, frame=self.read(self.kinds))

    def let_go(self) -> RawFile:
        """The file, to be read from."""
        return replace(self, frame=None)

    @cached_property
    def _metadata(self) -> Any:
        import pyarrow.parquet as pq

        return pq.read_metadata(self.path)

    @cached_property
    def _bounds(self) -> tuple[tuple[int, int], ...]:
        metadata = self._metadata
        lengths = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        return tuple(zip(np.cumsum([0, *lengths]).tolist(), lengths, strict=False))

    @cached_property
    def _scan(self) -> pl.LazyFrame:
        return _scanned(self.path)

    def _parts(self, names: Sequence[str], places: Any) -> Iterator[pl.DataFrame]:
        for start, length, own in self._stretches(places) if names else ():
            yield rows_at(self._scan.slice(start, length).select(names).collect(), own - start)

    def _stretches(self, places: Any) -> Iterator[tuple[int, int, Any]]:
        """Start, length and places of row groups that hold places; side by side they are read at once."""
        start = end = 0
        for first, length in self._bounds:
            low, high = np.searchsorted(places, [first, first + length])
            if low < high and end == first and end - start + length <= STRETCH:
                end = first + length
            elif low < high:
                yield from _with_places(start, end, places)
                start, end = first, first + length
        yield from _with_places(start, end, places)


def _with_places(start: int, end: int, places: Any) -> Iterator[tuple[int, int, Any]]:
    if end > start:
        low, high = np.searchsorted(places, [start, end])
        yield start, end - start, places[low:high]


def _scanned(path: Path) -> pl.LazyFrame:
    """One file, whatever marks are in its name."""
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its ending or its first bytes."""
    with path.open("rb") as file:
        return path.suffix.lower() in _PARQUET_ENDINGS or file.read(len(_PARQUET_MARK)) == _PARQUET_MARK


def parquet_file(path: Path, wanted: Sequence[str]) -> RawParquet:
    """A Parquet file, ready to be read from.

    Args:
        path: the file.
        wanted: columns to be read; those that the file lacks are left out.

    Raises:
        ExtractError: the file is empty, something else, cut off or absurd, or a column holds lists or records.
    """
    _check_parquet(path)
    with _told_damaged(path):
        schema = _scanned(path).collect_schema()
        if len(schema) > MAX_COLUMNS:
            raise ExtractError(f"{path.name}: {len(schema):,} columns; expected at most {MAX_COLUMNS:,}")
        file = RawParquet(path, {name: schema[name] for name in wanted if name in schema})
        if nested := sorted(name for name, kind in file.kinds.items() if kind.is_nested()):
            raise ExtractError(
                f"{path.name}: column '{nested[0]}' holds lists or records; expected one value in each row; "
                "export it as text (the content of documents as JSON)"
            )
        if file.kinds and file.height == 0:
            raise ExtractError(f"{path.name}: no rows; expected at least one; export it again")
    return file


@contextmanager
def _told_damaged(path: Path) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError):
        raise ExtractError(
            f"{path.name}: not a readable Parquet file; it is damaged or cut off; export or copy it again"
        ) from None


def _check_parquet(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise ExtractError(f"{path.name}: the file is empty; expected a Parquet file; export it again")
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if not start.startswith(_PARQUET_MARK):
        kind, mend = other_kind(start) or ("not a Parquet file", "export it again")
        raise ExtractError(f"{path.name}: this is {kind}; expected a Parquet file by its ending; {mend}")
    if size < 12 or tail[4:] != _PARQUET_MARK:
        raise ExtractError(f"{path.name}: the Parquet file is cut off; export or copy it again")
    footer = struct.unpack("<I", tail[:4])[0]
    if footer > min(_FOOTER_LIMIT, size):
        raise ExtractError(
            f"{path.name}: the Parquet footer takes {footer:,} bytes; expected at most {MAX_COLUMNS:,} columns; "
            "export only the columns of the county file's mapping"
        )
