"""Atomic writes: a reader sees the old file or the new one, never a part of either."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary name in the same folder; on success sync it, rename it over `path`, sync the folder.

    The temporary name ends `.writing`, so no pattern such as `*.parquet` ever sees a half-written file. When
    the block raises, the temporary file is removed and `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.writing")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically; line ends stay as they are."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically."""
    with written_atomically(path) as temporary:
        temporary.write_bytes(data)


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def folder_replaced(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill; on success two renames put it in the place of `folder`.

    When the block or a rename fails, `folder` is as it was. A process killed between the renames leaves the old
    folder under another name, and the next one puts it back.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _put_back(folder)
    own = f".{folder.name}.{socket.gethostname()}.{os.getpid()}"
    staging, old = folder.with_name(f"{own}.writing"), folder.with_name(f"{own}.old")
    staging.mkdir()
    try:
        yield staging
        if folder.exists():
            folder.rename(old)
        staging.rename(folder)
        sync_folder(folder.parent)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _put_back(folder: Path) -> None:
    for left in folder.parent.glob(f".{escape(folder.name)}.{socket.gethostname()}.*"):
        process, ending = left.name.split(".")[-2:]
        if ending not in ("old", "writing") or not process.isdecimal():
            continue
        if int(process) != os.getpid() and _alive(int(process)):
            continue
        if ending == "old" and not folder.exists():
            left.rename(folder)
        else:
            shutil.rmtree(left, ignore_errors=True)


def remove_abandoned(folder: Path) -> int:
    """Remove what killed processes of this machine left half written under `folder`; returns how many things."""
    removed = 0
    for temporary in list(folder.rglob(f".*.{socket.gethostname()}.*.writing*")):  # a database's journal too
        process = temporary.name.split(".")[-2]
        if process.isdecimal() and not _alive(int(process)):
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)
            removed += 1
    return removed


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
