"""Last chapters of the structural report: record quality, method and sources."""

from __future__ import annotations

from counties.registry import municipality_rows
from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Cell, Column, Mark, Table
from reporting.pdf.voice import GRADE_TONES, Voice
from reporting.protection import told_protection
from reporting.provenance import source_lines
from reporting.structural.facts import AreaFacts
from reporting.structural.trust import FEWEST_DOCUMENTS, FEWEST_OBSERVATIONS, GOOD_FROM, POOR_BELOW, Grade


def record_quality(facts: AreaFacts, voice: Voice) -> list[Block]:
    """Indices of the records and how far each kind of figure in the report can be trusted."""
    blocks: list[Block] = [voice.heading("ssw-quality"), voice.paragraph("ssw-quality-intro")]
    if facts.indices:
        blocks.append(_index_table(facts, voice))
    else:
        blocks.append(voice.note("ssw-no-quality"))
    return [*blocks, _trust_table(facts, voice)]


def _index_table(facts: AreaFacts, voice: Voice) -> Table:
    columns = (
        Column(voice.say("report-dimension"), width=2),
        Column(voice.say("report-documents"), "right", 1),
        Column(voice.say("report-index"), "right", 1),
        Column(voice.say("report-interval-95"), "right", 1.2),
        Column(voice.say("ssw-trust"), width=1),
    )
    rows = tuple(
        (
            voice.name("report-dimension", i.dimension),
            voice.count(i.documents),
            voice.say("value-hidden") if i.index is None else voice.numbers.fine_percent(i.index),
            voice.say("value-hidden") if i.index is None else voice.interval(i.low, i.high),
            Mark(voice.name("report-grade", i.grade), GRADE_TONES[i.grade]),
        )
        for i in facts.indices
    )
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    return Table(voice.say("ssw-quality-caption", area=voice.areas[facts.area]), columns, rows, source)


def _trust_table(facts: AreaFacts, voice: Voice) -> Table:
    overall: Grade = facts.overall.grade if facts.overall else "unknown"
    rows: list[tuple[str, Grade, str]] = []
    if facts.population:
        rows.append(("population", *_standing(facts.population.source)))
    if facts.indicators:
        rows.append(("indicators", "good", "official"))
    if facts.times:
        rows.append(("times", overall, f"records-{overall}"))
    if facts.observed:
        rows.append(("observations", facts.observation_trust, f"observations-{facts.observation_trust}"))
    if facts.needs:
        tested = all(n.validated and not n.flags for n in facts.needs)
        grade: Grade = "fair" if overall in ("good", "unknown") and not tested else overall
        rows.append(("need", grade, "forecast-tested" if tested else "forecast-beyond"))
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            voice.say(f"ssw-figures-{what}"),
            Mark(voice.name("report-grade", grade), GRADE_TONES[grade]),
            voice.say(f"ssw-why-{why}"),
        )
        for what, grade, why in rows
    )
    columns = (
        Column(voice.say("ssw-figures"), width=1.3),
        Column(voice.say("ssw-trust"), width=1),
        Column(voice.say("ssw-why"), width=3),
    )
    return Table(voice.say("ssw-trust-caption"), columns, cells, voice.say("ssw-trust-source"))


def _standing(source: str) -> tuple[Grade, str]:
    """How far open figures can be trusted, and why: official ones, estimates, invented ones."""
    if source.startswith("synthetic"):
        return "unknown", "invented"
    return ("fair", "estimate") if source.startswith("estimate") else ("good", "official")


def method(facts: AreaFacts, voice: Voice) -> list[Block]:
    """How the figures were made, and from what."""
    county, n = voice.inputs.county, voice.numbers
    sentences = [
        voice.say("ssw-method-law"),
        told_protection(county.disclosure, voice.say, "ssw-method-counts", "ssw-method-counts-rounded"),
        voice.say("ssw-method-rates"),
        voice.say("ssw-method-times"),
        voice.say("ssw-method-need"),
        voice.say(
            "ssw-method-trust",
            good=n.percent(GOOD_FROM),
            poor=n.percent(POOR_BELOW),
            documents=FEWEST_DOCUMENTS,
            observations=FEWEST_OBSERVATIONS,
        ),
        voice.say("ssw-method-areas", names=", ".join(_municipalities(facts, voice))),
    ]
    return [voice.heading("ssw-method"), voice.bullets(sentences), *sources(voice)]


def _municipalities(facts: AreaFacts, voice: Voice) -> list[str]:
    county = voice.inputs.county
    inside = {m for m, area in county.area_of_municipality.items() if facts.area in (area, county.code)}
    return sorted(
        r[f"name_{voice.language}"]
        for r in municipality_rows()
        if r["municipality"] in inside and not r["valid_to"]
    )


def sources(voice: Voice) -> list[Block]:
    """Table of sources with their vintages."""
    if not voice.inputs.sources:
        return [voice.paragraph("report-no-sources")]
    columns = tuple(
        Column(voice.say(m), width=w)
        for m, w in (
            ("report-source", 2),
            ("report-source-vintage", 1.7),
            ("report-licence", 0.9),
            ("report-source-note", 2.2),
        )
    )
    lines = source_lines(voice.inputs, voice.texts, voice.numbers)
    rows = tuple((s.name, s.vintage, s.licence or MISSING, s.note or MISSING) for s in lines)
    return [Table(voice.say("report-sources"), columns, rows)]
