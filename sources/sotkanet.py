"""THL's Sotkanet: indicators by county, municipality and country, over REST 1.1 as contract rows.

Indicator ids are reused and die silently, so each indicator's title is compared with what it must be, and one
that gives no rows is reported. Region ids are Sotkanet's own; counties changed theirs once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import polars as pl

from counties.registry import county_rows
from sources.contracts import CONTRACTS
from sources.http_client import RefusedError, Request
from sources.open_data import SOTKANET, OpenDataClient
from sources.sotkanet_rows import GENDERS, RegionError, areas_of_regions, indicator_table, json_rows

SOTKANET_API = "https://sotkanet.fi/rest/1.1"


class WantedIndicator(Protocol):
    """What must be known of an indicator: `counties.schema.Indicator` has it."""

    @property
    def id(self) -> int:
        """Sotkanet's id."""

    @property
    def title_pattern(self) -> str:
        """Regular expression that the Finnish title must contain."""


class ChangedTitleError(ValueError):
    """An indicator whose title is no longer what the county file expects: the id may mean something else now."""


@dataclass(frozen=True)
class Finding:
    """Something that a person should know of an indicator that gave no usable rows.

    Attributes:
        indicator: Sotkanet's id.
        kind: `no_rows` (alive, but empty for what was asked), `not_found`, or `changed_title`.
        message: what was found, and how to mend it.
    """

    indicator: int
    kind: Literal["no_rows", "not_found", "changed_title"]
    message: str


@dataclass(frozen=True)
class Indicators:
    """Fetched indicators: the contract table, and what is wrong with those that are not in it."""

    table: pl.DataFrame
    findings: tuple[Finding, ...]


def fetch_indicators(
    client: OpenDataClient,
    indicators: Iterable[WantedIndicator],
    years: Iterable[int],
    *,
    areas: Collection[str] | None = None,
    base_url: str = SOTKANET_API,
    changed_title: Literal["raise", "report"] = "raise",
) -> Indicators:
    """Indicators for all sexes, by area and year.

    Args:
        client: asks and keeps.
        indicators: ids with the titles they must have.
        years: calendar years.
        areas: area codes to keep (county 2 digits, municipality 3 digits, `FI`); all three kinds when left out.
            The server's own region filter does not filter.
        base_url: the server.
        changed_title: whether a changed title stops the fetch or becomes a finding.

    Raises:
        ChangedTitleError: a title is not what is expected, and `changed_title` is `raise`.
        RegionError: the region list cannot be used.
    """
    area_of_region = areas_of_regions(fetch_regions(client, base_url=base_url))
    wanted_years = sorted(set(years))
    frames: list[pl.DataFrame] = []
    findings: list[Finding] = []
    for indicator in indicators:
        outcome = _fetch_indicator(client, indicator, wanted_years, base_url)
        if isinstance(outcome, Finding):
            if outcome.kind == "changed_title" and changed_title == "raise":
                raise ChangedTitleError(outcome.message)
            findings.append(outcome)
            continue
        frame = indicator_table(outcome.rows, area_of_region, areas, outcome.title, outcome.vintage)
        if frame.is_empty():
            findings.append(_no_rows(indicator.id, outcome.title, wanted_years, outcome.rows.height))
        frames.append(frame)
    empty = pl.DataFrame(schema=CONTRACTS["indicators"].schema())
    return Indicators(pl.concat([empty, *frames]).sort(CONTRACTS["indicators"].key), tuple(findings))


def fetch_regions(client: OpenDataClient, *, base_url: str = SOTKANET_API) -> list[dict[str, Any]]:
    """Sotkanet's regions: id, code, category, title, memberOf."""
    request = Request(f"{base_url.rstrip('/')}/regions", expected="the list of regions", accepts=_is_list)
    regions = client.current(SOTKANET, request).data
    if not isinstance(regions, list) or not regions:
        raise RegionError(f"{request.address}: expected a list of regions with id, code, category and memberOf")
    return regions


def municipality_counties(regions: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Crosswalk from the regions' `memberOf`: the county of each municipality.

    Returns:
        Columns municipality (3 digits), county (2 digits), sorted.

    Raises:
        RegionError: a municipality is a member of no county, or of several.
    """
    current = {int(row["sotkanet_region"]): row["county"] for row in county_rows()}
    pairs = []
    for region in regions:
        if region.get("category") != "KUNTA":
            continue
        code = str(region["code"]).zfill(3)
        found = sorted({current[member] for member in region.get("memberOf", ()) if member in current})
        if len(found) != 1:
            raise RegionError(
                f"municipality {code} is a member of {len(found)} counties ({', '.join(found) or 'none'}), "
                "expected one; if counties have new ids, add them to counties/reference/counties.csv"
            )
        pairs.append((code, found[0]))
    return pl.DataFrame(pairs, schema=["municipality", "county"], orient="row").sort("municipality")


@dataclass(frozen=True)
class _Fetched:
    rows: pl.DataFrame
    title: str
    vintage: str


def _fetch_indicator(
    client: OpenDataClient, indicator: WantedIndicator, years: Sequence[int], base_url: str
) -> _Fetched | Finding:
    base = base_url.rstrip("/")
    request = Request(
        f"{base}/indicators/{indicator.id}", expected="an indicator's description", accepts=_is_description
    )
    try:
        described = client.current(SOTKANET, request).data
    except RefusedError as error:
        if error.status not in (400, 404):
            raise
        return Finding(indicator.id, "not_found", f"indicator {indicator.id} is not in Sotkanet: {error}")
    title = str(described["title"].get("fi", ""))
    if not re.search(indicator.title_pattern, title):
        return Finding(
            indicator.id,
            "changed_title",
            f"indicator {indicator.id} is now '{title}', expected a title like '{indicator.title_pattern}'; "
            "the id may mean something else: look for the right one and correct the county file",
        )
    updated = str(described.get("data-updated") or "")
    params = (
        ("indicator", str(indicator.id)),
        *(("years", str(year)) for year in years),
        *(("genders", gender) for gender in GENDERS),
    )
    request = Request(f"{base}/json", params, expected="rows of an indicator", accepts=_is_list)
    kept = client.versioned(SOTKANET, request, f"indicator {indicator.id}", updated or str(described))
    vintage = f"{indicator.id}, updated {updated[:10]}" if updated else f"{indicator.id}, read {kept.fetched_on}"
    return _Fetched(json_rows(kept.data), title, vintage)


def _is_list(answer: Any) -> bool:
    return isinstance(answer, list)


def _is_description(answer: Any) -> bool:
    return isinstance(answer, Mapping) and isinstance(answer.get("title"), Mapping)


def _no_rows(indicator: int, title: str, years: Sequence[int], received: int) -> Finding:
    span = f"{years[0]}-{years[-1]}" if years else "no years"
    other = f"; {received} rows came for other areas" if received else ""
    return Finding(
        indicator,
        "no_rows",
        f"indicator {indicator} ('{title}') gave no rows for {span}{other}; it may have ended: look for its "
        "follower and correct the county file",
    )
