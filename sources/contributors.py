"""How many clients stand behind a count, and how much of it the largest of them is: what disclosure control asks.

Many visits of few clients are as telling as few visits, and a count that is nearly all one client's gives that
client's visits away (the dominance rule of statistical disclosure control, Hundepool et al. 2012, ch. 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import polars as pl

from sources.service_use import UNKNOWN_AGE, client_events, require_mapped

ALL = "all"
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("area", "service", "sex", "age_group", "time"), pl.String()),
    "clients": pl.Int64(),
    "largest": pl.Int64(),
}
_CELL = ("area", "service", "sex", "age_group")


def contributors(
    delivered: pl.DataFrame,
    events: pl.DataFrame,
    *,
    age_groups: Mapping[int, str],
    measures: Mapping[str, str],
    area_of_municipality: Mapping[str, str],
    county: str,
) -> pl.DataFrame:
    """Clients behind the yearly counts of every cell and margin, and behind the monthly counts of all persons.

    Nothing is known of months that were delivered ready, so a year with one of them is left out; so are yearly
    counts of events whose client's age is not recorded, which have no cell.

    Args:
        delivered: contract table `service_counts`.
        events: contract table `service_events`.
        age_groups: age group of each year of age 0..100.
        measures: measure of each service, as for `monthly_use`.
        area_of_municipality: service area of each municipality.
        county: code of all areas together.

    Returns:
        area, service, sex, age_group (`all`: the margin), time (`2025` or `2025-03`), clients (different ones),
        largest (events, or months of a service that counts clients, of the client who has most). Sorted by key.

    Raises:
        UnmappedCodeError: a service or municipality that the mappings lack.
    """
    require_mapped(events, "service", measures)
    require_mapped(events, "municipality", area_of_municipality)
    ready = delivered.select("service", "period").unique()
    months = _client_months(events, ready, age_groups, measures)
    area = pl.col("municipality").replace_strict(dict(area_of_municipality), return_dtype=pl.String)
    months = months.with_columns(area.cast(pl.Categorical).alias("area"))
    year = pl.col("period").dt.truncate("1y")
    years = (
        months.filter(pl.col("age_group") != UNKNOWN_AGE)
        .with_columns(period=year)
        .join(
            ready.select(pl.col("service").cast(pl.Categorical), period=year).unique(),
            on=["service", "period"],
            how="anti",
        )
    )
    persons = months.with_columns(
        pl.lit(ALL).cast(pl.Categorical).alias(column) for column in ("sex", "age_group")
    )
    found = [
        *_margins(years, "%Y", {"area": county, "sex": ALL, "age_group": ALL}),
        *_margins(persons, "%Y-%m", {"area": county}),
    ]
    return pl.concat(found).cast(SCHEMA).select(*SCHEMA).sort(*_CELL, "time")  # type: ignore[arg-type]


def _client_months(
    events: pl.DataFrame, ready: pl.DataFrame, age_groups: Mapping[int, str], measures: Mapping[str, str]
) -> pl.DataFrame:
    """What each client adds to each month's counts that were not delivered ready; clients are numbers here."""
    words = ["municipality", "service", "sex", "age_group"]
    placed = (
        client_events(events, age_groups)
        .join(ready, on=["service", "period"], how="anti")
        .select(
            pl.col(words).cast(pl.Categorical),  # numbers group faster than words
            "period",
            client=pl.col("client_id").cast(pl.Categorical).to_physical(),
        )
    )
    by_client = [service for service, measure in measures.items() if measure == "clients"]
    counted = placed.group_by(*words, "client", "period").agg(count=pl.len().cast(pl.Int64))
    return counted.with_columns(
        count=pl.when(pl.col("service").cast(pl.String).is_in(by_client)).then(1).otherwise("count")
    )


def _margins(table: pl.DataFrame, time: str, totals: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Clients of every cell, and of every combination of margins; a client of two areas is one of the county's.

    A client with one cell adds to every margin what it adds to its cell, so that only the others are added up.
    """
    cell = [*_CELL, "period"]
    clients = table.group_by(*cell, "client").agg(pl.col("count").sum())
    several = pl.struct("service", "client", "period").is_duplicated()
    clients = clients.with_columns(several.alias("_several"))
    alone = _counted(clients.filter(~pl.col("_several")), cell)
    others = clients.filter("_several").drop("_several")
    for choice in product((False, True), repeat=len(totals)):
        summed = [
            pl.lit(total).cast(pl.Categorical).alias(column)
            for (column, total), wanted in zip(totals.items(), choice, strict=True)
            if wanted
        ]
        merged = others.with_columns(summed).group_by(*cell, "client").agg(pl.col("count").sum())
        both = pl.concat([alone.with_columns(summed).select(alone.columns), _counted(merged, cell)])
        told = both.group_by(cell).agg(pl.col("clients").sum(), pl.col("largest").max())
        yield told.with_columns(pl.col(_CELL).cast(pl.String), time=pl.col("period").dt.strftime(time)).drop(
            "period"
        )


def _counted(clients: pl.DataFrame, cell: Sequence[str]) -> pl.DataFrame:
    """Number of clients of every cell, and what the largest of them has."""
    return clients.group_by(cell).agg(clients=pl.len().cast(pl.Int64), largest=pl.col("count").max())
