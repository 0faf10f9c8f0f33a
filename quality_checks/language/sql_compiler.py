"""The rule language as DuckDB SQL: the independent oracle that tests hold against the Polars engine.

Working days are read from a list variable: run `working_days_statement` on the connection first.
"""

from __future__ import annotations

from collections.abc import Callable

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


def working_days_statement(calendar: WorkingDays) -> str:
    """SQL that stores the calendar's cumulative index on a connection."""
    return f"SET VARIABLE working_days = {calendar.cumulative.tolist()}"


def to_sql(expression: Expression, calendar: WorkingDays) -> str:
    """Compile a bound expression to a DuckDB SQL expression."""

    def compiled(e: Expression) -> str:
        return to_sql(e, calendar)

    match expression:
        case Literal(value):
            return _constant(value)
        case Field(name):
            return '"' + name.replace('"', '""') + '"'
        case And(parts) | Or(parts):
            return "(" + f" {type(expression).__name__.upper()} ".join(map(compiled, parts)) + ")"
        case Not(part):
            return f"(NOT {compiled(part)})"
        case Compare(operator, left, right):
            return f"({compiled(left)} {operator} {compiled(right)})"
        case Among(value, choices):
            return f"({compiled(value)} IN ({', '.join(map(_constant, choices))}))"
        case Call("working_days", (start, end)):
            return f"({_index(compiled(end), calendar)} - {_index(compiled(start), calendar)})"
        case Call(name, arguments) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*map(compiled, arguments))
        case _:
            raise LanguageError(f"no SQL form: {expression}")


def _constant(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _index(day: str, calendar: WorkingDays) -> str:
    first, last = f"DATE '{calendar.first}'", f"DATE '{calendar.last}'"
    inside = f"CASE WHEN {day} < {first} THEN {first} WHEN {day} > {last} THEN {last} ELSE {day} END"
    return f"getvariable('working_days')[date_diff('day', {first}, {inside}) + 1]"


_FUNCTIONS: dict[str, Callable[..., str]] = {
    "present": lambda x: f"({x} IS NOT NULL)",
    "missing": lambda x: f"({x} IS NULL)",
    "day": lambda x: f"CAST({x} AS DATE)",
    "hour": lambda x: f"hour({x})",
    "calendar_date": lambda x: f"CAST({x} AS DATE)",
    "days": lambda a, b: f"date_diff('day', {a}, {b})",
    "add_days": lambda a, n: f"CAST({a} + INTERVAL ({n}) DAY AS DATE)",
    "add_months": lambda a, n: f"CAST({a} + INTERVAL ({n}) MONTH AS DATE)",
    "length": lambda x: f"length({x})",
    "matches": lambda x, pattern: f"regexp_matches({x}, {pattern})",
}
