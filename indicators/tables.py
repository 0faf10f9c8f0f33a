"""The shape of the measures table, and how cells become figures of areas, the county, groups and all persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from indicators.intervals import wilson_columns

ALL = "all"
_FIRST_MONTH = timedelta(31)
KEY = ("measure", "area", "group", "period")
SCHEMA: dict[str, pl.DataType] = {
    "measure": pl.String(),
    "area": pl.String(),
    "group": pl.String(),
    "period": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "n": pl.Int64(),
    "excluded": pl.Int64(),
    "note": pl.String(),
}


@dataclass(frozen=True)
class Scope:
    """Whose figures are made, and of which day.

    Attributes:
        area_of_municipality: service area of each municipality.
        county_code: code of the county's own total.
        as_of: the day of the figures; nothing later is looked at.
    """

    area_of_municipality: Mapping[str, str]
    county_code: str
    as_of: date


class UnmappedMunicipalityError(KeyError):
    """Rows of municipalities that the mapping to areas does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


def with_area(table: pl.DataFrame, scope: Scope, name: str) -> pl.DataFrame:
    """The table with its rows' `area`.

    Args:
        table: has `municipality`.
        scope: has the service area of each municipality.
        name: the table's name, for the error.

    Raises:
        UnmappedMunicipalityError: a municipality has no area.
    """
    unmapped = sorted(set(table["municipality"].drop_nulls().unique()) - set(scope.area_of_municipality))
    if unmapped or table["municipality"].null_count():
        raise UnmappedMunicipalityError(
            f"table {name}: no service area for municipality {', '.join(unmapped[:10]) or 'null'}; name it in the "
            "county file, or bring the rows to current boundaries first"
        )
    return table.with_columns(
        area=pl.col("municipality").replace_strict(dict(scope.area_of_municipality), return_dtype=pl.String)
    )


def not_urgent() -> pl.Expr:
    """Rows that waited or could have: those whose urgency is not recorded count as not urgent."""
    return pl.col("urgency").fill_null("non_urgent") != "urgent"


def year_of(column: str) -> pl.Expr:
    """Period of a date: its calendar year."""
    return pl.col(column).dt.year().cast(pl.String).alias("period")


def twelve_months_of(column: str, as_of: date) -> pl.Expr:
    """Period of a date: the last day of its twelve months, counted back from the day of the figures.

    What is measured of a person within a year would be biased in a year that is not over.
    """
    day = pl.col(column)
    later = (day.dt.month().cast(pl.Int32) * 100 + day.dt.day()) > as_of.month * 100 + as_of.day
    end = day.dt.year() + later.cast(pl.Int32)
    month_day = "-02-28" if (as_of.month, as_of.day) == (2, 29) else as_of.isoformat()[4:]
    return (end.cast(pl.String) + pl.lit(month_day)).alias("period")


def whole_periods(events: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Events of the twelve-month periods that the register covers from their beginning, with their `period`.

    The latest period is kept in any case. A period counts as covered when the first event of all falls within its
    first month, or before.
    """
    dated = events.filter(pl.col("event_date") <= as_of).with_columns(twelve_months_of("event_date", as_of))
    first, ends = dated["event_date"].min(), sorted(dated["period"].unique())
    kept = [end for end in ends if isinstance(first, date) and first <= _begins(end) + _FIRST_MONTH]
    return dated.filter(pl.col("period").is_in([*kept, *ends[-1:]]))


def _begins(end: str) -> date:
    """First day of the twelve months that end on a day."""
    last = date.fromisoformat(end)
    return last.replace(year=last.year - 1) + timedelta(1)


def summed(cells: pl.DataFrame, county_code: str, sums: Sequence[str]) -> pl.DataFrame:
    """Cells by measure, area, group and period, with the county's totals and the totals of all groups added.

    Args:
        cells: columns measure, area, group, period and the sums.
        county_code: code of the county's own total.
        sums: columns that add up.
    """
    return expanded(cells, county_code).group_by(KEY).agg(pl.col(sums).sum()).sort(KEY)


def expanded(rows: pl.DataFrame, county_code: str) -> pl.DataFrame:
    """Each row four times: in its area and in the county, in its group and in `all`."""
    areas = pl.concat([rows, rows.with_columns(area=pl.lit(county_code))])
    return pl.concat([areas, areas.with_columns(group=pl.lit(ALL))])


def shares(cells: pl.DataFrame, county_code: str, note: str = "") -> pl.DataFrame:
    """Measures that are shares, with Wilson intervals; a cell without cases has no value.

    Args:
        cells: columns measure, area, group, period, successes, n, excluded.
        county_code: code of the county's own total.
        note: what a reader must know.
    """
    totals = summed(cells, county_code, ("successes", "n", "excluded"))
    return tidy([totals.with_columns(*wilson_columns("successes", "n"), note=pl.lit(note))])


def counts(cells: pl.DataFrame, county_code: str, note: str = "") -> pl.DataFrame:
    """Measures that are plain numbers of cases (columns measure, area, group, period, n, excluded)."""
    totals = summed(cells, county_code, ("n", "excluded"))
    exact = pl.col("n").cast(pl.Float64)
    return tidy([totals.with_columns(value=exact, low=exact, high=exact, note=pl.lit(note))])


def tidy(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Frames as one measures table, sorted by key."""
    empty = pl.DataFrame(schema=SCHEMA)
    return pl.concat(
        [empty, *(f.select(pl.col(c).cast(kind) for c, kind in SCHEMA.items()) for f in frames)]
    ).sort(KEY)


def pooled_and_by_service(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Rows named for their service and, once more, for all services together."""
    by_service = rows.with_columns(measure=pl.lit(f"{measure}:") + pl.col("service"))
    return pl.concat([rows.with_columns(measure=pl.lit(measure)), by_service])
