"""Binding: settings become constants and code sets become conditions, so that compilers see plain expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quality_checks.language.syntax import (
    Among,
    And,
    Call,
    CodeSet,
    Compare,
    Expression,
    Field,
    LanguageError,
    Literal,
    Not,
    Or,
    Setting,
)


@dataclass(frozen=True)
class DatedCode:
    """A code and the days it is valid; None is open."""

    code: str
    valid_from: date | None = None
    valid_to: date | None = None


def bind(
    expression: Expression, settings: Mapping[str, object], code_sets: Mapping[str, Sequence[DatedCode]]
) -> Expression:
    """Replace settings by their values and code sets by the codes (with validity, where a date is given).

    Raises:
        LanguageError: a setting or a code set that was not given.
    """

    def bound(e: Expression) -> Expression:
        return bind(e, settings, code_sets)

    match expression:
        case Setting(name):
            return _constant(name, settings)
        case And(parts) | Or(parts):
            return type(expression)(tuple(bound(p) for p in parts))
        case Not(part):
            return Not(bound(part))
        case Compare(operator, left, right):
            return Compare(operator, bound(left), bound(right))
        case Among(value, choices):
            return Among(bound(value), choices)
        case Call(name, arguments):
            found = _membership(expression, code_sets)
            return bound(found) if found is not None else Call(name, tuple(bound(a) for a in arguments))
        case _:
            return expression


def _membership(call: Call, code_sets: Mapping[str, Sequence[DatedCode]]) -> Expression | None:
    """The condition that stands for a call on a code set; None for other calls."""
    match call:
        case Call("in_code_set", (value, CodeSet(name))):
            return _among(value, [c.code for c in _codes(name, code_sets)])
        case Call("valid_code", (value, CodeSet(name), day)):
            return _valid_on(value, day, _codes(name, code_sets))
        case _:
            return None


def _constant(name: str, settings: Mapping[str, object]) -> Expression:
    if name not in settings:
        raise LanguageError(f"setting @{name} was not given; there are: {', '.join(sorted(settings))}")
    value = settings[name]
    if isinstance(value, Field):  # left open until the expression is evaluated
        return value
    if isinstance(value, date):
        return Call("calendar_date", (Literal(value.isoformat()),))
    if isinstance(value, bool | str):
        return Literal(value)
    if isinstance(value, int | float):
        return Literal(float(value))
    raise LanguageError(f"setting @{name} is {type(value).__name__}; expected a number, text, bool or date")


def _codes(name: str, code_sets: Mapping[str, Sequence[DatedCode]]) -> Sequence[DatedCode]:
    if not code_sets.get(name):
        raise LanguageError(f"code set ${name} was not given; there are: {', '.join(sorted(code_sets))}")
    return code_sets[name]


def _among(value: Expression, codes: Sequence[str]) -> Expression:
    return Among(value, tuple(sorted(set(codes))))


def _valid_on(value: Expression, day: Expression, codes: Sequence[DatedCode]) -> Expression:
    periods: dict[tuple[date | None, date | None], list[str]] = {}
    for code in codes:
        periods.setdefault((code.valid_from, code.valid_to), []).append(code.code)
    parts = [
        _within(value, day, period, members)
        for period, members in sorted(periods.items(), key=lambda p: str(p[0]))
    ]
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _within(
    value: Expression, day: Expression, period: tuple[date | None, date | None], codes: list[str]
) -> Expression:
    parts: list[Expression] = [_among(value, codes)]
    for operator, bound_day in zip((">=", "<="), period, strict=True):
        if bound_day is not None:
            parts.append(Compare(operator, day, Call("calendar_date", (Literal(bound_day.isoformat()),))))
    return parts[0] if len(parts) == 1 else And(tuple(parts))
