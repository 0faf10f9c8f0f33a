"""Columns that several sheets share: their headings, and how codes, flags and forecasts are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from reporting.localised import Localised
from reporting.workbook.book import Column, Kind
from reporting.workbook.bulk import HIDDEN

SHOWN = ("q0.025", "q0.1", "q0.25", "q0.75", "q0.9", "q0.975")
LEVELS = (2.5, 10, 25, 75, 90, 97.5)


def column(
    edition: Localised, key: str, kind: Kind = "text", width: int = 12, *, tells_hidden: bool = False
) -> Column:
    """A column headed by the catalogue's `col-<key>`."""
    return Column(edition.texts.of("col", key), kind, width, tells_hidden)


def place_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the area and the service that a figure is of."""
    return column(edition, "area", width=30), column(edition, "service", width=38)


def place_names(edition: Localised, table: pl.DataFrame) -> tuple[pl.Series, ...]:
    """Names of each row's area and service."""
    return named(table["area"], edition.labels.area), named(table["service"], edition.labels.service)


def area_order(edition: Localised) -> pl.Expr:
    """Areas in the order of the county file, the county first; the country and others after them."""
    county = edition.inputs.county
    order = {code: i for i, code in enumerate((county.code, *(area.code for area in county.service_areas)))}
    return pl.col("area").replace_strict(order, default=len(order), return_dtype=pl.Int64)


def place_order(edition: Localised) -> tuple[pl.Expr, pl.Expr]:
    """Areas and services in the order of the county file."""
    order = {service.code: i for i, service in enumerate(edition.inputs.county.services)}
    services = pl.col("service").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    return area_order(edition), services


def level_columns(edition: Localised, kind: Kind) -> list[Column]:
    """Columns of the forecast's quantiles."""
    return [Column(edition.texts.get("col-quantile", level=level), kind, 12) for level in LEVELS]


def kind_names(edition: Localised, table: pl.DataFrame) -> pl.Series:
    """Names of the kinds of figures."""
    return named(table["kind"], lambda kind: edition.texts.of("kind", kind))


def tested(edition: Localised) -> pl.Expr:
    """Whether a forecast lies within the tested time; empty for what was observed."""
    return pl.when(pl.col("kind") == "forecast").then(year_tested(edition)).alias("tested")


def year_tested(edition: Localised) -> pl.Expr:
    """Whether the year of a row lies within the tested time."""
    yes, no = yes_no(edition)
    told = pl.when(pl.col("validated").fill_null(value=False)).then(pl.lit(yes)).otherwise(pl.lit(no))
    return told.alias("tested")


def yes_no(edition: Localised) -> tuple[str, str]:
    """The words for yes and no."""
    return edition.texts.get("chart-yes"), edition.texts.get("chart-no")


def flag_names(edition: Localised, table: pl.DataFrame) -> pl.Series:
    """What the flags of each row mean."""
    label = edition.labels.flag
    return named(table["flag"], lambda flag: "; ".join(label(part) for part in flag.split(",") if part))


def named(codes: pl.Series, name: Callable[[Any], str]) -> pl.Series:
    """The codes' names, each worked out once."""
    known = codes.drop_nulls().unique().to_list()
    names = pl.Series(list(map(name, known)), dtype=pl.String)
    return codes.replace_strict(pl.Series(known, dtype=codes.dtype), names, default=None, return_dtype=pl.String)


def median_ahead(observed: str = "mean") -> pl.Expr:
    """What was observed, then the median of what is to come."""
    return pl.when(pl.col("kind") == "observed").then(observed).otherwise("q0.5")


def is_hidden() -> pl.Expr:
    """Whether a row's values are hidden, in the column that the sheet reads."""
    return (pl.col("suppressed") != "").alias(HIDDEN)
