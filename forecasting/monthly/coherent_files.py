"""A file of series with keys in, a file of every node of their hierarchy out; joint draws on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.monthly.coherent import HierarchyForecast, forecast_hierarchy
from forecasting.monthly.panel import SeriesError
from forecasting.monthly.tree import Levels
from forecasting.tables import check_ending, read_table, require_columns, write_table


@dataclass(frozen=True)
class HierarchyOptions:
    """How a file of series is forecast as a hierarchy.

    Attributes:
        keys: the key columns, together the name of a bottom series.
        levels: key columns of further levels between.
        freq: frequency.
        horizon: periods ahead.
        seed: of the draws.
        draws: joint draws.
        method: of reconciliation; chosen by backtest when None.
        only_counts: refuse negative and broken values.
        joint: where the joint draws go; None: they are not written.
    """

    keys: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...] = ()
    freq: str = "MS"
    horizon: int = 12
    seed: int = 1
    draws: int = 1000
    method: str | None = None
    only_counts: bool = False
    joint: Path | None = None


def columns_of(text: str) -> tuple[str, ...]:
    """Column names that stand in one text, between commas.

    Raises:
        SeriesError: there is none, or one stands twice.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or len(set(names)) < len(names):
        raise SeriesError(f"{text!r}: expected names of columns between commas, each once")
    return names


def all_levels(keys: Sequence[str], between: Sequence[tuple[str, ...]] = ()) -> Levels:
    """The total, each key alone, the levels between, and the bottom (all keys); each once, keys in their order.

    Raises:
        SeriesError: a level between has a column that is no key.
    """
    strange = {name for level in between for name in level} - set(keys)
    if strange:
        raise SeriesError(f"a level has {', '.join(sorted(strange))}; the keys are {', '.join(keys)}")
    ordered = [tuple(key for key in keys if key in level) for level in between]
    last = tuple(keys)
    found = dict.fromkeys(level for level in ((), *((key,) for key in keys), *ordered) if level != last)
    return [*found, last]


def forecast_hierarchy_file(source: Path, out: Path, options: HierarchyOptions) -> HierarchyForecast:
    """Forecast the series of a file and all their sums.

    Args:
        source: the key columns, ds, y; Parquet or CSV.
        out: where every node goes: level, unique_id, ds, mean, quantiles.
        options: keys, levels and the rest.

    Returns:
        What was written, with the scores of the methods.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file cannot be read or written, or the table does not add up to a hierarchy.
    """
    for path in (out, options.joint):
        if path is not None:
            check_ending(path)
    table = read_table(source, codes=options.keys)
    columns = (*options.keys, "ds", "y")
    require_columns(table, columns, source)
    made = forecast_hierarchy(
        table[list(columns)],
        all_levels(options.keys, options.levels),
        freq=options.freq,
        horizon=options.horizon,
        draws=options.draws,
        seed=options.seed,
        method=options.method,
        only_counts=options.only_counts,
    )
    write_table(made.forecast, out)
    if options.joint is not None:
        write_table(joint_table(made), options.joint)
    return made


def joint_table(made: HierarchyForecast) -> pd.DataFrame:
    """The joint draws of the bottom series: draw, unique_id, ds, y. A sum within a draw is a draw of the sum."""
    draws, horizon, size = made.draws.shape
    stamps = made.forecast["ds"].iloc[:horizon].to_numpy()  # all series end together, or they could not be summed
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(1, draws + 1), horizon * size),
            "unique_id": np.tile(np.asarray(made.bottom, dtype=object), draws * horizon),
            "ds": np.tile(np.repeat(stamps, size), draws),
            "y": made.draws.ravel(),
        }
    )
