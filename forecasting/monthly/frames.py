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
        return pd.DataFrame({name: eager.get_column(name).to_numpy() for name in eager.columns})
    if isinstance(table, pd.DataFrame):
        return table
    raise TypeError(f"expected a pandas or Polars table of unique_id, ds, y, got {type(table).__name__}")


def alike(result: pd.DataFrame, table: Any) -> Any:
    """The result in the kind of frame that the table was."""
    if not is_polars(table):
        return result
    import polars as pl

    return pl.from_pandas(result)
