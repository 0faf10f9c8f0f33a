"""Hashes of what each document says and of the keys it shares with others; no value can be read from them.

What a document says is hashed in groups of columns that change together, so that columns which are stored as they
were in an earlier extract need not be read: their hashes are taken over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_facts import LONG_ENOUGH_TO_BE_A_COPY
from quality_checks.extracts import DOCUMENT_TYPES, Extract, Piece

NONE = 0
# Groups that together are everything a document says.
SAYS: dict[str, tuple[str, ...]] = {
    "ids": ("document_id", "client_id", "case_id", "author_id", "replaces"),
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


def hashes_of(
    extract: Extract, part: int, known: Mapping[str, Any], known_pieces: tuple[Piece, ...]
) -> tuple[Hashes, tuple[Piece, ...]]:
    """Hashes of all documents, shape (documents,) for each of `SOURCES`, and the pieces they are stored in.

    Args:
        extract: the documents.
        part: documents read at a time.
        known: hashes of an earlier extract.
        known_pieces: what that one was stored in.
    """
    stored = {_marks(name, piece): piece for piece in known_pieces for name in SOURCES if piece.marks}
    pieces = extract.pieces()
    found = {name: np.empty(extract.height, dtype=np.uint64) for name in SOURCES}
    for piece in pieces:
        same = {name: stored[marks] for name in SOURCES if (marks := _marks(name, piece)) in stored}
        for name, earlier in same.items():
            values = known[name][earlier.start : earlier.start + earlier.length]
            found[name][piece.start : piece.start + piece.length] = values
        names = [name for name in SOURCES if name not in same]
        for start, hashes in _read(extract, piece, names, part):
            for name, values in hashes.items():
                found[name][start : start + len(values)] = values
    return found, pieces


def _marks(name: str, piece: Piece) -> tuple[Any, ...]:
    """What tells that the columns of a hash are stored as in another piece."""
    return name, piece.length, *(piece.marks.get(column) for column in SOURCES[name])


def _read(extract: Extract, piece: Piece, names: list[str], part: int) -> Iterator[tuple[int, Hashes]]:
    columns = {column for name in names for column in SOURCES[name]}
    end = piece.start + piece.length
    for start in range(piece.start, end, part) if names else ():
        rows = extract.read(columns, start, min(part, end - start))
        keys = rows.select(_KEY[name].alias(name) for name in names if name in KEYS)
        said = {name: rows.select(SAYS[name]).hash_rows().to_numpy() for name in names if name in SAYS}
        yield start, {**said, **{key.name: key.fill_null(NONE).to_numpy() for key in keys}}


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
