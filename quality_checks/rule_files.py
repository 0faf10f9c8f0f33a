"""Rule files as plain data. Their meaning and schema are in `rules`; this loads in a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quality_checks.yaml_files import read_keyed

FOLDER = Path(__file__).parent / "catalogue"


class CatalogueError(ValueError):
    """A mistake in a rule file; the message names the file, the rule, what was expected and the mend."""


def rules_of(path: Path) -> list[dict[str, Any]]:
    """The rules of one file, its `defaults` under each.

    Raises:
        CatalogueError: the file cannot be read, or has no list of rules made of keys and values.
    """
    data = read_keyed(path, "rules", list, "a list of rules", CatalogueError)
    defaults = data.get("defaults") or {}
    if not isinstance(defaults, dict) or not all(isinstance(rule, dict) for rule in data["rules"]):
        raise CatalogueError(f"{path.name}: expected `key: value` pairs in `defaults` and in each rule of `rules`")
    return [{**defaults, **rule} for rule in data["rules"]]


def shipped_rules(folder: Path = FOLDER) -> list[tuple[str, dict[str, Any]]]:
    """Name of the file and rule, for every rule of the shipped catalogue, in its order."""
    return [(path.name, rule) for path in sorted(folder.glob("*.yaml")) for rule in rules_of(path)]


def suite_name(dimension: str, document_types: Sequence[str]) -> str:
    """Suite of a rule: its dimension and document family; rules of several document types stand together."""
    return f"{dimension}-{document_types[0] if len(document_types) == 1 else 'documents'}"


def suite_names(rules: Iterable[Mapping[str, Any]]) -> list[str]:
    """Suites that active rules make, sorted."""
    active = (rule for rule in rules if rule.get("mode", "active") == "active")
    return sorted({suite_name(rule["dimension"], rule.get("document_types", ())) for rule in active})
