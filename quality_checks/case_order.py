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
    """

    spine: pl.DataFrame
    order: Any

    @classmethod
    def of(cls, spine: pl.DataFrame) -> Cases:
        """Sort the documents that belong to a case."""
        keys = spine.select("case", "date", "created", "document").with_row_index("_row")
        keys = keys.filter(pl.col("case").is_not_null())
        return cls(spine, keys.sort("case", "date", "created", "document")["_row"].to_numpy())

    @cached_property
    def key(self) -> Any:
        """Case of each document."""
        return self.column("case")

    @cached_property
    def starts(self) -> Any:
        """Where each case begins in the order."""
        return np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]]) if len(self.order) else self.order

    @cached_property
    def number(self) -> Any:
        """Number of each document's case, from 0."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, len(self.order)]))

    @cached_property
    def live(self) -> Any:
        """Documents that are not voided."""
        return self.spine["live"].to_numpy()[self.order]

    @cached_property
    def kind(self) -> Any:
        """Key of each document's type."""
        return self.column("type")

    @cached_property
    def date(self) -> Any:
        """Day of each document; none is without."""
        return self.column("date")

    def column(self, name: str, missing: Any = 0) -> Any:
        """A column of the spine in the order of cases, with `missing` for null."""
        values = self.spine[name]
        if values.dtype == pl.Date:
            values = values.to_physical()
        return values.fill_null(missing).to_numpy()[self.order]

    def is_type(self, kind: str) -> Any:
        """Documents of a type."""
        return self.kind == np.uint64(hash_of(kind))

    def only_live(self) -> Cases:
        """The same without voided documents."""
        return self if self.live.all() else Cases(self.spine, self.order[self.live])

    def first(self, days: Any) -> pl.Series:
        """Earliest day of each case; `NEVER` is no day."""
        return days_of(np.minimum.reduceat(days, self.starts) if len(days) else days)


def days_of(values: Any) -> pl.Series:
    """Days as dates; `NEVER` is none."""
    return without(pl.Series(values, dtype=pl.Int32), NEVER).cast(pl.Date)


def without(values: pl.Series, missing: int) -> pl.Series:
    """The values with null for the one that stands for none."""
    return values.to_frame("v").select(pl.when(pl.col("v") != missing).then("v")).to_series()
