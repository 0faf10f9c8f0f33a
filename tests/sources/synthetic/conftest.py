"""One synthetic county for the tests that only read it."""

from __future__ import annotations

import pytest

from sources.synthetic import DemoSummary, write_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """Päijät-Häme at a tenth of its size."""
    return write_demo("paijat-hame", tmp_path_factory.mktemp("demo") / "paijat-hame", scale=0.1)
