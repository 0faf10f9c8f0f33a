"""The synthetic county as a whole: marked, deterministic, in the shape of the contracts."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli import app
from counties.registry import planned_slugs
from lake.settings import is_synthetic
from sources.contracts import CONTRACTS
from sources.synthetic import DemoSummary, UnknownCountyError, write_demo


def fingerprints(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    first = write_demo("kainuu", tmp_path / "a", scale=0.02).folder
    second = write_demo("kainuu", tmp_path / "b", scale=0.02).folder
    assert fingerprints(first) == fingerprints(second)


def test_another_seed_gives_another_county(tmp_path: Path) -> None:
    first = fingerprints(write_demo("kainuu", tmp_path / "a", scale=0.02).folder)
    second = fingerprints(write_demo("kainuu", tmp_path / "b", scale=0.02, seed=2).folder)
    assert first["service_events.parquet"] != second["service_events.parquet"]


@pytest.mark.parametrize(
    ("table", "file"),
    [
        ("population", "population.parquet"),
        ("projection", "projection.parquet"),
        ("languages", "languages.parquet"),
        ("service_counts", "service_counts.parquet"),
        ("service_events", "service_events.parquet"),
        ("documents", "documents.parquet"),
    ],
)
def test_parquet_tables_have_the_delivered_shape(demo: DemoSummary, table: str, file: str) -> None:
    assert dict(pl.read_parquet_schema(demo.folder / file)) == CONTRACTS[table].raw_schema()


@pytest.mark.parametrize("table", ["waiting_list", "wellbeing_referrals", "observations", "proposals"])
def test_csv_tables_have_the_delivered_columns(demo: DemoSummary, table: str) -> None:
    header = (demo.folder / f"{table}.csv").open(encoding="utf-8").readline().strip().split(",")
    assert header == list(CONTRACTS[table].raw_schema())


@pytest.mark.parametrize("table", ["service_counts", "service_events", "population", "projection", "languages"])
def test_keys_are_unique_and_closed_sets_hold(demo: DemoSummary, table: str) -> None:
    contract = CONTRACTS[table]
    frame = pl.read_parquet(demo.folder / f"{table}.parquet")
    assert not frame.select(contract.key).is_duplicated().any()
    for column in contract.raw_columns:
        values = frame[column.name]
        assert column.nullable or values.null_count() == 0, column.name
        if column.allowed:
            assert set(values.drop_nulls().unique()) <= set(column.allowed), column.name
    for order in contract.orders:
        first, last = frame[order.first], frame[order.last].cast(frame.schema[order.first])
        assert ((first <= last) | first.is_null() | last.is_null()).all(), order


def test_everything_says_that_it_is_synthetic(demo: DemoSummary) -> None:
    marker = json.loads((demo.folder / "SYNTHETIC.json").read_text(encoding="utf-8"))
    assert marker["synthetic"] is True
    assert (marker["slug"], marker["seed"], marker["scale"], marker["as_of"]) == (
        "paijat-hame",
        1,
        0.1,
        "2026-10-31",
    )
    for table in ("population", "projection", "languages"):
        frame = pl.read_parquet(demo.folder / f"{table}.parquet")
        assert frame["vintage"].str.contains("synthetic").all()
        assert frame["source"].str.contains("synthetic").all()


@pytest.mark.parametrize("slug", planned_slugs())
def test_every_county_can_be_made(slug: str, tmp_path: Path) -> None:
    summary = write_demo(slug, tmp_path / slug, scale=0.004)
    assert is_synthetic(summary.folder)
    assert summary.rows["service_events.parquet"] > 0
    assert summary.rows["documents.parquet"] > 0


def test_there_are_twenty_two_counties() -> None:
    assert len(planned_slugs()) == 22


def test_an_unknown_county_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownCountyError, match="no county 'atlantis'.*paijat-hame"):
        write_demo("atlantis", tmp_path / "x")


def test_a_summary_is_told_in_lines(demo: DemoSummary) -> None:
    lines = demo.lines()
    assert f"{demo.slug} ({demo.county}): {demo.persons:,} persons, seed {demo.seed}" in lines[0]
    assert any(
        line.split() == ["documents.parquet", f"{demo.rows['documents.parquet']:,}", "rows"] for line in lines
    )
    assert lines[-1].endswith(f"palvelutarve run --county {demo.slug} --data {demo.folder}")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="something else"):
        write_demo("kainuu", tmp_path)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_synthetic_county_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_demo("kainuu", tmp_path / "k", scale=0.004)
    write_demo("kainuu", tmp_path / "k", scale=0.004, seed=2)
    assert [p.name for p in tmp_path.iterdir()] == ["k"]
    assert json.loads((tmp_path / "k" / "SYNTHETIC.json").read_text(encoding="utf-8"))["seed"] == 2


@pytest.mark.parametrize("as_of", [date(2024, 12, 31), date(2025, 6, 16)])
def test_nothing_is_known_after_the_day(as_of: date, tmp_path: Path) -> None:
    folder = write_demo("kainuu", tmp_path / "k", scale=0.02, as_of=as_of).folder
    events = pl.read_parquet(folder / "service_events.parquet")
    documents = pl.read_parquet(folder / "documents.parquet")
    assert events["recorded_at"].dt.date().max() <= as_of
    assert documents["created_at"].dt.date().max() <= as_of
    assert documents["event_at"].dt.date().max() <= as_of
    assert pl.read_parquet(folder / "population.parquet")["year"].max() == 2024


@pytest.mark.parametrize(("county", "told"), [("kainuu", True), ("lappi", False)])
def test_the_command_says_when_a_run_needs_a_county_file_first(tmp_path, county, told):
    """Any county can be invented; a run reads the file of the county."""
    result = CliRunner().invoke(app, ["demo", "--county", county, "--scale", "0.01", "--out", str(tmp_path / "d")])
    assert result.exit_code == 0, result.output
    assert (f"{county}.yaml" in result.output) == told
