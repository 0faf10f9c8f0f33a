"""The database of MLflow in a folder: there as a whole, or not at all.

MLflow makes its tables step by step; a process killed meanwhile leaves a database that no later one can open. So
it is made under another name and renamed when it is whole.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"


def address(folder: Path) -> str:
    """The tracking address of a folder."""
    return f"sqlite:///{folder.resolve() / DATABASE}"


def ensure_store(folder: Path) -> None:
    """Make the database in `folder` unless it is there; of two processes at once the first one's stands.

    The temporary name ends `.writing` and holds the process, so that leftovers of killed ones can be told.
    """
    database = folder.resolve() / DATABASE
    if database.exists():
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    aside = database.with_name(f".{DATABASE}.{socket.gethostname()}.{os.getpid()}.writing")
    aside.unlink(missing_ok=True)
    make: Callable[[str, str], Any] = SqlAlchemyStore
    try:
        make(f"sqlite:///{aside}", (database.parent / ARTIFACTS).as_uri()).engine.dispose()
        os.link(aside, database)
    except FileExistsError:  # another process was quicker
        return
    finally:
        aside.unlink(missing_ok=True)
