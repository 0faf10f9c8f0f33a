"""Tables beside the edition's own that the record-quality report is made from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from reporting.quality.change_points import CHANGE_COLUMNS
from reporting.quality.findings import FINDING_COLUMNS
from reporting.quality.losses import LOSS_COLUMNS
from reporting.quality.process import ProcessTables
from reporting.quality.profile import PROFILE_COLUMNS
from reporting.quality.shifts import SHIFT_COLUMNS

RULE_COLUMNS = (
    "rule_id",
    "title_fi",
    "title_sv",
    "title_en",
    "mend_fi",
    "mend_sv",
    "mend_en",
    "severity",
    "source",
)
MENDING_COLUMNS = ("unit", "rule_id", "severity", "defects", "oldest_days", "index_gain", "place")


class QualityInputError(ValueError):
    """A table that the report cannot be made from: which, what was expected, how to mend."""


@dataclass(frozen=True)
class QualityExtras:
    """Tables beside the edition's own.

    Attributes:
        rules: the rule catalogue as a table, see `RULE_COLUMNS`.
        changes: control charts by unit and month, see `CHANGE_COLUMNS` (shares; `signal` is `worse`, `better` or
            empty, or a boolean); with a column `failed`, months with 1..k-1 defects are left out.
        case_times: times from initiation to assessment and decision.
        clients: document_id, client_id (pseudonym) of documents, for work lists alone.
        findings: what has become of findings since the edition before, see `FINDING_COLUMNS`.
        mending: what each unit should mend first, see `MENDING_COLUMNS`, for work lists alone.
        process: cases as a process, and the human audit.
        profile: the table `quality_profile`, see `profile.PROFILE_COLUMNS`.
        contributions: the table `rule_contributions`, see `losses.LOSS_COLUMNS`.
        shifts: the table `unit_shifts`, see `shifts.SHIFT_COLUMNS`.
    """

    rules: pl.DataFrame | None = None
    changes: pl.DataFrame | None = None
    case_times: pl.DataFrame | None = None
    clients: pl.DataFrame | None = None
    findings: pl.DataFrame | None = None
    mending: pl.DataFrame | None = None
    process: ProcessTables | None = None
    profile: pl.DataFrame | None = None
    contributions: pl.DataFrame | None = None
    shifts: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        """Take empty tables for none; refuse those with columns missing."""
        expected: dict[str, tuple[str, ...]] = {
            "rules": RULE_COLUMNS,
            "changes": CHANGE_COLUMNS,
            "case_times": (),
            "clients": ("document_id", "client_id"),
            "findings": FINDING_COLUMNS,
            "mending": MENDING_COLUMNS,
            "profile": PROFILE_COLUMNS,
            "contributions": LOSS_COLUMNS,
            "shifts": SHIFT_COLUMNS,
        }
        for name, columns in expected.items():
            table: pl.DataFrame | None = getattr(self, name)
            if table is None:
                continue
            if table.width == 0:
                object.__setattr__(self, name, None)
            elif missing := [c for c in columns if c not in table.columns]:
                raise QualityInputError(
                    f"table {name}: column {', '.join(missing)} is missing (found: {', '.join(table.columns)})"
                )
