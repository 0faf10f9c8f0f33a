"""Keyed pseudonyms: HMAC-SHA256 with a key from a file or the environment, never in the repository."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sources.privacy import DASHES, IDENTITY_CODE

KEY_VARIABLE = "PALVELUTARVE_PSEUDONYM_KEY"
KEY_FILE_VARIABLE = "PALVELUTARVE_PSEUDONYM_KEY_FILE"
DIGITS = 32
DOMAINS = {
    "client_id": "client",
    "professional_id": "professional",
    "author_id": "professional",
    "case_id": "case",
}
"""Column that identifies somebody or something -> what its pseudonyms are of."""
PSEUDONYM = rf"^[0-9a-f]{{{DIGITS}}}$"
_MIN_KEY_BYTES = 16
_identity_code = re.compile(rf"{IDENTITY_CODE}$")
_space, _dash = re.compile(r"\s"), re.compile(f"[{DASHES}]")
_LENGTHS = range(11, 14)  # of an identity code, with spaces around its separator


class KeyFileError(ValueError):
    """A pseudonym key that cannot be used; the message never holds the key."""


@dataclass(frozen=True)
class Pseudonymiser:
    """Gives the same pseudonym to the same identifier, in every table and every run with the same key.

    Attributes:
        key: secret key, at least 16 bytes.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < _MIN_KEY_BYTES:
            raise KeyFileError(f"the pseudonym key has {len(self.key)} bytes; expected at least {_MIN_KEY_BYTES}")

    def pseudonyms(self, values: pl.Series, domain: str) -> pl.Series:
        """Pseudonyms of a column, 32 hexadecimal digits (128 bits); null stays null.

        Each distinct value is hashed once. Identity codes count as the same in upper and lower case, and with a
        hyphen or a dash, with or without spaces around it.

        Args:
            values: identifiers as text.
            domain: what they identify (`client`, `professional`, `case`); domains do not share pseudonyms.
        """
        distinct = values.drop_nulls().unique()
        start = hmac.new(self.key, f"{domain}\0".encode(), hashlib.sha256)
        hashed = [_digest(start, _canonical(value)) for value in distinct.to_list()]
        table = pl.DataFrame({"value": distinct, "pseudonym": pl.Series(hashed, dtype=pl.String)})
        joined = values.to_frame("value").join(table, on="value", how="left", maintain_order="left")
        return joined["pseudonym"].alias(values.name)

    def key_for(self, purpose: str) -> bytes:
        """Another secret key of 32 bytes, from which this one cannot be told."""
        return hmac.new(self.key, f"key\0{purpose}".encode(), hashlib.sha256).digest()

    def fingerprints(self, texts: pl.Series) -> pl.Series:
        """Keyed fingerprints of texts in lower case with single spaces; null for null and blank texts."""
        normal = texts.str.strip_chars().str.to_lowercase().str.replace_all(r"\s+", " ")
        return self.pseudonyms(normal.set(normal == "", None), "text")


def pseudonymiser_for(data: Path, environment: Mapping[str, str] | None = None) -> Pseudonymiser:
    """The pseudonymiser of a data folder.

    The key comes from `PALVELUTARVE_PSEUDONYM_KEY` (text of at least 16 characters), else from the file named in
    `PALVELUTARVE_PSEUDONYM_KEY_FILE`, else from `<data>/secrets/pseudonym.key`, made on first use for its owner
    alone.

    Raises:
        KeyFileError: a named file that is missing, readable by others, or holds too short a key.
    """
    environment = os.environ if environment is None else environment
    if text := environment.get(KEY_VARIABLE):
        return Pseudonymiser(text.encode())
    if named := environment.get(KEY_FILE_VARIABLE):
        return Pseudonymiser(_read_key(Path(named)))
    path = data / "secrets" / "pseudonym.key"
    if not path.exists():
        _create_key(path)
    return Pseudonymiser(_read_key(path))


def _digest(start: hmac.HMAC, value: str) -> str:
    state = start.copy()
    state.update(value.encode())
    return state.hexdigest()[:DIGITS]


def _canonical(value: str) -> str:
    stripped = value.strip()
    if len(stripped) not in _LENGTHS:
        return stripped
    code = _dash.sub("-", _space.sub("", stripped)).upper()
    return code if len(code) == _LENGTHS[0] and _identity_code.match(code) else stripped


def _read_key(path: Path) -> bytes:
    if not path.is_file():
        raise KeyFileError(
            f"the pseudonym key file {path.name} does not exist; create it or unset {KEY_FILE_VARIABLE}"
        )
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"the pseudonym key file {path.name} can be read by others; run: chmod 600 {path.name}")
    return path.read_bytes().strip()


def _create_key(path: Path) -> None:
    """Write a new key; of two processes that try at once the first one's key stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
