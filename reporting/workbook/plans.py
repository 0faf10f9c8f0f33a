"""Which sheets the workbook has: those whose tables the edition has, in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from reporting.inputs import ReportInputs
from reporting.localised import Localised
from reporting.workbook.book import Column
from reporting.workbook.forecast_sheets import (
    driver_columns,
    drivers,
    forecast,
    forecast_columns,
    indicator_columns,
    indicators,
    month_age_columns,
    month_ages,
    month_columns,
    month_part_columns,
    month_parts,
    months,
)
from reporting.workbook.future_sheets import (
    scenario_columns,
    scenarios,
    tornado,
    tornado_columns,
    variance,
    variance_columns,
)
from reporting.workbook.record_sheets import (
    measure_columns,
    measures,
    quality,
    quality_columns,
    scorecard,
    scorecard_columns,
)

Columns = Callable[[Localised], tuple[Column, ...]]
Rows = Callable[[Localised], pl.DataFrame]


@dataclass(frozen=True)
class SheetPlan:
    """One sheet of a table.

    Attributes:
        key: its place in the catalogue: `sheet-<key>` is its name, `sheet-note-<key>` what it holds.
        columns: its columns.
        rows: its rows: a frame with these columns, and `HIDDEN` where some are hidden.
    """

    key: str
    columns: tuple[Column, ...]
    rows: pl.DataFrame


def sheet_plans(edition: Localised) -> list[SheetPlan]:
    """The sheets whose tables are available, in the workbook's order."""
    inputs = edition.inputs
    offered: list[tuple[pl.DataFrame | None, str, Columns, Rows]] = [
        (inputs.need_forecast, "forecast", forecast_columns, forecast),
        (inputs.month_forecast, "months", month_columns, months),
        (inputs.month_ages, "ages", month_age_columns, month_ages),
        (inputs.month_parts, "parts", month_part_columns, month_parts),
        (inputs.need_drivers, "drivers", driver_columns, drivers),
        (inputs.need_scenarios, "scenarios", scenario_columns, scenarios),
        (inputs.need_tornado, "tornado", tornado_columns, tornado),
        (inputs.need_variance, "variance", variance_columns, variance),
        (_any_scorecard(inputs), "scorecard", scorecard_columns, scorecard),
        (inputs.indicator_forecast, "indicators", indicator_columns, indicators),
        (inputs.measures, "measures", measure_columns, measures),
        (inputs.quality_scores, "quality", quality_columns, quality),
    ]
    return [
        SheetPlan(key, columns(edition), rows(edition))
        for table, key, columns, rows in offered
        if table is not None
    ]


def _any_scorecard(inputs: ReportInputs) -> pl.DataFrame | None:
    tables = (inputs.need_scorecard, inputs.month_scorecard, inputs.indicator_scorecard)
    return next((t for t in tables if t is not None), None)
