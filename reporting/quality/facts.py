"""Facts of the record-quality report, computed from protected tables; no words here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from reporting.disclosure import Protected, protect_inputs
from reporting.inputs import ReportInputs
from reporting.quality.change_points import ChangePoint, change_points, last_month, recent_signal
from reporting.quality.extras import QualityExtras
from reporting.quality.findings import FindingFacts, findings_by_place
from reporting.quality.losses import Losses, protected_losses
from reporting.quality.process import ProcessTables
from reporting.quality.profile import protected_profile
from reporting.quality.shifts import Shifts, unit_charts
from reporting.structural.case_times import TO_ASSESSMENT, TO_DECISION
from reporting.structural.processing import ProtectedTimes, protected_times
from reporting.structural.trust import DIMENSIONS, QualityIndex

OVERALL = "overall"
REMAINDERS = ("not_applicable", "not_evaluable")
STEPS = (TO_ASSESSMENT, TO_DECISION)


@dataclass(frozen=True)
class UnitFacts:
    """One unit's overall index; numbers are None when hidden.

    Attributes:
        shrunk: index drawn towards its area's, for small units.
        funnel_low, funnel_high: limits of chance for a unit of its size.
        outside: the index lies outside them.
    """

    unit: str
    area: str
    index: QualityIndex
    shrunk: float | None
    funnel_low: float | None
    funnel_high: float | None
    outside: bool

    @property
    def side(self) -> str:
        """`below`, `inside` or `above` the limits of chance, `unjudged` without them; `hidden` as the index."""
        if self.index.index is None:
            return "hidden"
        if self.funnel_low is None:
            return "unjudged"
        if not self.outside:
            return "inside"
        return "below" if self.index.index < self.funnel_low else "above"


@dataclass(frozen=True)
class DefectFacts:
    """One rule in the county: numbers are None when hidden."""

    rule_id: str
    eligible: int
    failed: int | None
    share: float | None
    not_applicable: int | None
    not_evaluable: int | None


@dataclass(frozen=True)
class QualityFacts:
    """Everything the report of a county or of one of its areas tells.

    Attributes:
        inputs: protected edition.
        place: the county's code, or the area the report speaks of.
        indices: indices of the place by dimension.
        areas: indices of each service area by dimension, in the order of the county file.
        units: units by area and code.
        defects: rules with a defect found, most defects first, hidden ones last.
        by_area: the same of each area.
        findings: by severity, of the place; None without an earlier edition. `against` names that edition.
        changes: control chart by unit; None without the table.
        times: protected case times; None without them.
        process: protected tables of the process view; None without them.
        profile: protected indices by task and type; None without them.
        shifts: charts of what units record, by unit and subject; None without them.
        losses: what each rule takes off the index of the county and each area, where it may be told.
    """

    inputs: ReportInputs
    place: str
    indices: dict[str, QualityIndex]
    areas: dict[str, dict[str, QualityIndex]]
    units: tuple[UnitFacts, ...]
    defects: tuple[DefectFacts, ...]
    by_area: dict[str, tuple[DefectFacts, ...]]
    changes: dict[str, tuple[ChangePoint, ...]] | None
    times: ProtectedTimes | None
    findings: dict[str, tuple[FindingFacts, ...]] | None = None
    against: str = ""
    process: ProcessTables | None = None
    profile: pl.DataFrame | None = None
    shifts: Shifts | None = None
    losses: Mapping[str, Losses] = field(default_factory=dict)

    @property
    def signals(self) -> tuple[tuple[str, ChangePoint], ...]:
        """Latest signal of change of each unit that has one within the last six months of all charts."""
        charts = self.changes or {}
        last = last_month(charts.values())
        return tuple(
            (unit, p) for unit, points in charts.items() if (p := recent_signal(points, last)) is not None
        )

    def of_area(self, area: str) -> QualityFacts:
        """The facts of one service area: its own indices, units, defects, changes and times."""
        units = tuple(u for u in self.units if u.area == area)
        own = {u.unit for u in units}
        charts = None if self.changes is None else {u: points for u, points in self.changes.items() if u in own}
        return replace(
            self,
            place=area,
            indices=self.areas.get(area, {}),
            areas={},
            units=units,
            defects=self.by_area.get(area, ()),
            by_area={},
            changes=charts,
            shifts=None
            if self.shifts is None
            else {key: points for key, points in self.shifts.items() if key[0] in own},
        )


def quality_facts(edition: ReportInputs | Protected, extras: QualityExtras | None = None) -> QualityFacts:
    """Protect and compute the facts of a county's record-quality report."""
    protected = edition if isinstance(edition, Protected) else protect_inputs(edition)
    inputs = protected.inputs
    extras = extras or QualityExtras()
    county, limits = inputs.county, inputs.county.disclosure
    k = limits.of("quality").k
    scores = inputs.quality_scores
    area_codes = [a.code for a in county.service_areas]
    units = () if scores is None else unit_facts(scores, area_codes)
    cells = protected.rule_cells
    shown = {u.unit for u in units if u.index.index is not None}
    return QualityFacts(
        inputs,
        county.code,
        {} if scores is None else _indices(scores.filter(pl.col("level") == "county")),
        {} if scores is None else _area_indices(scores, area_codes),
        units,
        () if cells is None else _defects(cells, county.code, k),
        {} if cells is None else {area: _defects(cells, area, k) for area in area_codes},
        None if extras.changes is None else _changes(extras.changes, shown, k),
        None
        if extras.case_times is None or extras.case_times.is_empty()
        else protected_times(extras.case_times, county.code, k=limits.of("casework").k),
        *findings_by_place(extras.findings, county.code, area_codes, k=k),
        None if extras.process is None else extras.process.protected(county.code, limits.of("casework").k),
        None
        if extras.profile is None or scores is None
        else protected_profile(
            extras.profile, scores, county.code, k=k, smallest=limits.of("quality").min_denominator
        ),
        shifts=None if extras.shifts is None else unit_charts(extras.shifts, shown, k),
        losses={}
        if extras.contributions is None or cells is None or scores is None
        else protected_losses(extras.contributions, cells, scores, county.code, area_codes),
    )


def _indices(rows: pl.DataFrame) -> dict[str, QualityIndex]:
    return {r["dimension"]: _index(r) for r in rows.iter_rows(named=True) if r["dimension"] in DIMENSIONS}


def _index(row: Mapping[str, Any]) -> QualityIndex:
    return QualityIndex(row["dimension"], row["documents"], row["index"], row["low"], row["high"])


def _area_indices(scores: pl.DataFrame, areas: Sequence[str]) -> dict[str, dict[str, QualityIndex]]:
    rows = scores.filter(pl.col("level") == "area")
    found = {area: _indices(rows.filter(pl.col("area") == area)) for area in areas}
    return {area: indices for area, indices in found.items() if indices}


def unit_facts(scores: pl.DataFrame, areas: Sequence[str]) -> tuple[UnitFacts, ...]:
    """Overall index of each unit, in the order of areas and codes."""
    rows = scores.filter(pl.col("level") == "unit", pl.col("dimension") == OVERALL)
    place = {area: n for n, area in enumerate(areas)}
    units = [
        UnitFacts(
            r["unit"],
            r["area"] or "",
            _index(r),
            r["shrunk"],
            r["funnel_low"],
            r["funnel_high"],
            bool(r["outside"]),
        )
        for r in rows.iter_rows(named=True)
        if r["unit"] is not None
    ]
    return tuple(sorted(units, key=lambda u: (place.get(u.area, len(place)), u.unit)))


def _defects(cells: pl.DataFrame, place: str, k: int) -> tuple[DefectFacts, ...]:
    # Both remainders are hidden when either is small: with the number of documents one would give the other.
    small = pl.any_horizontal(pl.col(c).is_between(1, k - 1) for c in REMAINDERS)
    rows = cells.filter(pl.col("area") == place).with_columns(
        pl.when(small).then(None).otherwise(pl.col(c)).alias(c) for c in REMAINDERS
    )
    found = [
        DefectFacts(
            r["rule_id"], r["eligible"], r["failed"], r["share"] if r["eligible"] else None,
            r["not_applicable"], r["not_evaluable"],
        )
        for r in rows.iter_rows(named=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda d: (-(d.failed if d.failed is not None else -1), d.rule_id)))


def _changes(changes: pl.DataFrame, shown: set[str], k: int) -> dict[str, tuple[ChangePoint, ...]]:
    """Control charts of the units whose index is shown; a hidden unit has none."""
    rows = changes.filter(pl.col("unit").is_in(sorted(shown))).drop_nulls(["rate", "center", "low", "high"])
    if "failed" in rows.columns:
        rows = rows.filter(~pl.col("failed").is_between(1, k - 1))
    return {unit: change_points(rows, unit) for unit in rows["unit"].unique().sort().to_list()}
