"""The peer: Great Expectations on the pandas engine over raw rows, asked the same 24 rules as the bare pass.

It is given what it needs as columns: fields of contents, facts across documents and working days are made by the
Polars expressions of the bare pass, faster than pandas would. A rule that takes several expectations (a code set
for each phase, three times of a document) gets them. It tells how many documents fail each rule, and which.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import bare_pass as codes

WRITTEN, FINAL, STANDING = ["draft", "final"], ["final"], ["final", "replaced"]
ID = "document_id"


def raw_rows(file: Path, working_days: Any, first_working_day: date) -> Any:
    """Rows for pandas: the columns of the documents, and what the rules read of contents, cases and the calendar.

    Args:
        file: documents in the lake's shape.
        working_days: number of working days from the first day of the calendar to each day.
        first_working_day: the first day of the calendar.
    """
    index = pl.lit(pl.Series("index", working_days))
    days = {name: pl.col(f"{name}_at").dt.date() for name in ("event", "created")}
    place = {name: index.gather((day - pl.lit(first_working_day)).dt.total_days()) for name, day in days.items()}
    in_order = days["event"] <= days["created"]
    said = {name: pl.when(~pl.col(name).is_in(codes.NOTHING)).then(name) for name in ("grounds", "goal")}
    rows = codes._with_facts(pl.scan_parquet(file).with_columns(codes._fields())).with_columns(
        recorded_in=pl.when(in_order).then(place["created"] - place["event"]), **said
    )
    return rows.drop("content").collect(engine="streaming").to_pandas()


def _expectations(as_of: date) -> list[tuple[str, str, dict[str, Any]]]:
    """Rule, kind and arguments of each expectation; lists under names of `SCOPES` tell the rows judged."""
    between, in_set = "ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeInSet"
    pair, not_null = "ExpectColumnPairValuesAToBeGreaterThanB", "ExpectColumnValuesToNotBeNull"
    written, final, decision = {"status": WRITTEN}, {"status": FINAL}, {"status": FINAL, "type": ["decision"]}
    present = {
        "service_task": "service_task", "process_phase": "process_phase", "case": "case_id", "unit": "unit",
        "client": "client_id", "author": "author_id", "author_role": "author_role",
    }  # fmt: skip
    valid = {
        "service_task": codes.TASKS, "process_phase": codes.PHASES, "author_role": codes.ROLES,
        "language": codes.LANGUAGES,
    }  # fmt: skip
    of_phase = {
        "initiation": {"notification", "assessment"},
        "assessment": {"notification", "assessment", "client_plan", "case_note"},
        "planning": {"assessment", "client_plan", "decision", "case_note"},
        "closing": {"client_plan", "decision", "case_note", "closing_summary"},
    }
    oid = r"^[0-2](\.(0|[1-9][0-9]*)){3,20}$"
    return [
        ("document_id_form", "ExpectColumnValuesToMatchRegex", {"column": ID, "regex": oid, **written}),
        ("document_id_unique", "ExpectColumnValuesToBeUnique", {"column": ID, **written}),
        ("document_type_known", in_set, {"column": "document_type", "value_set": codes.TYPES, **written}),
        ("status_known", in_set, {"column": "status", "value_set": codes.STATUSES}),
        *((f"{rule}_present", not_null, {"column": name, **written}) for rule, name in present.items()),
        *((f"{name}_valid", in_set, {"column": name, "value_set": own, **written}) for name, own in valid.items()),
        *(
            (
                "phase_fits_type",
                in_set,
                {"column": "document_type", "value_set": sorted(own), "phase": [phase], "type": codes.TYPES}
                | written,
            )
            for phase, own in of_phase.items()
        ),
        ("event_before_creation", pair, {"column_A": "created_at", "column_B": "event_at", **written}),
        ("creation_before_signature", pair, {"column_A": "signed_at", "column_B": "created_at", **written}),
        ("final_is_signed", not_null, {"column": "signed_at", **final}),
        *(
            ("no_future_times", between, {"column": name, "max_value": f"{as_of}T23:59:59", **written})
            for name in ("event_at", "created_at", "signed_at")
        ),
        (
            "note_recorded_without_delay",
            between,
            {"column": "recorded_in", "max_value": 3, "type": ["case_note"], **written},
        ),
        ("decision_after_assessment", not_null, {"column": "assessed", "decided": True, **decision}),
        (
            "decision_after_assessment",
            pair,
            {"column_A": "decided_on", "column_B": "assessed", "decided": True, **decision},
        ),
        ("decision_grounds", not_null, {"column": "grounds", **decision}),
        ("plan_goals", not_null, {"column": "goal", "status": STANDING, "type": ["client_plan"]}),
    ]


SCOPES = {"status": "status", "type": "document_type", "phase": "process_phase"}


def _suite(rules: int, as_of: date) -> list[Any]:
    """The expectations of so many rules; past the first 24 the same again, valid from other days long ago.

    What the library has counted once it does not count again; another day makes it another expectation.
    """
    known = _expectations(as_of)
    names = list(dict.fromkeys(rule for rule, *_ in known))
    turns = [(names[n % len(names)], n // len(names)) for n in range(rules)]
    return [
        _expectation(rule, kind, given, turn)
        for asked, turn in turns
        for rule, kind, given in known
        if rule == asked
    ]


def _expectation(rule: str, kind: str, given: Mapping[str, Any], turn: int) -> Any:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    arguments = {name: value for name, value in given.items() if name not in {*SCOPES, "decided"}}
    conditions = [Column(column).is_in(given[name]) for name, column in SCOPES.items() if name in given]
    conditions += [Column("first") == True, Column("decided_on").is_not_null()] if "decided" in given else []  # noqa: E712
    conditions += [Column("created_at") > f"1900-01-{turn:02}"] if turn else []
    if kind == "ExpectColumnPairValuesAToBeGreaterThanB":
        arguments |= {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
    if conditions:
        whole = conditions[0]
        for condition in conditions[1:]:
            whole = whole & condition
        arguments["row_condition"] = whole
    return getattr(gxe, kind)(**arguments, meta={"rule": rule, "turn": turn})


def run_suite(frame: Any, rules: int, as_of: date) -> dict[str, Any]:
    """Validate so many rules; documents that fail each of the first 24.

    Raises:
        SystemExit: an expectation could not be evaluated.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    batch = context.data_sources.add_pandas("rows").add_dataframe_asset("documents")
    asked = _suite(rules, as_of)
    suite = context.suites.add(gx.ExpectationSuite(name="rows", expectations=asked))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="rows", data=batch.add_batch_definition_whole_dataframe("all"), suite=suite)
    )
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": [ID], "partial_unexpected_count": 0}
    results = definition.run(batch_parameters={"dataframe": frame}, result_format=form).results
    raised = [str(r.exception_info)[:300] for r in results if r.exception_info.get("raised_exception", False)]
    if raised or len(results) != len(asked):
        raise SystemExit(f"Great Expectations: {len(results)} of {len(asked)} evaluated, raised: {raised[:1]}")
    found: dict[str, set[str]] = {}
    for one in (r for r in results if r.expectation_config.meta["turn"] == 0):
        failed = one.result.get("unexpected_index_list") or ()
        found.setdefault(one.expectation_config.meta["rule"], set()).update(row[ID] for row in failed)
    return {rule: len(ids) for rule, ids in found.items()}
