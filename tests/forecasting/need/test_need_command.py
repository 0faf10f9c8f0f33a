"""`palvelutarve need` as its user meets it: what it says of options and files that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app


def need(*options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["need", *options])
    return done.exit_code, done.stderr


@pytest.mark.parametrize("day", ["2026-13-40", "2026", "tomorrow"])
def test_an_as_of_that_is_no_day_is_refused_before_any_file_is_read(day: str, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.csv")
    code, said = need("--population", absent, "--projection", absent, "--counts", absent,
                      "--out", str(tmp_path / "out"), "--as-of", day)  # fmt: skip
    assert (code, said) == (2, f"palvelutarve: --as-of {day}: expected a date such as 2026-10-31\n")
