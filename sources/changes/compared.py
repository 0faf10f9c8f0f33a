"""Rows of a raw file beside those of an earlier check: what became of which is known, and which must be looked at.

What the gate says of a row rests on the row alone, but for the uniqueness of its id. So a row of which all was
known is looked at again when an id that it shares with another was touched by a change, or is that of a row that
time may bring in. Rows set aside are known where their row group is stored as it was; in one that changed they are
looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sources.changes.hashed_rows import ID, SAYS, HashedRows
from sources.changes.keyed import NONE
from sources.changes.memory import ASIDE, RowMemory

NO_PLACE = -1
# The reason that goes with time, while the row stays as it is.
_AHEAD = "future_date"


@dataclass(frozen=True)
class Compared:
    """Rows of a file beside those of an earlier one.

    Attributes:
        origins: place, among the accepted rows of the earlier file, of an accepted row that is equal; else
            `NO_PLACE`. Shape (rows,).
        set_aside: rows that are set aside as they were (`memory.ASIDE`), at their places in this file.
        look_at: places of the rows that must be looked at, in order.
    """

    origins: Any
    set_aside: pl.DataFrame
    look_at: Any

    @classmethod
    def of(cls, groups: Sequence[HashedRows], earlier: RowMemory | None) -> Compared:
        """Compare the rows of a file with what is known of an earlier one."""
        height = groups[-1].end if groups else 0
        origins = np.full(height, NO_PLACE, dtype=np.int64)
        if earlier is None:
            return cls(origins, pl.DataFrame(schema=ASIDE), np.arange(height))
        kept = _kept(groups, earlier.groups)
        then_place = np.cumsum(earlier.accepted) - 1
        for now, then in kept:
            accepted = earlier.accepted[then.start : then.end]
            origins[now.start : now.end][accepted] = then_place[then.start : then.end][accepted]
        stay, stayed = {now.start for now, _ in kept}, {then.start for _, then in kept}
        changed = _Side.of([own for own in groups if own.start not in stay])
        left = _Side.of([own for own in earlier.groups if own.start not in stayed])
        at, stood = _in_place(changed, left, earlier.accepted)
        origins[changed.places[at]] = then_place[left.places[stood]]
        moved, gone = changed.but(at), left.but(stood)
        _find(moved, gone, earlier.accepted, then_place, origins)
        if all(now.start == then.start for now, then in kept):
            changed, left = moved, gone  # what stands in its place stands before and after the same rows
        aside = _carried(earlier.set_aside, kept)
        ids = _values(groups, ID)[aside["place"].to_numpy()]
        # Rows that time may bring in are judged beside those that share their ids.
        touched = np.unique(np.concatenate([changed.ids, left.ids, ids[_ahead(aside).to_numpy()]]))
        certain = origins != NO_PLACE
        certain[_shared(groups, touched[touched != NONE])] = False
        known = aside.filter(pl.Series(~np.isin(ids, touched), dtype=pl.Boolean))
        certain[known["place"].to_numpy()] = True
        return cls(origins, known, np.flatnonzero(~certain))


def _carried(set_aside: pl.DataFrame, kept: Sequence[tuple[HashedRows, HashedRows]]) -> pl.DataFrame:
    """Rows set aside in groups that are stored as they were, where they stand now."""
    found = [set_aside.clear()]
    for now, then in kept:
        own = set_aside.filter(pl.col("place").is_between(then.start, then.end - 1))
        found.append(own.with_columns(pl.col("place") + (now.start - then.start)))
    return pl.concat(found)


def _ahead(set_aside: pl.DataFrame) -> pl.Series:
    """Rows with a date that may no longer lie ahead."""
    every = pl.concat_str("reason", "other_reasons", separator=",", ignore_nulls=True)
    return set_aside.select(every.str.contains(_AHEAD, literal=True)).to_series()


def _kept(now: Sequence[HashedRows], then: Sequence[HashedRows]) -> list[tuple[HashedRows, HashedRows]]:
    """Groups stored as they were, in the order in which they were, each beside what it was."""
    places: dict[str, list[int]] = {}
    for place, group in enumerate(then):
        places.setdefault(group.name, []).append(place)
    found, after = [], NO_PLACE
    for group in now:
        place = next((place for place in places.get(group.name, ()) if place > after), NO_PLACE)
        if place != NO_PLACE and group.length:
            found.append((group, then[place]))
            after = place
    return found


@dataclass(frozen=True)
class _Side:
    """Rows of groups of one file that are not stored as in the other: where each stands, what it says, its id."""

    places: Any
    rows: Any
    ids: Any

    @classmethod
    def of(cls, groups: Sequence[HashedRows]) -> _Side:
        places = [np.zeros(0, dtype=np.int64), *(np.arange(own.start, own.end) for own in groups)]
        says = pl.DataFrame({name: _values(groups, name) for name in SAYS})
        return cls(np.concatenate(places), says.hash_rows().to_numpy(), _values(groups, ID))

    def but(self, some: Any) -> _Side:
        """Without some of them."""
        others = np.ones(len(self.places), dtype=bool)
        others[some] = False
        return _Side(self.places[others], self.rows[others], self.ids[others])


def _in_place(changed: _Side, left: _Side, accepted: Any) -> tuple[Any, Any]:
    """Rows that stand where an equal one stood that was accepted, among the rows of either side."""
    stood_at = np.full(max(changed.places.max(initial=-1), left.places.max(initial=-1)) + 1, NO_PLACE)
    stood_at[left.places] = np.arange(len(left.places))
    then = stood_at[changed.places]
    now = np.flatnonzero(then != NO_PLACE)
    then = then[now]
    same = (changed.rows[now] == left.rows[then]) & accepted[left.places[then]]
    return now[same], then[same]


def _find(moved: _Side, gone: _Side, accepted: Any, then_place: Any, origins: Any) -> None:
    """Put in where rows stood that stand elsewhere now."""
    was_accepted = accepted[gone.places]
    stood = pl.DataFrame({"row": gone.rows[was_accepted], "then": then_place[gone.places[was_accepted]]})
    rows = pl.DataFrame({"row": moved.rows, "now": moved.places})
    found = rows.join(stood.unique("row", keep="any"), on="row")
    origins[found["now"].to_numpy()] = found["then"].to_numpy()


def _values(groups: Sequence[HashedRows], name: str) -> Any:
    return np.concatenate([np.zeros(0, dtype=np.uint64), *(own.hashes[name] for own in groups)])


def _shared(groups: Sequence[HashedRows], ids: Any) -> Any:
    """Places of the rows that share one of some ids with another row."""
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    values = pl.Series(_values(groups, ID))
    places = values.is_in(pl.Series(ids).implode()).arg_true().to_numpy()
    return places[values.gather(places).is_duplicated().to_numpy()]
