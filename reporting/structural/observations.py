"""Counts of social observations as they may be shown: by area and phenomenon, group, service gap and proposal.

All counts pass disclosure control together with their totals; nothing else reads the observations themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from reporting.disclosure import Margin, protect

ALL = "all"
UNSTATED = "unstated"
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
class PublishedCounts:
    """Counts of one topic by area and category; None where hidden.

    Attributes:
        cells: (area, category) -> count; the county's code and `all` are the totals.
        needs: category -> need of SHL section 11 (phenomena only).
    """

    cells: Mapping[tuple[str, str], int | None]
    needs: Mapping[str, str]

    def of(self, area: str, category: str) -> int | None:
        """The count, 0 where nothing was observed, None where hidden."""
        return self.cells.get((area, category), 0)

    def categories(self, area: str) -> tuple[str, ...]:
        """Categories observed in the area, hidden ones included, most common first, hidden last."""
        found = [c for (a, c), n in self.cells.items() if a == area and c not in (ALL, UNSTATED) and n != 0]
        return tuple(sorted(found, key=lambda c: (-(self.of(area, c) or 0), c)))


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
    phenomena = _published(now, "phenomenon", areas, county, k)
    topics = {t: _published(now, t, areas, county, k) for t in TOPICS[1:]}
    return ObservationTables(
        window,
        before,
        phenomena,
        _published(earlier, "phenomenon", areas, county, k),
        topics,
        _groups(now, county, k, phenomena),
        _units(now, county),
        _unstated(topics["affected_group"], [*areas, county]),
    )


def _published(rows: pl.DataFrame, topic: str, areas: list[str], county: str, k: int) -> PublishedCounts:
    """Counts by area and category with both totals, protected as one table."""
    filled = rows.select("area", "need", pl.col(topic).fill_null(UNSTATED).alias("category"))
    categories = sorted(set(filled["category"]))
    grid = pl.DataFrame({"area": areas}).join(
        pl.DataFrame({"category": categories}, schema={"category": pl.String}), how="cross"
    )
    cells = grid.join(
        filled.group_by("area", "category").len("count"), on=["area", "category"], how="left"
    ).with_columns(pl.col("count").fill_null(0).cast(pl.Int64))
    with_county = pl.concat(
        [
            cells,
            cells.group_by("category")
            .agg(pl.col("count").sum())
            .select(pl.lit(county).alias("area"), "category", "count"),
        ]
    )
    table = pl.concat(
        [
            with_county,
            with_county.group_by("area")
            .agg(pl.col("count").sum())
            .select("area", pl.lit(ALL).alias("category"), "count"),
        ]
    ).sort("area", "category")
    shown = protect(table, count="count", by=[Margin("area", total=county), Margin("category", total=ALL)], k=k)
    needs = (
        filled.group_by("category", "need").len("n").sort("category", "n", "need", descending=[False, True, False])
    )
    return PublishedCounts(
        {(a, c): n for a, c, n in shown.select("area", "category", "count").iter_rows()},
        {c: need for c, need, _ in reversed(list(needs.iter_rows()))},
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
