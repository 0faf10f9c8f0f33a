"""Continuity of care: how far a person's visits go to the same professional, or to the same team.

COCI (Bice and Boxerman 1977), UPC (usual provider) and SECON (sequence), of each person over twelve
months, and their means over persons.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from indicators.groups import GroupRules, client_groups, with_group
from indicators.intervals import bootstrap_mean, generator
from indicators.tables import ALL, KEY, Scope, not_urgent, shares, tidy, whole_periods, with_area

Provider = Literal["professional_id", "unit"]
INDICES = ("coci", "upc", "secon")
_VARIANTS: dict[str, str] = {"professional_id": "", "unit": "_team"}
MIN_VISITS = 2
_OF_A_VISIT = (
    *("event_id", "client_id", "service", "event_date", "recorded_at", "period"),
    *("municipality", "age", "professional_id", "unit"),
)
NOTE = (
    "mean over persons with at least 2 usable visits in the twelve months to the day; urgent visits and same-day "
    "repeats left out; "
    "excluded: persons with too few visits to a known provider"
)
UNKNOWN_NOTE = "share of non-urgent visits whose provider is not recorded; they are left out of continuity"


def person_continuity(visits: pl.DataFrame, provider: str, person: Sequence[str]) -> pl.DataFrame:
    """Continuity indices of each person with at least two visits to known providers.

    With n visits, n_j of them to provider j: COCI = (sum n_j^2 - n) / (n (n - 1)), UPC = max n_j / n, SECON =
    the share of visits after the first that go to the provider of the visit before.

    Args:
        visits: visits in order of time; column of the provider, null when it is not known.
        provider: column of the provider.
        person: columns that tell persons apart.

    Returns:
        The person's columns, visits (n), coci, upc, secon (each 0..1).
    """
    known = visits.filter(pl.col(provider).is_not_null())
    again = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in (*person, provider))
    sequence = (
        known.sort(person, maintain_order=True)
        .with_columns(same=again)
        .group_by(person)
        .agg(visits=pl.len(), same=pl.col("same").sum())
        .filter(pl.col("visits") >= MIN_VISITS)
    )
    by_provider = (
        known.join(sequence.select(person), on=list(person), how="semi")
        .group_by([*person, provider])
        .agg(m=pl.len().cast(pl.Int64))
    )
    concentration = by_provider.group_by(person).agg(squares=(pl.col("m") ** 2).sum(), largest=pl.col("m").max())
    n = pl.col("visits").cast(pl.Float64)
    return sequence.join(concentration, on=list(person), how="left").select(
        *person,
        pl.col("visits").cast(pl.Int64),
        coci=(pl.col("squares") - n) / (n * (n - 1)),
        upc=pl.col("largest") / n,
        secon=pl.col("same") / (n - 1),
    )


def continuity(
    events: pl.DataFrame,
    scope: Scope,
    *,
    services: Sequence[str],
    seed: int,
    group_rules: GroupRules | None = None,
    providers: Sequence[Provider] = ("professional_id", "unit"),
) -> pl.DataFrame:
    """Means of the continuity indices over persons, by service, over twelve months.

    A person counts in the area of the last visit. Intervals are bootstrapped over persons.

    Args:
        events: contract table `service_events`.
        scope: whose figures, and of which day.
        services: services looked at, each on its own.
        seed: seed of the bootstrap.
        group_rules: who stands in which group.
        providers: the same professional (`professional_id`) or the same team (`unit`).

    Returns:
        Measures `coci:service`, `upc:service`, `secon:service`, their team variants `coci_team:service`, ..., and
        `share_unknown_provider:service`.
    """
    within = whole_periods(events, scope.as_of)
    groups = client_groups(within, group_rules)
    visits = with_area(_visits(within, services), scope, "service_events")
    person = ("client_id", "service", "period")
    persons = visits.group_by(person).agg(
        pl.col("area").last(), pl.col("age").max(), visits=pl.len(), unknown=pl.col("unknown").sum()
    )
    persons = with_group(persons.with_row_index("person"), groups, group_rules)
    visits = visits.join(persons.select("person", *person), on=list(person), maintain_order="left")
    frames = [_unknown(persons, scope.county_code)]
    for provider in providers:
        indices = person_continuity(visits.select("person", provider), provider, ("person",)).drop("visits")
        rows = list(
            _mean_rows(
                persons.join(indices, on="person", how="left"), _VARIANTS[provider], scope.county_code, seed
            )
        )
        if rows:
            columns = (*KEY, "value", "low", "high", "n", "excluded", "note")
            frames.append(pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None))
    return tidy(frames)


def _visits(events: pl.DataFrame, services: Sequence[str]) -> pl.DataFrame:
    """Non-urgent visits in order of time; of several on a day to the same service the first, known one first."""
    return (
        events.filter(
            pl.col("service").is_in(list(services)),
            not_urgent(),
        )
        .select(*_OF_A_VISIT, unknown=pl.col("professional_id").is_null())
        .sort("event_date", "unknown", "recorded_at", "event_id")
        .unique(["client_id", "service", "event_date"], keep="first", maintain_order=True)
    )


def _unknown(persons: pl.DataFrame, county_code: str) -> pl.DataFrame:
    cells = persons.group_by("service", "area", "group", "period").agg(
        successes=pl.col("unknown").sum(), n=pl.col("visits").sum(), excluded=pl.lit(0)
    )
    named = cells.with_columns(measure=pl.lit("share_unknown_provider:") + pl.col("service")).drop("service")
    return shares(named, county_code, UNKNOWN_NOTE)


def _mean_rows(persons: pl.DataFrame, variant: str, county_code: str, seed: int) -> Iterator[tuple[object, ...]]:
    """One row per index, service, area, group and period; persons without an index are the excluded."""
    if persons.is_empty():
        return
    keys, cell_of = _cells(persons, county_code)
    everyone = np.bincount(cell_of.ravel(), minlength=len(keys))
    for index in INDICES:
        found = persons[index].to_numpy()
        order = np.argsort(found, kind="stable")  # ascending in every cell: equal sums, equal bytes
        order = order[~np.isnan(found[order])]
        cells = cell_of[:, order].T.ravel()
        place = np.argsort(cells, kind="stable")
        values = np.repeat(found[order], len(cell_of))[place]
        ends = np.cumsum(np.bincount(cells, minlength=len(keys)))
        for cell, (key, first, end) in enumerate(zip(keys, (0, *ends[:-1]), ends, strict=True)):
            service, *where = key
            measure, n = f"{index}{variant}:{service}", int(end - first)
            excluded = int(everyone[cell]) - n
            if everyone[cell] and not n:
                yield (measure, *where, None, None, None, 0, excluded, NOTE)
            elif n:
                mean = float(values[first:end].mean())
                low, high = bootstrap_mean(values[first:end], generator(seed, measure, *where))
                yield (measure, *where, mean, low, high, n, excluded, NOTE)


def _cells(persons: pl.DataFrame, county_code: str) -> tuple[list[tuple[str, ...]], NDArray[Any]]:
    """The cells (service, area, group, period) that may have figures, and the four that each person counts in.

    Returns:
        Keys of the cells, and numbers of cells, (4, persons): own area or county, own group or all.
    """
    whole = {"area": county_code, "group": ALL}
    names = {
        column: sorted({*map(str, persons[column].unique()), *([whole[column]] if column in whole else [])})
        for column in ("service", "area", "group", "period")
    }
    number = {
        column: persons[column]
        .cast(pl.String)
        .replace_strict(listed, list(range(len(listed))), return_dtype=pl.Int64)
        .to_numpy()
        for column, listed in names.items()
    }
    county, everyone = names["area"].index(county_code), names["group"].index(ALL)
    shape = tuple(len(listed) for listed in names.values())
    cell_of = [
        np.ravel_multi_index((number["service"], area, group, number["period"]), shape)
        for area in (number["area"], np.full(persons.height, county))
        for group in (number["group"], np.full(persons.height, everyone))
    ]
    small = np.min_scalar_type(max(math.prod(shape), 1))  # sixteen bits are sorted fastest
    return list(product(*names.values())), np.array(cell_of, dtype=small)
