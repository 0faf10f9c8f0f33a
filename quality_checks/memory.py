"""What a check leaves in its folder for the next one to compare with: hashes, and facts of documents as numbers.

No text, name or identity code is in it; times, days, status and needs of documents are (`spines.RECORD`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.array_files import mapped_array, write_array
from quality_checks.cells import CELL_SCHEMA, Tally
from quality_checks.document_columns import Piece
from quality_checks.document_hashes import SOURCES, HashedPiece
from quality_checks.files import read_table, taken_over, write_table, written_whole
from quality_checks.kinship import Kinship
from quality_checks.schema import CELL_KEYS
from quality_checks.spines import RECORD, whole

FOLDER = "memory"
TERMS, HASHES, SPINES = f"{FOLDER}/terms.json", f"{FOLDER}/hashes", f"{FOLDER}/spines"
REASONS, FACTS = f"{FOLDER}/reasons", f"{FOLDER}/facts"
# Defects of the last extract that had documents, left by a check of one that has none.
LAST_SEEN = f"{FOLDER}/last_seen.parquet"
TURNS, COUNTS, STRATA = f"{FOLDER}/turns.parquet", f"{FOLDER}/counts", f"{FOLDER}/strata.parquet"


class OtherTermsError(ValueError):
    """The earlier check was made on other terms (rules, limits, areas, columns); check the whole extract."""


@dataclass(frozen=True)
class Memory:
    """What an earlier check left to compare with.

    Attributes:
        kinship: hashes of the documents of its extract.
        reasons: 0 for a judged document, else one more than the place of its reason of exclusion.
        facts: hash of the facts across documents of each; 0 for one that is not judged.
        spines: records of the documents of each piece (`spines.RECORD`); None for one whose file is in the folder.
        as_of: its day.
        turns: days on which time alone changes verdicts (`turns.TURN_SCHEMA`).
        tallies: counts of its cells, one for each document type.
    """

    kinship: Kinship
    reasons: Any
    facts: Any
    spines: Sequence[Any]
    as_of: date
    turns: pl.DataFrame
    tallies: Sequence[Tally]

    def write(
        self, folder: Path, fingerprint: str, not_evaluable: dict[str, str], *, previous: Path | None = None
    ) -> None:
        """Leave it in the folder of a check; what the check in `previous` left of a piece are the same files."""
        names = file_names([own.piece for own in self.kinship.pieces])
        for kind in (HASHES, SPINES):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, own, records in zip(names, self.kinship.pieces, self.spines, strict=True):
            if previous and records is None:
                taken_over(previous / HASHES / name, folder / HASHES / name)
                taken_over(previous / SPINES / name, folder / SPINES / name)
                continue
            write_array(np.stack([own.hashes[source] for source in SOURCES]), folder / HASHES / name)
            if records is not None:
                write_array(records, folder / SPINES / name)
        write_array(self.reasons, folder / REASONS)
        write_array(self.facts, folder / FACTS)
        write_table(self.turns, folder / TURNS)
        self._write_tallies(folder)
        pieces = [(own.piece.start, own.piece.length, dict(own.piece.marks)) for own in self.kinship.pieces]
        terms = {
            "fingerprint": fingerprint, "as_of": self.as_of.isoformat(), "not_evaluable": not_evaluable,
            "pieces": pieces, "hashes": names, "tallies": [tally.names for tally in self.tallies],
        }  # fmt: skip
        with written_whole(folder / TERMS) as temporary:  # in one line: it is many numbers, and read by no one
            temporary.write_text(json.dumps(terms), encoding="utf-8")

    def _write_tallies(self, folder: Path) -> None:
        strata = [tally.strata.with_columns(_tally=number) for number, tally in enumerate(self.tallies)]
        none = pl.DataFrame(schema={**{name: CELL_SCHEMA[name] for name in CELL_KEYS}, "_tally": pl.Int32()})
        write_table(pl.concat([none, *strata]), folder / STRATA)
        for number, tally in enumerate(self.tallies):
            write_array(tally.counts, folder / COUNTS / str(number))

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
            HashedPiece(Piece(*piece), dict(zip(SOURCES, _hashes(folder / HASHES / name), strict=True)))
            for piece, name in zip(terms["pieces"], terms["hashes"], strict=True)
        )
        reasons, facts = mapped_array(folder / REASONS, np.int8), mapped_array(folder / FACTS, np.uint64)
        spines = [mapped_array(folder / SPINES / name, RECORD) for name in terms["hashes"]]
        turns = read_table(folder / TURNS)
        tallies, as_of = _tallies(folder, terms["tallies"]), date.fromisoformat(terms["as_of"])
        return cls(Kinship(pieces), reasons, facts, spines, as_of, turns, tallies)

    def records(self, places: Any) -> Any:
        """Records of the documents at some places, in their order."""
        order = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[order], self.kinship.starts)
        found = np.empty(len(places), dtype=RECORD)
        for own, start, first, end in zip(self.spines, self.kinship.starts, ends, ends[1:], strict=False):
            if end > first:
                whole(found)[order[first:end]] = whole(own)[places[order[first:end]] - start]
        return found


def file_names(pieces: Sequence[Piece]) -> list[str]:
    """Names of the files of what is left of each piece."""
    return [_name(number, piece) for number, piece in enumerate(pieces)]


def left_by(folder: Path, name: str, piece: Piece) -> bool:
    """Whether the check in a folder left the same of a piece that is stored there in the same bytes."""
    return bool(piece.marks) and all((folder / kind / name).exists() for kind in (HASHES, SPINES))


def _name(number: int, piece: Piece) -> str:
    """A name that tells what is stored; the number of a piece of which only reading can tell."""
    stored = sha256(repr((piece.length, sorted(piece.marks.items()))).encode()).hexdigest()[:32]
    return stored if piece.marks else str(number)


def _hashes(path: Path) -> Any:
    """Hashes of the documents of a piece; shape (`SOURCES`, documents)."""
    return mapped_array(path, np.uint64).reshape(len(SOURCES), -1)


def _tallies(folder: Path, names: Sequence[Sequence[str]]) -> list[Tally]:
    strata = read_table(folder / STRATA)
    own = [strata.filter(pl.col("_tally") == number).drop("_tally") for number in range(len(names))]
    counts = [mapped_array(folder / COUNTS / str(number), np.int32) for number in range(len(names))]
    return [Tally(own[n], tuple(names[n]), counts[n].reshape(len(names[n]), -1)) for n in range(len(names))]


def apart(previous: Path, out: Path) -> None:
    """Refuse to write a check over the one that it goes on from.

    Raises:
        ValueError: both folders are one.
    """
    if previous.resolve() == out.resolve():
        raise ValueError(f"{out}: the earlier check is there; give another folder for this one")


def anew(folder: Path) -> None:
    """A place for what a check leaves to compare with, which its owner alone may look into."""
    forget(folder)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    (folder / FOLDER).chmod(0o700)


def forget(folder: Path) -> None:
    """Take away what an earlier check left to compare with, before its tables change."""
    # First what `Memory.read` asks for, so that a memory which is half gone is none.
    (folder / TERMS).unlink(missing_ok=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
