"""Dagster's SQLite files, kept open while a run writes to them.

Dagster opens and closes a connection for every event. Closing the last one makes SQLite move its write-ahead log
into the database and wait for the disk, event after event. One idle connection to each file spares that; and in
write-ahead mode `synchronous=NORMAL` keeps the database whole without waiting for the disk at every commit (a
power cut may cost the last events, never the file): https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

# A run writes to its own file and three that runs share; the files of runs long ended are let go.
MOST_OPEN = 8
_idle: dict[Path, sqlite3.Connection] = {}
_homes: set[Path] = set()


def keep_open(home: Path) -> None:
    """Keep the SQLite files under a folder open in this process from their first use on."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    _homes.add(home.resolve())
    if not event.contains(Engine, "connect", _connected):
        event.listen(Engine, "connect", _connected)


def let_go(home: Path) -> None:
    """Close what is kept open under a folder, and keep nothing there any more."""
    _homes.discard(home.resolve())
    for file in [file for file in _idle if home.resolve() in file.parents]:
        _idle.pop(file).close()


def kept(home: Path) -> set[str]:
    """Names of the files under a folder that are kept open."""
    return {file.name for file in _idle if home.resolve() in file.parents}


def _connected(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    with closing(connection.cursor()) as cursor:
        name = cursor.execute("PRAGMA database_list").fetchone()[2]
        file = Path(name).resolve() if name else None
        if file is None or not _homes & set(file.parents):
            return
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            return
        cursor.execute("PRAGMA synchronous=NORMAL")
    if file not in _idle:
        while len(_idle) >= MOST_OPEN:
            _idle.pop(next(iter(_idle))).close()
        idle = sqlite3.connect(file, check_same_thread=False)
        idle.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only what has read holds its place
        _idle[file] = idle
