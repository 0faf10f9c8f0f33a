"""Open indicators of the county as the page writes them, each with its own source."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from reporting.localised import Localised
from reporting.page.need_tables import notes
from reporting.page.tables import Row, Table
from reporting.provenance import publisher, vintages


def indicators(edition: Localised) -> Table | None:
    """Open indicators of the county: latest value, forecast at the end, and what breaks the series."""
    table = edition.inputs.indicator_forecast
    if table is None:
        return None
    here = table.filter(pl.col("area") == edition.inputs.county.code).sort("year")
    parts = here.partition_by("indicator", as_dict=True)
    rows = [_indicator_row(edition, code, parts[(code,)]) for code in indicator_codes(edition) if (code,) in parts]
    columns = (
        *("page-col-indicator", "page-col-unit", "page-col-latest", "page-col-end"),
        *("page-col-notes", "page-col-vintage"),
    )
    caption = edition.texts.get("page-indicators-caption", area=edition.labels.area(edition.inputs.county.code))
    return Table(caption, tuple(map(edition.texts.get, columns)), tuple(rows), words=(0, 1, 4, 5))


def indicator_codes(edition: Localised) -> list[str]:
    """The indicators of the edition: forecast and up to date first, then those too short, then those ended."""
    table = edition.inputs.indicator_forecast
    if table is None:
        return []
    return (
        table.group_by("indicator", maintain_order=True)
        .agg(
            stale=pl.col("flag").str.contains("stale").any(),
            short=(pl.col("kind") != "forecast").all() | pl.col("q0.5").is_null().all(),
        )
        .sort("stale", "short", maintain_order=True)["indicator"]
        .to_list()
    )


def indicator_publishers(edition: Localised) -> str:
    """Publishers of the indicators that the page shows."""
    rows = _indicator_sources(edition, indicator_codes(edition))
    if rows is None:
        return edition.texts.get("value-missing")
    return "; ".join(dict.fromkeys(publisher(s, edition.texts) for s in rows["source"].unique().sort()))


def indicator_source(edition: Localised, code: str) -> str:
    """Source line of one indicator's figure, with its own vintage; empty when it is not known."""
    rows = _indicator_sources(edition, [code])
    if rows is None:
        return ""
    told = vintages(rows["vintage"].drop_nulls(), edition.texts, edition.numbers) or edition.texts.get(
        "value-missing"
    )
    names = "; ".join(dict.fromkeys(publisher(s, edition.texts) for s in rows["source"].unique().sort()))
    return edition.texts.get("page-source-indicator", publisher=names, vintage=told)


def _indicator_sources(edition: Localised, codes: Sequence[str]) -> pl.DataFrame | None:
    table = edition.inputs.indicators
    if table is None or not {"vintage", "source"} <= set(table.columns):
        return None
    rows = table.filter(pl.col("indicator").is_in(list(codes)))
    return None if rows.is_empty() else rows


def _indicator_row(edition: Localised, code: str, series: pl.DataFrame) -> Row:
    noted = "; ".join(notes(edition, series))
    name, unit = edition.labels.indicator(code), edition.labels.indicator_unit(code)
    observed = series.filter((pl.col("kind") == "observed") & pl.col("mean").is_not_null())
    forecast = series.filter(pl.col("kind") == "forecast")
    latest, end = edition.texts.get("value-missing"), edition.texts.get("page-too-short")
    # The same count of decimals in the whole row, as many as its size can bear.
    top = max((v for v in (*observed["mean"], *forecast["q0.9"]) if v is not None), default=0.0)
    digits = 0 if top >= 100 else 1 if top >= 10 else 2
    if not observed.is_empty():
        row = observed.row(-1, named=True)
        latest = f"{edition.numbers.decimal(row['mean'], digits)} ({row['year']})"
    if not forecast.is_empty() and forecast["q0.5"][-1] is not None:
        row = forecast.row(-1, named=True)
        interval = edition.numbers.interval(row["q0.1"], row["q0.9"], digits)
        end = f"{row['year']}: {edition.numbers.decimal(row['q0.5'], digits)} ({interval})"
    sources = _indicator_sources(edition, [code])
    told = "" if sources is None else vintages(sources["vintage"], edition.texts, edition.numbers)
    return name, unit, latest, end, noted, told
