"""Figures of the year under way: nearly counts, since they rest on months counted so far.

A total of the running year is the sum of its months: with the months that are shown, it would tell one that is
hidden. So it is hidden, in every sex and age, where the months' own forecast is; that is the pattern of the months
over areas, in which no hidden one stands alone.
"""

from __future__ import annotations

import polars as pl

RUNNING = pl.col("flag").str.contains("running")
_PLACE = ("area", "service")


def hide_with_months(need: pl.DataFrame, months: pl.DataFrame | None, figures: tuple[str, ...]) -> pl.DataFrame:
    """Hide rows of the running year where the months of the area and service are hidden, or are not told of.

    Args:
        need: protected `need_forecast` with `suppressed`.
        months: protected `month_forecast`; None when there is none.
        figures: columns of figures.
    """
    mine = RUNNING.fill_null(False)
    if months is None:
        why = pl.when(mine & (pl.col("suppressed") == "")).then(pl.lit("secondary")).otherwise("suppressed")
        marked = need.with_columns(why.alias("suppressed"))
    else:
        told = months.filter(pl.col("kind") == "forecast").group_by(_PLACE).agg(_months=pl.col("suppressed").max())
        joined = need.join(told, on=list(_PLACE), how="left", maintain_order="left")
        hidden = mine & (pl.col("_months").fill_null("secondary") != "") & (pl.col("suppressed") == "")
        why = pl.when(hidden).then(pl.lit("secondary")).otherwise("suppressed")
        marked = joined.with_columns(why.alias("suppressed")).drop("_months")
    shown = pl.col("suppressed") == ""
    return marked.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in figures)


def hidden_places(need: pl.DataFrame) -> pl.DataFrame:
    """Areas and services whose total of the running year is hidden: area, service, year."""
    return need.filter(RUNNING.fill_null(False) & (pl.col("suppressed") != "")).select(*_PLACE, "year").unique()


def time_of(table: pl.DataFrame) -> str | None:
    """The column of the year that the figures of a table are of; None where it has none."""
    return next((name for name in ("year", "to_year") if name in table.columns), None)
