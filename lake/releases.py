"""Releases: everything published together becomes current by one atomic swap of a pointer; old editions stay."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake.atomic import sync_folder, write_text


@dataclass(frozen=True)
class Releases:
    """Editions of one county: `<root>/<county>/<edition>/`, with `current.json` naming the current one."""

    root: Path
    county: str

    @property
    def folder(self) -> Path:
        """Folder of the county's editions."""
        return self.root / self.county

    def path(self, edition: str) -> Path:
        """Folder of one edition."""
        return self.folder / edition

    @contextmanager
    def publishing(self, edition: str) -> Iterator[Path]:
        """Give an empty folder to fill; on success it replaces the edition and the pointer moves to it.

        A block that raises, or a process that dies, leaves the published edition and the pointer as they were.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear_leftovers()
        staging = self.folder / f".{edition}.{os.getpid()}.staging"
        staging.mkdir()
        yield staging
        target, old = self.path(edition), self.folder / f".{edition}.{os.getpid()}.old"
        if target.exists():
            target.rename(old)
        staging.rename(target)
        sync_folder(self.folder)
        write_text(self.folder / "current.json", json.dumps({"edition": edition}) + "\n")
        shutil.rmtree(old, ignore_errors=True)

    def current(self) -> str | None:
        """The current edition, or None when nothing is published."""
        pointer = self.folder / "current.json"
        return str(json.loads(pointer.read_text(encoding="utf-8"))["edition"]) if pointer.exists() else None

    def _clear_leftovers(self) -> None:
        for leftover in self.folder.glob(".*.old"):
            edition = leftover.name[1:].split(".")[0]
            if not self.path(edition).exists():
                leftover.rename(self.path(edition))
        for pattern in (".*.staging", ".*.old"):
            for leftover in self.folder.glob(pattern):
                shutil.rmtree(leftover)
