"""What a suite found, as plain values. An expectation that raised is an error, never a finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "fail", "error", "not_applicable"]


@dataclass(frozen=True)
class Outcome:
    """Outcome of one expectation.

    Attributes:
        suite: name of the suite.
        table: table it looked at.
        rule_id: rule it stands for.
        title: title shown.
        severity: critical, warning or info.
        status: pass, fail, error (it could not be asked) or not applicable (nothing to judge).
        evaluated: rows judged.
        unexpected: rows against the expectation.
        message: for errors, the kind of the exception; values of rows are never in it.
    """

    suite: str
    table: str
    rule_id: str
    title: str
    severity: str
    status: Status
    evaluated: int | None = None
    unexpected: int | None = None
    message: str = ""


def counts_by_status(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many outcomes have each status; all four are named."""
    counts = Counter(outcome.status for outcome in outcomes)
    return {status: counts.get(status, 0) for status in ("pass", "fail", "error", "not_applicable")}
