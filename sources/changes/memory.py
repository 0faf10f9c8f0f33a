"""What a check leaves of the rows of a raw file for the next one to compare with; of values only ids set aside."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lake.atomic import write_text, written_atomically
from sources.changes.hashed_rows import ID, SAYS, HashedRows
from sources.quarantine import SCHEMA

TERMS, ACCEPTED, SET_ASIDE, ROWS = "terms.json", "accepted.npy", "set_aside.parquet", "rows"
# A row set aside, with its place in the file in the stead of its number.
ASIDE = {"place": pl.Int64(), **{name: SCHEMA[name] for name in ("key", "column", "reason", "other_reasons")}}


@dataclass(frozen=True)
class RowMemory:
    """Rows of a raw file, and what became of them.

    Attributes:
        terms: keyed, of all that the outcome of a row by itself rests on.
        last: the day after which dates were refused.
        groups: hashes of the rows.
        accepted: whether each row was accepted. Shape (rows,).
        set_aside: rows that were not (`ASIDE`).
    """

    terms: str
    last: date
    groups: Sequence[HashedRows]
    accepted: Any
    set_aside: pl.DataFrame

    def write(self, folder: Path, previous: Path | None = None) -> None:
        """Leave it in a folder.

        Args:
            folder: made when missing.
            previous: folder of the memory that this was compared with; of rows stored alike the files are one.
        """
        (folder / ROWS).mkdir(parents=True, exist_ok=True)
        for group in self.groups:
            path = folder / ROWS / f"{group.name}.npy"
            if previous and (previous / ROWS / path.name).exists():
                _taken_over(previous / ROWS / path.name, path)
            elif not path.exists():
                _write(np.stack([group.hashes[name] for name in (*SAYS, ID)]), path)
        _write(self.accepted, folder / ACCEPTED)
        with written_atomically(folder / SET_ASIDE) as temporary:
            self.set_aside.write_parquet(temporary)
        groups = [(own.start, own.length, dict(own.marks), own.name) for own in self.groups]
        told = {"terms": self.terms, "last": self.last.isoformat(), "groups": groups}
        write_text(folder / TERMS, json.dumps(told))  # last: what has no terms is no memory

    @classmethod
    def read(cls, folder: Path, terms: str) -> RowMemory | None:
        """What an earlier check left; None when it left nothing, judged rows by other terms, or files are damaged.

        Without it all rows are looked at, which takes longer and gives the same.
        """
        try:
            told = json.loads((folder / TERMS).read_text(encoding="utf-8"))
            return cls._of(folder, told) if told["terms"] == terms else None
        except (OSError, EOFError, ValueError, KeyError, pl.exceptions.PolarsError):
            return None

    @classmethod
    def _of(cls, folder: Path, told: Mapping[str, Any]) -> RowMemory:
        groups = [
            HashedRows(start, length, marks, _hashes(folder / ROWS / f"{name}.npy", length), name)
            for start, length, marks, name in told["groups"]
        ]
        accepted, set_aside = np.load(folder / ACCEPTED), pl.read_parquet(folder / SET_ASIDE, glob=False)
        if len(accepted) != sum(group.length for group in groups):
            raise ValueError(f"{folder / ACCEPTED}: not as many rows as hashes")
        return cls(told["terms"], date.fromisoformat(told["last"]), groups, accepted, set_aside)


def _hashes(path: Path, length: int) -> dict[str, Any]:
    """Hashes of rows, read only where they are looked at."""
    hashes = np.asarray(np.load(path, mmap_mode="r"))
    if hashes.shape != (len(SAYS) + 1, length):
        raise ValueError(f"{path}: hashes of shape {hashes.shape}; expected those of {length} rows")
    return dict(zip((*SAYS, ID), hashes, strict=True))


def _write(values: Any, path: Path) -> None:
    """Without waiting for the disk: a memory counts only when its terms, which are written last, are there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.save(file, values)
    temporary.replace(path)


def _taken_over(path: Path, place: Path) -> None:
    """The same file under another name; a copy where the disk knows no links."""
    place.unlink(missing_ok=True)
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)
