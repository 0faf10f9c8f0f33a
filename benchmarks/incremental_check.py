"""A check of what changed beside a whole check of the same extract, in processor seconds.

Run: `python -m benchmarks.incremental_check FILE [--share 0.01 --recent --codes --later DAYS --work DIR]`.
FILE is a table `documents` in the lake's shape (`benchmarks.record_quality --work DIR` leaves one). All
documents of so many cases that they make the share get another language and another content (`--codes`:
only the language, as when a status changes); cases are drawn over the whole file, or (`--recent`) are the
ones opened last, in an extract stored in the order of creation. One writer stores both extracts, in row
groups of 20,000. Both checks use the whole catalogue and write `doc_checks`, `cells` and `violations`; the
whole one is timed with (first) and without (whole) the memory that the next check of changes needs. The
tables are compared. Imports of libraries are not timed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

AS_OF = date(2026, 10, 31)


ROW_GROUP = 20_000


def changed(file: Path, share: float, out: Path, *, recent: bool, contents: bool) -> int:
    """Write the file with the documents of some cases changed; the number of them."""
    cases = pl.scan_parquet(file).select("case_id", "created_at").drop_nulls()
    sizes = cases.group_by("case_id").agg(n=pl.len(), since=pl.col("created_at").min()).collect()
    order = sizes.sort("since", descending=True) if recent else sizes.sort(pl.col("case_id").hash(1))
    total = pl.scan_parquet(file).select(pl.len()).collect().item()
    chosen = order.filter(pl.col("n").cum_sum() <= share * total)["case_id"]
    other = pl.when(pl.col("language") == "sv").then(pl.lit("fi")).otherwise(pl.lit("sv"))
    touched = pl.col("case_id").is_in(chosen.implode()).fill_null(value=False)
    edits = {"language": other}
    if contents:
        edits["content"] = pl.col("content").str.replace(r"^\{", '{"note":"§text:12",')
    rows = pl.scan_parquet(file).with_columns(
        pl.when(touched).then(edit).otherwise(name).alias(name) for name, edit in edits.items()
    )
    rows.sink_parquet(out, row_group_size=ROW_GROUP)
    return int(pl.scan_parquet(file).select(touched.sum()).collect().item())


def stored(file: Path, out: Path, *, in_order: bool) -> Path:
    """The documents as the writer of both extracts stores them, in the order of creation when asked for."""
    rows = pl.scan_parquet(file)
    rows = rows.sort("created_at", maintain_order=True) if in_order else rows
    rows.sink_parquet(out, row_group_size=ROW_GROUP)
    return out


def one(step: str, file: Path, folder: Path, days: int) -> None:
    """Time one step in this process."""
    import duckdb  # noqa: F401
    import numpy.ma  # noqa: F401
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    from counties import load_county
    from quality_checks.checking import Check, default_calendar
    from quality_checks.documents_check import write_checked
    from quality_checks.incremental import check_since, remember
    from quality_checks.rules import load_catalogue

    areas, catalogue = load_county("paijat-hame").area_of_municipality, load_catalogue()
    default_calendar()
    began, wall = time.process_time(), time.perf_counter()
    bound = Check.of(file, catalogue, as_of=AS_OF + timedelta(days=days), area_of_municipality=areas)
    judged = bound.extract.height
    if step == "since":
        judged = check_since(bound, folder / "first", folder / f"since-{days}").judged
    elif step == "first":
        remember(bound, write_checked(bound, folder / "first", clusters=True, turns=True), folder / "first")
    else:
        write_checked(bound, folder / f"whole-{days}", clusters=True)  # as `palvelutarve check` does
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.process_time() - began, time.perf_counter() - wall, memory, judged]))


def run(step: str, file: Path, folder: Path, days: int = 0) -> float:
    """Time one step in a process of its own and tell."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.incremental_check",
        str(file),
        "--step",
        step,
        "--work",
        str(folder),
    ]
    done = subprocess.run([*command, "--days", str(days)], check=True, capture_output=True, text=True)  # noqa: S603
    cpu, wall, memory, judged = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{step:<8} +{days:>2} days {cpu:8.1f} CPU s {wall:8.1f} s {memory:8,.0f} MB {judged:>12,} judged",
        flush=True,
    )
    return float(cpu)


def tables_must_be_equal(one: Path, other: Path, names: Sequence[str]) -> None:
    """Stop when two checks left different tables, but for the days on which defects were first seen."""
    for name in names:
        left, right = (pl.read_parquet(folder / f"{name}.parquet") for folder in (one, other))
        if not left.drop("first_seen", strict=False).equals(right.drop("first_seen", strict=False)):
            raise SystemExit(f"{name} differ")


def compared(folder: Path, days: int) -> None:
    """Stop when the two checks wrote different tables."""
    from quality_checks.verdict_files import read_verdicts

    tables_must_be_equal(folder / f"whole-{days}", folder / f"since-{days}", ("cells", "violations"))
    rows = [
        read_verdicts(folder / f"{kind}-{days}").select(pl.len()).collect().item() for kind in ("whole", "since")
    ]
    print(f"  cells and violations are equal; {rows[0]:,} and {rows[1]:,} documents with verdicts")


def main() -> None:
    """Make the changed extract, run the checks and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--recent", action="store_true")
    parser.add_argument("--codes", action="store_true")
    parser.add_argument("--later", type=int, default=0, help="days by which the second check is later")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--days", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        one(given.step, given.file, given.work, given.days)
        return
    with tempfile.TemporaryDirectory(dir=given.work) as scratch:
        folder = Path(scratch)
        second = folder / "second.parquet"
        file = stored(given.file, folder / "first.parquet", in_order=given.recent)
        documents = changed(file, given.share, second, recent=given.recent, contents=not given.codes)
        print(f"{documents:,} documents changed")
        first = run("first", file, folder)
        whole = run("whole", second, folder, given.later)
        since = run("since", second, folder, given.later)
        print(f"  check of changes / whole check: {since / whole:.3f}; / whole with memory: {since / first:.3f}")
        compared(folder, given.later)


if __name__ == "__main__":
    main()
