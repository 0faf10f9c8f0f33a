"""Arrows go one way: what each room may import, read from the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "counties": set(),
    "lake": set(),
    "forecasting": set(),
    "quality_checks": set(),
    "indicators": set(),
    "sources": {"counties", "lake"},
    "reporting": {"counties", "lake"},
}
ROOMS = {*MAY_IMPORT, "assets", "cli"}


def imports(path: Path) -> set[str]:
    """Top-level packages that a module imports anywhere, functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_lies_below_it(room):
    modules = sorted((ROOT / room).rglob("*.py"))
    assert modules
    for path in modules:
        wrong = imports(path) & (ROOMS | {"dagster"}) - MAY_IMPORT[room] - {room}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_every_room_is_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert rooms <= ROOMS
    for room in sorted(rooms):
        assert f"`{room}/`" in text, room
