"""Live fetching end to end: from the publishers' protocol to a folder that a run reads."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest
import yaml

from assets.fetching import fetch_boundaries, fetch_sotkanet, fetch_statfin
from assets.open_data import statistics_download
from assets.publishing import _boundaries
from assets.resources import Pipeline
from counties import load_county
from lake.settings import Settings
from sources.fetched import read_open_data
from tests.replay import tables
from tests.replay.server import replaying

TODAY = date(2026, 5, 1)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setitem(tables.MUNICIPALITIES, "092", "Vantaa")
    monkeypatch.setitem(tables.MUNICIPALITIES, "245", "Kerava")
    with replaying() as running:
        yield running


@pytest.fixture
def settings(server, tmp_path) -> Settings:
    return Settings(data=tmp_path, statfin_url=server.statfin, sotkanet_url=server.sotkanet)


def test_what_is_fetched_is_what_a_run_reads(settings):
    written = fetch_statfin(settings, "vantaa-kerava", TODAY)
    assert {path.name for path in written} == {"population.parquet", "projection.parquet", "languages.parquet"}
    read = read_open_data(settings.open_data("vantaa-kerava"), load_county("vantaa-kerava"))
    assert set(read.population["area"].unique()) == {"092", "245"}
    assert read.population["age"].max() == 100
    assert set(read.projection["variant"].unique()) == {"trend", "no_migration"}
    assert "11re" in read.population["vintage"][0]


def test_an_unchanged_table_is_not_downloaded_again(settings, server):
    first = fetch_statfin(settings, "vantaa-kerava", TODAY)
    bytes_before = [path.read_bytes() for path in first]
    asked = len(server.asked("", "POST"))
    again = fetch_statfin(settings, "vantaa-kerava", TODAY)
    assert [path.read_bytes() for path in again] == bytes_before
    assert len(server.asked("", "POST")) - asked <= 4  # one cell per table tells whether it was updated


def test_indicators_that_are_gone_or_empty_are_told(settings):
    *_, findings = fetch_sotkanet(settings, "vantaa-kerava", TODAY)
    told = pl.read_csv(findings)
    assert "not_found" in told["kind"].to_list()
    indicators = pl.read_parquet(settings.open_data("vantaa-kerava") / "indicators.parquet")
    assert "171" in indicators["indicator"].to_list()


def test_a_county_is_drawn_by_its_own_boundaries_or_by_those_of_all_counties(server, tmp_path):
    settings = Settings(data=tmp_path, boundaries_url=server.shapes)
    run = SimpleNamespace(settings=settings, slug="vantaa-kerava", folder=tmp_path / "input")
    others = settings.boundaries("lappi")
    others.parent.mkdir()
    others.write_text("{}")
    assert _boundaries(run) is None
    of_all = others.with_name("municipalities.geojson")
    of_all.write_text("{}")
    assert _boundaries(run) == of_all
    (fetched,) = fetch_boundaries(settings, "vantaa-kerava", TODAY)
    assert _boundaries(run) == fetched


def test_a_map_server_that_fails_stops_no_figures(server, tmp_path, monkeypatch):
    server.counties |= {"092": "04", "245": "04"}
    server.classification_years[str(datetime.now(UTC).year)] = "1"
    settings = Settings(
        data=tmp_path / "data",
        statfin_url=server.statfin,
        sotkanet_url=server.sotkanet,
        classifications_url=server.classifications,
        boundaries_url=server.shapes,
    )
    written = {name: str(value) for name, value in settings.model_dump(exclude_defaults=True).items()}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    monkeypatch.setenv("PALVELUTARVE_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.delenv("PALVELUTARVE_DATA", raising=False)

    def download(instance):
        pipeline = {"pipeline": Pipeline()}
        return dg.materialize(
            [statistics_download], partition_key="vantaa-kerava", resources=pipeline, instance=instance
        )

    with dg.DagsterInstance.ephemeral() as instance:
        server.misbehave("404", "wfs")
        assert download(instance).success
        assert (settings.open_data("vantaa-kerava") / "indicators.parquet").exists()
        assert not settings.boundaries("vantaa-kerava").exists()
        assert download(instance).success
        assert settings.boundaries("vantaa-kerava").exists()
