"""Commands on a county's editions: the whole run, reports again, delivery, the pages of Dagster and MLflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import (
    AsOfOption,
    CountyOption,
    OutOption,
    SyntheticOption,
    clear_errors,
    input_folder,
    read_folder,
)

if TYPE_CHECKING:
    from assets.launch import LaunchResult
    from lake.settings import Settings


def run(
    county: CountyOption = "paijat-hame",
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder with extracts and open data already fetched; no network is used."),
    ] = None,
    edition: Annotated[str, typer.Option("--edition", help="Name of the edition, YYYY-MM.")] = "",
    as_of: AsOfOption = "",
) -> None:
    """Run the whole main job for one county through Dagster and publish an edition.

    Without --data it reads what has landed in the data folder, or else what was fetched; with neither it makes
    the synthetic county.
    """
    from assets.given import given_day, given_edition
    from assets.launch import launch
    from assets.progress import VARIABLE
    from counties import load_county
    from lake.settings import is_synthetic, load_settings

    os.environ.setdefault(VARIABLE, "1")
    with clear_errors():
        day, edition = given_day(as_of), given_edition(edition)
        settings = load_settings()
        loaded = load_county(county, settings.counties)
        folder = input_folder(settings, county, data)
    typer.echo(f"{loaded.names.en}: reading {folder}", err=True)
    given = {"data": str(folder), "as_of": day.isoformat() if day else "", "edition": edition}
    runs = [launch(settings, county, job="main", **given)]
    _tell_failures(runs[0])
    if not runs[0].success:
        typer.echo("Publishing what stands; the edition says what is missing.", err=True)
        runs.append(launch(settings, county, job="reports", **given))
        _tell_failures(runs[1])
        _tell_skipped(runs[0].skipped, done=runs[1].done)
    for step, reason in runs[-1].broken_promises.items():
        typer.echo(f"FAILED {step}: {reason}; the edition itself is published", err=True)
    space = settings.model_copy(update={"synthetic": is_synthetic(folder)})
    _tell_missing(space, loaded.code, {step for made in runs for step in made.failures})
    _tell_products(space, loaded.code, county)
    raise typer.Exit(0 if all(made.complete for made in runs) else 1)


def _tell_failures(made: LaunchResult) -> None:
    for step, reason in made.failures.items():
        typer.echo(f"FAILED {step}: {reason}", err=True)


def _tell_skipped(skipped: tuple[str, ...], *, done: tuple[str, ...]) -> None:
    """What was left undone in the end: publishing after a failure makes some of the skipped steps after all."""
    if left := [step for step in skipped if step not in done]:
        typer.echo(f"Not renewed because of that: {', '.join(left)}", err=True)


def _tell_missing(settings: Settings, code: str, told: set[str]) -> None:
    """What the edition says is missing and no failed step has told: withdrawn tables, forms set aside."""
    from assets.failures import failures

    for line in failures(settings, code):
        if line.partition(":")[0] not in told:
            typer.echo(f"MISSING {line}", err=True)


def _tell_products(settings: Settings, code: str, slug: str) -> None:
    from assets.publishing import products
    from lake.releases import Releases

    releases = Releases(settings.releases, code)
    edition = releases.current()
    if edition is None:
        typer.echo("Nothing has been published.", err=True)
        return
    typer.echo(f"\nEdition {edition}. Open:")
    for name, path in products(releases.path(edition), settings.data_docs(slug)):
        typer.echo(f"  {name:<48} {path}")
    typer.echo("  Dagster and MLflow pages                         palvelutarve serve")


def report(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    area: Annotated[str, typer.Option("--area", help="Service area's code; all areas when left out.")] = "",
    synthetic: SyntheticOption = False,
) -> None:
    """Write the reports again from the tables that stand in the lake."""
    from assets.publishing import write_reports
    from lake.settings import load_settings

    with clear_errors():
        settings = load_settings().model_copy(update={"synthetic": synthetic})
        for path in write_reports(settings, county, area, out):
            typer.echo(str(path))


def deliver(
    county: CountyOption = "paijat-hame",
    data: Annotated[
        Path | None, typer.Option("--data", help="The folder that the edition's run read, when it was given one.")
    ] = None,
) -> None:
    """Send the published edition to the recipients of the county file who have not got it yet.

    Each recipient gets it once; what fails is told, exits with 1, and is tried again by the next call.
    """
    from assets.delivery import TABLE, undelivered
    from assets.launch import launch
    from counties import load_county
    from lake.releases import Releases
    from lake.settings import is_synthetic, load_settings
    from lake.tables import Lake

    with clear_errors():
        settings = load_settings()
        loaded = load_county(county, settings.counties)
        folder = read_folder(settings, county, data)
        settings = settings.model_copy(update={"synthetic": is_synthetic(folder)})
        releases = Releases(settings.releases, loaded.code)
        edition = releases.current()
        if edition is None:
            invented = Releases(settings.model_copy(update={"synthetic": True}).releases, loaded.code)
            if invented.current() is not None:
                raise ValueError(
                    f"{county}: an edition of the synthetic county alone is published; give --data and the folder "
                    "that its run read"
                )
            raise ValueError(f"{county}: nothing is published yet; use 'palvelutarve run --county {county}' first")
        if not loaded.recipients:
            raise ValueError(f"{county}: the county file names no recipients; nothing is sent")
        if settings.smtp is not None:
            settings.smtp.password()  # a missing one is told before anything is sent
    invented = " of the synthetic county" if settings.synthetic else ""
    typer.echo(
        f"{loaded.names.en}: delivering edition {edition}{invented} from {releases.path(edition)}", err=True
    )
    result = launch(settings, county, job="deliver", data=str(folder))
    _tell_failures(result)
    receipts = Lake(settings.lake).read(TABLE, loaded.code) if result.success else None
    for line in [] if receipts is None else undelivered(receipts, edition):
        typer.echo(f"NOT DELIVERED {line}", err=True)
    if receipts is not None:
        done = receipts.filter(edition=edition, status="delivered").height
        typer.echo(f"Edition {edition}: {done} of {len(loaded.recipients)} recipients have it.")
    raise typer.Exit(0 if result.complete else 1)


def serve(
    dagster_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster pages.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the MLflow pages.")] = 5000,
) -> None:
    """Show the Dagster and MLflow pages on loopback until interrupted."""
    from assets.serving import serve as serve_pages
    from lake.settings import load_settings

    with clear_errors():
        settings = load_settings()
    raise typer.Exit(serve_pages(settings, dagster_port=dagster_port, mlflow_port=mlflow_port, say=typer.echo))
