"""Commands that bring data in: a synthetic county, live open data."""

from __future__ import annotations

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
    from sources.synthetic import AS_OF, write_demo

    with clear_errors():
        summary = write_demo(county, out, seed=seed, scale=scale, as_of=given_day(as_of) or AS_OF)
    typer.echo("\n".join(summary.lines()))


def fetch(
    source: Annotated[str, typer.Argument(help="statfin, sotkanet or classifications")],
    county: CountyOption = "paijat-hame",
) -> None:
    """Fetch live open data of a county into the data folder."""
    from assets.fetching import FETCHERS
    from lake.settings import load_settings

    with clear_errors():
        if source not in FETCHERS:
            raise ValueError(f"unknown source '{source}'; there are: {', '.join(FETCHERS)}")
        for path in FETCHERS[source](load_settings(), county, datetime.now(UTC).date()):
            typer.echo(str(path))
