"""Which documents tell of which: through the case, a text, a minute of signing, a version, a decision, an id.

What one document's verdicts rest on beside itself are the documents that share a key with it. So a change reaches
exactly the documents that share a key with what was changed, and judging those takes what shares a key with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.document_hashes import NONE, SAYS, SOURCES, Hashes, hashes_of
from quality_checks.extracts import Extract, Piece

# Keys that make documents kin when they share a value.
SHARED = ("document", "case", "moment", "text", "decision")
FEW_BITS = 18


@dataclass(frozen=True)
class Kinship:
    """Hashes of every document of an extract: of what it says, and of the keys it shares with others.

    Attributes:
        hashes: shape (documents,) for each of `document_hashes.SOURCES`.
        pieces: what the extract was stored in.
    """

    hashes: Hashes
    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, extract: Extract, part: int, known: Kinship | None = None) -> Kinship:
        """Hash the extract; of columns that are stored as they were in a known one, take the hashes over."""
        none = {name: np.zeros(0, dtype=np.uint64) for name in SOURCES}
        earlier = known or cls(none)
        return cls(*hashes_of(extract, part, earlier.hashes, earlier.pieces))

    @property
    def height(self) -> int:
        """Number of documents."""
        return len(self.hashes["document"])

    def rows(self, places: Any) -> Any:
        """Hash of everything that each of some documents says."""
        return pl.DataFrame({name: self.hashes[name][places] for name in SAYS}).hash_rows().to_numpy()

    def moved_since(self, earlier: Kinship) -> tuple[Any, Any]:
        """Places where this extract does not say what the earlier one says there; and those of the earlier one."""
        same = min(self.height, earlier.height)
        apart = np.zeros(same, dtype=bool)
        for name in SAYS:
            apart |= self.hashes[name][:same] != earlier.hashes[name][:same]
        places = np.flatnonzero(apart)
        return np.r_[places, np.arange(same, self.height)], np.r_[places, np.arange(same, earlier.height)]

    def changed_since(self, earlier: Kinship) -> tuple[Any, Any]:
        """Places of rows that the earlier extract did not have, and of its rows that this one does not have."""
        new, gone = self.moved_since(earlier)
        own, other = self.rows(new), earlier.rows(gone)
        return _unmatched(own, other, new), _unmatched(other, own, gone)

    def touched(self, places: Any) -> dict[str, Any]:
        """Values of the keys of some rows."""
        found = {name: np.unique(self.hashes[name][places]) for name in SHARED}
        versions = np.unique(np.r_[found["document"], self.hashes["replaced"][places]])
        return {name: values[values != NONE] for name, values in {**found, "document": versions}.items()}

    def with_copies(self, places: Any, ids: Any = None) -> Any:
        """Places with those of the rows under the same ids (or under `ids`); sorted."""
        wanted = np.unique(self.hashes["document"][places] if ids is None else ids)
        return np.union1d(places, np.flatnonzero(_among(self.hashes["document"], wanted[wanted != NONE])))

    def kin(self, touched: dict[str, Any]) -> Any:
        """Places of the rows that share one of the values; sorted."""
        found = np.zeros(self.height, dtype=bool)
        for name in SHARED:
            found |= _among(self.hashes[name], touched[name])
        return np.flatnonzero(found | _among(self.hashes["replaced"], touched["document"]))


def both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The values of either."""
    return {name: np.union1d(one[name], other[name]) for name in one}


def _among(values: Any, wanted: Any) -> Any:
    """Whether each hash is among the wanted ones; nearly all are told by their last bits."""
    last = np.uint64(2**FEW_BITS - 1)
    possible = np.zeros(2**FEW_BITS, dtype=bool)
    possible[wanted & last] = True
    found = possible[values & last]
    places = np.flatnonzero(found)
    found[places] = pl.Series(values[places]).is_in(pl.Series(wanted, dtype=pl.UInt64).implode()).to_numpy()
    return found


def _unmatched(own: Any, other: Any, places: Any) -> Any:
    """Places whose hash the other side does not have as often."""
    extra = numbered(own, place=places).join(numbered(other), on=["row", "n"], how="anti")
    return extra["place"].sort().to_numpy()


def numbered(rows: Any, **columns: Any) -> pl.DataFrame:
    """Hashes of rows with the number of each among equal ones, and other columns."""
    return pl.DataFrame({"row": rows, **columns}).with_columns(n=pl.int_range(pl.len()).over("row"))
