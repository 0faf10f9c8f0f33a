"""What a run promises outside the lake: an edition in a database, in recipients' hands.

A promise that cannot be kept fails no step: the rest stands, the next run tries again. It is a failed check, and
the command line ends with exit code 1 and names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

DATABASE_HAS_THE_EDITION = "database_has_the_edition"
EVERYONE_HAS_THE_EDITION = "everyone_has_the_edition"
PROMISES = frozenset({DATABASE_HAS_THE_EDITION, EVERYONE_HAS_THE_EDITION})


def promise(
    table: str, check: str, *, kept: bool, told: str, metadata: Mapping[str, Any] | None = None
) -> dg.AssetCheckResult:
    """The check of a promise.

    Args:
        table: the table that tells of it.
        check: one of `PROMISES`.
        kept: whether it is kept.
        told: in words, what is there, or why it is not.
        metadata: figures beside it.
    """
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=check,
        passed=kept,
        severity=dg.AssetCheckSeverity.ERROR,
        description=told,
        metadata=dict(metadata or {}),
    )
