"""Continuity of care: how far a person's visits go to the same professional, or to the same team.

COCI (Bice and Boxerman 1977), UPC (usual provider) and SECON (sequence), of each person over twelve
months, and their means over persons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import polars as pl

from indicators.groups import GroupRules, client_groups, with_group
from indicators.intervals import bootstrap_mean, generator
from indicators.tables import KEY, Scope, expanded, shares, tidy, whole_periods, with_area

Provider = Literal["professional_id", "unit"]
INDICES = ("coci", "upc", "secon")
_VARIANTS: dict[str, str] = {"professional_id": "", "unit": "_team"}
MIN_VISITS = 2
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
            pl.col("urgency").fill_null("non_urgent") != "urgent",
        )
        .with_columns(unknown=pl.col("professional_id").is_null())
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
    named = persons.with_columns(measure=pl.col("service")).select(*KEY, *INDICES)
    for key, part in expanded(named, county_code).group_by(KEY):
        service, *place = map(str, key)
        for index in INDICES:
            values = part[index].drop_nulls().sort().to_numpy()  # sorted: equal sums, equal bytes
            measure, excluded = f"{index}{variant}:{service}", part.height - values.size
            if values.size == 0:
                yield (measure, *place, None, None, None, 0, excluded, NOTE)
                continue
            low, high = bootstrap_mean(values, generator(seed, measure, *place))
            yield (measure, *place, float(values.mean()), low, high, values.size, excluded, NOTE)
