"""The record-quality engine beside a bare Polars pass, and beside Great Expectations on raw rows.

Run: `python -m benchmarks.record_quality [--rows 1000000 --documents FILE --work DIR --peers bare,expectations]`,
or with `--months` for the engine alone over a file for each month (100 rules, in processor seconds and memory).
FILE is a table `documents` in the lake's shape (`lake/documents/county=09/part.parquet`); without it a synthetic
county is made and taken in. The documents are copied until there are enough: each copy has ids, cases, clients and
authors of its own, and its contents are spelt apart, so that no content is read for another copy's sake.

Every contender is a process of its own that reads the same Parquet file; processor seconds and peak memory are
those of the process, without the import of Great Expectations.

- engine: `doc_checks`, `cells` and `violations` written as Parquet. Past 24 rules others of the shipped catalogue.
- same: but past 24 rules these once more, valid from other days long ago, as Great Expectations is asked.
- bare: a hand-written Polars pass for the same 24 rules (`benchmarks/bare_pass.py`): scans the columns and
  contents that they need, prepares the facts that they need, counts eligible and failed per unit, area, task, type
  and month, and writes nothing.
- expectations: the same 24 rules in Great Expectations on the pandas engine over raw rows, prepared by Polars
  (`benchmarks/expectations_on_rows.py`), which tells the documents that fail each rule and writes nothing.

Defects by rule are compared: none may differ but for copies under one id, which only the bare pass counts twice.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import polars as pl

COUNTY, AS_OF = "paijat-hame", date(2026, 10, 31)
RULES = (
    *("document_id_form", "document_id_unique", "document_type_known", "status_known", "service_task_present"),
    *("service_task_valid", "process_phase_present", "process_phase_valid", "phase_fits_type", "case_present"),
    *("client_present", "unit_present", "author_present", "author_role_present", "author_role_valid"),
    *(
        "language_valid",
        "event_before_creation",
        "creation_before_signature",
        "final_is_signed",
        "no_future_times",
    ),
    *("note_recorded_without_delay", "decision_after_assessment", "decision_grounds", "plan_goals"),
)


def synthetic_documents() -> pl.DataFrame:
    """The documents of a synthetic county in the lake's shape."""
    from counties import load_county
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


def copied(table: pl.DataFrame, rows: int, path: Path) -> None:
    """Write so many documents: copies with ids of their own and contents spelt apart."""
    import pyarrow.parquet as pq

    writer, left = None, rows
    for copy in range(-(-rows // table.height)):
        part = _copy(table.head(left), copy).to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part, row_group_size=131_072)
        left -= part.num_rows
    if writer:
        writer.close()


def copied_by_month(table: pl.DataFrame, rows: int, folder: Path) -> None:
    """Write so many documents as `copied` does, but a file for each month in which they were made."""
    folder.mkdir()
    month = table["created_at"].dt.strftime("%Y-%m").fill_null("unknown").alias("month").to_frame()
    for (name,), places in month.with_row_index("place").group_by("month", maintain_order=True):
        chosen = places["place"].to_numpy()
        held = [chosen[chosen < rows - start] for start in range(0, rows, table.height)]
        parts = [_copy(table[own], copy) for copy, own in enumerate(held) if len(own)]
        pl.concat(parts).write_parquet(folder / f"{name}.parquet", row_group_size=131_072)


def _copy(table: pl.DataFrame, copy: int) -> pl.DataFrame:
    spelt = pl.lit("{" + " " * copy) + pl.col("content").str.slice(1)
    pseudonyms = ("client_id", "case_id", "author_id", "text_fingerprint")
    return table.with_columns(
        pl.col("document_id", "replaces") + f".{copy + 1}",
        *((pl.lit(f"{copy:02x}") + pl.col(name).str.slice(2)).alias(name) for name in pseudonyms),
        content=pl.when(pl.col("content").str.starts_with("{")).then(spelt).otherwise("content"),
    )


# Defects by rule of what a contender has done; told when its time is over.
Tells = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Spent:
    """What one process spent.

    Attributes:
        cpu: processor seconds.
        wall: seconds.
        memory: peak resident memory in MB.
        told: what the contender told, such as defects by rule.
    """

    cpu: float
    wall: float
    memory: float
    told: dict[str, Any]


def spent(contender: str, file: Path, rules: int) -> Spent:
    """Run a contender in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.record_quality", "--one", contender, "--file", str(file)]
    done = subprocess.run(  # noqa: S603 (this very module)
        [*command, "--rules", str(rules)], check=True, capture_output=True, text=True
    )
    return Spent(**json.loads(done.stdout.splitlines()[-1]))


def catalogue_of(rules: int) -> Any:
    """So many rules of the shipped catalogue: the 24 that the peers know, then others, then the same once more."""
    from quality_checks.rules import load_catalogue

    return _repeated([*RULES, *(rule.id for rule in load_catalogue().rules if rule.id not in RULES)], rules)


def _repeated(ids: Sequence[str], rules: int) -> Any:
    """So many rules; when there are not enough, the same under other ids, valid from other days long ago."""
    from quality_checks.rules import Catalogue, load_catalogue

    shipped = load_catalogue()
    chosen = []
    for number in range(rules):
        rule, turn = shipped.by_id[ids[number % len(ids)]], number // len(ids)
        again = {"id": f"{rule.id}_{turn}", "valid_from": rule.valid_from or date(1900, 1, turn or 1)}
        chosen.append(rule.model_copy(update=again) if turn else rule)
    return Catalogue(tuple(chosen))


def engine(file: Path, rules: int) -> Callable[[], Tells]:
    """The engine with its three tables written."""
    return _engine(file, catalogue_of(rules))


def same(file: Path, rules: int) -> Callable[[], Tells]:
    """The engine with the rules that Great Expectations is asked."""
    return _engine(file, _repeated(RULES, rules))


def _engine(file: Path, catalogue: Any) -> Callable[[], Tells]:
    from counties import load_county
    from quality_checks.checking import Check, default_calendar
    from quality_checks.documents_check import write_checked

    areas = load_county(COUNTY).area_of_municipality
    default_calendar()

    out = tempfile.TemporaryDirectory()

    def run() -> Tells:
        files = sorted(file.glob("*.parquet")) if file.is_dir() else file
        bound = Check.of(files, catalogue, as_of=AS_OF, area_of_municipality=areas)
        write_checked(bound, Path(out.name))
        return tell

    def tell() -> dict[str, Any]:
        cells = pl.scan_parquet(Path(out.name) / "cells.parquet").filter(pl.col("rule_id").is_in(RULES))
        return dict(cells.group_by("rule_id").agg(pl.col("failed").sum()).collect().iter_rows())

    return run


def bare(file: Path, rules: int) -> Callable[[], Tells]:
    """The hand-written pass."""
    from benchmarks.bare_pass import bare_pass
    from counties import load_county
    from quality_checks.checking import default_calendar

    areas, calendar = load_county(COUNTY).area_of_municipality, default_calendar()
    if rules != len(RULES):
        raise SystemExit(f"the bare pass knows {len(RULES)} rules")

    def run() -> Tells:
        cells = bare_pass(file, areas, calendar.cumulative, calendar.first, AS_OF)
        return lambda: cells.select(pl.col(f"f:{rule}").sum().alias(rule) for rule in RULES).row(0, named=True)

    return run


def expectations(file: Path, rules: int) -> Callable[[], Tells]:
    """Great Expectations on rows; its import is not part of the comparison."""
    import great_expectations.expectations  # noqa: F401

    from benchmarks.expectations_on_rows import raw_rows, run_suite
    from quality_checks.checking import default_calendar

    calendar = default_calendar()

    def run() -> Tells:
        found = run_suite(raw_rows(file, calendar.cumulative, calendar.first), rules, AS_OF)
        return lambda: found

    return run


CONTENDERS = {"engine": engine, "same": same, "bare": bare, "expectations": expectations}


def one(contender: str, file: Path, rules: int) -> None:
    """Time one contender in this process and print what it spent."""
    run = CONTENDERS[contender](file, rules)
    began, wall = time.process_time(), time.perf_counter()
    tell = run()
    cpu, elapsed = time.process_time() - began, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = Spent(cpu, elapsed, memory, tell())
    print(json.dumps(vars(found)))


def _tell(name: str, found: Spent, rows: int) -> None:
    told = f"{found.cpu:8.1f} CPU s {found.wall:8.1f} s {found.memory:8,.0f} MB"
    print(f"{name:<38} {told} {rows / found.cpu:10,.0f} documents/CPU s", flush=True)


def compare(file: Path, rows: int, peers: set[str]) -> None:
    """Run the contenders and print the ratios."""
    ours = {rules: spent("engine", file, rules) for rules in (24, 100, 300)}
    for rules, found in ours.items():
        _tell(f"engine, {rules} rules", found, rows)
    print(f"  300 rules / 24 rules: {ours[300].cpu / ours[24].cpu:.2f}")
    if "bare" in peers:
        theirs = spent("bare", file, 24)
        _tell("bare Polars pass, 24 rules", theirs, rows)
        apart = max(abs(theirs.told[rule] - ours[24].told[rule]) for rule in RULES)
        print(f"  engine / bare: {ours[24].cpu / theirs.cpu:.2f}; largest difference of defects by rule: {apart}")
    for rules in (24, 100) if "expectations" in peers else ():
        theirs = spent("expectations", file, rules)
        _tell(f"Great Expectations on rows, {rules}", theirs, rows)
        alike = spent("same", file, rules) if rules > len(RULES) else ours[rules]
        _tell(f"engine, the same {rules} rules", alike, rows)
        for name, own in (("engine, the same rules", alike), ("engine, others past 24", ours[rules])):
            cpu, memory = theirs.cpu / own.cpu, theirs.memory / own.memory
            print(f"  Great Expectations / {name}: {cpu:.1f} x CPU, {memory:.1f} x memory")
        apart = max(abs(theirs.told[rule] - alike.told[rule]) for rule in RULES)
        print(f"  largest difference of defects by rule: {apart}")


def main() -> None:
    """Make the documents and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, help="table `documents` in the lake's shape to copy from")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peers", default="bare,expectations")
    parser.add_argument("--months", action="store_true", help="the engine alone over a file for each month")
    parser.add_argument("--work", type=Path, help="folder that keeps the copied documents for the next run")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rules", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.file, given.rules)
        return
    with tempfile.TemporaryDirectory() as scratch:
        name, store = f"documents-{given.rows}", copied_by_month if given.months else copied
        file = (given.work or Path(scratch)) / (f"{name}-by-month" if given.months else f"{name}.parquet")
        if not file.exists():
            table = pl.read_parquet(given.documents) if given.documents else synthetic_documents()
            store(table, given.rows, file)
        if given.months:
            _tell(f"engine, 100 rules, {len(list(file.iterdir()))} months", spent("engine", file, 100), given.rows)
        else:
            compare(file, given.rows, set(given.peers.split(",")))


if __name__ == "__main__":
    main()
