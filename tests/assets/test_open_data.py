"""A job for a county that has no input says how to give it some."""

import dagster as dg

from assets.open_data import OPEN_DATA_STAGES
from assets.resources import Pipeline
from lake.settings import load_settings


def failure(data: str = "") -> str:
    result = dg.materialize(
        [stage.assets() for stage in OPEN_DATA_STAGES if stage.name == "open_data"],
        resources={"pipeline": Pipeline(data=data, as_of="2026-10-31")},
        partition_key="lappi",
        raise_on_error=False,
    )
    error = result.failure_data_for_node("open_data").error
    while error.cause is not None:
        error = error.cause
    return error.message


def test_a_county_without_input_is_told_where_to_put_it_and_how_to_make_some(tmp_path, monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    settings = load_settings()
    told = failure()
    assert str(settings.landing("lappi")) in told
    assert f"palvelutarve demo --county lappi --out {settings.demo('lappi')}" in told
    assert "palvelutarve demo" not in failure(str(tmp_path / "mistyped"))
