"""What the page writes of one area: key figures and tables in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from reporting.localised import Localised
from reporting.page.care_tables import capacity, measures, quality
from reporting.page.need_tables import need
from reporting.page.tables import Table, Tile
from reporting.people import people_by_year


@dataclass(frozen=True)
class AreaView:
    """What the page says of one area; empty parts are left out."""

    code: str
    name: str
    tiles: tuple[Tile, ...]
    need: Table | None
    measures: Table | None
    capacity: Table | None
    quality: Table | None


def area_view(edition: Localised, area: str) -> AreaView:
    """Everything written about one area."""
    return AreaView(
        area,
        edition.labels.area(area),
        tiles(edition, area),
        need(edition, area),
        measures(edition, area),
        capacity(edition, area),
        quality(edition, area),
    )


def tiles(edition: Localised, area: str) -> tuple[Tile, ...]:
    """Population now and at the end of the projection: all, 75 and over, 85 and over."""
    found = []
    for minimum in (0, 75, 85):
        series = people_by_year(edition.inputs, area, minimum)
        now = series.filter(pl.col("kind") == "observed").tail(1)
        end = series.filter(pl.col("kind") == "projection").tail(1)
        if now.is_empty():
            continue
        year, persons = now["year"].item(), now["persons"].item()
        label = edition.texts.get("page-tile-population" if minimum == 0 else "page-tile-aged", age=str(minimum))
        change = ""
        if not end.is_empty() and persons > 0:
            change = edition.texts.get(
                "page-tile-change",
                year=str(end["year"].item()),
                value=edition.numbers.integer(end["persons"].item()),
                change=edition.numbers.signed_percent(end["persons"].item() / persons - 1),
            )
        found.append(Tile(f"{label} ({year})", edition.numbers.integer(persons), change))
    return tuple(found)
