"""`palvelutarve audit`: drawn from the latest verdicts, filled by people, read again."""

import csv
import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli import app
from lake.tables import Lake

COUNTY = "paijat-hame"


@pytest.fixture
def house(tmp_path, monkeypatch) -> Path:
    """A data folder whose lake has verdicts of thirty documents; every third lacks its service task."""
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path / "data"))
    checks = pl.DataFrame(
        {
            "document_id": [f"1.2.246.{n}" for n in range(30)], "unit": "398-families", "area": "09-398",
            "service_task": "families", "document_type": "case_note", "author_role": "social_worker",
            "month": date(2026, 9, 1), "service_task_present": [n % 3 != 0 for n in range(30)],
        }
    )  # fmt: skip
    Lake(tmp_path / "data" / "lake").write("doc_checks", "09", checks, "made by hand")
    return tmp_path


def test_verdicts_of_the_synthetic_county_alone_are_told_as_such(house):
    (house / "data" / "synthetic").mkdir()
    (house / "data" / "lake").rename(house / "data" / "synthetic" / "lake")
    refused = audit("draw", "--county", COUNTY, "--out", house / "forms")
    assert refused.exit_code == 2
    assert "say --synthetic" in refused.output
    drawn = audit("draw", "--county", COUNTY, "--synthetic", "--out", house / "forms")
    assert drawn.exit_code == 0, drawn.output


def audit(*arguments: object):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def fill(folder: Path) -> None:
    """Answer what is true, but one finding that the reader does not confirm."""
    for path in folder.rglob("audit_1_fi.csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
        spared = 0
        for row in rows[1:]:
            defect = int(row[1].rsplit(".", 1)[1]) % 3 == 0
            row[5] = "puute" if defect and spared else "kunnossa"
            spared += defect
        out = io.StringIO()
        csv.writer(out, delimiter=";").writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")


def test_a_sample_is_drawn_filled_and_read(house):
    drawn = audit("draw", "--county", COUNTY, "--documents", 8, "--out", house / "forms")
    assert drawn.exit_code == 0, drawn.output
    assert "8 questions on 8 documents of 1 units" in drawn.output
    fill(house / "forms")
    told = audit("results", house / "forms", "--county", COUNTY, "--out", house / "out")
    assert told.exit_code == 0, told.output
    table = pl.read_parquet(house / "out" / "accuracy.parquet")
    row = table.filter(pl.col("rule_id") == "service_task_present").row(0, named=True)
    assert (row["read_findings"], row["confirmed"], row["read_passed"], row["missed"]) == (4, 3, 4, 0)
    assert (row["precision"], row["sensitivity"]) == (0.75, 1.0)
    assert row["precision_low"] < 0.75 < row["precision_high"]
    assert "1.2.246" not in (house / "out" / "accuracy.csv").read_text(encoding="utf-8")


def test_forms_may_have_any_name_and_results_may_lie_beside_them(house):
    assert audit("draw", "--county", COUNTY, "--documents", 8, "--out", house / "forms").exit_code == 0
    fill(house / "forms")
    for path in list((house / "forms").rglob("audit_1_fi.csv")):
        path.rename(path.with_name("Lomake, palautettu.csv"))
    for _ in range(2):
        told = audit("results", house / "forms", "--county", COUNTY, "--out", house / "forms")
        assert told.exit_code == 0, told.output
    assert "8 answers" in told.output


def test_what_cannot_be_done_is_told_with_exit_code_two(house):
    for told, arguments in (
        ("holds a sample already", ("draw", "--out", house / "forms")),
        ("no form there has an answer", ("results", house / "forms", "--out", house / "out")),
        ("there is no sample.parquet", ("results", house / "nowhere", "--out", house / "out")),
        ("no documents have been checked yet", ("draw", "--county", "lappi", "--out", house / "other")),
    ):
        if not (house / "forms" / "sample.parquet").exists():
            assert audit("draw", "--out", house / "forms").exit_code == 0
        refused = audit(*arguments)
        assert refused.exit_code == 2, (arguments, refused.output)
        assert told in refused.output.replace("\n", " ")
