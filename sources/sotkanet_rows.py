"""Sotkanet's rows as contract rows, from REST answers or CSV files. Asking the server is for `sotkanet`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from counties.registry import county_rows
from sources.contracts import CONTRACTS
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


def read_sotkanet_csv(
    path: Path,
    titles: Mapping[int, str],
    regions: Sequence[Mapping[str, Any]] = (),
    *,
    areas: Collection[str] | None = None,
    publisher: Publisher = SOTKANET,
) -> pl.DataFrame:
    """Sotkanet's own CSV file (`indicator;region;year;gender;primary value[;absolute value]`) as a contract table.

    Args:
        path: the file.
        titles: titles of its indicators, which the file does not carry.
        regions: region list, for rows of municipalities; county and country ids are known without it.
        areas: area codes to keep; all known ones when left out.
        publisher: whose figures they are.

    Raises:
        ValueError: the file lacks a column, or has an indicator without a title.
    """
    raw = pl.read_csv(path, separator=";", infer_schema=False, encoding="utf8-lossy")
    raw = raw.rename({name: name.strip().removeprefix("\ufeff") for name in raw.columns}).rename(
        _CSV_NAMES, strict=False
    )
    if missing := [name for name in _ROW if name not in raw.columns and name != "absValue"]:
        raise ValueError(
            f"{path.name}: no column {', '.join(missing)}; expected indicator;region;year;gender;primary value"
        )
    rows = _typed(raw)
    known = areas_of_regions(regions)
    frames = []
    for (indicator,), part in rows.group_by("indicator", maintain_order=True):
        if indicator not in titles:
            raise ValueError(f"{path.name}: indicator {indicator} has no title; name it in the county file")
        title = titles[int(str(indicator))]
        frames.append(indicator_table(part, known, areas, title, f"file {path.name}", publisher))
    empty = pl.DataFrame(schema=CONTRACTS["indicators"].schema())
    return pl.concat([empty, *frames]).sort(CONTRACTS["indicators"].key)


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
