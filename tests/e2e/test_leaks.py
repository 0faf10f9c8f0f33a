"""No identifier and no text of a person is left in anything that a run writes or says."""

import base64
import gzip
import json
import sqlite3
import zipfile
import zlib
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.e2e.conftest import CODE, SLUG, Palvelutarve
from tests.e2e.leaks import FEW, NEEDLES, STEM, found_in, plant

LAKE_CODES = ("document_type", "status", "service_task", "process_phase", "author_role")


@pytest.fixture(scope="module")
def planted(demo, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / SLUG
    plant(demo, folder)
    return folder


@pytest.fixture(scope="module")
def run(planted, tmp_path_factory):
    """A house after the main job on planted extracts, and what the command said."""
    house = Palvelutarve(tmp_path_factory.mktemp("leaks"))
    done = house.run("run", "--county", SLUG, "--data", str(planted))
    return house, done


def leaks(folder: Path, *, but: tuple[Path, ...] = ()) -> dict[str, list[str]]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p not in but]
    assert files
    return {str(p.relative_to(folder)): hits for p in files if (hits := found_in(p))}


def test_the_search_finds_a_marker_in_every_wrapping(tmp_path):
    words = (
        f"before {STEM} after, long enough to be taken for an encoded part of a page or an event of a run. " * 2
    )
    (tmp_path / "plain.txt").write_text(words)
    pl.DataFrame({"a": [words]}).write_parquet(tmp_path / "table.parquet")
    (tmp_path / "page.html").write_bytes(b'<img src="data:x;base64,' + base64.b64encode(words.encode()) + b'">')
    (tmp_path / "log.gz").write_bytes(gzip.compress(words.encode()))
    (tmp_path / "print.pdf").write_bytes(b"%PDF-1.7\nstream\n" + zlib.compress(words.encode()) + b"\nendstream\n")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet.xml", words)
    with sqlite3.connect(tmp_path / "events.db") as events:
        events.execute("create table snapshots (body blob)")
        events.execute("insert into snapshots values (?)", (zlib.compress(words.encode()),))
    events.close()
    assert set(leaks(tmp_path)) == {p.name for p in tmp_path.iterdir()}


def test_the_planted_county_holds_every_marker(planted):
    found = {needle for file in planted.iterdir() for needle in found_in(file)}
    assert found >= set(NEEDLES[:4])


def test_the_run_on_planted_extracts_publishes(run):
    house, done = run
    assert done.returncode == 0, done.stderr[-3000:]
    assert (house.release / "situation" / "index.html").exists()
    for kind in ("dagster", "mlflow", "synthetic/lake", "synthetic/data_docs", "synthetic/restricted"):
        assert any((house.data / kind).rglob("*")), kind


def test_nothing_that_the_command_says_holds_a_marker(run):
    _, done = run
    said = (done.stdout + done.stderr).lower()
    assert [needle for needle in NEEDLES if needle in said] == []


def test_no_file_of_the_data_folder_holds_a_marker(run):
    """Releases, lake, work lists, Data Docs, Dagster's records, MLflow: all but the documents' own codes."""
    house, _ = run
    documents = house.data / "synthetic" / "lake" / "documents" / f"county={CODE}" / "part.parquet"
    assert leaks(house.data, but=(documents,)) == {}


def test_in_the_lake_only_codes_of_documents_stay_as_delivered(run):
    house, _ = run
    path = house.data / "synthetic" / "lake" / "documents" / f"county={CODE}" / "part.parquet"
    table = pl.read_parquet(path, hive_partitioning=False)
    texts = [name for name, kind in table.schema.items() if kind == pl.String and name not in LAKE_CODES]
    for name in texts:
        lower = table[name].drop_nulls().str.to_lowercase()
        for needle in NEEDLES:
            assert not lower.str.contains(needle, literal=True).any(), (name, needle)
    assert table["text_has_identity_code"].all()
    assert table["client_id_miswritten"].drop_nulls().to_list() == [True] * FEW


def test_what_was_set_aside_is_counted_without_its_values(run):
    house, _ = run
    lake = house.data / "synthetic" / "lake"
    for table, reason in {"documents": "unknown_municipality", "service_events": "not_allowed",
                          "waiting_list": "not_a_date", "observations": "not_allowed"}.items():  # fmt: skip
        path = lake / f"quarantine_{table}" / f"county={CODE}" / "part.parquet"
        assert reason in pl.read_parquet(path, hive_partitioning=False)["reason"].to_list(), table


def test_a_check_of_the_planted_documents_writes_no_marker(planted, tmp_path):
    from cli import app

    result = CliRunner().invoke(app, ["check", str(planted / "documents.parquet"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["violations"] > 0
    assert leaks(tmp_path) == {}
    assert STEM not in result.output


def test_what_a_check_remembers_for_the_next_one_holds_no_marker(planted, tmp_path, monkeypatch):
    from cli import app

    monkeypatch.setenv("PALVELUTARVE_PSEUDONYM_KEY", "00" * 32)
    first, second = tmp_path / "out/first", tmp_path / "out/second"
    documents = pl.read_parquet(planted / "documents.parquet")
    changed = tmp_path / "changed.parquet"
    documents.with_columns(language=pl.lit(None, dtype=pl.String)).tail(500).write_parquet(changed)
    edited = tmp_path / "edited.parquet"
    few = pl.int_range(pl.len()) < FEW
    documents.with_columns(pl.when(few).then(pl.lit("sv")).otherwise("language").alias("language")).write_parquet(
        edited, row_group_size=500
    )
    third = tmp_path / "out/third"
    for file, out, options in (
        (planted / "documents.parquet", first, ["--remember"]),
        (changed, second, ["--since", str(first)]),
        (edited, third, ["--since", str(first)]),
    ):
        result = CliRunner().invoke(app, ["check", str(file), "--out", str(out), *options])
        assert result.exit_code == 0, result.output
        assert STEM not in result.output
    assert list((second / "memory/hashes").iterdir())
    assert list((second / "memory/counts").iterdir())
    for out in (first, second, third):
        assert list((out / "memory/rows/rows").iterdir())
    assert pl.read_parquet(third / "memory/rows/set_aside.parquet").height > 0
    assert leaks(tmp_path / "out") == {}


def test_the_message_of_a_library_that_repeats_a_value_is_withheld(tmp_path, monkeypatch, capfd):
    from assets.resources import Pipeline
    from assets.stages import CountyRun, Stage

    def parse(run: CountyRun) -> dict[str, pl.DataFrame]:
        return {"people": pl.DataFrame({"born": pl.Series([f"{STEM}-born"]).str.to_date("%Y-%m-%d")})}

    with pytest.raises(pl.exceptions.PolarsError, match=STEM):  # the library does repeat it
        parse(None)  # type: ignore[arg-type]
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PALVELUTARVE_PROGRESS", "1")
    (tmp_path / "home").mkdir()
    stage = Stage(
        name="people",
        group="intake",
        tables={"people": "people"},
        reads=(),
        code=("lake",),
        make=parse,
        personal=True,
    )
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as instance:
        result = dg.materialize(
            [stage.assets()],
            resources={"pipeline": Pipeline(as_of=date(2026, 10, 31).isoformat())},
            partition_key="lappi",
            instance=instance,
            raise_on_error=False,
        )
        (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert not result.success
    assert "its message is withheld" in str(failure.step_failure_data.error)
    assert leaks(tmp_path) == {}
    assert STEM not in "".join(capfd.readouterr())
