"""The summary of a check as a table for people: indices, then rules by what they found, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHADOW = "shadow"
SEVERITIES = ("fatal", "convention", "characterization", SHADOW)
TITLE_WIDTH = 58
LEAST_SHOWN = 0.00005
"""Least share that two decimals of a percentage still show."""
WORDS = ("index", "severity", "rule", "document type", "what should hold", "because")
NOTHING_JUDGED = "nothing was judged: no rule could be asked about these documents, or none is about them"
# Why documents that were read are not judged, in words: the reasons of `usable`.
EXCLUDED = {
    "no_document_id": "no document id",
    "unusable_document_id": "the document id cannot be used",
    "no_creation_time": "no creation time",
    "same_id_same_content": "an exact copy of a document that is judged",
    "same_id_other_content": "another content under one id: of these documents only the latest made is judged",
}


def summary_table(
    summary: Mapping[str, Any], language: str = "en", *, quarantine_reasons: Mapping[str, str] | None = None
) -> str:
    """Text of the table.

    Args:
        summary: as in `summary.json`.
        language: of the rules' titles (fi, sv or en).
        quarantine_reasons: in words, why rows were set aside before they could be judged.
    """
    indices = [
        (
            name,
            f"{row['documents']:,}",
            _percent(row["index"]),
            "-" if row["low"] is None else f"{_percent(row['low'])} - {_percent(row['high'])}",
        )
        for name, row in sorted(summary["indices"].items())
    ]
    found = sorted(
        (rule for rule in summary["rules"].items() if rule[1]["failed"]),
        key=lambda rule: (SEVERITIES.index(_severity(rule[1])), -rule[1]["failed"], rule[0]),
    )
    rules = [
        (
            _severity(rule),
            f"{rule['failed']:,}",
            f"{rule['eligible']:,}",
            _percent(_share(rule)),
            rule_id,
            ", ".join(rule["document_types"]) or "all",
            _short(rule, language),
        )
        for rule_id, rule in found
    ]
    excluded = [(f"{n:,}", EXCLUDED[reason]) for reason, n in sorted(summary["excluded"].items())]
    why = quarantine_reasons or {}
    set_aside = [
        (f"{n:,}", why.get(reason, reason)) for reason, n in sorted(summary.get("quarantined", {}).items())
    ]
    parts = [
        _aligned(("index", "documents", "in order", "95 % interval"), indices),
        _aligned(("severity", "defects", "judged", "share", "rule", "document type", "what should hold"), rules),
        _aligned(("excluded", "because"), excluded),
        _aligned(("quarantined", "because"), set_aside),
    ]
    nothing = [] if any(rule["eligible"] for rule in summary["rules"].values()) else [NOTHING_JUDGED]
    return "\n\n".join([*nothing, *(part for part in (*parts, _not_asked(summary["rules"])) if part)])


def _not_asked(rules: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each reason, with the rules that could not be asked for it."""
    reasons = sorted({rule["reason"] for rule in rules.values() if rule["reason"]})
    named = [
        (reason, sorted(name for name, rule in rules.items() if rule["reason"] == reason)) for reason in reasons
    ]
    return "\n".join(f"not asked ({reason}): {', '.join(names)}" for reason, names in named)


def _severity(rule: Mapping[str, Any]) -> str:
    """The rule's severity; of a rule on trial, which counts in no score and fails no check, that it is one."""
    return SHADOW if rule["mode"] == SHADOW else str(rule["severity"])


def _share(rule: Mapping[str, Any]) -> float | None:
    return rule["failed"] / rule["eligible"] if rule["eligible"] else None


def _percent(share: float | None) -> str:
    """A share with two decimals; a defect that they would round away is told to be under the least of them."""
    if share is None:
        return "-"
    return "<0.01 %" if 0 < share < LEAST_SHOWN else f"{100 * share:.2f} %"


def _short(rule: Mapping[str, Any], language: str) -> str:
    title = str(rule["title"][language])
    return title if len(title) <= TITLE_WIDTH else title[: TITLE_WIDTH - 1] + "…"


def _aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: words to the left, numbers to the right. Empty without rows."""
    if not rows:
        return ""
    lines = [heads, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    words = [i for i in range(len(heads)) if heads[i] in WORDS]

    def cell(i: int, text: str) -> str:
        return text.ljust(widths[i]) if i in words else text.rjust(widths[i])

    return "\n".join("  ".join(cell(i, text) for i, text in enumerate(line)).rstrip() for line in lines)
