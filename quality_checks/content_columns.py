"""The columns of contents: which there are, and what each is made of, whoever read the fields it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import polars as pl

from quality_checks.odd_content import PLACEHOLDER
from quality_checks.schema import CONTENT_FACTS, content_kinds

IDENTITY_CODE = "§identity-code"
UNKNOWN_LENGTH = 100
READABLE, NEEDS_LISTED = "content_readable", "needs_listed"
LENGTH = "content_length"
# Whether a content has any mark.
MARKED = "_marked"
_TEXT_MARKER = "§text:"
# What stands for a text where a code is expected.
TEXT = "§text"
UNCODED = "uncoded_values"
# Fields that a fact is made from; facts that are not here come from the text of the content.
FIELDS_OF_FACT: dict[str, tuple[str, ...]] = {
    NEEDS_LISTED: ("needs",),
    "needs_without_goal": ("needs", "goals"),
    "needs_without_service": ("needs", "services"),
    "needs_without_evaluation": ("needs", "evaluations"),
    "goals_without_need": ("needs", "goals"),
    "goals_measurable": ("goals",),
    "services_dated": ("services",),
    UNCODED: tuple(name for name, kind in content_kinds().items() if kind == "code"),
    "unreadable_dates": tuple(name for name, kind in content_kinds().items() if kind == "date"),
}


def all_columns() -> tuple[str, ...]:
    """Every column that contents can give."""
    return (READABLE, *content_kinds(), *CONTENT_FACTS, NEEDS_LISTED)


def fields_for(wanted: Iterable[str]) -> tuple[str, ...]:
    """Fields to read out of the contents for the columns asked for."""
    needed = {field for name in wanted for field in FIELDS_OF_FACT.get(name, (name,))}
    return tuple(name for name in content_kinds() if name in needed)


def exprs(wanted: Iterable[str]) -> list[pl.Expr]:
    """The columns asked for."""
    return [expr(name) for name in wanted]


def expr(name: str) -> pl.Expr:
    """One column, from the raw values of its fields, the numbers of elements and the text."""
    kinds = content_kinds()
    return _FIELD_OF_KIND[kinds[name]](name) if name in kinds else _fact(name)


def marks_in(contents: pl.DataFrame, wanted: Sequence[str]) -> list[pl.Series]:
    """Numbers of marks in contents; few have any, and only those are searched for each mark."""
    names = [name for name in wanted if name in MARKS]
    if not names:
        return []
    places = contents[MARKED].arg_true()
    found = contents[["content"]][places].select(exprs(names))
    columns = {name: np.zeros(contents.height, dtype=np.int64) for name in names}
    for name, column in columns.items():
        column[places.to_numpy()] = found[name].to_numpy()
    return [pl.Series(name, column) for name, column in columns.items()]


def said(name: str) -> pl.Expr:
    """The value, null when blank or a placeholder."""
    value = pl.col(name).str.strip_chars()
    return pl.when(~value.is_in(["", "-", PLACEHOLDER, "[]", "{}", "null"])).then(value)


def measured(name: str) -> pl.Expr:
    """Length of a text in characters, or the one that stands in its place."""
    value = said(name)
    marked = value.str.strip_prefix(_TEXT_MARKER).str.to_integer(strict=False)
    own = pl.when(value.str.starts_with("§")).then(pl.lit(UNKNOWN_LENGTH)).otherwise(value.str.len_chars())
    is_marker = value.str.starts_with(_TEXT_MARKER) & marked.is_not_null()
    return pl.when(is_marker).then(marked).otherwise(own).cast(pl.Int64).alias(name)


def code(name: str) -> pl.Expr:
    """A code; `TEXT` where a text stands in its place."""
    value = said(name)
    return pl.when(value.str.starts_with("§")).then(pl.lit(TEXT)).otherwise(value).alias(name)


def date_in(name: str) -> pl.Expr:
    """The day that a value begins with; null when it is none."""
    return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(name)


def _bool(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == "true").then(True).when(pl.col(name) == "false").then(False).alias(name)


def _count(name: str) -> pl.Expr:
    number = pl.col(f"number_of_{name}").cast(pl.Int64)
    return pl.when(number > 0).then(number).alias(name)


_FIELD_OF_KIND = {"text": measured, "code": code, "date": date_in, "bool": _bool, "list": _count}


def _fact(name: str) -> pl.Expr:
    if name in (READABLE, NEEDS_LISTED):
        return pl.col(name)
    if name in FROM_TEXT:
        told: pl.Expr = FROM_TEXT[name](pl.col("content").fill_null(""))
        return told.cast(pl.Int64).alias(name)
    fields = FIELDS_OF_FACT[name]
    if name == UNCODED:
        marks = [code(field) == TEXT for field in fields]
    elif name == "unreadable_dates":
        marks = [said(field).is_not_null() & date_in(field).is_null() for field in fields]
    else:
        return pl.col(name).fill_null(0).cast(pl.Int64)
    return sum_of(marks).alias(name)


def sum_of(marks: list[pl.Expr]) -> pl.Expr:
    """Number of marks that are true."""
    counts = [mark.fill_null(False).cast(pl.Int64) for mark in marks]
    return pl.sum_horizontal(pl.repeat(0, pl.len(), dtype=pl.Int64), *counts)


def _occurrences(text: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda content: content.str.count_matches(text, literal=True)


MARKS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "content_placeholders": _occurrences(PLACEHOLDER),
    "content_identity_codes": _occurrences(IDENTITY_CODE),
    "content_contacts": lambda content: content.str.count_matches("§phone|§email"),
    "content_unknown_fields": _occurrences('"§field:'),
}
# What each of them begins with, so that none is overlooked.
ANY_MARK = "§(?:placeholder|identity-code|phone|email|field:)"
FROM_TEXT: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    LENGTH: lambda content: content.str.len_chars(),
    **MARKS,
}
