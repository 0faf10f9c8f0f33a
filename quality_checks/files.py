"""Files of a check: written beside their place and moved there whole; a stopped run leaves no half file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file whole."""
    with written_whole(path) as temporary:
        table.write_parquet(temporary)


def write_json(value: Any, path: Path) -> None:
    """Write JSON whole, keys in order."""
    with written_whole(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        temporary.write_text(text + "\n", encoding="utf-8")


class TableStream:
    """A Parquet file written part by part; a column that a part lacks is null in it."""

    def __init__(self, path: Path, columns: dict[str, pl.DataType]) -> None:
        import pyarrow.parquet as pq

        self.empty = pl.DataFrame(schema=columns)
        schema = self.empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        self.writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            write_statistics=False,
            use_dictionary=["unit", "area", "service_task", "document_type", "author_role"],
        )

    def write(self, part: pl.DataFrame) -> None:
        """Add the rows of one part."""
        whole = pl.concat([self.empty, part], how="diagonal").select(self.empty.columns)
        self.writer.write_table(whole.to_arrow(compat_level=pl.CompatLevel.oldest()))

    def close(self) -> None:
        """Finish the file."""
        self.writer.close()
