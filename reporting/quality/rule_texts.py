"""What reports say of a rule: its words in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from reporting.numbers import MISSING
from reporting.pdf.blocks import Cell, Mark, Tone
from reporting.pdf.voice import Voice

SEVERITY_TONES: dict[str, Tone] = {"fatal": "poor", "convention": "fair", "characterization": "neutral"}


@dataclass(frozen=True)
class RuleText:
    """A rule in one language."""

    rule_id: str
    title: str
    mend: str
    severity: str
    source: str


def rule_texts(rules: pl.DataFrame | None, language: str) -> dict[str, RuleText]:
    """Rules by id; empty without a catalogue."""
    if rules is None:
        return {}
    return {
        r["rule_id"]: RuleText(
            r["rule_id"], r[f"title_{language}"], r[f"mend_{language}"], r["severity"] or "", r["source"] or ""
        )
        for r in rules.iter_rows(named=True)
    }


def title_of(rule_id: str, rules: Mapping[str, RuleText], voice: Voice) -> str:
    """Title of a rule; a rule that the catalogue does not have is shown by its id and said to be unknown."""
    return rules[rule_id].title if rule_id in rules else voice.say("report-unknown-code", code=rule_id)


def severity_mark(severity: str, voice: Voice) -> Cell:
    """A rule's severity in words."""
    if severity not in SEVERITY_TONES:
        return severity or MISSING
    return Mark(voice.name("rq-severity", severity), SEVERITY_TONES[severity])
