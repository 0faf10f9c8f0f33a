"""Access to care, capacity and record quality of an area as the page writes them."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ALL
from reporting.localised import Localised
from reporting.page.tables import Row, Table

_ORDER = {d: n for n, d in enumerate(("completeness", "conformance", "timeliness", "plausibility", "overall"))}
PAGE_MEASURES = (
    *("seen_within_7_days", "seen_within_14_days", "seen_within_limit", "waiting_days_median"),
    *("waiting_over_limit", "count_waiting", "count_waiting_over_limit", "coci", "count_service_debt"),
    *("wellbeing_referral_uptake",),
)
CAPACITY = ("demand_per_week", "capacity_target_per_week", "capacity_relief_per_week")


def measures(edition: Localised, area: str) -> Table | None:
    """Access, waiting and continuity of all persons in the area, latest period; the workbook has the rest."""
    table = edition.inputs.measures
    if table is None:
        return None
    base = pl.col("measure").str.split(":").list.first()
    here = table.filter((pl.col("area") == area) & (pl.col("group") == ALL) & base.is_in(list(PAGE_MEASURES)))
    told = here.filter(pl.col("value").is_not_null() | (pl.col("suppressed") != "")).sort("period")
    place = base.replace_strict({code: i for i, code in enumerate(PAGE_MEASURES)}, return_dtype=pl.Int64)
    latest = told.group_by("measure", maintain_order=True).last().sort(place, "measure")
    if latest.is_empty():
        return None
    rows: list[Row] = []
    for row in latest.iter_rows(named=True):
        heading = (_measure_heading(edition, row),)
        if heading not in rows:
            rows.append(heading)
        rows.append(_measure_row(edition, row))
    columns = ("page-col-service", "page-col-value", "page-col-interval", "page-col-n")
    caption = edition.texts.get("page-measures-caption", area=edition.labels.area(area))
    return Table(caption, tuple(map(edition.texts.get, columns)), tuple(rows))


def shows_debt(table: pl.DataFrame | None) -> bool:
    """Whether the page tells a service debt, which a reader must be told the time and the comparison of."""
    return table is not None and bool(table["measure"].str.starts_with("count_service_debt").any())


def _measure_heading(edition: Localised, row: dict[str, Any]) -> str:
    name = edition.labels.measure(row["measure"].partition(":")[0])
    return edition.texts.get("page-measure-of-period", measure=name, period=edition.labels.period(row["period"]))


def _measure_row(edition: Localised, row: dict[str, Any]) -> Row:
    service = row["measure"].partition(":")[2]
    head = edition.labels.service(service) if service else edition.texts.get("page-all-services")
    hidden = edition.texts.get("value-hidden")
    if row["suppressed"]:
        return (head, hidden, hidden, hidden)
    if row["value"] is None:
        return (head, edition.texts.get("value-missing"), "", edition.numbers.integer(row["n"]))
    written = edition.labels.measure_value(row["measure"], row["value"])
    interval = edition.labels.measure_interval(row["measure"], row["low"], row["high"])
    return (head, written, interval, edition.numbers.integer(row["n"]))


def capacity(edition: Localised, area: str) -> Table | None:
    """Demand, and the capacity that keeps waits within the limit or takes the queue there, by service."""
    table = edition.inputs.measures
    if table is None:
        return None
    base = pl.col("measure").str.split(":").list.first()
    here = table.filter(
        (pl.col("area") == area) & (pl.col("group") == ALL) & base.is_in(CAPACITY), pl.col("suppressed") == ""
    ).drop_nulls("value")
    known = {r["measure"]: r for r in here.sort("period").iter_rows(named=True)}
    rows: list[Row] = []
    for service in edition.inputs.county.services:
        cells = [known.get(f"{measure}:{service.code}") for measure in CAPACITY]
        if any(cells):
            rows.append((edition.labels.service(service.code), *(_capacity_cell(edition, cell) for cell in cells)))
    columns = [edition.texts.get("page-col-service"), *(edition.labels.measure(measure) for measure in CAPACITY)]
    caption = edition.texts.get("page-capacity-caption", area=edition.labels.area(area))
    return Table(caption, tuple(columns), tuple(rows)) if rows else None


def _capacity_cell(edition: Localised, row: dict[str, Any] | None) -> str:
    if row is None:
        return edition.texts.get("value-missing")
    written = edition.labels.measure_value(row["measure"], row["value"])
    interval = edition.labels.measure_interval(row["measure"], row["low"], row["high"])
    return f"{written} ({interval})" if interval else written


def quality(edition: Localised, area: str) -> Table | None:
    """Record-quality indices of the area with their intervals."""
    table = edition.inputs.quality_scores
    if table is None:
        return None
    level = "county" if area == edition.inputs.county.code else "area"
    here = table.filter((pl.col("level") == level) & ((pl.col("area") == area) | (level == "county")))
    if here.is_empty():
        return None
    order = pl.col("dimension").replace_strict(_ORDER, default=len(_ORDER), return_dtype=pl.Int64)
    here = here.sort(order, maintain_order=True)
    rows = []
    hidden = edition.texts.get("value-hidden")
    for row in here.iter_rows(named=True):
        name = edition.texts.of("dimension", row["dimension"])
        if row["index"] is None:
            rows.append((name, hidden, hidden, hidden))
            continue
        interval = edition.numbers.fine_interval(row["low"], row["high"])
        rows.append(
            (name, edition.numbers.fine_percent(row["index"]), interval, edition.numbers.integer(row["eligible"]))
        )
    columns = ("page-col-dimension", "page-col-index", "page-col-interval", "page-col-checked")
    caption = edition.texts.get("page-quality-caption", area=edition.labels.area(area))
    return Table(caption, tuple(map(edition.texts.get, columns)), tuple(rows))
