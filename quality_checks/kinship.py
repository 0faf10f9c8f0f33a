"""Which documents tell of which: through the case, a text, a minute of signing, a version, a decision, an id.

What one document's verdicts rest on beside itself are the documents that share a key with it. So a change reaches
exactly the documents that share a key with what was changed, and judging those takes what shares a key with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_facts import LONG_ENOUGH_TO_BE_A_COPY
from quality_checks.extracts import DOCUMENT_TYPES, Extract, Piece

# Columns of keys; documents are kin when they share a value in one of them.
SHARED = ("document", "case", "moment", "text", "decision")
COLUMNS = ("row", "document", "case", "moment", "text", "decision", "replaced")
NONE = 0


@dataclass(frozen=True)
class Kinship:
    """Keys of every document of an extract, as hashes; 0 is none.

    Attributes:
        keys: shape (documents,) for each of `COLUMNS`; `row` is the hash of everything the document says.
        pieces: what the extract was stored in.
    """

    keys: dict[str, Any]
    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, extract: Extract, part: int, known: Kinship | None = None) -> Kinship:
        """Read the extract and hash it, but for pieces that are stored as they were in a known one."""
        pieces = extract.pieces()
        stored = {piece.mark: piece for piece in known.pieces if piece.mark} if known else {}
        found = [_none()]
        for piece in pieces:
            if known and piece.mark in stored:
                found.append(known.slice(stored[piece.mark]))
            else:
                found += _read(extract, piece, part)
        return cls({name: np.concatenate([keys[name] for keys in found]) for name in COLUMNS}, pieces)

    def slice(self, piece: Piece) -> dict[str, Any]:
        """Keys of the documents of a piece."""
        return {name: keys[piece.start : piece.start + piece.length] for name, keys in self.keys.items()}

    def changed_since(self, earlier: Kinship) -> tuple[Any, Any]:
        """Places of rows that the earlier extract did not have, and of its rows that this one does not have."""
        own, other = self.keys["row"], earlier.keys["row"]
        same = min(len(own), len(other))
        apart = np.flatnonzero(own[:same] != other[:same])
        new = np.r_[apart, np.arange(same, len(own))]
        gone = np.r_[apart, np.arange(same, len(other))]
        if not len(new) and not len(gone):
            return new, gone
        return _unmatched(own[new], other[gone], new), _unmatched(other[gone], own[new], gone)

    def touched(self, places: Any) -> dict[str, Any]:
        """Values of the keys of some rows."""
        found = {name: np.unique(self.keys[name][places]) for name in SHARED}
        versions = np.unique(np.r_[found["document"], self.keys["replaced"][places]])
        return {name: values[values != NONE] for name, values in {**found, "document": versions}.items()}

    def with_copies(self, places: Any, ids: Any = None) -> Any:
        """Places with those of the rows under the same ids (or under `ids`); sorted."""
        wanted = np.unique(self.keys["document"][places] if ids is None else ids)
        return np.union1d(places, np.flatnonzero(_among(self.keys["document"], wanted[wanted != NONE])))

    def kin(self, touched: dict[str, Any]) -> Any:
        """Places of the rows that share one of the values; sorted."""
        found = np.zeros(len(self.keys["row"]), dtype=bool)
        for name in SHARED:
            found |= _among(self.keys[name], touched[name])
        return np.flatnonzero(found | _among(self.keys["replaced"], touched["document"]))


def _none() -> dict[str, Any]:
    return {name: np.zeros(0, dtype=np.uint64) for name in COLUMNS}


def _read(extract: Extract, piece: Piece, part: int) -> Iterator[dict[str, Any]]:
    end = piece.start + piece.length
    for start in range(piece.start, end, part):
        rows = extract.read(DOCUMENT_TYPES, start, min(part, end - start))
        keys = rows.select(*_keys()).with_columns(rows.hash_rows().alias("row"))
        yield {name: keys[name].fill_null(NONE).to_numpy() for name in COLUMNS}


def both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The values of either."""
    return {name: np.union1d(one[name], other[name]) for name in one}


def _among(values: Any, wanted: Any) -> Any:
    return pl.Series(values).is_in(pl.Series(wanted, dtype=pl.UInt64).implode()).to_numpy()


def _unmatched(own: Any, other: Any, places: Any) -> Any:
    """Places whose hash the other side does not have as often."""
    extra = numbered(own, place=places).join(numbered(other), on=["row", "n"], how="anti")
    return extra["place"].sort().to_numpy()


def numbered(rows: Any, **columns: Any) -> pl.DataFrame:
    """Hashes of rows with the number of each among equal ones, and other columns."""
    return pl.DataFrame({"row": rows, **columns}).with_columns(n=pl.int_range(pl.len()).over("row"))


def _keys() -> list[pl.Expr]:
    minute = pl.struct("author_id", pl.col("signed_at").dt.truncate("1m"))
    signed = pl.col("author_id").is_not_null() & pl.col("signed_at").is_not_null()
    decision = (pl.col("document_type") == "decision") & pl.col("client_id").is_not_null()
    return [
        _present("document_id").alias("document"),
        _present("case_id").alias("case"),
        pl.when(signed).then(minute.hash()).alias("moment"),
        pl.when(pl.col("text_length") >= LONG_ENOUGH_TO_BE_A_COPY)
        .then(_present("text_fingerprint"))
        .alias("text"),
        pl.when(decision).then(pl.col("client_id").hash()).alias("decision"),
        _present("replaces").alias("replaced"),
    ]


def _present(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())
