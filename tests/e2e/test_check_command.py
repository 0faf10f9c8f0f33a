"""`check`, `need` and `forecast` on plain files: Parquet or CSV in, files out, one clear line on errors."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli import app

SEXES = ("male", "female")


def command(*arguments: object) -> tuple[int, str]:
    """Exit code and what was said; anything but a clear end raises."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def documents(demo) -> Path:
    return demo / "documents.parquet"


@pytest.fixture(scope="module")
def spoiled(documents, tmp_path_factory) -> Path:
    """The same documents, spoiled in several ways."""
    folder = tmp_path_factory.mktemp("spoiled")
    frame = pl.read_parquet(documents).head(200)
    frame.drop("created_at").write_parquet(folder / "lacking.parquet")
    frame.drop("created_at").write_csv(folder / "lacking.csv")
    frame.head(0).write_parquet(folder / "no_rows.parquet")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (folder / "binary.parquet").write_bytes(bytes(range(256)) * 20)
    frame.write_csv(folder / "whole.csv")
    frame.write_json(folder / "rows.json")
    (folder / "folder").mkdir()
    for name, whole in (("cut.parquet", documents), ("cut.csv", folder / "whole.csv")):
        data = whole.read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    return folder


def test_the_installed_command_checks_an_extract(documents, tmp_path):
    done = subprocess.run(
        [Path(sys.executable).parent / "palvelutarve", "check", documents, "--out", tmp_path / "out",
         "--county", "vantaa-kerava", "--as-of", "2026-10-31"],
        capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path,
        env={**os.environ, "PALVELUTARVE_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    line, table = done.stdout.split("\n\n", 1)
    assert "checked" in line
    assert table == (tmp_path / "out" / "summary.txt").read_text(encoding="utf-8")
    assert done.stderr == ""
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    rows = pl.scan_parquet(documents).select(pl.len()).collect().item()
    parts = summary["checked"] + sum(summary["excluded"].values()) + sum(summary["quarantined"].values())
    assert rows == summary["rows"] == parts
    assert pl.read_parquet(tmp_path / "out" / "violations.parquet").height == summary["violations"] > 0
    assert not (tmp_path / "data").exists()  # no key and no data folder come of a check


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("lacking.parquet", "created_at"),
        ("lacking.csv", "created_at"),
        ("no_rows.parquet", "no rows"),
        ("empty.csv", "empty"),
        ("empty.parquet", "empty"),
        ("binary.csv", "binary"),
        ("binary.parquet", "not a Parquet file"),
        ("cut.parquet", "cut off"),
        ("cut.csv", "cut off"),
        ("absent.parquet", "no such file"),
        ("rows.json", "JSON; expected delimited text (CSV) or Parquet"),
        ("folder", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_checked_is_one_clear_line_and_exit_code_2(spoiled, tmp_path, file, reason):
    code, said = command("check", spoiled / file, "--out", tmp_path / "out")
    assert code == 2
    assert len(said.splitlines()) == 1
    assert file in said
    assert reason in said
    assert not (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--county", "narnia"), "no county file 'narnia'"),
        (("--as-of", "31.10.2026"), "2026-10-31"),
    ],
)
def test_an_option_that_cannot_be_used_says_what_was_expected(documents, tmp_path, options, reason):
    code, said = command("check", documents, "--out", tmp_path, *options)
    assert code == 2
    assert reason in said


def test_an_out_that_is_a_file_is_said(spoiled):
    code, said = command("check", spoiled / "whole.csv", "--out", spoiled / "whole.csv")
    assert code == 2
    assert "whole.csv" in said


@pytest.fixture(scope="module")
def series(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    months = pl.date_range(date(2021, 1, 1), date(2024, 12, 1), "1mo", eager=True)
    frame = pl.concat(
        [pl.DataFrame({"unique_id": name, "ds": months, "y": [20.0 + i % 12 for i in range(48)]}) for name in "ab"]
    )
    frame.write_parquet(folder / "s.parquet")
    frame.write_csv(folder / "s.csv", separator=";")
    frame.drop("y").write_csv(folder / "lacking.csv")
    frame.with_columns(y=pl.lit("kissa")).write_csv(folder / "words.csv")
    return folder


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_forecast_reads_and_writes_either_form(series, tmp_path, form):
    code, said = command("forecast", series / f"s.{form}", "--out", tmp_path / f"f.{form}", "--horizon", 3)
    assert code == 0, said
    table = (pl.read_csv if form == "csv" else pl.read_parquet)(tmp_path / f"f.{form}")
    assert table.height == 6
    levels = [c for c in table.columns if c.startswith("q0.")]
    assert len(levels) == 9
    for low, high in zip(levels, levels[1:], strict=False):
        assert (table[low] <= table[high]).all()


@pytest.mark.parametrize(
    ("file", "reason"), [("lacking.csv", "column y"), ("words.csv", "'kissa'"), ("no.csv", "no")]
)
def test_forecast_says_what_is_wrong_with_a_table(series, tmp_path, file, reason):
    code, said = command("forecast", series / file, "--out", tmp_path / "f.csv")
    assert code == 2
    assert reason in said


@pytest.fixture(scope="module")
def need_tables(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("need")
    cells = [(a, s, age) for a in "AB" for s in SEXES for age in range(101)]
    persons = pl.DataFrame(
        [(*cell, year, 100.0 + cell[2] % 7) for cell in cells for year in range(2010, 2040)],
        schema=["area", "sex", "age", "year", "persons"],
        orient="row",
    )
    counts = pl.DataFrame(
        [
            (a, "home_care", s, group, year, 50 + year % 5)
            for a in "AB"
            for s in SEXES
            for group in ("65-74", "75-84", "85+")
            for year in range(2012, 2025)
        ],
        schema=["area", "service", "sex", "age_group", "year", "count"],
        orient="row",
    )
    tables = {
        "population": persons.filter(pl.col("year") < 2025),
        "projection": persons.filter(pl.col("year") >= 2025),
        "counts": counts,
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
        table.write_csv(folder / f"{name}.csv", separator=";")
    counts.drop("count").write_csv(folder / "lacking.csv")
    counts.with_columns(year=pl.lit("x")).write_csv(folder / "words.csv")
    counts.head(0).write_csv(folder / "no_rows.csv")
    counts.with_columns(count=pl.lit(-1)).write_csv(folder / "negative.csv")
    return folder


def need(folder: Path, out: Path, form: str = "csv", counts: str = "") -> tuple[int, str]:
    return command(
        *("need", "--population", folder / f"population.{form}", "--projection", folder / f"projection.{form}"),
        *("--counts", folder / (counts or f"counts.{form}"), "--out", out, "--horizon", 5, "--draws", 100),
    )


def test_need_gives_the_same_from_csv_as_from_parquet(need_tables, tmp_path):
    for form in ("csv", "parquet"):
        code, said = need(need_tables, tmp_path / form, form)
        assert code == 0, said
    left, right = (pl.read_parquet(tmp_path / form / "need_forecast.parquet") for form in ("csv", "parquet"))
    assert left.equals(right)
    assert left["year"].max() == 2029


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ("lacking.csv", "column count"),
        ("words.csv", "year"),
        ("no_rows.csv", "a header and no rows"),
        ("negative.csv", "at least 0"),
    ],
)
def test_need_says_what_is_wrong_with_the_counts(need_tables, tmp_path, counts, reason):
    code, said = need(need_tables, tmp_path / "out", counts=counts)
    assert code == 2
    assert reason in said
    assert not (tmp_path / "out").exists()
