"""Counts by area, service and month on one grid, and back to table rows. No models here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly.challengers import History
from forecasting.monthly.nowcast import Completion
from forecasting.monthly.periods import IntArray
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

Q = list(QUANTILE_COLUMNS)


@dataclass(frozen=True)
class Grid:
    """Monthly counts as an array.

    Attributes:
        y: counts, shape (T, N), NaN where unknown.
        month: months since year 0, shape (T,).
        cells: unique_id (`area|service`), area, service of each column.
        areas: names of the areas; `area` numbers them per column.
        services: names of the services; `service` numbers them per column.
        area: shape (N,).
        service: shape (N,).
        total_area: code of the county total.
    """

    y: FloatArray
    month: IntArray
    cells: pd.DataFrame
    areas: list[str]
    services: list[str]
    area: IntArray
    service: IntArray
    total_area: str

    @property
    def stamps(self) -> NDArray[np.datetime64]:
        """First day of each month."""
        return _stamps(self.month)

    def places(self, table: pd.DataFrame) -> tuple[IntArray, IntArray]:
        """Row and column of each (area, service, ds) of a table; -1 where it is not on the grid."""
        month = _months(table["ds"])
        row = np.where((month >= self.month[0]) & (month <= self.month[-1]), month - self.month[0], -1)
        names = table["area"].astype(str) + "|" + table["service"].astype(str)
        column = pd.Index(self.cells["unique_id"]).get_indexer(names)
        return row.astype(np.int64), np.asarray(column, dtype=np.int64)

    def past_rows(
        self,
        completed: FloatArray,
        estimated: NDArray[np.bool_],
        completion: Completion | None,
        changed: NDArray[np.bool_],
    ) -> pd.DataFrame:
        """Observed and estimated months of cells and totals; estimated ones carry mean and quantiles.

        `changed`, shape (T, N), tells the months from which the recording is another: they are flagged.
        """
        row, column = np.nonzero(np.isfinite(self.y) | estimated)
        cells = self._rows(row, column, self.stamps, changed[row, column])
        cells["y"] = self.y[row, column]
        cells["kind"] = np.where(estimated[row, column], "estimated", "observed")
        drawn, place = _completion_draws(self, completion)
        cells = _with_moments(cells, completed[row, column], estimated[row, column], drawn, place, row, column)
        return pd.concat(
            [cells, self._past_totals(completed, estimated, drawn, place, changed)], ignore_index=True
        )

    def _past_totals(
        self,
        completed: FloatArray,
        estimated: NDArray[np.bool_],
        drawn: FloatArray,
        place: IntArray,
        changed: NDArray[np.bool_],
    ) -> pd.DataFrame:
        parts = []
        for number, service in enumerate(self.services):
            columns = np.flatnonzero(self.service == number)
            known = np.flatnonzero(np.any(np.isfinite(completed[:, columns]), axis=1))
            guess = np.asarray(np.any(estimated[:, columns], axis=1))[known]
            part = pd.DataFrame(
                {
                    "unique_id": f"{self.total_area}|{service}",
                    "area": self.total_area,
                    "service": service,
                    "ds": self.stamps[known],
                    "kind": np.where(guess, "estimated", "observed"),
                    "y": np.nan_to_num(self.y[np.ix_(known, columns)]).sum(axis=1),
                    "flag": np.where(changed[np.ix_(known, columns)].any(axis=1), "break", ""),
                }
            )
            fixed = np.nan_to_num(completed[np.ix_(known, columns)]).sum(axis=1)
            part["mean"] = np.where(guess, fixed, np.nan)
            values = np.full((known.size, len(Q)), np.nan)
            for line in np.flatnonzero(guess):
                places = place[known[line], columns]
                sure = np.nan_to_num(completed[known[line], columns[places < 0]]).sum()
                total = sure + drawn[:, places[places >= 0]].sum(axis=1)
                values[line] = np.quantile(total, QUANTILE_LEVELS, method="inverted_cdf")
            part[Q] = values
            part.loc[guess, "flag"] = joined_flags(part.loc[guess, "flag"], "incomplete")
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def future_rows(self, mean: FloatArray, drawn: FloatArray, broken: NDArray[np.bool_]) -> pd.DataFrame:
        """Forecast months of cells and totals; quantiles are those of the draws.

        `broken`, shape (N,), tells the cells whose recording has changed at some time: their months are flagged.
        """
        horizon, size = mean.shape
        stamps = _stamps(self.month[-1] + 1 + np.arange(horizon))
        row, column = (part.ravel() for part in np.indices((horizon, size)))
        parts = [self._rows(row, column, stamps, broken[column])]
        parts[0]["mean"] = mean.ravel()
        parts[0][Q] = _quantiles(drawn).reshape(len(Q), -1).T
        for number, service in enumerate(self.services):
            columns = self.service == number
            part = pd.DataFrame(
                {
                    "unique_id": f"{self.total_area}|{service}",
                    "area": self.total_area,
                    "service": service,
                    "ds": stamps,
                    "mean": mean[:, columns].sum(axis=1),
                    "flag": "break" if broken[columns].any() else "",
                }
            )
            part[Q] = _quantiles(drawn[:, :, columns].sum(axis=2)).T
            parts.append(part)
        return pd.concat(parts, ignore_index=True).assign(kind="forecast", y=np.nan)

    def _rows(
        self, row: IntArray, column: IntArray, stamps: NDArray[np.datetime64], flagged: NDArray[np.bool_]
    ) -> pd.DataFrame:
        rows = self.cells.iloc[column].reset_index(drop=True)
        rows["ds"] = stamps[row]
        rows["flag"] = np.where(flagged, "break", "")
        return rows


def read_grid(counts: pd.DataFrame, as_of: str | pd.Timestamp, total_area: str) -> Grid:
    """Check a table of monthly counts and lay it on a grid, without months that are not over by `as_of`.

    Raises:
        ValueError: a column is missing, a count is not whole or negative, a month stands twice, the county total
            is among the areas, or no month is left.
    """
    missing = [column for column in ("area", "service", "ds", "y") if column not in counts.columns]
    if missing:
        raise ValueError(f"the monthly counts lack {', '.join(missing)}: expected area, service, ds, y")
    table = counts[["area", "service", "ds", "y"]].assign(
        area=counts["area"].astype(str), service=counts["service"].astype(str), month=_months(counts["ds"])
    )
    if (table["area"] == total_area).any():
        raise ValueError(f"area {total_area!r} is the county total: give the areas only, the total is their sum")
    now = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    table = table[table["month"] < now.year * 12 + now.month - 1].dropna(subset=["y"])
    _check_counts(table, as_of)
    table["unique_id"] = table["area"] + "|" + table["service"]
    cells = (
        table[["unique_id", "area", "service"]]
        .drop_duplicates()
        .sort_values(["service", "area"], ignore_index=True)
    )
    month = np.arange(table["month"].min(), table["month"].max() + 1)
    y = np.full((month.size, len(cells)), np.nan)
    column = pd.Index(cells["unique_id"]).get_indexer(table["unique_id"])
    y[table["month"].to_numpy() - month[0], column] = table["y"].to_numpy(dtype=float)
    area, areas = pd.factorize(cells["area"], sort=True)
    service, services = pd.factorize(cells["service"], sort=True)
    return Grid(
        y,
        month.astype(np.int64),
        cells,
        [str(name) for name in areas],
        [str(name) for name in services],
        area.astype(np.int64),
        service.astype(np.int64),
        total_area,
    )


def exposures(grid: Grid, exposure: pd.DataFrame | None, horizon: int) -> FloatArray:
    """Exposure of each column over history and horizon, between the ends of years on a straight line.

    Args:
        grid: the cells.
        exposure: area, year, persons (31 December), and service where it differs by service; None: one each.
        horizon: months ahead.

    Raises:
        ValueError: an area, service or year is missing.
    """
    months = np.arange(grid.month[0], grid.month[-1] + horizon + 1)
    if exposure is None:
        return np.ones((months.size, len(grid.cells)))
    keys = ["area", "service"] if "service" in exposure.columns else ["area"]
    wide = exposure.astype(dict.fromkeys(keys, str)).pivot_table(
        index="year", columns=keys, values="persons", aggfunc="sum"
    )
    time = (months + 0.5) / 12.0
    needed = list(range(int(np.floor(time[0])), int(np.ceil(time[-1]))))
    result = np.empty((months.size, len(grid.cells)))
    for number, cell in enumerate(grid.cells[keys].itertuples(index=False)):
        name = tuple(cell) if len(keys) > 1 else cell[0]
        rows = wide[name].dropna() if name in wide.columns else pd.Series(dtype=float)
        absent = [year for year in needed if year not in rows.index]
        if absent:
            cell_name = ", ".join(f"{key} {value}" for key, value in zip(keys, cell, strict=True))
            raise ValueError(f"the exposure lacks {cell_name} in {', '.join(map(str, absent[:5]))}")
        ends = rows.index.to_numpy(dtype=float) + 1.0
        result[:, number] = np.interp(time, ends, rows.to_numpy(dtype=float))
    return np.maximum(result, 1e-9)


def history_of(table: pd.DataFrame, horizon: int) -> tuple[list[str], History]:
    """A plain table unique_id, ds, y (areas of one service, one row per month) as a history with even exposure."""
    rows = table.assign(area=table["unique_id"].astype(str), service="service")
    last = pd.to_datetime(rows["ds"]).max() + pd.offsets.MonthEnd(0)
    grid = read_grid(rows, last, total_area="")
    return grid.cells["area"].tolist(), History(
        grid.y, grid.month, grid.area, grid.service, exposures(grid, None, horizon)
    )


def _check_counts(table: pd.DataFrame, as_of: str | pd.Timestamp) -> None:
    if table.empty:
        raise ValueError(f"no month of the counts is over by {as_of}")
    y = table["y"].to_numpy(dtype=float)
    bad = ~np.isfinite(y) | (y < 0.0) | (y != np.round(y))
    if bad.any():
        row = table[bad].iloc[0]
        raise ValueError(f"{row['area']}|{row['service']} {row['ds']}: {row['y']} is not a count (0, 1, 2, ...)")
    twice = table.duplicated(["area", "service", "month"])
    if twice.any():
        row = table[twice].iloc[0]
        raise ValueError(
            f"{row['area']}|{row['service']} has two rows for the month of {row['ds']}: add them up first"
        )


def _completion_draws(grid: Grid, completion: Completion | None) -> tuple[FloatArray, IntArray]:
    """Draws of the completion and, for each grid cell, its column among them (-1: none)."""
    place = np.full(grid.y.shape, -1, dtype=np.int64)
    if completion is None or completion.table.empty:
        return np.zeros((1, 0)), place
    row, column = grid.places(completion.table)
    inside = (row >= 0) & (column >= 0)
    place[row[inside], column[inside]] = np.flatnonzero(inside)
    return completion.draws.astype(float), place


def _with_moments(
    cells: pd.DataFrame,
    completed: FloatArray,
    estimated: NDArray[np.bool_],
    drawn: FloatArray,
    place: IntArray,
    row: IntArray,
    column: IntArray,
) -> pd.DataFrame:
    cells["mean"] = np.where(estimated, completed, np.nan)
    values = np.full((len(cells), len(Q)), np.nan)
    if estimated.any():
        columns = place[row[estimated], column[estimated]]
        values[estimated] = np.quantile(drawn[:, columns], QUANTILE_LEVELS, axis=0, method="inverted_cdf").T
        cells.loc[estimated, "flag"] = joined_flags(cells.loc[estimated, "flag"], "incomplete")
    cells[Q] = values
    return cells


def joined_flags(flags: pd.Series, flag: str) -> pd.Series:
    """Comma lists of flags with one more."""
    return flags.where(flags == "", flags + ",") + flag


def _quantiles(drawn: FloatArray) -> FloatArray:
    return np.asarray(np.quantile(drawn, QUANTILE_LEVELS, axis=0, method="inverted_cdf"))


def _months(ds: pd.Series) -> IntArray:
    stamps = pd.DatetimeIndex(pd.to_datetime(ds))
    return np.asarray(stamps.year * 12 + stamps.month - 1, dtype=np.int64)


def _stamps(month: IntArray) -> NDArray[np.datetime64]:
    return (month - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
