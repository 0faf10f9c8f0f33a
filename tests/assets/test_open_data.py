"""A job for a county that has no input says how to give it some."""

import dagster as dg
import pytest

from assets.intake import INTAKE_STAGES
from assets.open_data import OPEN_DATA_STAGES
from assets.resources import Pipeline
from lake.settings import load_settings

FIRST = [stage for stage in (*OPEN_DATA_STAGES, *INTAKE_STAGES) if not stage.reads]


def failures(data: str = "") -> dict[str, str]:
    """What each step that begins from the input says when it fails."""
    result = dg.materialize(
        [stage.assets() for stage in FIRST],
        resources={"pipeline": Pipeline(data=data, as_of="2026-10-31")},
        partition_key="lappi",
        raise_on_error=False,
    )
    found = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            found[event.step_key] = error.message
    return found


def failure(data: str = "") -> str:
    return failures(data)["open_data"]


def test_a_county_without_input_is_told_where_to_put_it_and_how_to_make_some(tmp_path, monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    settings = load_settings()
    told = failure()
    assert str(settings.landing("lappi")) in told
    assert f"palvelutarve demo --county lappi --out {settings.demo('lappi')}" in told
    assert "palvelutarve demo" not in failure(str(tmp_path / "mistyped"))


@pytest.mark.parametrize("data", ["", "gone"])
def test_without_input_no_step_writes_into_the_lake(tmp_path, monkeypatch, data):
    """A folder that is gone is none that holds nothing: empty tables would take the place of the county's own."""
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    assert set(failures(data and str(tmp_path / data))) == {stage.name for stage in FIRST}
    assert not list(tmp_path.rglob("*.parquet"))
