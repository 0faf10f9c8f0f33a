"""Chapters of the record-quality report: summary, areas, units, changes, defects."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.numbers import MISSING, seems_inside, unbroken
from reporting.pdf.blocks import Block, Cell, Column, Figure, KeyFigure, KeyFigures, Mark, Paragraph, Table
from reporting.pdf.svg import IntervalRow, interval_plot
from reporting.pdf.voice import GRADE_TONES, NO_UNIT, Voice
from reporting.quality.facts import OVERALL, QualityFacts, UnitFacts
from reporting.quality.figures import control_chart, funnel
from reporting.quality.rule_texts import RuleText, severity_mark, title_of
from reporting.quality.shifts import told_signal
from reporting.structural.trust import DIMENSIONS, FEWEST_DOCUMENTS, QualityIndex

MOST_COMMON, CHARTS, MOST_OF_AREA = 12, 6, 3


def summary(facts: QualityFacts, rules: dict[str, RuleText], voice: Voice) -> list[Block]:
    """What a lead should know after one minute."""
    n, overall = voice.numbers, facts.indices.get(OVERALL)
    if overall is None:
        return [voice.heading("rq-summary"), voice.note("rq-no-scores", "fair")]
    below = [u for u in facts.units if u.side == "below"]
    above = [u for u in facts.units if u.side == "above"]
    figures = (
        KeyFigure(
            voice.say("rq-key-index"),
            n.fine_percent(overall.index),
            voice.interval(overall.low, overall.high),
        ),
        KeyFigure(voice.say("rq-key-documents"), voice.count(overall.documents), ""),
        KeyFigure(
            voice.say("rq-key-below"), n.integer(len(below)), voice.say("rq-of-units", count=len(facts.units))
        ),
        KeyFigure(
            voice.say("rq-key-signals"),
            MISSING if facts.changes is None else n.integer(len(facts.signals)),
            voice.say("rq-six-months"),
        ),
    )
    said = [
        voice.say(
            "rq-say-index", index=n.fine_percent(overall.index), grade=voice.name("report-grade", overall.grade)
        ),
        *_weakest_dimension(facts, voice),
        voice.say("rq-say-below", count=len(below)) if below else voice.say("rq-say-none-below"),
    ]
    if above:
        said.append(voice.say("rq-say-above", count=len(above)))
    first = next((d for d in facts.defects if d.share), None)
    if first is not None:
        said.append(
            voice.say("rq-say-defect", rule=title_of(first.rule_id, rules, voice), share=n.percent(first.share, 1))
        )
    lead = Paragraph(voice.say("rq-purpose"), "lead")
    return [voice.heading("rq-summary"), lead, KeyFigures(figures), voice.bullets(said)]


def _weakest_dimension(facts: QualityFacts, voice: Voice) -> list[str]:
    known = [i for d, i in facts.indices.items() if d != OVERALL and i.index is not None]
    if not known:
        return []
    weakest = min(known, key=lambda i: i.index or 0.0)
    name = voice.name("report-dimension", weakest.dimension)
    return [voice.say("rq-say-weakest", name=name, index=voice.numbers.fine_percent(weakest.index))]


def areas(facts: QualityFacts, voice: Voice) -> list[Block]:
    """Indices of the county and its service areas."""
    if not facts.areas:
        return []
    rows = [(facts.place, facts.indices), *facts.areas.items()]
    overall = facts.indices.get(OVERALL)
    shown = [
        IntervalRow(voice.areas[a], i.index, i.low, i.high, overall.index if overall else None)
        for a, indices in facts.areas.items()
        if (i := indices.get(OVERALL)) and i.index is not None and i.low is not None and i.high is not None
    ]
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    blocks: list[Block] = [voice.heading("rq-areas"), voice.paragraph("rq-areas-intro")]
    if shown:
        parts = "; ".join(f"{r.label}: {voice.numbers.fine_percent(r.value)}" for r in shown)

        def percent(value: float, digits: int) -> str:
            return voice.numbers.percent(value, max(0, digits - 2))

        svg = interval_plot(shown, title=voice.say("rq-index-axis"), written=percent, from_zero=False)
        blocks.append(Figure(svg, voice.say("rq-areas-alt", parts=parts), voice.say("rq-areas-figure"), source))
    columns = (
        Column(voice.say("rq-area"), width=1.6),
        Column(voice.say("report-documents"), "right", 1.4),
        *(Column(voice.name("report-dimension", d), "right", 1.25) for d in DIMENSIONS[:-1]),
        Column(voice.say("rq-overall-interval"), "right"),
    )
    cells = tuple(_area_row(voice.areas[a], indices, voice) for a, indices in rows)
    return [*blocks, Table(voice.say("rq-areas-caption"), columns, cells, source)]


def _area_row(name: str, indices: dict[str, QualityIndex], voice: Voice) -> tuple[Cell, ...]:
    n, overall = voice.numbers, indices.get(OVERALL)
    hidden = voice.say("value-hidden")
    parts = [
        hidden if (i := indices.get(d)) is None or i.index is None else n.fine_percent(i.index)
        for d in DIMENSIONS[:-1]
    ]
    if overall is None or overall.index is None:
        return (name, voice.count(overall.documents if overall else None), *parts, hidden)
    whole = voice.with_interval(overall.index, overall.low, overall.high)
    return (name, voice.count(overall.documents), *parts, Mark(whole, GRADE_TONES[overall.grade]))


def units(facts: QualityFacts, voice: Voice) -> list[Block]:
    """Funnel plot and table of units: no ranks, only what chance does not explain."""
    if not facts.units:
        return []
    n = voice.numbers
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    blocks: list[Block] = [voice.heading("rq-units"), voice.paragraph("rq-units-intro")]
    outside = [u for u in facts.units if u.side in ("below", "above")]
    if any(u.index.index is not None for u in facts.units):
        svg = funnel(
            facts.units,
            x_title=voice.say("report-documents"),
            y_title=voice.say("rq-index-axis"),
            percent=n.percent,
            integer=n.integer,
            name=voice.unit,
        )
        shown = sum(u.index.index is not None for u in facts.units)
        named = "; ".join(f"{voice.unit(u.unit)}: {n.fine_percent(u.index.index)}" for u in outside) or voice.say(
            "rq-none"
        )
        alt = voice.say("rq-funnel-alt", units=shown, outside=len(outside), names=named)
        blocks.append(Figure(svg, alt, voice.say("rq-funnel-figure"), source))
    if outside:
        blocks.append(_unit_table("rq-outside-caption", outside, voice, source))
    if hidden := sum(u.index.index is None for u in facts.units):
        blocks.append(voice.paragraph("rq-units-hidden", count=hidden))
    return blocks


def all_units(facts: QualityFacts, voice: Voice) -> list[Block]:
    """Every unit whose index is shown, in the order of areas, there by name, and those of no known unit last."""
    place = {area: i for i, area in enumerate(facts.areas)}
    judged = voice.ordered(
        (u for u in facts.units if u.index.index is not None),
        lambda u: voice.unit(u.unit),
        within=lambda u: (place.get(u.area, len(place)), u.unit in NO_UNIT),
    )
    if not judged:
        return []
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    table = _unit_table("rq-units-caption", judged, voice, source)
    return [voice.heading("rq-all-units"), table, voice.small("rq-units-help")]


def _unit_table(caption: str, units: Sequence[UnitFacts], voice: Voice, source: str) -> Table:
    columns = (
        Column(voice.say("rq-unit"), width=2.4),
        Column(voice.say("rq-area"), width=1.3),
        Column(voice.say("report-documents"), "right"),
        Column(voice.say("rq-index-interval"), "right"),
        Column(voice.say("rq-shrunk"), "right"),
        Column(voice.say("rq-limits"), "right"),
        Column(voice.say("rq-side"), width=1.9),
    )
    return Table(voice.say(caption), columns, tuple(_unit_row(u, voice) for u in units), source)


def _unit_row(u: UnitFacts, voice: Voice) -> tuple[Cell, ...]:
    n = voice.numbers
    tones = {"below": "poor", "above": "good"}
    area = voice.areas.get(u.area, u.area)
    word = voice.say(f"rq-side-{'just-' if u.side in tones and _seems_inside(u) else ''}{u.side}")
    return (
        voice.unit(u.unit),
        area,
        voice.count(u.index.documents),
        voice.with_interval(u.index.index, u.index.low, u.index.high),
        n.fine_percent(u.shrunk),
        unbroken(n.fine_interval(u.funnel_low, u.funnel_high)),
        Mark(word, tones[u.side]) if u.side in ("below", "above") else word,  # type: ignore[arg-type]
    )


def _seems_inside(u: UnitFacts) -> bool:
    """Whether figures as they are written do not show that the unit lies outside its limits."""
    if u.index.index is None or u.funnel_low is None or u.funnel_high is None:
        return False
    return seems_inside(u.index.index, u.funnel_low, u.funnel_high)


def changes(facts: QualityFacts, voice: Voice) -> list[Block]:
    """Units whose recording has changed beyond chance."""
    blocks: list[Block] = [voice.heading("rq-changes")]
    if facts.changes is None:
        return [*blocks, voice.note("rq-no-changes")]
    signals = facts.signals
    blocks.append(voice.paragraph("rq-changes-intro"))
    if not signals:
        return [*blocks, voice.paragraph("rq-no-signals", count=len(facts.changes))]
    n = voice.numbers
    columns = (
        Column(voice.say("rq-unit"), width=2),
        Column(voice.say("rq-month"), width=1.1),
        Column(voice.say("rq-rate"), "right", 0.8),
        Column(voice.say("rq-usual"), "right", 0.9),
        Column(voice.say("rq-limits"), "right", 1.2),
        Column(voice.say("rq-direction"), width=1.6),
    )
    rows = tuple(
        (
            voice.unit(unit),
            n.month(p.month),
            n.percent(p.rate, digits := n.apart_digits(p.rate, p.low, p.high)),
            n.percent(p.centre, digits),
            n.percent_interval(p.low, p.high, digits),
            Mark(told_signal("rq-worse", p, voice), "poor")
            if p.signal == "worse"
            else Mark(told_signal("rq-better", p, voice), "good"),
        )
        for unit, p in signals
    )
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    if any(p.gathered for _, p in signals):
        blocks.append(voice.paragraph("rq-gathered-help"))
    blocks.append(Table(voice.say("rq-changes-caption"), columns, rows, source))
    for unit, _ in signals[:CHARTS]:
        points = facts.changes[unit]
        svg = control_chart(points, percent=n.percent, month=lambda p: n.short_month(p.month))
        alt = voice.say(
            "rq-control-alt",
            unit=voice.unit(unit),
            months=len(points),
            signals=sum(bool(p.signal) for p in points),
        )
        blocks.append(Figure(svg, alt, voice.say("rq-control-figure", unit=voice.unit(unit)), source))
    return blocks


def defects(facts: QualityFacts, rules: dict[str, RuleText], voice: Voice) -> list[Block]:
    """Most common defects with what to do about each."""
    found = [d for d in facts.defects if d.failed != 0]
    blocks: list[Block] = [voice.heading("rq-defects")]
    if not found:
        return [*blocks, voice.paragraph("rq-no-defects")]
    n = voice.numbers
    blocks.append(voice.paragraph("rq-defects-intro"))
    columns = (
        Column(voice.say("rq-check-failed"), width=2.2),
        Column(voice.say("rq-severity"), width=1),
        Column(voice.say("rq-failed"), "right", 1),
        Column(voice.say("rq-share"), "right", 0.9),
        Column(voice.say("rq-mend"), width=2.4),
    )
    rows: list[tuple[Cell, ...]] = []
    for d in found[:MOST_COMMON]:
        rule = rules.get(d.rule_id)
        rows.append(
            (
                title_of(d.rule_id, rules, voice),
                severity_mark(rule.severity if rule else "", voice),
                voice.count(d.failed),
                voice.say("value-hidden") if d.failed is None else n.percent(d.share, 1),
                rule.mend if rule else MISSING,
            )
        )
    source = voice.say("report-quality-source", day=n.day(voice.inputs.quality_day))
    caption = voice.say("rq-defects-caption", area=voice.areas[facts.place])
    blocks.append(Table(caption, columns, tuple(rows), source))
    named = [
        voice.say(
            "rq-say-area-defects",
            area=voice.areas[area],
            names="; ".join(
                voice.say("rq-not-so", rule=title_of(d.rule_id, rules, voice), share=n.percent(d.share, 1))
                for d in common
            ),
        )
        for area, defects_there in facts.by_area.items()
        if (common := [d for d in defects_there if d.share and d.eligible >= FEWEST_DOCUMENTS][:MOST_OF_AREA])
    ]
    if named:
        blocks += [
            voice.heading("rq-area-defects", 2),
            voice.paragraph("rq-area-defects-intro"),
            voice.bullets(named),
        ]
    return blocks


def finding_changes(facts: QualityFacts, voice: Voice) -> list[Block]:
    """What has become of findings since the edition before, by severity."""
    blocks: list[Block] = [voice.heading("rq-findings")]
    found = (facts.findings or {}).get(facts.place)
    if not found:
        return [*blocks, voice.paragraph("rq-no-earlier-edition")]
    columns = (
        Column(voice.say("rq-severity"), width=2),
        *(Column(voice.say(message), "right", 1.2) for message in ("rq-new", "rq-persisting", "rq-fixed")),
    )
    rows = tuple(
        (severity_mark(f.severity, voice), voice.count(f.new), voice.count(f.persisting), voice.count(f.fixed))
        for f in found
    )
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    caption = voice.say("rq-findings-caption", against=facts.against)
    return [*blocks, voice.paragraph("rq-findings-intro"), Table(caption, columns, rows, source)]
