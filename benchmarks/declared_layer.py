"""The declared layer's own cost: Great Expectations per expectation over cells, and Dagster per asset check.

Run: `python -m benchmarks.declared_layer [--checks 300]`. The cells are made up: every rule of the shipped
catalogue in ten areas. Dagster's event log and the files kept open are those of `palvelutarve run`. Limits: 20 ms
an expectation, 5 s for 300 checks; the import of Great Expectations is told apart, pages are left out and told
apart.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

MILLISECONDS_AN_EXPECTATION, SECONDS_OF_CHECKS, AREAS = 20.0, 5.0, 10


def expectations() -> None:
    """Processor milliseconds of one expectation, with and without pages."""
    import polars as pl

    from quality_checks.great_expectations import record_quality_suites, run_suites
    from quality_checks.great_expectations.suites import TABLE, rule_shares
    from quality_checks.rules import load_catalogue

    started = time.process_time()
    import great_expectations  # noqa: F401

    print(f"import of Great Expectations: {time.process_time() - started:.1f} s")
    catalogue = load_catalogue()
    suites = record_quality_suites(catalogue)
    areas = pl.DataFrame({"area": [f"{i:02}" for i in range(AREAS)]})
    cells = areas.join(pl.DataFrame({"rule_id": list(catalogue.ids)}), how="cross").with_columns(
        eligible=pl.lit(100), failed=pl.int_range(pl.len()) % 7
    )
    shares = {TABLE: rule_shares(cells)}
    run_suites(suites[:1], shares, docs_folder=None)  # what the library loads on first use
    count = sum(len(suite["expectations"]) for suite in suites)
    for name, pages in (("judged", False), ("judged, with pages", True)):
        with tempfile.TemporaryDirectory() as folder:
            started = time.process_time()
            run_suites(suites, shares, docs_folder=Path(folder) if pages else None, as_of=date(2026, 10, 31))
            each = 1000 * (time.process_time() - started) / count
        print(
            f"{name}: {count} expectations in {len(suites)} suites, {each:.1f} ms each; "
            f"{each / MILLISECONDS_AN_EXPECTATION:.2f} of the limit"
        )


def checks(count: int) -> None:
    """Seconds of one run that evaluates so many asset checks, on SQLite."""
    import dagster as dg

    from assets.event_database import keep_open, let_go
    from assets.instance import event_log

    @dg.asset
    def cells() -> None:
        """What is checked."""

    names = [f"check_{i}" for i in range(count)]

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=cells) for name in names])
    def suite() -> Iterator[Any]:
        for name in names:
            yield dg.AssetCheckResult(asset_key="cells", check_name=name, passed=True, metadata={"judged": 100})

    defs = dg.Definitions(assets=[cells], asset_checks=[suite], executor=dg.in_process_executor)
    with (
        tempfile.TemporaryDirectory() as folder,
        dg.DagsterInstance.local_temp(folder, overrides=event_log(Path(folder))) as instance,
    ):
        keep_open(Path(folder))
        job = defs.resolve_implicit_global_asset_job_def()
        started, cpu = time.perf_counter(), time.process_time()
        result = job.execute_in_process(
            instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        )
        let_go(Path(folder))
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    assert result.success
    share = wall / SECONDS_OF_CHECKS
    print(f"{count} Dagster checks: {wall:.1f} s ({cpu:.1f} processor s); {share:.2f} of the limit")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=300)
    expectations()
    checks(parser.parse_args().checks)
