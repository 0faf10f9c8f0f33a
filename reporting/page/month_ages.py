"""The coming months of age groups, for the page's data file: few quantiles, since there are many groups."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ReportInputs
from reporting.page.compact import short

BAND = ("q0.1", "q0.5", "q0.9")


def months_of_ages(
    inputs: ReportInputs, areas: list[str], services: list[str], groups: list[str]
) -> dict[str, Any]:
    """`start`, and by area, service and group flat (low, median, high) by month; 0 where the group is hidden."""
    table = inputs.planned_months()
    if table is None or table.is_empty():
        return {}
    months = table["ds"].unique().sort().to_list()
    known = table.filter(
        pl.col("area").is_in(areas), pl.col("service").is_in(services), pl.col("age_group").is_in(groups)
    )
    cells: dict[str, Any] = {}
    for (area, service, group), rows in known.group_by("area", "service", "age_group", maintain_order=True):
        by_month = {month: values for month, *values in rows.select("ds", *BAND).iter_rows()}
        flat = [short(v, 0) for month in months for v in by_month.get(month, (None,) * len(BAND))]
        key = f"{areas.index(area)}.{services.index(service)}.{groups.index(group)}"
        cells[key] = 0 if all(value is None for value in flat) else flat
    return {"start": months[0].isoformat()[:7], "cells": cells}
