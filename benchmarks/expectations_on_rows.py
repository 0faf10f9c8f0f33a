"""The peer: Great Expectations on the pandas engine, over raw rows, one expectation for each of the 24 rules."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import bare_pass as codes


def raw_rows(file: Path) -> Any:
    """Rows for pandas: the columns of the documents, and what the rules read of contents in columns of its own."""
    import great_expectations  # noqa: F401  # its import is not part of the comparison

    lag = (pl.col("created_at") - pl.col("event_at")).dt.total_days().alias("recording_lag")
    rows = pl.scan_parquet(file).with_columns(codes._fields()).with_columns(lag)
    return rows.drop("content", "readable", "started_on").collect(engine="streaming").to_pandas()


def _expectations(as_of: date) -> list[tuple[str, dict[str, Any]]]:
    """Kind and arguments of each expectation; `type` and `status` are the rows it is about."""
    present = ("service_task", "process_phase", "case_id", "client_id", "unit", "author_id", "author_role")
    sets = {
        "document_type": codes.TYPES, "status": codes.STATUSES, "service_task": codes.TASKS,
        "process_phase": codes.PHASES, "author_role": codes.ROLES, "language": codes.LANGUAGES,
    }  # fmt: skip
    pair = "ExpectColumnPairValuesAToBeGreaterThanB"
    return [
        (
            "ExpectColumnValuesToMatchRegex",
            {"column": "document_id", "regex": r"^[0-2](\.(0|[1-9][0-9]*)){3,20}$"},
        ),
        ("ExpectColumnValuesToBeUnique", {"column": "document_id"}),
        *(("ExpectColumnValuesToNotBeNull", {"column": name}) for name in present),
        *(("ExpectColumnValuesToBeInSet", {"column": name, "value_set": own}) for name, own in sets.items()),
        (
            "ExpectColumnValuesToBeInSet",
            {"column": "document_type", "value_set": codes.TYPES[:1], "phase": "initiation"},
        ),
        (pair, {"column_A": "created_at", "column_B": "event_at", "or_equal": True}),
        (pair, {"column_A": "signed_at", "column_B": "created_at", "or_equal": True}),
        ("ExpectColumnValuesToNotBeNull", {"column": "signed_at", "status": "final"}),
        ("ExpectColumnValuesToBeBetween", {"column": "created_at", "max_value": f"{as_of}T23:59:59"}),
        ("ExpectColumnValuesToBeBetween", {"column": "recording_lag", "max_value": 5, "type": "case_note"}),
        ("ExpectColumnValuesToNotBeNull", {"column": "decided_on", "type": "decision"}),
        ("ExpectColumnValuesToNotBeNull", {"column": "grounds", "type": "decision"}),
        ("ExpectColumnValuesToNotBeNull", {"column": "goal", "type": "client_plan"}),
    ]


def _expectation(number: int, as_of: date) -> Any:
    """The expectation of a rule; past the first 24 the same for the documents of one type."""
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    known = _expectations(as_of)
    kind, given = known[number % len(known)]
    arguments = dict(given)
    condition = None
    for name, column in (("type", "document_type"), ("status", "status"), ("phase", "process_phase")):
        if name in arguments:
            condition = Column(column) == arguments.pop(name)
    again = number // len(known)
    if again and condition is None:
        condition = Column("document_type") == codes.TYPES[again % len(codes.TYPES)]
    elif again:
        condition = condition & (Column("language") == codes.LANGUAGES[again % len(codes.LANGUAGES)])
    return getattr(gxe, kind)(**arguments, **({"row_condition": condition} if condition is not None else {}))


def run_suite(frame: Any, rules: int, as_of: date) -> dict[str, Any]:
    """Validate so many expectations.

    Raises:
        SystemExit: one of them could not be evaluated.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    batch = context.data_sources.add_pandas("rows").add_dataframe_asset("documents")
    expectations = [_expectation(number, as_of) for number in range(rules)]
    suite = context.suites.add(gx.ExpectationSuite(name="rows", expectations=expectations))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="rows", data=batch.add_batch_definition_whole_dataframe("all"), suite=suite)
    )
    result = definition.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    raised = [
        str(r.exception_info)[:300] for r in result.results if r.exception_info.get("raised_exception", False)
    ]
    if raised or len(result.results) != rules:
        raise SystemExit(f"Great Expectations: {len(result.results)} of {rules} evaluated, raised: {raised[:1]}")
    return {"evaluated": len(result.results)}
