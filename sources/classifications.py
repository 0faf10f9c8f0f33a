"""Statistics Finland's classification service: the county of each municipality, year by year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import chain
from typing import Any

import polars as pl

from counties.registry import county_rows
from sources.http_client import FetchError, Request
from sources.open_data import STATISTICS_FINLAND, OpenDataClient, Publisher

CLASSIFICATIONS = "https://data.stat.fi/api/classifications/v2"
COUNTIES, REGIONS = "hyvinvointialue", "maakunta"
_PUBLISHER = Publisher("classifications", STATISTICS_FINLAND.title, STATISTICS_FINLAND.licence)
_DETAILS = (("content", "data"), ("meta", "min"), ("lang", "fi"))
_CODES = re.compile(r"/(\d{3})/(\d{2})/?(?:\?.*)?$")


class ClassificationError(ValueError):
    """A correspondence table that cannot be used; the message says what was expected."""


def fetch_municipality_counties(
    client: OpenDataClient, year: int, *, base_url: str = CLASSIFICATIONS
) -> pl.DataFrame:
    """The wellbeing services county of each municipality on 1 January of a year.

    Args:
        client: asks and keeps.
        year: year of the classification; there is a new one every January.
        base_url: the server.

    Returns:
        Columns municipality (3 digits), county (2 digits), valid_from, valid_to, sorted by municipality.

    Raises:
        ClassificationError: no such table, a municipality in two counties, or an unknown county.
    """
    pairs = fetch_correspondence(client, year, COUNTIES, base_url=base_url)
    known = {row["county"] for row in county_rows()}
    if unknown := sorted(set(pairs.values()) - known):
        raise ClassificationError(
            f"counties {', '.join(unknown)} of {year} are not known here; add them to "
            "counties/reference/counties.csv"
        )
    return pl.DataFrame(
        sorted(pairs.items()), schema={"municipality": pl.String, "county": pl.String}, orient="row"
    ).with_columns(valid_from=pl.lit(date(year, 1, 1)), valid_to=pl.lit(date(year, 12, 31)))


def fetch_correspondence(
    client: OpenDataClient, year: int, target: str, *, base_url: str = CLASSIFICATIONS
) -> dict[str, str]:
    """Municipality -> code in another classification of areas (`hyvinvointialue`, `maakunta`).

    The address is asked without query parameters: with them the service has answered 500. Without them it gives
    the items' addresses, which end in the two codes; where it gives no codes, the details are asked for.

    Raises:
        ClassificationError: no table joins the two, or its rows carry no codes.
    """
    base = base_url.rstrip("/")
    usual = f"kunta_1_{year}0101%23{target}_1_{year}0101"
    problems: list[str] = []
    for name in chain([usual], _listed(client, base, year, target, problems)):
        for params in ((), _DETAILS):
            request = Request(f"{base}/correspondenceTables/{name}/maps", params, expected="pairs of area codes")
            try:
                pairs = _pairs(client.current(_PUBLISHER, request).data, request.address)
            except FetchError as error:
                problems.append(str(error))
                continue
            if pairs:
                return pairs
            problems.append(f"{request.address}: no pairs of codes in the answer")
    raise ClassificationError(
        f"no correspondence table joins municipalities and {target} of {year}:\n" + "\n".join(problems)
    )


def _listed(client: OpenDataClient, base: str, year: int, target: str, problems: list[str]) -> Iterable[str]:
    """Names of listed tables that join the year's municipalities with the target; no list is one more problem."""
    request = Request(f"{base}/correspondenceTables", expected="the list of correspondence tables")
    try:
        listed = client.current(_PUBLISHER, request).data
    except FetchError as error:
        problems.append(str(error))
        return
    for entry in listed:
        address = str(entry.get("url", entry.get("localId", "")) if isinstance(entry, dict) else entry)
        name = address.rstrip("/").rpartition("/")[2].replace("#", "%23")
        if name.startswith(f"kunta_1_{year}") and f"%23{target}_" in name:
            yield name


def _pairs(rows: Any, address: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for row in rows if isinstance(rows, list) else ():
        source, target = _codes(row)
        if source is None or target is None:
            continue
        if pairs.setdefault(source, target) != target:
            raise ClassificationError(
                f"{address}: municipality {source} is in both {pairs[source]} and {target}; expected one"
            )
    return pairs


def _codes(row: Any) -> tuple[str | None, str | None]:
    """The two codes of a row: an address that ends in them, or an item with its two ends."""
    if isinstance(row, str):
        match = _CODES.search(row)
        return (match[1], match[2]) if match else (None, None)
    return _end(row, "source", r"\d{3}"), _end(row, "target", r"\d{2}")


def _end(row: Any, side: str, pattern: str) -> str | None:
    item = row.get(f"{side}Item") or {}
    code = str(item.get("code") or str(row.get(f"{side}LocalId", "")).rpartition("/")[2])
    return code if re.fullmatch(pattern, code) else None
