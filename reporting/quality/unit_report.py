"""A unit's own record-quality report, for its lead alone: its figures unhidden, beside its area and the county."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from reporting.inputs import ReportInputs
from reporting.numbers import MISSING
from reporting.pdf.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Figure,
    KeyFigure,
    KeyFigures,
    Link,
    Mark,
    Report,
    Table,
)
from reporting.pdf.html_page import html_page
from reporting.pdf.voice import GRADE_TONES, Voice
from reporting.quality.basis import basis
from reporting.quality.change_points import ChangePoint, change_points, recent_signal
from reporting.quality.closing import clock_table
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import OVERALL, QualityFacts, UnitFacts, unit_facts
from reporting.quality.figures import control_chart, funnel
from reporting.quality.findings import COUNTS
from reporting.quality.losses import losses, unit_losses
from reporting.quality.rule_texts import RuleText, rule_texts, severity_mark, title_of
from reporting.quality.shifts import shifts, unit_charts
from reporting.quality.work_lists import file_name
from reporting.structural.trust import DIMENSIONS, QualityIndex

MOST = 15


@dataclass(frozen=True)
class UnitTables:
    """What the reports of all units are made from; only the unit's own rows are told without protection.

    Attributes:
        facts: protected facts of the county, for what lies around the unit.
        scores: quality scores as they are.
        violations: defects as they are: unit, rule_id, severity, document_id.
        extras: rules, control charts, findings since the edition before.
        tasks: unit -> service tasks of its documents.
    """

    facts: QualityFacts
    scores: pl.DataFrame
    violations: pl.DataFrame
    extras: QualityExtras
    tasks: Mapping[str, tuple[str, ...]]


def unit_tables(
    facts: QualityFacts,
    scores: pl.DataFrame,
    violations: pl.DataFrame,
    cells: pl.DataFrame | None,
    extras: QualityExtras,
) -> UnitTables:
    """Gather what the reports of the units read."""
    tasks: dict[str, tuple[str, ...]] = {}
    if cells is not None:
        pairs = cells.select("unit", "service_task").drop_nulls().unique().sort("unit", "service_task")
        for unit, task in pairs.iter_rows():
            tasks[unit] = (*tasks.get(unit, ()), task)
    return UnitTables(facts, scores, violations, extras, tasks)


def unit_report(tables: UnitTables, unit: str, voice: Voice, rules: Mapping[str, RuleText]) -> Report | None:
    """The report of one unit; None when it has no scores."""
    own, elsewhere = _own_scores(tables.scores, unit)
    overall = next(iter(unit_facts(own.filter(pl.col("dimension") == OVERALL), ())), None)
    if overall is None:
        return None
    changes = tables.extras.changes
    points = () if changes is None else change_points(changes, unit)
    signal = None if changes is None or not points else recent_signal(points, changes["month"].max())  # type: ignore[arg-type]
    charts = None if tables.extras.shifts is None or not points else unit_charts(tables.extras.shifts, {unit})
    mine = tables.violations.filter(pl.col("unit") == unit)
    found = _findings(tables.extras.findings, unit)
    return Report(
        title=voice.say("rq-unit-title"),
        subtitle=voice.say("ssw-subtitle", area=voice.unit(unit), edition=voice.inputs.edition),
        language=voice.language,
        publisher=voice.areas[voice.inputs.county.code],
        frame=voice.frame,
        blocks=(
            *_summary(overall, elsewhere, mine, signal, found, voice),
            *_indices(own, tables.facts, overall.area, voice),
            *_place(overall, tables.facts, voice),
            *_change(points, unit, voice),
            *shifts(charts, voice, named=False),
            *_defects(mine, found, rules, voice),
            *losses(
                unit_losses(tables.extras.contributions, unit, overall.area),
                rules,
                voice,
                caption=voice.say("rq-losses-caption", place=voice.unit(unit)),
            ),
            *_clocks(tables, overall.area, unit, voice),
        ),
        links=(
            Link(voice.say("rq-work-list"), f"work_list_{voice.language}.html", voice.language),
            Link(voice.say("rq-work-list-csv"), f"work_list_{voice.language}.csv", voice.language),
        ),
    )


def _own_scores(scores: pl.DataFrame, unit: str) -> tuple[pl.DataFrame, int]:
    """Scores of the unit in the area of most of its clients' documents, and its documents of other areas."""
    rows = scores.filter(pl.col("level") == "unit", pl.col("unit") == unit)
    areas = rows.filter(pl.col("dimension") == OVERALL).sort("documents", "area", descending=[True, False])
    own = rows.filter(pl.col("area").is_in(areas["area"].head(1).implode()))
    return own, sum(areas["documents"].to_list()[1:])


def _findings(findings: pl.DataFrame | None, unit: str) -> dict[str, dict[str, int]]:
    """New, persisting and fixed findings of the unit by rule; {} without an earlier edition."""
    if findings is None or findings.is_empty() or not findings["against"][0]:
        return {}
    rows = findings.filter(pl.col("unit") == unit).group_by("rule_id").agg(pl.col(COUNTS).sum())
    return {r["rule_id"]: {c: r[c] for c in COUNTS} for r in rows.iter_rows(named=True)}


def _summary(
    unit: UnitFacts,
    elsewhere: int,
    violations: pl.DataFrame,
    signal: ChangePoint | None,
    found: Mapping[str, Mapping[str, int]],
    voice: Voice,
) -> list[Block]:
    n, index = voice.numbers, unit.index
    documents = violations["document_id"].n_unique()
    figures = (
        KeyFigure(
            voice.say("rq-key-index"),
            n.fine_percent(index.index),
            voice.interval(index.low, index.high),
        ),
        KeyFigure(voice.say("rq-key-documents"), voice.count(index.documents), ""),
        KeyFigure(
            voice.say("rq-key-to-mend"),
            n.integer(documents),
            voice.say("rq-defects-in-all", count=violations.height),
        ),
    )
    said = [voice.say(f"rq-unit-{unit.side}")]
    if signal is not None:
        said.append(voice.say(f"rq-unit-{signal.signal}", month=n.month(signal.month)))
        if signal.gathered:
            said.append(voice.say("rq-unit-gathered"))
    if found:
        new, persisting, fixed = (sum(f[c] for f in found.values()) for c in COUNTS)
        said.append(voice.say("rq-unit-findings", new=new, persisting=persisting, fixed=fixed))
    if elsewhere:
        said.append(voice.say("rq-unit-elsewhere", area=voice.areas.get(unit.area, MISSING), count=elsewhere))
    return [
        voice.heading("rq-summary"),
        voice.note("rq-unit-private", "poor", unit=voice.unit(unit.unit)),
        KeyFigures(figures),
        Bullets(tuple(said)),
    ]


def _indices(own: pl.DataFrame, facts: QualityFacts, area: str, voice: Voice) -> list[Block]:
    """The unit's indices by dimension beside its area's and the county's."""
    rows = {r["dimension"]: r for r in own.iter_rows(named=True)}
    columns = (
        Column(voice.say("report-dimension"), width=2),
        Column(voice.say("rq-unit"), "right", 2.2),
        Column(voice.areas.get(area, area) or MISSING, "right", 1.2),
        Column(voice.say("ssw-county"), "right", 1.2),
    )
    around = (facts.areas.get(area, {}), facts.indices)
    cells = tuple(
        (
            voice.name("report-dimension", d),
            _index_cell(rows[d], voice),
            *(_around_cell(indices.get(d), voice) for indices in around),
        )
        for d in DIMENSIONS
        if d in rows
    )
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    return [voice.heading("rq-unit-indices"), Table(voice.say("rq-unit-indices-caption"), columns, cells, source)]


def _index_cell(row: Mapping[str, Any], voice: Voice) -> Cell:
    if row["index"] is None:
        return voice.say("value-missing")
    index = QualityIndex(row["dimension"], row["documents"], row["index"], row["low"], row["high"])
    words = voice.with_interval(index.index, index.low, index.high)
    return Mark(words, GRADE_TONES[index.grade])


def _around_cell(index: QualityIndex | None, voice: Voice) -> str:
    if index is None or index.index is None:
        return voice.say("value-hidden")
    return voice.numbers.fine_percent(index.index)


def _place(unit: UnitFacts, facts: QualityFacts, voice: Voice) -> list[Block]:
    """Where the unit lies in the funnel of all units; the others are not named."""
    n = voice.numbers
    if unit.index.index is None or unit.funnel_low is None:
        return []
    others = [u for u in facts.units if u.unit != unit.unit and u.index.index is not None]
    svg = funnel(
        [*(replace(u, outside=False) for u in others), replace(unit, outside=True)],
        x_title=voice.say("report-documents"),
        y_title=voice.say("rq-index-axis"),
        percent=n.percent,
        integer=n.integer,
        marked=unit.unit,
    )
    alt = voice.say(
        "rq-unit-funnel-alt",
        index=n.fine_percent(unit.index.index),
        limits=n.fine_interval(unit.funnel_low, unit.funnel_high),
        units=len(others),
    )
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    return [Figure(svg, alt, voice.say("rq-unit-funnel"), source)]


def _change(points: tuple[ChangePoint, ...], unit: str, voice: Voice) -> list[Block]:
    if not points:
        return []
    n = voice.numbers
    svg = control_chart(points, percent=n.percent, month=lambda p: n.short_month(p.month))
    signals = sum(bool(p.signal) for p in points)
    alt = voice.say("rq-control-alt", unit=voice.unit(unit), months=len(points), signals=signals)
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    figure = Figure(svg, alt, voice.say("rq-control-figure", unit=voice.unit(unit)), source)
    return [voice.heading("rq-changes"), voice.paragraph("rq-changes-intro"), figure]


def _defects(
    violations: pl.DataFrame,
    found: Mapping[str, Mapping[str, int]],
    rules: Mapping[str, RuleText],
    voice: Voice,
) -> list[Block]:
    """The unit's defects by rule: how many, what has changed, what to do, and what the check rests on."""
    blocks: list[Block] = [voice.heading("rq-defects")]
    counted = violations.group_by("rule_id", "severity").agg(pl.col("document_id").n_unique().alias("n"))
    counted = counted.sort("n", "rule_id", descending=[True, False])
    if counted.is_empty():
        return [*blocks, voice.paragraph("rq-no-defects")]
    columns = [Column(voice.say("rq-check"), width=2.2), Column(voice.say("rq-severity"), width=1)]
    columns.append(Column(voice.say("rq-failed"), "right", 0.9))
    if found:
        columns += [Column(voice.say("rq-new"), "right", 0.8), Column(voice.say("rq-fixed"), "right", 0.9)]
    columns += [Column(voice.say("rq-mend"), width=2.4), Column(voice.say("rq-source"), width=1.8)]
    rows = []
    for r in counted.head(MOST).iter_rows(named=True):
        rule, since = rules.get(r["rule_id"]), found.get(r["rule_id"], {})
        rows.append(
            (
                title_of(r["rule_id"], rules, voice),
                severity_mark(r["severity"] or "", voice),
                voice.numbers.integer(r["n"]),
                *((voice.numbers.integer(since.get(c, 0)) for c in ("new", "fixed")) if found else ()),
                rule.mend if rule else MISSING,
                basis(rule.source, voice) if rule else MISSING,
            )
        )
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    return [*blocks, Table(voice.say("rq-unit-defects-caption"), tuple(columns), tuple(rows), source)]


def _clocks(tables: UnitTables, area: str, unit: str, voice: Voice) -> list[Block]:
    """The legal clocks of the unit's service tasks in its area."""
    if tables.facts.times is None:
        return []
    tasks: Sequence[str] = tables.tasks.get(unit, ())
    times = [t for t in tables.facts.times.of(area) if t.task in tasks]
    if not times:
        return []
    tasks = voice.ordered(tasks, partial(voice.name, "ssw-task"))
    named = [(voice.name("ssw-task", task), [t for t in times if t.task == task]) for task in tasks]
    caption = voice.say("rq-unit-clocks", area=voice.areas.get(area, area))
    return [
        voice.heading("rq-clocks"),
        clock_table([(n, ts) for n, ts in named if ts], "ssw-task", caption, voice),
    ]


def write_unit_reports(tables: UnitTables, inputs: ReportInputs, language: str, out: Path) -> list[Path]:
    """Write the report of every unit as a page into its own folder beside its work list.

    Args:
        tables: what the reports read.
        inputs: the edition, for its names and day.
        language: fi, sv or en.
        out: folder of the units' folders.

    Returns:
        One file a unit, `<unit>/report_<language>.html`.
    """
    voice, rules = Voice(inputs, language), rule_texts(tables.extras.rules, language)
    units = tables.scores.filter(pl.col("level") == "unit")["unit"].drop_nulls().unique().sort()
    written = []
    for unit in units.to_list():
        report = unit_report(tables, unit, voice, rules)
        if report is not None:
            folder = out / file_name(unit)
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"report_{language}.html"
            path.write_text(html_page(report), encoding="utf-8")
            written.append(path)
    return written
