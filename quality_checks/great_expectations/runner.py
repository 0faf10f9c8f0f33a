"""Runs declared suites and builds their pages. Value-free by construction.

Only expectations whose results hold counts are admitted; results are BASIC without samples; what an exception says
is replaced by its kind before anything is stored or shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from quality_checks.great_expectations.outcomes import Outcome, Status
from quality_checks.great_expectations.pages import keep_pages

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

SHOWS_COUNTS_ONLY = frozenset(
    {
        "ExpectColumnToExist",
        "ExpectColumnValuesToBeBetween",
        "ExpectColumnValuesToBeInSet",
        "ExpectColumnValuesToBeNull",
        "ExpectColumnValuesToNotBeInSet",
        "ExpectColumnValuesToNotBeNull",
        "ExpectTableColumnCountToEqual",
        "ExpectTableRowCountToBeBetween",
        "ExpectTableRowCountToEqual",
    }
)
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


class SuiteError(ValueError):
    """A declaration that cannot be run; the message names the suite, the rule and the mend."""


def run_suites(
    suites: Sequence[Mapping[str, Any]],
    frames: Mapping[str, pl.DataFrame],
    *,
    docs_folder: Path | None,
    as_of: date = date(2000, 1, 1),
    notice: str = "",
) -> list[Outcome]:
    """Run suites and build their pages; pages of other suites in the folder stay as they are.

    Args:
        suites: declarations `{"suite", "table", "expectations"}`; an expectation is `{"rule_id", "type",
            "kwargs", "title", "severity"}` and `severity` is critical, warning or info, or one of a rule.
        frames: tables by name; counts and truth values, never documents.
        docs_folder: where the pages go, or None for none; they open with no network.
        as_of: day shown as the time of the run, so that equal inputs give equal pages.
        notice: words for the top of every page, such as that the data are invented.

    Returns:
        Outcomes in the order of the declarations.

    Raises:
        SuiteError: a table that was not given, an expectation that is unknown or would show values.
    """
    with TemporaryDirectory(prefix="data_docs_") as built:
        context = _context(Path(built) if docs_folder else None)
        outcomes = [outcome for suite in suites for outcome in _run(context, suite, frames, as_of)]
        if docs_folder is not None:
            context.build_data_docs()
            keep_pages(Path(built), docs_folder, suites, notice)
    return outcomes


def _context(docs_folder: Path | None) -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import logging

    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    for name in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(name)
    if docs_folder is not None:
        site: Any = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs_folder)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        }
        context.add_data_docs_site("docs", site)
    return context


def _run(context: Any, suite: Mapping[str, Any], frames: Mapping[str, pl.DataFrame], as_of: date) -> list[Outcome]:
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    name, table = str(suite["suite"]), str(suite["table"])
    if table not in frames:
        raise SuiteError(f"suite {name}: table {table} was not given; there are: {', '.join(sorted(frames))}")
    if frames[table].is_empty():
        return [_outcome(suite, item, "error", message="the table is empty") for item in suite["expectations"]]
    expectations = [_expectation(name, item) for item in _numbered(suite)]
    source = context.data_sources.add_pandas(f"{name}-{table}")
    batch = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("all")
    declared = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=declared))
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=name, validation_definitions=[definition], result_format=RESULT_FORMAT)
    )
    result = checkpoint.run(
        batch_parameters={"dataframe": _pandas(frames[table])},
        run_id=RunIdentifier(run_name="run", run_time=datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)),
    )
    ((key, validation),) = result.run_results.items()
    _silence_exceptions(context, key, validation)
    by_rule = {r.expectation_config.meta["position"]: r for r in validation.results}
    return [_read(suite, item, by_rule.get(i)) for i, item in enumerate(_numbered(suite))]


def _numbered(suite: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{**item, "position": i} for i, item in enumerate(suite["expectations"])]


def _pandas(frame: pl.DataFrame) -> pd.DataFrame:
    return frame.to_pandas()


def _expectation(suite: str, item: Mapping[str, Any]) -> Any:
    import great_expectations.expectations as gxe

    kind = _class_name(str(item["type"]))
    if kind not in SHOWS_COUNTS_ONLY:
        raise SuiteError(
            f"suite {suite}, rule {item['rule_id']}: {kind} is not admitted, its result could hold values; "
            f"use one of {', '.join(sorted(SHOWS_COUNTS_ONLY))}"
        )
    return getattr(gxe, kind)(
        **item["kwargs"],
        description=str(item["title"]),
        severity=_severity(str(item["severity"])),
        meta={"rule_id": item["rule_id"], "position": item["position"]},
    )


def _class_name(kind: str) -> str:
    return kind if kind.startswith("Expect") else "".join(part.capitalize() for part in kind.split("_"))


def _severity(severity: str) -> str:
    return {"fatal": "critical", "convention": "warning", "characterization": "info"}.get(severity, severity)


def _silence_exceptions(context: Any, key: Any, validation: Any) -> None:
    """Store the result again without messages and traces: either may quote a value or a path."""
    quiet = {"raised_exception": True, "exception_traceback": "", "exception_message": "could not be evaluated"}
    changed = False
    for result in validation.results:
        if _raised(result.exception_info):
            result.exception_info = dict(quiet)
            changed = True
    if changed:
        context.validation_results_store.set(key, validation)


def _raised(info: Mapping[str, Any] | None) -> bool:
    if not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(v, Mapping) and v.get("raised_exception") for v in info.values())


def _read(suite: Mapping[str, Any], item: Mapping[str, Any], result: Any) -> Outcome:
    if result is None or _raised(result.exception_info):
        return _outcome(suite, item, "error", message="the expectation could not be evaluated")
    counts = result.result or {}
    if "element_count" not in counts:
        return _outcome(suite, item, "pass" if result.success else "fail")
    evaluated = int(counts["element_count"])
    if not _class_name(str(item["type"])).endswith(("BeNull",)):
        evaluated -= int(counts.get("missing_count") or 0)
    if evaluated == 0:
        return _outcome(suite, item, "not_applicable", 0, 0)
    status: Status = "pass" if result.success else "fail"
    return _outcome(suite, item, status, evaluated, int(counts.get("unexpected_count") or 0))


def _outcome(
    suite: Mapping[str, Any],
    item: Mapping[str, Any],
    status: Status,
    evaluated: int | None = None,
    unexpected: int | None = None,
    message: str = "",
) -> Outcome:
    return Outcome(
        suite=str(suite["suite"]),
        table=str(suite["table"]),
        rule_id=str(item["rule_id"]),
        title=str(item["title"]),
        severity=_severity(str(item["severity"])),
        status=status,
        evaluated=evaluated,
        unexpected=unexpected,
        message=message,
    )
