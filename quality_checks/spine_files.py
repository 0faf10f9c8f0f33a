"""Files of the records of spines: one for each piece that documents are stored in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from quality_checks.array_files import write_array
from quality_checks.document_columns import Piece
from quality_checks.spines import RECORD, SpineCoding, records_in_rows


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
            write_array(self._waiting[: piece.length], self.folder / name)
            self._waiting = self._waiting[piece.length :]
