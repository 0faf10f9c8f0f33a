"""Reports are written again from what is published, and say which edition there is when it is another one."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from assets.publishing import write_reports
from cli import app
from lake.releases import Releases
from lake.settings import Settings


@pytest.mark.parametrize(("published", "told"), [(True, "say --synthetic"), (False, "nothing is published yet")])
def test_the_synthetic_edition_is_named_when_it_alone_is_there(tmp_path, published, told):
    settings = Settings(data=tmp_path)
    if published:
        county = settings.model_copy(update={"synthetic": True}).releases / "21"
        county.mkdir(parents=True)
        (county / "current.json").write_text('{"edition": "2026-11"}', encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        write_reports(settings, "lappi", "", tmp_path / "out")


@pytest.mark.parametrize(("published", "told"), [(True, "give --data"), (False, "nothing is published yet")])
def test_delivery_says_when_the_synthetic_county_alone_is_published(tmp_path, monkeypatch, published, told):
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    if published:
        with Releases(tmp_path / "synthetic" / "releases", "21").publishing("2026-11"):
            pass
    result = CliRunner().invoke(app, ["deliver", "--county", "lappi"])
    assert result.exit_code == 2
    assert told in result.output
