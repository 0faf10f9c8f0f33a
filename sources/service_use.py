"""Monthly service use: numbers delivered ready, and numbers counted from events, in one table.

A month of a service that is delivered ready is taken as delivered; events fill the others. So a county
may deliver old years as aggregates and recent ones as events, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

UNKNOWN_AGE = "unknown"
SCHEMA: dict[str, pl.DataType] = {
    "area": pl.String(),
    "service": pl.String(),
    "sex": pl.String(),
    "age_group": pl.String(),
    "period": pl.Date(),
    "count": pl.Int64(),
}
KEY = ["area", "service", "sex", "age_group", "period"]


class UnmappedCodeError(ValueError):
    """A code that the county file does not map; the message names the column and the codes."""


def monthly_use(
    delivered: pl.DataFrame,
    events: pl.DataFrame,
    *,
    age_groups: Mapping[int, str],
    measures: Mapping[str, str],
    area_of_municipality: Mapping[str, str],
) -> pl.DataFrame:
    """Service use by service area, service, sex, age group and month.

    Args:
        delivered: contract table `service_counts`.
        events: contract table `service_events`.
        age_groups: age group of each year of age 0..100; older ages count as 100.
        measures: measure of each service: visits and days are counted as events, clients as different clients in
            the month.
        area_of_municipality: service area of each municipality.

    Returns:
        area, service, sex, age_group (`unknown` where the age is not recorded), period (first day of the month),
        count. Sorted by key. Cells without use are left out.

    Raises:
        UnmappedCodeError: a service or municipality that the mappings lack.
    """
    for frame in (delivered, events):
        require_mapped(frame, "service", measures)
        require_mapped(frame, "municipality", area_of_municipality)
    counted = _counted(events, age_groups, measures)
    ready = delivered.select("municipality", "service", "sex", "age_group", "period", "count")
    months_ready = ready.select("service", "period").unique()
    filled = counted.join(months_ready, on=["service", "period"], how="anti")
    return (
        pl.concat([ready, filled.select(ready.columns)])
        .with_columns(
            area=pl.col("municipality").replace_strict(dict(area_of_municipality), return_dtype=pl.String)
        )
        .group_by(KEY)
        .agg(pl.col("count").sum())
        .select(*SCHEMA)
        .sort(KEY)
    )


def client_events(events: pl.DataFrame, age_groups: Mapping[int, str]) -> pl.DataFrame:
    """The municipality, service, sex, age_group (`unknown` without an age), client_id and period of each event."""
    return events.select(
        *("municipality", "service", "sex", "client_id"),
        age_group=pl.col("age")
        .clip(0, 100)
        .replace_strict(dict(age_groups), return_dtype=pl.String)
        .fill_null(UNKNOWN_AGE),
        period=pl.col("event_date").dt.truncate("1mo"),
    )


def _counted(events: pl.DataFrame, age_groups: Mapping[int, str], measures: Mapping[str, str]) -> pl.DataFrame:
    by_client = [service for service, measure in measures.items() if measure == "clients"]
    key = ["municipality", "service", "sex", "age_group", "period"]
    frame = client_events(events, age_groups)
    of_clients = pl.col("service").is_in(by_client)
    return pl.concat(
        [
            frame.filter(~of_clients).group_by(key).agg(count=pl.len().cast(pl.Int64)),
            frame.filter(of_clients).group_by(key).agg(count=pl.col("client_id").n_unique().cast(pl.Int64)),
        ]
    )


def require_mapped(frame: pl.DataFrame, column: str, known: Mapping[str, str]) -> None:
    """Check that every code of a column is in the county file.

    Raises:
        UnmappedCodeError: it is not.
    """
    unknown = sorted(set(frame[column].unique().to_list()) - set(known), key=str)
    if unknown:
        raise UnmappedCodeError(
            f"{column} {', '.join(map(str, unknown[:5]))}: not in the county file; add it there"
        )
