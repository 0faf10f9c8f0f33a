"""The figures that the page's charts draw, as one compact object keyed by codes; words are not here.

Indices follow the lists `areas`, `services` and `groups`. A forecast is a flat list with, per period,
q0.025, q0.1, q0.25, q0.5, q0.75, q0.9, q0.975; null marks what is hidden.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from reporting.disclosure import Protected
from reporting.inert import inert_json
from reporting.inputs import ALL, ReportInputs
from reporting.page.compact import short
from reporting.page.futures import scenarios, tornado, variance
from reporting.page.month_ages import months_of_ages
from reporting.page.month_reasons import reasons
from reporting.page.places import aged, outlines, persons, quality

FAN = ("q0.025", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.975")
SHOWN_MONTHS = 60

Json = Any


def situation_payload(protected: Protected) -> dict[str, Json]:
    """Everything the page draws, of one edition."""
    inputs = protected.inputs
    areas = [inputs.county.code, *(area.code for area in inputs.county.service_areas)]
    services = [service.code for service in inputs.county.services]
    groups = [ALL, *inputs.county.age_groups.labels]
    return {
        "edition": inputs.edition,
        "areas": areas,
        "services": services,
        "groups": groups,
        **_need(inputs.need_forecast, areas, services, groups),
        "months": _months(inputs.month_forecast, areas, services),
        "monthAges": months_of_ages(inputs, areas, services, groups),
        "parts": reasons(inputs, areas, services),
        "drivers": _drivers(inputs.need_drivers, areas, services),
        "indicators": _indicators(inputs, areas),
        "scenarios": scenarios(inputs, areas, services),
        "tornado": tornado(inputs, areas, services),
        "variance": variance(inputs, areas, services),
        "map": outlines(inputs),
        "persons": persons(inputs, areas),
        "aged": aged(inputs, areas),
        "quality": quality(inputs, areas),
    }


def as_script(payload: dict[str, Json]) -> str:
    """The payload as a script file: a page opened from a folder may not fetch, but may load a script."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return f"window.SITUATION={inert_json(text)};\n"


def _need(table: pl.DataFrame | None, areas: list[str], services: list[str], groups: list[str]) -> dict[str, Json]:
    if table is None:
        return {"years": [], "firstForecast": 0, "need": {}, "breaks": {}, "validated": {}}
    shown = table.filter(pl.col("sex") == ALL)
    years = sorted(shown["year"].unique().to_list())
    observed = sorted(shown.filter(pl.col("kind") == "observed")["year"].unique().to_list())
    place = {year: i for i, year in enumerate(years)}
    need: dict[str, Json] = {}
    cells = shown.sort("year").group_by("area", "service", "age_group", maintain_order=True)
    for (area, service, group), rows in cells:
        if area in areas and service in services and group in groups:
            need[_key(areas, area, services, service, groups, group)] = _series(rows, place, len(observed))
    whole = shown.filter(pl.col("age_group") == ALL)
    known = whole.filter((pl.col("kind") == "observed") & pl.col("area").is_in(areas))
    breaks = known.filter(pl.col("flag").str.contains("break"))
    validated = whole.filter(pl.col("validated") & (pl.col("kind") == "forecast")).group_by("service")
    return {
        "years": years,
        "firstForecast": len(observed),
        "need": need,
        "breaks": _years_by_cell(breaks, areas, services),
        "validated": dict(sorted(validated.agg(pl.col("year").max()).iter_rows())),
    }


def _years_by_cell(rows: pl.DataFrame, areas: list[str], services: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for area, service, year in rows.select("area", "service", "year").sort("year").iter_rows():
        if service in services:
            found.setdefault(f"{areas.index(area)}.{services.index(service)}", []).append(year)
    return found


def _key(areas: list[str], area: str, services: list[str], service: str, groups: list[str], group: str) -> str:
    return f"{areas.index(area)}.{services.index(service)}.{groups.index(group)}"


def _series(rows: pl.DataFrame, place: dict[int, int], observed: int) -> list[Json]:
    """[observed values, flat forecast]; the forecast is 0 where the series is hidden."""
    values: list[Json] = [None] * observed
    fan: list[Json] = [None] * (len(FAN) * (len(place) - observed))
    for year, mean, *quantiles in rows.select("year", "mean", *FAN).iter_rows():
        i = place[year]
        if i < observed:
            values[i] = short(mean)
        else:
            start = (i - observed) * len(FAN)
            fan[start : start + len(FAN)] = [short(q, 1) for q in quantiles]
    return [values, 0 if all(v is None for v in fan) else fan]


def _months(table: pl.DataFrame | None, areas: list[str], services: list[str]) -> dict[str, Json]:
    if table is None:
        return {}
    found = {}
    for (area, service), rows in table.sort("ds").group_by("area", "service", maintain_order=True):
        if area not in areas or service not in services:
            continue
        counted = rows.filter(pl.col("kind") == "observed").tail(SHOWN_MONTHS)
        ahead = rows.filter(pl.col("kind") != "observed")
        first = (counted if counted.height else ahead)["ds"][0]
        hidden = ahead["q0.5"].null_count() == ahead.height
        found[f"{areas.index(area)}.{services.index(service)}"] = {
            "start": first.isoformat()[:7],
            "o": [short(v) for v in counted["y"]],
            "breaks": _changed(pl.concat([counted, ahead])),
            "raw": [short(v) for v in ahead.filter(pl.col("kind") == "estimated")["y"]],
            "f": 0 if hidden else [short(v) for row in ahead.select(FAN).iter_rows() for v in row],
        }
    return found


def _changed(months: pl.DataFrame) -> list[int]:
    """Places of the past months from which the recording is another."""
    past = months.select(pl.col("flag").str.contains("break") & (pl.col("kind") != "forecast")).to_series()
    return past.fill_null(False).arg_true().to_list()


def _drivers(table: pl.DataFrame | None, areas: list[str], services: list[str]) -> dict[str, Json]:
    if table is None:
        return {}
    found: dict[str, Json] = {}
    columns = ("area", "service", "from_year", "to_year", "driver", "mean", "q0.1", "q0.9")
    for area, service, start, end, driver, mean, low, high in table.select(columns).iter_rows():
        if area in areas and service in services and mean is not None:
            cell = found.setdefault(f"{areas.index(area)}.{services.index(service)}", {})
            part = [driver, *(short(v) for v in (mean, low, high))]
            cell.setdefault(str(end), {"from": start, "parts": []})["parts"].append(part)
    return found


def _indicators(inputs: ReportInputs, areas: list[str]) -> dict[str, Json]:
    if inputs.indicator_forecast is None:
        return {}
    found = {}
    table = inputs.indicator_forecast.filter(pl.col("area").is_in(areas)).sort("year")
    for (area, indicator), rows in table.group_by("area", "indicator", maintain_order=True):
        counted, ahead = (rows.filter(pl.col("kind") == kind) for kind in ("observed", "forecast"))
        found[f"{areas.index(area)}.{indicator}"] = {
            "years": rows["year"].to_list(),
            "o": [short(v, 2) for v in counted["mean"]],
            "f": [short(v, 2) for row in ahead.select(FAN).iter_rows() for v in row],
            "breaks": counted.filter(pl.col("flag").str.contains("break"))["year"].to_list(),
            "validated": ahead.filter(pl.col("validated"))["year"].max(),
        }
    return found
