"""Record quality as one problem: documents, checks and defects of units and areas, by rule and dimension.

The defects of a dimension are the sum of its rules' defects, so a rule's small number hidden in one table must not
follow from the index in another. The index is weighted: beside their sum it tells the defects of the heavy and of
the light rules each, so both are told by a score that is shown. Few defects are hidden alike wherever they stand:
in a table of rules, in a profile by task, or told by the score of a unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reporting.disclosure.pattern import Figures, hide, protected_range
from reporting.disclosure.protect import Limits, mark_hidden
from reporting.disclosure.sums import Sum

OVERALL = "overall"
SCORE_COLUMNS = (
    *("documents", "eligible", "failed", "index", "low", "high", "shrunk", "funnel_low", "funnel_high", "outside"),
    *("weights_low", "weights_high"),
)
CHECKS = ("eligible", "failed", "not_applicable", "not_evaluable")
_ADDS_UP = 0.5
_SCORE = 5.0  # a score tells more than the defects of one rule: it is dearer to hide

Place = tuple[str, str, str, str]
"""What is counted, level, place (unit|area, area, or the county), and dimension, dimension and weight, or rule."""
Scored = Mapping[str, tuple[str, int]]
"""Dimension and weight of each scored rule."""


@dataclass
class _Counts:
    """Numbered counts."""

    values: list[float] = field(default_factory=list)
    number: dict[Place, int] = field(default_factory=dict)

    def add(self, place: Place, count: float | None) -> int:
        self.number[place] = len(self.values)
        self.values.append(0.0 if count is None else float(count))
        return self.number[place]


def rule_cells(cells: pl.DataFrame, county: str, areas: Sequence[str]) -> pl.DataFrame:
    """Checks by rule and area with the county's totals: rule_id, area, counts of `CHECKS`, share of defects."""
    by_area = cells.group_by("rule_id", "area").agg(pl.col(c).sum() for c in CHECKS)
    whole = (
        cells.group_by("rule_id").agg(pl.col(c).sum() for c in CHECKS).with_columns(pl.lit(county).alias("area"))
    )
    table = pl.concat([by_area.filter(pl.col("area").is_in(list(areas))), whole.select(by_area.columns)])
    return table.with_columns((pl.col("failed") / pl.col("eligible")).alias("share")).sort("rule_id", "area")


def protect_quality(
    scores: pl.DataFrame | None,
    rules: pl.DataFrame | None,
    county: str,
    limits: Limits,
    min_denominator: int,
    scored: Scored,
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """Hide scores of few documents or defects, small numbers of defects by rule, and what would give them back.

    Args:
        scores: quality_scores; units, areas and the county.
        rules: as `rule_cells` gives.
        county: the county's code.
        limits: what counts as small.
        min_denominator: fewest documents of a score shown.
        scored: dimension and weight of each scored rule; others are tied to no score.

    Returns:
        Both tables with `suppressed`; None stays None.
    """
    counts, rows, sensitive = _Counts(), [], []
    forced: list[bool] = []
    areas: dict[str, str] = {}
    by_weight = _defects_by_weight(rules, county, scored)
    for row in [] if scores is None else scores.iter_rows(named=True):
        level, area = row["level"], row["area"] or ""
        place = {"unit": f"{row['unit']}|{area}", "area": area}.get(level, county)
        if level == "unit":
            areas[place] = area
        cells = [counts.add((what, level, place, row["dimension"]), row[what]) for what in ("documents", "failed")]
        told = by_weight.get((level, place, row["dimension"]), {})
        heavy_and_light = [
            counts.add(("failed", level, place, _weighted(row["dimension"], weight)), defects)
            for weight, defects in sorted(told.items())
        ]
        rows.append(np.array([*cells, *heavy_and_light]))
        sensitive += [*cells, *heavy_and_light]
        forced.append(row["documents"] is not None and row["documents"] < min_denominator)
    for row in [] if rules is None else rules.iter_rows(named=True):
        level = "county" if row["area"] == county else "area"
        cell = counts.add(("failed", level, row["area"], f"rule {row['rule_id']}"), row["failed"])
        rows.append(np.array([cell]))
        sensitive.append(cell)
        forced.append(False)
    split = 0 if scores is None else scores.height
    prices = np.where(np.arange(len(rows)) < split, _SCORE, 1.0)
    found = _pattern(counts, rows, sensitive, forced, _sums(counts, areas, county, scored), limits, prices)
    derived = [c for c in SCORE_COLUMNS if scores is not None and c in scores.columns]
    return (
        None if scores is None else mark_hidden(scores, found[:split], derived),
        None if rules is None else mark_hidden(rules, found[split:], ("failed", "share")),
    )


def _pattern(
    counts: _Counts,
    rows: list[NDArray[np.intp]],
    sensitive: list[int],
    forced: list[bool],
    sums: list[Sum],
    limits: Limits,
    prices: NDArray[np.float64],
) -> NDArray[np.int8]:
    if not rows:
        return np.zeros(0, dtype=np.int8)
    values = np.array(counts.values)
    small = np.zeros(values.size, dtype=bool)
    small[sensitive] = limits.small(values)[sensitive]
    low, high = protected_range(values, small, limits.k, lowest=limits.lowest)
    return hide(Figures(values, sums, low, high, rows=rows, forced=np.array(forced), prices=prices)).rows


def _defects_by_weight(
    rules: pl.DataFrame | None, county: str, scored: Scored
) -> dict[tuple[str, str, str], dict[int, int]]:
    """Defects of each area (the county) and dimension, the overall one included, by the weight of their rules."""
    found: dict[tuple[str, str, str], dict[int, int]] = {}
    for row in [] if rules is None else rules.iter_rows(named=True):
        if row["rule_id"] not in scored:
            continue
        dimension, weight = scored[row["rule_id"]]
        level = "county" if row["area"] == county else "area"
        for group in (dimension, OVERALL):
            defects = found.setdefault((level, row["area"], group), {})
            defects[weight] = defects.get(weight, 0) + (row["failed"] or 0)
    return found


def _weighted(dimension: str, weight: int) -> str:
    return f"{dimension} x{weight}"


def _sums(counts: _Counts, area_of: Mapping[str, str], county: str, scored: Scored) -> list[Sum]:
    """Units of an area, areas of the county; rules of a dimension and weight, weights of a dimension."""
    wholes: dict[int, dict[str, list[int]]] = {}
    for (what, level, place, kind), cell in counts.number.items():
        parent = {"unit": ("area", area_of.get(place, "")), "area": ("county", county)}.get(level)
        above = None if parent is None else counts.number.get((what, *parent, kind))
        if above is not None:
            wholes.setdefault(above, {}).setdefault("places", []).append(cell)
        for how, group in () if what == "documents" else _groups(kind, scored):
            within = counts.number.get((what, level, place, group))
            if within is not None and within != cell:
                wholes.setdefault(within, {}).setdefault(how, []).append(cell)
    values = counts.values
    return [
        Sum(whole, np.array(parts))
        for whole, groups in wholes.items()
        for parts in groups.values()
        if abs(sum(values[part] for part in parts) - values[whole]) < _ADDS_UP
    ]


def _groups(kind: str, scored: Scored) -> Sequence[tuple[str, str]]:
    """What a number of defects is part of, each with the way in which the parts divide it."""
    if kind.startswith("rule "):
        rule = kind.removeprefix("rule ")
        if rule not in scored:
            return ()
        return (("rules", scored[rule][0]), ("rules", _weighted(*scored[rule])))
    dimension, apart, weight = kind.partition(" x")
    if not apart:
        return (("dimensions", OVERALL),)
    if dimension == OVERALL:
        return (("weights", OVERALL),)
    return (("weights", dimension), ("dimensions", _weighted(OVERALL, int(weight))))
