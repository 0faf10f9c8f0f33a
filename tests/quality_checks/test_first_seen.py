"""Over three editions a defect keeps the day it was first seen, though the middle one came without documents."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest
from quality_documents import document, frame, sound_case

from assets.publishing import report_inputs
from assets.quality_tables import record_quality
from assets.stages import CountyRun
from lake.settings import load_settings
from quality_checks.rules import load_catalogue

FIRST, SECOND, THIRD = date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31)
OLD, NEW = "1.2.246.10.99000907.14.2026.901", "1.2.246.10.99000907.14.2026.902"


@pytest.fixture
def run(tmp_path, monkeypatch) -> CountyRun:
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path / "data"))
    log = SimpleNamespace(warning=print, info=lambda _: None)
    return CountyRun("paijat-hame", FIRST, "2026-06", tmp_path / "in", load_settings(), log, "run")


def edition(run: CountyRun, day: date, documents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables of one edition, written as the pipeline writes them."""
    made = replace(run, as_of=day, edition=f"{day:%Y-%m}")
    made.lake.write("documents", run.county.code, documents, "x")
    tables = record_quality(made)
    for name, table in tables.items():
        made.lake.write(name, run.county.code, table, "x")
    return tables


def extract(*without_language: str) -> pl.DataFrame:
    """A sound case, and notes of it whose language is missing."""
    notes = (document("case_note", document_id=identity, language=None) for identity in without_language)
    return frame(*sound_case(), *notes)


def first_seen(tables: dict[str, pl.DataFrame]) -> dict[str, date]:
    """Day of first sight of each document without a language."""
    found = tables["violations"].filter(pl.col("rule_id") == "language_present")
    return dict(found.select("document_id", "first_seen").iter_rows())


@pytest.mark.parametrize("middle", [frame(), extract(OLD)], ids=["without documents", "with documents"])
def test_a_defect_keeps_the_day_it_was_first_seen_over_an_edition(run, middle):
    assert first_seen(edition(run, FIRST, extract(OLD))) == {OLD: FIRST}
    assert edition(run, SECOND, middle)["violations"].is_empty() == middle.is_empty()
    for _ in range(2):  # made again, an edition says the same
        assert first_seen(edition(run, THIRD, extract(OLD, NEW))) == {OLD: FIRST, NEW: THIRD}


def test_a_defect_that_was_mended_and_came_back_is_a_new_one(run):
    edition(run, FIRST, extract(OLD))
    edition(run, SECOND, extract())
    assert first_seen(edition(run, THIRD, extract(OLD))) == {OLD: THIRD}


def test_a_past_day_judged_again_takes_over_no_later_day(run):
    edition(run, FIRST, extract(OLD))
    edition(run, THIRD, extract(OLD, NEW))
    assert first_seen(edition(run, SECOND, extract(OLD, NEW))) == {OLD: FIRST, NEW: SECOND}


def test_reports_are_given_nothing_of_a_rule_on_trial(run, monkeypatch):
    edition(run, FIRST, extract(OLD))
    assert "language_present" in set(report_inputs(run).cells["rule_id"])
    trial = load_catalogue().with_overrides([{"id": "language_present", "mode": "shadow"}], "test")
    for module in ("own_rules", "quality_tables"):
        monkeypatch.setattr(f"assets.{module}.county_catalogue", lambda *_: trial)
    tables = edition(run, FIRST, extract(OLD))
    assert tables["cells"].filter(rule_id="language_present")["failed"].sum() == 1
    assert first_seen(tables) == {}
    inputs = report_inputs(run)
    assert "language_present" not in {*inputs.cells["rule_id"], *inputs.violations["rule_id"]}
    assert "language_valid" in set(inputs.cells["rule_id"])
