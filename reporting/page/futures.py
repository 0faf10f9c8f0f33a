"""Other courses of the future than the baseline, what moves it most, and where its uncertainty comes from."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ReportInputs
from reporting.page.compact import short

COURSE = ("q0.1", "q0.5", "q0.9")
DIFFERENCE = tuple(f"diff_{q}" for q in COURSE)
PARTS = ("population", "rate", "policy", "noise")
AHEAD = (1, 5, 10)  # years after the first forecast year's predecessor, beside the last one
MOST = 8  # rows of a tornado


def scenario_codes(inputs: ReportInputs) -> list[str]:
    """Scenarios of the edition in their own order."""
    if inputs.need_scenarios is None:
        return []
    return [str(code) for code in inputs.need_scenarios["scenario"].unique(maintain_order=True)]


def assumption_codes(inputs: ReportInputs) -> list[str]:
    """Assumptions of the tornado in their own order."""
    if inputs.need_tornado is None:
        return []
    return [str(code) for code in inputs.need_tornado["assumption"].unique(maintain_order=True)]


def variance_parts(inputs: ReportInputs) -> list[str]:
    """Parts of the variance that the edition tells."""
    table = inputs.need_variance
    return [] if table is None else [part for part in PARTS if part in table.columns]


def scenarios(inputs: ReportInputs, areas: list[str], services: list[str]) -> dict[str, Any]:
    """Courses by scenario, area and service: `course` flat (low, median, high) by forecast year, `end`, `diff`."""
    codes = scenario_codes(inputs)
    found: dict[str, Any] = {}
    if inputs.need_scenarios is not None and inputs.need_forecast is not None:
        years = inputs.need_forecast.filter(pl.col("kind") == "forecast")["year"].unique().sort().to_list()
        place = {code: n for n, code in enumerate(codes)}
        table = inputs.need_scenarios.filter(
            pl.col("area").is_in(areas), pl.col("service").is_in(services), pl.col("year").is_in(years)
        )
        for (scenario, area, service), rows in table.sort("year").group_by(
            "scenario", "area", "service", maintain_order=True
        ):
            if rows["q0.5"].null_count() == rows.height:
                continue
            by_year = {year: [short(v) for v in q] for year, *q in rows.select("year", *COURSE).iter_rows()}
            course = [v for year in years for v in by_year.get(year, [None] * len(COURSE))]
            cell: dict[str, Any] = {"course": course, "end": course[-len(COURSE) :]}
            if set(DIFFERENCE) <= set(rows.columns) and rows["diff_q0.5"][-1] is not None:
                cell["diff"] = [short(rows[c][-1]) for c in DIFFERENCE]
            if None not in cell["end"]:
                found[f"{place[scenario]}.{areas.index(area)}.{services.index(service)}"] = cell
    return {"codes": codes, "cells": found}


def tornado(inputs: ReportInputs, areas: list[str], services: list[str]) -> dict[str, Any]:
    """Change of the last year's need at each assumption's low and high end, largest first, by area and service."""
    table = inputs.need_tornado
    if table is None:
        return {}
    last = table.filter(pl.col("year") == pl.col("year").max().over("area", "service"))
    width = (pl.col("high") - pl.col("low")).abs()
    place = {code: n for n, code in enumerate(assumption_codes(inputs))}
    found = {}
    for (area, service), rows in last.group_by("area", "service", maintain_order=True):
        known = rows.drop_nulls(["low", "high"]).sort(width, descending=True).head(MOST)
        if area in areas and service in services and known.height:
            told = known.select("assumption", "low", "high").iter_rows()
            found[f"{areas.index(area)}.{services.index(service)}"] = {
                "year": known["year"][0],
                "rows": [[place[name], short(low), short(high)] for name, low, high in told],
            }
    return found


def variance(inputs: ReportInputs, areas: list[str], services: list[str]) -> dict[str, Any]:
    """Shares of the variance by part, in some of the years to come."""
    parts, table = variance_parts(inputs), inputs.need_variance
    if table is None or not parts:
        return {"years": [], "cells": {}}
    every = table["year"].unique().sort().to_list()
    years = sorted({every[min(n, len(every)) - 1] for n in AHEAD} | {every[-1]})
    found = {}
    shown = table.filter(pl.col("year").is_in(years)).drop_nulls(parts).sort("year")
    for (area, service), rows in shown.group_by("area", "service", maintain_order=True):
        if area in areas and service in services and rows.height == len(years):
            shares = rows.select(pl.col(parts) / pl.sum_horizontal(parts)).fill_nan(0.0)
            found[f"{areas.index(area)}.{services.index(service)}"] = [
                [round(v, 3) for v in row] for row in shares.iter_rows()
            ]
    return {"years": years, "cells": found}
