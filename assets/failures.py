"""What a stage leaves behind when it fails: a note for the edition, and an error that holds no value."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

from lake.settings import Settings

OWN_PACKAGES = (
    "sources",
    "forecasting",
    "quality_checks",
    "indicators",
    "reporting",
    "counties",
    "lake",
    "assets",
)


class WithheldError(RuntimeError):
    """An error of a library whose message is withheld, because it may hold a value of a record."""


def withheld(error: Exception) -> WithheldError:
    """The kind of the error and where it happened, without its message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    own = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parts[-2:-1] and f.line]
    last = next((f for f in reversed(own) if any(p in Path(f.filename).parts for p in OWN_PACKAGES)), frame)
    return WithheldError(
        f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}; its message is withheld, "
        "because it may hold a value of a record"
    )


def is_own(error: BaseException) -> bool:
    """Whether the error is one of this project's, whose messages hold no values."""
    return type(error).__module__.split(".")[0] in OWN_PACKAGES


def note_failure(settings: Settings, county: str, stage: str, reason: str) -> None:
    """Leave a note that the stage failed, for the edition to say."""
    from lake.atomic import write_text

    write_text(_note(settings, county, stage), json.dumps({"stage": stage, "reason": reason}) + "\n")


def clear_failure(settings: Settings, county: str, stage: str) -> None:
    """Take the note away when the stage succeeds."""
    _note(settings, county, stage).unlink(missing_ok=True)


def failures(settings: Settings, county: str) -> list[str]:
    """Stages that failed on their last try, each with its reason."""
    notes = sorted((settings.lake / "_failures" / county).glob("*.json"))
    found = [json.loads(note.read_text(encoding="utf-8")) for note in notes]
    return [f"{note['stage']}: {note['reason']}" for note in found]


def _note(settings: Settings, county: str, stage: str) -> Path:
    return settings.lake / "_failures" / county / f"{stage}.json"
