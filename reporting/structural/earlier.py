"""Earlier proposals of the county and what became of them, from the county's own register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

PROPOSAL_COLUMNS = ("area", "proposal", "made_on", "addressee", "owner", "due_on", "status", "outcome")
STATUSES = ("done", "in_progress", "open", "rejected")
PENDING = ("open", "in_progress")


@dataclass(frozen=True)
class EarlierProposal:
    """One earlier proposal; texts are codes of the catalogue or the county's own words, on one line.

    Attributes:
        area: service area, or the county's code for a proposal of the whole county.
        overdue: not yet done or rejected although its deadline has passed.
    """

    area: str
    proposal: str
    made_on: date | None
    addressee: str
    owner: str
    due_on: date | None
    status: str
    outcome: str
    overdue: bool


def earlier_proposals(table: pl.DataFrame, as_of: date) -> tuple[EarlierProposal, ...]:
    """All proposals in order of the day they were made."""
    return tuple(
        EarlierProposal(
            *(_line(r["area"]), _line(r["proposal"]), r["made_on"], _line(r["addressee"]), _line(r["owner"])),
            *(r["due_on"], _line(r["status"]), _line(r["outcome"])),
            overdue=r["status"] in PENDING and r["due_on"] is not None and r["due_on"] < as_of,
        )
        for r in table.sort("made_on", "area", "proposal").iter_rows(named=True)
    )


@dataclass(frozen=True)
class ProposalCounts:
    """How many proposals stand in each state, and how many of the unfinished ones are late."""

    by_status: dict[str, int]
    overdue: int

    @property
    def total(self) -> int:
        """All proposals."""
        return sum(self.by_status.values())

    @property
    def pending(self) -> int:
        """Those neither done nor rejected."""
        return sum(self.by_status[s] for s in PENDING)


def proposal_counts(proposals: Sequence[EarlierProposal]) -> ProposalCounts:
    """Proposals by state."""
    return ProposalCounts(
        {status: sum(p.status == status for p in proposals) for status in STATUSES},
        sum(p.overdue for p in proposals),
    )


def _line(value: str | None) -> str:
    return " ".join((value or "").split())
