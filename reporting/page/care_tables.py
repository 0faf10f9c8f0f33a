"""Access to care, capacity and record quality of an area as the page writes them."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ALL
from reporting.localised import Localised
from reporting.page.tables import Row, Table
from reporting.share_intervals import share_interval

_ORDER = {d: n for n, d in enumerate(("completeness", "conformance", "timeliness", "plausibility", "overall"))}
DEBT, INDEX = "count_service_debt", "coci"
PAGE_MEASURES = (
    *("seen_within_7_days", "seen_within_14_days", "seen_within_limit", "waiting_days_median"),
    *("waiting_over_limit", "count_waiting", "count_waiting_over_limit", INDEX, DEBT),
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
    latest = told.group_by("measure", maintain_order=True).last().sort(measure_order(edition))
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


def measure_order(edition: Localised) -> list[pl.Expr]:
    """The order of measures: the page's, then others; of each all services, then the county file's."""
    services = {"": -1} | {service.code: i for i, service in enumerate(edition.inputs.county.services)}
    code = pl.col("measure").str.splitn(":", 2)
    base, service = code.struct.field("field_0"), code.struct.field("field_1").fill_null("")
    order = (*PAGE_MEASURES, *CAPACITY)
    return [
        base.replace_strict({one: i for i, one in enumerate(order)}, default=len(order), return_dtype=pl.Int64),
        base,
        service.replace_strict(services, default=len(services), return_dtype=pl.Int64),
    ]


def tells(table: pl.DataFrame | None, measure: str) -> bool:
    """Whether the edition has a measure, of which a reader must be told more than its name says."""
    return table is not None and bool(table["measure"].str.starts_with(measure).any())


def _measure_heading(edition: Localised, row: dict[str, Any]) -> str:
    name = edition.labels.measure(row["measure"].partition(":")[0])
    period = edition.labels.period(row["period"])
    day = edition.inputs.as_of
    if row["period"] == str(day.year) and (day.month, day.day) != (12, 31):
        period = edition.texts.get("page-period-running", year=period, day=edition.numbers.day(day))
    heading = edition.texts.get("page-measure-of-period", measure=name, period=period)
    counted = edition.labels.counted(row["measure"])
    return edition.texts.get("page-measure-counted", heading=heading, counted=counted) if counted else heading


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
        interval = share_interval(row["low"], row["high"], edition.texts, edition.numbers)
        rows.append(
            (name, edition.numbers.fine_percent(row["index"]), interval, edition.numbers.integer(row["eligible"]))
        )
    columns = ("page-col-dimension", "page-col-index", "page-col-interval", "page-col-checked")
    caption = edition.texts.get("page-quality-caption", area=edition.labels.area(area))
    return Table(caption, tuple(map(edition.texts.get, columns)), tuple(rows))
