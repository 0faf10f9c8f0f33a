"""Files of a folder of fetched data: there or not, readable or not; and the reference tables beside this code."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from sources.delimited import ExtractError

_REFERENCE = Path(__file__).parent / "reference"


@cache
def reference_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a table of `sources/reference/`, codes as strings."""
    with (_REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def file_in(folder: Path, name: str) -> Path:
    """A file of the folder.

    Raises:
        ExtractError: it is not there.
    """
    if not (folder / name).exists():
        raise ExtractError(f"{name}: not in the folder {folder.name}; fetch it, or put a contract table there")
    return folder / name


def publishers_csv(path: Path, columns: tuple[str, ...], **how: Any) -> pl.DataFrame:
    """A publisher's CSV with the columns it is known to have.

    Raises:
        ExtractError: it cannot be read, or lacks a column.
    """
    try:
        frame = pl.read_csv(path, **how)
    except (pl.exceptions.PolarsError, OSError, EOFError):
        raise ExtractError(f"{path.name}: not a readable CSV; it is damaged or cut off; fetch it again") from None
    if missing := [column for column in columns if column not in frame.columns]:
        raise ExtractError(f"{path.name}: no column '{missing[0]}'; expected {', '.join(columns)}; fetch it again")
    return frame
