"""`check` on one raw extract: each row counted once, ids kept, other identifiers not, and clear errors."""

import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.checking import check_extract
from assets.explaining import explain_document
from quality_checks.rules import load_catalogue
from quality_checks.summary_table import EXCLUDED, NOTHING_JUDGED, SEVERITIES, summary_table
from quality_checks.usable import REASONS
from sources.contracts import CONTRACTS
from sources.quarantine import REASONS as QUARANTINE_REASONS
from tests.sources.raw_days import row

MARKER = "Hannamarkkeri"


def document(number: int, **changes: object) -> dict[str, object]:
    day = datetime(2026, 3, 2)
    own = {
        "document_id": f"1.2.246.10.{number}",
        "client_id": f"{MARKER}-{number}",
        "case_id": "case-1",
        **{
            name: day.replace(hour=hour) for name, hour in (("event_at", 9), ("created_at", 10), ("signed_at", 11))
        },
        "content": "{}",
        "text": f"Asiakas {MARKER} kertoi.",
    }
    return row(number, **{**own, **changes})


def extract(*documents: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(documents), schema=CONTRACTS["documents"].raw_schema())


ROWS = extract(
    document(1),
    document(2, created_at=datetime(2026, 3, 9, 10), signed_at=datetime(2026, 3, 12, 8)),
    document(3, municipality="999"),  # quarantined: no such municipality
    document(4),
    document(4, status="draft"),  # excluded: the same id on another document
    document(5),
    document(5),  # quarantined: the same row twice
    document(6, created_at=None),  # quarantined: nothing says when it was made
)


@pytest.fixture
def checked(tmp_path) -> Path:
    ROWS.write_parquet(tmp_path / "documents.parquet")
    check_extract(tmp_path / "documents.parquet", tmp_path / "out")
    return tmp_path / "out"


def summary(out: Path) -> dict:
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))


def test_every_row_is_checked_or_excluded_or_quarantined_once(checked):
    found = summary(checked)
    assert found["rows"] == ROWS.height == 8
    assert found["quarantined"] == {"duplicate": 1, "missing": 1, "unknown_municipality": 1}
    assert found["excluded"] == {"same_id_other_content": 1}
    assert found["checked"] == 4
    assert pl.read_parquet(checked / "quarantine.parquet").height == 3


def test_a_check_does_not_load_dagster(tmp_path):
    ROWS.write_parquet(tmp_path / "documents.parquet")
    code = (
        "import sys; from pathlib import Path; from assets.checking import check_extract; "
        "check_extract(Path('documents.parquet'), Path('out'), county='paijat-hame'); "
        "print('dagster' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_without_a_day_the_latest_creation_day_holds_and_the_summary_says_so(checked):
    found = summary(checked)
    assert (found["as_of"], found["as_of_from"]) == ("2026-03-09", "latest creation day in the file")


def test_a_wrong_year_does_not_turn_the_clocks_of_all_documents_and_is_a_finding(tmp_path):
    made = datetime(2026, 3, 9, 10)
    rows = [document(n, created_at=made, signed_at=made + timedelta(hours=1)) for n in range(150)]
    wrong = document(150, created_at=datetime(2062, 3, 9, 10), signed_at=datetime(2062, 3, 9, 11))
    extract(*rows, wrong).write_parquet(tmp_path / "d.parquet")
    check_extract(tmp_path / "d.parquet", tmp_path / "out")
    found = summary(tmp_path / "out")
    assert (found["as_of"], found["checked"]) == ("2026-03-09", 151)
    violations = pl.read_parquet(tmp_path / "out" / "violations.parquet").filter(rule_id="no_future_times")
    assert violations["document_id"].to_list() == [wrong["document_id"]]


def test_of_many_documents_after_a_gap_the_latest_tells_the_day(tmp_path):
    days = [datetime(2024, 3, 9, 10)] * 150 + [datetime(2026, 3, 9, 10)] * 2
    extract(*(document(n, created_at=d) for n, d in enumerate(days))).write_parquet(tmp_path / "d.parquet")
    check_extract(tmp_path / "d.parquet", tmp_path / "out")
    assert summary(tmp_path / "out")["as_of"] == "2026-03-09"


def test_times_of_another_form_are_told_as_such(tmp_path):
    rows = ROWS.with_columns(pl.col("created_at").dt.strftime("%d.%m.%Y %H:%M"))
    rows.write_csv(tmp_path / "d.csv", separator=";")
    with pytest.raises(ValueError, match=r"7 rows have times of another form: set date_format in the county file"):
        check_extract(tmp_path / "d.csv", tmp_path / "out")


def test_a_given_day_holds(tmp_path):
    ROWS.write_parquet(tmp_path / "d.parquet")
    outcome = check_extract(tmp_path / "d.parquet", tmp_path / "out", as_of="2026-10-31")
    assert "as of 2026-10-31 (given)" in outcome.text
    assert summary(tmp_path / "out")["as_of"] == "2026-10-31"


def test_document_ids_stay_and_nothing_else_of_a_person_does(checked):
    violations = pl.read_parquet(checked / "violations.parquet")
    assert violations.height > 0
    assert violations["document_id"].is_in(ROWS["document_id"].implode()).all()
    for file in (path for path in checked.rglob("*") if path.is_file()):
        frame = (
            pl.read_parquet(file).write_csv() if file.suffix == ".parquet" else file.read_text(encoding="utf-8")
        )
        assert MARKER not in frame, file.name
        assert "author-1" not in frame, file.name


def test_csv_gives_the_same_as_parquet(tmp_path, checked):
    ROWS.write_csv(tmp_path / "documents.csv", separator=";")
    check_extract(tmp_path / "documents.csv", tmp_path / "csv")
    for name in ("violations", "scores"):
        left, right = (pl.read_parquet(out / f"{name}.parquet") for out in (checked, tmp_path / "csv"))
        assert left.equals(right), name


def test_a_county_brings_its_areas_and_refuses_other_counties_municipalities(tmp_path):
    extract(document(1), document(2, municipality="091")).write_parquet(tmp_path / "d.parquet")
    check_extract(tmp_path / "d.parquet", tmp_path / "out", county="paijat-hame", as_of="")
    assert summary(tmp_path / "out")["quarantined"] == {"other_county": 1}
    scores = pl.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(scores.filter(pl.col("level") == "county")["area"]) == {"09"}
    assert set(scores.filter(pl.col("level") == "area")["area"]) == {"09-398"}


def test_an_extract_without_faults_leaves_no_quarantine_of_an_earlier_one(tmp_path, checked):
    extract(document(1)).write_parquet(tmp_path / "d.parquet")
    check_extract(tmp_path / "d.parquet", checked)
    assert not (checked / "quarantine.parquet").exists()


def test_a_file_without_a_usable_row_is_an_error_that_names_the_reasons(tmp_path):
    extract(document(1, municipality="999")).write_parquet(tmp_path / "d.parquet")
    with pytest.raises(ValueError, match=r"none of the 1 rows can be judged \(unknown_municipality: 1\)"):
        check_extract(tmp_path / "d.parquet", tmp_path / "out")
    assert (tmp_path / "out" / "quarantine.parquet").exists()


def test_rules_of_a_file_stand_on_top_and_a_missing_file_is_an_error(tmp_path):
    extract(document(1, language="xx")).write_parquet(tmp_path / "d.parquet")
    own = tmp_path / "own.yaml"
    own.write_text("rules:\n  - {id: language_valid, severity: fatal}\n", encoding="utf-8")
    found = check_extract(tmp_path / "d.parquet", tmp_path / "out", rules=own)
    assert found.summary["rules"]["language_valid"]["severity"] == "fatal"
    with pytest.raises(FileNotFoundError, match="no such file"):
        check_extract(tmp_path / "d.parquet", tmp_path / "out", rules=tmp_path / "none.yaml")


def test_code_sets_of_a_file_stand_in_place_of_the_shipped_ones(tmp_path):
    extract(document(1, language="xx")).write_parquet(tmp_path / "d.parquet")
    own = tmp_path / "own.yaml"
    own.write_text("sets: {languages: {xx: {}}}\n", encoding="utf-8")
    for codes, failed in ((None, 1), (own, 0)):
        found = check_extract(tmp_path / "d.parquet", tmp_path / "out", codes=codes)
        assert found.summary["rules"]["language_valid"]["failed"] == failed
    with pytest.raises(FileNotFoundError, match="no such file"):
        check_extract(tmp_path / "d.parquet", tmp_path / "out", codes=tmp_path / "none.yaml")


def test_a_check_fails_on_the_severity_asked_for_and_graver_ones_but_not_on_shadow_rules(tmp_path):
    extract(document(1)).write_parquet(tmp_path / "d.parquet")
    found = check_extract(tmp_path / "d.parquet", tmp_path / "out")
    assert found.reaches("fatal")
    for rule in found.summary["rules"].values():
        rule["mode"] = "active" if rule["severity"] == "convention" else "shadow"
    assert not found.reaches("fatal")
    assert found.reaches("convention")


def test_the_table_names_the_worst_rules_first_and_what_was_not_asked(checked):
    table = (checked / "summary.txt").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith(("fatal", "convention"))]
    assert rows == sorted(rows, key=lambda line: line.startswith("convention"))
    assert "95 % interval" in table


def test_a_column_that_no_file_has_is_no_defect_of_its_documents(tmp_path, capsys):
    ROWS.drop("author_id", "text").write_parquet(tmp_path / "documents.parquet")
    summary = check_extract(tmp_path / "documents.parquet", tmp_path / "out").summary
    asked = {rule: told["reason"] for rule, told in summary["rules"].items() if told["reason"]}
    assert asked["author_present"] == "column author_id is missing"
    assert "no_identity_code_in_text" in asked
    assert {summary["rules"][rule]["eligible"] for rule in asked} == {0}
    assert "no column 'author_id' was delivered: no rule that reads it is asked" in capsys.readouterr().err
    emptied = ROWS.with_columns(author_id=pl.lit(None, dtype=pl.String))
    emptied.write_parquet(tmp_path / "documents.parquet")
    summary = check_extract(tmp_path / "documents.parquet", tmp_path / "out").summary
    assert summary["rules"]["author_present"]["failed"] > 0  # delivered empty, which is a finding


@pytest.mark.parametrize("column", ["content", "document_type"])
def test_contents_or_types_that_no_file_has_are_no_defects(tmp_path, monkeypatch, column):
    monkeypatch.setenv("PALVELUTARVE_PSEUDONYM_KEY", "a key for the tests only, 32 byte")
    narrow = ROWS.drop(column)
    narrow.write_parquet(tmp_path / "first.parquet")
    narrow.with_columns(language=pl.lit(None, dtype=pl.String)).write_parquet(tmp_path / "second.parquet")
    for name, since in (("first", None), ("second", tmp_path / "first")):
        given = {"as_of": "2026-06-01", "memory": True, "since": since}
        summary = check_extract(tmp_path / f"{name}.parquet", tmp_path / name, **given).summary
        missing = {
            rule for rule, told in summary["rules"].items() if f"column {column} is missing" in told["reason"]
        }
        assert {"assessment_conclusion", "content_readable"} <= missing
        assert {summary["rules"][rule]["eligible"] for rule in missing} == {0}
    failed = {rule for rule, told in summary["rules"].items() if told["failed"]}
    assert "language_present" in failed
    assert not {"document_type_known", "coded_fields_are_coded", "case_has_notification"} & failed


def test_a_check_of_changes_asks_nothing_about_a_column_that_no_file_has_either(tmp_path, monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_PSEUDONYM_KEY", "a key for the tests only, 32 byte")
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    narrow = ROWS.drop("author_id", "text")
    narrow.write_parquet(first)
    narrow.with_columns(language=pl.lit(None, dtype=pl.String)).write_parquet(second)
    check_extract(first, tmp_path / "first", as_of="2026-06-01", memory=True)
    check_extract(second, tmp_path / "since", as_of="2026-06-01", since=tmp_path / "first")
    check_extract(second, tmp_path / "whole", as_of="2026-06-01")
    found, whole = (
        pl.read_parquet(tmp_path / name / "violations.parquet").drop("first_seen") for name in ("since", "whole")
    )
    assert found.equals(whole)
    assert "language_present" in found["rule_id"].to_list()
    assert not {"author_present", "text_not_too_short"} & set(found["rule_id"])


def test_the_table_says_when_nothing_was_judged(tmp_path, checked):
    assert NOTHING_JUDGED not in (checked / "summary.txt").read_text(encoding="utf-8")
    ROWS.drop("status").write_parquet(tmp_path / "bare.parquet")
    table = check_extract(tmp_path / "bare.parquet", tmp_path / "out").text
    assert NOTHING_JUDGED in table
    assert "%" not in table
    (line,) = [line for line in table.splitlines() if line.startswith("not asked (column status is missing): ")]
    assert "assessment_conclusion, " in line


def test_a_defect_among_very_many_documents_is_not_rounded_to_nothing():
    rule = {"severity": "fatal", "mode": "active", "eligible": 211_073, "document_types": [], "reason": None}
    rules = {
        name: {**rule, "failed": n, "title": {"en": name}} for name, n in (("few", 8), ("more", 24), ("none", 0))
    }
    lines = summary_table({"indices": {}, "rules": rules, "excluded": {}}).splitlines()
    shares = {line.split()[-3]: line.split("211,073")[1].split("%")[0].strip() for line in lines[1:]}
    assert shares == {"few": "<0.01", "more": "0.01"}


def test_an_index_that_is_not_shown_has_no_interval(tmp_path):
    ROWS.write_parquet(tmp_path / "documents.parquet")
    few = ("author_present", "unit_present")  # too few to make an index
    others = [{"id": rule.id, "remove": True} for rule in load_catalogue().rules if rule.id not in few]
    (tmp_path / "few.yaml").write_text(json.dumps({"rules": others}), encoding="utf-8")
    outcome = check_extract(tmp_path / "documents.parquet", tmp_path / "out", rules=tmp_path / "few.yaml")
    lines = [line.split() for line in outcome.text.splitlines() if line.startswith(("completeness", "overall"))]
    assert [line[2:] for line in lines] == [["-", "-"], ["-", "-"]]


def test_the_table_tells_a_rule_on_trial_apart(tmp_path):
    ROWS.write_parquet(tmp_path / "documents.parquet")
    (tmp_path / "own.yaml").write_text("rules: [{id: assessment_needs, mode: shadow}]", encoding="utf-8")
    found = check_extract(tmp_path / "documents.parquet", tmp_path / "out", rules=tmp_path / "own.yaml")
    (line,) = (line for line in found.text.splitlines() if "assessment_needs" in line)
    assert line.split()[0] == "shadow"
    assert line == [row for row in found.text.splitlines() if row.startswith((*SEVERITIES,))][-1]


def test_the_table_tells_each_rule_s_id_and_document_types_and_why_documents_are_excluded(checked):
    summary = json.loads((checked / "summary.json").read_text(encoding="utf-8"))
    lines = (checked / "summary.txt").read_text(encoding="utf-8").splitlines()
    found = {rule_id: rule for rule_id, rule in summary["rules"].items() if rule["failed"]}
    assert any(rule["document_types"] for rule in found.values())
    for rule_id, rule in found.items():
        (line,) = (line for line in lines if rule_id in line.split())
        assert (", ".join(rule["document_types"]) or "all") in line
    assert any(line.split(maxsplit=1) == ["1", EXCLUDED["same_id_other_content"]] for line in lines)
    assert set(EXCLUDED) == set(REASONS)
    assert summary["quarantined"]
    for reason, number in summary["quarantined"].items():
        assert any(line.split(maxsplit=1) == [str(number), QUARANTINE_REASONS[reason]] for line in lines)


def test_a_check_of_changes_needs_a_key_and_gives_what_a_whole_one_gives(tmp_path, monkeypatch):
    ROWS.write_parquet(tmp_path / "first.parquet")
    with pytest.raises(ValueError, match="needs pseudonyms that last"):
        check_extract(tmp_path / "first.parquet", tmp_path / "out", memory=True)
    monkeypatch.setenv("PALVELUTARVE_PSEUDONYM_KEY", "00" * 32)
    check_extract(tmp_path / "first.parquet", tmp_path / "first", memory=True, as_of="2026-03-31")
    pl.concat([ROWS, extract(document(9, language=None))]).write_parquet(tmp_path / "second.parquet")
    whole = check_extract(tmp_path / "second.parquet", tmp_path / "whole", as_of="2026-04-30").summary
    found = check_extract(
        tmp_path / "second.parquet", tmp_path / "second", since=tmp_path / "first", as_of="2026-04-30"
    ).summary
    assert found.pop("changed") == 1
    assert found.pop("judged_again") == 6  # its case, a copy of an id included
    assert found == whole
    history = pl.read_parquet(tmp_path / "second" / "score_history.parquet")
    assert history["as_of"].unique().sort().cast(pl.String).to_list() == ["2026-03-31", "2026-04-30"]


def test_earlier_days_are_scored_by_new_rules_on_request(tmp_path):
    ROWS.write_parquet(tmp_path / "documents.parquet")
    (tmp_path / "own.yaml").write_text("rules: [{id: service_task_present, remove: true}]", encoding="utf-8")
    check_extract(tmp_path / "documents.parquet", tmp_path / "out", as_of="2026-03-31")
    found = check_extract(
        tmp_path / "documents.parquet", tmp_path / "out", as_of="2026-04-30", rules=tmp_path / "own.yaml",
        rescore=True,
    )  # fmt: skip
    assert "earlier days scored anew: 1" in found.text
    history = pl.read_parquet(tmp_path / "out" / "score_history.parquet").filter(level="county")
    rules = history.filter(pl.col("scored_on") == date(2026, 4, 30))["catalogue"].unique()
    alike = history.filter(pl.col("catalogue").is_in(rules.implode()))
    assert alike["as_of"].unique().sort().cast(pl.String).to_list() == ["2026-03-31", "2026-04-30"]


def test_why_a_rule_judged_a_document_or_not_is_told_from_the_files_of_a_check(checked, tmp_path):
    lines = explain_document(checked, "1.2.246.10.2").splitlines()
    told = {line[16:].split()[0]: (line[:14].strip(), line[16:].split(maxsplit=1)[1].strip()) for line in lines}
    assert told["assessment_needs"] == ("defect", "The needs are listed")
    assert told["language_present"] == ("ok", "The language is given")
    assert told["note_text"] == ("not applicable", "it is about other document types")
    assert told["draft_not_old"] == ("not applicable", "it is about other statuses")
    assert lines[0].startswith("defect")
    with pytest.raises(ValueError, match=r"no document 1.2.3 was judged"):
        explain_document(checked, "1.2.3")
    (tmp_path / "own.yaml").write_text("rules: [{id: language_present, remove: true}]", encoding="utf-8")
    with pytest.raises(ValueError, match="made with other rules"):
        explain_document(checked, "1.2.246.10.2", rules=tmp_path / "own.yaml")
    with pytest.raises(FileNotFoundError, match="no verdicts"):
        explain_document(tmp_path / "nowhere", "1.2.246.10.2")


def test_a_finding_of_a_rule_on_trial_is_told_to_be_one(tmp_path):
    ROWS.write_parquet(tmp_path / "documents.parquet")
    own = tmp_path / "own.yaml"
    own.write_text("rules: [{id: assessment_needs, mode: shadow}]", encoding="utf-8")
    check_extract(tmp_path / "documents.parquet", tmp_path / "out", rules=own)
    lines = explain_document(tmp_path / "out", "1.2.246.10.2", rules=own).splitlines()
    on_trial = [line.split()[1] for line in lines if "(on trial: counts for nothing yet)" in line]
    assert on_trial == ["assessment_needs"]
