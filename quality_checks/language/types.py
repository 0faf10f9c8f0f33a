"""Types of the rule language: every expression has one, and every function says what it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf

from quality_checks.language.syntax import (
    Among,
    Call,
    CodeSet,
    Compare,
    Expression,
    Field,
    LanguageError,
    Literal,
    Setting,
    children,
)

Type = OneOf["text", "number", "bool", "date", "datetime"]
ANY = ("text", "number", "bool", "date", "datetime")

# function -> (types each argument may have, type of the result)
FUNCTIONS: dict[str, tuple[tuple[tuple[str, ...], ...], Type]] = {
    "present": ((ANY,), "bool"),
    "missing": ((ANY,), "bool"),
    "day": ((("datetime",),), "date"),
    "hour": ((("datetime",),), "number"),
    "calendar_date": ((("text",),), "date"),
    "days": ((("date",), ("date",)), "number"),
    "working_days": ((("date",), ("date",)), "number"),
    "add_days": ((("date",), ("number",)), "date"),
    "add_months": ((("date",), ("number",)), "date"),
    "length": ((("text",),), "number"),
    "matches": ((("text",), ("text",)), "bool"),
    "in_code_set": ((("text",), ("set",)), "bool"),
    "valid_code": ((("text",), ("set",), ("date",)), "bool"),
}
CONSTANT_ARGUMENTS = {("matches", 1), ("calendar_date", 0), ("add_months", 1), ("add_days", 1)}


def check(
    expression: Expression, fields: Mapping[str, str], settings: Mapping[str, str], wanted: str = "bool"
) -> None:
    """Check that an expression has the wanted type and every part fits.

    Args:
        expression: what `parse` gave.
        fields: type of each column of the prepared documents.
        settings: type of each setting.
        wanted: type the whole must have.

    Raises:
        LanguageError: the part that does not fit, what was expected and what was found.
    """
    found = _type_of(expression, fields, settings)
    if found != wanted:
        raise LanguageError(f"expected {wanted}, found {found}: {expression}")


def _type_of(expression: Expression, fields: Mapping[str, str], settings: Mapping[str, str]) -> str:
    match expression:
        case Literal(value):
            return _literal_type(value)
        case Field(name):
            return _declared(name, fields, "field ")
        case Setting(name):
            return _declared(name, settings, "setting @")
        case CodeSet():
            return "set"
        case Compare(operator, left, right):
            return _comparison(operator, left, right, fields, settings)
        case Call(name, arguments):
            return _call(name, arguments, fields, settings)
        case _:
            return _condition(expression, fields, settings)


def _condition(expression: Expression, fields: Mapping[str, str], settings: Mapping[str, str]) -> str:
    match expression:
        case Among(value, choices):
            kind = _type_of(value, fields, settings)
            if any(_literal_type(choice) != kind for choice in choices):
                raise LanguageError(f"the list {choices} does not hold values of type {kind}: {expression}")
        case _:
            for part in children(expression):
                check(part, fields, settings)
    return "bool"


def _literal_type(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "bool"
    return "text" if isinstance(value, str) else "number"


def _declared(name: str, declared: Mapping[str, str], kind: str) -> str:
    if name not in declared:
        near = ", ".join(sorted(n for n in declared if n[:3] == name[:3])) or "none with such a beginning"
        raise LanguageError(f"unknown {kind}{name}; there are: {near}")
    return declared[name]


def _comparison(
    operator: str, left: Expression, right: Expression, fields: Mapping[str, str], settings: Mapping[str, str]
) -> str:
    kinds = _type_of(left, fields, settings), _type_of(right, fields, settings)
    if kinds[0] != kinds[1]:
        raise LanguageError(f"cannot compare {kinds[0]} {operator} {kinds[1]}: {left} {operator} {right}")
    if kinds[0] in {"text", "bool"} and operator not in {"=", "!="}:
        raise LanguageError(f"{kinds[0]} has no order; use = or !=: {left} {operator} {right}")
    return "bool"


def _call(
    name: str, arguments: tuple[Expression, ...], fields: Mapping[str, str], settings: Mapping[str, str]
) -> str:
    if name not in FUNCTIONS:
        raise LanguageError(f"unknown function {name}; there are: {', '.join(FUNCTIONS)}")
    expected, result = FUNCTIONS[name]
    if len(expected) != len(arguments):
        raise LanguageError(f"{name} takes {len(expected)} arguments, found {len(arguments)}")
    for position, (allowed, argument) in enumerate(zip(expected, arguments, strict=True)):
        kind = _type_of(argument, fields, settings)
        if kind not in allowed:
            raise LanguageError(f"{name}: argument {position + 1} must be {' or '.join(allowed)}, found {kind}")
        if (name, position) in CONSTANT_ARGUMENTS and not isinstance(argument, Literal | Setting):
            raise LanguageError(f"{name}: argument {position + 1} must be a constant or a @setting")
    return result
