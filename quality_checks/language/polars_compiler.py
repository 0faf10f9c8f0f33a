"""The rule language as Polars expressions: the production engine."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from functools import reduce
from typing import Any

import polars as pl

from quality_checks.calendar import WorkingDays
from quality_checks.language.syntax import (
    Among,
    And,
    Call,
    Compare,
    Expression,
    Field,
    LanguageError,
    Literal,
    Not,
    Or,
)

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def to_polars(expression: Expression, calendar: WorkingDays) -> pl.Expr:
    """Compile a bound expression; columns have the names of its fields."""

    def compiled(e: Expression) -> pl.Expr:
        return to_polars(e, calendar)

    match expression:
        case Literal(value):
            return pl.lit(value)
        case Field(name):
            return pl.col(name)
        case And(parts):
            return reduce(operator.and_, map(compiled, parts))
        case Or(parts):
            return reduce(operator.or_, map(compiled, parts))
        case Not(part):
            return ~compiled(part)
        case Compare(op, left, right):
            result: pl.Expr = _OPERATORS[op](compiled(left), compiled(right))
            return result
        case Among(value, choices):
            among = pl.Series(choices)
            # Numbers of rules are fractions, among which Polars looks for no whole number.
            own = compiled(value).cast(pl.Float64) if among.dtype == pl.Float64 else compiled(value)
            return own.is_in(among.implode())
        case Call(name, arguments):
            return _call(name, arguments, calendar)
        case _:
            raise LanguageError(f"bind before compiling: {expression}")


def _call(name: str, arguments: tuple[Expression, ...], calendar: WorkingDays) -> pl.Expr:
    if name in _WITH_CONSTANT:
        return _WITH_CONSTANT[name](arguments, calendar)
    columns = [to_polars(a, calendar) for a in arguments]
    if name == "working_days":
        return calendar.between_columns(columns[0], columns[1])
    if name not in _FUNCTIONS:
        raise LanguageError(f"function {name} has no Polars form")
    return _FUNCTIONS[name](*columns)


_FUNCTIONS: dict[str, Callable[..., pl.Expr]] = {
    "present": lambda x: x.is_not_null(),
    "missing": lambda x: x.is_null(),
    "day": lambda x: x.dt.date(),
    "hour": lambda x: x.dt.hour(),
    "days": lambda a, b: (b - a).dt.total_days(),
    "length": lambda x: x.str.len_chars(),
}


def _constant(expression: Expression) -> Any:
    if not isinstance(expression, Literal):
        raise LanguageError(f"expected a constant, found {expression}")
    return expression.value


def _shifted(unit: str) -> Callable[[tuple[Expression, ...], WorkingDays], pl.Expr]:
    def shift(arguments: tuple[Expression, ...], calendar: WorkingDays) -> pl.Expr:
        return to_polars(arguments[0], calendar).dt.offset_by(f"{int(_constant(arguments[1]))}{unit}")

    return shift


_WITH_CONSTANT: dict[str, Callable[[tuple[Expression, ...], WorkingDays], pl.Expr]] = {
    "calendar_date": lambda a, _: pl.lit(date.fromisoformat(_constant(a[0]))),
    "matches": lambda a, calendar: to_polars(a[0], calendar).str.contains(_constant(a[1])),
    "add_days": _shifted("d"),
    "add_months": _shifted("mo"),
}
