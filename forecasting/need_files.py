"""The need forecast from files to files, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from forecasting.assumption_register import NOTHING_ASSUMED, Register, read_register
from forecasting.contracts import (
    DISRUPTED_YEARS,
    Exposure,
    NeedInputError,
    age_bounds,
    check_age_groups,
    has_age_groups,
    numbers,
    refuse_blank,
    show_rows,
)
from forecasting.editions import EditionInputs, explain_editions
from forecasting.judged import NOT_JUDGED
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_backtest import NeedBacktest, backtest_need
from forecasting.need_changes import known_changes
from forecasting.need_tables import with_tested
from forecasting.node_draws import draws_of_nodes
from forecasting.scenarios import Scenario, applicable, library, read_scenarios
from forecasting.tables import read_table, require_columns, with_file_rows, write_table

CODES = ("area", "parent", "service", "sex", "age_group", "variant", "kind")
PERSONS = ("area", "sex", "age", "year", "persons")
LIBRARY = "library"
INPUTS = "need_inputs"
"""Table of an edition's inputs, which the next one is compared with."""


@dataclass(frozen=True)
class NeedFiles:
    """Files of one forecast; only the first three are needed.

    Attributes:
        population: area, sex, age, year, persons.
        projection: the same for years to come, optionally with a column variant.
        counts: area, service, sex, age_group, year, count.
        hierarchy: area, parent; one total over all areas when left out.
        services: service, parent: a hierarchy of services.
        exposures: service, min_age, max_age, kind; the ages that the counts have when left out.
        flags: area, service, year, kind: recording breaks.
        running: area, service, year, mean, sd (so_far, level): totals of the year under way; level is the
            total that later years start from, the mean when left out.
        assumptions: register (YAML) that the baseline is drawn with.
        scenarios: folder of scenario files, or the word `library`.
        debts: area, service, amount: service debt for scenarios that release it.
        previous: folder of the previous edition's output, whose change is explained.
        nodes: area, service (sex, age_group): nodes whose draws are written too.
    """

    population: Path
    projection: Path
    counts: Path
    hierarchy: Path | None = None
    services: Path | None = None
    exposures: Path | None = None
    flags: Path | None = None
    running: Path | None = None
    assumptions: Path | None = None
    scenarios: Path | None = None
    debts: Path | None = None
    previous: Path | None = None
    nodes: Path | None = None


@dataclass(frozen=True)
class NeedOptions:
    """How a forecast is made; see `need.forecast_need`.

    Attributes:
        as_of: ISO date; the last year of the counts is taken as complete when empty.
        edition: name of the edition; the date when empty.
        drivers: two years whose change is explained beside those of every forecast.
        judge: whether the forecast is judged on the past, recalibrated and raked as that says.
        disrupted_years: years of exceptional circumstances.
    """

    horizon: int = 15
    draws: int = 1000
    seed: int = 1
    as_of: str = ""
    edition: str = ""
    variant: str = "trend"
    judge: bool = True
    disrupted_years: tuple[int, ...] = DISRUPTED_YEARS
    drivers: tuple[int, int] | None = None


@dataclass(frozen=True)
class NeedOutcome:
    """What was written and what a reader should know.

    Attributes:
        files: the files written.
        notes: scenarios that were left out, assumptions that count twice, fallbacks.
    """

    files: list[Path]
    notes: list[str] = field(default_factory=list)


def forecast_need_from_files(
    files: NeedFiles, out: Path, options: NeedOptions | None = None, say: Callable[[str], None] = lambda text: None
) -> NeedOutcome:
    """Read plain tables, judge, forecast, explain, and write every table of the forecast into a folder.

    Args:
        files: the inputs.
        out: the folder.
        options: how.
        say: told what is being done.

    Raises:
        FileNotFoundError: a file is not there.
        ValueError: a table that cannot be used, with the file, what was expected and the mend.
    """
    options = options or NeedOptions()
    if options.drivers is not None and options.drivers[0] >= options.drivers[1]:
        raise NeedInputError(f"drivers: {options.drivers[0]} must come before {options.drivers[1]}")
    register = read_register(files.assumptions) if files.assumptions else NOTHING_ASSUMED
    inputs, tree = _inputs(files, options, register), _optional(files.services, ("service", "parent"))
    projection = _persons(files.projection)
    scenarios, notes = _scenarios(files, inputs, projection)
    nodes = _optional(files.nodes, ("area", "service"))
    previous = None if files.previous is None else _previous(files.previous)
    tables = (inputs.population, projection, inputs.counts, inputs.hierarchy)
    common: dict[str, Any] = {
        "exposures": inputs.exposures, "as_of": inputs.as_of, "flags": inputs.flags, "variant": options.variant,
        "disrupted_years": options.disrupted_years, "seed": options.seed,
    }  # fmt: skip
    judged: NeedBacktest | None = None
    if options.judge:
        say("judging the forecast on the past")
        judged = backtest_need(*tables, **common)
    say("drawing the years ahead")
    forecast = forecast_need(
        *tables, **common, running=inputs.running, assumptions=register, draws=options.draws, scenarios=scenarios,
        services=tree, last_year=_last_year(inputs, projection, options),
        judged=NOT_JUDGED if judged is None else judged.judged,
    )  # fmt: skip
    written = _tables_of(forecast, judged) | {INPUTS: inputs.table()}
    if options.drivers is not None:
        say(f"explaining the change from {options.drivers[0]} to {options.drivers[1]}")
        changes, unknown = known_changes(forecast, *options.drivers)
        notes += [f"change between years: {reason}; left out" for reason in unknown.values()]
        both = pd.concat([forecast.drivers, changes], ignore_index=True)
        written["need_drivers"] = both.drop_duplicates(["area", "service", "from_year", "to_year", "driver"])
    if nodes is not None:
        say("drawing the nodes asked for")
        written["need_draws"] = draws_of_nodes(forecast, nodes)
    if previous is not None:
        say("explaining the change from the previous edition")
        explained, refused = explain_editions(previous, inputs)
        written["need_edition_changes"] = with_tested(explained, "year", forecast.tested_to)
        notes += [f"edition change: {service} {reason}" for service, reason in refused.items()]
    for name, table in written.items():
        write_table(table, out / f"{name}.parquet")
    if has_age_groups(inputs.population) or has_age_groups(projection):
        notes.append("population: ages in groups are spread over single years; let no service's ages cut a group")
    return NeedOutcome([out / f"{name}.parquet" for name in written], notes + _notes(forecast))


def _tables_of(forecast: NeedForecast, judged: NeedBacktest | None) -> dict[str, pd.DataFrame]:
    tables = {
        "need_forecast": forecast.forecast,
        "need_drivers": forecast.drivers,
        "need_variance": forecast.variance,
        "need_rates": forecast.rates,
        "need_scenarios": forecast.scenarios,
        "need_scenario_drivers": forecast.scenario_drivers,
        "need_tornado": forecast.tornado,
        "need_assumptions": forecast.assumptions,
    }
    if judged is not None:
        tables |= {"need_scorecard": judged.scorecard, "need_scores_by_size": judged.by_size}
    return tables


def _notes(forecast: NeedForecast) -> list[str]:
    twice = forecast.double_counting.to_dict("records")
    notes = [
        f"counted twice: {row['first']} and {row['second']} both change {row['service']} ({row['reason']})"
        for row in twice
    ]
    rows = forecast.forecast
    flags = rows[(rows["kind"] == "forecast") & rows["service"].isin(forecast.model.services)]
    for service, text in flags.groupby("service")["flag"].agg(lambda f: ",".join(sorted(set(f)))).items():
        if "structure_only" in text:
            notes.append(f"{service}: counts lack age or sex; forecast with the structure that is known")
        if "short_history" in text:
            notes.append(f"{service}: too few years to learn a trend; held at its level with stated widths")
        if "no_use" in text:
            notes.append(f"{service}: no use in any year; near zero with the uncertainty of half a count")
    return notes


def _inputs(files: NeedFiles, options: NeedOptions, register: Register) -> EditionInputs:
    counts = _read(files.counts, ("area", "service", "sex", "age_group", "year", "count"))
    refuse_blank(counts, "counts", ("area", "service", "sex", "age_group"))
    years = _count_years(counts, files.counts)
    as_of = options.as_of or f"{years.max()}-12-31"
    projection = _persons(files.projection)
    if "variant" in projection.columns:
        projection = projection[projection["variant"] == options.variant]
    _refuse_stray_year(counts, years, projection, files.counts)
    tree = _optional(files.hierarchy, ("area", "parent"))
    if tree is None:
        tree = pd.DataFrame({"area": sorted(counts["area"].unique()), "parent": "total"})
    flags = _optional(files.flags, ("area", "service", "year", "kind"))
    _refuse_uncounted(flags, counts, files.flags)
    return EditionInputs(
        options.edition or as_of, _persons(files.population), projection, counts, tree,
        exposures_of(counts) | _exposures(files.exposures, counts), as_of, flags, register,
        options.disrupted_years,
        _optional(files.running, ("area", "service", "year", "mean", "sd")),
    )  # fmt: skip


def _persons(path: Path) -> pd.DataFrame:
    return _read(path, PERSONS)


def _optional(path: Path | None, columns: tuple[str, ...]) -> pd.DataFrame | None:
    return None if path is None else _read(path, columns)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    table = with_file_rows(read_table(path, codes=CODES), path)
    require_columns(table, columns, path)
    return table


def exposures_of(counts: pd.DataFrame) -> dict[str, Exposure | tuple[int, int, str]]:
    """Exposure of each service: the persons of the ages its counts have.

    Raises:
        NeedInputError: an age group that is no age, with its rows.
    """
    check_age_groups(counts, "counts")
    found: dict[str, Exposure | tuple[int, int, str]] = {}
    for service, labels in counts.groupby("service")["age_group"].unique().items():
        bounds = [age_bounds(label) for label in labels]
        found[str(service)] = Exposure(min(low for low, _ in bounds), max(high for _, high in bounds))
    return found


def _exposures(path: Path | None, counts: pd.DataFrame) -> dict[str, Exposure | tuple[int, int, str]]:
    table = _optional(path, ("service", "min_age", "max_age", "kind"))
    if table is None:
        return {}
    _refuse_uncounted(table, counts, path)
    ages = [numbers(table, "exposures", column).astype(int) for column in ("min_age", "max_age")]
    return dict(zip(table["service"], zip(*ages, table["kind"], strict=True), strict=True))


def _refuse_uncounted(table: pd.DataFrame | None, counts: pd.DataFrame, path: Path | None) -> None:
    """Raise for rows of services without counts: mistyped, they would say nothing, and nobody would know."""
    stray = None if table is None else table[~table["service"].isin(set(counts["service"]))]
    if stray is not None and len(stray):
        raise NeedInputError(f"{path}: services without counts; mend or remove:\n{show_rows(stray)}")


def _scenarios(
    files: NeedFiles, inputs: EditionInputs, projection: pd.DataFrame
) -> tuple[list[Scenario], list[str]]:
    if files.scenarios is None:
        return [], []
    given = library() if str(files.scenarios) == LIBRARY else read_scenarios(files.scenarios)
    if not given:
        return [], [f"scenarios: no scenario files (*.yaml) in {files.scenarios}; none are drawn"]
    debts = _optional(files.debts, ("area", "service", "amount"))
    _refuse_uncounted(debts, inputs.counts, files.debts)
    variants = sorted(projection["variant"].unique()) if "variant" in projection.columns else []
    services = sorted(inputs.counts["service"].astype(str).unique())
    usable, refused = applicable(given, services, variants, debts is not None)
    if debts is not None:
        usable = [s.with_debts(debts) for s in usable]
    return usable, [f"scenario {name}: left out, it {reason}" for name, reason in refused.items()]


def _previous(folder: Path) -> EditionInputs:
    path = folder / f"{INPUTS}.parquet"
    return EditionInputs.from_table(read_table(path, codes=("table", *CODES, "text")))


def _count_years(counts: pd.DataFrame, path: Path) -> pd.Series:
    years = pd.to_numeric(counts["year"], errors="coerce")
    if years.empty:
        raise ValueError(f"{path}: a header and no rows; expected at least one row")
    wrong = counts[years.isna() | (years % 1 != 0)]
    if len(wrong):
        raise ValueError(f"{path}: year must be a year such as 2024; mend or remove:\n{show_rows(wrong)}")
    return years.astype(int)


def _refuse_stray_year(counts: pd.DataFrame, years: pd.Series, projection: pd.DataFrame, path: Path) -> None:
    """Raise when counts lie beyond the projection and apart from all others: then it is not too short."""
    reach = pd.to_numeric(projection["year"], errors="coerce").max()
    found = sorted(years.unique())
    strays = [year for before, year in zip(found, found[1:], strict=False) if year > max(reach, before + 1)]
    if strays:
        rest = [year for year in found if year < strays[0]]
        raise ValueError(
            f"{path}: the other years are {rest[0]}-{rest[-1]} and the projection ends in {int(reach)}; "
            f"mend or remove the rows of {strays[0]}:\n{show_rows(counts[years == strays[0]])}"
        )


def _last_year(inputs: EditionInputs, projection: pd.DataFrame, options: NeedOptions) -> int:
    """The last year asked for; a projection that ends earlier is an error that says so."""
    wanted = int(inputs.as_of[:4]) - (0 if inputs.as_of[5:] == "12-31" else 1) + options.horizon
    years = pd.to_numeric(projection["year"], errors="coerce")
    if years.isna().all():
        raise NeedInputError("projection: no row has a year; expected years after those of the population")
    reach = int(years.max())
    if wanted > reach:
        raise NeedInputError(
            f"projection: ends in {reach}, but a horizon of {options.horizon} years asks for {wanted}; "
            f"give a longer projection or --horizon {max(options.horizon - (wanted - reach), 1)}"
        )
    return wanted
