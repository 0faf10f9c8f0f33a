"""Sotkanet's rows as contract rows, from REST answers or CSV files. Asking the server is for `sotkanet`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from counties.registry import county_rows
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError
from sources.fetched_files import publishers_csv
from sources.jsonstat import UNMARKED
from sources.open_data import SOTKANET, Publisher

COUNTRY_REGION, COUNTRY = 658, "FI"
GENDERS = {"male": "male", "female": "female", "total": "all"}
_ROW = {
    "indicator": pl.Int64,
    "region": pl.Int64,
    "year": pl.Int64,
    "gender": pl.String,
    "value": pl.String,
    "absValue": pl.String,
}
_CSV_NAMES = {"primary value": "value", "absolute value": "absValue"}


class RegionError(ValueError):
    """A region list that cannot be used."""


def csv_rows(path: Path) -> pl.DataFrame:
    """Rows of Sotkanet's own CSV file (`indicator;region;year;gender;primary value[;absolute value]`).

    Raises:
        sources.delimited.ExtractError: the file cannot be read, lacks a column, or has no rows.
    """
    names = ("indicator", "region", "year", "gender", "primary value")
    raw = publishers_csv(path, names, separator=";", infer_schema=False, encoding="utf8-lossy")
    if raw.is_empty():
        raise ExtractError(f"{path.name}: no rows; an indicator may have died at its publisher; fetch it again")
    return _typed(raw.rename(_CSV_NAMES, strict=False))


def json_rows(data: Any) -> pl.DataFrame:
    """Rows of a REST answer; `absValue` may be missing."""
    rows = [{name: None if row.get(name) is None else str(row[name]) for name in _ROW} for row in data]
    return _typed(pl.DataFrame(rows, schema=dict.fromkeys(_ROW, pl.String)))


def _typed(raw: pl.DataFrame) -> pl.DataFrame:
    """Rows with their types; value and absValue stay text, for a mark may stand in their place."""
    if "absValue" not in raw.columns:
        raw = raw.with_columns(absValue=pl.lit(None, pl.String))
    return raw.select(pl.col(name).str.strip_chars().cast(kind) for name, kind in _ROW.items())


def indicator_table(
    rows: pl.DataFrame,
    area_of_region: Mapping[int, tuple[str, int]],
    areas: Collection[str] | None,
    title: str,
    vintage: str,
    publisher: Publisher = SOTKANET,
) -> pl.DataFrame:
    """Contract rows of one indicator; where an area's old and new region ids both give a row, the new one counts.

    A row with a value goes before one without.
    """
    key = pl.DataFrame(
        [(region, area, rank) for region, (area, rank) in area_of_region.items()],
        schema={"region": pl.Int64, "area": pl.String, "rank": pl.Int64},
        orient="row",
    )
    if areas is not None:
        key = key.filter(pl.col("area").is_in(list(areas)))
    value = _number("value")
    return (
        rows.join(key, on="region", how="inner")
        .with_columns(has_value=value.is_not_null())
        .sort("year", "area", "gender", "has_value", "rank", descending=[False, False, False, True, False])
        .unique(["area", "year", "gender"], keep="first", maintain_order=True)
        .select(
            indicator=pl.col("indicator").cast(pl.String),
            area="area",
            year="year",
            sex=pl.col("gender").replace_strict(GENDERS),
            value=value,
            count=_number("absValue"),
            missing_reason=pl.when(value.is_null()).then(pl.col("value").fill_null(UNMARKED)),
            title=pl.lit(title),
            vintage=pl.lit(vintage),
            source=pl.lit(publisher.source),
        )
        .select(pl.col(c).cast(kind) for c, kind in CONTRACTS["indicators"].schema().items())
    )


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


@cache
def _county_regions() -> Mapping[int, tuple[str, int]]:
    """Region id -> (county, rank): rank 0 for the current ids (956-978), 1 for the old ones (877-898)."""
    new = {int(row["sotkanet_region"]): (row["county"], 0) for row in county_rows()}
    old = {int(r["sotkanet_region_old"]): (r["county"], 1) for r in county_rows() if r["sotkanet_region_old"]}
    return {**old, **new}


def areas_of_regions(regions: Sequence[Mapping[str, Any]]) -> dict[int, tuple[str, int]]:
    """Region id -> (area code, rank) for counties, the country and the listed municipalities."""
    known = {**_county_regions(), COUNTRY_REGION: (COUNTRY, 0)}
    for region in regions:
        identity, code = int(region["id"]), str(region.get("code", ""))
        if region.get("category") == "KUNTA":
            known[identity] = (code.zfill(3), 0)
        elif region.get("category") == "HYVINVOINTIALUE":
            here = known.get(identity, ("unknown", 0))[0]
            if here != code.zfill(2):
                raise RegionError(
                    f"region {identity} is county {code} at Sotkanet but {here} here; "
                    "correct counties/reference/counties.csv"
                )
    return known
