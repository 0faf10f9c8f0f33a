"""Reads the structured fields of documents into columns. No text is kept: its length, or that it is missing, is.

DuckDB takes the fields that are asked for out of ordinary contents in one lenient parse. Contents that are no
object or list something that says nothing are read by `odd_content`, which looks at every element.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from quality_checks.odd_content import NOTHING, PLACEHOLDER, queried, read_odd_content
from quality_checks.schema import CONTENT_FACTS, content_kinds

IDENTITY_CODE = "§identity-code"
UNKNOWN_LENGTH = 100
# Share of distinct contents above which finding the others costs more than reading them.
MOSTLY_DISTINCT = 0.75
READABLE, NEEDS_LISTED = "content_readable", "needs_listed"
_LENGTH = "content_length"
# What is told of texts beside them.
_HASH, _PLAIN, _MARKED = "_hash", "_plain", "_marked"
_TEXT_MARKER = "§text:"
# What stands for a text where a code is expected.
_TEXT = "§text"
_TEXTS, _CODES = (frozenset(n for n, kind in content_kinds().items() if kind == own) for own in ("text", "code"))
# Facts that count values of many fields.
_UNCODED = "uncoded_values"
_OF_VALUES = (_UNCODED, "unreadable_dates")
_RECORD_OF_NOTHING = rf'\{{\s*("[^"]*"\s*:\s*({NOTHING})\s*,?\s*)*\}}'
_ELEMENT_OF_NOTHING = rf'[\[,]\s*(""|\[\]|"{PLACEHOLDER}")\s*[,\]]'
# Lists of records, with the fields of a record that facts are made from.
RECORDS = {"goals": ("need", "measurable"), "services": ("need", "starts_on"), "evaluations": ("need",)}
# Fields that a fact is made from; facts that are not here come from the text of the content.
FIELDS_OF_FACT: dict[str, tuple[str, ...]] = {
    NEEDS_LISTED: ("needs",),
    "needs_without_goal": ("needs", "goals"),
    "needs_without_service": ("needs", "services"),
    "needs_without_evaluation": ("needs", "evaluations"),
    "goals_without_need": ("needs", "goals"),
    "goals_measurable": ("goals",),
    "services_dated": ("services",),
    _UNCODED: tuple(name for name, kind in content_kinds().items() if kind == "code"),
    "unreadable_dates": tuple(name for name, kind in content_kinds().items() if kind == "date"),
}


def all_columns() -> tuple[str, ...]:
    """Every column that contents can give."""
    return (READABLE, *content_kinds(), *CONTENT_FACTS, NEEDS_LISTED)


def read_content(contents: pl.Series, columns: Collection[str] | None = None) -> pl.DataFrame:
    """Columns of the structured fields, in the order of the contents.

    Args:
        contents: JSON objects as text, or null.
        columns: names among `all_columns`; all of them when None.

    Returns:
        The columns asked for: `content_readable`, fields (texts as their length in characters, lists as the number
        of elements that say something, both null when missing), the facts of `schema.CONTENT_FACTS` and
        `needs_listed` (list of codes, null when there is none).
    """
    everything = pl.int_range(len(contents), dtype=pl.UInt32, eager=True)
    (found,) = read_contents(contents, [(everything, columns)])
    return found


def read_contents(
    contents: pl.Series, lots: Sequence[tuple[pl.Series, Collection[str] | None]]
) -> list[pl.DataFrame]:
    """As `read_content`, of several lots of the contents: each lot is read by itself, but odd ones of all at once.

    Args:
        contents: JSON objects as text, or null.
        lots: places of contents, in order and in one lot at most, and the columns that are wanted of them.
    """
    wanted = [tuple(name for name in all_columns() if c is None or name in c) for _, c in lots]
    asked = np.zeros(len(contents), dtype=bool)
    for places, _ in lots:
        asked[places.to_numpy()] = True
    looked_at = _looked_at(contents.filter(pl.Series(asked)), frozenset().union(*wanted))
    place = np.cumsum(asked, dtype=np.uint32) - np.uint32(1)
    own = [
        _Lot.of(looked_at[pl.Series(place[places.to_numpy()])], names)
        for (places, _), names in zip(lots, wanted, strict=True)
    ]
    odd = [lot.odd for lot in own]
    ends = np.cumsum([len(texts) for texts in odd]).tolist()
    fields = [name for name in content_kinds() if any(name in lot.fields for lot in own)]
    read = read_odd_content(pl.concat(odd), fields) if any(ends) else pl.DataFrame()
    return [lot.read(read[start:end]) for lot, start, end in zip(own, [0, *ends], ends, strict=False)]


def _looked_at(contents: pl.Series, wanted: Collection[str]) -> pl.DataFrame:
    """Contents with what is told of their texts alone, looked at in the order in which they lie in memory.

    In any other order it takes several times as long.
    """
    text = pl.col("content")
    nothing = text.str.contains(f"{_RECORD_OF_NOTHING}|{_ELEMENT_OF_NOTHING}")
    plain = pl.when(text.is_null()).then(True).otherwise(text.str.starts_with("{") & ~nothing)
    columns = [text.hash().alias(_HASH), *((plain.alias(_PLAIN),) if _reads(wanted) else ())]
    if _LENGTH in wanted:
        columns.append(_expr(_LENGTH))
    if _MARKS.keys() & wanted:
        columns.append(text.str.contains(_ANY_MARK).fill_null(value=False).alias(_MARKED))
    return contents.alias("content").to_frame().with_columns(columns)


@dataclass(frozen=True)
class _Lot:
    """Contents of which the same columns are wanted.

    Attributes:
        contents: what `_looked_at` gave of each distinct one once, or of all.
        wanted: columns in the order of `all_columns`.
        fields: to be read out of the contents.
        places: of each row among the contents; None when they are all of them.
    """

    contents: pl.DataFrame
    wanted: tuple[str, ...]
    fields: tuple[str, ...]
    places: pl.Series | None

    @classmethod
    def of(cls, contents: pl.DataFrame, wanted: tuple[str, ...]) -> _Lot:
        fields = _fields_for(wanted)
        # Forms filled in alike say the same: where they are many, each distinct content is read once.
        first = contents[_HASH].arg_unique()
        if not wanted or len(first) > MOSTLY_DISTINCT * contents.height:
            return cls(contents, wanted, fields, None)
        place = contents[first].select(_HASH).with_row_index("_place")
        places = contents.select(_HASH).join(place, on=_HASH, how="left", maintain_order="left")["_place"]
        return cls(contents[first], wanted, fields, places)

    @property
    def odd(self) -> pl.Series:
        """Contents that are not plain; none when nothing is read out of them."""
        texts = self.contents["content"]
        return texts.filter(~self.contents[_PLAIN]) if _reads(self.wanted) else texts.clear()

    def read(self, odd: pl.DataFrame) -> pl.DataFrame:
        """The columns wanted.

        Args:
            odd: what `read_odd_content` gave of the odd ones.
        """
        table = self._read(odd)
        return table if self.places is None else table[self.places]

    def _read(self, odd: pl.DataFrame) -> pl.DataFrame:
        if not _reads(self.wanted):
            return self.contents.with_columns(_marks(self.contents, self.wanted)).select(self.wanted)
        if not odd.height:
            return _read_in_bulk(self.contents, self.fields, self.wanted)
        plain = self.contents[_PLAIN]
        ordinary = _read_in_bulk(self.contents.filter(plain), self.fields, self.wanted)
        order = pl.concat([plain.arg_true(), (~plain).arg_true()])
        return pl.concat([ordinary, odd.select(_exprs(self.wanted))], rechunk=True)[order.arg_sort()]


def _reads(wanted: Iterable[str]) -> bool:
    """Whether anything is read out of contents, were it only whether it can be."""
    return READABLE in wanted or bool(_fields_for(wanted))


def _fields_for(wanted: Iterable[str]) -> tuple[str, ...]:
    """Fields to read out of the contents for the columns asked for."""
    needed = {field for name in wanted for field in FIELDS_OF_FACT.get(name, (name,))}
    return tuple(name for name in content_kinds() if name in needed)


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


def _read_in_bulk(contents: pl.DataFrame, fields: tuple[str, ...], wanted: tuple[str, ...]) -> pl.DataFrame:
    """The columns asked for of ordinary contents, of which `_looked_at` has told."""
    raw, measures, chain, columns = _expressions(fields, wanted)
    decoded = _decoded(contents["content"], fields).alias("_decoded")
    table = contents.with_columns(decoded).select(*raw, *_marks(contents, wanted))
    found = table.lazy().with_columns(measures).with_columns(chain).select(columns).collect()
    filled = [name for name in fields if table[name].null_count() < table.height]
    codes = [
        name for name in fields if name in _CODES and (name in wanted or _UNCODED in wanted and name in filled)
    ]
    made = {
        **found.to_dict(),
        **_made_once(table, [name for name in wanted if name in _TEXTS], _measured),
        **_made_once(table, codes, _code),
    }
    made |= {name: _numbers(name, table, filled, made) for name in wanted if name in _OF_VALUES}
    return pl.DataFrame([made[name] for name in wanted])


@cache
def _expressions(fields: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[list[pl.Expr], ...]:
    """What `_read_in_bulk` takes out of contents and makes of it step by step: the same for all parts."""
    kinds = content_kinds()
    readable = pl.col("content").is_null() | pl.col("_decoded").is_not_null()
    told = ["content", *(name for name in wanted if name == _LENGTH)]
    raw = [pl.col(told), readable.alias(READABLE), *(pl.col("_decoded").struct.field(f) for f in fields)]
    lists = [_said_elements(name) for name in fields if kinds[name] == "list"]
    columns = [
        pl.col(name) if name in _FROM_TEXT else _expr(name)
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
    if name == _UNCODED:
        marks = [pl.col(field) == _TEXT for field in fields]
        return (
            pl.DataFrame([table["content"], *(made[f] for f in fields)])
            .select(_sum_of(marks))
            .to_series()
            .alias(name)
        )
    lost = [f for f in fields if f not in made or made[f].null_count() > table[f].null_count()]
    marks = [_said(f).is_not_null() & _date(f).is_null() for f in lost]
    return table.select(_sum_of(marks)).to_series().alias(name)


def _said_elements(name: str) -> pl.Expr:
    element = pl.element()
    if name in RECORDS:
        return pl.col(name).list.eval(element.is_not_null()).list.sum().alias(f"number_of_{name}")
    said = element.filter(~element.str.strip_chars().is_in(["", "[]", "{}", PLACEHOLDER]))
    return pl.col(name).list.eval(said).list.len().alias(f"number_of_{name}")


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


def _exprs(wanted: Iterable[str]) -> list[pl.Expr]:
    """The columns asked for."""
    return [_expr(name) for name in wanted]


def _expr(name: str) -> pl.Expr:
    kinds = content_kinds()
    return _FIELD_OF_KIND[kinds[name]](name) if name in kinds else _fact(name)


def _marks(contents: pl.DataFrame, wanted: Sequence[str]) -> list[pl.Series]:
    """Numbers of marks in contents; few have any, and only those are searched for each mark."""
    names = [name for name in wanted if name in _MARKS]
    if not names:
        return []
    places = contents[_MARKED].arg_true()
    found = contents[["content"]][places].select(_exprs(names))
    columns = {name: np.zeros(contents.height, dtype=np.int64) for name in names}
    for name, column in columns.items():
        column[places.to_numpy()] = found[name].to_numpy()
    return [pl.Series(name, column) for name, column in columns.items()]


def _said(name: str) -> pl.Expr:
    """The value, null when blank or a placeholder."""
    value = pl.col(name).str.strip_chars()
    return pl.when(~value.is_in(["", "-", PLACEHOLDER, "[]", "{}", "null"])).then(value)


def _made_once(table: pl.DataFrame, names: Sequence[str], made: Callable[[str], pl.Expr]) -> dict[str, pl.Series]:
    """What is made of the values of some fields, where many are alike, in one field as in another: each once."""
    if not names:
        return {}
    values = pl.concat(table[name].alias("value") for name in names)
    there = values.is_not_null().arg_true().to_numpy()
    said = values.drop_nulls().rechunk()
    distinct = said.unique()
    if 2 * len(distinct) >= len(said):
        number, distinct = np.arange(len(said), dtype=np.uint32), said
    else:
        number = said.cast(pl.Enum(distinct)).to_physical().to_numpy()
    found = distinct.to_frame().select(made("value")).to_series()
    # The last is null: for what is not said.
    places = np.full(len(values), len(found), dtype=np.uint32)
    places[there] = number
    column = pl.concat([found, pl.Series([None], dtype=found.dtype)], rechunk=True).gather(pl.Series(places))
    return {name: column.slice(n * table.height, table.height).alias(name) for n, name in enumerate(names)}


def _measured(name: str) -> pl.Expr:
    value = _said(name)
    marked = value.str.strip_prefix(_TEXT_MARKER).str.to_integer(strict=False)
    own = pl.when(value.str.starts_with("§")).then(pl.lit(UNKNOWN_LENGTH)).otherwise(value.str.len_chars())
    is_marker = value.str.starts_with(_TEXT_MARKER) & marked.is_not_null()
    return pl.when(is_marker).then(marked).otherwise(own).cast(pl.Int64).alias(name)


def _code(name: str) -> pl.Expr:
    value = _said(name)
    return pl.when(value.str.starts_with("§")).then(pl.lit(_TEXT)).otherwise(value).alias(name)


def _date(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(name)


def _bool(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == "true").then(True).when(pl.col(name) == "false").then(False).alias(name)


def _count(name: str) -> pl.Expr:
    number = pl.col(f"number_of_{name}").cast(pl.Int64)
    return pl.when(number > 0).then(number).alias(name)


_FIELD_OF_KIND = {"text": _measured, "code": _code, "date": _date, "bool": _bool, "list": _count}


def _fact(name: str) -> pl.Expr:
    if name in (READABLE, NEEDS_LISTED):
        return pl.col(name)
    if name in _FROM_TEXT:
        measured: pl.Expr = _FROM_TEXT[name](pl.col("content").fill_null(""))
        return measured.cast(pl.Int64).alias(name)
    fields = FIELDS_OF_FACT[name]
    if name == _UNCODED:
        marks = [_code(field) == _TEXT for field in fields]
    elif name == "unreadable_dates":
        marks = [_said(field).is_not_null() & _date(field).is_null() for field in fields]
    else:
        return pl.col(name).fill_null(0).cast(pl.Int64)
    return _sum_of(marks).alias(name)


def _sum_of(marks: list[pl.Expr]) -> pl.Expr:
    """Number of marks that are true."""
    counts = [mark.fill_null(False).cast(pl.Int64) for mark in marks]
    return pl.sum_horizontal(pl.repeat(0, pl.len(), dtype=pl.Int64), *counts)


def _occurrences(text: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda content: content.str.count_matches(text, literal=True)


_MARKS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "content_placeholders": _occurrences(PLACEHOLDER),
    "content_identity_codes": _occurrences(IDENTITY_CODE),
    "content_contacts": lambda content: content.str.count_matches("§phone|§email"),
    "content_unknown_fields": _occurrences('"§field:'),
}
# What each of them begins with, so that none is overlooked.
_ANY_MARK = "§(?:placeholder|identity-code|phone|email|field:)"
_FROM_TEXT: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    _LENGTH: lambda content: content.str.len_chars(),
    **_MARKS,
}
