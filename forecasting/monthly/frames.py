"""pandas and Polars tables alike: what comes in as one goes out as the same. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")


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


def either_frame(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of pandas frames take Polars ones, also within dataclasses.

    It answers in the kind of its first argument; frames of the others may be of either kind.
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        given: tuple[Any, ...] = tuple(_with_frames(one, plain, is_polars) for one in args)
        named: dict[str, Any] = {name: _with_frames(one, plain, is_polars) for name, one in kwargs.items()}
        result = function(*given, **named)
        first = args[0] if args else next(iter(kwargs.values()), None)
        if not is_polars(first):
            return result
        back: R = _with_frames(
            result, lambda table: alike(table, first), lambda one: isinstance(one, pd.DataFrame)
        )
        return back

    return wrapped


def _with_frames(value: Any, change: Callable[[Any], Any], wanted: Callable[[Any], bool]) -> Any:
    """A value, or a dataclass with its fields, with the wanted frames changed."""
    if wanted(value):
        return change(value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    found = {one.name: getattr(value, one.name) for one in fields(value)}
    changed = {name: change(one) for name, one in found.items() if wanted(one)}
    return replace(value, **changed) if changed else value
