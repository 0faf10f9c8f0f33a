"""Last chapters of the record-quality report: legal clocks, denominators and exclusions, method."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice
from reporting.protection import told_protection
from reporting.quality.basis import basis
from reporting.quality.facts import STEPS, QualityFacts
from reporting.quality.rule_texts import RuleText, title_of
from reporting.structural.linked_counts import ALL
from reporting.structural.processing import CaseTimes
from reporting.structural.sentences import duration, share_within, time_sentence


def clocks(facts: QualityFacts, voice: Voice) -> list[Block]:
    """Legal clocks of the place and of its areas."""
    blocks: list[Block] = [voice.heading("rq-clocks")]
    if facts.times is None:
        return [*blocks, voice.note("ssw-no-times")]
    whole = [t for t in facts.times.of(facts.place) if t.task == ALL]
    blocks += [
        voice.bullets([voice.say("ssw-clock-assessment"), voice.say("ssw-clock-decision")]),
        voice.bullets([time_sentence(t, voice) for t in whole]),
    ]
    rows = [
        (voice.areas[place], [t for t in facts.times.of(place) if t.task == ALL])
        for place in (facts.place, *facts.areas)
    ]
    return [*blocks, clock_table(rows, "rq-area", voice.say("rq-clocks-caption"), voice)]


def clock_table(
    rows: Sequence[tuple[str, Sequence[CaseTimes]]], heading: str, caption: str, voice: Voice
) -> Table:
    """Median time and share within the limit of both steps, one row for each name with its times."""
    columns = [Column(voice.say(heading), width=1.6)]
    for step in STEPS:
        name = voice.say("rq-short-" + step.replace("_", "-"))
        columns.append(Column(voice.say("rq-clock-median", step=name), "right", 1.2))
        columns.append(Column(voice.say("rq-clock-within", step=name), "right", 1.2))
    cells = tuple((name, *_clock_cells({t.measure: t for t in times}, voice)) for name, times in rows)
    source = voice.say("ssw-times-source", day=voice.numbers.day(voice.inputs.quality_day))
    return Table(caption, tuple(columns), cells, source)


def _clock_cells(times: dict[str, CaseTimes], voice: Voice) -> list[Cell]:
    cells: list[Cell] = []
    for step in STEPS:
        t = times.get(step)
        if t is None:
            cells += [MISSING, MISSING]
            continue
        cells += [duration(t, voice), share_within(t, voice)]
    return cells


def denominators(facts: QualityFacts, rules: dict[str, RuleText], voice: Voice) -> list[Block]:
    """Every rule with what it was applied to and what it left out."""
    blocks: list[Block] = [voice.heading("rq-denominators"), voice.paragraph("rq-denominators-intro")]
    if not facts.defects:
        return [*blocks, voice.paragraph("rq-no-cells")]
    columns = (
        Column(voice.say("rq-check"), width=1),
        Column(voice.say("rq-source"), width=1),
        Column(voice.say("rq-eligible"), "right"),
        Column(voice.say("rq-failed"), "right"),
        Column(voice.say("rq-not-applicable"), "right"),
        Column(voice.say("rq-not-evaluable"), "right"),
    )
    rows = tuple(
        (
            title_of(d.rule_id, rules, voice),
            basis(rules[d.rule_id].source if d.rule_id in rules else "", voice) or MISSING,
            voice.count(d.eligible),
            voice.count(d.failed),
            voice.count(d.not_applicable),
            voice.count(d.not_evaluable),
        )
        for d in voice.ordered(facts.defects, lambda d: title_of(d.rule_id, rules, voice))
    )
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    return [*blocks, Table(voice.say("rq-denominators-caption"), columns, rows, source)]


def method(facts: QualityFacts, voice: Voice) -> list[Block]:
    """How the indices are made."""
    limits = facts.inputs.county.disclosure
    return [
        voice.heading("rq-method"),
        voice.bullets(
            [
                voice.say("rq-method-index"),
                voice.say("rq-method-interval"),
                voice.say("rq-method-funnel"),
                voice.say("rq-method-change"),
                told_protection(limits, voice.say, "rq-method-privacy", "rq-method-privacy-rounded"),
                voice.say("rq-method-people"),
            ]
        ),
    ]
