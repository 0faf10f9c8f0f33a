"""Sheets of forecasts: need by year and by month and what it consists of, open indicators."""

from __future__ import annotations

import polars as pl

from reporting.inputs import ALL, MONTH_PARTS
from reporting.localised import Localised
from reporting.workbook.book import Column
from reporting.workbook.columns import (
    SHOWN,
    area_order,
    column,
    flag_names,
    is_hidden,
    kind_names,
    level_columns,
    median_ahead,
    named,
    place_columns,
    place_names,
    place_order,
    tested,
    year_tested,
)


def forecast_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the yearly forecast; the chooser sheet reads the first six by place."""
    return (
        *place_columns(edition),
        column(edition, "group", width=20),
        column(edition, "year", "year", 8),
        column(edition, "kind", width=14),
        column(edition, "value", "integer", tells_hidden=True),
        *level_columns(edition, "integer"),
        column(edition, "tested", width=10),
        column(edition, "note", width=34),
    )


def forecast(edition: Localised) -> pl.DataFrame:
    """Yearly need of both sexes together, by area, service and age group."""
    table = edition.inputs.need("need_forecast").filter(pl.col("sex") == ALL)
    table = table.sort(*place_order(edition), _age_order(edition), "year")
    return table.select(
        *place_names(edition, table),
        named(table["age_group"], edition.labels.group),
        "year",
        kind_names(edition, table),
        median_ahead().alias("value"),
        *SHOWN,
        tested(edition),
        flag_names(edition, table),
        is_hidden(),
    )


def month_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the monthly forecast."""
    return (
        *place_columns(edition),
        column(edition, "month", "month", 10),
        column(edition, "kind", width=22),
        column(edition, "recorded", "integer", tells_hidden=True),
        column(edition, "value", "integer", tells_hidden=True),
        *level_columns(edition, "integer"),
        column(edition, "note", width=30),
    )


def months(edition: Localised) -> pl.DataFrame:
    """Monthly need by area and service, from five years before the first month that is not yet complete."""
    table = edition.inputs.need("month_forecast").sort(*place_order(edition), "ds")
    table = table.filter(
        pl.col("ds") >= pl.col("ds").filter(pl.col("kind") != "observed").min().dt.offset_by("-5y")
    )
    return table.select(
        *place_names(edition, table),
        "ds",
        kind_names(edition, table),
        "y",
        median_ahead("y").alias("value"),
        *SHOWN,
        flag_names(edition, table),
        is_hidden(),
    )


def month_age_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the monthly forecast by age group."""
    return (
        *place_columns(edition),
        column(edition, "group", width=20),
        column(edition, "month", "month", 10),
        column(edition, "value", "integer", tells_hidden=True),
        *level_columns(edition, "integer"),
        column(edition, "mean", "integer", 14),
        column(edition, "note", width=30),
    )


def month_ages(edition: Localised) -> pl.DataFrame:
    """Monthly need by area, service and age group to the end of next year.

    Medians do not add up over groups; expected values do, and stand beside them.
    """
    table = edition.inputs.planned_months()
    assert table is not None, "the sheet is made where there is a table"  # noqa: S101
    table = table.sort(*place_order(edition), _age_order(edition), "ds")
    return table.select(
        *place_names(edition, table),
        named(table["age_group"], edition.labels.group),
        "ds",
        pl.col("q0.5").alias("value"),
        *SHOWN,
        "mean",
        flag_names(edition, table),
        is_hidden(),
    )


def _age_order(edition: Localised) -> pl.Expr:
    """Age groups from the youngest, all of them first."""
    order = {code: i for i, code in enumerate((ALL, *edition.inputs.county.age_groups.labels))}
    return pl.col("age_group").replace_strict(order, default=99)


def month_part_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the parts of the monthly forecast."""
    return (
        *place_columns(edition),
        column(edition, "month", "month", 10),
        column(edition, "mean", "integer", 14, tells_hidden=True),
        *(Column(edition.texts.of("part", part), "integer", 20) for part in MONTH_PARTS),
    )


def month_parts(edition: Localised) -> pl.DataFrame:
    """What each month's forecast consists of, by area and service."""
    table = edition.inputs.need("month_parts").sort(*place_order(edition), "ds")
    return table.select(
        *place_names(edition, table),
        *("ds", "mean", *MONTH_PARTS),
        is_hidden(),
    )


def driver_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the parts of change."""
    ends = [Column(edition.texts.get("col-quantile", level=level), "integer", 12) for level in (10, 90)]
    return (
        *place_columns(edition),
        column(edition, "from", "year", 8),
        column(edition, "to", "year", 8),
        column(edition, "driver", width=30),
        column(edition, "change", "integer", tells_hidden=True),
        *ends,
        column(edition, "tested", width=10),
    )


def drivers(edition: Localised) -> pl.DataFrame:
    """What the change of need consists of."""
    table = edition.inputs.need("need_drivers")
    return table.select(
        *place_names(edition, table),
        "from_year",
        "to_year",
        named(table["driver"], edition.labels.driver),
        "mean",
        "q0.1",
        "q0.9",
        year_tested(edition),
        is_hidden(),
    )


def indicator_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the open indicators."""
    return (
        column(edition, "area", width=30),
        column(edition, "indicator", width=44),
        column(edition, "unit", width=34),
        column(edition, "year", "year", 8),
        column(edition, "kind", width=14),
        column(edition, "value", "decimal"),
        *level_columns(edition, "decimal"),
        column(edition, "tested", width=10),
        column(edition, "note", width=30),
    )


def indicators(edition: Localised) -> pl.DataFrame:
    """Open indicators and their forecasts."""
    named_in_file = {code: i for i, code in enumerate(edition.inputs.county.named_indicators)}
    place = pl.col("indicator").replace_strict(named_in_file, default=len(named_in_file), return_dtype=pl.Int64)
    table = edition.inputs.need("indicator_forecast").sort(area_order(edition), "area", place, "indicator", "year")
    return table.select(
        named(table["area"], edition.labels.area),
        named(table["indicator"], edition.labels.indicator),
        named(table["indicator"], edition.labels.indicator_unit).alias("unit"),
        "year",
        kind_names(edition, table),
        median_ahead().alias("value"),
        *SHOWN,
        tested(edition),
        flag_names(edition, table),
    )
