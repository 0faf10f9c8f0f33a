"""The oracle: every rule counted by DuckDB SQL gives what the Polars engine gives, on any table."""

from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_checks import language
from quality_checks.checking import default_calendar
from quality_checks.engine import compile_catalogue, verdicts
from quality_checks.language.sql_compiler import working_days_statement
from quality_checks.registers import load_registers
from quality_checks.rules import load_catalogue
from quality_checks.schema import ALWAYS_PRESENT, CHECK_COLUMNS, FIELD_TYPES
from quality_checks.settings import Settings

CATALOGUE, REGISTERS = load_catalogue(), load_registers()
AS_OF = date(2026, 6, 1)
COMPILED = compile_catalogue(
    CATALOGUE,
    columns=list(FIELD_TYPES),
    settings=Settings(),
    code_sets=REGISTERS.code_sets,
    calendar=default_calendar(),
    as_of=AS_OF,
)
SET_OF_FIELD = {
    "document_type": "document_types", "status": "statuses", "service_task": "service_tasks",
    "process_phase": "process_phases", "author_role": "author_roles", "language": "languages",
    "replaced_status": "statuses", "channel": "channels", "notifier_role": "notifier_roles",
    "reason": "closing_reasons", "urgency": "urgencies", "outcome": "decision_outcomes",
    "event_type": "event_types", "contact": "contacts", "decision_maker_role": "author_roles",
}  # fmt: skip
ODD = ["", "xx", "it's", "§text", "1.2.246.10.9", "1.02.3.4.5", "ä"]


def random_table(seed: int, rows: int) -> pl.DataFrame:
    """Prepared documents of random values, absent ones included wherever a value may be absent."""
    rng = np.random.default_rng(seed)
    columns = {name: _column(name, kind, rng, rows) for name, kind in FIELD_TYPES.items()}
    shown = {name: ["x"] * rows for name in CHECK_COLUMNS.values() if name not in columns}
    return pl.DataFrame({**columns, **shown})


def _column(name: str, kind: str, rng: np.random.Generator, rows: int) -> pl.Series:
    if kind == "bool":
        values = pl.Series(rng.random(rows) < 0.7)
    elif kind == "number":
        values = pl.Series(rng.choice([0, 1, 2, 5, 19, 20, 21, 120, 30_000], rows))
    elif kind == "text":
        own = REGISTERS.codes("support_needs") if name == "reason" else ()
        codes = [*own, *REGISTERS.codes(SET_OF_FIELD.get(name, "support_needs"))] * 4
        values = pl.Series(rng.choice(np.array([*codes, *ODD], dtype=object), rows).tolist(), dtype=pl.String)
    else:
        values = _times(kind, rng, rows)
    if name in ALWAYS_PRESENT or name == "content_readable":
        return values
    absent = pl.Series(rng.random(rows) < 0.25)
    return pl.select(pl.when(~absent).then(values)).to_series()


def _times(kind: str, rng: np.random.Generator, rows: int) -> pl.Series:
    days = rng.choice([-60_000, -40, -10, -7, -3, -1, 0, 1, 2, 4, 9, 11, 95, 300], rows)
    start = datetime(2026, 5, 29, 3, 0)
    times = [
        start + timedelta(days=int(d) + int(n), hours=int(d) % 20)
        for d, n in zip(days, rng.integers(0, 3, rows), strict=True)
    ]
    series = pl.Series(times).cast(pl.Datetime("us"))
    return series.dt.date() if kind == "date" else series


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        opened.execute(working_days_statement(default_calendar()))
        yield opened


def in_sql(table: pl.DataFrame, connection) -> dict[str, tuple[int, int]]:
    """Eligible and failed of every rule, each with its own scope written out in SQL."""
    connection.register("documents", table.to_arrow())
    found = {}
    for start in range(0, len(COMPILED.rules), 24):
        part = COMPILED.rules[start : start + 24]
        columns = ", ".join(f"count({_case(c)}), count(*) FILTER (WHERE NOT ({_case(c)}))" for c in part)
        counts = connection.sql(f"SELECT {columns} FROM documents").fetchall()[0]
        for i, compiled in enumerate(part):
            found[compiled.rule.id] = (counts[2 * i], counts[2 * i + 1])
    return found


def _case(compiled) -> str:
    rule, calendar = compiled.rule, default_calendar()
    parts = [language.to_sql(compiled.applies, calendar)]
    for column, values in (("document_type", rule.document_types), ("status", rule.statuses)):
        if values:
            parts.append(f"{column} IN ({', '.join(repr(v) for v in values)})")
    if rule.reads_content:
        parts.append("content_readable")
    return f"CASE WHEN {' AND '.join(parts)} THEN NOT ({language.to_sql(compiled.fails, calendar)}) END"


def in_polars(table: pl.DataFrame) -> dict[str, tuple[int, int]]:
    checks = verdicts(table.lazy(), COMPILED).collect()
    return {i: (checks[i].count(), int((~checks[i]).sum())) for i in CATALOGUE.ids}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 60, 400]))
def test_both_engines_count_the_same_for_every_rule(connection, seed, rows):
    table = random_table(seed, rows)
    assert in_polars(table) == in_sql(table, connection)


def test_on_a_large_table_every_rule_finds_something_and_both_engines_agree(connection):
    table = random_table(3, 60_000)
    found = in_polars(table)
    assert found == in_sql(table, connection)
    idle = {rule for rule, (eligible, failed) in found.items() if not 0 < failed < eligible}
    assert not idle
