"""The published tables in PostgreSQL: a schema of their own, comments on every column, rows by role and area.

Reads the Parquet files of an edition, so the database holds what is published and nothing else. Role `planner`
sees every row, role `lead` the rows of the areas that `area_access` grants to the login; both may only read.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2.extensions import cursor
from psycopg2.sql import SQL, Composable, Identifier, Literal

from counties import Recipient

SCHEMA, SYNTHETIC_SCHEMA = "palvelutarve", "palvelutarve_synthetic"
ROLES = ("planner", "lead")
_ACCESS = "area_access"
_LOCK = 5_301_409  # one writer at a time: roles and tables are made only once
_TYPES = {
    pa.types.is_boolean: "boolean",
    pa.types.is_integer: "bigint",
    pa.types.is_floating: "double precision",
    pa.types.is_date: "date",
    pa.types.is_timestamp: "timestamp",
}
_OWN = {"county": "code of the wellbeing services county", "edition": "edition that the row was published in"}


class DatabaseError(RuntimeError):
    """The database could not take the tables; the message holds no address and no value."""


def write_database(tables: Path, url: str, recipients: Iterable[Recipient] = ()) -> pl.DataFrame:
    """Put the published tables of one county's edition in place of its earlier ones, in one transaction.

    Args:
        tables: folder of the published Parquet tables.
        url: libpq URL of the database; its user may make roles and schemas the first time.
        recipients: those with a `login` get their areas in `area_access`.

    Returns:
        table, rows: what stands in the database now.

    Raises:
        DatabaseError: the database cannot be reached or refuses.
    """
    files = sorted(tables.glob("*.parquet"))
    if not files:
        raise DatabaseError(f"{tables.name}: there are no published tables; publish an edition first")
    about = _about(files[0])
    schema = SYNTHETIC_SCHEMA if about["synthetic"] == "true" else SCHEMA
    try:
        with closing(psycopg2.connect(url)) as link, link, link.cursor() as at:
            at.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            _prepare(at, schema)
            _grant_areas(at, schema, about["county"], recipients)
            rows = [(file.stem, _replace(at, schema, file, about)) for file in files]
            gone = _clear_others(at, schema, about["county"], {file.stem for file in files})
        return pl.DataFrame(
            [*rows, *((name, 0) for name in gone)], schema={"table": pl.String, "rows": pl.Int64}, orient="row"
        )
    except psycopg2.Error as error:
        raise DatabaseError(f"{type(error).__name__} ({error.pgcode or 'no connection'})") from None


def _about(file: Path) -> dict[str, str]:
    found = pq.read_schema(file).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items()}


def _prepare(at: cursor, schema: str) -> None:
    """Roles, schema and the table of access, when they are not there."""
    for role in ROLES:
        at.execute("select 1 from pg_roles where rolname = %s", [role])
        if at.fetchone() is None:
            at.execute(SQL("create role {} nologin").format(Identifier(role)))
    at.execute(SQL("create schema if not exists {}").format(Identifier(schema)))
    _say(at, "comment on schema {} is {}", Identifier(schema), Literal("Published tables of palvelutarve"))
    _say(at, "grant usage on schema {} to planner, lead", Identifier(schema))
    access = Identifier(schema, _ACCESS)
    _say(
        at,
        "create table if not exists {} (login text, county text, area text, primary key (login, county, area))",
        access,
    )
    _comment(at, schema, _ACCESS, "Areas whose rows a login of the role lead may see", {
        "login": "database login",
        "county": "code of the county",
        "area": "service area; the county's own code means all of it",
    })  # fmt: skip
    _say(at, "alter table {} enable row level security", access)
    _policy(at, schema, _ACCESS, "own", ROLES, SQL("login = current_user"))
    _say(at, "grant select on {} to planner, lead", access)


def _grant_areas(at: cursor, schema: str, county: str, recipients: Iterable[Recipient]) -> None:
    access = Identifier(schema, _ACCESS)
    at.execute(SQL("delete from {} where county = %s").format(access), [county])
    granted = sorted({(r.login, county, area) for r in recipients if r.login for area in r.areas})
    for row in granted:
        at.execute(SQL("insert into {} values (%s, %s, %s)").format(access), row)


def _replace(at: cursor, schema: str, file: Path, about: Mapping[str, str]) -> int:
    """Make the table as the file has it, and put its rows in place of the county's."""
    fields = list(pq.read_schema(file))
    name = Identifier(schema, file.stem)
    _say(at, "create table if not exists {} (county text not null, edition text not null)", name)
    for field in fields:
        kind = next((sql for fits, sql in _TYPES.items() if fits(field.type)), "text")
        _say(at, "alter table {} add column if not exists {} " + kind, name, Identifier(field.name))
    meanings = {f.name: (f.metadata or {}).get(b"description", b"").decode() or f.name for f in fields}
    _comment(at, schema, file.stem, _about(file).get("title", file.stem), {**_OWN, **meanings})
    _say(at, "alter table {} enable row level security", name)
    _policy(at, schema, file.stem, "planners", ("planner",), SQL("true"))
    _policy(at, schema, file.stem, "leads", ("lead",), _own_areas(schema, file.stem, [f.name for f in fields]))
    _say(at, "grant select on {} to planner, lead", name)
    at.execute(SQL("delete from {} where county = %s").format(name), [about["county"]])
    frame = pl.read_parquet(file)
    rows = frame.select(
        pl.lit(about["county"]).alias("county"), pl.lit(about["edition"]).alias("edition"), *frame.columns
    )
    columns = SQL(", ").join(map(Identifier, rows.columns))
    copy = SQL("copy {} ({}) from stdin with (format csv, header true, null '\\N')").format(name, columns)
    at.copy_expert(copy, io.StringIO(rows.write_csv(null_value="\\N", quote_style="non_numeric")))
    return rows.height


def _own_areas(schema: str, table: str, columns: list[str]) -> Composable:
    """Rows of the areas granted to the login; tables without areas speak of all."""
    if "area" not in columns:
        return SQL("true")
    granted = "a.county = {table}.county and a.area in ({table}.area, {table}.county)"
    return SQL(f"exists (select from {{access}} a where {granted})").format(
        access=Identifier(schema, _ACCESS), table=Identifier(schema, table)
    )


def _policy(at: cursor, schema: str, table: str, policy: str, roles: tuple[str, ...], rows: Composable) -> None:
    name, on = Identifier(policy), Identifier(schema, table)
    at.execute(SQL("drop policy if exists {} on {}").format(name, on))
    to = SQL(", ").join(map(Identifier, roles))
    at.execute(SQL("create policy {} on {} for select to {} using ({})").format(name, on, to, rows))


def _comment(at: cursor, schema: str, table: str, title: str, meanings: Mapping[str, str]) -> None:
    _say(at, "comment on table {} is {}", Identifier(schema, table), Literal(title))
    for column, meaning in meanings.items():
        _say(at, "comment on column {} is {}", Identifier(schema, table, column), Literal(meaning))


def _clear_others(at: cursor, schema: str, county: str, published: set[str]) -> list[str]:
    """Take the county's rows out of tables that the edition no longer has."""
    at.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema])
    gone = [name for (name,) in at.fetchall() if name not in {*published, _ACCESS}]
    for name in gone:
        at.execute(SQL("delete from {} where county = %s").format(Identifier(schema, name)), [county])
    return gone


def _say(at: cursor, text: str, *parts: Any) -> None:
    at.execute(SQL(text).format(*parts))
