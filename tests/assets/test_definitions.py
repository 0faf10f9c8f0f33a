"""The definitions load light, hold what is promised, and change only on purpose."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from snapshot import SNAPSHOT, definitions_graph  # noqa: E402

HEAVY = (
    "great_expectations", "mlflow", "statsmodels", "sklearn", "scipy", "pandas", "polars", "numpy", "altair",
    "vl_convert", "typst", "duckdb", "distributed", "httpx",
)  # fmt: skip


def test_loading_the_definitions_imports_no_heavy_library():
    code = (
        f"import sys, assets.definitions; print([m for m in {HEAVY!r} if m in sys.modules and not m == 'numpy'])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def graph() -> dict:
    return definitions_graph()


def test_the_graph_is_the_one_that_was_reviewed(graph):
    """When the graph changes on purpose: `python tests/assets/snapshot.py`, and read the difference."""
    assert graph == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_a_run_has_few_steps(graph):
    assert len(graph["jobs"]["main"]) <= 25


def test_every_asset_is_described_owned_and_labelled():
    from assets.definitions import defs

    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.group_name != "default", spec.key


def test_schedules_and_sensors_are_off_until_turned_on():
    from dagster import DefaultScheduleStatus, DefaultSensorStatus

    from assets.definitions import defs

    repository = defs.get_repository_def()
    assert all(s.default_status == DefaultScheduleStatus.STOPPED for s in repository.schedule_defs)
    assert all(s.default_status == DefaultSensorStatus.STOPPED for s in repository.sensor_defs)
