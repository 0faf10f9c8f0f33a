"""A check of what changed gives what a whole check gives, whatever changed."""

import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from quality_documents import AREAS, AS_OF, CONTENTS, START, cases, document, frame, sound_case

from quality_checks.cells import CELL_SCHEMA
from quality_checks.checking import Check
from quality_checks.document_columns import DOCUMENT_TYPES, DocumentsError
from quality_checks.document_hashes import SAYS, SOURCES
from quality_checks.documents_check import check_documents, write_checked
from quality_checks.incremental import check_since, remember
from quality_checks.kinship import Kinship
from quality_checks.memory import OtherTermsError, forget
from quality_checks.parquet_extracts import ParquetExtract, hashes_of_bytes
from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.turns import MONTH
from quality_checks.verdict_files import VERDICTS, WEIGHTS, read_verdicts

CATALOGUE = load_catalogue()
COUNT = 6
# An example is told as it is found: making it smaller would judge whole extracts for minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
FIELDS = (
    *("status", "case_id", "client_id", "document_id"),
    *("content", "replaces", "text_fingerprint", "created_at", "client_id_miswritten"),
)


def first_extract() -> list[dict]:
    """Cases with shared texts, minutes, versions and ids, so that one document tells of others."""
    rows = cases(COUNT)
    rows[7]["text_fingerprint"] = rows[20]["text_fingerprint"]
    rows[9].update(author_id=rows[21]["author_id"], signed_at=rows[21]["signed_at"])
    rows[10]["replaces"] = rows[3]["document_id"]
    rows[22]["document_id"] = rows[4]["document_id"]
    rows[12]["client_id_miswritten"] = True
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
    remember(check, write_checked(check, folder, clusters=True, turns=True), folder)
    return folder


def told_alike(rows: list[dict], day: date, previous: Path, out: Path, rules: Catalogue = CATALOGUE) -> int:
    """Hold a check of changes against a whole one, table by table; how many documents it judged."""
    check, whole = bound(rows, day, rules), out.with_name(f"{out.name}-whole")
    expected = write_checked(check, whole, clusters=True, turns=True)
    remember(check, expected, whole)
    changes = check_since(check, previous, out, clusters=True)
    found = changes.counted
    assert found.counts == expected.counts
    assert found.cells.equals(expected.cells)
    known = pl.exclude("first_seen")
    assert found.violations.select(known).equals(expected.violations.select(known))
    for name in ("cells", "violations"):
        assert pl.read_parquet(out / f"{name}.parquet").equals(getattr(found, name))
    for table, key in ((VERDICTS, "document_id"), (WEIGHTS, "document")):
        left, right = (read_verdicts(folder, table).sort(key).collect() for folder in (whole, out))
        assert left.fill_null(0).equals(right.select(left.columns).fill_null(0))
    return changes.judged


@settings(max_examples=4, deadline=None, phases=NO_SHRINKING)
@given(st.integers(0, 2**32 - 2), st.sampled_from([0, 0, 45]))
def test_a_check_of_changes_gives_what_a_whole_check_gives(earlier, tmp_path_factory, seed, days):
    out = tmp_path_factory.mktemp("out")
    told_alike(changed_extract(seed), AS_OF + timedelta(days=days), earlier, out / "once")
    told_alike(changed_extract(seed + 1), AS_OF + timedelta(days=days), out / "once", out / "twice")


# Some days after the first documents, when deadlines of others are still ahead.
EARLY = START.date() + timedelta(days=22)


def waiting() -> list[dict]:
    """Documents that time judges: every rule with a clock has some that it will judge otherwise later."""
    urgent = {"urgency": "urgent"}
    ahead = START + timedelta(days=70)
    times = {"event_at": ahead, "created_at": ahead, "signed_at": ahead + timedelta(days=40)}
    long_ago, far = START.replace(year=1950), START.replace(year=2062)
    return [
        document("notification", number=61, case="w1", content=urgent),
        document("notification", number=62, case="w2"),
        document("notification", number=63, case="w3", content={"received_on": "2026-03-24"}),
        document("case_note", number=64, case="w4", status="draft", signed_at=None),
        *sound_case("w5", "closing_summary", number=65),
        document("decision", number=66, case="w6", content={"outcome": "ended"}),
        document("notification", number=66, case="w6"),
        document("case_note", number=67, case="w7", **times),
        document("client_plan", number=68, case="w8", content="not readable"),
        document(
            "case_note",
            number=69,
            case="w9",
            status="draft",
            signed_at=None,
            event_at=long_ago,
            created_at=long_ago,
        ),
        document("notification", number=70, case="w10", event_at=long_ago, content={"received_on": "1950-03-03"}),
        document("case_note", number=71, case="w11", event_at=far, created_at=far),
        document("client_plan", number=72, case="w12", created_at=ahead),
    ]


@pytest.fixture(scope="module")
def early(tmp_path_factory):
    folder = tmp_path_factory.mktemp("early")
    check = bound([*first_extract(), *waiting()], EARLY)
    remember(check, write_checked(check, folder, clusters=True, turns=True), folder)
    return folder


def test_every_rule_with_a_clock_has_documents_that_wait(early):
    clocked = {rule.id for rule in CATALOGUE.rules if "@as_of" in f"{rule.applies} {rule.fails}"}
    assert set(pl.read_parquet(early / "memory/turns.parquet")["rule_id"]) == {*clocked, MONTH}


@settings(max_examples=8, deadline=None, phases=NO_SHRINKING)
@given(st.integers(0, 2**32 - 1), st.integers(0, 500))
def test_on_a_later_day_too_it_gives_what_a_whole_check_gives(early, tmp_path_factory, seed, days):
    rows = [*changed_extract(seed), *waiting()]
    out = tmp_path_factory.mktemp("out") / "of"
    told_alike(rows, EARLY + timedelta(days=days), early, out)


def test_on_a_later_day_only_verdicts_that_time_changed_are_put_right(early, tmp_path, monkeypatch):
    rows, read = [*first_extract(), *waiting()], []
    monkeypatch.setattr("quality_checks.preparation.read_content", lambda *given: read.append(given))
    found = check_since(bound(rows, EARLY + timedelta(days=60)), early, tmp_path / "out")
    turned = found.counted.violations.filter(pl.col("first_seen") > EARLY)
    rules = {"assessment_start_recorded", "draft_not_old", "ended_service_is_closed"}
    assert set(turned["rule_id"]) == rules
    assert (found.changed, read) == (0, [])
    # Closings of six cases and a note that lay in the future, and are now counted under their own month; a note
    # that still does, and a plan that was made there.
    come = 9
    assert found.judged == turned["document_id"].n_unique() + come


def test_days_may_go_on_and_back(early, tmp_path):
    previous = early
    for number, days in enumerate((30, 100, 60, 9, 90, 91, 300)):
        rows, out = [*changed_extract(number // 3), *waiting()], tmp_path / f"{number}"
        told_alike(rows, EARLY + timedelta(days=days), previous, out)
        previous = out


def test_no_defect_of_an_earlier_day_was_first_seen_later(earlier, tmp_path):
    day = AS_OF - timedelta(days=30)
    found = check_since(bound(first_extract(), day), earlier, tmp_path / "out").counted.violations
    assert found.height > 0
    assert set(found["first_seen"]) == {day}


def test_rules_whose_turns_cannot_be_told_are_asked_again(tmp_path):
    own = {"id": "no_future_times", "applies": "true", "fails": "days(created_day, @as_of) = 30"}
    rules = Catalogue((CATALOGUE.by_id["draft_not_old"], CATALOGUE.by_id["no_future_times"]))
    rules = rules.with_overrides([own], "test")
    rows, first = [*cases(2), *waiting()], tmp_path / "first"
    check = bound(rows, EARLY, rules)
    remember(check, write_checked(check, first, clusters=True, turns=True), first)
    assert set(pl.read_parquet(first / "memory/turns.parquet")["rule_id"]) == {"draft_not_old", MONTH}
    for days in (8, 10, 31):
        assert told_alike(rows, EARLY + timedelta(days=days), first, tmp_path / f"{days}", rules) > 0


def test_a_check_of_changes_lists_no_defect_of_a_rule_on_trial_either(tmp_path):
    trial = ({"id": "draft_not_old", "mode": "shadow"}, {"id": "language_present", "mode": "shadow"})
    rules = CATALOGUE.with_overrides(trial, "test")
    rows, first = [*first_extract(), *waiting()], tmp_path / "first"
    check = bound(rows, EARLY, rules)
    remember(check, write_checked(check, first, clusters=True, turns=True), first)
    rows[0] = {**rows[0], "language": None}
    out = tmp_path / "out"
    told_alike(rows, EARLY + timedelta(days=100), first, out, rules)
    cells, listed = (pl.read_parquet(out / f"{name}.parquet") for name in ("cells", "violations"))
    for own in trial:
        assert cells.filter(rule_id=own["id"])["failed"].sum() > 0
        assert own["id"] not in set(listed["rule_id"])


def test_only_what_changed_and_its_kin_are_judged_again(earlier, tmp_path):
    rows = first_extract()
    rows[0]["language"] = None
    found = check_since(bound(rows), earlier, tmp_path / "once")
    assert (found.changed, found.judged) == (2, 3)  # one in two forms; and the two under one id in its case
    assert check_since(bound(rows), tmp_path / "once", tmp_path / "twice").judged == 0


def test_kin_are_judged_again_where_other_facts_are_told_of_them(earlier, tmp_path):
    rows = first_extract()
    rows[12]["status"] = "voided"  # the notification of a case, from which its deadlines run
    assert told_alike(rows, AS_OF, earlier, tmp_path / "voided") == 6


def test_columns_of_a_file_may_lie_in_any_order_but_not_across_each_other(tmp_path):
    path = tmp_path / "columns"
    path.write_bytes(bytes(range(100)))
    one, other, after = hashes_of_bytes(path, [0, 30, 60], [30, 20, 40])
    assert hashes_of_bytes(path, [60, 0, 30], [40, 30, 20]) == [after, one, other]
    assert len({one, other, after}) == 3
    with pytest.raises(DocumentsError, match="across"):
        hashes_of_bytes(path, [30, 0], [20, 31])


def test_a_check_that_did_not_come_to_its_end_is_none_to_go_on_from(earlier, tmp_path):
    with pytest.raises(FileNotFoundError, match="no finished check"):
        check_documents(frame(*first_extract()), tmp_path, as_of=AS_OF, area_of_municipality=AREAS, since=earlier)


def test_documents_whose_codes_no_code_set_knows_are_read_and_judged_alike(tmp_path):
    own = {"status": "odd", "content": json.dumps({**CONTENTS["assessment"], "needs": ["1", "unheard of"]})}
    rows, first = first_extract(), tmp_path / "first"
    places = [n for n, row in enumerate(rows) if row["document_type"] == "assessment"]
    rows[places[0]].update(content=own["content"])
    rows[places[1]].update(status=own["status"])
    check = bound(rows)
    remember(check, write_checked(check, first, clusters=True, turns=True), first)
    for place in places[:2]:
        rows[place - 1] = {**rows[place - 1], "status": "voided"}
    assert told_alike(rows, AS_OF, first, tmp_path / "out") >= 12


def test_a_defect_keeps_the_day_it_was_first_seen(earlier, tmp_path):
    rows, later = first_extract(), AS_OF + timedelta(days=30)
    rows[0]["language"] = None
    check_since(bound(rows, later), earlier, tmp_path / "out")
    table = pl.read_parquet(tmp_path / "out/violations.parquet")
    new = table.filter(pl.col("rule_id") == "language_present").row(0, named=True)
    assert (new["first_seen"], new["age_days"]) == (later, (later - START.date()).days)
    old = table.filter(pl.col("rule_id") == "document_id_unique").row(0, named=True)
    assert old["first_seen"] == AS_OF


def test_a_defect_keeps_its_day_over_extracts_without_documents(earlier, tmp_path):
    previous, rows = earlier, first_extract()
    for number, given_rows in enumerate(([], [], rows, rows)):
        out = tmp_path / f"{number}"
        day = AS_OF + timedelta(days=30 * (number + 1))
        found = check_since(bound(given_rows, day), previous, out).counted.violations
        assert found.is_empty() == (not given_rows)
        previous = out
    old = pl.read_parquet(earlier / "violations.parquet").select("document_id", "rule_id")
    kept = found.join(old, on=["document_id", "rule_id"])
    assert kept.height > 0
    assert set(kept["first_seen"]) == {AS_OF}
    rows[0]["language"] = None
    new = check_since(bound(rows, AS_OF + timedelta(days=200)), previous, tmp_path / "new").counted.violations
    assert AS_OF + timedelta(days=200) in set(new.filter(rule_id="language_present")["first_seen"])


def test_an_extract_whose_documents_come_back_is_judged_as_by_a_whole_check(earlier, tmp_path):
    assert told_alike([], AS_OF, earlier, tmp_path / "none") == 0
    assert told_alike(first_extract(), AS_OF, tmp_path / "none", tmp_path / "again") > 0


@pytest.mark.parametrize("first", [[], [{**row, "document_id": None} for row in first_extract()]])
def test_a_first_extract_may_hold_nothing_that_is_judged(tmp_path, first):
    check = bound(first)
    remember(check, write_checked(check, tmp_path / "first", clusters=True, turns=True), tmp_path / "first")
    assert told_alike(first_extract(), AS_OF, tmp_path / "first", tmp_path / "out") == len(first_extract())


def test_files_without_documents_are_extracts_too(tmp_path):
    none, some = (stored(tmp_path / f"{len(rows)}.parquet", rows) for rows in ([], first_extract()))
    remember(none, write_checked(none, tmp_path / "none", clusters=True, turns=True), tmp_path / "none")
    found = check_since(some, tmp_path / "none", tmp_path / "some").counted
    assert found.cells.equals(write_checked(some, tmp_path / "whole").cells)
    assert check_since(none, tmp_path / "some", tmp_path / "gone").counted.cells["eligible"].sum() == 0


def test_what_a_check_leaves_to_compare_with_is_open_to_its_owner_alone(earlier, tmp_path):
    check_since(bound(first_extract()), earlier, tmp_path / "later")
    folders = [folder / "memory" for folder in (earlier, tmp_path / "later")]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]


def test_a_memory_that_is_half_taken_away_is_none(tmp_path, monkeypatch):
    check = bound(first_extract())
    remember(check, write_checked(check, tmp_path, clusters=True, turns=True), tmp_path)
    monkeypatch.setattr("shutil.rmtree", lambda path, **_: (tmp_path / "memory/counts/0").unlink())
    forget(tmp_path)
    monkeypatch.undo()
    with pytest.raises(FileNotFoundError, match="no memory of a check"):
        check_since(check, tmp_path, tmp_path / "out")


@pytest.mark.parametrize("few", [0, 5])
def test_documents_of_all_types_judged_at_once_are_judged_as_type_by_type(tmp_path, monkeypatch, few):
    rows = [*changed_extract(3), *waiting()]
    together = write_checked(bound(rows), tmp_path / "together", clusters=True, turns=True)
    monkeypatch.setattr("quality_checks.preparation.FEW", few)
    apart = write_checked(replace(bound(rows), part=12), tmp_path / "apart", clusters=True, turns=True)
    assert apart.cells.equals(together.cells)
    assert apart.violations.equals(together.violations)
    assert apart.counts == together.counts
    for name, key in (("turns", ["document", "rule_id", "day"]), ("weights", ["document"])):
        left, right = (getattr(result, name).sort(key).fill_null(0) for result in (apart, together))
        assert left.select(right.columns).equals(right)
    left, right = (read_verdicts(tmp_path / name).sort("document_id").collect() for name in ("apart", "together"))
    assert left.equals(right)


def test_counts_of_which_nothing_is_left_leave_and_new_strata_come_in_their_place(tmp_path):
    rows = [{**row, "unit": f"u{place % 3}"} for place, row in enumerate(first_extract())]
    check, first = bound(rows), tmp_path / "first"
    remember(check, write_checked(check, first, clusters=True, turns=True), first)
    moved = [{**row, "unit": "u9" if row["unit"] == "u1" else row["unit"]} for row in rows]
    told_alike(moved, AS_OF, first, tmp_path / "out")
    assert "u1" not in set(pl.read_parquet(tmp_path / "out/cells.parquet")["unit"])
    told_alike(rows, AS_OF, tmp_path / "out", tmp_path / "back")


def test_cells_are_written_as_texts_that_any_reader_reads(tmp_path):
    import duckdb

    table = write_checked(bound(first_extract()), tmp_path).cells
    assert pl.read_parquet(tmp_path / "cells.parquet").schema == table.schema == CELL_SCHEMA
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path / 'cells.parquet'}'").pl()  # noqa: S608
    assert rows.equals(table)


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
    remember(first, write_checked(first, tmp_path / "first", clusters=True, turns=True), tmp_path / "first")
    rows[2]["language"] = None
    second, reads = stored(tmp_path / "second.parquet", rows), []
    read = ParquetExtract.read

    def watched(self, columns, start, length):
        reads.append((start, length, set(columns)))
        return read(self, columns, start, length)

    monkeypatch.setattr(ParquetExtract, "read", watched)
    found = check_since(second, tmp_path / "first", tmp_path / "out").counted
    assert len(rows) > 30
    seen = list(reads)
    check_since(second, tmp_path / "out", tmp_path / "same")
    assert {length for _, length, _ in reads[len(seen) :]} == {0}
    reads = seen
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


@pytest.mark.parametrize("more", [1, 3])
def test_files_that_stay_as_they_were_are_found_where_they_moved_to(tmp_path, more):
    rows, parts = first_extract(), []
    extra = [document("case_note", number=90 + n, case="c1") for n in range(more)]
    for name, january in (("then", rows[:4]), ("now", [*rows[:4], *extra])):
        paths = (tmp_path / f"{name}-january.parquet", tmp_path / f"{name}-february.parquet")
        for path, own in zip(paths, (january, rows[4:]), strict=True):
            frame(*own).write_parquet(path, row_group_size=10)
        parts.append(Check.of(paths, CATALOGUE, as_of=AS_OF, area_of_municipality=AREAS))
    then, now = parts
    known = Kinship.of(then.extract, 50)
    taken_over, read = Kinship.of(now.extract, 50, known), Kinship.of(now.extract, 50)
    for found, expected in zip(taken_over.moved_since(known), read.moved_since(known), strict=True):
        assert found.tolist() == expected.tolist()
    remember(then, write_checked(then, tmp_path / "then", clusters=True, turns=True), tmp_path / "then")
    changes = check_since(now, tmp_path / "then", tmp_path / "out").counted
    assert changes.cells.equals(write_checked(now, tmp_path / "whole").cells)


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
