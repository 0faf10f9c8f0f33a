"""pandas and Polars tables alike: what comes in as one goes out as the same. Nothing is computed here."""

from __future__ import annotations

from typing import Any

import pandas as pd


def is_polars(table: Any) -> bool:
    """Whether a table is a Polars frame (eager or lazy); Polars is not loaded to tell."""
    return type(table).__module__.partition(".")[0] == "polars"


def plain(table: Any) -> pd.DataFrame:
    """A table as a pandas frame with plain columns.

    Raises:
        TypeError: it is no table.
    """
    if is_polars(table):
        eager = table.collect() if hasattr(table, "collect") else table
        return pd.DataFrame({name: _column(eager.get_column(name)) for name in eager.columns})
    if isinstance(table, pd.DataFrame):
        return table
    raise TypeError(f"expected a pandas or Polars table of unique_id, ds, y, got {type(table).__name__}")


def _column(column: Any) -> Any:
    """Values of a Polars column; stamps keep their zone, which numpy would turn into UTC."""
    zone = getattr(column.dtype, "time_zone", None)
    if zone is None:
        return column.to_numpy()
    utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    return pd.Series(utc).dt.tz_localize("UTC").dt.tz_convert(zone)


def alike(result: pd.DataFrame, table: Any) -> Any:
    """The result in the kind of frame that the table was."""
    if not is_polars(table):
        return result
    import polars as pl

    return pl.from_pandas(result)
