"""What a check leaves in its folder for the next one to compare with; no value of a document is in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from quality_checks.document_hashes import HashedPiece
from quality_checks.extracts import Piece
from quality_checks.files import taken_over, write_table, written_whole
from quality_checks.kinship import Kinship

FOLDER = "memory"
TERMS, REASONS, HASHES = f"{FOLDER}/terms.json", f"{FOLDER}/reasons.arrow", f"{FOLDER}/hashes"
# Defects of the last extract that had documents, left by a check of one that has none.
LAST_SEEN = f"{FOLDER}/last_seen.parquet"
TURNS, COUNTS = f"{FOLDER}/turns.parquet", f"{FOLDER}/counts"


class OtherTermsError(ValueError):
    """The earlier check was made on other terms (rules, limits, areas, columns); check the whole extract."""


@dataclass(frozen=True)
class Memory:
    """What an earlier check left to compare with.

    Attributes:
        kinship: hashes of the documents of its extract.
        reasons: 0 for a judged document, else one more than the place of its reason of exclusion.
        as_of: its day.
        turns: days on which time alone changes verdicts (`turns.TURN_SCHEMA`).
        counts: of its cells, a table for each document type (`cells.Cells`).
    """

    kinship: Kinship
    reasons: Any
    as_of: date
    turns: pl.DataFrame
    counts: Sequence[pl.DataFrame]

    def write(
        self, folder: Path, fingerprint: str, not_evaluable: dict[str, str], *, previous: Path | None = None
    ) -> None:
        """Leave it in the folder of a check; hashes that the check in `previous` left too are the same files."""
        names = [_name(number, own.piece) for number, own in enumerate(self.kinship.pieces)]
        for name, own in zip(names, self.kinship.pieces, strict=True):
            if previous and own.piece.marks and (previous / HASHES / name).exists():
                taken_over(previous / HASHES / name, folder / HASHES / name)
            else:
                _write_columns(own.hashes, folder / HASHES / name)
        _write_columns({"reason": self.reasons}, folder / REASONS)
        write_table(self.turns, folder / TURNS)
        for number, table in enumerate(self.counts):
            _write_columns(table, folder / COUNTS / f"{number}.arrow")
        pieces = [(own.piece.start, own.piece.length, dict(own.piece.marks)) for own in self.kinship.pieces]
        terms = {
            "fingerprint": fingerprint, "as_of": self.as_of.isoformat(), "not_evaluable": not_evaluable,
            "pieces": pieces, "hashes": names,
        }  # fmt: skip
        with written_whole(folder / TERMS) as temporary:  # in one line: it is many numbers, and read by no one
            temporary.write_text(json.dumps(terms), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, fingerprint: str) -> Memory:
        """What the check in a folder left.

        Raises:
            FileNotFoundError: the folder holds no memory of a check.
            OtherTermsError: the check was made on other terms.
        """
        if not (folder / TERMS).exists():
            raise FileNotFoundError(
                f"{folder}: no memory of a check; check the whole extract once with --remember"
            )
        terms = json.loads((folder / TERMS).read_text(encoding="utf-8"))
        if terms["fingerprint"] != fingerprint:
            raise OtherTermsError(
                f"{folder}: the earlier check was made with other rules, limits, areas or columns; "
                "check the whole extract with --remember"
            )
        pieces = tuple(
            HashedPiece(Piece(*piece), _mapped(folder / HASHES / name))
            for piece, name in zip(terms["pieces"], terms["hashes"], strict=True)
        )
        reasons = _mapped(folder / REASONS)["reason"]
        turns = pl.read_parquet(folder / TURNS)
        counts = [pl.read_ipc(path) for path in sorted((folder / COUNTS).glob("*.arrow"))]
        return cls(Kinship(pieces), reasons, date.fromisoformat(terms["as_of"]), turns, counts)


def _name(number: int, piece: Piece) -> str:
    """A name that tells what is stored; the number of a piece of which only reading can tell."""
    stored = sha256(repr((piece.length, sorted(piece.marks.items()))).encode()).hexdigest()[:32]
    return f"{stored if piece.marks else number}.arrow"


def _write_columns(columns: dict[str, Any] | pl.DataFrame, path: Path) -> None:
    table = pl.DataFrame(columns)
    with written_whole(path) as temporary:
        table.write_ipc(temporary, record_batch_size=max(1, table.height))


def _mapped(path: Path) -> dict[str, Any]:
    """Columns of an Arrow file, read only where they are looked at."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        table = pl.DataFrame(pa.ipc.open_file(file).read_all())
    return {column.name: column.to_numpy() for column in table}


def forget(folder: Path) -> None:
    """Take away what an earlier check left to compare with, before its tables change."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
