"""Whether a folder holds a check that came to its end and is as it was left, so that another may go on from it."""

from __future__ import annotations

import json
from pathlib import Path

from quality_checks.files import write_json
from quality_checks.memory import FOLDER, apart
from quality_checks.score_history import HISTORY
from quality_checks.verdict_files import SUPERSEDED, VERDICTS, WEIGHTS

# The last that a check leaves: the size of each file that the next one reads.
SIZES = f"{FOLDER}/sizes.json"
_READ = (FOLDER, VERDICTS, WEIGHTS, SUPERSEDED, "violations.parquet", HISTORY)


class DamagedCheckError(ValueError):
    """A file of an earlier check is missing or cut off; check the whole extract."""


def finish(folder: Path) -> None:
    """Tell that the check in a folder came to its end, and what it left for the next one."""
    found = [path for name in _READ for path in (folder / name, *(folder / name).rglob("*")) if path.is_file()]
    write_json({path.relative_to(folder).as_posix(): path.stat().st_size for path in found}, folder / SIZES)


def must_go_on_from(previous: Path, out: Path) -> None:
    """Refuse an earlier check that another one in `out` cannot go on from.

    Raises:
        FileNotFoundError: it left no memory, or did not come to its end.
        DamagedCheckError: one of its files is not as it was left.
        ValueError: both folders are one.
    """
    apart(previous, out)
    if not (previous / SIZES).is_file():
        raise FileNotFoundError(
            f"{previous}: no finished check with a memory; check the whole extract with --remember, to its end"
        )
    try:
        sizes = json.loads((previous / SIZES).read_text(encoding="utf-8"))
    except ValueError:
        sizes = {SIZES: None}
    for name, size in sizes.items():
        path = previous / name
        if not path.is_file() or path.stat().st_size != size:
            raise DamagedCheckError(
                f"{previous}: {name} is not as the earlier check left it; check the whole extract with --remember"
            )
