"""The published edition through the command line to a real mail server on loopback and to a folder, once each."""

from __future__ import annotations

import io
import shutil
import zipfile

import polars as pl
import pytest
import yaml

from tests.e2e.conftest import CODE, COUNTIES, EDITION, KEY, SLUG, Palvelutarve
from tests.replay.mail import Behaviour, mail_server

LEAD, PLANNER = "lead@example.invalid", "planner@example.invalid"


class House(Palvelutarve):
    """The published edition in a data folder of its own, with recipients and a mail server in its settings."""

    @property
    def environment(self) -> dict[str, str]:
        settings = str(self.data / "own.yaml")
        return super().environment | {"PALVELUTARVE_SETTINGS": settings, "MAIL_PASSWORD": Behaviour.password}

    def receipts(self) -> pl.DataFrame:
        path = self.data / "synthetic" / "lake" / "deliveries" / f"county={CODE}" / "part.parquet"
        return pl.read_parquet(path, hive_partitioning=False)


@pytest.fixture
def house(published, tmp_path):
    """Lead of one area and unit, planner of the county, a folder for the engineer."""
    for part in ("releases", "restricted", "lake"):
        shutil.copytree(published.data / "synthetic" / part, tmp_path / "synthetic" / part)
    files = tmp_path / "counties"
    shutil.copytree(COUNTIES, files)
    area = "04-092"
    unit = sorted(p.name for p in (tmp_path / "synthetic" / "restricted" / SLUG).iterdir() if p.is_dir())[0]
    county = yaml.safe_load((files / f"{SLUG}.yaml").read_text(encoding="utf-8"))
    recipients = [
        {"role": "lead", "areas": [area], "units": [unit], "language": "fi", "address": LEAD},
        {"role": "planner", "areas": [CODE], "language": "sv", "address": PLANNER},
        {"role": "engineer", "areas": [CODE], "language": "fi", "address": "boxes/engineer"},
    ]
    (files / f"{SLUG}.yaml").write_text(yaml.safe_dump(county | {"recipients": recipients}), encoding="utf-8")
    return House(tmp_path)


def settle(house: House, port: int, **changes) -> None:
    smtp = {
        "host": "127.0.0.1", "port": port, "sender": "palvelutarve@example.invalid", "username": "palvelutarve",
        "password_variable": "MAIL_PASSWORD", "certificates": str(house.data / "server.pem"), "pause": 0.0,
    }  # fmt: skip
    settings = {"counties": str(house.data / "counties"), "smtp": smtp | changes}
    (house.data / "own.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def test_the_command_delivers_to_everyone_once_and_tells_what_failed(house, demo):
    command = ("deliver", "--county", SLUG, "--data", str(demo))
    behaviour = Behaviour(["later", "never"])  # the lead's first try passes by, the second is final
    with mail_server(behaviour, house.data) as port:
        settle(house, port)
        first = house.run(*command)
        assert first.returncode == 1, first.stderr
        assert "NOT DELIVERED lead" in first.stderr and "554" in first.stderr
        assert "2 of 3 recipients have it" in first.stdout
        assert f"delivering edition {EDITION} of the synthetic county from {house.release}" in first.stderr
        second = house.run(*command)
        assert second.returncode == 0, second.stderr
        assert "3 of 3 recipients have it" in second.stdout
        assert house.run(*command).returncode == 0
    for told in (first, second):
        assert not any(secret in told.stdout + told.stderr for secret in (LEAD, PLANNER, behaviour.password, KEY))
    assert [message["To"] for message in behaviour.taken] == [PLANNER, LEAD]  # each once
    assert behaviour.in_clear == 0
    planner, lead = (_packed(message) for message in behaviour.taken)
    assert {name.split("/")[0] for name in lead} == {"structural", "quality", "work_lists"}
    assert all("04-092" in name or name.startswith("work_lists/") for name in lead)
    assert {name.split("/")[0] for name in planner} == {"situation", "workbook", "structural", "tables"}
    release = house.release / "situation" / "data.js"
    assert planner["situation/data.js"] == release.read_bytes()
    box = house.data / "synthetic" / "delivered" / "boxes" / "engineer" / EDITION
    assert (box / "tables" / "month_parts.parquet").is_file()
    receipts = house.receipts()
    assert receipts["status"].to_list() == ["delivered"] * 3
    assert not any("@" in value for value in receipts["recipient"])


def test_a_missing_password_is_told_before_anything_is_sent(house, demo):
    settle(house, 9, password_variable="NOT_SET")
    done = house.run("deliver", "--county", SLUG, "--data", str(demo))
    assert done.returncode == 2
    assert "NOT_SET" in done.stderr
    assert not (house.data / "synthetic" / "delivered").exists()


def _packed(message) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(next(message.iter_attachments()).get_content())) as packed:
        return {name: packed.read(name) for name in packed.namelist()}
