"""Documents in the order of their cases: sorted once by case, day, creation and id; the rest is runs of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from quality_checks.facts import hash_of

NEVER = np.iinfo(np.int32).max  # sorts after every day
NONE = -1


@dataclass(frozen=True)
class Cases:
    """Documents of the spine in the order of their cases.

    Attributes:
        spine: the spine.
        order: rows of the spine that belong to a case, sorted by case, day, creation and id. Shape (n,).
        key: case of each document.
        date: day of each document; none is without.
        kind: key of each document's type.
        live: documents that are not voided.
    """

    spine: pl.DataFrame
    order: Any
    key: Any
    date: Any
    kind: Any
    live: Any

    @classmethod
    def of(cls, spine: pl.DataFrame) -> Cases:
        """Sort the documents that belong to a case."""
        keys = spine.select("case", pl.col("date").to_physical(), "created", "document").with_row_index("_row")
        keys = keys.filter(pl.col("case").is_not_null()).sort("case", "date", "created", "document")
        order = keys["_row"].to_numpy()
        kind = spine["type"].fill_null(0).to_numpy()[order]
        live = spine["live"].to_numpy()[order]
        return cls(spine, order, keys["case"].to_numpy(), keys["date"].fill_null(0).to_numpy(), kind, live)

    @cached_property
    def starts(self) -> Any:
        """Where each case begins in the order."""
        return np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]]) if len(self.order) else self.order

    @cached_property
    def number(self) -> Any:
        """Number of each document's case, from 0."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, len(self.order)]))

    def column(self, name: str, missing: Any = 0, places: Any = slice(None)) -> Any:
        """A column of the spine in the order of cases, or at some places of it, with `missing` for null."""
        values = self.spine[name]
        if values.dtype == pl.Date:
            values = values.to_physical()
        return values.fill_null(missing).to_numpy()[self.order[places]]

    def is_type(self, kind: str) -> Any:
        """Documents of a type."""
        return self.kind == np.uint64(hash_of(kind))

    def live_of(self, kind: str) -> Any:
        """Places of the documents of a type that are not voided."""
        if kind not in self._live_of:
            self._live_of[kind] = np.flatnonzero(self.is_type(kind) & self.live)
        return self._live_of[kind]

    @cached_property
    def _live_of(self) -> dict[str, Any]:
        return {}

    def only_live(self) -> Cases:
        """The same without voided documents."""
        if self.live.all():
            return self
        return Cases(self.spine, *(c[self.live] for c in (self.order, self.key, self.date, self.kind, self.live)))

    def days(self, name: str, places: Any, *, or_own: bool) -> Any:
        """A day that some documents name, `NEVER` where they name none; or their own one then."""
        days = self.column(name, NEVER, places)
        return np.where(days == NEVER, self.date[places], days) if or_own else days

    def first(self, places: Any, days: Any) -> pl.Series:
        """Earliest of the days of some documents in each case; `NEVER` is no day."""
        return days_of(self._of_each(np.minimum, places, days, NEVER))

    def last(self, places: Any, days: Any) -> pl.Series:
        """Latest of the days of some documents in each case."""
        latest = self._of_each(np.maximum, places, days, -NEVER)
        return without(pl.Series(latest, dtype=pl.Int32), -NEVER).cast(pl.Date)

    def _of_each(self, joining: Any, places: Any, days: Any, none: int) -> Any:
        """Days of documents at some places joined by case; `none` for a case that has no such document."""
        found = np.full(len(self.starts), none, dtype=np.int32)
        if len(places):
            number = self.number[places]
            starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
            found[number[starts]] = joining.reduceat(days, starts)
        return found


def days_of(values: Any) -> pl.Series:
    """Days as dates; `NEVER` is none."""
    return without(pl.Series(values, dtype=pl.Int32), NEVER).cast(pl.Date)


def without(values: pl.Series, missing: int) -> pl.Series:
    """The values with null for the one that stands for none."""
    return values.to_frame("v").select(pl.when(pl.col("v") != missing).then("v")).to_series()
