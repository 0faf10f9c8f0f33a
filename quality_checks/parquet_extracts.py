"""Documents in Parquet files: read by stretches, marked by the bytes that columns of row groups are stored in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_columns import DOCUMENT_TYPES, DocumentsError, Piece, in_order, typed

# Documents of short stretches that are kept: what a check of changes reads to hash it, it reads again to judge it.
MOST_KEPT = 200_000


@dataclass(frozen=True)
class ParquetExtract:
    """Documents in one or more Parquet files, in the order of the files (one per month, say)."""

    paths: tuple[Path, ...]
    _kept: dict[tuple[int, int], pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(list(self.paths), glob=False, hive_partitioning=False)

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
        stretch = (start, start + length)
        if stretch not in self._kept and length + sum(rows.height for rows in self._kept.values()) <= MOST_KEPT:
            self._kept[stretch] = self._rows(*stretch)
        if stretch in self._kept:
            return self._kept[stretch].select(in_order(columns))
        return typed(self._scan.slice(start, length), self.columns, columns)

    def with_keys(self, keys: pl.Series, places: Any) -> pl.DataFrame:
        """All columns of the documents whose ids have these hashes; few row groups are read when few hold them."""
        if not len(places):
            return self.read(DOCUMENT_TYPES, 0, 0)
        bounds = [(piece.start, piece.start + piece.length) for piece in self._row_groups]
        held = [(start, end, places[slice(*np.searchsorted(places, (start, end)))]) for start, end in bounds]
        held = [(start, end, own) for start, end, own in held if len(own)]
        if 2 * len(held) > len(bounds):
            wanted = pl.col("document_id").cast(pl.String).hash().is_in(keys.unique().implode())
            return typed(self._scan.filter(wanted), self.columns, DOCUMENT_TYPES)
        found = []
        for kept, run in groupby(held, key=lambda own: self._keeping(*own[:2])):
            for own in _joined(run):
                first, end = int(own[0]), int(own[-1]) + 1
                first, rows = (kept[0], self._kept[kept]) if kept else (first, self._rows(first, end))
                asked = np.zeros(rows.height, dtype=bool)
                asked[own - first] = True
                found.append(
                    rows.filter(pl.Series(asked))
                )  # of several blocks rows are filtered sooner than gathered
        return pl.concat(found)

    def _rows(self, start: int, end: int) -> pl.DataFrame:
        return typed(self._scan.slice(start, end - start), self.columns, DOCUMENT_TYPES)

    def _keeping(self, start: int, end: int) -> tuple[int, int] | None:
        """The kept stretch in which some documents are."""
        return next((kept for kept in self._kept if kept[0] <= start and end <= kept[1]), None)

    def pieces(self) -> tuple[Piece, ...]:
        """Row groups, their columns marked by their bytes."""
        return self._marked

    def origins(self) -> Any:
        """None: only reading tells."""
        return None

    @cached_property
    def _marked(self) -> tuple[Piece, ...]:
        marks = [marks for path in self.paths for marks in _marks(path)]
        return tuple(replace(piece, marks=own) for piece, own in zip(self._row_groups, marks, strict=True))

    @cached_property
    def _row_groups(self) -> tuple[Piece, ...]:
        import pyarrow.parquet as pq

        found, start = [], 0
        for path in self.paths:
            metadata = pq.read_metadata(path)
            for number in range(metadata.num_row_groups):
                found.append(Piece(start, metadata.row_group(number).num_rows))
                start += found[-1].length
        return tuple(found)


def _joined(stretches: Iterable[tuple[int, int, Any]]) -> Iterator[Any]:
    """Places in stretches of documents; those in stretches that lie side by side together."""
    end, found = 0, [np.zeros(0, dtype=np.int64)]
    for first, last, places in stretches:
        if first != end and len(found[-1]):
            yield np.concatenate(found)
            found = []
        found, end = [*found, places], last
    if len(found[-1]):
        yield np.concatenate(found)


def _marks(path: Path) -> Iterator[dict[str, str]]:
    """A hash of each column of each row group of a Parquet file: its bytes, and how to read them."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    # A dictionary, when there is one, comes before the values.
    starts = [column.dictionary_page_offset or column.data_page_offset for column in columns]
    stored = hashes_of_bytes(path, starts, [column.total_compressed_size for column in columns])
    own = iter(zip(columns, stored, strict=True))
    types = {field.name: str(field.type) for field in schema}
    for group in groups:
        marks: dict[str, str] = {}
        for column, told in islice(own, group.num_columns):
            name = column.path_in_schema.partition(".")[0]
            form = _short(types[name], column.compression, column.encodings)
            marks[name] = _short(marks[name], f"{told:016x}", form) if name in marks else f"{told:016x}{form}"
        yield marks


@cache
def _short(*said: Any) -> str:
    return sha256(repr(said).encode()).hexdigest()[:16]


def hashes_of_bytes(path: Path, starts: Sequence[int], lengths: Sequence[int]) -> list[int]:
    """A hash of each of some stretches of a file, which are looked at where they lie."""
    import pyarrow as pa

    if not len(starts):
        return []
    order = np.argsort(starts, kind="stable")
    edges = np.ravel(np.column_stack([starts, np.add(starts, lengths)])[order]).astype(np.int64)
    if (np.diff(edges) < 0).any():
        raise DocumentsError(f"{path.name}: columns lie across each other; export the file again")
    with pa.memory_map(str(path)) as file:
        bounds = [None, pa.py_buffer(edges), file.read_buffer()]
        stretches = pa.Array.from_buffers(pa.large_binary(), len(edges) - 1, bounds)
        hashes = pl.Series(stretches).hash().to_numpy()[::2]
    found: list[int] = hashes[np.argsort(order)].tolist()
    return found
