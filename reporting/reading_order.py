"""The order in which a reader of one language looks names up: its alphabet, numbers by size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Key = tuple[tuple[int, int, str], ...]

# The letters after z; "{" follows z among characters. English readers look them up under their plain letters.
_AFTER_Z = {"å": "{1", "ä": "{2", "æ": "{2", "ö": "{3", "ø": "{3"}
_LANGUAGES = {"fi": _AFTER_Z, "sv": _AFTER_Z}


def reading_key(text: str, language: str) -> Key:
    """What names are compared by: letters without case, other accents left out, numbers by their size."""
    parts = re.split(r"(\d+)", unicodedata.normalize("NFC", text).casefold())
    after_z = _LANGUAGES.get(language, {})
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, "".join(after_z.get(c) or _plain(c) for c in part))
        for part in parts
        if part
    )


def in_reading_order(items: Iterable[Item], name: Callable[[Item], str], language: str) -> list[Item]:
    """Items by their names; those of the same name stay in their order."""
    return sorted(items, key=lambda item: reading_key(name(item), language))


def _plain(letter: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
