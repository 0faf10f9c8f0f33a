"""Dagster's own storage in PostgreSQL, chosen by configuration: a stage runs and is recorded there."""

import dagster as dg
import polars as pl
import pytest

from assets.instance import open_instance
from assets.resources import Pipeline
from assets.stages import Stage
from lake.settings import load_settings

pytestmark = pytest.mark.postgres
VARIABLE = "PALVELUTARVE_TEST_DATABASE"

PEOPLE = Stage(
    name="people",
    group="intake",
    tables={"people": "people"},
    reads=(),
    code=("lake",),
    make=lambda run: {"people": pl.DataFrame({"area": [run.county.code]})},
)


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
