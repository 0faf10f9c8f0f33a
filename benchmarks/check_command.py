"""`palvelutarve check --since` beside the whole command on the same raw files, in processor seconds.

Run: `python -m benchmarks.check_command FILE [--share 0.01 --scattered --csv --work DIR]`. FILE is a table
`documents`, raw or in the lake's shape (`benchmarks.record_quality --work DIR` leaves one); without free text it
gets words of the recorded length. All documents of so many cases that they make the share get another language
and another content: of the cases opened last, in an extract stored in the order of creation, or (`--scattered`)
of cases drawn over the whole file. One writer stores both extracts, in row groups of 20,000, or as CSV. Timed are
the whole command with (first) and without (whole) the memory that the next check needs, and the check of changes
(since); of each also what comes before the rules: reading, door and gate. What they leave is compared. Starting
Python is not timed.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.incremental_check import AS_OF, ROW_GROUP, changed, stored, tables_must_be_equal

KEY = "PALVELUTARVE_PSEUDONYM_KEY"
WORDS = [f"sana{number}" for number in range(40)]
TEXTS = 2_000


def raw(file: Path, out: Path) -> Path:
    """The file with the columns of a raw extract."""
    from sources.contracts import CONTRACTS

    names = list(CONTRACTS["documents"].raw_schema())
    documents = pl.read_parquet(file)
    if "text" not in documents.columns:
        rng = np.random.default_rng(1)
        told = pl.Series([" ".join(rng.choice(WORDS, 60)) for _ in range(TEXTS)])
        own = documents["document_id"].hash()
        text = pl.DataFrame({"id": own.cast(pl.String), "told": told.gather(own % TEXTS)}).select(
            pl.concat_str("id", "told", separator=" ")
        )
        length = documents["text_length"]
        documents = documents.with_columns(text=text.to_series().str.slice(0, length).set(length.is_null(), None))
    documents.select(names).write_parquet(out, row_group_size=ROW_GROUP)
    return out


def one(step: str, file: Path, folder: Path) -> None:
    """Time one command in this process."""
    import pyarrow.parquet  # noqa: F401

    import assets.checking as checking
    import quality_checks.documents_check  # noqa: F401

    spent: dict[str, float] = {}
    checking.raw_documents = _timed(checking.raw_documents, spent, "before")  # type: ignore[assignment]
    how: dict[str, Any] = {"memory": step == "first", "since": folder / "first" if step == "since" else None}
    began, wall = time.process_time(), time.perf_counter()
    checking.check_extract(file, folder / step, county="paijat-hame", as_of=AS_OF.isoformat(), **how)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = [time.process_time() - began, spent["before"], time.perf_counter() - wall, memory]
    print(json.dumps(told))


def _timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        found = function(*args, **kwargs)
        spent[name] = time.process_time() - began
        return found

    return timed


def run(step: str, file: Path, folder: Path) -> tuple[float, float]:
    """Time one command in a process of its own and tell: all of it, and what comes before the rules."""
    command = [sys.executable, "-m", "benchmarks.check_command", str(file), "--step", step, "--work", str(folder)]
    environment = {KEY: "00" * 32} | os.environ
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)  # noqa: S603
    cpu, before, wall, memory = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{step:<6} {cpu:8.2f} CPU s, {before:6.2f} before the rules {wall:8.1f} s {memory:8,.0f} MB", flush=True
    )
    return float(cpu), float(before)


def compared(folder: Path) -> None:
    """Stop when the two commands left different things."""
    names = ("cells", "violations", "scores", "profile", "contributions", "changes", "mend_first")
    tables_must_be_equal(folder / "whole", folder / "since", names)
    whole, since = (json.loads((folder / step / "summary.json").read_text("utf-8")) for step in ("whole", "since"))
    if {**whole, "changed": 0, "judged_again": 0} != {**since, "changed": 0, "judged_again": 0}:
        raise SystemExit("summaries differ")
    print(
        f"  tables and summaries are equal; {since['changed']:,} changed, {since['judged_again']:,} judged again"
    )


def main() -> None:
    """Make both extracts, run the commands and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--scattered", action="store_true")
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        one(given.step, given.file, given.work)
        return
    with tempfile.TemporaryDirectory(dir=given.work) as scratch:
        folder = Path(scratch)
        whole = raw(given.file, folder / "raw.parquet")
        first, second = stored(whole, folder / "a.parquet", in_order=not given.scattered), folder / "b.parquet"
        documents = changed(first, given.share, second, recent=not given.scattered, contents=True)
        print(f"{documents:,} documents changed")
        if given.csv:
            for file in (first, second):
                pl.scan_parquet(file).sink_csv(file.with_suffix(".csv"))
            first, second = first.with_suffix(".csv"), second.with_suffix(".csv")
        same = folder / f"documents{second.suffix}"  # a summary names its file
        second.rename(same)
        spent = {
            step: run(step, file, folder) for step, file in (("first", first), ("whole", same), ("since", same))
        }
        for place, what in enumerate(("the command", "what comes before the rules")):
            since, beside = spent["since"][place], [spent[step][place] for step in ("whole", "first")]
            print(f"  {what}: since / whole {since / beside[0]:.3f}; / whole with memory {since / beside[1]:.3f}")
        compared(folder)


if __name__ == "__main__":
    main()
