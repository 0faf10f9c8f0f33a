"""What the observations say of each phenomenon in an area: rate, change and difference, with exact intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import betaincinv, gammaincinv

from reporting.structural.linked_counts import ALL, PublishedCounts
from reporting.structural.observations import ObservationTables

NEEDS = tuple(str(n) for n in range(1, 11))
Direction = Literal["up", "down", "unclear", "hidden"]
LEVEL = 0.95


@dataclass(frozen=True)
class Ratio:
    """A ratio of two rates with its exact 95 % interval; the ends may be infinite."""

    value: float
    low: float
    high: float

    @property
    def direction(self) -> Direction:
        """Whether the interval lies above 1, below 1, or holds it."""
        if self.low > 1:
            return "up"
        return "down" if self.high < 1 else "unclear"


@dataclass(frozen=True)
class PhenomenonFacts:
    """One phenomenon in one area.

    Attributes:
        code: the phenomenon.
        need: need of SHL section 11 (1-10) it was mostly recorded under.
        count: observations in the period, None when hidden; `previous` in the one before.
        rate, low, high: observations per 1,000 inhabitants with the exact 95 % interval; None when hidden.
        trend: rate of the period to that of the one before; None when either count is hidden or both are 0.
        difference: the area's rate to that of the rest of the county; None for the county itself or when hidden.
        county_rate: the whole county's rate per 1,000; None when hidden.
        groups: groups most often affected.
    """

    code: str
    need: str
    count: int | None
    previous: int | None
    rate: float | None
    low: float | None
    high: float | None
    trend: Ratio | None
    difference: Ratio | None
    county_rate: float | None
    groups: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        """Change from the period before."""
        return "hidden" if self.trend is None else self.trend.direction


@dataclass(frozen=True)
class NeedGroup:
    """What was observed under one need of SHL section 11.

    Attributes:
        need: 1-10.
        phenomena: its phenomena, most common first.
        shown: observations whose counts are shown, together; with those alone no hidden count can be worked out.
        hidden: some counts are hidden, so there are more.
    """

    need: str
    phenomena: tuple[PhenomenonFacts, ...]
    shown: int
    hidden: bool

    @property
    def most_common(self) -> PhenomenonFacts | None:
        """The phenomenon observed most often, of those whose count is shown."""
        return next((p for p in self.phenomena if p.count), None)


def by_need(phenomena: Sequence[PhenomenonFacts]) -> tuple[NeedGroup, ...]:
    """The ten needs in order, also those under which nothing was observed."""
    groups = []
    for need in NEEDS:
        own = tuple(p for p in phenomena if p.need == need)
        counts = [p.count for p in own]
        groups.append(NeedGroup(need, own, sum(c for c in counts if c is not None), None in counts))
    return tuple(groups)


def phenomenon_facts(
    tables: ObservationTables, area: str, county: str, persons: Mapping[str, int]
) -> tuple[PhenomenonFacts, ...]:
    """Phenomena observed in the area in either period, most common first, hidden ones last.

    Args:
        tables: protected counts.
        area: service area, or the county's code.
        county: the county's code.
        persons: inhabitants by area; areas without them get no rates.
    """
    codes = dict.fromkeys((*tables.now.categories(area), *tables.previous.categories(area)))
    return tuple(_facts(code, tables, area, county, persons) for code in codes)


def all_observations(
    tables: ObservationTables, area: str, county: str, persons: Mapping[str, int]
) -> PhenomenonFacts:
    """The same for all phenomena together."""
    return _facts(ALL, tables, area, county, persons)


def _facts(
    code: str, tables: ObservationTables, area: str, county: str, persons: Mapping[str, int]
) -> PhenomenonFacts:
    count, previous = tables.now.of(area, code), tables.previous.of(area, code)
    inhabitants = persons.get(area)
    rate, low, high = poisson_rate(count, inhabitants)
    trend = rate_ratio(count, tables.window.years, previous, tables.before.years)
    return PhenomenonFacts(
        code,
        tables.now.needs.get(code) or tables.previous.needs.get(code, ""),
        count,
        previous,
        rate,
        low,
        high,
        trend,
        None if area == county else _difference(tables.now, code, area, county, persons),
        poisson_rate(tables.now.of(county, code), persons.get(county))[0],
        tables.groups_of.get((area, code), ())[:2],
    )


def _difference(
    counts: PublishedCounts, code: str, area: str, county: str, persons: Mapping[str, int]
) -> Ratio | None:
    own, whole = counts.of(area, code), counts.of(county, code)
    if own is None or whole is None or area not in persons or persons.get(county, 0) <= persons[area]:
        return None
    return rate_ratio(own, persons[area], whole - own, persons[county] - persons[area])


def poisson_rate(count: int | None, inhabitants: int | None) -> tuple[float | None, float | None, float | None]:
    """Rate per 1,000 with the exact Poisson interval (Garwood 1936)."""
    if count is None or not inhabitants:
        return None, None, None
    tail = (1 - LEVEL) / 2
    low = gammaincinv(count, tail) if count else 0.0
    high = gammaincinv(count + 1, 1 - tail)
    return 1000 * count / inhabitants, 1000 * float(low) / inhabitants, 1000 * float(high) / inhabitants


def rate_ratio(count: int | None, exposure: float, other: int | None, other_exposure: float) -> Ratio | None:
    """Ratio of two Poisson rates, exact given their sum (Clopper and Pearson 1934 on the binomial share).

    Returns:
        None when a count is hidden or the reference count is 0 (no ratio can be formed).
    """
    if count is None or other is None or other == 0:
        return None
    tail = (1 - LEVEL) / 2
    share_low = float(betaincinv(count, other + 1, tail)) if count else 0.0
    share_high = float(betaincinv(count + 1, other, 1 - tail))
    scale = other_exposure / exposure

    def odds(share: float) -> float:
        return float("inf") if share >= 1 else scale * share / (1 - share)

    return Ratio(scale * count / other, odds(share_low), odds(share_high))
