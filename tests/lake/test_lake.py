"""The lake: a reader sees the old file or the new one; equal tables are equal bytes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.atomic import folder_replaced, remove_abandoned, write_bytes, write_text, written_atomically
from lake.fingerprint import code_fingerprint, file_fingerprint, fingerprint
from lake.releases import Releases
from lake.tables import Lake, MissingTableError

ROOT = Path(__file__).resolve().parents[2]
FRAME = pl.DataFrame({"code": ["ä", None], "n": [1, 2], "x": [0.1, 2.0]})
OTHER = pl.DataFrame({"code": ["b"], "n": [3], "x": [1.5]})


def killed(code: str, folder: Path) -> int:
    """Run code in a process of its own, which kills itself with signal 9; returns the signal."""
    lines = f"import os, signal\nfrom pathlib import Path\nfolder = Path({str(folder)!r})\n"
    lines += "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n" + textwrap.dedent(code)
    return -subprocess.run([sys.executable, "-c", lines], cwd=ROOT, timeout=60, check=False).returncode


def editions(releases: Releases) -> tuple[str, ...]:
    """Published editions, oldest first; what stands half written begins with a dot."""
    names = (path.name for path in releases.folder.glob("*") if path.is_dir())
    return tuple(sorted(name for name in names if not name.startswith(".")))


HALF_A_FILE = """
    from lake.atomic import written_atomically
    with written_atomically(folder / "t.parquet") as temporary:
        temporary.write_bytes(b"half of the n")
        die()
"""
HALF_A_TABLE = """
    import polars as pl
    from lake.tables import Lake
    os.fsync = die  # after the bytes, before the renaming
    Lake(folder).write("t", "09", pl.DataFrame({"code": ["b"], "n": [3], "x": [1.5]}), "new")
"""
HALF_A_RELEASE = """
    from lake.releases import Releases
    with Releases(folder, "09").publishing("2026-11") as staging:
        (staging / "page.html").write_text("half")
        die()
"""
A_RELEASE_WITHOUT_POINTER = """
    import lake.releases
    lake.releases.write_text = die
    with lake.releases.Releases(folder, "09").publishing("2026-11") as staging:
        (staging / "page.html").write_text("november")
"""


def files(folder: Path) -> set[str]:
    return {p.name for p in folder.rglob("*") if p.is_file()}


class TestAtomicWrites:
    def test_a_write_that_is_killed_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "t.parquet"
        write_bytes(path, b"old")

        assert killed(HALF_A_FILE, tmp_path) == signal.SIGKILL
        assert path.read_bytes() == b"old"
        assert list(tmp_path.glob("*.parquet")) == [path]

    def test_the_write_after_a_killed_one_succeeds(self, tmp_path):
        path = tmp_path / "t.parquet"

        assert killed(HALF_A_FILE, tmp_path) == signal.SIGKILL
        assert not path.exists()
        write_bytes(path, b"whole")
        assert path.read_bytes() == b"whole"

    def test_a_write_that_raises_leaves_the_old_file_and_nothing_beside_it(self, tmp_path):
        path = tmp_path / "a" / "t.txt"
        write_text(path, "vanha\n")
        with pytest.raises(RuntimeError, match="stop"), written_atomically(path) as temporary:
            temporary.write_text("uusi")
            raise RuntimeError("stop")
        assert path.read_text(encoding="utf-8") == "vanha\n"
        assert files(tmp_path) == {"t.txt"}

    def test_what_a_dead_process_left_is_removed_and_a_living_ones_file_stays(self, tmp_path):
        gone = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
        )
        host = socket.gethostname()
        left = tmp_path / f".part.parquet.{host}.{gone.stdout.strip()}.writing"
        own = tmp_path / f".part.parquet.{host}.{os.getpid()}.writing"
        elsewhere = tmp_path / f".part.parquet.another-{host}.{gone.stdout.strip()}.writing"
        for file in (left, own, elsewhere):
            file.write_bytes(b"half")
        assert remove_abandoned(tmp_path) == 1
        assert sorted(tmp_path.iterdir()) == sorted([own, elsewhere])

    def test_line_ends_stay_as_they_are(self, tmp_path):
        write_text(tmp_path / "t", "a\r\nb\nä")
        assert (tmp_path / "t").read_bytes() == "a\r\nb\nä".encode()


class TestTables:
    def test_a_table_comes_back_as_it_was(self, tmp_path):
        lake = Lake(tmp_path)
        info = lake.write("population", "09", FRAME, "abc")
        assert lake.read("population", "09").equals(FRAME)
        assert (info.rows, lake.info("population", "09")) == (2, info)
        assert lake.path("population", "09") == tmp_path / "population" / "county=09" / "part.parquet"

    def test_a_table_knows_the_day_that_it_speaks_of(self, tmp_path):
        lake = Lake(tmp_path)
        lake.write("dated", "09", FRAME, "abc", date(2026, 10, 31))
        lake.write("undated", "09", FRAME, "abc")
        assert [lake.info(name, "09").as_of for name in ("dated", "undated")] == ["2026-10-31", ""]

    def test_equal_tables_are_equal_bytes(self, tmp_path):
        for name in ("a", "b"):
            Lake(tmp_path / name).write("t", "09", FRAME.clone(), "abc")
        first, second = (Lake(tmp_path / name).path("t", "09").read_bytes() for name in ("a", "b"))
        assert first == second

    def test_other_rows_or_inputs_are_other_bytes(self, tmp_path):
        lake = Lake(tmp_path)
        written = set()
        for frame, inputs in ((FRAME, "a"), (FRAME, "b"), (OTHER, "a")):
            lake.write("t", "09", frame, inputs)
            written.add(lake.path("t", "09").read_bytes())
        assert len(written) == 3

    def test_a_table_is_current_for_its_own_inputs_only(self, tmp_path):
        lake = Lake(tmp_path)
        assert not lake.is_current("t", "09", "abc")
        lake.write("t", "09", FRAME, "abc")
        assert lake.is_current("t", "09", "abc")
        assert not lake.is_current("t", "09", "abd") and not lake.is_current("t", "21", "abc")

    def test_a_table_that_nobody_wrote_says_what_to_run(self, tmp_path):
        with pytest.raises(MissingTableError, match="table 't' of county 09 is not in the lake; run the step"):
            Lake(tmp_path).read("t", "09")
        assert not Lake(tmp_path).has("t", "09")

    @pytest.mark.parametrize("damage", [b"", b"PAR1 not parquet", b"PAR1\x00\x00\x00\x00PAR1"])
    def test_a_damaged_file_is_never_current(self, tmp_path, damage):
        lake = Lake(tmp_path)
        lake.write("t", "09", FRAME, "abc")
        lake.path("t", "09").write_bytes(damage)
        assert lake.info("t", "09") is None and not lake.is_current("t", "09", "abc")

    def test_a_parquet_file_of_others_is_never_current(self, tmp_path):
        lake = Lake(tmp_path)
        lake.path("t", "09").parent.mkdir(parents=True)
        FRAME.write_parquet(lake.path("t", "09"))
        assert lake.info("t", "09") is None

    def test_a_table_whose_rewriting_is_killed_is_still_the_old_one(self, tmp_path):
        lake = Lake(tmp_path)
        lake.write("t", "09", FRAME, "old")
        before = lake.path("t", "09").read_bytes()

        assert killed(HALF_A_TABLE, tmp_path) == signal.SIGKILL
        assert lake.path("t", "09").read_bytes() == before and lake.is_current("t", "09", "old")
        lake.write("t", "09", OTHER, "new")
        undisturbed = Lake(tmp_path / "other")
        undisturbed.write("t", "09", OTHER, "new")
        assert lake.path("t", "09").read_bytes() == undisturbed.path("t", "09").read_bytes()

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.tuples(st.none() | st.text(max_size=5), st.integers(-5, 5)), max_size=6))
    def test_any_table_comes_back(self, tmp_path_factory, rows):
        lake = Lake(tmp_path_factory.mktemp("lake"))
        frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64}, orient="row")
        lake.write("t", "09", frame, "x")
        assert lake.read("t", "09").equals(frame)


class TestReleases:
    def publish(self, releases: Releases, edition: str, text: str) -> None:
        with releases.publishing(edition) as folder:
            (folder / "page.html").write_text(text)

    def page(self, releases: Releases) -> str:
        return (releases.path(releases.current() or "") / "page.html").read_text()

    def test_what_is_published_becomes_current_and_the_old_stays(self, tmp_path):
        releases = Releases(tmp_path, "09")
        assert releases.current() is None and editions(releases) == ()
        self.publish(releases, "2026-10", "october")
        self.publish(releases, "2026-11", "november")
        assert releases.current() == "2026-11"
        assert editions(releases) == ("2026-10", "2026-11")
        assert (releases.path("2026-10") / "page.html").read_text() == "october"

    def test_an_edition_published_again_replaces_itself_whole(self, tmp_path):
        releases = Releases(tmp_path, "09")
        with releases.publishing("2026-11") as folder:
            (folder / "old.html").write_text("old")
        self.publish(releases, "2026-11", "new")
        assert files(releases.path("2026-11")) == {"page.html"}
        assert sorted(p.name for p in releases.folder.iterdir()) == ["2026-11", "current.json"]

    def test_a_release_that_raises_changes_nothing(self, tmp_path):
        releases = Releases(tmp_path, "09")
        self.publish(releases, "2026-10", "october")
        with pytest.raises(RuntimeError), releases.publishing("2026-11") as folder:
            (folder / "page.html").write_text("half")
            raise RuntimeError
        assert (releases.current(), editions(releases)) == ("2026-10", ("2026-10",))

    def test_a_release_that_is_killed_changes_nothing_and_the_next_one_clears_up(self, tmp_path):
        releases = Releases(tmp_path, "09")
        self.publish(releases, "2026-10", "october")

        assert killed(HALF_A_RELEASE, tmp_path) == signal.SIGKILL
        assert (releases.current(), editions(releases)) == ("2026-10", ("2026-10",))
        self.publish(releases, "2026-11", "november")
        assert self.page(releases) == "november"
        assert not list(releases.folder.glob(".*"))

    def test_a_release_killed_between_its_renames_is_healed_by_the_next(self, tmp_path):
        releases = Releases(tmp_path, "09")
        self.publish(releases, "2026-10", "october")
        releases.path("2026-10").rename(releases.folder / ".2026-10.1.old")
        self.publish(releases, "2026-11", "november")
        assert editions(releases) == ("2026-10", "2026-11")
        assert (releases.path("2026-10") / "page.html").read_text() == "october"

    def test_the_pointer_never_names_an_edition_that_is_not_there(self, tmp_path):
        releases = Releases(tmp_path, "09")
        self.publish(releases, "2026-10", "october")

        assert killed(A_RELEASE_WITHOUT_POINTER, tmp_path) == signal.SIGKILL
        assert self.page(releases) == "october"


class TestFingerprints:
    def test_equal_parts_have_equal_fingerprints_whatever_the_order_of_keys(self):
        assert fingerprint({"a": 1, "b": [2, None]}) == fingerprint({"b": [2, None], "a": 1})
        assert len(fingerprint("x")) == 16

    @pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": [1]}, {"b": 1}, None])
    def test_other_parts_have_other_fingerprints(self, other):
        assert fingerprint({"a": 1}) != fingerprint(other)

    def test_parts_do_not_run_together(self):
        assert fingerprint("ab", "c") != fingerprint("a", "bc")

    def test_a_file_is_its_bytes(self, tmp_path):
        (tmp_path / "a").write_bytes(b"1" * (1 << 21))
        (tmp_path / "b").write_bytes(b"1" * (1 << 21))
        (tmp_path / "c").write_bytes(b"1" * ((1 << 21) - 1) + b"2")
        a, b, c = (file_fingerprint(tmp_path / name) for name in "abc")
        assert a == b != c

    def test_code_changes_when_a_source_changes_and_not_when_a_note_does(self, tmp_path):
        (tmp_path / "a.py").write_text("1")
        before = code_fingerprint(tmp_path)
        (tmp_path / "note.txt").write_text("x")
        assert code_fingerprint(tmp_path) == before
        (tmp_path / "a.py").write_text("2")
        assert code_fingerprint(tmp_path) != before

    def test_a_single_file_of_code_counts_and_one_that_is_not_there_is_refused(self, tmp_path):
        (tmp_path / "a.py").write_text("1")
        before = code_fingerprint(tmp_path / "a.py")
        (tmp_path / "a.py").write_text("2")
        assert code_fingerprint(tmp_path / "a.py") != before
        with pytest.raises(FileNotFoundError, match=r"b\.py: there is no such code"):
            code_fingerprint(tmp_path / "b.py")

    def test_code_moved_to_another_folder_is_other_code(self, tmp_path):
        for place in ("x", "y"):
            (tmp_path / place / "sub").mkdir(parents=True)
        (tmp_path / "x" / "a.py").write_text("1")
        (tmp_path / "y" / "sub" / "a.py").write_text("1")
        assert code_fingerprint(tmp_path / "x") != code_fingerprint(tmp_path / "y")


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "units"
    with folder_replaced(folder) as filling:
        (filling / "a").write_text("one")
    with pytest.raises(RuntimeError), folder_replaced(folder) as filling:
        (filling / "b").write_text("two")
        raise RuntimeError("broken")
    assert [p.name for p in folder.iterdir()] == ["a"]
    with folder_replaced(folder) as filling:
        (filling / "c").write_text("three")
    assert [p.name for p in tmp_path.rglob("*")] == ["units", "c"]


def test_a_folder_stands_again_when_the_second_rename_fails(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "units"
    with folder_replaced(folder) as filling:
        (filling / "kept").touch()
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.name.endswith(".writing"):
            raise OSError("no more")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", broken)
        with pytest.raises(OSError, match="no more"), folder_replaced(folder) as filling:
            (filling / "new").touch()
    assert [str(p.relative_to(tmp_path)) for p in sorted(tmp_path.rglob("*"))] == ["units", "units/kept"]


@pytest.mark.parametrize("name", ["units", "units[1]"])
def test_a_folder_left_between_two_renames_is_put_back(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    dead = subprocess.Popen(["true"])
    dead.wait()
    for ending, content in (("old", "kept"), ("writing", "half")):
        left = tmp_path / f".{name}.{socket.gethostname()}.{dead.pid}.{ending}"
        left.mkdir()
        (left / content).touch()
    with pytest.raises(RuntimeError), folder_replaced(folder):
        raise RuntimeError("broken")
    assert [p.name for p in folder.iterdir()] == ["kept"]
    assert [p.name for p in tmp_path.iterdir()] == [name]
