"""The record-quality engine beside a bare Polars pass, and beside Great Expectations on raw rows.

Run: `python -m benchmarks.record_quality [--documents FILE --rows 200000 --rules 24]`. FILE is a table `documents`
in the lake's shape (`lake/documents/county=09/part.parquet`); without it a synthetic county is made and taken in.

The bare pass evaluates the conditions of the same rules over prepared columns and counts defects, in one select:
no reading of contents, no facts across documents, no tables; what preparing costs is told apart. Great
Expectations judges missing values, code sets and patterns of single columns of the documents of one type, on the
pandas engine; it reads no contents either.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import polars as pl

from counties import load_county
from quality_checks.checking import check, default_calendar
from quality_checks.engine import CompiledCatalogue, compile_catalogue
from quality_checks.language import to_polars
from quality_checks.preparation import prepare, split_usable, with_areas
from quality_checks.registers import load_registers
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.settings import Settings

COUNTY, AS_OF = "paijat-hame", date(2026, 10, 31)


def documents(file: Path | None, rows: int) -> pl.DataFrame:
    """So many documents in the lake's shape."""
    table = pl.read_parquet(file, hive_partitioning=False) if file else _made()
    if table.height < rows:
        raise SystemExit(f"{table.height:,} documents; {rows:,} were asked for")
    return table.head(rows)


def _made() -> pl.DataFrame:
    from sources.ingest import ingest_table
    from sources.pseudonyms import Pseudonymiser
    from sources.synthetic import write_demo

    county = load_county(COUNTY)
    mapping = next(m for m in county.extracts if m.table == "documents")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / COUNTY
        write_demo(COUNTY, folder, as_of=AS_OF)
        key = Pseudonymiser(b"a key for the benchmark only")
        return ingest_table(mapping, folder, county, pseudonymiser=key, as_of=AS_OF).accepted


def timed(work: Callable[[], Any]) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


@dataclass(frozen=True)
class Bare:
    """Prepared columns and the compiled rules, for the bare pass."""

    prepared: pl.DataFrame
    compiled: CompiledCatalogue

    @classmethod
    def of(cls, table: pl.DataFrame, catalogue: Catalogue, areas: Mapping[str, str]) -> Bare:
        """Prepare once, outside the timing."""
        registers = load_registers()
        usable, _ = split_usable(table)
        prepared = prepare(with_areas(usable, areas), registers=registers, as_of=AS_OF).collect()
        compiled = compile_catalogue(
            catalogue,
            columns=prepared.columns,
            settings=Settings(),
            code_sets=registers.code_sets,
            calendar=default_calendar(),
            as_of=AS_OF,
        )
        return cls(prepared, compiled)

    def run(self) -> pl.DataFrame:
        """Defects of every rule: `applies` and `fails`, summed."""
        asked = [rule for rule in self.compiled.rules if rule.applies is not None and rule.fails is not None]
        calendar = self.compiled.calendar
        return (
            self.prepared.lazy()
            .select(
                (to_polars(c.applies, calendar) & to_polars(c.fails, calendar)).sum().alias(c.rule.id)
                for c in asked
            )
            .collect(engine="streaming")
        )


def declared_on_rows(table: pl.DataFrame, rules: int) -> None:
    """So many Great Expectations expectations on the raw rows of one document type each, pandas engine."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.row_conditions import Column

    frame = table.drop("content").to_pandas()
    texts = [name for name in frame.columns if table[name].dtype == pl.String]
    types = sorted(frame["document_type"].dropna().unique())

    def expectation(number: int) -> Any:
        name, of_type = texts[(number // 3) % len(texts)], Column("document_type") == types[number % len(types)]
        if number % 3 == 0:
            return gxe.ExpectColumnValuesToNotBeNull(column=name, row_condition=of_type)
        if number % 3 == 1:
            codes = frame[name].dropna().unique()[:50].tolist()
            return gxe.ExpectColumnValuesToBeInSet(column=name, value_set=codes, row_condition=of_type)
        return gxe.ExpectColumnValuesToMatchRegex(column=name, regex="^.{1,80}$", row_condition=of_type)

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    batch = context.data_sources.add_pandas("rows").add_dataframe_asset("documents")
    suite = context.suites.add(
        gx.ExpectationSuite(name="rows", expectations=[expectation(number) for number in range(rules)])
    )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="rows", data=batch.add_batch_definition_whole_dataframe("all"), suite=suite)
    )
    result = definition.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    raised = sum(bool(r.exception_info.get("raised_exception", False)) for r in result.results)
    if raised or len(result.results) != rules:
        raise SystemExit(f"Great Expectations: {len(result.results)} of {rules} evaluated, {raised} raised")


def main() -> None:
    """Time all three and print ratios of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rules", type=int, default=24)
    given = parser.parse_args()
    table, catalogue = documents(given.documents, given.rows), load_catalogue()
    areas = load_county(COUNTY).area_of_municipality
    default_calendar()
    spent = {}
    for rules in (catalogue, replace(catalogue, rules=catalogue.rules[: given.rules])):
        count = len(rules.rules)
        spent[count] = timed(lambda rules=rules: check(table, rules, as_of=AS_OF, area_of_municipality=areas))
        began = time.process_time()
        passed = Bare.of(table, rules, areas)
        preparing = time.process_time() - began
        bare = timed(passed.run)
        print(
            f"{count} rules, {table.height:,} documents: engine {spent[count]:.1f} s "
            f"(preparing all columns {preparing:.1f} s), "
            f"bare Polars pass {bare:.2f} s, ratio {spent[count] / bare:.1f}",
            flush=True,
        )
    import great_expectations  # noqa: F401  # its import is not part of the comparison

    theirs = timed(lambda: declared_on_rows(table, given.rules))
    ours = spent[given.rules]
    print(f"{given.rules} rules: Great Expectations on rows {theirs:.1f} s, engine / peer {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
