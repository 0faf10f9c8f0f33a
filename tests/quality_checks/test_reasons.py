"""Where there is no verdict, the reason can be told, per document and in sum."""

import json

import polars as pl
from quality_documents import AREAS, AS_OF, document, frame, sound_case

from quality_checks.checking import check
from quality_checks.documents_check import check_documents
from quality_checks.reasons import NOT_APPLICABLE, verdicts_with_reasons
from quality_checks.verdict_files import read_verdicts

ROWS = [
    *sound_case(),
    document("case_note", number=2, content="{broken"),
    document("case_note", number=3, status="draft", signed_at=None),
    document("case_note", number=4, content={"note": "-"}),
]


def told(catalogue, documents: pl.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    result = check(documents, catalogue, as_of=AS_OF, area_of_municipality=AREAS)
    table = verdicts_with_reasons(result.doc_checks, catalogue, result.not_evaluable)
    assert table.height == result.doc_checks.height * len(catalogue.rules)
    return {(row[0][-2:], row[1]): row[2:] for row in table.iter_rows()}


def test_every_verdict_has_its_word_and_every_silence_its_reason(catalogue):
    found = told(catalogue, frame(*ROWS))
    assert found["51", "note_text"] == ("ok", "")
    assert found["54", "note_text"] == ("defect", "")
    assert found["52", "note_text"] == ("not_evaluable", "content_unreadable")
    assert found["53", "note_text"] == ("not_applicable", "other_status")
    assert found["41", "note_text"] == ("not_applicable", "other_type")
    assert found["51", "replaced_document_exists"] == ("not_applicable", "condition_not_met")
    lacking = told(catalogue, frame(*ROWS).drop("language"))
    assert lacking["51", "language_present"] == ("not_evaluable", "column_or_code_set_missing")


def test_a_rule_of_another_time_says_so(catalogue):
    old = catalogue.with_overrides([{"id": "language_present", "valid_to": "2020-12-31"}], "own")
    assert told(old, frame(*ROWS))["51", "language_present"] == ("not_applicable", "other_dates")


def test_the_summary_counts_the_reasons_and_they_add_up(tmp_path, catalogue):
    check_documents(frame(*ROWS), tmp_path, as_of=AS_OF, area_of_municipality=AREAS, catalogue=catalogue)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    words = verdicts_with_reasons(read_verdicts(tmp_path).collect(), catalogue, {})
    counted = dict(
        words.group_by("rule_id").agg(pl.col("reason").filter(pl.col("reason").is_in(NOT_APPLICABLE))).iter_rows()
    )
    for rule_id, rule in summary["rules"].items():
        by_reason = rule["not_applicable_because"]
        assert by_reason == {
            name: counted[rule_id].count(name) for name in NOT_APPLICABLE if name in counted[rule_id]
        }
        assert sum(by_reason.values()) + rule["eligible"] + rule["not_evaluable"] == len(ROWS)
