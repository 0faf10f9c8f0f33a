"""The files of verdicts: a first part with every document, later parts with those judged again.

A later part comes with the ids it supersedes, so that a check of what changed writes what changed. `read_verdicts`
gives the table as it stands; when too much of it is superseded it is written whole again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl

from quality_checks.files import write_table, written_whole

VERDICTS, WEIGHTS = "doc_checks", "weights"
TABLES = (VERDICTS, WEIGHTS)
SUPERSEDED = "superseded"
MOST_SUPERSEDED = 0.2
_KEY = {VERDICTS: pl.col("document_id").hash(), WEIGHTS: pl.col("document")}


def part_path(folder: Path, table: str, number: int) -> Path:
    """File of a part of a table."""
    return folder / table / f"{number}.parquet"


def last_part(folder: Path) -> int:
    """Number of the latest part."""
    numbers = [int(path.stem) for path in (folder / VERDICTS).glob("*.parquet")]
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
        part = pl.scan_parquet(part_path(folder, table, number))
        gone = [pl.read_parquet(part_path(folder, SUPERSEDED, n))["document"] for n in range(number + 1, last + 1)]
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
    for table in (*TABLES, SUPERSEDED):
        (folder / table).mkdir(parents=True, exist_ok=True)
        for path in sorted((previous / table).glob("*.parquet")):
            _taken_over(path, folder / table / path.name)
    for table, rows in parts.items():
        columns = pl.scan_parquet(part_path(previous, table, 0)).collect_schema()
        whole = pl.concat([pl.DataFrame(schema=columns), rows], how="diagonal_relaxed").select(columns.names())
        write_table(whole, part_path(folder, table, number))
    write_table(superseded.unique().sort().to_frame("document"), part_path(folder, SUPERSEDED, number))
    _whole_again_when_worn(folder, number)


def _taken_over(path: Path, place: Path) -> None:
    """The same file under another name; a copy where the disk knows no links."""
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)


def _whole_again_when_worn(folder: Path, last: int) -> None:
    gone = sum(
        pl.scan_parquet(part_path(folder, SUPERSEDED, n)).select(pl.len()).collect().item()
        for n in range(1, last + 1)
    )
    rows = pl.scan_parquet(part_path(folder, VERDICTS, 0)).select(pl.len()).collect().item()
    if gone <= MOST_SUPERSEDED * rows:
        return
    for table in TABLES:
        with written_whole(folder / f"{table}.parquet") as path:
            read_verdicts(folder, table).sink_parquet(path)
    for table in TABLES:
        shutil.rmtree(folder / table)
        (folder / table).mkdir()
        (folder / f"{table}.parquet").replace(part_path(folder, table, 0))
    shutil.rmtree(folder / SUPERSEDED)
