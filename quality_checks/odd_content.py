"""Contents of an odd shape: no JSON object, or a list with elements or records in which nothing is said.

DuckDB reads them element by element, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl

from quality_checks.schema import content_kinds

PLACEHOLDER = "§placeholder"
NOTHING = rf'null|""|\[\]|\{{\}}|"{PLACEHOLDER}"'
LISTS = ("needs", "services", "goals", "partners", "evaluations", "participants")
_OF_RECORDS = ("services", "goals", "evaluations")


# Contents up to which a second thread costs more than it saves: DuckDB shares out work by as many rows.
FEW = 122_880


def read_odd_content(contents: pl.Series, fields: Sequence[str]) -> pl.DataFrame:
    """Raw values of fields as text, numbers of elements that say something, and the facts about lists.

    Args:
        contents: any texts.
        fields: names of fields to give as columns; facts and numbers are given for all lists.
    """
    return queried(contents, _query(fields))


@cache
def _database(threads: int) -> Any:
    import duckdb

    # Texts as views are handed over to Polars, which keeps them so, without being copied.
    return duckdb.connect(config={"threads": threads, "produce_arrow_string_view": True})


def queried(contents: pl.Series, query: str) -> pl.DataFrame:
    """The answer of DuckDB to a query over the table `contents` with the one column `content`."""
    with _database(1 if len(contents) <= FEW else 2).cursor() as cursor:
        cursor.execute("SET enable_progress_bar = false")
        cursor.register("contents", pl.DataFrame({"content": contents}).to_arrow())
        answer = pl.from_arrow(cursor.sql(query).to_arrow_table())
    if not isinstance(answer, pl.DataFrame):
        raise TypeError(f"expected a table of {len(contents)} documents, found {type(answer).__name__}")
    return answer


def _listed(path: str) -> str:
    return _where(path, f"list_filter(json_extract_string(object, '$.{path}'), lambda x: x <> '{PLACEHOLDER}')")


def _absent(listed: str, among: str) -> str:
    """Number of the distinct codes of one list that another, perhaps missing, list does not have."""
    return f"len(list_distinct(list_filter({listed}, lambda x: NOT coalesce(list_contains({among}, x), FALSE))))"


def _where(path: str, expression: str) -> str:
    """Evaluate only for documents in which the field is a list."""
    return f"CASE WHEN json_type(object, '$.{path.split('[')[0]}') = 'ARRAY' THEN {expression} END"


def _number_saying_something(name: str) -> str:
    """Elements that are neither null nor empty nor a placeholder, nor records of nothing but those."""
    if name not in _OF_RECORDS:
        plain = f"json_extract_string(object, '$.{name}[*]')"
        return _where(
            name, f"len(list_filter({plain}, lambda x: trim(x) NOT IN ('', '[]', '{{}}', '{PLACEHOLDER}')))"
        )
    nothing = rf'({NOTHING}|\{{("[^"]*":({NOTHING}),?)*\}})'
    said = f"NOT regexp_full_match(CAST(x AS VARCHAR), '{nothing}')"
    return _where(name, f"len(list_filter(json_extract(object, '$.{name}[*]'), lambda x: {said}))")


_MEASURABLE = "len(list_filter(json_extract_string(object, '$.goals[*].measurable'), lambda x: x = 'true'))"
_DATED = "len(list_filter(json_extract_string(object, '$.services[*].starts_on'), lambda x: x LIKE '____-__-__%'))"


def _query(fields: Sequence[str]) -> str:
    spec = ",".join(f'"{name}":"VARCHAR"' for name in fields if content_kinds()[name] != "list")
    unnested = f"unnest(json_transform(object, '{{{spec}}}'))," if spec else ""
    return f"""
WITH valid AS (
    SELECT content, CASE WHEN json_valid(content) THEN content END AS json FROM contents
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
SELECT content_readable, {unnested}
    needs_listed,
    {", ".join(f"{_number_saying_something(name)} AS number_of_{name}" for name in LISTS)},
    {_absent("needs_listed", "goal_needs")} AS needs_without_goal,
    {_absent("needs_listed", "service_needs")} AS needs_without_service,
    {_absent("needs_listed", "evaluation_needs")} AS needs_without_evaluation,
    {_absent("goal_needs", "needs_listed")} AS goals_without_need,
    {_where("goals", _MEASURABLE)} AS goals_measurable,
    {_where("services", _DATED)} AS services_dated,
    content
FROM chained
"""  # noqa: S608 (names of our own reference file only)
