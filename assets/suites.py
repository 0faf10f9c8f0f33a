"""Suites of Great Expectations in the pipeline: run when what they look at has changed, else read back.

What a suite found is kept in the lake (`outcomes_<name>`), its pages in the county's Data Docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.stages import CountyRun
from lake.settings import PROJECT

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.great_expectations import Outcome

KEPT = "outcomes_"


def judged(
    run: CountyRun,
    name: str,
    suites: Sequence[Mapping[str, Any]],
    tables: Sequence[str],
    frames: Callable[[], Mapping[str, pl.DataFrame]],
) -> list[Outcome]:
    """What the suites found on the county's tables as they are now.

    Args:
        run: the county's run.
        name: name under which the outcomes are kept.
        suites: declarations (`run_suites`).
        tables: tables of the lake that the frames are made from.
        frames: makes the frames that the suites look at; asked only when the suites run.
    """
    key = _fingerprint(run, name, suites, tables)
    kept = KEPT + name
    if not run.lake.is_current(kept, run.county.code, key):
        outcomes = _run(run, suites, frames())
        run.lake.write(kept, run.county.code, _table(outcomes), key)
        _renew_index(run)
    return _outcomes(run, kept)


def forget(run: CountyRun, name: str) -> None:
    """Drop what was found on a table that is delivered no more."""
    run.lake.path(KEPT + name, run.county.code).unlink(missing_ok=True)


def _fingerprint(run: CountyRun, name: str, suites: Sequence[Mapping[str, Any]], tables: Sequence[str]) -> str:
    from lake.fingerprint import code_fingerprint, fingerprint

    looked_at = [(table, info.fingerprint) for table in tables if (info := run.lake.info(table, run.county.code))]
    code = code_fingerprint(PROJECT / "quality_checks" / "great_expectations")
    return fingerprint(name, list(suites), looked_at, code, run.as_of, _notice(run))


def _run(run: CountyRun, suites: Sequence[Mapping[str, Any]], frames: Mapping[str, pl.DataFrame]) -> list[Outcome]:
    from quality_checks.great_expectations import run_suites

    folder = run.settings.data_docs(run.slug)
    return run_suites(suites, frames, docs_folder=folder, as_of=run.as_of, notice=_notice(run))


def _renew_index(run: CountyRun) -> None:
    """The index of the pages, over everything that was ever judged of the county and still stands."""
    from quality_checks.great_expectations import write_index

    names = run.lake.tables(KEPT, run.county.code)
    outcomes = [outcome for name in names for outcome in _outcomes(run, name)]
    write_index(run.settings.data_docs(run.slug), outcomes, _notice(run))


def docs_page(run: CountyRun, suite: str) -> Path:
    """The page that tells what a suite found; the index of the county's pages where it has none of its own."""
    from quality_checks.great_expectations import page_of

    folder = run.settings.data_docs(run.slug)
    return page_of(folder, suite) or folder / "index.html"


def _notice(run: CountyRun) -> str:
    from reporting.texts import Texts

    return " / ".join(Texts(code).get("synthetic-banner") for code in ("fi", "sv")) if run.synthetic else ""


def _table(outcomes: Sequence[Outcome]) -> pl.DataFrame:
    import polars as pl

    from quality_checks.great_expectations import Outcome

    kinds = {"evaluated": pl.Int64, "unexpected": pl.Int64}
    schema = {field.name: kinds.get(field.name, pl.String) for field in fields(Outcome)}
    return pl.DataFrame([asdict(outcome) for outcome in outcomes], schema=schema)


def _outcomes(run: CountyRun, table: str) -> list[Outcome]:
    from quality_checks.great_expectations import Outcome

    return [Outcome(**row) for row in run.lake.read(table, run.county.code).iter_rows(named=True)]
