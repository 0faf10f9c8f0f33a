"""Reads the structured fields of documents into columns. No text is kept: its length, or that it is missing, is.

DuckDB reads the JSON: one lenient parse per document, whatever the content.
"""

from __future__ import annotations

import polars as pl

from quality_checks.schema import content_kinds

CHUNK = 1_000_000
PLACEHOLDER, IDENTITY_CODE = "§placeholder", "§identity-code"
UNKNOWN_LENGTH = 100
_TEXT_MARKER = r"^§text:(\d+)$"
_LISTS = ("needs", "services", "goals", "partners", "evaluations", "participants")


def read_content(documents: pl.DataFrame) -> pl.DataFrame:
    """Columns of the structured fields, in the order of the rows.

    Args:
        documents: column `content` (JSON objects as text, or null).

    Returns:
        `content_readable`, one column per field (texts as their length in characters, lists as the number of
        elements that say something, both null when missing), the facts of `schema.CONTENT_FACTS` and
        `needs_listed` (list of codes).
    """
    # Forms filled in alike say the same: each distinct content is read once.
    distinct = documents.select("content").unique(maintain_order=True).with_row_index("place")
    chunks = [
        _read_chunk(distinct["content"].slice(start, CHUNK)) for start in range(0, max(distinct.height, 1), CHUNK)
    ]
    place = documents.select("content").join(
        distinct, on="content", how="left", nulls_equal=True, maintain_order="left"
    )["place"]
    return pl.concat(chunks)[place]


def _read_chunk(content: pl.Series) -> pl.DataFrame:
    import duckdb

    rows = pl.DataFrame({"content": content})
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("rows", rows.to_arrow())
        raw = pl.from_arrow(connection.sql(_QUERY).to_arrow_table())
    if not isinstance(raw, pl.DataFrame):
        raise TypeError(f"expected a table of {rows.height} documents, found {type(raw).__name__}")
    return raw.lazy().select(*_fields(), *_facts()).collect()


def _spec() -> str:
    kinds = content_kinds()
    return ",".join(f'"{name}":"{"JSON" if kind == "list" else "VARCHAR"}"' for name, kind in kinds.items())


_OF_RECORDS = ("services", "goals", "evaluations")


def _listed(path: str) -> str:
    return _where(path, f"list_filter(json_extract_string(object, '$.{path}'), lambda x: x <> '{PLACEHOLDER}')")


def _absent(listed: str, among: str) -> str:
    """Number of the codes of one list that another, perhaps missing, list does not have."""
    return f"len(list_filter({listed}, lambda x: NOT coalesce(list_contains({among}, x), FALSE)))"


def _where(path: str, expression: str) -> str:
    """Evaluate only for documents that name the field: most have none of the lists."""
    return f"CASE WHEN contains(content, '\"{path.split('[')[0]}\"') THEN {expression} END"


def _number_saying_something(name: str) -> str:
    """Elements that are neither null nor empty nor a placeholder, nor records of nothing but those."""
    if name not in _OF_RECORDS:
        plain = f"json_extract_string(object, '$.{name}[*]')"
        return _where(
            name, f"len(list_filter({plain}, lambda x: trim(x) NOT IN ('', '[]', '{{}}', '{PLACEHOLDER}')))"
        )
    empty = r'null|""|\[\]|\{\}|"§placeholder"'
    nothing = rf'({empty}|\{{("[^"]*":({empty}),?)*\}})'
    said = f"NOT regexp_full_match(CAST(x AS VARCHAR), '{nothing}')"
    return _where(name, f"len(list_filter(json_extract(object, '$.{name}[*]'), lambda x: {said}))")


_MEASURABLE = "len(list_filter(json_extract_string(object, '$.goals[*].measurable'), lambda x: x = 'true'))"
_DATED = "len(list_filter(json_extract_string(object, '$.services[*].starts_on'), lambda x: x LIKE '____-__-__%'))"

_QUERY = f"""
WITH valid AS (
    SELECT content, CASE WHEN json_valid(content) THEN content END AS json FROM rows
), typed AS (
    SELECT content, CASE WHEN json_type(json) = 'OBJECT' THEN CAST(json AS JSON) END AS object FROM valid
), parsed AS (
    SELECT content, content IS NULL OR object IS NOT NULL AS content_readable, object FROM typed
), chained AS (
    SELECT *, {_listed("needs[*]")} AS needs_listed,
        {_listed("goals[*].need")} AS goal_needs,
        {_listed("services[*].need")} AS service_needs,
        {_listed("evaluations[*].need")} AS evaluation_needs
    FROM parsed
)
SELECT content_readable,
    unnest(json_transform(object, '{{{_spec()}}}')),
    length(content) AS content_length,
    needs_listed,
    {", ".join(f"{_number_saying_something(name)} AS number_of_{name}" for name in _LISTS)},
    {_absent("needs_listed", "goal_needs")} AS needs_without_goal,
    {_absent("needs_listed", "service_needs")} AS needs_without_service,
    {_absent("needs_listed", "evaluation_needs")}
        AS needs_without_evaluation,
    {_absent("goal_needs", "needs_listed")} AS goals_without_need,
    {_where("goals", _MEASURABLE)} AS goals_measurable,
    {_where("services", _DATED)} AS services_dated,
    content
FROM chained
"""  # noqa: S608 (names of our own reference file only)


def _fields() -> list[pl.Expr]:
    return [pl.col("content_readable"), *(_FIELD_OF_KIND[kind](name) for name, kind in content_kinds().items())]


def _said(name: str) -> pl.Expr:
    """The value, null when blank or a placeholder."""
    value = pl.col(name).str.strip_chars()
    return pl.when(~value.is_in(["", "-", PLACEHOLDER, "[]", "{}", "null"])).then(value)


def _length(name: str) -> pl.Expr:
    value = _said(name)
    marked = value.str.extract(_TEXT_MARKER).cast(pl.Int64)
    own = pl.when(value.str.starts_with("§")).then(pl.lit(UNKNOWN_LENGTH)).otherwise(value.str.len_chars())
    return pl.coalesce(marked, own).cast(pl.Int64).alias(name)


def _code(name: str) -> pl.Expr:
    value = _said(name)
    return pl.when(value.str.starts_with("§")).then(pl.lit("§text")).otherwise(value).alias(name)


def _date(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(name)


def _bool(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == "true").then(True).when(pl.col(name) == "false").then(False).alias(name)


def _count(name: str) -> pl.Expr:
    number = pl.col(f"number_of_{name}").cast(pl.Int64)
    return pl.when(number > 0).then(number).alias(name)


_FIELD_OF_KIND = {"text": _length, "code": _code, "date": _date, "bool": _bool, "list": _count}


def _facts() -> list[pl.Expr]:
    kinds = content_kinds()
    content = pl.col("content").fill_null("")
    codes = [_code(name) == "§text" for name, kind in kinds.items() if kind == "code"]
    dates = [_said(name).is_not_null() & _date(name).is_null() for name, kind in kinds.items() if kind == "date"]
    counted = ("needs_without_goal", "needs_without_service", "needs_without_evaluation", "goals_without_need")
    return [
        pl.col("content_length").fill_null(0).cast(pl.Int64),
        _occurrences(content, PLACEHOLDER).alias("content_placeholders"),
        _occurrences(content, IDENTITY_CODE).alias("content_identity_codes"),
        (_occurrences(content, "§phone") + _occurrences(content, "§email")).alias("content_contacts"),
        _occurrences(content, '"§field:').alias("content_unknown_fields"),
        pl.sum_horizontal(c.fill_null(False).cast(pl.Int64) for c in codes).alias("uncoded_values"),
        pl.sum_horizontal(d.fill_null(False).cast(pl.Int64) for d in dates).alias("unreadable_dates"),
        *(pl.col(name).fill_null(0).cast(pl.Int64) for name in (*counted, "goals_measurable", "services_dated")),
        pl.col("needs_listed"),
    ]


def _occurrences(content: pl.Expr, text: str) -> pl.Expr:
    return content.str.count_matches(text, literal=True).cast(pl.Int64)
