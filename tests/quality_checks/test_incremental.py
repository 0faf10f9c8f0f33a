"""A check of what changed gives what a whole check gives, whatever changed."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quality_documents import AREAS, AS_OF, START, cases, document, frame

from quality_checks.checking import Check
from quality_checks.document_hashes import SAYS, SOURCES
from quality_checks.documents_check import write_checked
from quality_checks.extracts import DOCUMENT_TYPES, ParquetExtract
from quality_checks.incremental import check_since, remember
from quality_checks.kinship import Kinship
from quality_checks.memory import OtherTermsError
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.verdict_files import read_verdicts

CATALOGUE = load_catalogue()
COUNT = 6
FIELDS = (
    *("status", "case_id", "client_id", "document_id"),
    *("content", "replaces", "text_fingerprint", "created_at"),
)


def first_extract() -> list[dict]:
    """Cases with shared texts, minutes, versions and ids, so that one document tells of others."""
    rows = cases(COUNT)
    rows[7]["text_fingerprint"] = rows[20]["text_fingerprint"]
    rows[9].update(author_id=rows[21]["author_id"], signed_at=rows[21]["signed_at"])
    rows[10]["replaces"] = rows[3]["document_id"]
    rows[22]["document_id"] = rows[4]["document_id"]
    return rows


def changed_extract(seed: int) -> list[dict]:
    """The same after some documents were changed, taken away, doubled, moved to another case or added."""
    rng = np.random.default_rng(seed)
    rows = [dict(row) for row in first_extract()]
    for place in rng.choice(len(rows), 3, replace=False):
        row, other = rows[place], rows[int(rng.integers(len(rows)))]
        field = str(rng.choice(FIELDS))
        row[field] = "voided" if field == "status" else other[field]
    del rows[int(rng.integers(len(rows)))]
    if rng.random() < 0.5:
        rows.append(dict(rows[int(rng.integers(len(rows)))]))
        rows.append(document("case_note", number=99, case="c1", status="draft", signed_at=None))
    if rng.random() < 0.3:
        rows.append({**document("case_note", number=98), "document_id": None})
    if rng.random() < 0.3:
        rows.reverse()
    return rows


def bound(rows: list[dict], as_of: date = AS_OF, rules: Catalogue = CATALOGUE) -> Check:
    return Check.of(frame(*rows), rules, as_of=as_of, area_of_municipality=AREAS)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    check = bound(first_extract())
    remember(check, write_checked(check, folder, clusters=True), folder)
    return folder


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 0, 45]))
def test_a_check_of_changes_gives_what_a_whole_check_gives(earlier, tmp_path_factory, seed, days):
    rows, day = changed_extract(seed), AS_OF + timedelta(days=days)
    whole, out = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("out")
    expected = write_checked(bound(rows, day), whole, clusters=True)
    found = check_since(bound(rows, day), earlier, out, clusters=True).counted
    assert found.counts == expected.counts
    assert found.cells.equals(expected.cells)
    known = pl.exclude("first_seen")
    assert found.violations.select(known).equals(expected.violations.select(known))
    tables = [read_verdicts(folder).sort("document_id").collect() for folder in (whole, out)]
    assert tables[0].equals(tables[1])
    sums = [counted.clusters.select(pl.col("^[af]:.*$").sum()) for counted in (expected, found)]
    assert sums[0].equals(sums[1].select(sums[0].columns))


def test_only_what_changed_and_its_kin_are_judged_again(earlier, tmp_path):
    rows = first_extract()
    rows[0]["language"] = None
    found = check_since(bound(rows), earlier, tmp_path / "once")
    assert (found.changed, found.judged) == (2, 7)  # one in two forms; its case and a copy of an id
    assert check_since(bound(rows), tmp_path / "once", tmp_path / "twice").judged == 0


def test_a_defect_keeps_the_day_it_was_first_seen(earlier, tmp_path):
    rows, later = first_extract(), AS_OF + timedelta(days=30)
    rows[0]["language"] = None
    check_since(bound(rows, later), earlier, tmp_path / "out")
    table = pl.read_parquet(tmp_path / "out/violations.parquet")
    new = table.filter(pl.col("rule_id") == "language_present").row(0, named=True)
    assert (new["first_seen"], new["age_days"]) == (later, (later - START.date()).days)
    old = table.filter(pl.col("rule_id") == "document_id_unique").row(0, named=True)
    assert old["first_seen"] == AS_OF


def test_parts_are_written_whole_again_when_most_is_superseded(earlier, tmp_path):
    rows = [{**row, "language": "sv"} for row in first_extract()]
    check_since(bound(rows), earlier, tmp_path)
    assert [path.name for path in (tmp_path / "doc_checks").iterdir()] == ["0"]
    assert read_verdicts(tmp_path).collect()["document_id"].is_unique().all()


def stored(path: Path, rows: list[dict]) -> Check:
    frame(*rows).write_parquet(path, row_group_size=10)
    return Check.of(path, CATALOGUE, as_of=AS_OF, area_of_municipality=AREAS)


def test_columns_that_are_stored_as_before_are_not_read_again(tmp_path, monkeypatch):
    rows = first_extract()
    first = stored(tmp_path / "first.parquet", rows)
    remember(first, write_checked(first, tmp_path / "first", clusters=True), tmp_path / "first")
    rows[2]["language"] = None
    second, reads = stored(tmp_path / "second.parquet", rows), []
    read = ParquetExtract.read

    def watched(self, columns, start, length):
        reads.append((start, length, set(columns)))
        return read(self, columns, start, length)

    monkeypatch.setattr(ParquetExtract, "read", watched)
    found = check_since(second, tmp_path / "first", tmp_path / "out").counted
    assert len(rows) > 30
    assert reads[0] == (0, 10, set(SAYS["codes"]))
    assert {start for start, *_ in reads} < {0, 10, 20, 30}
    expected = write_checked(second, tmp_path / "whole")
    assert found.cells.equals(expected.cells)
    assert found.violations.drop("first_seen").equals(expected.violations.drop("first_seen"))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_hashes_taken_over_are_those_of_reading_everything(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("extracts")
    first = stored(folder / "first.parquet", first_extract()).extract
    second = stored(folder / "second.parquet", changed_extract(seed)).extract
    taken_over, read = Kinship.of(second, 7, Kinship.of(first, 7)), Kinship.of(second, 100)
    places = np.arange(second.height)
    assert all(np.array_equal(taken_over.at(name, places), read.at(name, places)) for name in SOURCES)


def test_groups_of_columns_are_all_that_a_document_says():
    assert sorted(name for group in SAYS.values() for name in group) == sorted(DOCUMENT_TYPES)


def test_other_rules_ask_for_a_whole_check(earlier, tmp_path):
    fewer = Catalogue(CATALOGUE.rules[:5])
    with pytest.raises(OtherTermsError, match="other rules"):
        check_since(bound(first_extract(), rules=fewer), earlier, tmp_path)
    with pytest.raises(FileNotFoundError, match="--remember"):
        check_since(bound(first_extract()), tmp_path, tmp_path / "out")


def test_a_whole_check_leaves_nothing_of_earlier_parts_and_one_folder_is_not_two(earlier, tmp_path):
    rows = first_extract()
    rows[0]["language"] = None
    check_since(bound(rows), earlier, tmp_path)
    with pytest.raises(ValueError, match="give another folder"):
        check_since(bound(rows), tmp_path, tmp_path)
    write_checked(bound(rows[:5]), tmp_path)
    assert read_verdicts(tmp_path).collect().height == 5
    with pytest.raises(FileNotFoundError, match="--remember"):
        check_since(bound(rows), tmp_path, tmp_path / "out")
