"""Why the next months' forecasts are what they are, and which monthly models the county has fixed."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import MONTH_PARTS, ReportInputs
from reporting.localised import Localised
from reporting.page.compact import short

AHEAD = 12  # months shown


def reasons(inputs: ReportInputs, areas: list[str], services: list[str]) -> dict[str, Any]:
    """By area and service: `start` and, per month ahead, its mean and the parts of it; 0 where they are hidden."""
    table = inputs.month_parts
    if table is None:
        return {}
    known = table.filter(pl.col("area").is_in(areas), pl.col("service").is_in(services)).sort("ds")
    found: dict[str, Any] = {}
    for (area, service), rows in known.group_by("area", "service", maintain_order=True):
        ahead = rows.head(AHEAD)
        months = [[short(v) for v in row] for row in ahead.select("mean", *MONTH_PARTS).iter_rows()]
        hidden = ahead["mean"].null_count() > 0
        cell = 0 if hidden else {"start": ahead["ds"][0].isoformat()[:7], "m": months}
        found[f"{areas.index(area)}.{services.index(service)}"] = cell
    return found


def pins(edition: Localised) -> dict[int, str]:
    """What each fixed model costs, in words, by the place of its service in the county file.

    A model that would be in charge anyway costs nothing and is not told.
    """
    table = edition.inputs.month_pins
    if table is None:
        return {}
    table = table.filter(pl.col("pinned") != pl.col("otherwise"))
    place = {service.code: n for n, service in enumerate(edition.inputs.county.services)}
    return {
        place[row["service"]]: edition.texts.get(
            "page-pin",
            service=edition.labels.service(row["service"]),
            pinned=edition.labels.model(row["pinned"]),
            otherwise=edition.labels.model(row["otherwise"]),
            cost=edition.numbers.signed_percent(row["cost"], 1),
        )
        for row in table.iter_rows(named=True)
    }
