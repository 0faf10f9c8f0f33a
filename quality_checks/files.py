"""Files of a check: written beside their place and moved there whole; a stopped run leaves no half file."""

from __future__ import annotations

import base64
import json
import os
import shutil
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


@contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """A folder beside `path` to write to; it takes the place of `path` when the block ends without an error."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def taken_over(path: Path, place: Path) -> None:
    """The same file under another name, in a folder that is there; a copy where the disk knows no links."""
    try:
        os.link(path, place)
    except FileExistsError:
        place.unlink()
        taken_over(path, place)
    except OSError:
        shutil.copyfile(path, place)


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file whole."""
    with written_whole(path) as temporary:
        table.write_parquet(temporary, compression_level=1, statistics=False)


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet file, whatever marks are in the names of its folders."""
    return pl.read_parquet(path, glob=False, hive_partitioning=False)


def write_coded_table(table: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file whole, columns of codes (Enum) as the texts that they stand for.

    A code is written once and then by its number, several times faster than text by text; a reader sees texts.
    """
    codes = [name for name, kind in table.schema.items() if isinstance(kind, pl.Enum)]
    as_read = table.clear().with_columns(pl.col(codes).cast(pl.String)).to_arrow().schema.serialize().to_pybytes()
    said = {"ARROW:schema": base64.b64encode(as_read).decode()}
    with written_whole(path) as temporary:
        table.write_parquet(temporary, compression_level=1, statistics=False, metadata=said)


def write_json(value: Any, path: Path) -> None:
    """Write JSON whole, keys in order."""
    with written_whole(path) as temporary:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        temporary.write_text(text + "\n", encoding="utf-8")
