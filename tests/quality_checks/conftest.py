"""Fixtures of the record-quality tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
if "quality_documents" not in sys.modules:
    _spec = importlib.util.spec_from_file_location("quality_documents", _HERE / "documents.py")
    assert _spec and _spec.loader
    _module = importlib.util.module_from_spec(_spec)
    sys.modules["quality_documents"] = _module
    _spec.loader.exec_module(_module)


@pytest.fixture(scope="session")
def catalogue():
    from quality_checks.rules import load_catalogue

    return load_catalogue()


@pytest.fixture(scope="session")
def judged(catalogue):
    """`judged(documents)` checks hand-made documents by the shipped catalogue."""
    from quality_documents import AREAS, AS_OF, frame

    from quality_checks.checking import check

    def judge(documents, *, as_of=AS_OF, settings=None, rules=catalogue):
        return check(frame(*documents), rules, as_of=as_of, area_of_municipality=AREAS, settings=settings)

    return judge
