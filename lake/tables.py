"""The lake: one Parquet file per table and county, each knowing what it was made from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from lake.atomic import written_atomically

_METADATA_KEY = b"palvelutarve"


class MissingTableError(FileNotFoundError):
    """A table that no step has written yet; the message names the table, the county and the mend."""


@dataclass(frozen=True)
class TableInfo:
    """What a stored table says of itself; `as_of` is the day that it speaks of, empty when that was not told."""

    table: str
    county: str
    fingerprint: str
    rows: int
    as_of: str = ""
    schema_version: str = "1"


@dataclass(frozen=True)
class Lake:
    """Tables under one folder: `<root>/<table>/county=<code>/part.parquet`."""

    root: Path

    def path(self, table: str, county: str) -> Path:
        """Where the table of a county is (or will be)."""
        return self.root / table / f"county={county}" / "part.parquet"

    def write(
        self, table: str, county: str, frame: pl.DataFrame, fingerprint: str, as_of: date | None = None
    ) -> TableInfo:
        """Write a table atomically, with its fingerprint and day in the file; equal frames give equal bytes."""
        info = TableInfo(table, county, fingerprint, frame.height, as_of.isoformat() if as_of else "")
        arrow = frame.to_arrow()
        text = json.dumps(asdict(info), sort_keys=True).encode()
        arrow = arrow.replace_schema_metadata({_METADATA_KEY: text})
        with written_atomically(self.path(table, county)) as temporary:
            pq.write_table(arrow, temporary, compression="zstd")
        return info

    def info(self, table: str, county: str) -> TableInfo | None:
        """What is stored, or None: no file, or one that cannot be read (it will be written anew)."""
        try:
            metadata = pq.read_schema(self.path(table, county)).metadata or {}
            return TableInfo(**json.loads(metadata[_METADATA_KEY]))
        except (OSError, KeyError, ValueError, TypeError):
            return None

    def is_current(self, table: str, county: str, fingerprint: str) -> bool:
        """Whether the stored table was made from exactly these inputs."""
        info = self.info(table, county)
        return info is not None and info.fingerprint == fingerprint

    def read(self, table: str, county: str) -> pl.DataFrame:
        """The table of a county.

        Raises:
            MissingTableError: it has not been written.
        """
        path = self.path(table, county)
        if not path.exists():
            raise MissingTableError(
                f"table '{table}' of county {county} is not in the lake; run the step that makes it"
            )
        return pl.read_parquet(path, glob=False, hive_partitioning=False)

    def has(self, table: str, county: str) -> bool:
        """Whether the table has been written for the county."""
        return self.path(table, county).exists()

    def tables(self, beginning: str, county: str) -> list[str]:
        """Names of the county's tables that begin so, sorted."""
        return sorted(path.name for path in self.root.glob(f"{beginning}*") if self.has(path.name, county))
