"""What a stage leaves behind when it fails: a note for the edition, and an error that holds no value."""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

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


# In what way a stage failed; `reporting.missing` has the readers' words for each.
Kind = Literal["unreadable", "refused", "failed", "set_aside"]


@dataclass(frozen=True)
class FailureNote:
    """What a stage left behind: its name, in what way it failed, and the reason in English."""

    stage: str
    kind: Kind
    reason: str


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


def kind_of(error: BaseException) -> Kind:
    """Whether the data were at fault, as the rooms that read them say, or the calculation."""
    return "unreadable" if type(error).__module__.split(".")[0] == "sources" else "failed"


def note_failure(settings: Settings, county: str, note: FailureNote) -> None:
    """Leave a note that the stage failed, for the edition to say."""
    from lake.atomic import write_text

    write_text(_note(settings, county, note.stage), json.dumps(asdict(note)) + "\n")


def clear_failure(settings: Settings, county: str, stage: str) -> None:
    """Take the note away when the stage succeeds."""
    _note(settings, county, stage).unlink(missing_ok=True)


def failure_notes(settings: Settings, county: str) -> list[FailureNote]:
    """Notes of the stages that failed on their last try; one of an earlier version has no kind."""
    notes = sorted((settings.lake / "_failures" / county).glob("*.json"))
    return [FailureNote(**{"kind": "failed", **json.loads(note.read_text(encoding="utf-8"))}) for note in notes]


def failures(settings: Settings, county: str) -> list[str]:
    """Stages that failed on their last try, each with its reason."""
    return [f"{note.stage}: {note.reason}" for note in failure_notes(settings, county)]


def _note(settings: Settings, county: str, stage: str) -> Path:
    return settings.lake / "_failures" / county / f"{stage}.json"
