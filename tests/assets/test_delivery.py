"""The delivery stage and command: off without recipients, once per edition, a failure is a failed check."""

import json

import dagster as dg
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from assets.delivery import DELIVERY_STAGES, TABLE
from assets.promises import EVERYONE_HAS_THE_EDITION
from assets.resources import Pipeline
from cli import app
from counties.registry import FOLDER


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A published edition of Lapland in a data folder, with county files of our own."""
    files, data = tmp_path / "counties", tmp_path / "data"
    files.mkdir()
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"data: {data}\ncounties: {files}\ntracking: 'off'\n", encoding="utf-8")
    monkeypatch.setenv("PALVELUTARVE_SETTINGS", str(settings))
    monkeypatch.delenv("PALVELUTARVE_DATA", raising=False)
    release = data / "releases" / "21" / "2026-11"
    (release / "structural").mkdir(parents=True)
    (release / "structural" / "structural_21_fi.pdf").write_text("report", encoding="utf-8")
    (release / "edition.json").write_text(json.dumps({"synthetic": False}), encoding="utf-8")
    (release.parent / "current.json").write_text('{"edition": "2026-11"}', encoding="utf-8")
    (data / "landing" / "lappi").mkdir(parents=True)
    return tmp_path


def name_recipients(house, *addresses: str) -> None:
    county = yaml.safe_load((FOLDER / "lappi.yaml").read_text(encoding="utf-8"))
    named = [{"role": "lead", "areas": ["21"], "language": "fi", "address": address} for address in addresses]
    (house / "counties" / "lappi.yaml").write_text(
        yaml.safe_dump(county | {"recipients": named}), encoding="utf-8"
    )


def run() -> tuple[dg.AssetCheckEvaluation, pl.DataFrame]:
    (stage,) = DELIVERY_STAGES
    result = dg.materialize(
        [stage.assets()],
        resources={"pipeline": Pipeline(as_of="2026-10-31")},
        partition_key="lappi",
        raise_on_error=False,
    )
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    return check, result


def receipts(house) -> pl.DataFrame:
    return pl.read_parquet(house / "data" / "lake" / TABLE / "county=21" / "part.parquet", hive_partitioning=False)


def test_without_recipients_nothing_leaves(house):
    name_recipients(house)
    check, _ = run()
    assert check.passed
    assert receipts(house).is_empty()
    assert not (house / "data" / "delivered").exists()


def test_each_recipient_gets_the_edition_once(house):
    name_recipients(house, "leads/one")
    check, _ = run()
    assert (check.check_name, check.passed) == (EVERYONE_HAS_THE_EDITION, True)
    box = house / "data" / "delivered" / "leads" / "one" / "2026-11"
    before = (box / "structural" / "structural_21_fi.pdf").stat().st_mtime_ns
    assert run()[0].passed
    assert (box / "structural" / "structural_21_fi.pdf").stat().st_mtime_ns == before
    assert receipts(house)["status"].to_list() == ["delivered"]


def test_a_failure_is_a_failed_check_and_is_tried_again(house):
    blocked = house / "data" / "delivered" / "leads"
    name_recipients(house, "leads/one", "others/two")
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    check, _ = run()
    assert not check.passed
    assert "cannot be written" in check.description
    assert sorted(receipts(house)["status"]) == ["delivered", "failed"]
    blocked.unlink()
    check, _ = run()
    assert check.passed
    assert receipts(house)["status"].to_list() == ["delivered"] * 2


def test_the_command_tells_who_has_the_edition(house):
    name_recipients(house, "leads/one")
    done = CliRunner().invoke(app, ["deliver", "--county", "lappi"])
    assert done.exit_code == 0, done.output
    assert "1 of 1 recipients have it" in done.output
    release = house / "data" / "releases" / "21" / "2026-11"
    assert done.output.startswith(
        f"Lapland wellbeing services county: delivering edition 2026-11 from {release}\n"
    )


def test_delivery_makes_no_synthetic_county_and_speaks_of_none(house):
    name_recipients(house, "leads/one")
    (house / "data" / "landing" / "lappi").rmdir()
    done = CliRunner().invoke(app, ["deliver", "--county", "lappi"])
    assert done.exit_code == 0, done.output
    assert "synthetic" not in done.output
    assert not (house / "data" / "demo").exists()


def test_the_command_without_recipients_says_so(house):
    name_recipients(house)
    done = CliRunner().invoke(app, ["deliver", "--county", "lappi"])
    assert done.exit_code == 2
    assert "names no recipients" in done.output


def test_the_command_exits_with_1_when_someone_has_not_got_it(house):
    name_recipients(house, "someone@example.invalid")
    done = CliRunner().invoke(app, ["deliver", "--county", "lappi"])
    assert done.exit_code == 1
    assert "NOT DELIVERED" in done.output
    assert "someone@example.invalid" not in done.output
