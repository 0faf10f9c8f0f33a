"""Chapters on what is missing and what is proposed: service gaps, proposals, and what became of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Cell, Column, Mark, Table
from reporting.pdf.voice import Voice
from reporting.structural.earlier import STATUSES, EarlierProposal, proposal_counts
from reporting.structural.facts import AreaFacts, TopicCount
from reporting.structural.marks import beside
from reporting.structural.phenomenon_chapters import topic_table
from reporting.structural.sentences import earlier_sentences
from reporting.texts import capital

# Columns: the message of the heading and the share of the width.
NEW = (
    *(("ssw-proposal-column", 2.4), ("ssw-count", 1.0), ("ssw-addressee", 1.3)),
    *(("ssw-owner", 1.45), ("ssw-due", 1.1), ("ssw-status", 1.3)),
)
EARLIER = (
    *(("ssw-proposal-column", 2.0), ("ssw-made-on", 1.1), ("ssw-addressee", 1.35), ("ssw-owner", 1.5)),
    *(("ssw-due", 1.1), ("ssw-status", 1.2), ("ssw-outcome", 1.6)),
)
BY_AREA = (
    *(("ssw-area", 2.0), ("ssw-status-done", 1.0), ("ssw-status-in-progress", 1.0)),
    *(("ssw-status-open", 1.0), ("ssw-status-rejected", 1.0), ("ssw-overdue", 1.0)),
)
NUMBERS = ("ssw-count", *(m for m, _ in BY_AREA[1:]))


def gaps(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """Services that were missing; nothing when no observations were delivered."""
    if facts.observed is None:
        return []
    blocks: list[Block] = [voice.heading("ssw-gaps")]
    if not facts.gaps:
        return [*blocks, voice.paragraph("ssw-no-gaps")]
    source = voice.say("ssw-observation-source", period=period, day=voice.numbers.day(voice.inputs.as_of))
    caption = voice.say("ssw-gaps-caption", area=voice.areas[facts.area])
    table = topic_table(facts.gaps, "ssw-gap", "ssw-gap-column", caption, source, facts, voice)
    return [*blocks, voice.paragraph("ssw-gaps-intro"), table]


def proposals(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """What the observers propose, and what became of earlier proposals; nothing when neither was delivered."""
    if facts.observed is None and facts.earlier is None:
        return []
    blocks: list[Block] = [voice.heading("ssw-proposals")]
    if facts.proposals:
        source = voice.say("ssw-observation-source", period=period, day=voice.numbers.day(voice.inputs.as_of))
        caption = voice.say("ssw-proposals-caption", area=voice.areas[facts.area])
        rows = tuple(_proposal_row(p, facts, voice) for p in facts.proposals)
        blocks += [voice.paragraph("ssw-proposals-intro"), Table(caption, _columns(NEW, voice), rows, source)]
    elif facts.observed is not None:
        blocks.append(voice.paragraph("ssw-no-proposals"))
    blocks.append(voice.heading("ssw-earlier", 2))
    if facts.earlier is None:
        return [*blocks, voice.note("ssw-earlier-not-given")]
    if not facts.earlier:
        return [*blocks, voice.paragraph("ssw-earlier-none")]
    return [*blocks, voice.bullets(earlier_sentences(facts.earlier, voice)), *_earlier_tables(facts, voice)]


def _columns(parts: Sequence[tuple[str, float]], voice: Voice) -> tuple[Column, ...]:
    return tuple(Column(capital(voice.say(m)), "right" if m in NUMBERS else "left", w) for m, w in parts)


def _proposal_row(p: TopicCount, facts: AreaFacts, voice: Voice) -> tuple[Cell, ...]:
    """A proposal with the addressee and owner it was given earlier, if it was."""
    known = [e for e in facts.earlier or () if e.proposal == p.code and e.area in (facts.area, facts.county)]
    latest = known[-1] if known else None
    open_question = voice.say("ssw-to-agree")
    head = (voice.name("ssw-proposal", p.code), beside(voice.count(p.count), facts.observation_trust, voice))
    if latest is None:
        return (*head, open_question, open_question, open_question, voice.say("ssw-status-new"))
    return (
        *head,
        in_words("ssw-addressee", latest.addressee, voice) or open_question,
        in_words("ssw-owner", latest.owner, voice) or open_question,
        voice.numbers.day(latest.due_on) if latest.due_on else open_question,
        _status(latest, voice),
    )


def _status(p: EarlierProposal, voice: Voice) -> Cell:
    word = voice.name("ssw-status", p.status)
    return Mark(voice.say("ssw-status-overdue", status=word), "poor") if p.overdue else word


def in_words(family: str, value: str, voice: Voice) -> str:
    """A code of the catalogue in the report's language; the county's own words as they stand."""
    return voice.texts.of(family, value) if value and voice.texts.has(family, value) else value


def _earlier_tables(facts: AreaFacts, voice: Voice) -> list[Block]:
    """The proposals of the place itself, each with what became of it; for the county also its areas in numbers."""
    earlier = facts.earlier or ()
    whole = facts.area == facts.county
    shown = [p for p in earlier if not whole or p.area == facts.county]
    source = voice.say("ssw-earlier-source")
    blocks: list[Block] = []
    if shown:
        rows = tuple(_earlier_row(p, facts, voice) for p in shown)
        blocks.append(Table(voice.say("ssw-earlier-caption"), _columns(EARLIER, voice), rows, source))
    areas = [a.code for a in voice.inputs.county.service_areas]
    if whole and any(p.area in areas for p in earlier):
        counted = tuple(_area_row(area, earlier, voice) for area in areas)
        blocks.append(Table(voice.say("ssw-earlier-areas-caption"), _columns(BY_AREA, voice), counted, source))
    return blocks


def _earlier_row(p: EarlierProposal, facts: AreaFacts, voice: Voice) -> tuple[Cell, ...]:
    name = in_words("ssw-proposal", p.proposal, voice)
    if p.area == facts.county and facts.area != facts.county:
        name = voice.say("ssw-of-whole-county", proposal=name)
    return (
        name,
        voice.numbers.day(p.made_on),
        in_words("ssw-addressee", p.addressee, voice) or MISSING,
        in_words("ssw-owner", p.owner, voice) or MISSING,
        voice.numbers.day(p.due_on),
        _status(p, voice),
        in_words("ssw-outcome", p.outcome, voice) or MISSING,
    )


def _area_row(area: str, proposals: Sequence[EarlierProposal], voice: Voice) -> tuple[Cell, ...]:
    counts = proposal_counts([p for p in proposals if p.area == area])
    late = voice.numbers.integer(counts.overdue)
    return (
        voice.areas[area],
        *(voice.numbers.integer(counts.by_status[s]) for s in STATUSES),
        Mark(late, "poor") if counts.overdue else late,
    )
