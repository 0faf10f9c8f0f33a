"""Counts of the same rows told several ways (by phenomenon, by group, ...), protected as one problem.

The tables share their totals: a total hidden in one and worked out from another would give away what it hides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from reporting.disclosure import hidden_pattern
from reporting.disclosure.pattern import Sum

ALL = "all"
UNSTATED = "unstated"
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class PublishedCounts:
    """Counts of one topic by area and category; None where hidden.

    Attributes:
        cells: (area, category) -> count; the county's code and `all` are the totals.
        needs: category -> need of SHL section 11 (phenomena only).
    """

    cells: Mapping[tuple[str, str], int | None]
    needs: Mapping[str, str]

    def of(self, area: str, category: str) -> int | None:
        """The count, 0 where nothing was observed, None where hidden."""
        return self.cells.get((area, category), 0)

    def categories(self, area: str) -> tuple[str, ...]:
        """Categories observed in the area, hidden ones included, most common first, hidden last."""
        found = [c for (a, c), n in self.cells.items() if a == area and c not in (ALL, UNSTATED) and n != 0]
        return tuple(sorted(found, key=lambda c: (-(self.of(area, c) or 0), c)))


def linked_counts(
    rows: pl.DataFrame, topics: Sequence[str], areas: Sequence[str], county: str, *, k: int
) -> dict[str, PublishedCounts]:
    """Count `rows` by area and each of `topics`, and hide what must not be told.

    Counts 1..k-1 are hidden, and others until no hidden one follows from any sum: areas add up to the county in
    every category, and the categories of every topic (the unstated ones with them) to one total of the area.

    Args:
        rows: area, need and a column for each topic; null means unstated.
        topics: the columns to count by.
        areas: the service areas.
        county: the county's code, the area of the totals.
        k: smallest count shown.

    Returns:
        Published counts by topic, with their totals under the category `all`.
    """
    counts: dict[Cell, int] = {}
    for topic in topics:
        found = rows.group_by("area", pl.col(topic).fill_null(UNSTATED).alias("category")).len("n")
        known = {(area, category): n for area, category, n in found.iter_rows()}
        for category in sorted({c for _, c in known}):
            for area in areas:
                counts[topic, area, category] = known.get((area, category), 0)
            counts[topic, county, category] = sum(counts[topic, area, category] for area in areas)
    sizes = dict(rows.group_by("area").len("n").iter_rows())
    for area in areas:
        counts["", area, ALL] = sizes.get(area, 0)
    counts["", county, ALL] = rows.height
    shown = _shown(counts, areas, county, k)
    return {
        topic: PublishedCounts(
            {(a, c): n for (t, a, c), n in shown.items() if t in (topic, "")}, _needs(rows, topic)
        )
        for topic in topics
    }


def _shown(counts: Mapping[Cell, int], areas: Sequence[str], county: str, k: int) -> dict[Cell, int | None]:
    """Counts with the hidden ones None."""
    place = {cell: n for n, cell in enumerate(counts)}
    sums = [
        Sum(place[topic, county, category], np.array([place[topic, area, category] for area in areas]))
        for topic, area, category in counts
        if area == county
    ]
    parts: dict[tuple[str, str], list[int]] = {}
    for (topic, area, _), n in place.items():
        if topic:
            parts.setdefault((topic, area), []).append(n)
    sums += [Sum(place["", area, ALL], np.array(members)) for (_, area), members in parts.items()]
    pattern = hidden_pattern(np.array(list(counts.values()), dtype=np.float64), sums, k=k)
    return {
        cell: None if pattern[n] else count
        for (cell, count), n in zip(counts.items(), place.values(), strict=True)
    }


def _needs(rows: pl.DataFrame, topic: str) -> dict[str, str]:
    """Need that each category was mostly recorded under; the lower number when two are as common."""
    counted = rows.with_columns(pl.col("need").cast(pl.Int64, strict=False).alias("_number")).drop_nulls(topic)
    ordered = (
        counted.group_by(topic, "need", "_number")
        .len("n")
        .sort(topic, "n", "_number", descending=[False, True, False])
    )
    return dict(ordered.unique(topic, keep="first", maintain_order=True).select(topic, "need").iter_rows())
