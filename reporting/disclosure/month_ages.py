"""Which months of age groups are shown: forecasts only, hidden as what their shares rest on is.

A group's share comes from its counts of the latest years, so it is hidden where the group's forecast by year is
(whose latest count is hidden), and wherever the forecast of all ages is. Then more groups are hidden until none
that is hidden follows from the sums of a service, over groups and over areas.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from reporting.inputs import ALL, QUANTILES

FloatArray = NDArray[np.float64]
_CELL = ("area", "service", "age_group")
_SURE = 1e-6


def protect_ages(ages: pl.DataFrame, months: pl.DataFrame, need: pl.DataFrame | None, county: str) -> pl.DataFrame:
    """The table with hidden values null and the column `suppressed`.

    Args:
        ages: area, service, age_group, ds, mean, quantiles.
        months: the protected forecast of all ages.
        need: the protected forecast by year; without one nothing says which groups are small, and all are hidden.
        county: code of the total.
    """
    cells = ages.group_by(_CELL, maintain_order=True).agg(pl.col("mean").sum())
    whole = _reasons(months, ("area", "service"), "whole")
    cells = cells.join(whole, on=["area", "service"], how="left", maintain_order="left")
    if need is None:
        cells = cells.with_columns(pl.lit("secondary").alias("own"))
    else:
        own = _reasons(need.filter(pl.col("sex") == ALL), _CELL, "own")
        cells = cells.join(own, on=list(_CELL), how="left", maintain_order="left")
    why = pl.max_horizontal(pl.col("whole", "own").fill_null("secondary"))
    cells = _without_told_cells(cells.with_columns(why.alias("suppressed")), county)
    joined = ages.join(cells.select(*_CELL, "suppressed"), on=list(_CELL), how="left", maintain_order="left")
    shown = pl.col("suppressed") == ""
    return joined.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", *QUANTILES))


def _reasons(table: pl.DataFrame, cell: tuple[str, ...], name: str) -> pl.DataFrame:
    """Why the forecasts of each cell are hidden; empty where they are shown."""
    ahead = table.filter(pl.col("kind") == "forecast")
    return ahead.group_by(*cell).agg(pl.col("suppressed").max().alias(name))


def _without_told_cells(cells: pl.DataFrame, county: str) -> pl.DataFrame:
    """Hide more cells, the least first, until none that is hidden follows from what is shown."""
    parts = [_of_service(own, county) for _, own in cells.group_by("service", maintain_order=True)]
    return pl.concat(parts) if parts else cells


def _of_service(cells: pl.DataFrame, county: str) -> pl.DataFrame:
    sums, hidden = _sums(cells, county), (cells["suppressed"] != "").to_numpy().copy()
    order = cells.select(pl.arg_sort_by("mean", *_CELL)).to_series().to_numpy()
    while (told := _told(sums, hidden)).size:
        least = set()
        for cell in told:
            beside = (sums[sums[:, cell] != 0] != 0).any(axis=0) & ~hidden
            least |= {int(other) for other in order[beside[order]][:1]}
        if not least:  # nothing is left that could be hidden
            break
        hidden[list(least)] = True
    why = pl.when(pl.Series(hidden) & (pl.col("suppressed") == "")).then(pl.lit("secondary"))
    return cells.with_columns(why.otherwise("suppressed").alias("suppressed"))


def _sums(cells: pl.DataFrame, county: str) -> FloatArray:
    """What a reader can add up, one row a sum over the cells: groups to a shown total, areas to their county."""
    area, group = cells["area"].to_numpy(), cells["age_group"].to_numpy()
    shown = cells.filter(pl.col("whole") == "")["area"].unique(maintain_order=True)
    of_county = cells.filter(pl.col("area") == county)["age_group"]
    of_groups = [np.where(area == one, 1.0, 0.0) for one in shown]
    sign = np.where(area == county, -1.0, 1.0)
    of_areas = [np.where(group == one, sign, 0.0) for one in of_county]
    return np.array([*of_groups, *of_areas]).reshape(-1, cells.height)


def _told(sums: FloatArray, hidden: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Places of the hidden cells that are the same in every solution of the sums."""
    places = np.flatnonzero(hidden)
    among = sums[:, places]
    own = np.einsum("ij,ji->i", np.linalg.pinv(among), among)
    return np.asarray(places[own > 1.0 - _SURE])
