"""Shifts in what units record: as far as they may be told, then the part of the chapter on change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from reporting.pdf.blocks import Block, Column, Figure, Table
from reporting.pdf.voice import Voice
from reporting.quality.change_points import ChangePoint, last_month, recent_signal
from reporting.quality.figures import control_chart

SHIFT_COLUMNS = (
    *("unit", "subject", "value", "month", "documents", "counted"),
    *("share", "center", "low", "high", "signal"),
)
CHARTS = 4
Subject = tuple[str, str]
"""Subject and value of the table `unit_shifts`: a document type, or the length of texts."""
Shifts = Mapping[tuple[str, Subject], tuple[ChangePoint, ...]]


def unit_charts(shifts: pl.DataFrame, units: Collection[str], k: int = 0) -> Shifts:
    """Charts of some units by unit and subject; months in which 1..k-1 documents are counted, or not, left out."""
    rows = shifts.filter(pl.col("unit").is_in(sorted(units))).drop_nulls(["share", "center", "low", "high"])
    few = [count.is_between(1, k - 1) for count in (pl.col("counted"), pl.col("documents") - pl.col("counted"))]
    shown = rows.filter(~pl.any_horizontal(few)).sort("unit", "subject", "value", "month")
    found: dict[tuple[str, Subject], tuple[ChangePoint, ...]] = {}
    for unit, subject, value, *point in shown.select(
        "unit", "subject", "value", "month", "share", "center", "low", "high", "signal"
    ).iter_rows():
        key = (unit, (subject, value))
        found[key] = (*found.get(key, ()), ChangePoint(*point))
    return found


def shifts(charts: Shifts | None, voice: Voice, *, named: bool = True) -> list[Block]:
    """What units have begun to record otherwise, latest signals with the charts of some.

    Args:
        charts: as `unit_charts` gives; None leaves the part out.
        voice: language and frame.
        named: whether the unit is named beside each row; not in its own report.
    """
    if charts is None:
        return []
    n = voice.numbers
    blocks: list[Block] = [voice.heading("rq-shifts", 2), voice.paragraph("rq-shifts-intro")]
    last = last_month(charts.values())
    recent = [(key, point) for key, points in charts.items() if (point := recent_signal(points, last)) is not None]
    if not recent:
        return [*blocks, voice.paragraph("rq-no-shifts" if named else "rq-no-own-shifts")]
    columns = (
        *((Column(voice.say("rq-unit"), width=2),) if named else ()),
        Column(voice.say("rq-shift-what"), width=2),
        Column(voice.say("rq-month"), width=1.1),
        Column(voice.say("rq-share"), "right", 0.9),
        Column(voice.say("rq-usual"), "right", 0.9),
        Column(voice.say("rq-limits"), "right", 1.3),
        Column(voice.say("rq-direction"), width=1.2),
    )
    rows = tuple(
        (
            *((voice.unit(unit),) if named else ()),
            _subject(subject, voice),
            n.month(p.month),
            n.percent(p.rate, 1),
            n.percent(p.centre, 1),
            n.percent_interval(p.low, p.high, 1),
            told_signal(f"rq-shift-{p.signal}", p, voice),
        )
        for (unit, subject), p in recent
    )
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    if any(p.gathered for _, p in recent):
        blocks.append(voice.paragraph("rq-gathered-help"))
    blocks.append(Table(voice.say("rq-shifts-caption"), columns, rows, source))
    for (unit, subject), _ in recent[:CHARTS]:
        points = charts[unit, subject]
        told = {"unit": voice.unit(unit), "subject": _subject(subject, voice)}
        svg = control_chart(points, percent=n.percent, month=lambda p: n.short_month(p.month))
        alt = voice.say("rq-shift-alt", months=len(points), signals=sum(bool(p.signal) for p in points), **told)
        blocks.append(Figure(svg, alt, voice.say("rq-shift-figure", **told), source))
    return blocks


def told_signal(message: str, point: ChangePoint, voice: Voice) -> str:
    """The direction of a signal; of one whose month lies within its limits, also that it gathered over months."""
    told = voice.say(message)
    return voice.say("rq-gathered", direction=told) if point.gathered else told


def _subject(subject: Subject, voice: Voice) -> str:
    """What is charted, in words."""
    kind, value = subject
    if kind != "document_type":
        return voice.name("rq-shift", kind)
    return voice.say("rq-unit-unknown") if value == "unknown" else voice.name("rq-type", value)
