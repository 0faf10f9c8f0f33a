"""Dagster's own storage in PostgreSQL, chosen by configuration: a stage runs and is recorded there."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.instance import open_instance
from assets.resources import Pipeline
from assets.stages import Stage
from lake.settings import load_settings

pytestmark = pytest.mark.postgres
VARIABLE = "PALVELUTARVE_TEST_DATABASE"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))

PEOPLE = Stage(
    name="people",
    group="intake",
    tables={"people": "people"},
    reads=(),
    code=("lake",),
    make=lambda run: {"people": pl.DataFrame({"area": [run.county.code]})},
)


def program(name: str) -> str:
    found = PROGRAMS[-1] / name if PROGRAMS else shutil.which(name)
    if not found or not Path(found).exists():
        pytest.skip(f"PostgreSQL's program {name} is not on this machine")
    return str(found)


def as_server_user(*command: str) -> None:
    """Run a program of PostgreSQL; they refuse root, so root takes the part of the user postgres."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL's programs refuse root, and there is no user postgres")
        user = pwd.getpwnam("postgres")
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    done = subprocess.run([*prefix, *command], cwd="/", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """URL of a server of our own on loopback, started for this module in a folder its user may read."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="palvelutarve-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = str(folder / "cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        as_server_user(initdb, "-D", cluster, "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        as_server_user(pg_ctl, "-D", cluster, "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
        finally:
            as_server_user(pg_ctl, "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(database, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, database)
    file = tmp_path / "settings.yaml"
    file.write_text(f"data: {tmp_path / 'data'}\ndagster_database_variable: {VARIABLE}\n", encoding="utf-8")
    monkeypatch.setenv("PALVELUTARVE_SETTINGS", str(file))
    monkeypatch.delenv("PALVELUTARVE_DATA", raising=False)
    return load_settings()


def test_a_stage_runs_with_its_records_in_the_server(settings, database):
    with open_instance(settings) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        assert "Postgres" in type(instance.run_storage).__name__
        assert "Postgres" in type(instance.schedule_storage).__name__
        result = dg.materialize(
            [PEOPLE.assets()],
            resources={"pipeline": Pipeline(as_of="2026-10-31")},
            partition_key="lappi",
            instance=instance,
        )
        assert result.success
    with open_instance(settings) as again:  # another start finds what the first one wrote
        assert again.get_run_by_id(result.run_id).status == dg.DagsterRunStatus.SUCCESS
        assert again.get_materialized_partitions(dg.AssetKey("people")) == {"lappi"}
    assert (settings.lake / "people" / "county=21" / "part.parquet").exists()
    assert not list(settings.dagster_home.rglob("*.db"))


def test_the_address_stands_in_no_file(settings, database):
    with open_instance(settings):
        pass
    for file in settings.dagster_home.rglob("*"):
        assert not file.is_file() or database not in file.read_text(encoding="utf-8", errors="ignore"), file
