"""Rows that are looked at only where they changed end as in a file that is looked at whole, whatever changed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counties import ExtractMapping
from sources.boundaries import current_codes
from sources.changes.checked import ChangedRows, JudgedRows, told_row_by_row
from sources.changes.documents import RawRows
from sources.changes.keyed import KeyedHashes, siphash
from sources.door import Pseudonymiser, through_the_door
from sources.extracts import Extract, raw_extract, read_extract_file
from sources.gate import Gated, gate
from tests.sources.raw_days import CODE, CONTRACT, NOW, mutated, row, stored

MAPPING = ExtractMapping(table="documents", files="*")
KEY = Pseudonymiser(b"a key for the tests only, 32 byte")
CODES = ({"municipality": ("398", "142")}, {"municipality": ("091", "142", "398")})


def gated(extract: Extract, last: date) -> Gated:
    reduced = through_the_door(extract, CONTRACT, KEY)
    frame = reduced.frame.with_columns(current_codes(reduced.frame["municipality"]))
    allowed, elsewhere = CODES
    return gate(
        frame, CONTRACT, allowed=allowed, elsewhere=elsewhere, as_of=last, problems=reduced.problems,
        files=reduced.files,
    )  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What became of a file."""

    whole: Gated
    found: JudgedRows
    looked: int
    accepted: pl.DataFrame


def checked(
    path: Path, folder: Path, previous: Path | None, last: date, mapping: ExtractMapping = MAPPING
) -> Checked:
    """Look at what changed, and hold it against the same file looked at whole."""
    whole = gated(read_extract_file(path, mapping), last)
    rows = RawRows(raw_extract(path, mapping, CONTRACT), mapping, CONTRACT, KEY)
    changes = ChangedRows.of(rows, CODES, previous).on(last)
    extract = changes.looked_at()
    found = changes.let_go().judged(gated(extract, last), last)
    documents = found.documents
    accepted = documents.read(documents.columns, 0, documents.height)
    assert accepted.equals(whole.accepted)
    assert found.quarantined.equals(whole.quarantined)
    assert found.rows_in == whole.rows_in
    found.remember(folder)
    return Checked(whole, found, extract.frame.height, accepted)


def told_rightly(now: Checked, then: Checked, rng: np.random.Generator) -> None:
    """Where documents stood, what is stored as it was, and parts of what is read."""
    documents, earlier = now.found.documents, then.accepted
    origins = documents.origins()
    if origins is not None:
        assert now.accepted.filter(pl.Series(origins >= 0)).equals(earlier[origins[origins >= 0]])
    known = {
        (name, length, marks[name]): earlier[name].slice(start, length)
        for start, length, marks in then.found.documents.pieces()
        for name in marks
    }
    end = 0
    for start, length, marks in documents.pieces():
        assert start == end
        end += length
        for name, mark in marks.items():
            stood = known.get((name, length, mark))
            assert stood is None or now.accepted[name].slice(start, length).equals(stood)
    assert end == documents.height
    places = np.flatnonzero(rng.random(documents.height) < 0.4)
    assert documents.at(places).equals(now.accepted[places])
    names = [name for name in documents.columns if rng.random() < 0.3] or ["content"]
    start = int(rng.integers(documents.height + 1))
    assert documents.read(names, start, 5).equals(now.accepted.select(names).slice(start, 5))


KINDS: tuple[dict[str, pl.DataType], ...] = (
    {},
    {"created_at": pl.String(), "municipality": pl.Int64()},
    {"status": pl.Categorical(), "service_task": pl.Categorical()},
)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["parquet", "parquet", "csv"]), st.integers(3, 9),
    st.sampled_from([0, 0, 1, 2]),
)  # fmt: skip
def test_what_changed_ends_as_in_a_file_looked_at_whole(tmp_path_factory, seed, ending, size, kinds):
    folder, rng = tmp_path_factory.mktemp("days"), np.random.default_rng(seed)
    rows = mutated([row(number) for number in range(24)], rng)
    previous = then = None
    for day in range(4):
        if rng.random() < 0.15:
            size += 1
        path = stored(rows, folder / f"d.{ending}", size, KINDS[kinds])
        last = NOW.date() + timedelta(days=int(rng.choice([20, 20, 30, 45])))
        now = checked(path, folder / f"{day}", previous, last)
        if then:
            told_rightly(now, then, rng)
        previous, then = folder / f"{day}", now
        rows = mutated(rows, rng)


LAST = NOW.date() + timedelta(days=20)


@pytest.fixture
def twenty(tmp_path: Path) -> list[dict[str, object]]:
    """Twenty documents in row groups of five, looked at for the first time; one is set aside, two share an id."""
    rows = [row(number) for number in range(20)]
    rows[7] |= {"municipality": "999"}
    rows[13] |= {"document_id": "1.2.12", "status": "draft"}
    assert checked(stored(rows, tmp_path / "d.parquet", 5, {}), tmp_path / "0", None, LAST).looked == 20
    return rows


def again(rows: list[dict[str, object]], folder: Path, last: date = LAST, size: int = 5) -> int:
    return checked(stored(rows, folder / "d.parquet", size, {}), folder / "1", folder / "0", last).looked


def test_nothing_is_looked_at_when_nothing_changed(twenty, tmp_path):
    assert again(twenty, tmp_path) == 0


def test_only_changed_rows_and_those_set_aside_in_their_row_groups_are_looked_at(twenty, tmp_path):
    twenty[2] |= {"status": "draft"}
    assert again(twenty, tmp_path) == 1
    twenty[8] |= {"status": "draft"}
    assert again(twenty, tmp_path) == 3


def test_row_groups_after_new_rows_are_known_with_what_is_set_aside_in_them(twenty, tmp_path):
    assert again([*map(row, range(50, 55)), *twenty], tmp_path) == 5


def test_rows_that_moved_are_known_whatever_the_row_groups(twenty, tmp_path):
    assert (
        again([*twenty[3:], row(99), *twenty[:3]], tmp_path, size=7) == 4
    )  # set aside, new, and two under one id


def test_a_row_that_doubles_an_old_one_is_looked_at_with_it(twenty, tmp_path):
    assert again([*twenty, dict(twenty[4])], tmp_path) == 2


@pytest.mark.parametrize("moved", [[2, 1, 0, 3], [1, 2, 0, 3], [3, 0, 1, 2]])
def test_of_equal_documents_the_first_is_kept_when_row_groups_change_places(twenty, tmp_path, moved):
    twenty[10] = row(0, text="ASIAKAS 0 KERTOI.")  # the same document as the first in another spelling
    checked(stored(twenty, tmp_path / "d.parquet", 5, {}), tmp_path / "0", None, LAST)
    again([own for group in moved for own in twenty[5 * group : 5 * group + 5]], tmp_path)


def test_a_row_that_stays_while_a_row_group_moves_before_it_is_no_longer_the_first(tmp_path):
    rows = [*map(row, range(14)), row(7, text="ASIAKAS 7 KERTOI.")]
    checked(stored(rows, tmp_path / "d.parquet", 5, {}), tmp_path / "0", None, LAST)
    again([*rows[10:], row(105), row(106), rows[7], row(108), row(109), *rows[:5]], tmp_path)


def test_a_row_that_is_no_longer_doubled_is_accepted(twenty, tmp_path):
    doubled = [*twenty, dict(twenty[4])]
    checked(stored(doubled, tmp_path / "d.parquet", 5, {}), tmp_path / "0", None, LAST)
    found = checked(
        stored(doubled[:4] + doubled[5:], tmp_path / "d.parquet", 5, {}), tmp_path / "1", tmp_path / "0", LAST
    )
    assert found.whole.quarantined["reason"].to_list() == ["unknown_municipality"]


def test_a_date_that_lay_ahead_comes_in_on_a_later_day_and_goes_out_on_an_earlier_one(twenty, tmp_path):
    twenty[0] |= {"event_at": datetime(2026, 3, 30)}
    path = stored(twenty, tmp_path / "d.parquet", 5, {})
    checked(path, tmp_path / "0", None, LAST)
    later, earlier = date(2026, 4, 1), date(2026, 2, 1)
    assert checked(path, tmp_path / "1", tmp_path / "0", later).looked == 1
    found = checked(path, tmp_path / "2", tmp_path / "1", earlier)
    assert (found.looked, found.found.documents.height) == (20, 0)


def test_rows_that_a_later_day_brings_in_are_judged_beside_those_that_share_their_id(twenty, tmp_path):
    ahead = {"document_id": "1.2.0", "event_at": datetime(2026, 3, 30)}
    for place in (2, 3):  # the same document twice, in conflict with the first row
        twenty[place] = row(5, **ahead)
    path = stored(twenty, tmp_path / "d.parquet", 5, {})
    checked(path, tmp_path / "0", None, LAST)
    found = checked(path, tmp_path / "1", tmp_path / "0", date(2026, 4, 1))
    assert (found.looked, found.found.documents.height) == (3, 19)


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"status": {"final": "draft"}}},
        {"columns": {"language": "document_type"}},
        {"constants": {"unit": "U9"}},
    ],
)
def test_by_another_mapping_every_row_is_looked_at(twenty, tmp_path, change):
    mapping = MAPPING.model_copy(update=change)
    assert checked(tmp_path / "d.parquet", tmp_path / "1", tmp_path / "0", LAST, mapping).looked == 20


@pytest.mark.parametrize("what", ["key", "codes", "program"])
def test_by_another_key_other_codes_or_another_program_every_row_is_looked_at(twenty, tmp_path, monkeypatch, what):
    if what == "program":
        monkeypatch.setattr("sources.changes.terms.program", lambda: "another")
    key = Pseudonymiser(b"another key for the tests, 32 byt") if what == "key" else KEY
    rows = RawRows(raw_extract(tmp_path / "d.parquet", MAPPING, CONTRACT), MAPPING, CONTRACT, key)
    codes = ({"municipality": ("398",)}, {}) if what == "codes" else CODES
    found = ChangedRows.of(rows, codes, tmp_path / "0")
    assert (found.earlier, found.looks_at_all) == (None, True)


def test_a_memory_that_was_not_written_to_its_end_is_none(twenty, tmp_path):
    (tmp_path / "0" / "terms.json").unlink()
    assert again(twenty, tmp_path) == 20


def test_codes_stored_as_fractions_are_read_by_their_column_and_not_row_by_row(twenty, tmp_path):
    for kind, alone in ((pl.Float64(), False), (pl.Int64(), True)):
        path = stored(twenty, tmp_path / "d.parquet", 5, {"municipality": kind})
        assert told_row_by_row(RawRows(raw_extract(path, MAPPING, CONTRACT), MAPPING, CONTRACT, KEY)) is alone


def test_rows_of_one_constant_id_are_not_told_apart(twenty, tmp_path):
    mapping = MAPPING.model_copy(update={"constants": {"document_id": "1.2.3"}})
    assert not told_row_by_row(
        RawRows(raw_extract(tmp_path / "d.parquet", mapping, CONTRACT), mapping, CONTRACT, KEY)
    )


def test_rows_stored_as_before_are_in_one_file_with_those_of_the_earlier_check(twenty, tmp_path):
    twenty[2] |= {"status": "draft"}
    again(twenty, tmp_path)
    files = [{path.stat().st_ino for path in (tmp_path / name / "rows").iterdir()} for name in "01"]
    assert [len(own) for own in files] == [4, 4]
    assert len(files[0] & files[1]) == 3


def test_siphash_gives_the_published_answer():
    words = np.frombuffer(bytes(range(8)), dtype="<u8")
    assert siphash(bytes(range(16)), words).tobytes().hex() == "6224939a79f5f593"
    many = np.arange(40_000, dtype=np.uint64)
    assert (siphash(bytes(16), many)[17_000:17_010] == siphash(bytes(16), many[17_000:17_010])).all()


def test_who_lacks_the_key_cannot_confirm_a_guess_even_of_the_only_row(tmp_path):
    path = stored([row(1, client_id=CODE)], tmp_path / "d.parquet", 5, {})
    checked(path, tmp_path / "0", None, LAST)
    left = {
        file.relative_to(tmp_path / "0"): file.read_bytes()
        for file in (tmp_path / "0").rglob("*")
        if file.is_file()
    }
    guess = replace(RawRows(raw_extract(path, MAPPING, CONTRACT), MAPPING, CONTRACT, KEY))
    frame, data = guess.raw.read(guess.raw.kinds), path.read_bytes()
    guessed = [frame.drop("row").hash_rows(), frame.select("client_id").hash_rows(), frame["document_id"].hash()]
    marks = [hashlib.blake2b(part, digest_size=16) for part in (data, CODE.encode())]
    marks.append(hmac.new(b"", CODE.encode(), "sha256"))
    for name, held in left.items():
        assert CODE.encode() not in held, name
        for hashes in guessed:
            assert hashes.to_numpy().tobytes() not in held, name
        for mark in marks:
            assert mark.hexdigest()[:32].encode() not in held, name
    keyed = [KeyedHashes(bytes([n]) * 32) for n in (1, 2)]
    assert keyed[0].rows(frame, "fields")[0] != keyed[1].rows(frame, "fields")[0]
    assert keyed[0].mark("a", "b") != keyed[0].mark("ab", "")
