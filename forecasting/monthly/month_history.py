"""Monthly counts made ready for the models: late months completed, breaks and disrupted months taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly.breaks import LIKELY, SMALLEST_LIKELY, level_ratio, level_shifts
from forecasting.monthly.grid import Grid
from forecasting.monthly.mending import fill_gaps
from forecasting.monthly.nowcast import Completion
from forecasting.scores import FloatArray


@dataclass(frozen=True)
class Estimated:
    """Months still being recorded: which, and the standard deviation of their final counts; shapes (T, N)."""

    rows: np.ndarray
    deviation: FloatArray


def completed_counts(grid: Grid, completion: Completion | None) -> tuple[FloatArray, Estimated]:
    """Counts with the expected final counts in the months still being recorded."""
    y = grid.y.copy()
    estimated = Estimated(np.zeros(y.shape, dtype=bool), np.zeros(y.shape))
    if completion is None or completion.table.empty:
        return y, estimated
    table = completion.table
    row, column = grid.places(table)
    inside = (row >= 0) & (column >= 0)
    row, column = row[inside], column[inside]
    y[row, column] = table["mean"].to_numpy()[inside]
    estimated.rows[row, column] = True
    estimated.deviation[row, column] = completion.draws.std(axis=0)[inside]
    return y, estimated


def without_breaks(
    grid: Grid,
    y: FloatArray,
    announced: Sequence[tuple[str, str]],
    disrupted: tuple[pd.Timestamp, pd.Timestamp] | None,
) -> tuple[FloatArray, pd.DataFrame]:
    """History at the level of the latest recording, disrupted months unknown; and the breaks taken out."""
    stamps = grid.stamps
    within = np.zeros(stamps.size, dtype=bool)
    if disrupted is not None:
        within = (stamps >= np.datetime64(disrupted[0])) & (stamps <= np.datetime64(disrupted[1]))
    known = np.cumsum(np.isfinite(y), axis=0) > 0
    filled = np.where(known, fill_gaps(y, 12), 0.0)
    shifts = level_shifts(
        filled,
        known,
        12,
        LIKELY,
        SMALLEST_LIKELY,
        count=np.ones(y.shape[1], dtype=bool),
        ignored=np.broadcast_to(within[:, None], y.shape),
        group=grid.area,
    )
    named = dict(zip(grid.cells["unique_id"], range(y.shape[1]), strict=True))
    found = {(column, step): float(np.exp(size)) for step, column, size, _ in shifts}
    for name, day in announced:
        if name in named:
            step = int(np.searchsorted(stamps, np.datetime64(day)))
            near = [key for key in found if key[0] == named[name] and abs(key[1] - step) <= 2]
            for key in near:
                del found[key]
            found[(named[name], step)] = level_ratio(y[:, named[name]], step)
    level = np.where(within[:, None], np.nan, y)
    rows = []
    for (column, step), ratio in sorted(found.items()):
        if np.isfinite(ratio) and ratio > 0.0:
            level[:step, column] *= ratio
            rows.append((grid.cells["unique_id"].iloc[column], stamps[step], ratio))
    return np.asarray(np.round(level), dtype=np.float64), pd.DataFrame(rows, columns=["unique_id", "ds", "ratio"])
