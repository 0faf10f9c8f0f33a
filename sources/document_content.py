"""Structured fields of documents reduced at the door: coded values stay, free text becomes a marker.

Markers: `§text:123` (a text of 123 characters), `§placeholder`, `§identity-code`, `§phone`, `§email`, `§field:2`
(the name, by its place, of a field that the structure does not have); a content that is no JSON object, too long
or too deep becomes the JSON string `"§unreadable"`. Null and blank stay null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import polars as pl

from sources.privacy import IDENTITY_CODE, PHONE, holds_email, holds_identity_code, holds_phone, is_placeholder
from sources.structures import Field, FieldKind, Structures, load_structures

UNREADABLE = '"§unreadable"'
MAX_CHARACTERS = 200_000
MAX_DEPTH = 6
MAX_ELEMENTS = 500

_TEXT = Field("text")
_UNDECLARED = Field("text")  # told from `_TEXT` by identity: nothing is declared of the whole document
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
# Lower-case words with digits and joints, OIDs, section numbers: what a coded value looks like; a name does not.
_CODE = re.compile(r"(?:[a-z0-9]+(?:[_.:\-][a-z0-9]+)*|[A-Z0-9]{1,6}(?:[_.\-][A-Z0-9]{1,8})*)\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?\Z")
_NAME = re.compile(r"[A-Za-zÅÄÖåäö_][A-Za-zÅÄÖåäö_\-]{0,59}\Z")
_MAX_CODE = 40
# An escaped ASCII character may hide an identity code from a scan of the undecoded text.
_HIDDEN = r"\\u00[2-7]"


class _TooDeepError(ValueError):
    pass


def reduce_contents(
    contents: pl.Series, document_types: pl.Series, structures: Structures | None = None
) -> pl.Series:
    """Contents (JSON text) with free text replaced by markers; null stays null.

    Args:
        contents: JSON objects as text, one per document.
        document_types: the documents' types, which say the kinds of the fields.
        structures: declared field kinds; the shipped ones when None.
    """
    declared = (structures or load_structures()).document_types
    rows = pl.DataFrame({"content": contents, "type": document_types.cast(pl.String)})
    # Forms filled in alike come again and again.
    distinct = rows.unique(maintain_order=True)
    suspect = distinct["content"].str.contains(f"{IDENTITY_CODE}|{PHONE}|@|{_HIDDEN}").fill_null(value=False)
    reduced = [
        None if content is None else _reduced(content, declared.get(kind or ""), looks)
        for content, kind, looks in zip(distinct["content"], distinct["type"], suspect, strict=True)
    ]
    known = distinct.with_columns(pl.Series("reduced", reduced, dtype=pl.String))
    found = rows.join(known, on=["content", "type"], how="left", nulls_equal=True, maintain_order="left")
    return found["reduced"].alias(contents.name)


def _reduced(content: str, fields: Mapping[str, Field] | None, suspect: bool) -> str | None:
    if not content.strip():
        return None
    if len(content) > MAX_CHARACTERS:
        return UNREADABLE
    try:
        document = json.loads(content)
        if not isinstance(document, dict):
            return UNREADABLE
        return _ENCODE(_record(document, fields, suspect, 1))
    except (ValueError, RecursionError):
        return UNREADABLE


def _record(
    record: dict[str, Any], fields: Mapping[str, Field] | None, suspect: bool, depth: int
) -> dict[str, Any]:
    """The record reduced; without `fields` nothing is declared of the document's type."""
    if len(record) > MAX_ELEMENTS:
        raise _TooDeepError
    return {
        _name(name, i, fields, suspect): _value(
            value, _UNDECLARED if fields is None else fields.get(name, _TEXT), suspect, depth
        )
        for i, (name, value) in enumerate(record.items())
    }


def _name(name: str, place: int, fields: Mapping[str, Field] | None, suspect: bool) -> str:
    """A declared name; where nothing is declared any plain word; `§field:` and the place for all others."""
    kept = _NAME.match(name) is not None and not suspect if fields is None else name in fields
    return name if kept else f"§field:{place}"


def _value(value: Any, field: Field, suspect: bool, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if depth > MAX_DEPTH:
        raise _TooDeepError
    if isinstance(value, str):
        return _text(value, field.kind, suspect)
    if isinstance(value, list):
        return _elements(value, field, suspect, depth)
    if isinstance(value, dict):
        return _record(value, _inner(field), suspect, depth + 1)
    return value if field.kind in ("number", "code") and abs(value) < 1e6 else marker(str(value), suspect)


def _inner(field: Field) -> Mapping[str, Field] | None:
    if field is _UNDECLARED:
        return None
    return field.items if isinstance(field.items, Mapping) else {}


def _elements(values: list[Any], field: Field, suspect: bool, depth: int) -> list[Any]:
    if len(values) > MAX_ELEMENTS:
        raise _TooDeepError
    items = field.items
    if isinstance(items, Field):
        return [_value(value, items, suspect, depth + 1) for value in values]
    record = field if field is _UNDECLARED else _TEXT if items is None else Field("list", items)
    return [_value(value, record, suspect, depth + 1) for value in values]


@lru_cache(maxsize=1 << 16)  # the same codes, dates and phrases come again and again
def _text(text: str, kind: FieldKind, suspect: bool) -> str | None:
    if not text.strip():
        return None
    if kind == "code" and len(text) <= _MAX_CODE and _CODE.match(text):
        return marker(text, suspect) if _looks_personal(text, suspect) else text
    if kind == "date" and _DATE.match(text):
        return text
    return marker(text, suspect)


def _looks_personal(text: str, suspect: bool) -> bool:
    if not suspect or sum(character.isdigit() for character in text) < 7:
        return False
    return holds_identity_code(text) or holds_phone(text)


def marker(text: str, suspect: bool = True) -> str:
    """The marker that stands for a text; `suspect=False` when a scan found nothing personal around it."""
    if suspect:
        if holds_identity_code(text):
            return "§identity-code"
        if holds_phone(text):
            return "§phone"
        if holds_email(text):
            return "§email"
    return "§placeholder" if is_placeholder(text) else f"§text:{len(text.strip())}"


__all__ = ["UNREADABLE", "marker", "reduce_contents"]
