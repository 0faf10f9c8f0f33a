"""Files that are no tables are named with the mend; delimited and compressed text is read."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from forecasting.tables import read_series, read_table, require_columns

ROWS = "unique_id;ds;y\nhoito;2024-01-01;3\nväestö;2024-02-01;4\n"
EMPTY = "the file is empty; expected a header row"
BINARY = "the file is binary, not delimited text; save it as CSV in UTF-8"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.csv", b"", EMPTY),
        ("blank.csv", b"\xef\xbb\xbf \r\n\n", EMPTY),
        ("none.csv.gz", gzip.compress(b"", mtime=0), EMPTY),
        ("none.parquet", b"", EMPTY),
        ("odd.csv", bytes(range(256)), BINARY),
        ("odd.csv", b"\x01\x02\x03\x04 abc\n" * 9, BINARY),
        ("sheet.csv", b"PK\x03\x04 and more", "this is a ZIP archive or an Excel workbook, not delimited text"),
        ("wide.csv", ROWS.encode("utf-16"), "this is UTF-16 text, not delimited text; save it as CSV in UTF-8"),
        ("old.csv", ROWS.encode("latin-1"), "line 3: not UTF-8; save it as CSV in UTF-8"),
        ("old.csv", ("a,b\n" * 40_000 + "ä,b\n").encode("latin-1"), "line 40001: not UTF-8"),
        (
            "old.csv.gz",
            gzip.compress(ROWS.encode("latin-1"), mtime=0),
            "line 3: not UTF-8; save it as CSV in UTF-8",
        ),
        ("cut.csv.gz", gzip.compress(ROWS.encode(), mtime=0)[:-20], "cannot be read as a table"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_the_mend(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(reason)) as raised:
        read_table(path)
    assert str(raised.value).startswith(str(path))
    for given in ([str(path)], [str(path), "--keys", "unique_id"]):
        done = CliRunner().invoke(app, ["forecast", *given, "--out", str(tmp_path / "out.csv")])
        assert done.exit_code == 2
        assert f"{name}" in done.stderr and reason in done.stderr


@pytest.mark.parametrize(
    ("name", "packed"), [("a.csv", ROWS.encode()), ("a.csv.gz", gzip.compress(ROWS.encode(), mtime=0))]
)
def test_text_in_utf8_is_read(name: str, packed: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(packed)
    assert read_series(tmp_path / name)["unique_id"].tolist() == ["hoito", "väestö"]


def test_one_missing_column_is_told_as_one_and_several_as_several(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS, encoding="utf-8")
    table = read_table(path)
    with pytest.raises(ValueError, match="column service is missing; found unique_id, ds, y"):
        require_columns(table, ("service", "ds"), path)
    with pytest.raises(ValueError, match="columns region, service are missing; found"):
        require_columns(table, ("region", "service", "ds"), path)
