"""`palvelutarve run`: what its exit code and its last lines say of what is there and what is not."""

import json
from dataclasses import replace

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from assets.planner_database import PLANNER_DATABASE_STAGES
from assets.publishing import products
from assets.resources import Pipeline
from assets.stages import Stage
from cli import app


def definitions(*stages: Stage, published: str = "*") -> dg.Definitions:
    jobs = [dg.define_asset_job("main", selection="*"), dg.define_asset_job("reports", selection=published)]
    return dg.Definitions(
        assets=[stage.assets() for stage in stages],
        jobs=jobs,
        resources={"pipeline": Pipeline.configure_at_launch()},
        executor=dg.in_process_executor,
    )


def stage(make, name: str = "edition") -> Stage:
    return Stage(
        name=name, group="publishing", tables={"published_files": "files"}, reads=(), code=("lake",), make=make
    )


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A data folder whose settings name a database that the environment does not; an edition is published."""
    data = tmp_path / "data"
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        f"data: {data}\ntracking: 'off'\nplanner_database_variable: NO_SUCH_DATABASE\n", encoding="utf-8"
    )
    monkeypatch.setenv("PALVELUTARVE_SETTINGS", str(settings))
    monkeypatch.delenv("PALVELUTARVE_DATA", raising=False)
    monkeypatch.delenv("NO_SUCH_DATABASE", raising=False)
    release = data / "releases" / "21" / "2026-11"
    (release / "tables").mkdir(parents=True)
    (release.parent / "current.json").write_text(json.dumps({"edition": "2026-11"}), encoding="utf-8")
    (tmp_path / "in").mkdir()
    return tmp_path


def run(house, *options: str):
    given = ["run", "--county", "lappi", "--data", str(house / "in"), "--as-of", "2026-10-31", *options]
    return CliRunner().invoke(app, given)


def test_a_database_that_cannot_be_written_is_named_and_ends_with_one(house, monkeypatch):
    files = stage(lambda run: {"published_files": pl.DataFrame({"file": ["a"]})})
    monkeypatch.setattr("assets.definitions.defs", definitions(files, *PLANNER_DATABASE_STAGES))
    told = run(house)
    assert told.exit_code == 1, told.output
    assert "FAILED planner_database: the environment has no NO_SUCH_DATABASE" in told.output
    assert "Publishing what stands" not in told.output  # every step went well: the edition stands
    assert "Edition 2026-11. Open:" in told.output


def test_without_a_database_a_run_ends_with_zero(house, monkeypatch):
    settings = house / "settings.yaml"
    settings.write_text(f"data: {house / 'data'}\ntracking: 'off'\n", encoding="utf-8")
    files = stage(lambda run: {"published_files": pl.DataFrame({"file": ["a"]})})
    monkeypatch.setattr("assets.definitions.defs", definitions(files, *PLANNER_DATABASE_STAGES))
    told = run(house)
    assert told.exit_code == 0, told.output
    assert "FAILED" not in told.output


def test_publishing_that_fails_too_is_told(house, monkeypatch):
    def fails(run):
        raise ValueError("the page cannot be drawn")

    monkeypatch.setattr("assets.definitions.defs", definitions(stage(fails)))
    told = run(house)
    assert told.exit_code == 1, told.output
    assert told.output.count("FAILED edition: the page cannot be drawn") == 2
    assert "MISSING" not in told.output


def test_a_failure_is_told_without_names_of_classes_and_what_is_published_is_not_called_left_out(
    house, monkeypatch
):
    from sources.delimited import ExtractError

    def fails(run):
        raise ExtractError("events.csv: the file is empty")

    made = {"published_files": pl.DataFrame({"file": ["a"]})}
    events = Stage("intake_events", "intake", {"events": "rows"}, reads=(), code=("lake",), make=fails)
    use = Stage("service_use", "use", {"use": "counts"}, reads=("events",), code=("lake",), make=dict)
    edition = replace(stage(lambda run: made), reads=("events",))
    defs = definitions(events, use, edition, published="published_files")
    monkeypatch.setattr("assets.definitions.defs", defs)
    told = run(house)
    assert told.exit_code == 1, told.output
    assert "FAILED intake_events: events.csv: the file is empty\n" in told.output
    assert "ExtractError" not in told.output
    assert "Not renewed because of that: service_use\n" in told.output


def test_what_a_blocking_check_found_is_told_in_its_words(house, monkeypatch):
    made = {"events": pl.DataFrame({"n": [1]})}
    found = dg.AssetCheckResult(
        asset_key="events", check_name="contract", passed=False, description="half is missing"
    )
    events = Stage(
        "intake_events", "intake", {"events": "rows"}, reads=(), code=("lake",), make=lambda run: made,
        checks={"events": ["contract"]}, blocking=True, evaluate=lambda run: [found],
    )  # fmt: skip
    monkeypatch.setattr("assets.definitions.defs", definitions(events, published="events"))
    told = run(house)
    assert told.exit_code == 1, told.output
    assert "FAILED intake_events: events: half is missing\n" in told.output
    assert "DagsterAssetCheckFailedError" not in told.output


def test_an_unexpected_error_keeps_the_name_of_its_kind(house, monkeypatch):
    """Of a KeyError the message alone would be a bare word."""

    def fails(run):
        raise RuntimeError("the library gave up: ValueError: no such page")

    monkeypatch.setattr("assets.definitions.defs", definitions(stage(lambda run: {}["county"])))
    assert "FAILED edition: KeyError: 'county'" in run(house).output
    monkeypatch.setattr("assets.definitions.defs", definitions(stage(fails)))
    assert "FAILED edition: RuntimeError: the library gave up: ValueError: no such page" in run(house).output


def test_what_the_edition_says_is_missing_is_told(house, monkeypatch):
    from assets.failures import FailureNote, note_failure

    def make(run):
        note_failure(run.settings, run.county.code, FailureNote("audit_forms", "set_aside", "1 set aside: a.csv"))
        return {"published_files": pl.DataFrame({"file": ["a"]})}

    monkeypatch.setattr("assets.definitions.defs", definitions(stage(make)))
    told = run(house)
    assert told.exit_code == 0, told.output
    assert "MISSING audit_forms: 1 set aside: a.csv" in told.output


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--edition", "../2026-11"), "--edition ../2026-11: expected a month such as 2026-11"),
        (("--edition", "2026-13"), "expected a month such as 2026-11"),
        (("--as-of", "31.10.2026"), "--as-of 31.10.2026: expected a date such as 2026-10-31"),
        (("--county", "nowhere"), "no county file 'nowhere'"),
    ],
)
def test_options_that_cannot_be_used_end_with_two(house, options, expected):
    told = run(house, *options)
    assert told.exit_code == 2, told.output
    assert expected in told.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dta: /tmp\n", "dta: Extra inputs are not permitted"),
        ("- data\n", "expected 'key: value' pairs; found list"),
        ("data: [\n", "not readable as YAML"),
    ],
)
def test_settings_that_cannot_be_used_end_with_two(house, text, expected):
    (house / "settings.yaml").write_text(text, encoding="utf-8")
    told = run(house)
    assert told.exit_code == 2, told.output
    assert "settings.yaml" in told.output
    assert expected in told.output


def test_what_to_open_names_each_product_once_with_its_languages(house):
    release = house / "data" / "releases" / "21" / "2026-11"
    for file in (
        "structural/structural_21_sv.pdf",
        "structural/structural_21_en.pdf",
        "workbook/lappi-2026-11-fi.xlsx",
    ):
        (release / file).parent.mkdir(exist_ok=True)
        (release / file).write_text("file", encoding="utf-8")
    assert list(products(release, house / "none")) == [
        ("planner's workbook (fi)", release / "workbook" / "lappi-2026-11-fi.xlsx"),
        ("structural social work (sv; beside it en)", release / "structural" / "structural_21_sv.pdf"),
        ("tables (Parquet, CSV)", release / "tables"),
    ]
