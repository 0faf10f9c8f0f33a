"""What a PxWeb table says of itself: its variables, found by role and name, never by exact code.

Offices rename variables with every boundary vintage (`Alue`, `alue_23_20260101`), so a variable is resolved by the
role its server gives it, then by the beginning of its code, then by its label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sources.jsonstat import category_codes, category_labels

Role = Literal["area", "age", "sex", "time", "contents", "language"]

# Beginnings of codes and labels (fi, sv, en, no), without accents and in lower case.
_NAMES: dict[Role, tuple[str, ...]] = {
    "area": ("alue", "kunta", "omrade", "region", "area", "kommun", "municipality"),
    "age": ("ika", "alder", "age"),
    "sex": ("sukupuoli", "kon", "kjonn", "sex", "gender"),
    "time": ("vuosi", "timeperiod", "time", "tid", "ar", "year", "kuukausi", "manad", "month"),
    "contents": ("tiedot", "contents", "uppgifter", "information", "tabellinnehall", "statistikkvariabel"),
    "language": ("kieli", "sprak", "language", "mother tongue"),
}
_JSONSTAT_ROLES: dict[str, Role] = {"time": "time", "geo": "area", "metric": "contents"}


class TableShapeError(ValueError):
    """A table that does not have what was expected of it; the message names both and the mend."""


@dataclass(frozen=True)
class Variable:
    """A variable of a table.

    Attributes:
        code: its code in queries.
        label: its name for people.
        values: codes of its values, in order.
        labels: names of its values, in the same order.
        role: the role the server gives it, if any.
    """

    code: str
    label: str
    values: tuple[str, ...]
    labels: tuple[str, ...]
    role: Role | None = None

    def label_of(self, value: str) -> str:
        """Name of one value."""
        return self.labels[self.values.index(value)]


@dataclass(frozen=True)
class PxTable:
    """A table as one server describes it.

    Attributes:
        name: short name, such as `11re`.
        address: URL that answers for it.
        title: title for people.
        updated: the publisher's time stamp of the release, ISO 8601.
        variables: its variables, in order.
    """

    name: str
    address: str
    title: str
    updated: str
    variables: tuple[Variable, ...]

    @property
    def vintage(self) -> str:
        """Text of the `vintage` column, such as `11re, updated 2026-04-01`."""
        return f"{self.name}, updated {self.updated[:10]}"

    def variable(self, role: Role) -> Variable:
        """The variable in a role.

        Raises:
            TableShapeError: none, or more than one, looks like it.
        """
        for matches in (
            [v for v in self.variables if v.role == role],
            [v for v in self.variables if _is_named(v.code, role)],
            [v for v in self.variables if _is_named(v.label, role)],
        ):
            if len(matches) == 1:
                return matches[0]
        have = ", ".join(f"{v.code} ({v.label})" for v in self.variables)
        raise TableShapeError(
            f"table {self.name} ({self.address}): no single variable for {role}; it has {have}; expected "
            f"one whose code or label begins with one of: {', '.join(_NAMES[role])}; add the new name to "
            "sources/pxweb_tables.py"
        )


def plain(text: str) -> str:
    """Lower case without accents: `Ålder` -> `alder`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ø", "o").strip()


def _is_named(name: str, role: Role) -> bool:
    """Whether a name begins with one of the role's names and then ends, or goes on as `_23_20260101`, `ryhma`."""
    return any(re.match(rf"{word}(ryhma|yr|code|skod)?(?![a-z])", plain(name)) for word in _NAMES[role])


def variables_of_v1(metadata: Mapping[str, Any]) -> tuple[Variable, ...]:
    """Variables of a PxWeb v1 metadata answer (`variables`, with `code text values valueTexts time`)."""
    return tuple(
        Variable(
            code=str(v["code"]),
            label=str(v.get("text", v["code"])),
            values=tuple(str(x) for x in v["values"]),
            labels=tuple(str(x) for x in v.get("valueTexts", v["values"])),
            role="time" if v.get("time") else None,
        )
        for v in metadata["variables"]
    )


def variables_of_v2(metadata: Mapping[str, Any]) -> tuple[Variable, ...]:
    """Variables of a PxWeb v2 metadata answer (a json-stat2 dataset without values)."""
    role_of = {
        name: _JSONSTAT_ROLES[role]
        for role, names in metadata.get("role", {}).items()
        if role in _JSONSTAT_ROLES
        for name in names
    }
    return tuple(
        Variable(
            code=name,
            label=str(metadata["dimension"][name].get("label", name)),
            values=tuple(category_codes(metadata, name)),
            labels=tuple(category_labels(metadata, name)),
            role=role_of.get(name),
        )
        for name in metadata["id"]
    )
