"""Commands on plain tables: any series, and need by year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import AsOfOption, OutOption, SeedOption, clear_errors


def forecast(
    series: Annotated[Path, typer.Argument(help="Parquet or CSV with unique_id (or the --keys), ds, y.")],
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
    keys: Annotated[
        str | None,
        typer.Option(
            help="SERIES has these columns (region,purpose) and no unique_id: forecast them and their sums - "
            "the total, each key alone, all keys - adding up in every draw."
        ),
    ] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="With --keys: sums by these columns too (repeatable).")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="With --keys: how means are made to add up; chosen by backtest when left out."),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, help="With --keys: joint draws.")] = 1000,
    joint: Annotated[Path | None, typer.Option(help="With --keys: also write the joint draws.")] = None,
) -> None:
    """Forecast any series: mean and quantiles, to Parquet or CSV by the ending of --out."""
    with clear_errors():
        if keys is not None:
            if explain is not None or backtest is not None:
                raise ValueError("--explain and --backtest are of single series: give them without --keys")
            asked = {"freq": freq, "horizon": horizon, "seed": seed, "draws": draws, "method": method}
            _hierarchy(series, out, keys, level or [], only_counts=only_counts, joint=joint, **asked)
            return
        if level or method is not None or joint is not None:
            raise ValueError("--level, --method and --joint go with --keys")
    from forecasting.monthly.streaming import forecast_file

    with clear_errors():
        result = forecast_file(
            series,
            out,
            explain=explain,
            backtest=backtest,
            report=lambda text: typer.echo(text, err=True),
            freq=freq,
            horizon=horizon,
            seed=seed,
            only_counts=only_counts,
        )
    for row in result.refused.itertuples(index=False):
        typer.echo(f"refused {row.unique_id}: {row.reason}", err=True)
    for row in result.notes.itertuples(index=False):
        typer.echo(f"noted {row.unique_id}: {row.note}", err=True)
    if result.noted > len(result.notes):
        typer.echo(f"... and {result.noted - len(result.notes)} more noted", err=True)
    typer.echo(
        f"{result.series} series to {out}; {len(result.refused)} refused, "
        f"{result.noted} with a fallback (column note)",
        err=True,
    )


def _hierarchy(series: Path, out: Path, keys: str, levels: list[str], **asked: Any) -> None:
    """Forecast the series of a file and all their sums, and say how."""
    from forecasting.monthly.coherent_files import HierarchyOptions, columns_of, forecast_hierarchy_file

    between = tuple(columns_of(one) for one in levels)
    made = forecast_hierarchy_file(series, out, HierarchyOptions(columns_of(keys), between, **asked))
    nodes = made.forecast.groupby("level", sort=False)["unique_id"].nunique()
    typer.echo(
        f"{nodes.sum()} series to {out}: {', '.join(f'{size} {name}' for name, size in nodes.items())}", err=True
    )
    scores = ", ".join(f"{row.method} {row.error:.4g}" for row in made.scores.itertuples(index=False))
    typer.echo(f"means add up by {made.method}; scaled errors at earlier origins: {scores}", err=True)


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
    running: Annotated[
        Path | None,
        typer.Option(
            help="area, service, year, mean, sd (so_far: counted of it; level: total that later years start from, "
            "mean when left out): totals of the year under way"
        ),
    ] = None,
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
    nodes: Annotated[
        Path | None,
        typer.Option(help="area, service (sex, age_group): write the draws of these nodes too (need_draws)"),
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, help="Years ahead.")] = 15,
    draws: Annotated[int, typer.Option(min=100, help="Draws behind every mean and quantile.")] = 1000,
    seed: SeedOption = 1,
    as_of: AsOfOption = "",
    edition: Annotated[str, typer.Option("--edition", help="Name of the edition; the date when left out.")] = "",
    variant: Annotated[str, typer.Option(help="Variant of the projection, when it has several.")] = "trend",
    drivers_from: Annotated[
        int | None, typer.Option(help="Explain the change from this year, observed or forecast, ...")
    ] = None,
    drivers_to: Annotated[int | None, typer.Option(help="... to this later year.")] = None,
    judge: Annotated[
        bool, typer.Option(help="Judge on the past first; recalibrate and rake as that says.")
    ] = True,
) -> None:
    """Forecast need by area, service, age and year from plain tables (Parquet or CSV)."""
    from assets.given import given_day

    with clear_errors():  # before the libraries are loaded and files are read
        day = given_day(as_of)
    from forecasting.need_files import NeedFiles, NeedOptions, forecast_need_from_files

    files = NeedFiles(
        population,
        projection,
        counts,
        hierarchy,
        services,
        exposures,
        flags,
        running,
        assumptions,
        scenarios,
        debts,
        previous,
        nodes,
    )
    with clear_errors():
        if (drivers_from is None) != (drivers_to is None):
            raise ValueError("--drivers-from and --drivers-to: give both years or neither")
        between = None if drivers_from is None or drivers_to is None else (drivers_from, drivers_to)
        options = NeedOptions(
            horizon, draws, seed, day.isoformat() if day else "", edition, variant, judge, drivers=between
        )
        outcome = forecast_need_from_files(files, out, options, say=lambda text: typer.echo(text, err=True))
    for note in outcome.notes:
        typer.echo(note, err=True)
    for path in outcome.files:
        typer.echo(str(path))
