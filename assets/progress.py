"""Progress on the terminal: one line when a stage begins, one when it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

VARIABLE = "PALVELUTARVE_PROGRESS"


@dataclass
class StageNote:
    """What a stage says of itself when it ends."""

    text: str = "done"


@contextmanager
def shown(stage: str, county: str) -> Iterator[StageNote]:
    """Print the stage's begin and end to standard error when `$PALVELUTARVE_PROGRESS` is set."""
    note = StageNote()
    started = time.monotonic()
    _say(f"  {stage} ({county}) ...")
    try:
        yield note
    except BaseException:
        _say(f"  {stage} ({county}) FAILED after {time.monotonic() - started:.1f} s")
        raise
    _say(f"  {stage} ({county}) {note.text}, {time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    if os.environ.get(VARIABLE):
        print(text, file=sys.stderr, flush=True)


def warn_of_absent(table: str, columns: Iterable[str], meaning: str = "it is taken as not recorded") -> list[str]:
    """Tell on standard error, always, which optional columns an extract does not have; the lines told."""
    lines = [
        f"{table}: no column '{name}' was delivered: {meaning}; if it has another name, map it "
        "under 'columns' in the county file"
        for name in columns
    ]
    for line in lines:
        print(f"  {line}", file=sys.stderr, flush=True)
    return lines


def say(text: str) -> None:
    """Print a line of progress to standard error: on a terminal, and when `$PALVELUTARVE_PROGRESS` is set."""
    if sys.stderr.isatty():
        print(f"  {text}", file=sys.stderr, flush=True)
    else:
        _say(f"  {text}")
