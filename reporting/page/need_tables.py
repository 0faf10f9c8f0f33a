"""Need for services as the page writes it, with what to beware of in each series."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ALL
from reporting.localised import Localised
from reporting.numbers import unbroken
from reporting.page.tables import Row, Table


def need(edition: Localised, area: str) -> Table | None:
    """Need by service: latest count, forecasts in five years and at the end, change with its interval."""
    table = edition.inputs.need_forecast
    if table is None:
        return None
    whole = table.filter((pl.col("area") == area) & (pl.col("sex") == ALL) & (pl.col("age_group") == ALL))
    observed = whole.filter(pl.col("kind") == "observed")
    forecast = whole.filter(pl.col("kind") == "forecast")
    if observed.is_empty() or forecast.is_empty():
        return None
    last, end = int(observed["year"].max()), int(forecast["year"].max())  # type: ignore[arg-type]
    middle = min(last + 5, end)
    rows = []
    for service in edition.inputs.county.services:
        here = whole.filter(pl.col("service") == service.code)
        at = {row["year"]: row for row in here.iter_rows(named=True)}
        if {last, middle, end} <= set(at):
            rows.append(_need_row(edition, service.code, at[last], at[middle], at[end], here))
    columns = (
        edition.texts.get("page-col-service"),
        edition.texts.get("page-col-observed", year=str(last)),
        edition.texts.get("page-col-forecast", year=str(middle)),
        edition.texts.get("page-col-forecast", year=str(end)),
        edition.texts.get("page-col-change", first=str(last), last=str(end)),
        edition.texts.get("page-col-notes"),
    )
    caption = edition.texts.get("page-need-caption", area=edition.labels.area(area))
    return Table(caption, columns, tuple(rows), words=(0, 5))


def _need_row(
    edition: Localised,
    service: str,
    now: dict[str, Any],
    middle: dict[str, Any],
    end: dict[str, Any],
    rows: pl.DataFrame,
) -> Row:
    name = edition.labels.service_counted(service)
    hidden = edition.texts.get("value-hidden")
    noted = "; ".join(notes(edition, rows))
    if now["mean"] is None or end["q0.5"] is None:
        return (name, hidden, hidden, hidden, hidden, noted)
    change = edition.numbers.signed_percent(end["q0.5"] / now["mean"] - 1) if now["mean"] > 0 else ""
    return name, edition.numbers.integer(now["mean"]), _band(edition, middle), _band(edition, end), change, noted


def _band(edition: Localised, row: dict[str, Any]) -> str:
    interval = unbroken(edition.numbers.interval(row["q0.1"], row["q0.9"]))
    return f"{edition.numbers.integer(row['q0.5'])} ({interval})"


def running_year(table: pl.DataFrame | None) -> str:
    """The year under way whose forecast rests on months counted so far; empty without one."""
    if table is None:
        return ""
    years = table.filter(pl.col("flag").str.contains("running"))["year"].unique()
    return str(years[0]) if len(years) else ""


def followed_services(edition: Localised) -> str:
    """Services whose line follows an independent total, each with the last year of it; empty without any."""
    table = edition.inputs.need_forecast
    if table is None:
        return ""
    last = dict(
        table.filter(pl.col("flag").str.contains("followed"))
        .group_by("service")
        .agg(pl.col("year").max())
        .iter_rows()
    )
    named = [
        f"{edition.labels.service(s.code)} ({last[s.code]})"
        for s in edition.inputs.county.services
        if s.code in last
    ]
    return ", ".join(named)


def notes(edition: Localised, rows: pl.DataFrame) -> list[str]:
    """What the flags of a series mean, in words."""
    found = []
    known = rows.filter(pl.col("kind") == "observed")
    breaks = known.filter(pl.col("flag").str.contains("break"))["year"].unique().sort().to_list()
    if breaks:
        found.append(edition.texts.get("page-note-break", years=", ".join(map(str, breaks))))
    if rows["flag"].str.contains("incomplete").any():
        found.append(edition.texts.get("page-note-incomplete"))
    if rows["flag"].str.contains("stale").any():
        ended = known.filter(pl.col("mean").is_not_null())["year"].max()
        found.append(edition.texts.get("page-note-stale", year=str(ended)))
    if rows["flag"].str.contains("structure_only").any():
        found.append(edition.texts.get("page-note-structure"))
    if rows["flag"].str.contains("poorly_recorded").any():
        found.append(edition.texts.get("page-note-poorly-recorded"))
    found += [
        edition.texts.of("flag", flag)
        for flag in ("short_history", "no_use")
        if rows["flag"].str.contains(flag).any()
    ]
    return found
