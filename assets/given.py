"""What people give in words, on the command line or in Dagster's launchpad: days and editions, checked."""

from __future__ import annotations

import re
from datetime import date

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def given_day(text: str) -> date | None:
    """The day of `--as-of`; None when nothing is given.

    Raises:
        ValueError: it is no ISO date.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"--as-of {text}: expected a date such as 2026-10-31") from None


def given_edition(text: str) -> str:
    """The name of `--edition`, or nothing: a month, since editions are put in order by their names.

    Raises:
        ValueError: it is no month.
    """
    if text and not _MONTH.fullmatch(text):
        raise ValueError(f"--edition {text}: expected a month such as 2026-11")
    return text
