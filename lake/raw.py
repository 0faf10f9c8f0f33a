"""Raw downloads at rest: immutable, content-addressed, each with a line in its source's manifest.

Knows nothing of what the bytes mean; which question an answer belongs to is kept beside them by fingerprint.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from lake.atomic import write_bytes, write_text


@dataclass(frozen=True)
class RawRecord:
    """One manifest line: what was downloaded, from where, when, and under which licence.

    Attributes:
        sha256: digest of the bytes, which is also the file's name.
        url: address it came from.
        fetched_on: day it was fetched, ISO 8601.
        licence: licence of the publisher.
        size: length in bytes.
    """

    sha256: str
    url: str
    fetched_on: str
    licence: str
    size: int


class DamagedRawFileError(ValueError):
    """A raw file whose bytes no longer match its name."""


@dataclass(frozen=True)
class RawStore:
    """Downloads under one folder: `<root>/<source>/<sha256>` and `<root>/<source>/manifest.jsonl`.

    Attributes:
        root: the `raw/` folder.
        source: publisher's short name, such as `statfin`.
    """

    root: Path
    source: str

    @property
    def folder(self) -> Path:
        """Folder of this source."""
        return self.root / self.source

    def put(self, data: bytes, url: str, fetched_on: date, licence: str) -> Path:
        """Keep bytes under their own digest and note where they came from; kept bytes are never rewritten.

        Returns:
            The path of the file, `raw/<source>/<sha256>`.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / digest
        with self._locked():
            if not self._holds(path, digest):
                write_bytes(path, data)
            self._note(RawRecord(digest, url, fetched_on.isoformat(), licence, len(data)))
        return path

    def read(self, sha256: str) -> bytes:
        """The bytes kept under a digest.

        Raises:
            FileNotFoundError: nothing is kept under it.
            DamagedRawFileError: the file's bytes do not match its name.
        """
        path = self.folder / sha256
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedRawFileError(f"{path}: the bytes do not match the name; delete the file and fetch again")
        return data

    def records(self) -> tuple[RawRecord, ...]:
        """The manifest, oldest first."""
        return tuple(RawRecord(**json.loads(line)) for line in self._manifest_lines())

    def remember(self, key: str, sha256: str, fetched_on: date) -> None:
        """Note that the bytes `sha256`, first fetched on a day, answer the question with fingerprint `key`."""
        text = json.dumps({"fetched_on": fetched_on.isoformat(), "sha256": sha256}, sort_keys=True)
        write_text(self._answer(key), text + "\n")

    def answer(self, key: str) -> tuple[bytes, date] | None:
        """Bytes that answer the question `key` and the day they were first fetched; None when there are none.

        A damaged or vanished file counts as none: it will be fetched anew.
        """
        try:
            note = json.loads(self._answer(key).read_text(encoding="utf-8"))
            return self.read(note["sha256"]), date.fromisoformat(note["fetched_on"])
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def refuse(self, key: str, reason: str) -> None:
        """Note that the publisher refuses the question `key`, so that it need not be asked again."""
        write_text(self._refusal(key), reason + "\n")

    def refusal(self, key: str) -> str | None:
        """Why the publisher refuses the question `key`, or None."""
        path = self._refusal(key)
        return path.read_text(encoding="utf-8").rstrip("\n") if path.exists() else None

    def _refusal(self, key: str) -> Path:
        return self.folder / "answers" / f"{key}.refused"

    def _answer(self, key: str) -> Path:
        return self.folder / "answers" / f"{key}.json"

    def _holds(self, path: Path, digest: str) -> bool:
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.jsonl"

    def _manifest_lines(self) -> list[str]:
        return self._manifest.read_text(encoding="utf-8").splitlines() if self._manifest.exists() else []

    def _note(self, record: RawRecord) -> None:
        line = json.dumps(asdict(record), sort_keys=True, ensure_ascii=False)
        lines = self._manifest_lines()
        if line not in lines:
            write_text(self._manifest, "\n".join([*lines, line]) + "\n")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer of the source at a time, between threads and between processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".manifest.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
