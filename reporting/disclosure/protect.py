"""Disclosure control of one table: its cells, its margins, what is derived from them, and what went before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reporting.disclosure.pattern import PRIMARY, SECONDARY, Figures, hide, protected_range
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


@dataclass(frozen=True)
class Limits:
    """What counts as small.

    Attributes:
        k: smallest count shown.
        zeros_shown: whether a zero is shown; else it is as small as 1..k-1.
        dominance: largest share of a count that may come from one contributor.
    """

    k: int
    zeros_shown: bool = True
    dominance: float = 1.0

    @property
    def lowest(self) -> int:
        """Lowest value that a reader must hold possible of a hidden small count."""
        return 1 if self.zeros_shown else 0

    def small(self, counts: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Counts that are not shown for their size."""
        return np.asarray((counts >= self.lowest) & (counts < self.k))


def protect(
    table: pl.DataFrame,
    *,
    count: str,
    by: Sequence[Margin],
    k: int | Limits,
    within: Sequence[str] = (),
    derived: Sequence[str] = (),
    denominator: str | None = None,
    min_denominator: int = 0,
    hide: str | None = None,
    largest: str | None = None,
    earlier: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Hide small counts of a table, and enough others that none follows from row, column or hierarchy totals.

    Counts 1..k-1 are hidden, zeros are shown unless the limits say otherwise. `derived` columns (rates, shares,
    means, interval ends) are hidden with their count. A sum counts as known to the reader when its parts in the
    table add up to its total.

    Args:
        table: one row per cell; with (`within`, every margin's column) as its key.
        count: column of counts of persons or events; null counts are left alone.
        by: columns over which the figures add up.
        k: smallest count shown, or all limits.
        within: columns that divide the table into parts that do not add up (service, year).
        derived: columns to hide together with the count.
        denominator: column of denominators; rows below `min_denominator` are hidden.
        min_denominator: smallest denominator shown.
        hide: boolean column of rows to hide for other reasons.
        largest: column with the part of the count that its largest contributor gives; null where not known.
        earlier: what the edition before published of the same counts, as `remembered` gives it.

    Returns:
        The same rows in the same order, with hidden values null and a column `suppressed`:
        '' shown, 'primary', or 'secondary' (hidden to protect another).

    Raises:
        DisclosureError: a cell stands twice in the table.
    """
    limits = k if isinstance(k, Limits) else Limits(k)
    key = key_columns(by, within)
    if table.select(key).is_duplicated().any():
        raise DisclosureError(f"a cell stands twice in the table; expected unique {', '.join(key)}")
    counts = table[count].cast(pl.Float64).to_numpy().copy()
    forced = np.zeros(table.height, dtype=bool)
    if hide is not None:
        forced |= table[hide].fill_null(False).to_numpy()
    if denominator is not None:
        forced |= table[denominator].cast(pl.Float64).fill_null(np.inf).to_numpy() < min_denominator
    top = np.full(table.height, np.nan)
    if largest is not None:
        top = table[largest].cast(pl.Float64).fill_null(np.nan).to_numpy()
    pattern = np.zeros(table.height, dtype=np.int8)
    before = _by_part(earlier, within)
    for part, rows in _parts(table, within):
        told = before.get(part)
        pattern[rows] = _part_pattern(
            table[rows], by, np.nan_to_num(counts[rows]), forced[rows], top[rows], limits, told
        )
    pattern[np.isnan(counts) & ~forced] = 0
    return mark_hidden(table, pattern, (count, *derived))


def key_columns(by: Sequence[Margin], within: Sequence[str]) -> list[str]:
    """The key of a table protected over these margins."""
    return [*within, *(margin.column for margin in by)]


def remembered(
    table: pl.DataFrame, protected: pl.DataFrame, *, count: str, key: Sequence[str], earlier: pl.DataFrame | None
) -> pl.DataFrame:
    """What readers know of the counts of a table from now on, for the next edition; not to be published.

    Args:
        table: the true counts.
        protected: the same rows after `protect`.
        count: column of counts.
        key: key of the table.
        earlier: the same of the edition before.

    Returns:
        The key, count, known (shown now, or shown before with the same value).
    """
    now = table.select(*key, pl.col(count).cast(pl.Float64).alias("count")).with_columns(
        (protected["suppressed"] == "").alias("known")
    )
    now = now.drop_nulls("count")
    if earlier is None:
        return now
    before = earlier.filter("known").select(*key, pl.col("count").alias("_before"))
    joined = now.join(before, on=list(key), how="left", maintain_order="left")
    same = (pl.col("_before") == pl.col("count")).fill_null(False)
    return joined.with_columns(pl.col("known") | same).drop("_before")


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


def _part_pattern(
    table: pl.DataFrame,
    by: Sequence[Margin],
    counts: NDArray[np.float64],
    forced: NDArray[np.bool_],
    largest: NDArray[np.float64],
    limits: Limits,
    earlier: pl.DataFrame | None,
) -> NDArray[np.int8]:
    """Pattern of one part of a table, whose cells only sums within the part tie together."""
    small = limits.small(counts)
    low, high = protected_range(counts, small, limits.k, lowest=limits.lowest)
    dominated = ~small & (np.nan_to_num(largest) > limits.dominance * counts)
    room = np.maximum(limits.k - 1.0, np.ceil((1 - limits.dominance) * counts))
    low[dominated], high[dominated] = np.maximum(counts - room, 0.0)[dominated], (counts + room)[dominated]
    sums = sums_of(table, by, counts)
    if earlier is None:
        if not (forced.any() or small.any() or dominated.any()):
            return np.zeros(counts.size, dtype=np.int8)
        return hide(Figures(counts, sums, low, high, forced=forced)).rows
    figures = _with_earlier(Figures(counts, sums, low, high, forced=forced), table, by, earlier, limits)
    return hide(figures).rows


def _with_earlier(
    now: Figures, table: pl.DataFrame, by: Sequence[Margin], earlier: pl.DataFrame, limits: Limits
) -> Figures:
    """Two editions as one problem: counts that have not changed are the same cells; the others are cells apart."""
    columns = [margin.column for margin in by]
    place = {key: i for i, key in enumerate(table.select(columns).iter_rows())}
    old = earlier["count"].to_numpy()
    cell = np.array([place.get(key, -1) for key in earlier.select(columns).iter_rows()], dtype=np.intp)
    same = (cell >= 0) & (old == np.where(cell >= 0, now.counts[cell], np.nan))
    apart = np.flatnonzero(~same)
    cell[apart] = now.counts.size + np.arange(apart.size)
    counts = np.concatenate([now.counts, old[apart]])
    known = np.zeros(counts.size, dtype=bool)
    known[cell] = earlier["known"].to_numpy()
    old_sums = [Sum(int(cell[one.total]), cell[one.parts]) for one in sums_of(earlier, by, old)]
    new = [one for one in old_sums if (one.cells >= now.counts.size).any()]
    small = limits.small(old[apart]) & ~known[cell[apart]]
    low, high = protected_range(old[apart], small, limits.k, lowest=limits.lowest)
    return Figures(
        counts,
        [*now.sums, *new],
        np.concatenate([now.low, low]),
        np.concatenate([now.high, high]),
        rows=[np.array([i]) for i in range(now.counts.size)],
        forced=now.forced,
        known=known,
    )


def _parts(table: pl.DataFrame, within: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], NDArray[np.intp]]]:
    if not within:
        yield (), np.arange(table.height)
        return
    numbered = table.select(*within).with_row_index("_row")
    for row in numbered.group_by(*within, maintain_order=True).agg("_row").iter_rows():
        yield row[:-1], np.asarray(row[-1], dtype=np.intp)


def _by_part(earlier: pl.DataFrame | None, within: Sequence[str]) -> dict[tuple[Any, ...], pl.DataFrame]:
    if earlier is None or earlier.is_empty():
        return {}
    if not within:
        return {(): earlier}
    return earlier.partition_by(list(within), as_dict=True, maintain_order=True)
