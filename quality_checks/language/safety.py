"""Proof that a rule's `fails` is never unknown where its `applies` holds.

Walks the tree with the set of fields known to be present: a true `and` makes all its parts true, a false `or`
makes all its parts false, a comparison that has an outcome has no missing operand.
"""

from __future__ import annotations

from quality_checks.language.syntax import (
    Among,
    And,
    Call,
    Compare,
    Expression,
    Field,
    Not,
    Or,
    fields_of,
)


def unguarded_fields(applies: Expression, fails: Expression, always_present: frozenset[str]) -> frozenset[str]:
    """Fields whose absence would leave `fails` unknown although `applies` holds."""
    return _unknown_through(fails, always_present | _present_when(applies, True))


def _present_when(expression: Expression, outcome: bool) -> frozenset[str]:
    """Fields that are surely present when `expression` has that outcome."""
    match expression:
        case Not(part):
            return _present_when(part, not outcome)
        case And(parts) if outcome:
            return frozenset().union(*(_present_when(p, True) for p in parts))
        case Or(parts) if not outcome:
            return frozenset().union(*(_present_when(p, False) for p in parts))
        case And(parts) | Or(parts):
            return frozenset.intersection(*(_present_when(p, outcome) for p in parts))
        case Call("present", (Field(name),)):
            return frozenset({name}) if outcome else frozenset()
        case Call("missing", (Field(name),)):
            return frozenset() if outcome else frozenset({name})
        case Call("present" | "missing", _):
            return frozenset()
        case _:
            return fields_of(expression)


def _unknown_through(expression: Expression, present: frozenset[str]) -> frozenset[str]:
    """Fields whose absence makes `expression` unknown, given those known to be present."""
    match expression:
        case Call("present" | "missing", _):
            return frozenset()
        case Not(part):
            return _unknown_through(part, present)
        case And(parts) | Or(parts):
            return _unknown_in_order(parts, present, isinstance(expression, And))
        case Field(name):
            return frozenset({name}) - present
        case Compare() | Among() | Call():
            return fields_of(expression) - present
        case _:
            return frozenset()


def _unknown_in_order(parts: tuple[Expression, ...], present: frozenset[str], outcome: bool) -> frozenset[str]:
    """A part matters only when the parts before it did not decide; what they tell then is known."""
    unknown: frozenset[str] = frozenset()
    for part in parts:
        unknown |= _unknown_through(part, present)
        present |= _present_when(part, outcome)
    return unknown
