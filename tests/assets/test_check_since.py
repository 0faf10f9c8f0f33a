"""`check --since` on raw files leaves what a whole check leaves, and takes only what changed through the door."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.checking import ROWS, check_extract
from quality_checks.files import read_table
from quality_checks.finished import DamagedCheckError
from quality_checks.verdict_files import VERDICTS, WEIGHTS, read_verdicts
from tests.sources.raw_days import NOW, mutated, row, stored

TABLES = ("cells", "scores", "profile", "contributions", "changes", "mend_first")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_PSEUDONYM_KEY", "00" * 32)


def left(out: Path) -> dict:
    """All that a check leaves for people and machines, but for the days on which defects were first seen."""
    found = {name: read_table(out / f"{name}.parquet") for name in TABLES}
    found["violations"] = read_table(out / "violations.parquet").drop("first_seen")
    for table, own in ((VERDICTS, "document_id"), (WEIGHTS, "document")):
        rows = read_verdicts(out, table).sort(own).collect()
        found[table] = rows.select(sorted(rows.columns)).fill_null(0)
    quarantine = out / "quarantine.parquet"
    found["quarantine"] = read_table(quarantine) if quarantine.exists() else None
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    found["summary"] = {name: value for name, value in summary.items() if name not in ("changed", "judged_again")}
    return found


def alike(file: Path, since: Path, out: Path, **how: str) -> dict:
    """Hold a check of changes against a whole one; what the first one says of itself."""
    whole = out.with_name(f"{out.name}-whole")
    check_extract(file, whole, memory=True, **how)
    summary = check_extract(file, out, since=since, memory=True, **how).summary
    expected, found = left(whole), left(out)
    for name, table in expected.items():
        same = table.equals(found[name]) if isinstance(table, pl.DataFrame) else table == found[name]
        assert same, name
    return summary


@pytest.mark.parametrize(
    ("seed", "ending", "how"),
    [
        (1, "parquet", {"county": "paijat-hame"}),
        (2, "csv", {"as_of": "2026-04-10"}),
        (3, "parquet", {}),
        (4, "parquet", {"as_of": "2026-03-20"}),
    ],
)
def test_chained_days_leave_what_whole_checks_leave(tmp_path, seed, ending, how):
    rng = np.random.default_rng(seed)
    rows = mutated([row(number) for number in range(40)], rng)
    previous = tmp_path / "first"
    check_extract(stored(rows, tmp_path / f"0.{ending}", 8, {}), previous, memory=True, **how)
    for day in range(3):
        rows = mutated(mutated(rows, rng), rng)
        size = 8 + int(rng.random() < 0.2)
        file = stored(rows, tmp_path / f"{day + 1}.{ending}", size, {})
        alike(file, previous, tmp_path / f"{day}", **how)
        previous = tmp_path / f"{day}"


def through(monkeypatch) -> list[int]:
    """How many rows each call takes through the door."""
    from sources import door

    taken, whole = [], door.through_the_door
    monkeypatch.setattr(
        "sources.door.through_the_door",
        lambda extract, *a: taken.append(extract.frame.height) or whole(extract, *a),
    )
    return taken


def test_only_what_changed_goes_through_the_door(tmp_path, monkeypatch):
    rows = [row(number) for number in range(40)]
    check_extract(stored(rows, tmp_path / "a.parquet", 8, {}), tmp_path / "a", memory=True)
    taken = through(monkeypatch)
    rows[3] |= {"language": "sv"}
    check_extract(stored(rows, tmp_path / "b.parquet", 8, {}), tmp_path / "b", since=tmp_path / "a")
    check_extract(stored(rows, tmp_path / "b.csv", 8, {}), tmp_path / "c", since=tmp_path / "b")
    assert taken == [1, 40]  # a CSV file is not told alike with a Parquet file


def test_by_another_mapping_everything_goes_through_the_door_again(tmp_path, monkeypatch):
    rows = [row(number, language=str(number % 2)) for number in range(20)]
    file = stored(rows, tmp_path / "a.parquet", 8, {})
    check_extract(file, tmp_path / "a", memory=True)
    from counties import ExtractMapping

    other = ExtractMapping(table="documents", files="*", values={"language": {"0": "fi", "1": "sv"}})
    monkeypatch.setattr("assets.raw_documents._mapping", lambda _: other)
    taken = through(monkeypatch)
    assert alike(file, tmp_path / "a", tmp_path / "b")["changed"] == 40  # each once as it was, once as it is
    assert taken == [20, 20]


def test_a_file_whose_rows_are_not_told_one_by_one_goes_through_the_door_whole(tmp_path, monkeypatch):
    kinds, rows = {"municipality": pl.Float64()}, [row(number) for number in range(20)]
    check_extract(stored(rows, tmp_path / "a.parquet", 8, kinds), tmp_path / "a", memory=True)
    rows[3] |= {"language": "sv"}
    taken = through(monkeypatch)
    assert alike(stored(rows, tmp_path / "b.parquet", 8, kinds), tmp_path / "a", tmp_path / "b")["changed"] == 2
    assert taken == [20, 20]


def test_a_run_that_was_killed_before_its_rows_were_remembered_is_gone_on_from(tmp_path, monkeypatch):
    rows = [row(number) for number in range(20)]
    file = stored(rows, tmp_path / "a.parquet", 8, {})
    with monkeypatch.context() as patched:
        patched.setattr("sources.changes.memory.RowMemory.write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            check_extract(file, tmp_path / "a", memory=True)
    rows[3] |= {"language": "sv"}
    taken = through(monkeypatch)
    assert alike(stored(rows, tmp_path / "b.parquet", 8, {}), tmp_path / "a", tmp_path / "b")["changed"] == 2
    assert taken == [20, 20]
    rows[4] |= {"language": "sv"}
    alike(stored(rows, tmp_path / "c.parquet", 8, {}), tmp_path / "b", tmp_path / "c")
    assert taken == [20, 20, 20, 1]


def test_a_day_without_as_of_is_told_by_all_rows_and_not_only_by_those_looked_at(tmp_path):
    rows = [row(number) for number in range(20)]
    rows[12]["created_at"] = NOW + timedelta(days=9)
    check_extract(stored(rows, tmp_path / "a.parquet", 8, {}), tmp_path / "a", memory=True)
    rows[3] |= {"language": "sv"}
    summary = alike(stored(rows, tmp_path / "b.parquet", 8, {}), tmp_path / "a", tmp_path / "b")
    assert summary["as_of"] == f"{NOW.date() + timedelta(days=9)}"


def test_earlier_days_are_scored_anew_from_rows_that_were_not_looked_at_too(tmp_path):
    rows = [row(number) for number in range(20)]
    file = stored(rows, tmp_path / "a.parquet", 8, {})
    check_extract(file, tmp_path / "a", memory=True, as_of="2026-03-20")
    check_extract(file, tmp_path / "a2", as_of="2026-03-20")
    for out, how in (("b", {"since": tmp_path / "a"}), ("a2", {})):
        check_extract(file, tmp_path / out, rescore=True, as_of="2026-04-20", **how)
    left, right = (pl.read_parquet(tmp_path / out / "score_history.parquet") for out in ("b", "a2"))
    assert left.equals(right)


READ_BY_THE_NEXT = (
    *("violations.parquet", "score_history.parquet", "doc_checks/0/00001.parquet", "weights/0/00001.parquet"),
    *("memory/counts/0", "memory/reasons", "memory/terms.json", "memory/sizes.json", "memory/spines/*"),
)


def test_an_earlier_check_that_was_damaged_is_refused_before_anything_is_written(tmp_path):
    file = stored([row(number) for number in range(20)], tmp_path / "a.parquet", 8, {})
    check_extract(file, tmp_path / "a", memory=True)
    for pattern in READ_BY_THE_NEXT:
        damaged = shutil.copytree(tmp_path / "a", tmp_path / "damaged", dirs_exist_ok=True)
        path = next(damaged.glob(pattern))
        path.write_bytes(path.read_bytes()[:-1])
        if pattern != "memory/sizes.json":
            with pytest.raises(DamagedCheckError, match=f"{path.name} is not as .* check the whole extract with"):
                check_extract(file, tmp_path / "out", since=damaged)
        path.unlink()
        with pytest.raises((DamagedCheckError, FileNotFoundError), match="check the whole extract"):
            check_extract(file, tmp_path / "out", since=damaged)
    assert not (tmp_path / "out").exists()


def test_a_check_over_the_one_that_it_goes_on_from_is_refused_before_anything_is_written(tmp_path):
    rows = [row(number) for number in range(20)]
    rows[3] |= {"municipality": "999"}
    check_extract(stored(rows, tmp_path / "a.parquet", 8, {}), tmp_path / "a", memory=True)
    aside = (tmp_path / "a" / "quarantine.parquet").read_bytes()
    rows[4] |= {"municipality": "999"}
    with pytest.raises(ValueError, match="give another folder"):
        check_extract(stored(rows, tmp_path / "b.parquet", 8, {}), tmp_path / "a", since=tmp_path / "a")
    assert (tmp_path / "a" / "quarantine.parquet").read_bytes() == aside


@pytest.mark.parametrize("pattern", ["terms.json", "accepted.npy", "set_aside.parquet", "rows/*.npy"])
@pytest.mark.parametrize("left_of_it", [0, 0.5, None])
def test_of_rows_whose_memory_was_damaged_all_go_through_the_door(tmp_path, monkeypatch, pattern, left_of_it):
    rows = [row(number) for number in range(20)]
    file = stored(rows, tmp_path / "a.parquet", 8, {})
    check_extract(file, tmp_path / "a", memory=True)
    path = next((tmp_path / "a" / ROWS).glob(pattern))
    if left_of_it is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: int(left_of_it * path.stat().st_size)])
    taken = through(monkeypatch)
    alike(file, tmp_path / "a", tmp_path / "b")
    assert taken == [20, 20]


@pytest.mark.parametrize("name", ["copies[1]", "day=2026-03-02", "all*"])
def test_names_of_files_and_folders_may_hold_any_marks(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    rows = [row(number) for number in range(20)]
    check_extract(stored(rows, folder / f"{name}.parquet", 8, {}), folder / "a", memory=True)
    rows[3] |= {"language": "sv"}
    assert alike(stored(rows, folder / f"{name}.parquet", 8, {}), folder / "a", folder / "b")["changed"] == 2


def test_a_file_without_types_is_judged_on_an_earlier_day_too(tmp_path):
    def written(name: str, rows: list[dict[str, object]]) -> Path:
        path = stored(rows, tmp_path / name, 8, {})
        pl.read_parquet(path).drop("document_type", "service_task").write_parquet(path, row_group_size=8)
        return path

    rows = [row(number) for number in range(20)]
    check_extract(written("a.parquet", rows), tmp_path / "a", memory=True, as_of="2026-04-01")
    rows[3] |= {"language": "sv"}
    alike(written("b.parquet", rows), tmp_path / "a", tmp_path / "b", as_of="2026-03-20")
