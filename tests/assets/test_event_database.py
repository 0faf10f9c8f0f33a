"""Dagster's SQLite files stay open while a run writes to them, and nothing else does."""

import sqlite3
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from assets.event_database import MOST_OPEN, keep_open, kept, let_go
from assets.event_log import MOST_ENGINES, EventLog
from assets.instance import event_log


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    yield folder
    let_go(folder)


@dg.op
def nothing() -> None: ...


@dg.job
def idle() -> None:
    nothing()


def run_once(home: Path) -> dg.DagsterInstance:
    instance = dg.DagsterInstance.local_temp(str(home), overrides=event_log(home))
    assert idle.execute_in_process(instance=instance).success
    return instance


def logs(home: Path) -> list[Path]:
    """Write-ahead logs, which go when the last connection to their file is closed."""
    return list(home.rglob("*.db-wal"))


def test_files_of_a_run_stay_open_and_hold_all_events(home):
    run_once(home)
    assert logs(home) == []
    keep_open(home)
    with run_once(home) as instance:
        (latest, *_) = instance.get_runs(limit=1)
        assert {f"{latest.run_id}.db", "runs.db", "index.db"} <= kept(home)
        assert {f"{name}-wal" for name in kept(home)} <= {path.name for path in logs(home)}
        before = len(instance.all_logs(latest.run_id))
        let_go(home)
        assert kept(home) == set()
        assert len(instance.all_logs(latest.run_id)) == before > 5
    assert logs(home) == []


def test_a_run_can_be_deleted_and_only_so_many_files_are_kept(home):
    keep_open(home)
    for _ in range(MOST_OPEN):
        instance = run_once(home)
    assert len(kept(home)) == MOST_OPEN
    for run in instance.get_runs():
        instance.delete_run(run.run_id)
    assert instance.get_runs() == []
    assert run_once(home).get_runs(limit=1)


def synchronous(file: Path) -> int:
    with sa.create_engine(f"sqlite:///{file}").connect() as connection:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar_one()


def test_other_files_are_left_as_they_are(home, tmp_path):
    keep_open(home)
    files = {"home/wal.db": "wal", "home/plain.db": "delete", "other.db": "wal"}
    for name, mode in files.items():
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
            connection.execute("CREATE TABLE t (x)")
    full, normal = 2, 1
    assert [synchronous(tmp_path / name) for name in files] == [normal, full, full]
    assert kept(tmp_path) == {"wal.db"}


def test_each_file_of_the_event_log_has_one_engine_and_dagster_reads_it(home, monkeypatch):
    made = []
    storage = "dagster._core.storage.event_log.sqlite.sqlite_event_log"
    monkeypatch.setattr(
        f"{storage}.create_engine", lambda *given, **named: made.append(given) or sa.create_engine(*given, **named)
    )
    instance = run_once(home)
    assert isinstance(instance.event_log_storage, EventLog)
    assert len(made) == len(set(made)) + 1  # the index once more: its tables are made before its first use
    (latest,) = instance.get_runs()
    told = [entry.dagster_event.event_type for entry in instance.all_logs(latest.run_id) if entry.dagster_event]
    plain = dg.DagsterInstance.local_temp(str(home))
    assert type(plain.event_log_storage) is not EventLog
    assert [e.dagster_event.event_type for e in plain.all_logs(latest.run_id) if e.dagster_event] == told
    assert dg.DagsterEventType.RUN_SUCCESS in told


def test_the_event_log_goes_on_after_many_runs_and_after_a_wipe(home):
    for _ in range(MOST_ENGINES + 1):
        instance = run_once(home)
    assert all(len(instance.all_logs(run.run_id)) > 5 for run in instance.get_runs())
    instance.event_log_storage.wipe()
    assert idle.execute_in_process(instance=instance).success
    assert len(instance.all_logs(instance.get_runs(limit=1)[0].run_id)) > 5
