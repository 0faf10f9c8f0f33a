"""The command line: `palvelutarve = cli:app`. Each command composes the libraries; none calculates.

Exit codes: 0 done, 1 the work failed or is incomplete, 2 the input or the options cannot be used.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

# Set before numpy is loaded: numerical libraries spin their threads against each other on small machines.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("DO_NOT_TRACK", "1")

import typer  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

CountyOption = Annotated[str, typer.Option("--county", help="The county's slug, such as paijat-hame.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of all randomness.")]
AsOfOption = Annotated[str, typer.Option("--as-of", help="The day the work knows the world on, YYYY-MM-DD.")]

OutOption = Annotated[Path, typer.Option("--out", help="Where the result is written.")]


class FailOn(StrEnum):
    """Severities that a check may fail on."""

    fatal = "fatal"
    convention = "convention"


@app.callback()
def main() -> None:
    """Service need and record quality for wellbeing services counties."""
    warnings.filterwarnings(
        "ignore", message="Specifying a partitions_def on an AssetCheckSpec"
    )  # versions are locked


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn an error in the input into one line and exit code 2; anything else is a defect and keeps its trace."""
    try:
        yield
    except ValueError as error:  # a mistake in a county file is one
        reason = str(error)
    except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
        reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
    else:
        return
    typer.echo(f"palvelutarve: {reason}", err=True)
    raise typer.Exit(2)


@app.command()
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

    Without --data it reads what has landed in the data folder; when nothing has, it makes the synthetic county.
    """
    from assets.launch import launch
    from assets.progress import VARIABLE
    from counties import load_county
    from lake.settings import is_synthetic, load_settings

    os.environ.setdefault(VARIABLE, "1")
    settings = load_settings()
    with _clear_errors():
        loaded = load_county(county, settings.counties)
        folder = _input_folder(settings, county, data)
        day = date.fromisoformat(as_of).isoformat() if as_of else ""
    typer.echo(f"{loaded.names.en}: reading {folder}", err=True)
    result = launch(settings, county, job="main", data=str(folder), as_of=day, edition=edition)
    if not result.success:
        _tell_failures(result.failures, result.skipped)
        typer.echo("Publishing what stands; the edition says what is missing.", err=True)
        launch(settings, county, job="reports", data=str(folder), as_of=day, edition=edition)
    _tell_products(settings.model_copy(update={"synthetic": is_synthetic(folder)}), loaded.code, county)
    raise typer.Exit(0 if result.success else 1)


def _input_folder(settings, county: str, data: Path | None) -> Path:  # type: ignore[no-untyped-def]
    if data is not None:
        if not data.is_dir():
            raise FileNotFoundError(f"--data {data}: there is no such folder")
        return data.resolve()
    if settings.landing(county).exists():
        return Path(settings.landing(county))
    from assets.demo import ensure_demo

    typer.echo(f"Nothing has landed for {county}: using its synthetic county.", err=True)
    return ensure_demo(settings, county)


def _tell_failures(failures: dict[str, str], skipped: tuple[str, ...]) -> None:
    for step, reason in failures.items():
        typer.echo(f"FAILED {step}: {reason}", err=True)
    if skipped:
        typer.echo(f"Skipped because of that: {', '.join(skipped)}", err=True)


def _tell_products(settings, code: str, slug: str) -> None:  # type: ignore[no-untyped-def]
    from assets.publishing import products
    from lake.releases import Releases

    releases = Releases(settings.releases, code)
    edition = releases.current()
    if edition is None:
        typer.echo("Nothing has been published.", err=True)
        return
    typer.echo(f"\nEdition {edition}. Open:")
    for name, path in products(releases.path(edition), settings.data_docs(slug)):
        typer.echo(f"  {name:<44} {path}")
    typer.echo("  Dagster and MLflow pages                     palvelutarve serve")


@app.command()
def demo(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    seed: SeedOption = 1,
    scale: Annotated[float, typer.Option("--scale", min=0.001, max=10, help="1 is the county's real size.")] = 1.0,
    as_of: AsOfOption = "2026-10-31",
) -> None:
    """Write a synthetic county with known truth: extracts, open data, and what is true beside them."""
    from sources.synthetic import write_demo

    with _clear_errors():
        summary = write_demo(county, out, seed=seed, scale=scale, as_of=date.fromisoformat(as_of))
    typer.echo("\n".join(summary.lines()))


@app.command()
def fetch(
    source: Annotated[str, typer.Argument(help="statfin, sotkanet or classifications")],
    county: CountyOption = "paijat-hame",
) -> None:
    """Fetch live open data of a county into the data folder."""
    from assets.fetching import FETCHERS
    from lake.settings import load_settings

    if source not in FETCHERS:
        typer.echo(f"palvelutarve: unknown source '{source}'; there are: {', '.join(FETCHERS)}", err=True)
        raise typer.Exit(2)
    with _clear_errors():
        for path in FETCHERS[source](load_settings(), county, datetime.now(UTC).date()):
            typer.echo(str(path))


@app.command()
def forecast(
    series: Annotated[Path, typer.Argument(help="Parquet or CSV with unique_id, ds, y.")],
    out: OutOption,
    freq: Annotated[str, typer.Option("--freq", help="MS, QS, YS, W or D.")] = "MS",
    horizon: Annotated[int, typer.Option("--horizon", min=1, help="Periods ahead.")] = 12,
    only_counts: Annotated[
        bool, typer.Option("--counts", help="Every series is a count: refuse negative and broken values.")
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="Also write level, trend, season and calendar of each forecast.")
    ] = None,
    backtest: Annotated[Path | None, typer.Option(help="Also write scores at earlier origins by step.")] = None,
    seed: SeedOption = 1,
) -> None:
    """Forecast any series: mean and quantiles, to Parquet or CSV by the ending of --out."""
    from forecasting.monthly.backtest import backtest_series
    from forecasting.monthly.explain import explain_series
    from forecasting.monthly.streaming import forecast_file
    from forecasting.tables import read_series, write_table

    with _clear_errors():
        settings = {"freq": freq, "horizon": horizon, "seed": seed}
        result = forecast_file(
            series, out, report=lambda text: typer.echo(text, err=True), only_counts=only_counts, **settings
        )
        for path, made in ((explain, explain_series), (backtest, backtest_series)):
            if path is not None:
                write_table(made(read_series(series), **settings), path)
    for row in result.refused.itertuples(index=False):
        typer.echo(f"refused {row.unique_id}: {row.reason}", err=True)
    typer.echo(
        f"{result.series} series to {out}; {len(result.refused)} refused, "
        f"{result.noted} with a fallback (column note)",
        err=True,
    )


@app.command()
def need(
    population: Annotated[Path, typer.Option(help="area, sex, age, year, persons")],
    projection: Annotated[Path, typer.Option(help="area, sex, age, year, persons (variant)")],
    counts: Annotated[Path, typer.Option(help="area, service, sex, age_group, year, count")],
    out: OutOption,
    hierarchy: Annotated[
        Path | None, typer.Option(help="area, parent; one total over all areas when left out")
    ] = None,
    services: Annotated[Path | None, typer.Option(help="service, parent: totals over services too")] = None,
    exposures: Annotated[
        Path | None, typer.Option(help="service, min_age, max_age, kind (population, children, births)")
    ] = None,
    flags: Annotated[Path | None, typer.Option(help="area, service, year, kind=break: recording breaks")] = None,
    assumptions: Annotated[
        Path | None, typer.Option(help="Register of assumptions (YAML) that the baseline is drawn with.")
    ] = None,
    scenarios: Annotated[
        Path | None, typer.Option(help="Folder of scenario files (YAML), or 'library' for those that come along.")
    ] = None,
    debts: Annotated[Path | None, typer.Option(help="area, service, amount: service debt to be released.")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Output folder of the previous edition; the change is explained.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, help="Years ahead.")] = 15,
    draws: Annotated[int, typer.Option(min=100, help="Draws behind every mean and quantile.")] = 1000,
    seed: SeedOption = 1,
    as_of: AsOfOption = "",
    edition: Annotated[str, typer.Option("--edition", help="Name of the edition; the date when left out.")] = "",
    variant: Annotated[str, typer.Option(help="Variant of the projection, when it has several.")] = "trend",
    judge: Annotated[
        bool, typer.Option(help="Judge on the past first; recalibrate and rake as that says.")
    ] = True,
) -> None:
    """Forecast need by area, service, age and year from plain tables (Parquet or CSV)."""
    from forecasting.need_files import NeedFiles, NeedOptions, forecast_need_from_files

    files = NeedFiles(
        population,
        projection,
        counts,
        hierarchy,
        services,
        exposures,
        flags,
        assumptions,
        scenarios,
        debts,
        previous,
    )
    options = NeedOptions(horizon, draws, seed, as_of, edition, variant, judge)
    with _clear_errors():
        outcome = forecast_need_from_files(files, out, options, say=lambda text: typer.echo(text, err=True))
    for note in outcome.notes:
        typer.echo(note, err=True)
    for path in outcome.files:
        typer.echo(str(path))


@app.command()
def check(
    documents: Annotated[Path, typer.Argument(help="Document extract: Parquet or CSV.")],
    out: OutOption,
    county: Annotated[str, typer.Option("--county", help="County file with column mapping and limits.")] = "",
    as_of: AsOfOption = "",
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="YAML file of rules on top of the shipped ones: changed, added, removed."),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit code 1 when defects this grave are found.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="Folder of an earlier check: judge only what changed since then."),
    ] = None,
    remember: Annotated[
        bool, typer.Option("--remember", help="Leave in the folder what a later --since compares with.")
    ] = False,
    rescore: Annotated[
        bool,
        typer.Option("--rescore", help="Score the earlier days of the history by the present rules too."),
    ] = False,
) -> None:
    """Check a document extract against the rule catalogue: violations, scores, summary. Keeps no value.

    Exit codes: 0 checked, 1 defects of the severity given with --fail-on were found, 2 the input or an option
    cannot be used.
    """
    from assets.checking import check_extract

    with _clear_errors():
        outcome = check_extract(
            documents, out, county=county, as_of=as_of, rules=rules, since=since, memory=remember, rescore=rescore
        )
    typer.echo(outcome.text)
    if fail_on and outcome.reaches(fail_on.value):
        raise typer.Exit(1)


audit_app = typer.Typer(no_args_is_help=True, help="People read a drawn sample: how far can each rule be trusted?")
app.add_typer(audit_app, name="audit")


@audit_app.command()
def draw(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    documents: Annotated[int, typer.Option("--documents", min=2, help="Documents of each unit to read.")] = 8,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Of the synthetic county.")] = False,
    seed: SeedOption = 1,
) -> None:
    """Draw documents of every unit and write forms to fill while reading them in the source system."""
    from assets.audit import draw_audit
    from lake.settings import load_settings

    with _clear_errors():
        settings = load_settings().model_copy(update={"synthetic": synthetic})
        typer.echo(draw_audit(settings, county, out, documents=documents, seed=seed))


@audit_app.command()
def results(
    drawn: Annotated[Path, typer.Argument(help="Folder that 'audit draw' wrote.")],
    out: OutOption,
    forms: Annotated[
        Path | None, typer.Option("--forms", help="Folder of filled forms; DRAWN by default.")
    ] = None,
    county: CountyOption = "paijat-hame",
) -> None:
    """Sensitivity and precision of each rule, and agreement of readers, from the filled forms."""
    from assets.audit import audit_results
    from lake.settings import load_settings

    with _clear_errors():
        told, accuracy = audit_results(load_settings(), county, drawn, forms or drawn, out)
    for row in accuracy.iter_rows(named=True):
        typer.echo(_accuracy_line(row))
    typer.echo(told)


def _accuracy_line(row) -> str:  # type: ignore[no-untyped-def]
    def share(name: str) -> str:
        value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
        return f"{name} " + ("-" if value is None else f"{value:.2f} ({low:.2f}-{high:.2f})")

    read = row["read_findings"] + row["read_passed"]
    return (
        f"{row['dimension'] or 'all rules':<14} {read:>6} read   {share('precision'):<28} {share('sensitivity')}"
    )


@app.command()
def report(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    area: Annotated[str, typer.Option("--area", help="Service area's code; all areas when left out.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Of the synthetic county.")] = False,
) -> None:
    """Write the reports again from the tables that stand in the lake."""
    from assets.publishing import write_reports
    from lake.settings import load_settings

    with _clear_errors():
        settings = load_settings().model_copy(update={"synthetic": synthetic})
        for path in write_reports(settings, county, area, out):
            typer.echo(str(path))


@app.command()
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

    settings = load_settings()
    with _clear_errors():
        loaded = load_county(county, settings.counties)
        folder = _input_folder(settings, county, data)
        settings = settings.model_copy(update={"synthetic": is_synthetic(folder)})
        edition = Releases(settings.releases, loaded.code).current()
        if edition is None:
            raise ValueError(f"{county}: nothing is published yet; use 'palvelutarve run --county {county}' first")
        if not loaded.recipients:
            raise ValueError(f"{county}: the county file names no recipients; nothing is sent")
        if settings.smtp is not None:
            settings.smtp.password()  # a missing one is told before anything is sent
    result = launch(settings, county, job="deliver", data=str(folder))
    _tell_failures(result.failures, result.skipped)
    receipts = Lake(settings.lake).read(TABLE, loaded.code) if result.success else None
    failed = [] if receipts is None else undelivered(receipts, edition)
    for line in failed:
        typer.echo(f"NOT DELIVERED {line}", err=True)
    if receipts is not None:
        done = receipts.filter(edition=edition, status="delivered").height
        typer.echo(f"Edition {edition}: {done} of {len(loaded.recipients)} recipients have it.")
    raise typer.Exit(1 if failed or not result.success else 0)


@app.command()
def serve(
    dagster_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster pages.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the MLflow pages.")] = 5000,
) -> None:
    """Show the Dagster and MLflow pages on loopback until interrupted."""
    from assets.serving import serve as serve_pages
    from lake.settings import load_settings

    raise typer.Exit(
        serve_pages(load_settings(), dagster_port=dagster_port, mlflow_port=mlflow_port, say=typer.echo)
    )


if __name__ == "__main__":
    sys.exit(app())
