"""The rule catalogue: rules as data, read from YAML, checked against their schema and the language's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quality_checks import language
from quality_checks.rule_files import FOLDER, CatalogueError, rules_of, shipped_rules
from quality_checks.schema import ALWAYS_PRESENT, FIELD_TYPES, content_fields
from quality_checks.settings import SETTING_TYPES

Dimension = Literal["completeness", "conformance", "timeliness", "plausibility"]
Severity = Literal["fatal", "convention", "characterization"]
WEIGHTS: dict[str, int] = {"fatal": 4, "convention": 2, "characterization": 0}
MOST_WEIGHT = 20
"""Largest weight that a rule may be given."""

# What the schema's own words leave unclear to who writes YAML.
MENDS = {"tuple_type": "expected a list, such as [case_note]", "extra_forbidden": "there is no such key"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Model):
    """One text in the three languages."""

    fi: str = Field(min_length=1)
    sv: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, code: str) -> str:
        """The text in `code` (fi, sv or en)."""
        return str(getattr(self, code))


class Source(_Model):
    """What a rule rests on: an act with its section, a national structure, or `local`."""

    kind: Literal["law", "national", "local"]
    reference: str = ""


class Rule(_Model):
    """One rule.

    Attributes:
        id: stable name; findings are compared over time by it.
        dimension: index the rule counts in.
        kahn: category of Kahn et al. (2016), with subcategory.
        completeness: which completeness a completeness rule means (Weiskopf et al. 2013).
        document_types: types it judges; empty means all.
        statuses: statuses it judges.
        applies: condition under which it judges a document.
        fails: condition under which the document has the defect.
        severity: fatal, convention or characterization (shown, not scored unless given a weight).
        stated_weight: weight in the scores where it is not that of its severity; `weight` in the file.
        mode: `active`, or `shadow` (counted apart, never in scores).
        valid_from: first date of a document it judges.
        valid_to: last date of a document it judges.
        since: column with the day the defect began, if not before the document was made; that day when not named.
        recoverable: share of the defect that can still be mended afterwards, 0 to 1.
        exemptions: what the rule leaves out, in plain words.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")
    title: Wording
    explanation: Wording
    mend: Wording
    dimension: Dimension
    kahn: Literal[
        "conformance.value",
        "conformance.relational",
        "conformance.computational",
        "completeness",
        "plausibility.temporal",
        "plausibility.atemporal",
        "plausibility.uniqueness",
    ]
    context: Literal["verification", "validation"] = "verification"
    completeness: Literal["documentation", "breadth", "density"] | None = None
    document_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("final",)
    applies: str = "true"
    fails: str
    severity: Severity
    stated_weight: int | None = Field(default=None, ge=0, le=MOST_WEIGHT, alias="weight")
    mode: Literal["active", "shadow"] = "active"
    valid_from: date | None = None
    valid_to: date | None = None
    since: str | None = None
    recoverable: float = Field(default=1.0, ge=0, le=1)
    limit: float = Field(default=0.95, ge=0, le=1)
    source: Source
    exemptions: Wording | None = None

    @property
    def weight(self) -> int:
        """Weight in the scores: the stated one, else by severity: fatal 4, convention 2, characterization 0."""
        return WEIGHTS[self.severity] if self.stated_weight is None else self.stated_weight

    @cached_property
    def applies_tree(self) -> language.Expression:
        """Syntax tree of `applies`."""
        return language.parse(self.applies)

    @cached_property
    def fails_tree(self) -> language.Expression:
        """Syntax tree of `fails`."""
        return language.parse(self.fails)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Columns of the prepared documents that the rule reads."""
        own = language.fields_of(self.applies_tree) | language.fields_of(self.fails_tree)
        return own | ({self.since} if self.since else frozenset())

    @cached_property
    def code_sets(self) -> frozenset[str]:
        """Dated code sets that the rule reads."""
        return language.sets_of(self.applies_tree) | language.sets_of(self.fails_tree)

    @cached_property
    def reads_content(self) -> bool:
        """Whether the rule reads fields inside a document, so that unreadable content leaves it unanswered."""
        return bool(self.fields & content_fields())


@dataclass(frozen=True)
class Catalogue:
    """Rules by id, in the order of their files."""

    rules: tuple[Rule, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Rule of each id."""
        return {rule.id: rule for rule in self.rules}

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the rules."""
        return tuple(rule.id for rule in self.rules)

    @property
    def active(self) -> tuple[Rule, ...]:
        """Rules that count: a shadow rule is on trial, its defects are counted in cells and listed nowhere."""
        return tuple(rule for rule in self.rules if rule.mode == "active")

    @property
    def scored(self) -> tuple[Rule, ...]:
        """Rules that count in the scores: active and with a weight."""
        return tuple(rule for rule in self.active if rule.weight > 0)

    def with_overrides(self, rules: Sequence[Mapping[str, Any]], origin: str) -> Catalogue:
        """The catalogue with a county's own rules: a known id changes the named keys, a new id is a new rule.

        Raises:
            CatalogueError: a rule without an id, twice in the list, removed though there is none, or not valid.
        """
        merged = {rule.id: rule.model_dump(exclude_defaults=True, by_alias=True) for rule in self.rules}
        seen: set[str] = set()
        for raw in rules:
            identity = str(raw.get("id", ""))
            if not identity:
                raise CatalogueError(f"{origin}: a rule without an id: {raw!r}; add `id`")
            if identity in seen:
                raise CatalogueError(f"{origin}: rule {identity} stands twice; put its keys together")
            seen.add(identity)
            if raw.get("remove") is True:
                if merged.pop(identity, None) is None:
                    raise CatalogueError(f"{origin}: rule {identity} cannot be removed: there is none of that id")
                continue
            merged[identity] = {**merged.get(identity, {}), **raw}
        return Catalogue(tuple(_rule(raw, origin) for raw in merged.values()))


def load_catalogue(*overrides: Path, folder: Path = FOLDER) -> Catalogue:
    """Read the shipped catalogue and, on top of it, a county's rule files.

    Args:
        overrides: YAML files with `rules:`; a rule of a known id changes only the keys it names,
            `remove: true` drops it, a new id adds a rule.
        folder: the shipped catalogue.

    Raises:
        CatalogueError: file, rule, what was expected and how to mend it.
    """
    catalogue = Catalogue(tuple(_rule(item, name) for name, item in shipped_rules(folder)))
    _check_ids(catalogue)
    for path in overrides:
        catalogue = catalogue.with_overrides(rules_of(path), path.name)
    return catalogue


def _rule(raw: Mapping[str, Any], origin: str) -> Rule:
    identity = raw.get("id", "?")
    try:
        rule = Rule.model_validate(raw)
        _check_language(rule)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {MENDS.get(e['type'], e['msg'])}" for e in error.errors()
        )
        raise CatalogueError(f"{origin}, rule {identity}: {problems}") from None
    except language.LanguageError as error:
        raise CatalogueError(f"{origin}, rule {identity}: {error}") from None
    return rule


def _check_language(rule: Rule) -> None:
    for tree in (rule.applies_tree, rule.fails_tree):
        language.check(tree, FIELD_TYPES, SETTING_TYPES)
    unguarded = language.unguarded_fields(rule.applies_tree, rule.fails_tree, ALWAYS_PRESENT)
    if unguarded:
        raise language.LanguageError(
            f"`fails` is unknown when {', '.join(sorted(unguarded))} is missing; "
            "add present(..) to `applies`, or say in `fails` what a missing value means"
        )
    if rule.since and FIELD_TYPES.get(rule.since) != "date":
        raise language.LanguageError(f"`since` must name a date column, found {rule.since}")


def _check_ids(catalogue: Catalogue) -> None:
    seen: set[str] = set()
    for identity in catalogue.ids:
        if identity in seen:
            raise CatalogueError(f"rule id {identity} is used twice; ids are stable and unique")
        seen.add(identity)
