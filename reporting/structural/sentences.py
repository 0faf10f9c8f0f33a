"""Sentences of the structural report that more than one chapter says, built from facts."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.pdf.voice import Voice
from reporting.structural.earlier import EarlierProposal, proposal_counts
from reporting.structural.phenomena import PhenomenonFacts
from reporting.structural.processing import CaseTimes


def change_sentences(phenomena: Sequence[PhenomenonFacts], voice: Voice) -> list[str]:
    """Which phenomena have become clearly more or less common, or that none has."""
    said = []
    for direction in ("up", "down"):
        names = [inline(voice.name("ssw-phenomenon", p.code)) for p in phenomena if p.direction == direction]
        if names:
            said.append(voice.say(f"ssw-say-{direction}", count=len(names), names=voice.listed(names)))
    if not said:
        said.append(voice.say("ssw-say-no-change" if any(p.trend for p in phenomena) else "ssw-no-comparison"))
    return said


def time_sentence(times: CaseTimes, voice: Voice) -> str:
    """Median time and share within the limit to one step."""
    step = voice.say("ssw-step-" + times.measure.replace("_", "-"))
    share = share_within(times, voice)
    message = "ssw-say-times" if times.share is not None or times.above is not None else "ssw-say-times-hidden"
    return voice.say(message, step=step, median=duration(times, voice), share=share)


def share_within(times: CaseTimes, voice: Voice) -> str:
    """Share within the limit, its lower bound, or the word for a hidden or missing one."""
    if times.share is not None:
        return voice.numbers.percent(times.share)
    if times.above is not None:
        return voice.say("ssw-share-above", share=voice.numbers.percent(times.above))
    return voice.say("value-missing" if times.nothing_due else "value-hidden")


def duration(times: CaseTimes, voice: Voice) -> str:
    """Median time in words, or the word for a hidden one."""
    if times.reached_hidden:
        return voice.say("value-hidden")
    if times.median is None:
        return voice.say("ssw-not-half-yet")
    unit = times.unit.replace("_", "-")
    days = round(times.median, 1)
    return voice.say(f"report-{unit}", count=int(days) if days == int(days) else days)


def earlier_sentences(proposals: Sequence[EarlierProposal], voice: Voice) -> list[str]:
    """How many earlier proposals stand in each state, and how many are late."""
    counts = proposal_counts(proposals)
    said = [
        voice.say(
            "ssw-say-earlier",
            count=counts.total,
            done=counts.by_status["done"],
            pending=counts.pending,
            rejected=counts.by_status["rejected"],
        )
    ]
    return [*said, voice.say("ssw-say-overdue", count=counts.overdue)] if counts.overdue else said


def signed_interval(low: float | None, high: float | None, voice: Voice) -> str:
    """An interval of relative changes with signs: −3 % – +12 %."""
    return f"{voice.numbers.signed_percent(low)} – {voice.numbers.signed_percent(high)}"


def inline(name: str) -> str:
    """A name inside a sentence: its first letter small, unless the word is an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
