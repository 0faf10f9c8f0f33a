"""Where an expression reads the day of judgement, and which of its comparisons turn once as that day moves on.

A comparison whose two sides move apart one way as the day goes by (a deadline, an age) changes its truth at most
once, and stays as it has become. A rule whose clock is read by such comparisons alone can be told today when it
will judge a document otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quality_checks.language.syntax import Among, And, Call, Compare, Expression, Field, Not, Or, children, walk

# The day of judgement where it is left open until an expression is evaluated.
DAY = Field("_day")
_ORDER = frozenset({"<", "<=", ">", ">="})


def comparisons_with_day(expression: Expression) -> tuple[Compare, ...] | None:
    """The comparisons that read `DAY`, each once; None when `DAY` is read where more than one turn is possible."""
    if not _reads_day(expression):
        return ()
    if isinstance(expression, And | Or | Not):
        found: dict[Compare, None] = {}
        for part in children(expression):
            own = comparisons_with_day(part)
            if own is None:
                return None
            found.update(dict.fromkeys(own))
        return tuple(found)
    if isinstance(expression, Compare) and expression.operator in _ORDER:
        moves = _apart(_direction(expression.left), _direction(expression.right))
        return None if moves is None else (expression,)
    return None


def on_days(expression: Expression, days: Mapping[Compare, Expression]) -> Expression:
    """The expression with the day of some comparisons given, each its own."""
    if isinstance(expression, Compare) and expression in days:
        return on_day(expression, days[expression])
    return _with_parts(expression, lambda part: on_days(part, days))


def on_day(expression: Expression, day: Expression) -> Expression:
    """The expression with the day given."""
    return day if expression == DAY else _with_parts(expression, lambda part: on_day(part, day))


def _with_parts(expression: Expression, changed: Callable[[Expression], Expression]) -> Expression:
    match expression:
        case And(parts) | Or(parts):
            return type(expression)(tuple(changed(p) for p in parts))
        case Not(part):
            return Not(changed(part))
        case Compare(operator, left, right):
            return Compare(operator, changed(left), changed(right))
        case Call(name, arguments):
            return Call(name, tuple(changed(a) for a in arguments))
        case Among(value, choices):
            return Among(changed(value), choices)
        case _:
            return expression


def _reads_day(expression: Expression) -> bool:
    return any(part == DAY for part in walk(expression))


def _direction(value: Expression) -> int | None:
    """1 when a value never falls as the day moves on, -1 when it never rises, 0 when it stays, else None."""
    if not _reads_day(value):
        return 0
    match value:
        case Field():
            return 1
        case Call("days" | "working_days", (start, end)):
            return _apart(_direction(end), _direction(start))
        case Call("add_days" | "add_months", (start, number)) if not _reads_day(number):
            return _direction(start)
        case _:
            return None


def _apart(one: int | None, other: int | None) -> int | None:
    """Direction of the difference of two values."""
    if one is None or other is None or (one and one == other):
        return None
    return one or -other
