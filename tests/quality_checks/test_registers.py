"""A county's own code sets stand in place of the shipped ones; a mistake in them is told where it stands."""

from datetime import date

import pytest
from quality_documents import AREAS, AS_OF, document, frame

from quality_checks.checking import check
from quality_checks.language.binding import DatedCode
from quality_checks.registers import CodeSetError, load_registers
from quality_checks.rules import Catalogue, load_catalogue


def test_a_set_takes_the_place_of_the_shipped_one_and_others_stay(tmp_path):
    own = tmp_path / "county.yaml"
    own.write_text(
        "sets:\n  service_tasks: {1: {valid_to: 2025-12-31}, '7': {}}\n  rooms: {a: }\n", encoding="utf-8"
    )
    found, shipped = load_registers(own), load_registers()
    assert found.code_sets["service_tasks"] == (DatedCode("1", None, date(2025, 12, 31)), DatedCode("7"))
    assert found.codes("rooms") == ("a",)
    assert found.codes("statuses") == shipped.codes("statuses")
    assert (found.phase_ranks, found.usual_phases) == (shipped.phase_ranks, shipped.usual_phases)


def test_documents_are_judged_by_the_countys_own_codes(tmp_path):
    own = tmp_path / "county.yaml"
    own.write_text("sets:\n  service_tasks: {'7': {}}\n", encoding="utf-8")
    rules = Catalogue((load_catalogue().by_id["service_task_valid"],))
    rows = frame(document("case_note", service_task="7"), document("case_note", number=2))
    terms = {"as_of": AS_OF, "area_of_municipality": AREAS}
    failed = [check(rows, rules, **terms, registers=r).violations for r in (load_registers(own), load_registers())]
    assert [table["document_id"].to_list() for table in failed] == [[rows[1, 0]], [rows[0, 0]]]
    assert failed[0]["service_task"].to_list() == ["unknown"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("codes: {}", "expected a key `sets`"),
        ("sets: {a: [1, 2]}", "county.yaml: a: expected codes"),
        ("sets: {a: {b: {from: 2026-01-01}}}", "county.yaml: a: b: expected {} or valid_from"),
        ("sets: {a: {b: {valid_from: soon}}}", "expected days"),
        ("sets: {a: {b: {valid_from: 2026-02-01, valid_to: 2026-01-01}}}", "valid_from 2026-02-01 is after"),
        ("sets: {}\nranks: {}", "unknown key ranks"),
        ("sets: {process_phases: {begin: {}}}", "no code of process_phases"),
        ("sets: {}\nphase_ranks: {initiation: first}", "whole numbers"),
        ("sets: {}\nphase_ranks: {initiation: 1, closing: 3000000000}", "from 1 to 99"),
        ("sets: {}\nphase_ranks: {initiation: 10, closing: 20}", "the first phase with 1"),
        ("sets: {}\nphase_ranks: [initiation]", "phase_ranks: expected"),
        ("sets: {a", "cannot be read as YAML"),
    ],
)
def test_a_mistake_in_a_file_is_told_where_it_stands(tmp_path, text, told):
    own = tmp_path / "county.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(CodeSetError, match=told):
        load_registers(own)


def test_a_case_in_which_a_document_lacks_its_client_is_not_of_two_clients():
    rows = [document("notification"), document("case_note", client_id=None)]
    rules = Catalogue((load_catalogue().by_id["case_has_one_client"],))
    terms = {"as_of": AS_OF, "area_of_municipality": AREAS}
    assert check(frame(*rows), rules, **terms).violations.is_empty()
    rows[1]["client_id"] = "another"
    assert check(frame(*rows), rules, **terms).violations.height == 2
