"""Rows of a SQL query through SQLAlchemy; the URL comes from the environment and is never shown."""

from __future__ import annotations

import os

import polars as pl

from sources.delimited import MAX_COLUMNS, ExtractError

_BATCH = 50_000


def read_query(query: str, url_env: str, *, table: str) -> pl.DataFrame:
    """Run one query and return its rows with `row` (1 is the first).

    Args:
        query: SQL text of the county file.
        url_env: environment variable with the SQLAlchemy URL.
        table: the contract table, for messages.

    Raises:
        ExtractError: no URL, no connection, or a query that fails; neither URL nor values are repeated.
    """
    import sqlalchemy

    url = os.environ.get(url_env)
    if not url:
        raise ExtractError(
            f"extract of {table}: the environment variable {url_env} is not set; give the URL in it"
        )
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(query))
            names = list(result.keys())
            _check_columns(names, table)
            frames = [_frame(batch, names) for batch in result.mappings().partitions(_BATCH)]
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        raise ExtractError(
            f"extract of {table}: the query could not be read ({type(error).__name__}); check the query in the "
            f"county file and the URL in {url_env}"
        ) from None
    if not frames:
        raise ExtractError(f"extract of {table}: the query gave no rows; expected at least one")
    frame = pl.concat(frames, how="vertical_relaxed")
    return frame.with_columns(pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias("row"))


def _check_columns(names: list[str], table: str) -> None:
    if len(names) > MAX_COLUMNS:
        raise ExtractError(f"extract of {table}: {len(names):,} columns; expected at most {MAX_COLUMNS:,}")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ExtractError(f"extract of {table}: the query gives '{repeated[0]}' twice; name its columns apart")


def _frame(batch: object, names: list[str]) -> pl.DataFrame:
    columns = {name: [row[name] for row in batch] for name in names}  # type: ignore[attr-defined]
    return pl.DataFrame({name: pl.Series(name, values, strict=False) for name, values in columns.items()})
