"""The published tables in the planners' PostgreSQL database, when the settings name one."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets.promises import DATABASE_HAS_THE_EDITION, promise
from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

TABLE = "database_tables"


def _write(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Put the current edition into the database; a refusal is kept as a reason and tried again by the next run."""
    import polars as pl

    from lake.releases import Releases
    from reporting.database import DatabaseError, write_database

    schema = {"table": pl.String, "rows": pl.Int64, "reason": pl.String}
    variable = run.settings.planner_database_variable
    if variable is None:
        return {TABLE: pl.DataFrame(schema=schema)}
    releases = Releases(run.settings.releases, run.county.code)
    try:
        if variable not in os.environ:
            raise DatabaseError(f"the environment has no {variable} (planner_database_variable)")
        folder = releases.path(releases.current() or run.edition) / "tables"
        written = write_database(folder, os.environ[variable], run.county.recipients)
    except DatabaseError as error:
        return {TABLE: pl.DataFrame([("", 0, str(error))], schema=schema, orient="row")}
    return {TABLE: written.with_columns(pl.lit("").alias("reason")).cast(schema)}  # type: ignore[arg-type]


def _judged(run: CountyRun) -> Sequence[dg.AssetCheckResult]:
    reasons = [reason for reason in run.table(TABLE)["reason"] if reason]
    named = run.settings.planner_database_variable is not None
    told = "; ".join(reasons) or ("the edition is there" if named else "the settings name no database")
    return [promise(TABLE, DATABASE_HAS_THE_EDITION, kept=not reasons, told=told)]


def _place(run: CountyRun) -> list[str]:
    """Where the database is; another one has to be written although the edition has not changed."""
    url = os.environ.get(run.settings.planner_database_variable or "", "")
    if not url:
        return []
    import psycopg2
    from psycopg2.extensions import parse_dsn

    try:
        parts = parse_dsn(url)
    except psycopg2.Error:  # writing tells what is wrong with it
        return []
    return [str(parts.get(part, "")) for part in ("host", "port", "dbname")]


def _again(run: CountyRun) -> str:
    """A failure makes the next run try again."""
    table = run.table_or_none(TABLE)
    return run.run_id if table is not None and any(table["reason"]) else ""


PLANNER_DATABASE_STAGES: tuple[Stage, ...] = (
    Stage(
        name="planner_database",
        group="publishing",
        tables={TABLE: "Published tables in the planners' database with their rows, or why they are not there."},
        reads=("published_files",),
        code=("reporting/database.py", "counties"),
        make=_write,
        inputs=lambda run: [run.settings.planner_database_variable, *_place(run), _again(run)],
        checks={TABLE: [DATABASE_HAS_THE_EDITION]},
        evaluate=_judged,
        kinds=frozenset({"postgres"}),
    ),
)
