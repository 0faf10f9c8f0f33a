"""Statistics Finland's tables as contract tables: population (11re), projection (14wx, 14x1), languages (11rm).

How servers are asked is for `pxweb`; boundary changes between the tables' vintages are for `boundaries`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import polars as pl

from sources.contracts import CONTRACTS
from sources.open_data import STATISTICS_FINLAND, OpenDataClient, Publisher
from sources.pxweb import CELL_LIMIT, PxWebServer, PxWebV1, fetch_cells
from sources.pxweb_tables import PxTable, TableShapeError, Variable, plain

STATFIN = "https://pxdata.stat.fi/PxWeb/api/v1/fi/StatFin"
POPULATION, TREND, NO_MIGRATION, LANGUAGES = "vaerak/11re", "vaenn/14wx", "vaenn/14x1", "vaerak/11rm"
Variant = Literal["trend", "no_migration"]
PROJECTIONS: dict[Variant, str] = {"trend": TREND, "no_migration": NO_MIGRATION}
OLDEST = 100

_SEX_WORDS = {"male": ("mies", "miehet", "man", "male", "menn"), "female": ("nais", "kvinn", "female", "women")}
_LANGUAGE_WORDS = {
    "fi": ("suomi", "finska", "finnish"),
    "sv": ("ruotsi", "svenska", "swedish"),
    "se": ("saame", "samiska", "sami"),
}
_TOTAL_CODES = {"SSS", "T", "TOTSA", "TOTAL"}
_TOTAL_WORDS = ("yhteensa", "totalt", "total", "samtliga", "koko vaesto")


def statfin_server(base_url: str = STATFIN, cell_limit: int = CELL_LIMIT) -> PxWebV1:
    """StatFin's server (PxWeb version 1)."""
    return PxWebV1(base_url, STATISTICS_FINLAND, cell_limit)


def fetch_population(
    client: OpenDataClient,
    municipalities: Iterable[str],
    years: Iterable[int] | None = None,
    *,
    base_url: str = STATFIN,
    cell_limit: int = CELL_LIMIT,
) -> pl.DataFrame:
    """Persons on 31 December by municipality, sex and single year of age (table 11re).

    Args:
        client: asks and keeps.
        municipalities: 3-digit codes; one that the table does not have raises.
        years: calendar years; all of the table's when left out.
        base_url: the server, up to the database.
        cell_limit: most cells one query may ask for.

    Returns:
        The contract table `population`. A value the publisher withholds is a null, for the gate to quarantine.
    """
    server = statfin_server(base_url, cell_limit)
    return _contract("population", age_sex_table(client, server, POPULATION, municipalities, years))


def fetch_projection(
    client: OpenDataClient,
    municipalities: Iterable[str],
    years: Iterable[int] | None = None,
    *,
    variants: Sequence[Variant] = ("trend", "no_migration"),
    former: Iterable[str] = (),
    base_url: str = STATFIN,
    cell_limit: int = CELL_LIMIT,
) -> pl.DataFrame:
    """The official population projection by municipality, sex and age (tables 14wx and 14x1).

    The projection stands on the boundaries of its own vintage: name the municipalities that have merged since in
    `former`, and bring the rows to current boundaries (`sources.boundaries`) before they meet the population.

    Args:
        client: asks and keeps.
        municipalities: 3-digit codes; one that the table does not have raises.
        years: calendar years; all of the table's when left out.
        variants: which projections.
        former: 3-digit codes of merged municipalities, taken where the table still has them.
        base_url: the server, up to the database.
        cell_limit: most cells one query may ask for.

    Returns:
        The contract table `projection`, in the areas of the table itself.
    """
    server = statfin_server(base_url, cell_limit)
    wanted, merged = tuple(municipalities), tuple(former)
    years = None if years is None else tuple(years)
    frames = [
        age_sex_table(client, server, PROJECTIONS[variant], wanted, years, optional=merged).with_columns(
            variant=pl.lit(variant)
        )
        for variant in variants
    ]
    return _contract("projection", pl.concat(frames))


def fetch_languages(
    client: OpenDataClient,
    municipalities: Iterable[str],
    years: Iterable[int] | None = None,
    *,
    base_url: str = STATFIN,
    cell_limit: int = CELL_LIMIT,
) -> pl.DataFrame:
    """Persons on 31 December by municipality and mother tongue (table 11rm): fi, sv, se, other.

    `other` is the total less the three; a value that is withheld makes it a null too.

    Returns:
        The contract table `languages`.
    """
    server = statfin_server(base_url, cell_limit)
    table = server.describe(client, LANGUAGES)
    area, time, sex = (table.variable("area"), table.variable("time"), table.variable("sex"))
    language = table.variable("language")
    areas, periods = _areas(table, area, municipalities), _years(table, time, years)
    tongues = {_labelled(table, language, name, words): name for name, words in _LANGUAGE_WORDS.items()}
    total = _total(table, language)
    sexes = _sexes(table, sex)
    chosen = {
        **_contents(table, "vaesto"),
        area.code: tuple(areas),
        time.code: tuple(periods),
        sex.code: tuple(sexes),
        language.code: (total, *tongues),
    }
    cells = fetch_cells(client, server, table, chosen).select(
        municipality=pl.col(area.code).replace_strict(areas),
        year=pl.col(time.code).replace_strict(periods, return_dtype=pl.Int64),
        language=pl.col(language.code).replace_strict({total: "total", **tongues}),
        persons="value",
    )
    wide = (
        cells.group_by("municipality", "year", "language")
        .agg(_whole_sum("persons"))
        .pivot("language", index=["municipality", "year"], values="persons")
        .with_columns(other=pl.col("total") - pl.sum_horizontal("fi", "sv", "se", ignore_nulls=False))
    )
    long = wide.unpivot(
        ["fi", "sv", "se", "other"], index=["municipality", "year"], variable_name="language", value_name="persons"
    )
    return _contract("languages", _stamped(long, table, server.publisher))


def age_sex_table(
    client: OpenDataClient,
    server: PxWebServer,
    name: str,
    municipalities: Iterable[str],
    years: Iterable[int] | None = None,
    *,
    optional: Iterable[str] = (),
    contents: str = "vaesto",
) -> pl.DataFrame:
    """Persons by area, year, sex and single year of age from any PxWeb table that has them.

    Args:
        client: asks and keeps.
        server: the table's server, of either version.
        name: the table, as its server calls it.
        municipalities: area codes, without the prefix `KU`; each must be there.
        years: calendar years; all of the table's when left out.
        optional: area codes taken when they are there.
        contents: beginning of the code or label of the wanted contents, when the table has several.

    Returns:
        Columns area, year, sex, age, persons, vintage, source.
    """
    table = server.describe(client, name)
    area, time = table.variable("area"), table.variable("time")
    sex, age = table.variable("sex"), table.variable("age")
    areas = _areas(table, area, municipalities, optional)
    periods, sexes, ages = _years(table, time, years), _sexes(table, sex), _ages(table, age)
    chosen = {
        **_contents(table, contents),
        area.code: tuple(areas),
        time.code: tuple(periods),
        sex.code: tuple(sexes),
        age.code: tuple(ages),
    }
    cells = fetch_cells(client, server, table, chosen).select(
        area=pl.col(area.code).replace_strict(areas),
        year=pl.col(time.code).replace_strict(periods, return_dtype=pl.Int64),
        sex=pl.col(sex.code).replace_strict(sexes),
        age=pl.col(age.code).replace_strict(ages, return_dtype=pl.Int64),
        persons="value",
    )
    summed = cells.group_by("area", "year", "sex", "age").agg(_whole_sum("persons"))
    return _stamped(summed, table, server.publisher)


def _whole_sum(column: str) -> pl.Expr:
    """Sum that is a null when any of its parts is."""
    return pl.when(pl.col(column).is_null().any()).then(None).otherwise(pl.col(column).sum()).alias(column)


def _stamped(frame: pl.DataFrame, table: PxTable, publisher: Publisher) -> pl.DataFrame:
    return frame.with_columns(vintage=pl.lit(table.vintage), source=pl.lit(publisher.source))


def _contract(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    schema = CONTRACTS[name].schema()
    return frame.select(pl.col(c).cast(kind) for c, kind in schema.items()).sort(CONTRACTS[name].key)


def _areas(table: PxTable, area: Variable, wanted: Iterable[str], optional: Iterable[str] = ()) -> dict[str, str]:
    """Code in the table -> plain area code, for the wanted areas: `KU091` is 091."""
    have = {re.sub(r"^KU(?=\d{3}$)", "", code): code for code in area.values}
    required = sorted(set(wanted))
    if not required:
        raise TableShapeError(f"table {table.name}: no municipality is asked for; give at least one code")
    if missing := [code for code in required if code not in have]:
        raise TableShapeError(
            f"table {table.name}: no area {', '.join(missing)} in {area.code}, which has {len(have)}; it may have "
            "merged: see counties/reference/boundary_changes.csv"
        )
    extra = [code for code in sorted(set(optional)) if code in have and code not in required]
    return {have[code]: code for code in (*required, *extra)}


def _years(table: PxTable, time: Variable, years: Iterable[int] | None) -> dict[str, int]:
    """Code in the table -> calendar year."""
    have = {int(value): value for value in time.values if re.fullmatch(r"\d{4}", value)}
    wanted = sorted(have if years is None else set(years))
    missing = [str(year) for year in wanted if year not in have]
    if missing or not wanted:
        span = f"{min(have)}-{max(have)}" if have else "no whole years"
        raise TableShapeError(
            f"table {table.name}: {time.code} has {span}; expected also "
            f"{', '.join(missing) or 'at least one year'}"
        )
    return {have[year]: year for year in wanted}


def _sexes(table: PxTable, sex: Variable) -> dict[str, str]:
    """Code in the table -> male or female; the total (`SSS`, also a code of an area) is left out."""
    return {_labelled(table, sex, name, words): name for name, words in _SEX_WORDS.items()}


def _ages(table: PxTable, age: Variable) -> dict[str, int]:
    """Code in the table -> age in full years; `100-` and what is above 100 count as 100."""
    ages: dict[str, int] = {}
    for value in age.values:
        if match := re.fullmatch(r"(\d{1,3})\s*([-+]?)", value):
            years, is_open = int(match[1]), bool(match[2])
            if is_open and years < OLDEST:
                continue
            ages[value] = min(years, OLDEST)
    if absent := sorted(set(range(OLDEST + 1)) - set(ages.values())):
        raise TableShapeError(
            f"table {table.name}: {age.code} lacks the ages {absent[0]}..{absent[-1]} ({len(absent)} of them); "
            "expected single years 0..99 and 100-"
        )
    return ages


def _labelled(table: PxTable, variable: Variable, name: str, words: tuple[str, ...]) -> str:
    """Code of the value that is called so: by its code (`fi`), or else by the beginning of its label."""
    matches = [v for v in variable.values if v.casefold() == name]
    matches = matches or [v for v in variable.values if plain(variable.label_of(v)).startswith(words)]
    if len(matches) > 1:
        matches = [v for v in matches if plain(variable.label_of(v)) in words] or matches
    if len(matches) != 1:
        raise TableShapeError(
            f"table {table.name}: {variable.code} has {len(matches)} values for '{name}', expected one with a "
            f"label that begins with {' or '.join(words)}; add the new name to sources/statfin.py"
        )
    return matches[0]


def _total(table: PxTable, variable: Variable) -> str:
    for value, label in zip(variable.values, variable.labels, strict=True):
        if value.upper() in _TOTAL_CODES or plain(label).startswith(_TOTAL_WORDS):
            return value
    raise TableShapeError(f"table {table.name}: {variable.code} has no total; expected SSS or 'Yhteensä'")


def _contents(table: PxTable, beginning: str) -> dict[str, tuple[str, ...]]:
    """Selection of the contents variable, when the table has one."""
    try:
        contents = table.variable("contents")
    except TableShapeError:
        return {}
    if len(contents.values) == 1:
        return {contents.code: contents.values}
    matches = [
        value
        for value, label in zip(contents.values, contents.labels, strict=True)
        if re.search(rf"(^|[-_]){beginning}", plain(value)) or plain(label).startswith(beginning)
    ]
    if len(matches) != 1:
        raise TableShapeError(
            f"table {table.name}: {contents.code} has {len(matches)} values that begin with '{beginning}': "
            f"{', '.join(contents.values)}; expected one"
        )
    return {contents.code: (matches[0],)}
