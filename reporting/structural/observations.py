"""Counts of social observations as they may be shown: by area and phenomenon, group, service gap and proposal.

All counts pass disclosure control together; nothing else reads the observations themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from reporting.structural.linked_counts import ALL, UNSTATED, PublishedCounts, linked_counts

TOPICS = ("phenomenon", "affected_group", "service_gap", "proposal")


@dataclass(frozen=True)
class Window:
    """A span of days, both ends included."""

    first: date
    last: date

    @property
    def years(self) -> float:
        """Length in years."""
        return ((self.last - self.first).days + 1) / 365.25


def year_windows(as_of: date) -> tuple[Window, Window]:
    """The twelve full months up to `as_of` and the twelve before them."""
    end = as_of + timedelta(days=1)
    end = end.replace(day=1)
    starts = [end.replace(year=end.year - n) for n in (0, 1, 2)]
    day = timedelta(days=1)
    return Window(starts[1], starts[0] - day), Window(starts[2], starts[1] - day)


@dataclass(frozen=True)
class ObservationTables:
    """Everything of the observations that the reports may read.

    Attributes:
        window, before: the period and the one before it.
        now, previous: counts by phenomenon in each.
        topics: counts of the period by affected group, service gap and proposal.
        groups_of: (area, phenomenon) -> affected groups met at least k times, most common first; () otherwise.
        units: number of observing units by area.
        unstated_group: share of observations without an affected group, by area; None where hidden.
    """

    window: Window
    before: Window
    now: PublishedCounts
    previous: PublishedCounts
    topics: Mapping[str, PublishedCounts]
    groups_of: Mapping[tuple[str, str], tuple[str, ...]]
    units: Mapping[str, int]
    unstated_group: Mapping[str, float | None]


def observation_tables(
    observations: pl.DataFrame, area_of_municipality: Mapping[str, str], county: str, as_of: date, *, k: int
) -> ObservationTables:
    """Count and protect the observations of the two years up to `as_of`.

    Args:
        observations: observed_on, municipality, phenomenon, need, and optionally unit, affected_group,
            service_gap, proposal.
        area_of_municipality: service area of each municipality.
        county: the county's code, the area of its totals.
        as_of: last day looked at.
        k: smallest count shown.

    Raises:
        KeyError: a municipality belongs to no service area.
    """
    if lost := sorted(set(observations["municipality"]) - set(area_of_municipality)):
        raise KeyError(
            f"observations: municipality {', '.join(lost)} belongs to no service area of the county file"
        )
    window, before = year_windows(as_of)
    placed = observations.with_columns(
        pl.col("municipality").replace_strict(dict(area_of_municipality)).alias("area"),
        *(pl.lit(None, pl.String).alias(c) for c in (*TOPICS, "unit") if c not in observations.columns),
    )
    now = placed.filter(pl.col("observed_on").is_between(window.first, window.last))
    earlier = placed.filter(pl.col("observed_on").is_between(before.first, before.last))
    areas = sorted(set(area_of_municipality.values()))
    topics = linked_counts(now, TOPICS, areas, county, k=k)
    phenomena = topics["phenomenon"]
    return ObservationTables(
        window,
        before,
        phenomena,
        linked_counts(earlier, TOPICS[:1], areas, county, k=k)["phenomenon"],
        topics,
        _groups(now, county, k, phenomena),
        _units(now, county),
        _unstated(topics["affected_group"], [*areas, county]),
    )


def _groups(
    rows: pl.DataFrame, county: str, k: int, phenomena: PublishedCounts
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Groups named at least k times for each phenomenon whose count is shown: their order, no counts."""
    both = pl.concat([rows, rows.with_columns(pl.lit(county).alias("area"))]).drop_nulls("affected_group")
    counted = (
        both.group_by("area", "phenomenon", "affected_group")
        .len("n")
        .filter(pl.col("n") >= k)
        .sort("area", "phenomenon", "n", "affected_group", descending=[False, False, True, False])
    )
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for area, phenomenon, group, _ in counted.iter_rows():
        if phenomena.of(area, phenomenon) is not None:
            found[area, phenomenon] = (*found.get((area, phenomenon), ()), group)
    return found


def _units(rows: pl.DataFrame, county: str) -> dict[str, int]:
    known = rows.drop_nulls("unit")
    by_area = dict(known.group_by("area").agg(pl.col("unit").n_unique()).iter_rows())
    return {**by_area, county: known["unit"].n_unique()}


def _unstated(groups: PublishedCounts, areas: list[str]) -> dict[str, float | None]:
    shares: dict[str, float | None] = {}
    for area in areas:
        missing, total = groups.of(area, UNSTATED), groups.of(area, ALL)
        shares[area] = None if missing is None or not total else missing / total
    return shares
