"""The engine: rules bound to settings and code sets, and their verdicts on prepared documents.

A verdict is ok (true), defect (false) or neither (null): not applicable, or not evaluable when the document's
content could not be read or a column or code set that the rule needs is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce

import polars as pl

from quality_checks import language
from quality_checks.calendar import WorkingDays
from quality_checks.facts import DERIVED
from quality_checks.language.binding import DatedCode
from quality_checks.rules import Catalogue, Rule
from quality_checks.schema import CHECK_COLUMNS
from quality_checks.settings import Settings

Scope = tuple[tuple[str, ...], tuple[str, ...], date | None, date | None]
TYPES, STATUSES = "document_types", "statuses"
# Columns beside the verdicts that other tables are made from, where the rules brought them.
HIDDEN = {
    "_readable": "content_readable",
    "_author": "author_id",
    "_client": "client_id",
    "_case": "case_id",
    **{f"_{name}": name for name in ("first_deviation", "phase_rank_before", "phase_rank", "phase_cost_days")},
}


@dataclass(frozen=True)
class CompiledRule:
    """A rule bound to settings and code sets; `missing` says why it cannot be asked (empty when it can).

    Attributes:
        timed: `applies` and `fails` with the day of judgement left open; None without a clock.
    """

    rule: Rule
    calendar: WorkingDays
    applies: language.Expression | None = None
    fails: language.Expression | None = None
    missing: str = ""
    timed: tuple[language.Expression, language.Expression] | None = None

    @property
    def scope(self) -> Scope:
        """Types, statuses and dates of the documents that the rule is about."""
        rule = self.rule
        return rule.document_types, rule.statuses, rule.valid_from, rule.valid_to

    @property
    def scope_column(self) -> str:
        """Column that tells whether a document is in scope."""
        return f"_scope {self.scope}"

    def judging(self, applies: pl.Expr, fails: pl.Expr) -> pl.Expr:
        """Ok, defect or null, named like the rule; needs the column of the scope."""
        judged = pl.col(self.scope_column)
        if self.rule.reads_content:
            judged = judged & pl.col("content_readable")
        if self.rule.applies != "true":
            judged = judged & applies
        return pl.when(judged).then(~fails).otherwise(None).alias(self.rule.id)

    def to_polars(self, expression: language.Expression) -> pl.Expr:
        """One of the rule's expressions, or another form of it, compiled."""
        return language.to_polars(expression, self.calendar)


@dataclass(frozen=True)
class CompiledCatalogue:
    """Rules ready for an engine."""

    rules: tuple[CompiledRule, ...]

    @cached_property
    def scopes(self) -> list[pl.Expr]:
        """Whether a document is in scope, once for all rules of a scope."""
        distinct = {c.scope_column: c.scope for c in self.rules}
        return [in_scope(scope).alias(name) for name, scope in distinct.items()]

    @cached_property
    def shared(self) -> list[pl.Expr]:
        """Expressions that several rules have, each as a column: what is asked more than once is answered once.

        Versions of a rule have most of it in common, and so have rules about one event.
        """
        return [made.alias(name) for name, made in self._shared.values()]

    @cached_property
    def verdicts(self) -> list[pl.Expr]:
        """Ok, defect or null for each rule; needs the columns of scopes and those that are shared."""
        found = []
        for c in self.rules:
            if c.applies is None or c.fails is None:
                found.append(pl.lit(None, dtype=pl.Boolean).alias(c.rule.id))
            else:
                found.append(c.judging(self._compiled(c, c.applies), self._compiled(c, c.fails)))
        return found

    def _compiled(self, rule: CompiledRule, tree: language.Expression) -> pl.Expr:
        name, _ = self._shared.get(repr(tree), ("", None))
        return pl.col(name) if name else rule.to_polars(tree)

    @cached_property
    def _shared(self) -> dict[str, tuple[str, pl.Expr]]:
        """By what is said: name of the column and what it is made of."""
        said = [(repr(tree), c, tree) for c in self.rules for tree in (c.applies, c.fails) if tree is not None]
        times = Counter(key for key, _, _ in said)
        # What is a column or a value already gains nothing.
        simple = language.Field | language.Literal
        several = {key: (c, tree) for key, c, tree in said if times[key] > 1 and not isinstance(tree, simple)}
        return {key: (f"_said {n}", c.to_polars(tree)) for n, (key, (c, tree)) in enumerate(several.items())}

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Document types that some rule names."""
        return tuple(sorted({kind for c in self.rules for kind in c.rule.document_types}))

    def about(self, *kinds: str) -> CompiledCatalogue:
        """The rules about any of some document types; those about every type when no rule names them."""
        if kinds not in self._about:
            named = set(kinds)
            own = (c for c in self.rules if not c.rule.document_types or named & {*c.rule.document_types})
            self._about[kinds] = CompiledCatalogue(tuple(own))
        return self._about[kinds]

    @cached_property
    def _about(self) -> dict[tuple[str, ...], CompiledCatalogue]:
        return {}

    @cached_property
    def reads(self) -> frozenset[str]:
        """Columns of the prepared documents that the rules read."""
        return frozenset().union(*(c.rule.fields for c in self.rules if not c.missing))

    @property
    def not_evaluable(self) -> dict[str, str]:
        """Rules that cannot be asked at all, with the reason."""
        return {c.rule.id: c.missing for c in self.rules if c.missing}


def compile_catalogue(
    catalogue: Catalogue,
    *,
    columns: Sequence[str],
    settings: Settings,
    code_sets: Mapping[str, Sequence[DatedCode]],
    calendar: WorkingDays,
    as_of: date,
) -> CompiledCatalogue:
    """Bind every rule to settings and code sets.

    Args:
        catalogue: the rules.
        columns: columns that the prepared documents have.
        settings: the county's limits.
        code_sets: dated codes by set name.
        calendar: working days.
        as_of: day of the judgement.
    """
    values = settings.values(as_of)
    bound = (_compile(rule, frozenset(columns), values, code_sets, calendar) for rule in catalogue.rules)
    return CompiledCatalogue(tuple(bound))


def _compile(
    rule: Rule,
    columns: frozenset[str],
    values: Mapping[str, object],
    code_sets: Mapping[str, Sequence[DatedCode]],
    calendar: WorkingDays,
) -> CompiledRule:
    # Of a scope of which nothing is known no document would be judged.
    about = {name for name, scope in (("status", rule.statuses), ("document_type", rule.document_types)) if scope}
    lacking = sorted(_delivered_as((rule.fields | about) - columns, columns))
    sets = sorted(name for name in rule.code_sets if not code_sets.get(name))
    parts = [
        *(f"column {name} is missing" for name in lacking),
        *(f"code set {name} is missing" for name in sets),
        *_strange("document type", rule.document_types, TYPES, code_sets),
        *_strange("status", rule.statuses, STATUSES, code_sets),
    ]
    if parts:
        return CompiledRule(rule, calendar, missing="; ".join(parts))
    trees = rule.applies_tree, rule.fails_tree
    applies, fails = (language.bind(tree, values, code_sets) for tree in trees)
    timed = None
    if any("as_of" in language.settings_of(tree) for tree in trees):
        open_day = {**values, "as_of": language.DAY}
        timed = (language.bind(trees[0], open_day, code_sets), language.bind(trees[1], open_day, code_sets))
    return CompiledRule(rule, calendar, applies, fails, timed=timed)


def _delivered_as(lacking: frozenset[str], columns: frozenset[str]) -> set[str]:
    """Missing columns by the names under which they could be delivered: of a fact, what it is made from."""
    found: set[str] = set()
    for name in lacking:
        sources = {source for source, facts in DERIVED.items() if name in facts} - columns
        found |= sources or {name}
    return found


def _strange(
    what: str, named: Sequence[str], name: str, code_sets: Mapping[str, Sequence[DatedCode]]
) -> list[str]:
    """Codes of a rule's scope that its code set lacks: a misspelt one would silently find no documents.

    Documents of a type that no code set knows are counted as unknown: the rule's counts would be lost, too.
    """
    known = {code.code for code in code_sets.get(name, ())}
    return [f"{what} {code} is not in code set {name}" for code in named if known and code not in known]


def verdicts(prepared: pl.LazyFrame, compiled: CompiledCatalogue, also: Sequence[pl.Expr] = ()) -> pl.LazyFrame:
    """One nullable truth value per rule beside the keys of the tables; hidden columns begin with `_`.

    Args:
        prepared: documents with the columns that the rules read.
        compiled: the rules.
        also: more hidden columns, made from prepared columns and scopes.
    """
    keys = [pl.col(inner).alias(outer) for outer, inner in CHECK_COLUMNS.items()]
    own = {c.rule.since for c in compiled.rules if c.rule.since and not c.missing}
    since = sorted(own | {"document_date", "created_day"})
    hidden = [pl.col(name).alias(f"_since_{name}") for name in since]
    has = set(prepared.collect_schema().names())
    return prepared.with_columns(*compiled.scopes, *compiled.shared).select(
        *keys,
        *compiled.verdicts,
        *hidden,
        *dict.fromkeys(c.scope_column for c in compiled.rules),
        *(pl.col(source).alias(name) for name, source in HIDDEN.items() if source in has),
        *also,
    )


def in_scope(scope: Scope) -> pl.Expr:
    """Whether a document is of the types, statuses and dates of a scope."""
    types, statuses, first, last = scope
    parts = [pl.lit(True)]
    if types:
        parts.append(pl.col("document_type").is_in(pl.Series(types).implode()))
    if statuses:
        parts.append(pl.col("status").is_in(pl.Series(statuses).implode()))
    if first:
        parts.append(pl.col("document_date") >= first)
    if last:
        parts.append(pl.col("document_date") <= last)
    return reduce(lambda a, b: a & b, parts).fill_null(False)


def public_checks(checks: pl.DataFrame) -> pl.DataFrame:
    """The table `doc_checks`: verdicts without the hidden columns."""
    return checks[[name for name in checks.columns if not name.startswith("_")]]


__all__ = ["CompiledCatalogue", "compile_catalogue", "in_scope", "public_checks", "verdicts"]
