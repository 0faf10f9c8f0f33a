"""Commands that bring data in: a synthetic county, live open data."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.options import AsOfOption, CountyOption, OutOption, SeedOption, clear_errors


def demo(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    seed: SeedOption = 1,
    scale: Annotated[float, typer.Option("--scale", min=0.001, max=10, help="1 is the county's real size.")] = 1.0,
    as_of: AsOfOption = "2026-10-31",
) -> None:
    """Write a synthetic county with known truth: extracts, open data, and what is true beside them."""
    from assets.given import given_day
    from counties import county_slugs
    from lake.settings import load_settings
    from sources.synthetic import AS_OF, write_demo

    with clear_errors():
        summary = write_demo(county, out, seed=seed, scale=scale, as_of=given_day(as_of) or AS_OF)
        folder = load_settings().counties
    typer.echo("\n".join(summary.lines()))
    if county not in county_slugs(folder):
        typer.echo(f"First write its county file, {folder / county}.yaml: docs/extending.md tells how.")


def fetch(
    source: Annotated[str, typer.Argument(help="statfin, sotkanet, classifications or boundaries")],
    county: CountyOption = "paijat-hame",
) -> None:
    """Fetch live open data of a county into the data folder.

    Exit codes: 1 the publisher gave no usable answer, 2 its answer does not fit (the shape of a table, the
    municipalities of the county file). Either way what was fetched before stays as it was.
    """
    from assets.fetching import FETCHERS
    from assets.progress import VARIABLE, shown
    from lake.settings import load_settings
    from sources.http_client import FetchError

    os.environ.setdefault(VARIABLE, "1")
    with clear_errors():
        if source not in FETCHERS:
            raise ValueError(f"unknown source '{source}'; there are: {', '.join(FETCHERS)}")
        settings = load_settings()
        try:
            with shown(f"fetch {source}", county):
                written = FETCHERS[source](settings, county, datetime.now(UTC).date())
        except FetchError as error:
            typer.echo(f"palvelutarve: {error}", err=True)
            raise typer.Exit(1) from None
    for path in written:
        typer.echo(str(path))
