"""The files of verdicts: a first part with every document, later parts with those judged again.

A part is a folder of files. The first has all columns; each other has those that rules about its documents fill,
because writing what is null in every row is most of the work. A later part comes with the ids it
supersedes, so that a check of what changed writes what changed. `read_verdicts` gives the table as it stands; when
too much of it is superseded it is written whole again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from quality_checks.files import folder_written_whole, taken_over, write_table

VERDICTS, WEIGHTS = "doc_checks", "weights"
TABLES = (VERDICTS, WEIGHTS)
SUPERSEDED = "superseded"
MOST_SUPERSEDED = 0.2
_KEY = {VERDICTS: pl.col("document_id").hash(), WEIGHTS: pl.col("document")}


class PartStream:
    """A part of a table written file by file; what columns a file lacks are null in it."""

    def __init__(self, folder: Path, columns: dict[str, pl.DataType], first: pl.DataFrame) -> None:
        self.folder, self.columns, self.files = folder, columns, 0
        self._add(pl.concat([pl.DataFrame(schema=columns), self._typed(first)], how="diagonal"))

    def write(self, rows: pl.DataFrame) -> None:
        """Add rows, with the columns that they have and fill."""
        filled = [c.name for c in rows.get_columns() if not rows.height or c.null_count() < rows.height]
        self._add(self._typed(rows[filled]))

    def _typed(self, rows: pl.DataFrame) -> pl.DataFrame:
        has = rows.schema
        chosen = rows[[name for name in self.columns if name in has]]
        other = [pl.col(n).cast(kind) for n, kind in self.columns.items() if n in has and has[n] != kind]
        return chosen.with_columns(other) if other else chosen

    def _add(self, own: pl.DataFrame) -> None:
        # Each column is read as a whole, and a truth value takes a bit: neither bounds nor packing would pay.
        own.write_parquet(self.folder / f"{self.files:05}.parquet", compression_level=1, statistics=False)
        self.files += 1


@contextmanager
def written_part(
    folder: Path, table: str, number: int, columns: dict[str, pl.DataType], first: pl.DataFrame | None = None
) -> Iterator[PartStream]:
    """A part of a table to write to; it takes its place whole when the block ends without an error.

    Args:
        folder: of the check.
        table: its name.
        number: of the part.
        columns: all columns of the table.
        first: rows of the first file; none when None.
    """
    with folder_written_whole(folder / table / str(number)) as temporary:
        yield PartStream(temporary, columns, pl.DataFrame() if first is None else first)


def scan_part(folder: Path, table: str, number: int) -> pl.LazyFrame:
    """A part of a table as it was written, with all columns."""
    files = sorted((folder / table / str(number)).glob("*.parquet"))
    return pl.scan_parquet(files, missing_columns="insert", glob=False, hive_partitioning=False)


def last_part(folder: Path) -> int:
    """Number of the latest part."""
    numbers = [int(path.name) for path in (folder / VERDICTS).glob("[0-9]*") if path.is_dir()]
    if not numbers:
        raise FileNotFoundError(f"{folder / VERDICTS}: no verdicts; give the folder of an earlier check")
    return max(numbers)


def clear_parts(folder: Path) -> None:
    """Take away the parts that an earlier check left in a folder."""
    for table in (*TABLES, SUPERSEDED):
        shutil.rmtree(folder / table, ignore_errors=True)


def read_verdicts(folder: Path, table: str = VERDICTS) -> pl.LazyFrame:
    """A table of verdicts as it stands after all parts."""
    last = last_part(folder)
    frames = []
    for number in range(last + 1):
        part = scan_part(folder, table, number)
        gone = [_superseded(folder, n).collect()["document"] for n in range(number + 1, last + 1)]
        frames.append(part.filter(~_KEY[table].is_in(pl.concat(gone).unique().implode())) if gone else part)
    return pl.concat(frames)


def add_part(previous: Path, folder: Path, parts: dict[str, pl.DataFrame], superseded: pl.Series) -> None:
    """Take over an earlier check's parts and add one.

    Args:
        previous: folder of the earlier check.
        folder: folder of this check.
        parts: rows of each table that were judged again.
        superseded: hashes of the ids whose earlier rows no longer hold.
    """
    number = last_part(previous) + 1
    clear_parts(folder)
    (folder / SUPERSEDED).mkdir(parents=True, exist_ok=True)
    for earlier in range(1, number):
        taken_over(_superseded_path(previous, earlier), _superseded_path(folder, earlier))
    for table, rows in parts.items():
        for earlier in range(number):
            (folder / table / str(earlier)).mkdir(parents=True, exist_ok=True)
            for path in sorted((previous / table / str(earlier)).glob("*.parquet")):
                taken_over(path, folder / table / str(earlier) / path.name)
        columns = dict(scan_part(previous, table, 0).collect_schema())
        with written_part(folder, table, number, columns, rows):
            pass
    write_table(superseded.unique().sort().to_frame("document"), _superseded_path(folder, number))
    _whole_again_when_worn(folder, number)


def _superseded_path(folder: Path, number: int) -> Path:
    return folder / SUPERSEDED / f"{number}.parquet"


def _superseded(folder: Path, number: int) -> pl.LazyFrame:
    """Hashes of the ids that a part supersedes."""
    return pl.scan_parquet(_superseded_path(folder, number), glob=False)


def _whole_again_when_worn(folder: Path, last: int) -> None:
    gone = sum(_height(_superseded(folder, n)) for n in range(1, last + 1))
    if gone <= MOST_SUPERSEDED * _height(scan_part(folder, WEIGHTS, 0)):  # as many rows, in one file
        return
    for table in TABLES:
        with folder_written_whole(folder / f"{table}.whole") as temporary:
            read_verdicts(folder, table).sink_parquet(temporary / "00000.parquet")
    for table in TABLES:
        shutil.rmtree(folder / table)
        (folder / table).mkdir()
        (folder / f"{table}.whole").replace(folder / table / "0")
    shutil.rmtree(folder / SUPERSEDED)


def _height(table: pl.LazyFrame) -> int:
    return int(table.select(pl.len()).collect().item())
