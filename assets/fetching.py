"""Fetching live open data into a county's folder, for the command line and for the assets.

The folder holds the contract tables as Parquet, so that a run reads them as files already fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lake.settings import Settings

if TYPE_CHECKING:
    import polars as pl

FIRST_INDICATOR_YEAR = 2000
PROJECTION_BOUNDARIES = 2024  # 14wx and 14x1 stand on the boundaries of 1 January 2024


def fetch_statfin(settings: Settings, slug: str, today: date) -> list[Path]:
    """Population, projection and languages of a county's municipalities from Statistics Finland."""
    from counties import load_county
    from counties.registry import municipality_rows
    from sources.boundaries import to_boundaries
    from sources.open_data import open_data_client
    from sources.statfin import fetch_languages, fetch_population, fetch_projection

    county = load_county(slug, settings.counties)
    former = [r["municipality"] for r in municipality_rows() if r["county"] == county.code and r["valid_to"]]
    with open_data_client(settings.raw, today) as client:
        population = fetch_population(client, county.municipalities, base_url=settings.statfin_url)
        projection = fetch_projection(client, county.municipalities, former=former, base_url=settings.statfin_url)
        languages = fetch_languages(client, county.municipalities, base_url=settings.statfin_url)
    projection = to_boundaries(
        projection,
        PROJECTION_BOUNDARIES,
        today.year,
        values=["persons"],
        keys=[c for c in projection.columns if c not in ("area", "persons")],
        column="area",
    )
    return _written(
        settings.open_data(slug), {"population": population, "projection": projection, "languages": languages}
    )


def fetch_sotkanet(settings: Settings, slug: str, today: date) -> list[Path]:
    """The county file's indicators from THL Sotkanet, for every county (widths are pooled over them)."""
    from counties import load_county
    from counties.registry import county_rows
    from sources.open_data import open_data_client
    from sources.sotkanet import fetch_indicators

    county = load_county(slug, settings.counties)
    areas = {row["county"] for row in county_rows()} | {"FI", *county.municipalities}
    with open_data_client(settings.raw, today) as client:
        fetched = fetch_indicators(
            client,
            county.indicators,
            range(FIRST_INDICATOR_YEAR, today.year + 1),
            areas=areas,
            base_url=settings.sotkanet_url,
            changed_title="report",
        )
    folder = settings.open_data(slug)
    _write_findings(folder / "findings.csv", [(f.indicator, f.kind, f.message) for f in fetched.findings])
    return [*_written(folder, {"indicators": fetched.table}), folder / "findings.csv"]


def fetch_classifications(settings: Settings, slug: str, today: date) -> list[Path]:
    """Municipality -> county of this January; a municipality that the county file lacks is an error.

    Raises:
        ValueError: the county file and the classification disagree.
    """
    from counties import load_county
    from sources.classifications import fetch_municipality_counties
    from sources.open_data import open_data_client

    county = load_county(slug, settings.counties)
    with open_data_client(settings.raw, today) as client:
        table = fetch_municipality_counties(client, today.year, base_url=settings.classifications_url)
    found = set(table.filter(table["county"] == county.code)["municipality"].to_list())
    if found != set(county.municipalities):
        raise ValueError(
            f"{slug}.yaml: the classification of {today.year} has "
            f"{', '.join(sorted(found - set(county.municipalities))) or 'nothing'} more and "
            f"{', '.join(sorted(set(county.municipalities) - found)) or 'nothing'} less; mend the service areas"
        )
    return _written(settings.open_data(slug), {"municipality_counties": table})


def fetch_boundaries(settings: Settings, slug: str, today: date) -> list[Path]:
    """Boundaries of a county's municipalities for the map of the situation page, light enough to draw."""
    from counties import load_county
    from lake.atomic import write_text
    from sources.municipality_shapes import fetch_shapes
    from sources.open_data import open_data_client

    county = load_county(slug, settings.counties)
    with open_data_client(settings.raw, today) as client:
        shapes = fetch_shapes(client, county.municipalities, base_url=settings.boundaries_url)
    path = settings.boundaries(slug)
    write_text(path, shapes)
    return [path]


FETCHERS: dict[str, Callable[[Settings, str, date], list[Path]]] = {
    "statfin": fetch_statfin,
    "sotkanet": fetch_sotkanet,
    "classifications": fetch_classifications,
    "boundaries": fetch_boundaries,
}


def _written(folder: Path, tables: dict[str, pl.DataFrame]) -> list[Path]:
    from lake.atomic import written_atomically

    paths = []
    for name, frame in tables.items():
        path = folder / f"{name}.parquet"
        with written_atomically(path) as temporary:
            frame.write_parquet(temporary)
        paths.append(path)
    return paths


def _write_findings(path: Path, rows: list[tuple[int, str, str]]) -> None:
    import csv
    import io

    from lake.atomic import write_text

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("indicator", "kind", "message"))
    writer.writerows(rows)
    write_text(path, text.getvalue())
