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


WRITTEN, FINAL, STANDING = ["draft", "final"], ["final"], ["final", "replaced"]


def _expectations(as_of: date) -> list[tuple[str, dict[str, Any]]]:
    """Kind and arguments of each expectation; `status`, `type` and `phase` are the rows that its rule judges."""
    present = ("service_task", "process_phase", "case_id", "client_id", "unit", "author_id", "author_role")
    sets = {
        "document_type": codes.TYPES, "service_task": codes.TASKS, "process_phase": codes.PHASES,
        "author_role": codes.ROLES, "language": codes.LANGUAGES,
    }  # fmt: skip
    pair, between = "ExpectColumnPairValuesAToBeGreaterThanB", "ExpectColumnValuesToBeBetween"
    in_set, not_null = "ExpectColumnValuesToBeInSet", "ExpectColumnValuesToNotBeNull"
    oid = r"^[0-2](\.(0|[1-9][0-9]*)){3,20}$"
    return [
        ("ExpectColumnValuesToMatchRegex", {"column": "document_id", "regex": oid, "status": WRITTEN}),
        ("ExpectColumnValuesToBeUnique", {"column": "document_id", "status": WRITTEN}),
        *((not_null, {"column": name, "status": WRITTEN}) for name in present),
        *((in_set, {"column": name, "value_set": own, "status": WRITTEN}) for name, own in sets.items()),
        (in_set, {"column": "status", "value_set": codes.STATUSES}),
        (
            in_set,
            {"column": "document_type", "value_set": codes.TYPES[:2], "status": WRITTEN, "phase": ["initiation"]},
        ),
        (pair, {"column_A": "created_at", "column_B": "event_at", "or_equal": True, "status": WRITTEN}),
        (pair, {"column_A": "signed_at", "column_B": "created_at", "or_equal": True, "status": WRITTEN}),
        (not_null, {"column": "signed_at", "status": FINAL}),
        (between, {"column": "created_at", "max_value": f"{as_of}T23:59:59", "status": WRITTEN}),
        (between, {"column": "recording_lag", "max_value": 5, "status": WRITTEN, "type": ["case_note"]}),
        (not_null, {"column": "decided_on", "status": FINAL, "type": ["decision"]}),
        (not_null, {"column": "grounds", "status": FINAL, "type": ["decision"]}),
        (not_null, {"column": "goal", "status": STANDING, "type": ["client_plan"]}),
    ]


def _expectation(number: int, as_of: date) -> Any:
    """The expectation of a rule; past the first 24 the same for the documents of one language."""
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    known = _expectations(as_of)
    kind, given = known[number % len(known)]
    arguments = dict(given)
    again = number // len(known)
    scopes = {name: arguments.pop(name) for name in ("status", "type", "phase") if name in arguments}
    scopes |= {"language": codes.LANGUAGES[again - 1 :][:1]} if again else {}
    columns = {"type": "document_type", "phase": "process_phase"}
    condition = None
    for name, values in scopes.items():
        one = Column(columns.get(name, name)).is_in(values)
        condition = one if condition is None else condition & one
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
