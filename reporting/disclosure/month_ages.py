"""Which months of age groups are shown: forecasts only, hidden as what their shares rest on is.

A group's share comes from its counts of the latest years, so it is hidden where the group's forecast by year is
(whose latest count is hidden), and wherever the forecast of all ages is. Then no hidden cell stands alone in a sum
of shown ones, over groups or over areas.
"""

from __future__ import annotations

import polars as pl

from reporting.inputs import ALL, QUANTILES

_CELL = ("area", "service", "age_group")


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
    cells = _without_lone_cells(cells.with_columns(why.alias("suppressed")), county)
    joined = ages.join(cells.select(*_CELL, "suppressed"), on=list(_CELL), how="left", maintain_order="left")
    shown = pl.col("suppressed") == ""
    return joined.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in ("mean", *QUANTILES))


def _reasons(table: pl.DataFrame, cell: tuple[str, ...], name: str) -> pl.DataFrame:
    """Why the forecasts of each cell are hidden; empty where they are shown."""
    ahead = table.filter(pl.col("kind") == "forecast")
    return ahead.group_by(*cell).agg(pl.col("suppressed").max().alias(name))


def _without_lone_cells(cells: pl.DataFrame, county: str) -> pl.DataFrame:
    """Hide a second cell, the least shown, in every sum of a shown total in which one cell is hidden."""
    while True:
        lone = _partners(cells.filter(pl.col("whole") == ""), ("area", "service"))
        totals = cells.filter((pl.col("area") == county) & (pl.col("suppressed") == ""))
        parts = cells.filter(pl.col("area") != county)
        lone += _partners(
            parts.join(totals, on=["service", "age_group"], how="semi", maintain_order="left"),
            ("service", "age_group"),
        )
        if not lone:
            return cells
        partner = pl.struct(_CELL).is_in([dict(zip(_CELL, cell, strict=True)) for cell in lone])
        cells = cells.with_columns(
            pl.when(partner & (pl.col("suppressed") == "")).then(pl.lit("secondary")).otherwise("suppressed")
            .alias("suppressed")
        )  # fmt: skip


def _partners(cells: pl.DataFrame, line: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The least shown cell of each line in which one cell is hidden."""
    hidden = (pl.col("suppressed") != "").sum().over(line)
    shown = cells.filter((hidden == 1) & (pl.col("suppressed") == "")).sort("mean", *_CELL)
    return shown.unique(line, keep="first", maintain_order=True).select(_CELL).rows()
