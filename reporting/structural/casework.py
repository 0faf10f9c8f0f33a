"""Chapter on clients and processing times per service task, beside the legal clocks."""

from __future__ import annotations

from functools import partial

from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice
from reporting.structural.case_times import TO_ASSESSMENT, TO_DECISION
from reporting.structural.facts import AreaFacts
from reporting.structural.linked_counts import ALL
from reporting.structural.marks import beside, trust_mark
from reporting.structural.processing import CaseTimes
from reporting.structural.sentences import duration, share_within, time_sentence


def casework(facts: AreaFacts, voice: Voice, period: str) -> list[Block]:
    """Cases begun, times to assessment and decision, and how well the records behind them are kept."""
    blocks: list[Block] = [voice.heading("ssw-casework")]
    if not facts.times:
        return [*blocks, voice.note("ssw-no-times", "neutral")]
    blocks += [
        voice.paragraph("ssw-casework-intro"),
        voice.bullets([voice.say("ssw-clock-assessment"), voice.say("ssw-clock-decision")]),
    ]
    whole = {t.measure: t for t in facts.times if t.task == ALL}
    blocks.append(voice.bullets([time_sentence(t, voice) for t in whole.values()]))
    tasks = voice.ordered(dict.fromkeys(t.task for t in facts.times), partial(_name, voice), within=_place)
    for measure in (TO_ASSESSMENT, TO_DECISION):
        rows = [t for task in tasks for t in facts.times if t.task == task and t.measure == measure]
        if rows:
            blocks.append(_table(measure, rows, facts, voice, period))
    graded = voice.ordered(facts.tasks, partial(_name, voice), within=_place)
    poor = [_name(voice, task) for task in graded if facts.tasks[task].grade == "poor"]
    if poor:
        blocks.append(voice.note("ssw-poor-tasks", "poor", names=voice.listed(poor)))
    return blocks


def _table(measure: str, rows: list[CaseTimes], facts: AreaFacts, voice: Voice, period: str) -> Table:
    step = measure.replace("_", "-")
    columns = (
        Column(voice.say("ssw-task"), width=2),
        Column(voice.say("ssw-reached"), "right", 1),
        Column(voice.say("ssw-still-open"), "right", 1),
        Column(voice.say("ssw-median"), "right", 1.3),
        Column(voice.say("ssw-within"), "right", 1.2),
        Column(voice.say("ssw-trust"), width=1.2),
    )
    cells = tuple(_row(r, facts, voice) for r in rows)
    caption = voice.say(f"ssw-times-caption-{step}", area=voice.areas[facts.area], period=period)
    return Table(
        caption, columns, cells, voice.say("ssw-times-source", day=voice.numbers.day(voice.inputs.quality_day))
    )


def _row(times: CaseTimes, facts: AreaFacts, voice: Voice) -> tuple[Cell, ...]:
    index = facts.overall if times.task == ALL else facts.tasks.get(times.task)
    grade = index.grade if index else "unknown"
    return (
        _name(voice, times.task),
        voice.count(times.n),
        voice.count(times.open),
        beside(duration(times, voice), grade, voice),
        beside(share_within(times, voice), grade, voice),
        trust_mark(index, voice),
    )


def _name(voice: Voice, task: str) -> str:
    return voice.say("ssw-all-tasks") if task == ALL else voice.name("ssw-task", task or "unstated")


def _place(task: str) -> tuple[int]:
    """All tasks together first, documents that name none last."""
    return (0 if task == ALL else 1 if task else 2,)
