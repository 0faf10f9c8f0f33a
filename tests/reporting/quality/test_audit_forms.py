"""Forms of the human audit: what a reader sees, and what comes back."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from reporting.quality.audit_forms import FormError, read_audit_forms, write_audit_forms

SAMPLE = pl.DataFrame(
    {
        "question": ["2026-11/a/u 1/1", "2026-11/a/u 1/2"], "unit": "u 1",
        "document_id": ["1.2.246.1", "1.2.246.2"],
        "document_type": ["client_plan", "unheard_of"], "rule_id": ["plan_goals", "=evil"],
        "second_reader": [True, False], "finding": [True, False],
    }
)  # fmt: skip
RULES = pl.DataFrame(
    [
        {
            "rule_id": "plan_goals",
            **{f"title_{c}": f"title {c}; goals" for c in ("fi", "sv", "en")},
            **{f"explanation_{c}": f"meaning {c}" for c in ("fi", "sv", "en")},
        }
    ]
)


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))


def fill(path: Path, *answers: str, delimiter: str = ";", encoding: str = "utf-8-sig") -> Path:
    lines = rows(path)
    for line, answer in zip(lines[1:], answers, strict=True):
        line[5] = answer
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def test_a_form_asks_without_telling_what_the_machine_found(tmp_path):
    files = write_audit_forms(SAMPLE, RULES, "fi", tmp_path)["u 1"]
    assert [f.name for f in files] == ["audit_1_fi.csv", "audit_2_fi.csv"]
    assert files[0].parent.parent == tmp_path
    first, second = rows(files[0]), rows(files[1])
    assert (len(first), len(second)) == (3, 2)
    assert first[1][1:5] == ["1.2.246.1", "Asiakassuunnitelma", "title fi; goals", "meaning fi"]
    assert first[2][3] == "'=evil"
    assert "kunnossa / puute / epäselvä" in first[0][5]
    assert "true" not in files[0].read_text(encoding="utf-8-sig").casefold()
    assert [line[-1] for line in (first[1], second[1])] == ["1", "2"]


@pytest.mark.parametrize(("language", "word"), [("fi", "Puute"), ("sv", "brist"), ("en", " defect ")])
def test_answers_come_back_in_any_language(language, word, tmp_path):
    path = write_audit_forms(SAMPLE, RULES, language, tmp_path)["u 1"][0]
    answers = read_audit_forms([fill(path, word, "")])
    assert answers.rows() == [("2026-11/a/u 1/1", 1, "defect")]


def test_a_spreadsheets_own_way_of_saving_is_read(tmp_path):
    path = write_audit_forms(SAMPLE, RULES, "fi", tmp_path)["u 1"][0]
    fill(path, "kunnossa", "epäselvä", delimiter=",", encoding="latin-1")
    assert read_audit_forms([path])["answer"].to_list() == ["ok", "unclear"]
    assert read_audit_forms([]).is_empty()


def test_what_cannot_be_read_is_named(tmp_path):
    path = write_audit_forms(SAMPLE, RULES, "en", tmp_path)["u 1"][0]
    with pytest.raises(FormError, match=r"u~201/audit_1_en.csv: row 3: the answer must be one of"):
        read_audit_forms([fill(path, "ok", "perhaps")])
    cut = "\n".join([*fill(path, "ok", "").read_text(encoding="utf-8").splitlines()[:2], "2026-11/a/u 1/2;defect"])
    path.write_text(cut + "\n\n", encoding="utf-8")
    with pytest.raises(FormError, match=r"row 3: 2 columns where the first row has 8"):
        read_audit_forms([path])
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(FormError, match="this is no audit form"):
        read_audit_forms([path])
    path.write_bytes(b"PK\x03\x04\rab\xff")
    with pytest.raises(FormError, match=r"u~201/audit_1_en.csv: no text of columns; save it as CSV"):
        read_audit_forms([path])
