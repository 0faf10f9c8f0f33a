"""Suites in the pipeline: kept while nothing changes, judged anew when it does, told by severity."""

from datetime import date
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest

from assets import suites
from assets.quality import _declared, _suite_result
from lake.tables import Lake

SUITE = {
    "suite": "completeness-case_note",
    "table": "shares",
    "expectations": [
        {
            "rule_id": "note_author",
            "type": "ExpectColumnValuesToBeBetween",
            "kwargs": {"column": "note_author", "min_value": 0.9, "max_value": 1.0},
            "title": "Laatija / Författare",
            "severity": "fatal",
        }
    ],
}


@pytest.fixture
def run(tmp_path):
    settings = SimpleNamespace(data_docs=lambda slug: tmp_path / "docs")
    return SimpleNamespace(
        lake=Lake(tmp_path / "lake"),
        county=SimpleNamespace(code="09"),
        slug="paijat-hame",
        as_of=date(2026, 10, 31),
        synthetic=False,
        settings=settings,
    )


def test_a_suite_is_judged_again_only_when_its_table_has_changed(run):
    asked = []

    def frames(value):
        asked.append(value)
        return {"shares": pl.DataFrame({"area": ["a"], "note_author": [value]})}

    def judge(value):
        return suites.judged(run, "completeness", [SUITE], ["cells"], lambda: frames(value))

    run.lake.write("cells", "09", pl.DataFrame({"x": [1]}), "first")
    first = judge(0.5)
    assert (first[0].status, first[0].severity) == ("fail", "critical")
    assert judge(0.5) == first
    run.lake.write("cells", "09", pl.DataFrame({"x": [2]}), "second")
    assert judge(0.95)[0].status == "pass"
    assert asked == [0.5, 0.95]
    index = (run.settings.data_docs(run.slug) / "index.html").read_text(encoding="utf-8")
    assert "validations/completeness-case_note" in index
    own = suites.docs_page(run, "completeness-case_note")
    assert own.is_file()
    assert own.relative_to(run.settings.data_docs(run.slug)).as_posix() in index
    assert suites.docs_page(run, "of-no-suite").name == "index.html"


def row(status, severity="warning"):
    counts = {"evaluated": 3, "unexpected": 1, "eligible": 40, "failed": 4}
    return {"rule_id": "r", "status": status, "severity": severity, **counts}


@pytest.mark.parametrize(
    ("found", "passed", "severity"),
    [
        ([row("pass"), row("not_applicable")], True, "WARN"),
        ([row("fail")], False, "WARN"),
        ([row("fail", "critical")], False, "ERROR"),
        ([row("error")], False, "ERROR"),
    ],
)
def test_a_fatal_rule_or_one_that_could_not_be_asked_is_an_error(run, found, passed, severity):
    result = _suite_result(run, "completeness-case_note", found)
    assert (result.passed, result.severity.value) == (passed, severity)
    assert result.check_name == "completeness_case_note"
    if not passed:
        table = result.metadata["below_limit"]
        assert isinstance(table, dg.TableMetadataValue)
        assert table.records[0].data["documents failed"] == "4"


def test_parts_of_a_large_suite_are_reported_together():
    names = ["completeness-documents", "completeness-case_note"]
    assert _declared("completeness-documents-2", names, "added") == "completeness-documents"
    assert _declared("completeness-case_note", names, "added") == "completeness-case_note"
    assert _declared("completeness-letter", names, "added") == "added"
