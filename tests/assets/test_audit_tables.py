"""Forms that come back from people: one that cannot be used is set aside, and the others count."""

import json
from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from assets.audit_tables import SET_ASIDE, audit_tables
from assets.failures import failures
from assets.own_rules import county_catalogue
from assets.quality_tables import HISTORIES, record_quality
from assets.stages import CountyRun
from lake.settings import load_settings

CODE = "131052-308T"


@pytest.fixture
def run(tmp_path, monkeypatch) -> CountyRun:
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path / "data"))
    said: list[str] = []
    log = SimpleNamespace(warning=said.append, info=said.append, said=said)
    (tmp_path / "in" / "audit" / "unit").mkdir(parents=True)
    settings = load_settings()
    return CountyRun("paijat-hame", date(2026, 10, 31), "2026-11", tmp_path / "in", settings, log, "run")


def checks() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "document_id": [f"1.2.246.{n}" for n in range(12)], "unit": "398-families", "area": "09-398",
            "service_task": "families", "document_type": "case_note", "author_role": "social_worker",
            "month": date(2026, 9, 1), "service_task_present": [n % 3 != 0 for n in range(12)],
        }
    )  # fmt: skip


def write(run: CountyRun, name: str, *rows: tuple[str, str, str]) -> None:
    """A filled form: question, answer, reader of each row."""
    from reporting.quality.audit_forms import _header
    from reporting.texts import Texts

    names = ("question", "document", "type", "check", "meaning", "answer", "note", "reader")
    lines = [";".join(_header(n, Texts("fi")) for n in names)]
    lines += [f"{question};1;2;3;4;{answer};;{reader}" for question, answer, reader in rows]
    (run.folder / "audit" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def made(run: CountyRun) -> dict[str, pl.DataFrame]:
    tables = audit_tables(checks(), county_catalogue(run.settings, run.slug), run)
    run.lake.write("audit_sample", run.county.code, tables["audit_sample"], "x")
    return tables


def test_a_form_that_cannot_be_used_is_set_aside_with_its_reason_and_the_others_count(run):
    first, second, *_ = made(run)["audit_sample"]["question"].to_list()
    write(run, "unit/good.csv", (first, "puute", "1"))
    write(run, "unit/odd_answer.csv", (second, f"ehkä {CODE}", "1"))
    write(run, "unit/undrawn.csv", (CODE, "puute", "1"))
    write(run, "unit/again.csv", (first, "kunnossa", "1"))
    write(run, "z_last.csv", (second, "kunnossa", "1"))
    (run.folder / "audit" / "notes.csv").write_text("no form\n", encoding="utf-8")
    results = made(run)["audit_results"]
    rule = results.filter(pl.col("level") == "rule").row(0, named=True)
    assert rule["read_findings"] + rule["read_passed"] == 2
    (told,) = failures(run.settings, run.county.code)
    assert told.startswith(f"{SET_ASIDE}: 4 set aside: ")
    for part in (
        "unit/odd_answer.csv: row 2",
        "unit/undrawn.csv: answers questions",
        "notes.csv: this is no audit",
    ):
        assert part in told
    assert "twice" in told
    assert len(run.log.said) == 4
    assert CODE not in told
    assert CODE not in json.dumps(run.log.said)


def test_a_mended_form_takes_the_note_away(run):
    (question, *_) = made(run)["audit_sample"]["question"].to_list()
    write(run, "form.csv", (question, "perhaps", "1"))
    made(run)
    assert failures(run.settings, run.county.code)
    write(run, "form.csv", (question, "puute", "1"))
    made(run)
    assert failures(run.settings, run.county.code) == []


def test_what_was_drawn_and_found_stays_when_no_documents_are_delivered(run):
    drawn = made(run)["audit_sample"]
    found = pl.DataFrame({"edition": ["2026-10"], "document_id": ["1.2.246.1"]})
    run.lake.write("finding_editions", run.county.code, found, "x")
    tables = record_quality(run)
    assert tables["audit_sample"].equals(drawn)
    assert tables["finding_editions"].equals(found)
    assert all(table.is_empty() for name, table in tables.items() if name not in HISTORIES)
