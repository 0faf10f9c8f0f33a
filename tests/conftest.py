"""Fixtures shared by every room's tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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
# Files that look at the same published edition: one process makes it once for all of them.
SHARE_THE_EDITION = ("test_main_job", "test_serve", "test_browser", "test_disclosure", "test_rounding")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of one file stay in one process when files run side by side, so that their fixtures are made once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "edition" if Path(file).stem in SHARE_THE_EDITION else file

    return ByFile(config, log)


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
