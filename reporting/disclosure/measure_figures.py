"""The measures as one problem: denominators, numerators, complements and exclusions, and all that ties them.

A share tells its numerator to who knows its denominator; a denominator that several measures have in common is one
count; services add up to their total; a shorter waiting limit is part of a longer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from reporting.disclosure.pattern import Figures, hide, protected_range
from reporting.disclosure.protect import Limits, Margin, mark_hidden
from reporting.disclosure.sums import Sum

SHARES = re.compile("^(seen_within|waiting_over_limit|share_|wellbeing_referral_uptake)")
# The count of the first is part of the count of the second, of the same persons.
NESTED = (("num", "seen_within_7_days", "seen_within_14_days"), ("n", "count_waiting_over_limit", "count_waiting"))
# Shares that together are everybody.
EXHAUSTIVE = (("share_multi_agency", "share_occasional", "share_planned"),)
_ADDS_UP = 0.5

Place = tuple[str, str, str]
Key = tuple[str, str, Place]


def protect_measures(
    table: pl.DataFrame, areas: Margin, limits: Limits, min_denominator: int, total: str
) -> pl.DataFrame:
    """Hide what measures tell of few persons, and enough others that nothing published gives it back.

    Hidden are measures of fewer than k persons or than the smallest denominator, shares whose numerator or
    complement is small, and what follows from them. A small number of excluded is hidden by itself.

    Args:
        table: measures.
        areas: the margin of areas.
        limits: what counts as small.
        min_denominator: smallest denominator of a rate or mean; counts have none.
        total: code of the group of all persons.

    Returns:
        The same rows with `suppressed`; hidden rows without value, low, high, n, excluded.
    """
    figures = _Cells(table, (areas, Margin("group", total=total)))
    counts = np.array(figures.counts)
    small = limits.small(counts)
    low, high = protected_range(counts, small, limits.k, lowest=limits.lowest)
    count = table["measure"].str.starts_with("count_").to_numpy()
    few = (table["n"].cast(pl.Float64).fill_null(np.inf).to_numpy() < min_denominator) & ~count
    forced = np.concatenate([few, np.zeros(table.height, dtype=bool)])
    found = hide(Figures(counts, figures.sums, low, high, rows=figures.rows, forced=forced))
    marked = mark_hidden(table, found.rows[: table.height], ("value", "low", "high", "n", "excluded"))
    left_out = pl.Series(found.rows[table.height :] != 0)
    return marked.with_columns(pl.when(left_out).then(None).otherwise("excluded").alias("excluded"))


class _Cells:
    """Counts behind the measures, numbered; each once, however many measures show it."""

    def __init__(self, table: pl.DataFrame, by: Sequence[Margin]) -> None:
        self.counts: list[float] = []
        self.rows: list[np.ndarray[Any, Any]] = []
        self._number: dict[Key, int] = {}
        self._by = by
        self._sums: dict[tuple[int, frozenset[int]], Sum] = {}
        self._measures = table["measure"].unique().sort().to_list()
        self._alike = {
            "n": _alike(table, pl.col("n")),
            "excluded": _alike(table, pl.col("excluded")),
            "seen": _alike(table, pl.col("n") + pl.col("excluded")),
        }
        left_out = []
        columns = ("measure", "period", "area", "group", "n", "value", "excluded")
        for measure, period, area, group, n, value, excluded in table.select(columns).iter_rows():
            place = (period, area, group)
            self.rows.append(np.array(self._shown(measure, place, n, value), dtype=np.intp))
            left_out.append(np.array(self._excluded(measure, place, n, excluded), dtype=np.intp))
        self.rows += left_out
        self._add_sums()

    def _cell(self, what: str, measure: str, place: Place, count: float) -> int:
        key = (what, self._alike.get(what, {}).get(measure, measure), place)
        if key not in self._number:
            self._number[key] = len(self.counts)
            self.counts.append(float(count))
        return self._number[key]

    def _shown(self, measure: str, place: Place, n: int | None, value: float | None) -> list[int]:
        if n is None:
            return []
        whole = self._cell("n", measure, place, n)
        if value is None or not SHARES.match(measure):
            return [whole]
        met = round(value * n)
        parts = [self._cell("num", measure, place, met), self._cell("rest", measure, place, n - met)]
        self._sum(whole, parts)
        return [whole, *parts]

    def _excluded(self, measure: str, place: Place, n: int | None, excluded: int | None) -> list[int]:
        if n is None or excluded is None:
            return []
        cell = self._cell("excluded", measure, place, excluded)
        self._sum(self._cell("seen", measure, place, n + excluded), [self._cell("n", measure, place, n), cell])
        return [cell]

    def _add_sums(self) -> None:
        known: dict[tuple[str, str], dict[Place, int]] = {}
        for (what, measure, place), cell in self._number.items():
            known.setdefault((what, measure), {})[place] = cell
        self._known = known
        for (what, _), cells in known.items():
            if what == "rest":  # what adds up of these follows from the others
                continue
            for axis, margin in ((1, self._by[0]), (2, self._by[1])):
                for whole, parts in _margin_sums(cells, axis, margin):
                    self._sum(whole, parts)
        for whole, parts in [*self._services(), *self._exhaustive()]:
            self._sum(whole, parts)
        for whole, part in list(self._nested()):
            rest = len(self.counts)
            self.counts.append(self.counts[whole] - self.counts[part])
            self._sum(whole, [part, rest])

    def _sum(self, whole: int, parts: list[int]) -> None:
        gap = sum(self.counts[part] for part in parts) - self.counts[whole]
        if parts and whole not in parts and abs(gap) < _ADDS_UP:
            self._sums[whole, frozenset(parts)] = Sum(whole, np.array(parts, dtype=np.intp))

    @property
    def sums(self) -> list[Sum]:
        """What adds up, each sum once."""
        return list(self._sums.values())

    def _of(self, what: str, measure: str) -> dict[Place, int]:
        return self._known.get((what, self._alike.get(what, {}).get(measure, measure)), {})

    def _services(self) -> Iterator[tuple[int, list[int]]]:
        """A measure of all services and the same of each."""
        for base in [m for m in self._measures if ":" not in m]:
            services = [m for m in self._measures if m.startswith(f"{base}:")]
            for what in ("n", "num", "excluded"):
                parts = [self._of(what, service) for service in services]
                for place, whole in self._of(what, base).items():
                    yield whole, [cells[place] for cells in parts if place in cells]

    def _exhaustive(self) -> Iterator[tuple[int, list[int]]]:
        for shares in EXHAUSTIVE:
            parts = [self._of("num", share) for share in shares]
            for place, whole in self._of("n", shares[0]).items():
                yield whole, [cells[place] for cells in parts if place in cells]

    def _nested(self) -> Iterator[tuple[int, int]]:
        """(whole, part) of measures of the same persons, one within the other."""
        for what, inner, outer in NESTED:
            for measure in self._measures:
                base, _, service = measure.partition(":")
                wider = f"{outer}:{service}" if service else outer
                if base != inner or (
                    what == "num" and self._alike["n"].get(measure) != self._alike["n"].get(wider)
                ):
                    continue
                parts = self._of(what, measure)
                for place, whole in self._of(what, wider).items():
                    if (
                        place in parts
                        and self.counts[whole] >= self.counts[parts[place]]
                        and whole != parts[place]
                    ):
                        yield whole, parts[place]


def _alike(table: pl.DataFrame, column: pl.Expr) -> dict[str, str]:
    """Measure -> the first measure that has the same numbers everywhere: they are one count."""
    key = ["period", "area", "group"]
    listed = table.sort("measure", *key).select(
        "measure", pl.struct(*key, column.alias("_count")).hash().alias("h")
    )
    signed = listed.group_by("measure", maintain_order=True).agg(
        pl.col("h").hash().sum().alias("s"), pl.len().alias("l")
    )
    return dict(
        signed.with_columns(pl.col("measure").first().over("s", "l").alias("as"))
        .select("measure", "as")
        .iter_rows()
    )


def _margin_sums(cells: dict[Place, int], axis: int, margin: Margin) -> Iterator[tuple[int, list[int]]]:
    lines: dict[tuple[str, ...], dict[str, int]] = {}
    for place, cell in cells.items():
        lines.setdefault(place[:axis] + place[axis + 1 :], {})[place[axis]] = cell
    for line in lines.values():
        for whole, parts in margin.wholes(sorted(line)).items():
            yield line[whole], [line[part] for part in parts]
