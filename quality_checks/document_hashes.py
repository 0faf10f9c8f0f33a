"""Hashes of what each document says and of the keys it shares with others; no value can be read from them.

What a document says is hashed in groups of columns that change together, so that columns which are stored as they
were in an earlier extract need not be read: their hashes are taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_columns import DOCUMENT_TYPES, Piece
from quality_checks.document_facts import LONG_ENOUGH_TO_BE_A_COPY
from quality_checks.extracts import Extract

NONE = 0
# Groups that together are everything a document says.
SAYS: dict[str, tuple[str, ...]] = {
    "ids": ("document_id", "client_id", "case_id", "author_id", "replaces", "client_id_miswritten"),
    "codes": (
        *("service_task", "process_phase", "document_type", "status", "unit", "municipality", "language"),
        "author_role",
    ),
    "times": ("event_at", "created_at", "signed_at"),
}
SAYS["texts"] = tuple(name for name in DOCUMENT_TYPES if not any(name in group for group in SAYS.values()))
# Keys that documents share, with the columns they are made from; `NONE` where a document has none.
KEYS: dict[str, tuple[str, ...]] = {
    "document": ("document_id",),
    "case": ("case_id",),
    "moment": ("author_id", "signed_at"),
    "text": ("text_length", "text_fingerprint"),
    "decision": ("document_type", "client_id"),
    "replaced": ("replaces",),
}
SOURCES = {**SAYS, **KEYS}
Hashes = dict[str, Any]


@dataclass(frozen=True)
class HashedPiece:
    """Documents that are stored together, with their hashes.

    Attributes:
        piece: where they stand, and how they are stored.
        hashes: shape (documents of the piece,) for each of `SOURCES`.
    """

    piece: Piece
    hashes: Hashes


def hashed(extract: Extract, part: int, known: Sequence[HashedPiece] = ()) -> tuple[HashedPiece, ...]:
    """Hash an extract piece by piece.

    Args:
        extract: the documents.
        part: documents read at a time.
        known: an earlier extract; of columns that are stored as there, the hashes are taken over, and so are those
            of documents of which the extract tells where they stood there.
    """
    origins = extract.origins() if known else None
    stored = {_marks(name, own.piece): own.hashes[name] for own in known if own.piece.marks for name in SOURCES}
    taken_over = [
        (piece, {name: stored[marks] for name in SOURCES if (marks := _marks(name, piece)) in stored})
        for piece in extract.pieces()
    ]
    found = []
    # Pieces in a row that lack the same are read as one: each reading costs more than the rows of a piece.
    for names, run in groupby(taken_over, key=lambda own: tuple(name for name in SOURCES if name not in own[1])):
        pieces = list(run)
        start, last = pieces[0][0].start, pieces[-1][0]
        end = last.start + last.length
        if origins is None:
            read = _read(extract, start, end - start, names, part)
        else:
            read = _found(extract, start, origins[start:end], names, known)
        for piece, taken in pieces:
            own = slice(piece.start - start, piece.start - start + piece.length)
            found.append(HashedPiece(piece, {**taken, **{name: values[own] for name, values in read.items()}}))
    return tuple(found)


def _marks(name: str, piece: Piece) -> tuple[Any, ...]:
    """What tells that the columns of a hash are stored as in another piece."""
    return name, piece.length, *(piece.marks.get(column) for column in SOURCES[name])


def _found(
    extract: Extract, first: int, origins: Any, names: Sequence[str], known: Sequence[HashedPiece]
) -> Hashes:
    """Hashes of documents from `first` on, most of them as they stand in the earlier extract."""
    new, stood = np.flatnonzero(origins < 0), np.flatnonzero(origins >= 0)
    rows = extract.with_keys(pl.Series(dtype=pl.UInt64), first + new) if names and len(new) else pl.DataFrame()
    starts = np.cumsum([0, *(own.piece.length for own in known)])
    begin, end = (origins[stood].min(), origins[stood].max()) if len(stood) else (0, -1)
    near = [
        own for own, start, after in zip(known, starts, starts[1:], strict=False) if start <= end and begin < after
    ]
    places = origins[stood] - (near[0].piece.start if near else 0)
    found = {name: np.empty(len(origins), dtype=np.uint64) for name in names}
    for name in names:
        if near:
            found[name][stood] = np.concatenate([own.hashes[name] for own in near])[places]
        if len(new):
            found[name][new] = _hashes(rows, name)
    return found


def _read(extract: Extract, first: int, height: int, names: Sequence[str], part: int) -> Hashes:
    columns = {column for name in names for column in SOURCES[name]}
    found = {name: np.empty(height, dtype=np.uint64) for name in names}
    for start in range(0, height, part) if names else ():
        length = min(part, height - start)
        rows = extract.read(columns, first + start, length)
        for name in names:
            found[name][start : start + length] = _hashes(rows, name)
    return found


def _hashes(rows: pl.DataFrame, name: str) -> Any:
    """One hash of each row."""
    if name in KEYS:
        return rows.select(_KEY[name].fill_null(NONE).alias(name)).to_series().to_numpy()
    return rows.select(SAYS[name]).hash_rows().to_numpy()


def _present(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())


def _moment() -> pl.Expr:
    """Author and minute of signing."""
    minute = pl.struct("author_id", pl.col("signed_at").dt.truncate("1m"))
    return pl.when(pl.col("author_id").is_not_null() & pl.col("signed_at").is_not_null()).then(minute.hash())


def _decision() -> pl.Expr:
    """Client of a decision."""
    decision = (pl.col("document_type") == "decision") & pl.col("client_id").is_not_null()
    return pl.when(decision).then(pl.col("client_id").hash())


_KEY: dict[str, pl.Expr] = {
    "document": _present("document_id"),
    "case": _present("case_id"),
    "moment": _moment(),
    "text": pl.when(pl.col("text_length") >= LONG_ENOUGH_TO_BE_A_COPY).then(_present("text_fingerprint")),
    "decision": _decision(),
    "replaced": _present("replaces"),
}
