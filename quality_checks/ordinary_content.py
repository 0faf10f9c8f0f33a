"""Contents of the ordinary shape: an object that lists nothing that says nothing, read in bulk.

DuckDB takes the fields that are asked for out of them in one lenient parse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
import polars as pl

from quality_checks.content_columns import (
    FIELDS_OF_FACT,
    FROM_TEXT,
    LENGTH,
    NEEDS_LISTED,
    READABLE,
    TEXT,
    UNCODED,
    code,
    date_in,
    expr,
    marks_in,
    measured,
    said,
    sum_of,
)
from quality_checks.odd_content import PLACEHOLDER, queried
from quality_checks.schema import content_kinds

_TEXTS, _CODES = (frozenset(n for n, kind in content_kinds().items() if kind == own) for own in ("text", "code"))
_OF_VALUES = (UNCODED, "unreadable_dates")
# Lists of records, with the fields of a record that facts are made from.
RECORDS = {"goals": ("need", "measurable"), "services": ("need", "starts_on"), "evaluations": ("need",)}


def read_ordinary_content(
    contents: pl.DataFrame, fields: tuple[str, ...], wanted: tuple[str, ...]
) -> pl.DataFrame:
    """The columns asked for.

    Args:
        contents: ordinary ones, with what `content` tells of their texts.
        fields: to be read out of them.
        wanted: columns.
    """
    raw, measures, chain, columns = _expressions(fields, wanted)
    decoded = _decoded(contents["content"], fields).alias("_decoded")
    table = contents.with_columns(decoded).select(*raw, *marks_in(contents, wanted))
    found = table.lazy().with_columns(measures).with_columns(chain).select(columns).collect()
    filled = [name for name in fields if table[name].null_count() < table.height]
    codes = [
        name for name in fields if name in _CODES and (name in wanted or UNCODED in wanted and name in filled)
    ]
    made = {
        **found.to_dict(),
        **_made_once(table, [name for name in wanted if name in _TEXTS], measured),
        **_made_once(table, codes, code),
    }
    made |= {name: _numbers(name, table, filled, made) for name in wanted if name in _OF_VALUES}
    return pl.DataFrame([made[name] for name in wanted])


@cache
def _expressions(fields: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[list[pl.Expr], ...]:
    """What `read_ordinary_content` takes out of contents and makes of it step by step: the same for all parts."""
    kinds = content_kinds()
    readable = pl.col("content").is_null() | pl.col("_decoded").is_not_null()
    told = ["content", *(name for name in wanted if name == LENGTH)]
    raw = [pl.col(told), readable.alias(READABLE), *(pl.col("_decoded").struct.field(f) for f in fields)]
    lists = [_said_elements(name) for name in fields if kinds[name] == "list"]
    columns = [
        pl.col(name) if name in FROM_TEXT else expr(name)
        for name in wanted
        if not any(name in others for others in (_TEXTS, _CODES, _OF_VALUES))
    ]
    return raw, [*lists, *_measures(fields)], _chain(fields), columns


def _numbers(name: str, table: pl.DataFrame, filled: Sequence[str], made: Mapping[str, pl.Series]) -> pl.Series:
    """A fact that counts values of many fields; fields in which none can count are not looked at again.

    Args:
        name: `uncoded_values` or `unreadable_dates`.
        table: raw values of the fields.
        filled: fields that some content has.
        made: columns made of them so far, of all codes that are filled among them.
    """
    fields = [field for field in FIELDS_OF_FACT[name] if field in filled]
    if name == UNCODED:
        marks = [pl.col(field) == TEXT for field in fields]
        return (
            pl.DataFrame([table["content"], *(made[f] for f in fields)])
            .select(sum_of(marks))
            .to_series()
            .alias(name)
        )
    lost = [f for f in fields if f not in made or made[f].null_count() > table[f].null_count()]
    marks = [said(f).is_not_null() & date_in(f).is_null() for f in lost]
    return table.select(sum_of(marks)).to_series().alias(name)


def _made_once(table: pl.DataFrame, names: Sequence[str], made: Callable[[str], pl.Expr]) -> dict[str, pl.Series]:
    """What is made of the values of some fields, where many are alike, in one field as in another: each once."""
    if not names:
        return {}
    values = pl.concat(table[name].alias("value") for name in names)
    there = values.is_not_null().arg_true().to_numpy()
    filled = values.drop_nulls().rechunk()
    distinct = filled.unique()
    if 2 * len(distinct) >= len(filled):
        number, distinct = np.arange(len(filled), dtype=np.uint32), filled
    else:
        number = filled.cast(pl.Enum(distinct)).to_physical().to_numpy()
    found = distinct.to_frame().select(made("value")).to_series()
    # The last is null: for what is not said.
    places = np.full(len(values), len(found), dtype=np.uint32)
    places[there] = number
    column = pl.concat([found, pl.Series([None], dtype=found.dtype)], rechunk=True).gather(pl.Series(places))
    return {name: column.slice(n * table.height, table.height).alias(name) for n, name in enumerate(names)}


def _spec(fields: Sequence[str]) -> str:
    """The fields in the form of DuckDB's `json_transform`."""
    kinds = content_kinds()
    text = '"VARCHAR"'
    record = {
        name: "[{" + ",".join(f'"{inner}":{text}' for inner in inners) + "}]" for name, inners in RECORDS.items()
    }
    forms = {name: record.get(name, f"[{text}]" if kinds[name] == "list" else text) for name in fields}
    return "{" + ",".join(f'"{name}":{form}' for name, form in (forms or {"_": text}).items()) + "}"


def _decoded(contents: pl.Series, fields: Sequence[str]) -> pl.Series:
    """The fields as a structure; null when the content is no JSON."""
    query = f"SELECT TRY(json_transform(content, '{_spec(fields)}')) AS decoded FROM contents"  # noqa: S608
    return queried(contents, query)["decoded"]


def _said_elements(name: str) -> pl.Expr:
    element = pl.element()
    if name in RECORDS:
        return pl.col(name).list.eval(element.is_not_null()).list.sum().alias(f"number_of_{name}")
    saying = element.filter(~element.str.strip_chars().is_in(["", "[]", "{}", PLACEHOLDER]))
    return pl.col(name).list.eval(saying).list.len().alias(f"number_of_{name}")


def _measures(fields: Sequence[str]) -> list[pl.Expr]:
    element = pl.element()
    found = [
        pl.col(name)
        .list.eval(element.struct.field("need").filter(element.struct.field("need") != PLACEHOLDER))
        .alias(f"_{name}_need")
        for name in RECORDS
        if name in fields
    ]
    if "needs" in fields:
        found.append(pl.col("needs").list.eval(element.filter(element != PLACEHOLDER)).alias(NEEDS_LISTED))
    if "goals" in fields:
        measurable = element.struct.field("measurable") == "true"
        found.append(pl.col("goals").list.eval(measurable).list.sum().alias("goals_measurable"))
    if "services" in fields:
        dated = element.struct.field("starts_on").str.contains(r"^.{4}-.{2}-.{2}")
        found.append(pl.col("services").list.eval(dated).list.sum().alias("services_dated"))
    return found


def _chain(fields: Sequence[str]) -> list[pl.Expr]:
    """Numbers of needs that no goal, service or evaluation answers, and of goals that answer no need."""
    if "needs" not in fields:
        return []
    needs = {"goals": "goal", "services": "service", "evaluations": "evaluation"}
    found = [
        _absent(NEEDS_LISTED, f"_{name}_need").alias(f"needs_without_{needs[name]}")
        for name in RECORDS
        if name in fields
    ]
    return (
        [*found, _absent("_goals_need", NEEDS_LISTED).alias("goals_without_need")] if "goals" in fields else found
    )


def _absent(listed: str, among: str) -> pl.Expr:
    """Number of the distinct codes of one list that another, perhaps missing, list does not have."""
    return pl.coalesce(pl.col(listed).list.set_difference(among), pl.col(listed).list.unique()).list.len()
