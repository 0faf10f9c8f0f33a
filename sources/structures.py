"""Field kinds of client documents, read from `reference/document_structures.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

FieldKind = Literal["text", "code", "date", "bool", "number", "list"]
_FILE = Path(__file__).parent / "reference" / "document_structures.yaml"


@dataclass(frozen=True)
class Field:
    """Kind of one field; the elements of a list are fields of their own or records of fields."""

    kind: FieldKind
    items: Field | Mapping[str, Field] | None = None


@dataclass(frozen=True)
class Structures:
    """Fields by document type, and the texts that say nothing."""

    version: str
    document_types: Mapping[str, Mapping[str, Field]]
    placeholders: frozenset[str]


@cache
def load_structures(path: Path = _FILE) -> Structures:
    """Read the declared structures.

    Raises:
        ValueError: an unknown kind, with its document type and field.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    types = {
        name: {field: _field(kind, f"{path.name}: {name}.{field}") for field, kind in fields.items()}
        for name, fields in data["document_types"].items()
    }
    return Structures(str(data["version"]), types, frozenset(str(text) for text in data["placeholders"]))


def _field(declared: Any, where: str) -> Field:
    if declared in get_args(FieldKind) and declared != "list":
        return Field(declared)
    if isinstance(declared, dict) and set(declared) == {"list"}:
        items = declared["list"]
        if isinstance(items, dict):
            return Field("list", {name: _field(kind, f"{where}.{name}") for name, kind in items.items()})
        return Field("list", _field(items, where))
    raise ValueError(f"{where}: '{declared}' is no kind; expected one of {', '.join(get_args(FieldKind))}")
