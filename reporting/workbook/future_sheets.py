"""Sheets of other courses of the future: scenarios, assumptions, and what uncertainty consists of."""

from __future__ import annotations

import polars as pl

from reporting.localised import Localised
from reporting.page.futures import DIFFERENCE, variance_parts
from reporting.workbook.book import Column
from reporting.workbook.columns import (
    column,
    is_hidden,
    named,
    place_columns,
    place_names,
    place_order,
    year_tested,
)


def scenario_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the scenarios; the chooser sheet reads the first five by place."""
    ends, apart = (
        [Column(edition.texts.get(message, level=level), "integer", 12) for level in (10, 90)]
        for message in ("col-quantile", "col-difference-quantile")
    )
    return (
        column(edition, "scenario", width=36),
        *place_columns(edition),
        column(edition, "year", "year", 8),
        column(edition, "value", "integer", tells_hidden=True),
        *ends,
        *([column(edition, "difference", "integer"), *apart] if _differences(edition) else []),
        column(edition, "tested", width=10),
    )


def scenarios(edition: Localised) -> pl.DataFrame:
    """Need of all persons in each course of the future, and its difference from the baseline."""
    table = edition.inputs.need("need_scenarios")
    differences = ("diff_q0.5", "diff_q0.1", "diff_q0.9") if _differences(edition) else ()
    return table.select(
        named(table["scenario"], lambda code: edition.labels.scenario(code, table)),
        *place_names(edition, table),
        "year",
        *("q0.5", "q0.1", "q0.9", *differences),
        year_tested(edition),
        is_hidden(),
    )


def _differences(edition: Localised) -> bool:
    return set(DIFFERENCE) <= set(edition.inputs.need("need_scenarios").columns)


def tornado_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the assumptions' effects."""
    return (
        column(edition, "assumption", width=40),
        *place_columns(edition),
        column(edition, "year", "year", 8),
        column(edition, "at-low", "integer"),
        column(edition, "at-high", "integer"),
        column(edition, "tested", width=10),
    )


def tornado(edition: Localised) -> pl.DataFrame:
    """How much need changes when one assumption is low or high and the others stay."""
    table = edition.inputs.need("need_tornado")
    return table.select(
        named(table["assumption"], lambda code: edition.labels.assumption(code, table)),
        *place_names(edition, table),
        *("year", "low", "high"),
        year_tested(edition),
    )


def variance_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the sources of uncertainty."""
    return (
        *place_columns(edition),
        column(edition, "year", "year", 8),
        *(Column(edition.texts.of("variance", part), "percent", 16) for part in variance_parts(edition.inputs)),
        column(edition, "tested", width=10),
    )


def variance(edition: Localised) -> pl.DataFrame:
    """Shares of the variance of need by what it comes from."""
    table = edition.inputs.need("need_variance").sort(*place_order(edition), "year")
    return table.select(
        *place_names(edition, table),
        *("year", *variance_parts(edition.inputs)),
        year_tested(edition),
        is_hidden(),
    )
