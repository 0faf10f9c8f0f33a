"""How a figure says beside it that it rests on poor records: in tables, in key figures and in sentences."""

from __future__ import annotations

from reporting.pdf.blocks import Cell, Mark
from reporting.pdf.voice import GRADE_TONES, Voice
from reporting.structural.trust import Grade, QualityIndex

NEARLY_ALL = 0.99
"""Index from which a figure in whole percents would tell next to nothing, or that all is well."""


def trust_mark(index: QualityIndex | None, voice: Voice) -> Mark:
    """The grade of the records behind a figure, with their index."""
    if index is None or index.grade == "unknown":
        return Mark(voice.name("report-grade", "unknown"))
    words = f"{voice.name('report-grade', index.grade)} ({_coarse(index.index, voice)})"
    return Mark(words, GRADE_TONES[index.grade])


def _coarse(share: float | None, voice: Voice) -> str:
    """An index in whole percents, never all of them; decimals would tell a count that is hidden elsewhere."""
    if share is not None and share > NEARLY_ALL:
        return voice.say("ssw-share-above", share=voice.numbers.percent(NEARLY_ALL))
    return voice.numbers.percent(share)


def beside(figure: str, grade: Grade, voice: Voice) -> Cell:
    """A figure in a table; from poor records it is marked uncertain."""
    return Mark(uncertain(figure, grade, voice), "poor") if grade == "poor" else figure


def uncertain(figure: str, grade: Grade, voice: Voice) -> str:
    """A figure in words; from poor records it is said to be uncertain."""
    return voice.say("report-uncertain", figure=figure) if grade == "poor" else figure


def cautioned(sentence: str, grade: Grade, why: str, voice: Voice) -> str:
    """A sentence with a figure from poor records, followed by the message `why` it is uncertain."""
    return f"{sentence} {voice.say(why)}" if grade == "poor" else sentence
