"""Which documents tell of which: through the case, a text, a minute of signing, a version, a decision, an id.

What one document's verdicts rest on beside itself are the documents that share a key with it. So a change reaches
exactly the documents that share a key with what was changed, and judging those takes what shares a key with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_hashes import NONE, SAYS, HashedPiece, hashed
from quality_checks.extracts import Extract

# Keys that make documents kin when they share a value.
SHARED = ("document", "case", "moment", "text", "decision")
# Places of a table of last bits for each hash that is looked for: few others meet one, and it stays near at hand.
SPARSE = 64
NO_PLACE = -1


@dataclass(frozen=True)
class Kinship:
    """Hashes of every document of an extract: of what it says, and of the keys it shares with others.

    Attributes:
        pieces: hashes of what the extract is stored in, in order.
    """

    pieces: tuple[HashedPiece, ...] = ()

    @classmethod
    def of(cls, extract: Extract, part: int, known: Kinship | None = None) -> Kinship:
        """Hash the extract; of columns that are stored as they were in a known one, take the hashes over."""
        return cls(hashed(extract, part, known.pieces if known else ()))

    @cached_property
    def starts(self) -> Any:
        """Place of the first document of each piece, and the number of documents."""
        return np.cumsum([0, *(own.piece.length for own in self.pieces)])

    @property
    def height(self) -> int:
        """Number of documents."""
        return int(self.starts[-1])

    def at(self, name: str, places: Any) -> Any:
        """One hash of the documents at some places, which are sorted."""
        ends = np.searchsorted(places, self.starts)
        found = [np.zeros(0, dtype=np.uint64)]
        for own, first, end in zip(self.pieces, ends, ends[1:], strict=False):
            found.append(own.hashes[name][places[first:end] - own.piece.start])
        return np.concatenate(found)

    def rows(self, places: Any) -> Any:
        """Hash of everything that each of some documents says."""
        return pl.DataFrame({name: self.at(name, places) for name in SAYS}).hash_rows().to_numpy()

    def moved_since(self, earlier: Kinship) -> tuple[Any, Any]:
        """Places where this extract does not say what the earlier one says there; and those of the earlier one."""
        same = min(self.height, earlier.height)
        apart = [np.zeros(0, dtype=np.int64)]
        for own, other, start, end in _overlaps(self, earlier):
            differs = np.zeros(end - start, dtype=bool)
            in_place = own.piece.start == other.piece.start
            for name in SAYS:
                if in_place and own.hashes[name] is other.hashes[name]:  # taken over: all of it is as it was
                    continue
                left, right = (_of_places(one, name, start, end) for one in (own, other))
                differs |= left != right
            apart.append(np.flatnonzero(differs) + start)
        places = np.concatenate(apart)
        return np.r_[places, np.arange(same, self.height)], np.r_[places, np.arange(same, earlier.height)]

    def changed_since(self, earlier: Kinship, moved: tuple[Any, Any]) -> tuple[Any, Any]:
        """Places of rows that the earlier extract did not have, and of its rows that this one does not have.

        Args:
            earlier: the earlier extract.
            moved: what `moved_since` gave.
        """
        new, gone = moved
        own, other = self.rows(new), earlier.rows(gone)
        return _unmatched(own, other, new), _unmatched(other, own, gone)

    def touched(self, places: Any) -> dict[str, Any]:
        """Values of the keys of some rows; one may stand there more than once."""
        found = {name: self.at(name, places) for name in SHARED}
        versions = np.r_[found["document"], self.at("replaced", places)]
        return {name: values[values != NONE] for name, values in {**found, "document": versions}.items()}

    def with_copies(self, places: Any, ids: Any = None) -> Any:
        """Places with those of the rows under the same ids (or under `ids`); sorted."""
        wanted = self.at("document", places) if ids is None else ids
        return self._of_any([places, self._among("document", wanted[wanted != NONE])])

    def kin(self, touched: dict[str, Any]) -> Any:
        """Places of the rows that share one of the values of keys; sorted."""
        found = [self._among(name, touched[name]) for name in SHARED]
        return self._of_any([*found, self._among("replaced", touched["document"])])

    def _of_any(self, found: Sequence[Any]) -> Any:
        """Places that stand in any of some arrays, in order; marking them beats sorting them."""
        marked = np.zeros(self.height, dtype=bool)
        for places in found:
            marked[places] = True
        return np.flatnonzero(marked)

    def _among(self, name: str, wanted: Any) -> Any:
        """Places whose hash is among the wanted ones; its last bits rule nearly all others out."""
        if not len(wanted):
            return np.zeros(0, dtype=np.int64)
        last_bits = (1 << int(SPARSE * len(wanted)).bit_length()) - 1
        possible = np.zeros(last_bits + 1, dtype=bool)
        possible[wanted.view(np.int64) & last_bits] = True
        hashes, places = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
        for own in self.pieces:
            values = own.hashes[name]
            # Wrapping takes the place of a check of bounds: none lies outside.
            likely = np.flatnonzero(np.take(possible, values.view(np.int64) & last_bits, mode="wrap"))
            hashes.append(values[likely])
            places.append(likely + own.piece.start)
        found = pl.Series(np.concatenate(hashes)).is_in(pl.Series(wanted, dtype=pl.UInt64).implode())
        return np.concatenate(places)[found.to_numpy()]


def _of_places(own: HashedPiece, name: str, start: int, end: int) -> Any:
    return own.hashes[name][start - own.piece.start : end - own.piece.start]


def _overlaps(one: Kinship, other: Kinship) -> Iterator[tuple[HashedPiece, HashedPiece, int, int]]:
    """Pieces of two extracts that hold the same places, with the first of these and the one after the last."""
    ends = np.union1d(one.starts, other.starts)
    ends = ends[ends <= min(one.height, other.height)]
    for start, end in pairwise(ends.tolist()):
        own, earlier = (int(np.searchsorted(k.starts, start, side="right")) - 1 for k in (one, other))
        yield one.pieces[own], other.pieces[earlier], start, end


def both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The values of either."""
    return {name: np.r_[one[name], other[name]] for name in one}


def _unmatched(own: Any, other: Any, places: Any) -> Any:
    """Places whose hash the other side does not have as often."""
    return np.sort(places[counterparts(own, other) == NO_PLACE])


def counterparts(own: Any, other: Any) -> Any:
    """Place among the others of each row: of equal ones the first has the first, and so on; else `NO_PLACE`."""
    order, theirs = np.argsort(own, kind="stable"), np.argsort(other, kind="stable")
    rows, others = own[order], other[theirs]
    nth = np.arange(len(rows)) - np.searchsorted(rows, rows)
    at = np.searchsorted(others, rows) + nth
    there = at < len(others)
    there[there] = others[at[there]] == rows[there]
    found = np.full(len(own), NO_PLACE, dtype=np.int64)
    found[order[there]] = theirs[at[there]]
    return found
