"""Open indicators around the clients: the area's municipalities beside the county and the whole country."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

COUNTRY = "FI"
CHANGE_YEARS = 5


@dataclass(frozen=True)
class IndicatorValue:
    """An indicator's value for one area and year."""

    year: int
    value: float


@dataclass(frozen=True)
class IndicatorFacts:
    """One indicator in an area and around it.

    Attributes:
        indicator: id at the publisher.
        low, high: lowest and highest latest value among the area's municipalities; equal for one municipality,
            None where the publisher gives no municipal figures.
        year: year of those values.
        county: the county's latest value.
        earlier: the county's value `CHANGE_YEARS` before (the nearest later year with a value, if any).
        country: the whole country's latest value.
        vintage: when and from where it was read; source: its publisher.
    """

    indicator: str
    low: float | None
    high: float | None
    year: int | None
    county: IndicatorValue | None
    earlier: IndicatorValue | None
    country: IndicatorValue | None
    vintage: str
    source: str


def indicator_facts(
    indicators: pl.DataFrame | None, ids: Collection[str], municipalities: Collection[str], county: str
) -> tuple[IndicatorFacts, ...]:
    """Facts of the indicators `ids` that have any value for the area or the county, in the order given."""
    if indicators is None:
        return ()
    rows = indicators.filter(pl.col("value").is_not_null(), pl.col("indicator").is_in(list(ids)))
    if "sex" in rows.columns:
        rows = rows.filter(pl.col("sex") == "all")
    facts = (_facts(rows.filter(pl.col("indicator") == i), i, municipalities, county) for i in ids)
    return tuple(f for f in facts if f.year is not None or f.county is not None)


def _facts(rows: pl.DataFrame, indicator: str, municipalities: Collection[str], county: str) -> IndicatorFacts:
    own = rows.filter(pl.col("area").is_in(list(municipalities)))
    year = None if own.is_empty() else int(own["year"].max())  # type: ignore[arg-type]
    latest = own.filter(pl.col("year") == (0 if year is None else year))["value"]
    complete = len(latest) == len(set(municipalities))
    whole = rows.filter(pl.col("area") == county).sort("year")
    county_now = _latest(whole)
    return IndicatorFacts(
        indicator,
        float(latest.min()) if complete else None,  # type: ignore[arg-type]
        float(latest.max()) if complete else None,  # type: ignore[arg-type]
        year if complete else None,
        county_now,
        _before(whole, county_now),
        _latest(rows.filter(pl.col("area") == COUNTRY).sort("year")),
        *(str(rows[c][-1]) if c in rows.columns and not rows.is_empty() else "" for c in ("vintage", "source")),
    )


def _latest(rows: pl.DataFrame) -> IndicatorValue | None:
    if rows.is_empty():
        return None
    return IndicatorValue(int(rows["year"][-1]), float(rows["value"][-1]))


def _before(rows: pl.DataFrame, now: IndicatorValue | None) -> IndicatorValue | None:
    if now is None:
        return None
    earlier = rows.filter(pl.col("year").is_between(now.year - CHANGE_YEARS, now.year - 1))
    return None if earlier.is_empty() else IndicatorValue(int(earlier["year"][0]), float(earlier["value"][0]))
