"""Syntax of the rule language: tokens, tree and parser. Types and meaning live in the modules beside.

expression := conjunction ('or' conjunction)*
conjunction := negation ('and' negation)*
negation := 'not' negation | comparison
comparison := value [('=' | '!=' | '<' | '<=' | '>' | '>=') value | ['not'] 'in' list | '$'set]
value := number | "text" | true | false | @setting | function(value, ...) | field | (expression)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Value = str | float | bool


class LanguageError(ValueError):
    """An expression that cannot be read or does not fit its types; the message shows where and what to mend."""


@dataclass(frozen=True)
class Literal:
    """A constant: number, text or truth value."""

    value: Value


@dataclass(frozen=True)
class Field:
    """A column of the prepared documents."""

    name: str


@dataclass(frozen=True)
class Setting:
    """A parameter of the county, written `@name`."""

    name: str


@dataclass(frozen=True)
class CodeSet:
    """A dated code set, written `$name`; only as the argument of `valid_code` and after `in`."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function of the language applied to its arguments."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Compare:
    """A comparison of two values."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Among:
    """Membership of a value in a list of constants."""

    value: Expression
    choices: tuple[Value, ...]


@dataclass(frozen=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Expression


Expression = Literal | Field | Setting | CodeSet | Call | Compare | Among | And | Or | Not

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)
    |(?P<text>"[^"]*")
    |(?P<name>[@$]?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<symbol><=|>=|!=|[=<>()\[\],]))""",
    re.VERBOSE,
)
_COMPARISONS = {"=", "!=", "<", "<=", ">", ">="}


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        LanguageError: where reading stopped and what was expected there.
    """
    return _Parser(text).whole()


def children(expression: Expression) -> tuple[Expression, ...]:
    """Direct parts of an expression."""
    match expression:
        case And(parts) | Or(parts):
            return parts
        case Not(part):
            return (part,)
        case Compare(_, left, right):
            return (left, right)
        case Among(value, _):
            return (value,)
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts."""
    yield expression
    for part in children(expression):
        yield from walk(part)


def fields_of(expression: Expression) -> frozenset[str]:
    """Names of the columns the expression reads."""
    return frozenset(e.name for e in walk(expression) if isinstance(e, Field))


def settings_of(expression: Expression) -> frozenset[str]:
    """Names of the settings the expression reads."""
    return frozenset(e.name for e in walk(expression) if isinstance(e, Setting))


def sets_of(expression: Expression) -> frozenset[str]:
    """Names of the code sets the expression reads."""
    return frozenset(e.name for e in walk(expression) if isinstance(e, CodeSet))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._read())
        self.at = 0

    def _read(self) -> Iterator[tuple[str, str, int]]:
        position = 0
        text = self.text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise LanguageError(
                    f"'{self.text}': cannot read from character {position + 1}: '{text[position:]}'"
                )
            yield str(match.lastgroup), match[str(match.lastgroup)], match.start(str(match.lastgroup))
            position = match.end()

    def whole(self) -> Expression:
        expression = self.disjunction()
        if self.at < len(self.tokens):
            raise self._unexpected("the end, 'and' or 'or'")
        return expression

    def disjunction(self) -> Expression:
        parts = [self.conjunction()]
        while self._take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self._take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negation(self) -> Expression:
        return Not(self.negation()) if self._take("not") else self.comparison()

    def comparison(self) -> Expression:
        left = self.value()
        if self._peek() in _COMPARISONS:
            return Compare(self._next()[1], left, self.value())
        if self._take("in"):
            return self._membership(left)
        if self._peek() == "not" and self._peek(1) == "in":
            self.at += 2
            return Not(self._membership(left))
        return left

    def _membership(self, left: Expression) -> Expression:
        if self._take("["):
            choices = [self._constant()]
            while self._take(","):
                choices.append(self._constant())
            self._need("]")
            return Among(left, tuple(choices))
        kind, word, _ = self._next("a list [..] or a $code_set")
        if kind != "name" or not word.startswith("$"):
            self.at -= 1
            raise self._unexpected("a list [..] or a $code_set")
        return Call("in_code_set", (left, CodeSet(word[1:])))

    def _constant(self) -> Value:
        value = self.value()
        if not isinstance(value, Literal):
            raise LanguageError(f"'{self.text}': a list holds constants only, found {value}")
        return value.value

    def value(self) -> Expression:
        kind, word, _ = self._next("a value")
        if kind == "number":
            return Literal(float(word))
        if kind == "text":
            return Literal(word[1:-1])
        if word == "(":
            inner = self.disjunction()
            self._need(")")
            return inner
        if kind == "name" and word not in {"and", "or", "not", "in"}:
            return self._named(word)
        self.at -= 1
        raise self._unexpected("a value")

    def _named(self, word: str) -> Expression:
        if word in {"true", "false"}:
            return Literal(word == "true")
        if word.startswith("@"):
            return Setting(word[1:])
        if word.startswith("$"):
            return CodeSet(word[1:])
        if not self._take("("):
            return Field(word)
        arguments = [self.disjunction()]
        while self._take(","):
            arguments.append(self.disjunction())
        self._need(")")
        return Call(word, tuple(arguments))

    def _peek(self, ahead: int = 0) -> str | None:
        at = self.at + ahead
        return self.tokens[at][1] if at < len(self.tokens) else None

    def _take(self, word: str) -> bool:
        taken = self._peek() == word
        self.at += taken
        return taken

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected(f"'{word}'")

    def _next(self, expected: str = "more") -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise self._unexpected(expected)
        self.at += 1
        return self.tokens[self.at - 1]

    def _unexpected(self, expected: str) -> LanguageError:
        if self.at >= len(self.tokens):
            return LanguageError(f"'{self.text}': ends too early; expected {expected}")
        _, word, position = self.tokens[self.at]
        return LanguageError(f"'{self.text}': expected {expected} at character {position + 1}, found '{word}'")
