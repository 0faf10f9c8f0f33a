"""Fixtures shared by every room's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every machine: a red run says that the code changed, not that luck did.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real open data beside the checkout; the tests that read it skip visibly when it is absent."""
    folder = Path(os.environ.get("PALVELUTARVE_REAL_DATA", ROOT.parent / "shared" / "data" / "real"))
    if not (folder / "README.md").exists():
        pytest.skip("the real open data is not beside the checkout (../shared/data/real)")
    return folder
