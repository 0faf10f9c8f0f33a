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


def code_fingerprint(*places: Path) -> str:
    """Fingerprint of source files (py, yaml, ftl, csv, typ, html, css, js), by relative name and bytes.

    Args:
        places: folders with all under them, or single files.

    Raises:
        FileNotFoundError: a place is not there; it would count as code that never changes.
    """
    if missing := [place for place in places if not place.exists()]:
        raise FileNotFoundError(f"{missing[0]}: there is no such code to take a fingerprint of")
    endings = {".py", ".yaml", ".ftl", ".csv", ".typ", ".html", ".css", ".js"}
    files = sorted(
        (path.name if path == place else path.relative_to(place).as_posix(), path)
        for place in places
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.suffix in endings
    )
    return fingerprint([[name, file_fingerprint(path)] for name, path in files])
