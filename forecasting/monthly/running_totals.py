"""Totals of the year under way: months counted, months still being recorded, and forecasts of those left."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecasting.monthly.grid import Grid
from forecasting.monthly.nowcast import Completion
from forecasting.running_year import COLUMNS
from forecasting.scores import FloatArray


def running_totals(
    grid: Grid,
    completed: FloatArray,
    level: FloatArray,
    completion: Completion | None,
    mean: FloatArray,
    plain: FloatArray,
    drawn: FloatArray,
) -> pd.DataFrame:
    """Table `running_year` for the yearly forecast; no rows when no year is under way or its end is not reached.

    Args:
        grid: counts so far.
        completed: the same with expected final counts, shape (T, N).
        level: the same as the latest recording would have it; NaN in disrupted months.
        completion: months still being recorded.
        mean: expected counts of the months ahead, shape (horizon, N).
        plain: the same without known effects, which later years do not start from.
        drawn: their draws, shape (draws, horizon, N).

    Returns:
        area, service, year, so_far, mean, sd, level: every cell that is known in all months so far, and the sums
        over areas, whose deviation tells how far the areas err together.
    """
    year = int(grid.month[-1] + 1) // 12
    past = grid.month // 12 == year
    ahead = (grid.month[-1] + 1 + np.arange(mean.shape[0])) // 12 == year
    if not past.any() or past.sum() + ahead.sum() != 12:
        return pd.DataFrame(columns=list(COLUMNS))
    whole = completed[past].sum(axis=0) + mean[ahead].sum(axis=0)  # NaN where a month is not known
    spread = drawn[:, ahead].sum(axis=1) + _recorded_later(grid, past, completion, drawn.shape[0])
    steady = np.where(np.isfinite(level[past]), level[past], completed[past]).sum(axis=0) + plain[ahead].sum(
        axis=0
    )
    counted = np.nan_to_num(grid.y[past]).sum(axis=0)

    def rows() -> Iterator[tuple[object, ...]]:
        for number, service in enumerate(grid.services):
            columns = np.flatnonzero((grid.service == number) & np.isfinite(whole))
            for at in columns:
                area, deviation = grid.areas[grid.area[at]], float(spread[:, at].std())
                yield area, service, year, counted[at], whole[at], deviation, steady[at]
            if columns.size == (grid.service == number).sum():
                sums = [float(values[columns].sum()) for values in (counted, whole, steady)]
                deviation = float(spread[:, columns].sum(axis=1).std())
                yield grid.total_area, service, year, sums[0], sums[1], deviation, sums[2]

    return pd.DataFrame(list(rows()), columns=list(COLUMNS))


def _recorded_later(grid: Grid, past: np.ndarray, completion: Completion | None, draws: int) -> FloatArray:
    """Draws of what months still being recorded come to, shape (draws, N); 0 where all is recorded."""
    found = np.zeros((draws, grid.y.shape[1]))
    if completion is None or completion.table.empty:
        return found
    row, column = grid.places(completion.table)
    mine = np.flatnonzero((row >= 0) & (column >= 0) & past[np.maximum(row, 0)])
    values = completion.draws[np.arange(draws) % completion.draws.shape[0]]
    for at in mine:
        found[:, column[at]] += values[:, at]
    return found
