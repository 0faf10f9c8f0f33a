"""Fingerprints: what a table was made from. Equal fingerprint means nothing to do; that is the resume rule."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def fingerprint(*parts: Any) -> str:
    """SHA-256 of the parts as canonical JSON, 16 hex digits; dates and paths count as their text."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, 16 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def code_fingerprint(*folders: Path) -> str:
    """Fingerprint of the source files (py, yaml, ftl, csv, typ) under `folders`, by relative name and bytes."""
    endings = {".py", ".yaml", ".ftl", ".csv", ".typ", ".html", ".css", ".js"}
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in endings
    )
    return fingerprint([[name, file_fingerprint(path)] for name, path in files])
