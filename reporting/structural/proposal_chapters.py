"""Chapters on what is missing and what is proposed: service gaps, proposals, and what became of earlier ones."""

from __future__ import annotations

from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice
from reporting.structural.facts import AreaFacts, TopicCount
from reporting.structural.phenomenon_chapters import topic_table


def gaps(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """Services that were missing; nothing when no observations were delivered."""
    if facts.observed is None:
        return []
    blocks: list[Block] = [voice.heading("ssw-gaps")]
    if not facts.gaps:
        return [*blocks, voice.paragraph("ssw-no-gaps")]
    source = voice.say("ssw-observation-source", period=period, day=voice.numbers.day(voice.inputs.as_of))
    caption = voice.say("ssw-gaps-caption", area=voice.areas[facts.area])
    table = topic_table(facts.gaps, "ssw-gap", "ssw-gap-column", caption, source, voice)
    return [*blocks, voice.paragraph("ssw-gaps-intro"), table]


def proposals(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """What the observers propose, and what became of earlier proposals; nothing when neither was delivered."""
    if facts.observed is None and facts.earlier is None:
        return []
    blocks: list[Block] = [voice.heading("ssw-proposals")]
    if facts.proposals:
        columns = tuple(
            Column(voice.say(m), "right" if m == "ssw-count" else "left", w)
            for m, w in (
                ("ssw-proposal-column", 2.4),
                ("ssw-count", 1),
                ("ssw-addressee", 1.2),
                ("ssw-owner", 1.2),
                ("ssw-due", 1.2),
                ("ssw-status", 1.2),
            )
        )
        rows = tuple(_proposal_row(p, facts, voice) for p in facts.proposals)
        source = voice.say("ssw-observation-source", period=period, day=voice.numbers.day(voice.inputs.as_of))
        caption = voice.say("ssw-proposals-caption", area=voice.areas[facts.area])
        blocks += [voice.paragraph("ssw-proposals-intro"), Table(caption, columns, rows, source)]
    elif facts.observed is not None:
        blocks.append(voice.paragraph("ssw-no-proposals"))
    blocks.append(voice.heading("ssw-earlier", 2))
    if facts.earlier is None:
        return [*blocks, voice.note("ssw-earlier-not-given")]
    if not facts.earlier:
        return [*blocks, voice.paragraph("ssw-earlier-none")]
    return [*blocks, _earlier_table(facts, voice)]


def _proposal_row(p: TopicCount, facts: AreaFacts, voice: Voice) -> tuple[Cell, ...]:
    """A proposal with the addressee and owner it was given earlier, if it was."""
    known = [e for e in facts.earlier or () if e["proposal"] == p.code]
    latest = known[-1] if known else {}
    open_question = voice.say("ssw-to-agree")
    due = latest.get("due_on")
    return (
        voice.name("ssw-proposal", p.code),
        voice.count(p.count),
        str(latest.get("addressee") or open_question),
        str(latest.get("owner") or open_question),
        voice.numbers.day(due) if due else open_question,  # type: ignore[arg-type]
        voice.name("ssw-status", str(latest["status"])) if latest.get("status") else voice.say("ssw-status-new"),
    )


def _earlier_table(facts: AreaFacts, voice: Voice) -> Table:
    messages = (
        "ssw-proposal-column",
        "ssw-made-on",
        "ssw-addressee",
        "ssw-owner",
        "ssw-due",
        "ssw-status",
        "ssw-outcome",
    )
    widths = (2.2, 1.1, 1.2, 1.2, 1.1, 1.1, 1.8)
    columns = tuple(Column(voice.say(m), width=w) for m, w in zip(messages, widths, strict=True))
    day = voice.numbers.day
    rows = tuple(
        (
            voice.texts.of("ssw-proposal", str(e["proposal"]))
            if voice.texts.has("ssw-proposal", str(e["proposal"]))
            else str(e["proposal"]),
            day(e["made_on"]),  # type: ignore[arg-type]
            str(e["addressee"] or "–"),
            str(e["owner"] or "–"),
            day(e["due_on"]),  # type: ignore[arg-type]
            voice.name("ssw-status", str(e["status"])) if e["status"] else "–",
            str(e["outcome"] or "–"),
        )
        for e in facts.earlier or ()
    )
    return Table(voice.say("ssw-earlier-caption"), columns, rows, voice.say("ssw-earlier-source"))
