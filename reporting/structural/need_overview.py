"""The ten needs of support of the Social Welfare Act at a glance: what was observed under each."""

from __future__ import annotations

from reporting.numbers import MISSING
from reporting.pdf.blocks import Cell, Column, Mark, Table
from reporting.pdf.voice import Voice
from reporting.structural.facts import AreaFacts
from reporting.structural.marks import beside
from reporting.structural.phenomena import NeedGroup, by_need
from reporting.structural.trust import Grade


def need_overview(facts: AreaFacts, voice: Voice, period: str, source: str) -> Table:
    """The ten needs of the act, each with what was observed under it and which phenomena have changed."""
    columns = (
        Column(voice.say("ssw-need-column"), width=3),
        Column(voice.say("ssw-count"), "right", 1.2),
        Column(voice.say("ssw-most-common"), width=3),
        Column(voice.say("ssw-clear-change"), width=2.4),
    )
    rows = tuple(_need_row(group, facts.observation_trust, voice) for group in by_need(facts.phenomena))
    return Table(
        voice.say("ssw-needs-caption", area=voice.areas[facts.area], period=period), columns, rows, source
    )


def _need_row(group: NeedGroup, grade: Grade, voice: Voice) -> tuple[Cell, ...]:
    count = voice.count(group.shown)
    if group.hidden:
        count = voice.say("ssw-at-least", count=count) if group.shown else voice.say("value-hidden")
    first = group.most_common
    changed = [
        voice.say("ssw-changed", phenomenon=voice.name("ssw-phenomenon", p.code), change=voice.say(word))
        for p in group.phenomena
        if (word := {"up": "ssw-trend-more", "down": "ssw-trend-less"}.get(p.direction))
    ]
    return (
        f"{group.need}. {voice.name('ssw-need', group.need)}",
        beside(count, grade, voice) if group.shown else count,
        voice.name("ssw-phenomenon", first.code) if first else MISSING,
        Mark("; ".join(changed)) if changed else MISSING,
    )
