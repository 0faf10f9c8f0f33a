"""The main job as its user runs it: products named and there, fast reruns, failures that name their cause."""

import html
import json
import os
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from reporting.texts import Texts
from tests.e2e.conftest import CODE, EDITION, LOG, SLUG, Palvelutarve, tree

EXHAUSTIVE = "PALVELUTARVE_EXHAUSTIVE"
KILLS = {"intake_service_events": 0.5, "document_checks": 0.6, "months": 0.0, "edition": 0.4}


@pytest.fixture(scope="module")
def rerun(published, demo):
    """The same run once more, and the lake's times before it."""
    before = {p: p.stat().st_mtime_ns for p in (published.data / "synthetic" / "lake").rglob("*.parquet")}
    return before, published.run("run", "--county", SLUG, "--data", str(demo))


def test_the_run_ends_by_naming_what_to_open(rerun):
    _, done = rerun
    assert done.returncode == 0
    for name in (
        *("situation page", "planner's workbook (fi; beside it sv)"),
        *("structural social work (fi; beside it sv)", "record quality (fi; beside it sv)"),
        *("Data Docs", "palvelutarve serve"),
    ):
        assert name in done.stdout
    paths = [line.split("  ")[-1].strip() for line in done.stdout.splitlines()]
    named = [Path(path) for path in paths if path.startswith("/")]
    assert len(named) > 5
    assert all(path.exists() for path in named)


def test_a_second_run_on_the_same_input_makes_nothing_again(published, rerun):
    before, done = rerun
    assert done.stderr.count("unchanged") >= 12
    assert {p: p.stat().st_mtime_ns for p in (published.data / "synthetic" / "lake").rglob("*.parquet")} == before


def test_every_product_of_a_synthetic_county_says_that_it_is_synthetic(published):
    pages = list(published.release.rglob("*.html"))
    assert len(pages) > 10
    banners = [Texts(language).get("synthetic-banner") for language in ("fi", "sv", "en")]
    for page in pages:
        text = html.unescape(page.read_text(encoding="utf-8"))
        assert any(banner in text for banner in banners), page


def test_the_forecast_adds_up_over_areas_in_the_mean(published):
    path = published.data / "synthetic" / "lake" / "need_forecast" / f"county={CODE}" / "part.parquet"
    table = pl.read_parquet(path, hive_partitioning=False).filter(
        (pl.col("sex") == "all") & (pl.col("age_group") == "all") & (pl.col("kind") == "forecast")
    )
    parts = table.filter(pl.col("area") != CODE).group_by("service", "year").agg(pl.col("mean").sum())
    both = parts.join(table.filter(pl.col("area") == CODE), on=["service", "year"])
    assert both.height > 0
    assert (both["mean"] - both["mean_right"]).abs().max() < 1e-6 * both["mean"].max()


def test_rows_in_are_rows_accepted_or_quarantined(published):
    lake = published.data / "synthetic" / "lake"
    for gate in lake.glob("gate_*"):
        row = pl.read_parquet(gate / f"county={CODE}" / "part.parquet", hive_partitioning=False).row(0, named=True)
        assert row["rows_in"] == row["rows"] + row["quarantined"], gate.name


def test_a_truncated_extract_fails_by_name_and_the_rest_goes_on(published, demo, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(demo, broken)
    whole = (broken / "documents.parquet").read_bytes()
    (broken / "documents.parquet").write_bytes(whole[: len(whole) // 2])
    house = Palvelutarve(tmp_path / "data")
    shutil.copytree(published.data, house.data, ignore=shutil.ignore_patterns("dagster", "mlflow"))
    done = house.run("run", "--county", SLUG, "--data", str(broken))
    assert done.returncode == 1
    assert "FAILED intake_documents" in done.stderr
    assert "documents.parquet" in done.stderr
    assert "cut off" in done.stderr or "truncated" in done.stderr or "whole" in done.stderr
    assert "need (" in done.stderr  # the forecasts went on
    facts = json.loads((house.release / "edition.json").read_text(encoding="utf-8"))
    assert facts["edition"] == EDITION
    assert any("documents" in line for line in facts["missing"])


def seconds_of(log: str) -> dict[str, float]:
    """Stage -> seconds it took, from the lines that a run prints."""
    return {stage: float(s) for stage, s in re.findall(r"^  (\w+) \([^)]*\) .*, ([0-9.]+) s$", log, re.MULTILINE)}


def killed_and_resumed(house: Palvelutarve, demo: Path, points: dict[str, float]) -> list[bool]:
    """Kill one run after another, each so many seconds after a stage began; then let one end."""
    arguments = ("run", "--county", SLUG, "--data", str(demo))
    killed = [
        house.run_and_kill(*arguments, when=f"  {stage} ({SLUG}) ...", after=seconds)
        for stage, seconds in points.items()
    ]
    done = house.run(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    return killed


def assert_undisturbed(house: Palvelutarve, published: Palvelutarve) -> None:
    """The edition and the lake equal those of a run that nobody killed, and nothing half written is left."""
    assert tree(house.release) == tree(published.release)
    lakes = [tree(h.data / "synthetic" / "lake") for h in (house, published)]
    assert sorted(lakes[0]) == sorted(lakes[1])
    differ = [
        name for name, content in lakes[0].items() if name.endswith(".parquet") and content != lakes[1][name]
    ]
    assert not differ
    assert not list(house.data.rglob("*.writing"))


def test_a_run_killed_anywhere_ends_in_the_same_bytes(published, demo, tmp_path):
    """Killed at the start, in the middle and near the end of stages, each time in another one."""
    took = seconds_of((published.data / LOG).read_text(encoding="utf-8"))
    house = Palvelutarve(tmp_path)
    points = {stage: share * took[stage] for stage, share in KILLS.items()}
    assert killed_and_resumed(house, demo, points) == [True] * len(KILLS)
    assert_undisturbed(house, published)


@pytest.mark.skipif(
    not os.environ.get(EXHAUSTIVE), reason=f"takes minutes; set {EXHAUSTIVE}=1 to kill every stage"
)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_run_killed_in_every_stage_in_turn_ends_in_the_same_bytes(published, demo, tmp_path, share):
    """Killed while it starts too, when databases are made, at five points."""
    took = seconds_of((published.data / LOG).read_text(encoding="utf-8"))
    house = Palvelutarve(tmp_path)
    starts = [0.5 * step + share for step in range(5)]
    assert all(
        house.run_and_kill("run", "--county", SLUG, "--data", str(demo), when="reading", after=s) for s in starts
    )
    killed = killed_and_resumed(house, demo, {stage: share * seconds for stage, seconds in took.items()})
    assert len(killed) >= 20
    assert all(killed[:-2])  # the last two stages may end before their kill
    assert_undisturbed(house, published)
