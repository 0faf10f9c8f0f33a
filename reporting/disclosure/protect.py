"""Disclosure control of one table: its cells, its margins, and what is derived from its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reporting.disclosure.pattern import PRIMARY, SECONDARY, hidden_pattern
from reporting.disclosure.sums import Sum

NAMES = {0: "", PRIMARY: "primary", SECONDARY: "secondary"}
_ADDS_UP = 0.5


class DisclosureError(ValueError):
    """A table that cannot be protected: which columns, what was expected."""


@dataclass(frozen=True)
class Margin:
    """A column over which published figures add up.

    Attributes:
        column: the column.
        total: code of its total; every other code is a part of it, unless `parents` says otherwise.
        parents: part -> whole for hierarchies: {unit: area, area: county}.
    """

    column: str
    total: str | None = None
    parents: Mapping[str, str] = field(default_factory=dict)

    def wholes(self, codes: Sequence[str]) -> dict[str, list[str]]:
        """Whole -> its parts among `codes`."""
        parents = self.parents or {code: self.total for code in codes if self.total and code != self.total}
        found: dict[str, list[str]] = {}
        for code in codes:
            whole = parents.get(code)
            if whole is not None and whole in codes:
                found.setdefault(whole, []).append(code)
        return found


def protect(
    table: pl.DataFrame,
    *,
    count: str,
    by: Sequence[Margin],
    k: int,
    within: Sequence[str] = (),
    derived: Sequence[str] = (),
    denominator: str | None = None,
    min_denominator: int = 0,
    hide: str | None = None,
) -> pl.DataFrame:
    """Hide small counts of a table, and enough others that none follows from row, column or hierarchy totals.

    Counts 1..k-1 are hidden, zeros are shown. `derived` columns (rates, shares, means, interval ends) are hidden
    with their count. A sum counts as known to the reader when its parts in the table add up to its total.

    Args:
        table: one row per cell; with (`within`, every margin's column) as its key.
        count: column of counts of persons or events; null counts are left alone.
        by: columns over which the figures add up.
        k: smallest count shown.
        within: columns that divide the table into parts that do not add up (service, year).
        derived: columns to hide together with the count.
        denominator: column of denominators; rows below `min_denominator` are hidden.
        min_denominator: smallest denominator shown.
        hide: boolean column of rows to hide for other reasons.

    Returns:
        The same rows in the same order, with hidden values null and a column `suppressed`:
        '' shown, 'primary', or 'secondary' (hidden to protect another).

    Raises:
        DisclosureError: a cell stands twice in the table.
    """
    key = [*within, *(margin.column for margin in by)]
    if table.select(key).is_duplicated().any():
        raise DisclosureError(f"a cell stands twice in the table; expected unique {', '.join(key)}")
    counts = table[count].cast(pl.Float64).to_numpy().copy()
    forced = np.isnan(counts) & False
    if hide is not None:
        forced |= table[hide].fill_null(False).to_numpy()
    if denominator is not None:
        small = table[denominator].cast(pl.Float64).fill_null(np.inf).to_numpy() < min_denominator
        forced |= small
    pattern = np.zeros(table.height, dtype=np.int8)
    for rows in _parts(table, within):
        values = np.nan_to_num(counts[rows])
        sums = sums_of(table[rows], by, values)
        pattern[rows] = hidden_pattern(values, sums, k=k, hide=forced[rows])
    pattern[np.isnan(counts) & ~forced] = 0
    return mark_hidden(table, pattern, (count, *derived))


def mark_hidden(table: pl.DataFrame, pattern: NDArray[np.int8], columns: Sequence[str]) -> pl.DataFrame:
    """Null the `columns` of hidden rows and say why in `suppressed`."""
    names = pl.Series("suppressed", [NAMES[int(p)] for p in pattern], dtype=pl.String)
    shown = names == ""
    return table.with_columns(
        [pl.when(shown).then(pl.col(c)).otherwise(None).alias(c) for c in dict.fromkeys(columns)] + [names]
    )


def sums_of(table: pl.DataFrame, by: Sequence[Margin], values: NDArray[np.float64]) -> list[Sum]:
    """The sums among the rows of `table` over each margin; those whose parts do not add up are no sums."""
    columns = [margin.column for margin in by]
    cells: dict[tuple[Any, ...], int] = {key: i for i, key in enumerate(table.select(columns).iter_rows())}
    found = []
    for place, margin in enumerate(by):
        others = sorted({(key[:place], key[place + 1 :]) for key in cells})
        for whole, parts in margin.wholes(sorted({key[place] for key in cells})).items():
            for before, after in others:
                total = cells.get((*before, whole, *after))
                present = [cells[key] for part in parts if (key := (*before, part, *after)) in cells]
                if total is not None and present and abs(values[present].sum() - values[total]) < _ADDS_UP:
                    found.append(Sum(total, np.array(present, dtype=np.intp)))
    return found


def _parts(table: pl.DataFrame, within: Sequence[str]) -> list[NDArray[np.intp]]:
    if not within:
        return [np.arange(table.height)]
    numbered = table.select(*within).with_row_index("_row")
    groups = numbered.group_by(*within, maintain_order=True).agg("_row")
    return [np.asarray(rows.to_numpy(), dtype=np.intp) for rows in groups["_row"]]
