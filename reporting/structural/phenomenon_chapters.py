"""Chapters on what clients' lives show: phenomena, and their links to indicators and to the forecast of need."""

from __future__ import annotations

from reporting.numbers import MISSING, Numbers, half_up, unbroken
from reporting.pdf.blocks import Block, Cell, Column, Figure, Mark, Table
from reporting.pdf.svg import IntervalRow, interval_plot
from reporting.pdf.voice import GRADE_TONES, Voice
from reporting.structural.facts import AreaFacts, TopicCount
from reporting.structural.links import LINKS
from reporting.structural.marks import beside
from reporting.structural.need import NeedFacts
from reporting.structural.need_overview import need_overview
from reporting.structural.phenomena import PhenomenonFacts, Ratio
from reporting.structural.sentences import change_sentences, inline
from reporting.structural.trust import Grade

PLOTTED = 12
NAMED, LINKED = 8, 10
DIRECTION_WORDS = {"up": "more", "down": "less", "unclear": "unclear", "hidden": "hidden"}


def phenomena(facts: AreaFacts, voice: Voice, period: str, before: str) -> list[Block]:
    """Counts, rates, change and difference of each phenomenon, under the ten needs of the act."""
    blocks: list[Block] = [voice.heading("ssw-phenomena")]
    if facts.observed is None:
        return [*blocks, voice.note("ssw-no-observations")]
    grade = facts.observation_trust
    blocks += [
        voice.paragraph("ssw-phenomena-intro", period=period, before=before),
        voice.note(f"ssw-observation-trust-{grade}", GRADE_TONES[grade]),
    ]
    if not facts.phenomena:
        return [*blocks, voice.paragraph("ssw-no-phenomena")]
    source = voice.say("ssw-observation-source", period=period, day=voice.numbers.day(voice.inputs.as_of))
    blocks += [need_overview(facts, voice, period, source), *_figure(facts, voice, source)]
    if any(map(_told, facts.phenomena)):
        blocks += [_table(facts, voice, period, source), voice.small("ssw-ratio-help")]
    blocks += _untold(facts, voice)
    blocks.append(voice.heading("ssw-changes", 2))
    blocks.append(voice.bullets([*change_sentences(facts.phenomena, voice), *_difference_sentences(facts, voice)]))
    return [*blocks, *_groups(facts, voice, source)]


def _figure(facts: AreaFacts, voice: Voice, source: str) -> list[Block]:
    shown = [
        p for p in facts.phenomena if p.count and p.rate is not None and p.low is not None and p.high is not None
    ][:PLOTTED]
    if not shown:
        return []
    is_area = facts.area != facts.county
    rows = [
        IntervalRow(
            voice.name("ssw-phenomenon", p.code),
            p.rate or 0.0,
            p.low or 0.0,
            p.high or 0.0,
            p.county_rate if is_area else None,
            p.difference is not None and p.difference.direction != "unclear",
        )
        for p in shown
    ]
    n = voice.numbers
    parts = "; ".join(f"{r.label}: {n.decimal(r.value, 2)} ({n.interval(r.low, r.high, 2)})" for r in rows)
    svg = interval_plot(rows, title=voice.say("ssw-per-thousand"), written=n.decimal)
    kind = "area" if is_area else "county"
    caption = voice.say(f"ssw-phenomenon-figure-{kind}", area=voice.areas[facts.area])
    return [Figure(svg, voice.say("ssw-phenomenon-alt", parts=parts), caption, source)]


def _table(facts: AreaFacts, voice: Voice, period: str, source: str) -> Table:
    columns = [
        Column(voice.say("ssw-phenomenon"), width=2),
        Column(voice.say("ssw-need-column"), width=2),
        Column(voice.say("ssw-count"), "right"),
        Column(voice.say("ssw-rate"), "right", 1.7),
        Column(voice.say("ssw-trend"), "left", 1.5),
    ]
    is_area = facts.area != facts.county
    if is_area:
        columns.append(Column(voice.say("ssw-difference"), "left", 1.5))
    ordered = sorted(
        filter(_told, facts.phenomena),
        key=lambda p: (int(p.need) if p.need.isdigit() else 99, -(p.count or 0), p.code),
    )
    rows = tuple(_row(p, is_area, facts.observation_trust, voice) for p in ordered)
    caption = voice.say("ssw-phenomenon-caption", area=voice.areas[facts.area], period=period)
    return Table(caption, tuple(columns), rows, source)


def _told(p: PhenomenonFacts) -> bool:
    """Whether the table has something to tell of a phenomenon; the others are named below it."""
    return bool(p.count) or p.trend is not None


def _untold(facts: AreaFacts, voice: Voice) -> list[Block]:
    """Phenomena whose counts are hidden, and those not observed, each named once."""
    rest = [p for p in facts.phenomena if not _told(p)]
    parts = (
        ("ssw-hidden-phenomena", [p for p in rest if p.count is None]),
        ("ssw-not-observed", [p for p in rest if p.count is not None]),
    )
    return [
        voice.paragraph(
            message,
            count=len(group),
            names=voice.listed([inline(voice.name("ssw-phenomenon", p.code)) for p in group]),
        )
        for message, group in parts
        if group
    ]


def _row(p: PhenomenonFacts, is_area: bool, grade: Grade, voice: Voice) -> tuple[Cell, ...]:
    n = voice.numbers
    rate = voice.say("value-hidden") if p.count is None else MISSING
    if p.rate is not None:
        rate = unbroken(f"{n.decimal(p.rate, 2)} ({n.interval(p.low, p.high, 2)})")
    need = f"{p.need}. {voice.name('ssw-need', p.need)}" if p.need else MISSING
    count = beside(voice.count(p.count), grade, voice)
    cells: tuple[Cell, ...] = (voice.name("ssw-phenomenon", p.code), need, count, rate)
    cells = (*cells, ratio_cell(p.trend, "trend", p.count is None or p.previous is None, voice))
    return (*cells, ratio_cell(p.difference, "difference", p.count is None, voice)) if is_area else cells


def ratio_cell(ratio: Ratio | None, kind: str, hidden: bool, voice: Voice) -> Cell:
    """A ratio in words and numbers: what it says, and its interval."""
    if ratio is None:
        return voice.say("value-hidden" if hidden else "ssw-no-ratio")
    word = voice.say(f"ssw-{kind}-{DIRECTION_WORDS[ratio.direction]}")
    value, low, high = _ends_apart_from_one(ratio, voice.numbers)
    numbers = unbroken(f"{value} ({low}–{high})")
    words = f"{word}: {numbers}"
    return Mark(words) if ratio.direction in ("up", "down") else words


def _ends_apart_from_one(ratio: Ratio, n: Numbers) -> tuple[str, str, str]:
    """A ratio and its interval; that of a clear one is seen not to hold 1: 0,77 (0,60–0,98), 0,77 (0,60–<1,00)."""
    nearest = {"up": ratio.low, "down": ratio.high}.get(ratio.direction)
    digits = 2 if nearest is not None and half_up(nearest, 1) == 1 else 1
    close = nearest is not None and half_up(nearest, digits) == 1
    low = ">" * (close and ratio.direction == "up") + n.decimal(ratio.low, digits)
    high = "∞" if ratio.high == float("inf") else n.decimal(ratio.high, digits)
    return n.decimal(ratio.value, digits), low, "<" * (close and ratio.direction == "down") + high


def _difference_sentences(facts: AreaFacts, voice: Voice) -> list[str]:
    said = []
    for direction in ("up", "down"):
        names = [
            inline(voice.name("ssw-phenomenon", p.code))
            for p in facts.phenomena
            if p.difference is not None and p.difference.direction == direction
        ]
        if names:
            said.append(voice.say(f"ssw-say-differs-{direction}", count=len(names), names=voice.listed(names)))
    return said


def _groups(facts: AreaFacts, voice: Voice, source: str) -> list[Block]:
    blocks: list[Block] = [voice.heading("ssw-groups", 2)]
    if facts.groups:
        caption = voice.say("ssw-groups-caption", area=voice.areas[facts.area])
        blocks.append(topic_table(facts.groups, "ssw-group", "ssw-group-column", caption, source, facts, voice))
    named = [
        voice.say(
            "ssw-say-groups",
            phenomenon=voice.name("ssw-phenomenon", p.code),
            groups=voice.listed([inline(voice.name("ssw-group", g)) for g in p.groups]),
        )
        for p in facts.phenomena[:NAMED]
        if p.groups
    ]
    if named:
        return [*blocks, voice.paragraph("ssw-groups-intro"), voice.bullets(named)]
    return blocks if facts.groups else [*blocks, voice.paragraph("ssw-no-groups")]


def topic_table(
    topics: tuple[TopicCount, ...],
    family: str,
    column: str,
    caption: str,
    source: str,
    facts: AreaFacts,
    voice: Voice,
) -> Table:
    """Counts of groups, gaps or proposals."""
    columns = (Column(voice.say(column), width=3), Column(voice.say("ssw-count"), "right", 1))
    grade = facts.observation_trust
    rows = tuple((voice.name(family, t.code), beside(voice.count(t.count), grade, voice)) for t in topics)
    return Table(caption, columns, rows, source)


def links(facts: AreaFacts, voice: Voice) -> list[Block]:
    """Phenomena beside the open indicators and the forecast of need, where there are either."""
    if facts.observed is None and not facts.needs:
        return []
    blocks: list[Block] = [voice.heading("ssw-links")]
    seen = [p for p in facts.phenomena if p.count]
    chosen = [p for n, p in enumerate(seen) if n < LINKED or p.direction in ("up", "down")]
    rows = [row for p in chosen if (row := _link_row(p, facts, voice)) is not None]
    if rows:
        messages = ["ssw-phenomenon", "ssw-trend", "ssw-indicators-beside", "ssw-need-beside"]
        # A column without a single figure is left out.
        kept = [n for n in range(4) if n < 2 or any(row[n] != MISSING for row in rows)]
        columns = tuple(Column(voice.say(messages[n]), width=1.3 if n < 2 else 2) for n in kept)
        rows = [tuple(row[n] for n in kept) for row in rows]
        blocks.append(voice.note("ssw-association", "fair"))
        cited = ("ssw-links-observations", "", "ssw-links-indicators", "ssw-links-need")
        source = voice.say("ssw-links-source", sources="; ".join(voice.say(cited[n]) for n in kept if cited[n]))
        blocks.append(Table(voice.say("ssw-links-caption"), columns, tuple(rows), source))
    elif not facts.needs:
        blocks.append(voice.paragraph("ssw-no-links"))
    if facts.needs:
        blocks += [voice.heading("ssw-needs", 2), _need_table(facts, voice)]
        if any(not n.validated for n in facts.needs):
            blocks.append(voice.small("ssw-not-validated-help"))
    return blocks


def _link_row(p: PhenomenonFacts, facts: AreaFacts, voice: Voice) -> tuple[Cell, ...] | None:
    link = LINKS.get(p.code)
    if link is None:
        return None
    names = voice.inputs.county.named_indicators
    n = voice.numbers
    indicators = [
        f"{names[i.indicator].names.in_language(voice.language)}: "
        f"{n.decimal(i.county.value)} {names[i.indicator].unit.in_language(voice.language)} ({i.county.year})"
        + (f", {n.signed(i.county.value - i.earlier.value, 1)}" if i.earlier else "")
        for i in facts.indicators
        if i.indicator in link.indicators and i.county is not None
    ]
    services = [
        f"{voice.services[s.service]}: {n.signed_percent(s.change)} ({s.from_year}–{s.to_year})"
        for s in facts.needs
        if s.service in link.services and s.change is not None
    ]
    if not indicators and not services:
        return None
    return (
        voice.name("ssw-phenomenon", p.code),
        ratio_cell(p.trend, "trend", p.count is None or p.previous is None, voice),
        "; ".join(indicators) or MISSING,
        "; ".join(services) or MISSING,
    )


def _need_table(facts: AreaFacts, voice: Voice) -> Table:
    first = facts.needs[0]
    columns = (
        Column(voice.say("ssw-service"), width=2.2),
        Column(str(first.from_year), "right", 1),
        Column(voice.say("ssw-forecast", year=str(first.to_year)), "right", 1.1),
        Column(voice.say("ssw-interval-80"), "right", 1.6),
        Column(voice.say("ssw-change-share"), "right", 1),
        Column(voice.say("ssw-trust"), width=1.8),
    )
    rows = tuple(_need_row(s, voice) for s in facts.needs)
    source = f"{voice.say('ssw-need-source', edition=voice.inputs.edition)} {voice.say('client-months-note')}"
    return Table(voice.say("ssw-need-caption", area=voice.areas[facts.area]), columns, rows, source)


def _need_row(s: NeedFacts, voice: Voice) -> tuple[Cell, ...]:
    n = voice.numbers
    warnings = [voice.name("ssw-flag", f) for f in s.flags]
    if not s.validated:
        warnings.append(voice.say("ssw-not-validated"))
    trust = Mark(", ".join(warnings), "fair") if warnings else Mark(voice.say("ssw-validated"), "good")
    hidden = s.median is None
    return (
        voice.service_counted(s.service),
        voice.count(s.observed),
        voice.count(s.median),
        voice.say("value-hidden") if hidden else n.interval(s.low, s.high),
        voice.say("value-hidden") if hidden else f"{n.signed_percent(s.change)}",
        trust,
    )
