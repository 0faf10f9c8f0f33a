"""Files of the records of spines: one for each piece that documents are stored in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.extracts import Piece
from quality_checks.files import written_whole
from quality_checks.spines import RECORD, SpineCoding, records_in_rows


def write_records(records: Any, path: Path) -> None:
    """Write records whole."""
    with written_whole(path) as temporary:
        records.tofile(temporary)


def mapped_records(path: Path) -> Any:
    """Records of a file, read only where they are looked at."""
    if not path.stat().st_size:
        return np.zeros(0, dtype=RECORD)
    return np.asarray(np.memmap(path, dtype=RECORD, mode="r"))


class SpineWriter:
    """Writes the records of an extract piece by piece, given part by part."""

    def __init__(self, folder: Path, named: Sequence[tuple[str, Piece]], coding: SpineCoding) -> None:
        """For an extract.

        Args:
            folder: where the files come to lie.
            named: what the documents are stored in, in order, with the name of each file.
            coding: between spines and records.
        """
        self.folder, self.coding = folder, coding
        self._named = list(named)
        self._waiting = np.zeros(0, dtype=RECORD)

    def add(self, length: int, groups: Sequence[tuple[pl.Series, pl.DataFrame]]) -> None:
        """Take the next documents: their number, and the rows and the spine of each group of them."""
        records = records_in_rows(self.coding, length, groups)
        self._waiting = np.concatenate([self._waiting, records]) if len(self._waiting) else records
        while self._named and self._named[0][1].length <= len(self._waiting):
            name, piece = self._named.pop(0)
            write_records(self._waiting[: piece.length], self.folder / name)
            self._waiting = self._waiting[piece.length :]
