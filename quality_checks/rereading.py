"""Which documents a check of changes reads and judges again, and where the others stood in the earlier extract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from quality_checks.checking import Check
from quality_checks.document_columns import Piece
from quality_checks.extracts import TableExtract
from quality_checks.kinship import NO_PLACE, Kinship, counterparts
from quality_checks.memory import Memory
from quality_checks.preparation import Prepared, hashes_of
from quality_checks.spines import HASHED, RECORD, SpineCoding, records_in_rows, whole


@dataclass(frozen=True)
class Carried:
    """Where the documents of an extract stood in an earlier one.

    Attributes:
        height: number of documents.
        moved: places whose documents are new or stood elsewhere, in order.
        origin: where each of these stood; `NO_PLACE` for a new one.
    """

    height: int
    moved: Any
    origin: Any

    @classmethod
    def of(cls, now: Kinship, then: Kinship, moves: tuple[Any, Any]) -> Carried:
        """From what `Kinship.moved_since` gave."""
        moved, left = moves
        known = counterparts(now.rows(moved), then.rows(left))
        origin = np.full(len(moved), NO_PLACE, dtype=np.int64)
        origin[known != NO_PLACE] = left[known[known != NO_PLACE]]
        return cls(now.height, moved, origin)

    def origins(self, places: Any) -> Any:
        """Where the documents at some places stood; `NO_PLACE` for a new one."""
        if not len(self.moved):
            return places
        at = np.minimum(np.searchsorted(self.moved, places), len(self.moved) - 1)
        return np.where(self.moved[at] == places, self.origin[at], places)

    def values(self, earlier: Any, new: int) -> Any:
        """A value of each document as it was in the earlier extract; `new` for a new one."""
        found = np.full(self.height, new, dtype=earlier.dtype)
        stay = min(self.height, len(earlier))
        found[:stay] = earlier[:stay]
        found[self.moved] = new
        known = self.origin != NO_PLACE
        found[self.moved[known]] = earlier[self.origin[known]]
        return found


@dataclass(frozen=True)
class ReadAgain:
    """Documents that were read again.

    Attributes:
        check: the check of some of them alone.
        ready: all of them prepared, first those of `check`.
        places: of all of them.
        judged: places of those that are to be judged.
        records: of their spines, of those of `check`.
    """

    check: Check
    ready: Prepared
    places: Any
    judged: Any
    records: Any

    @property
    def own(self) -> Any:
        """Places of the documents of `check`."""
        return self.places[: len(self.records)]

    def spines(
        self, pieces: Sequence[Piece], known: Sequence[bool], memory: Memory, carried: Carried
    ) -> list[Any]:
        """Records of the documents of each piece as they are now; None where they are known to be as they were."""
        return [
            None if as_before else self._records(piece, memory, carried)
            for piece, as_before in zip(pieces, known, strict=True)
        ]

    def _records(self, piece: Piece, memory: Memory, carried: Carried) -> Any:
        found = np.zeros(piece.length, dtype=RECORD)
        origins = carried.origins(np.arange(piece.start, piece.start + piece.length))
        whole(found)[origins != NO_PLACE] = whole(memory.records(origins[origins != NO_PLACE]))
        first, end = np.searchsorted(self.own, [piece.start, piece.start + piece.length])
        whole(found)[self.own[first:end] - piece.start] = whole(self.records[first:end])
        return found


def read_again(
    bound: Check, memory: Memory, now: Kinship, carried: Carried, *, changed: Any, again: Any, context: Any
) -> ReadAgain:
    """Read what changed, tell the facts of its kin, and read those of them about which the facts are others.

    Args:
        bound: rules bound to the whole extract.
        memory: of the earlier check.
        now: hashes of the extract.
        carried: where its documents stood.
        changed: places to judge whatever the facts; sorted, like the others.
        again: places of these and of the documents that share a key with them.
        context: places of all documents that tell of those.
    """
    origins = carried.origins(context)
    known = (origins != NO_PLACE) & ~np.isin(context, changed, assume_unique=True)
    known[known] = memory.reasons[origins[known]] == 0
    records = memory.records(origins[known])
    known[known], records = records["known"], records[records["known"]]
    own = now.with_copies(context[~known])
    alone = ~np.isin(context[known], own, assume_unique=True)
    beside, origins, records = context[known][alone], origins[known][alone], records[alone]
    coding, taken = SpineCoding.of(bound.registers), []
    check = replace(bound, extract=TableExtract(_rows(bound, now, own)))
    ready = check.prepared(
        clusters=True,
        beside=coding.spine(records, {name: now.at(source, beside) for name, source in HASHED.items()}),
        take=lambda length, groups: taken.append(records_in_rows(coding, length, groups)),
    )
    told = hashes_of(ready.facts, ready.judged, np.ones(len(beside), dtype=np.int64))
    other = np.isin(beside, again, assume_unique=True) & (told != memory.facts[origins])
    more = beside[other]
    if len(more):
        ready = ready.with_more(_rows(bound, now, more), np.flatnonzero(other))
    judged = np.union1d(np.intersect1d(again, own, assume_unique=True), more)
    return ReadAgain(check, ready, np.r_[own, more], judged, np.concatenate([np.zeros(0, dtype=RECORD), *taken]))


def _rows(bound: Check, now: Kinship, places: Any) -> pl.DataFrame:
    return bound.extract.with_keys(pl.Series(now.at("document", places)), places)
