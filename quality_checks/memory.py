"""What a check leaves in its folder for the next one to compare with; no value of a document is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from quality_checks.document_hashes import SOURCES
from quality_checks.extracts import Piece
from quality_checks.files import write_json, written_whole
from quality_checks.kinship import Kinship

HASHES, TERMS = "memory/hashes.arrow", "memory/terms.json"


class OtherTermsError(ValueError):
    """The earlier check was made on other terms (rules, limits, areas, columns); check the whole extract."""


@dataclass(frozen=True)
class Memory:
    """What an earlier check left to compare with.

    Attributes:
        kinship: hashes of the documents of its extract.
        reasons: 0 for a judged document, else one more than the place of its reason of exclusion.
        as_of: its day.
    """

    kinship: Kinship
    reasons: Any
    as_of: date

    def write(self, folder: Path, fingerprint: str, not_evaluable: dict[str, str]) -> None:
        """Leave it in the folder of a check."""
        columns = {**self.kinship.hashes, "reason": self.reasons}
        with written_whole(folder / HASHES) as temporary:
            pl.DataFrame(columns).write_ipc(temporary, record_batch_size=max(1, len(self.reasons)))
        pieces = [(piece.start, piece.length, dict(piece.marks)) for piece in self.kinship.pieces]
        terms = {
            "fingerprint": fingerprint, "as_of": self.as_of.isoformat(), "not_evaluable": not_evaluable,
            "pieces": pieces,
        }  # fmt: skip
        write_json(terms, folder / TERMS)

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
        columns = _mapped(folder / HASHES)
        pieces = tuple(Piece(*piece) for piece in terms["pieces"])
        kinship = Kinship({name: columns[name] for name in SOURCES}, pieces)
        return cls(kinship, columns["reason"], date.fromisoformat(terms["as_of"]))


def _mapped(path: Path) -> dict[str, Any]:
    """Columns of an Arrow file, read only where they are looked at."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        table = pl.DataFrame(pa.ipc.open_file(file).read_all())
    return {column.name: column.to_numpy() for column in table}


def forget(folder: Path) -> None:
    """Take away what an earlier check left to compare with, before its tables change."""
    for name in (TERMS, HASHES):
        (folder / name).unlink(missing_ok=True)
