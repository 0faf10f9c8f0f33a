"""Planners read why a month's forecast is what it is and what a fixed model costs: page and workbook."""

from __future__ import annotations

import json
from dataclasses import replace

import openpyxl
import polars as pl
import pytest

from reporting.disclosure import protect_inputs
from reporting.inputs import MONTH_PARTS
from reporting.page import write_situation_page
from reporting.page.payload import situation_payload
from reporting.texts import Texts
from reporting.workbook import write_workbook
from tests.reporting.browser import chromium, opened
from tests.reporting.sample_inputs import sample_inputs


@pytest.fixture(scope="module")
def protected():
    """The smallest area's last month of one service is small, so its parts and the county's are hidden."""
    inputs = sample_inputs()
    months = inputs.need("month_forecast")
    last = (pl.col("kind") == "observed") & (pl.col("ds") == pl.col("ds").filter(kind="observed").max())
    cell = last & (pl.col("area") == "21-lounais") & (pl.col("service") == "home_care")
    total = last & (pl.col("area") == "21") & (pl.col("service") == "home_care")
    lost = months.filter(cell)["y"].sum() - 3
    y = pl.when(cell).then(3.0).when(total).then(pl.col("y") - lost).otherwise(pl.col("y"))
    return protect_inputs(replace(inputs, month_forecast=months.with_columns(y.alias("y"))))


@pytest.fixture(scope="module")
def site(protected, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_situation_page(protected, folder)
    return folder


def test_the_page_holds_the_parts_of_the_next_twelve_months_and_no_hidden_one(protected):
    data = situation_payload(protected)["parts"]
    areas, services = (situation_payload(protected)[name] for name in ("areas", "services"))
    table = protected.inputs.need("month_parts")
    hidden = {(a, s) for a, s in table.filter(pl.col("suppressed") != "").select("area", "service").iter_rows()}
    assert {("21-lounais", "home_care"), ("21", "home_care")} <= hidden
    told = 0
    for key, cell in data.items():
        a, s = map(int, key.split("."))
        assert (cell == 0) == ((areas[a], services[s]) in hidden)
        if cell == 0:
            continue
        told += 1
        rows = table.filter(area=areas[a], service=services[s]).sort("ds").head(12)
        assert cell["start"] == f"{rows['ds'][0]:%Y-%m}"
        for shown, row in zip(cell["m"], rows.select("mean", *MONTH_PARTS).iter_rows(), strict=True):
            assert shown == pytest.approx(row, abs=0.51)
    assert told > 5


def test_a_reader_sees_each_part_with_its_meaning_and_its_numbers(site):
    with chromium() as browser, opened(browser, site / "index.en.html") as page:
        page.select_option("select[name=service]", "1")
        figure = page.locator("#parts")
        assert figure.locator("svg rect").count() >= 12
        legend = figure.locator(".legend").inner_text()
        assert "Level: mean of the last twelve months" in legend and "Season: " in legend
        assert "Working days" not in legend  # adds nothing here
        assert "The level is " in figure.locator(".sentence").inner_text()
        figure.locator("svg").focus()
        page.keyboard.press("End")
        assert "October 2027" in figure.locator(".readout").inner_text()
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() == 12
        assert figure.locator("thead th").all_inner_texts()[:4] == ["Time", "Expected value", "Level", "Trend"]
        page.select_option("select[name=area]", "4")
        page.select_option("select[name=service]", "0")
        assert "hidden" in figure.locator(".sentence").inner_text()
        assert figure.locator("svg").count() == 0
        assert page.problems == []


@pytest.mark.parametrize(("language", "cost"), [("fi", "+12,5\u00a0%"), ("sv", "+12,5\u00a0%"), ("en", "+12.5%")])
def test_what_a_fixed_model_costs_stands_beside_the_months_and_in_the_workbook(
    protected, site, tmp_path, language, cost
):
    page = (site / f"index.{language}.html").read_text(encoding="utf-8")
    assert page.count(cost + ".</span>") == 1  # of the other fixed model there is no cost
    (path,) = write_workbook(protected, language, tmp_path)
    sheet = openpyxl.load_workbook(path)[Texts(language).get("sheet-method")]
    told = [row[0] for row in sheet.iter_rows(values_only=True) if row[0] and cost in row[0]]
    assert len(told) == 1 and told[0] in page


def test_the_workbook_has_the_parts_by_area_service_and_month(protected, tmp_path):
    (path,) = write_workbook(protected, "en", tmp_path)
    book = openpyxl.load_workbook(path)
    rows = list(book["Month parts"].iter_rows(min_row=4, values_only=True))
    assert rows[0] == (
        "Area",
        "Service",
        "Month",
        "Expected value",
        *(Texts("en").of("part", p) for p in MONTH_PARTS),
    )
    table = protected.inputs.need("month_parts")
    assert len(rows) - 1 == table.height
    shown = [row for row in rows[1:] if row[3] != "hidden"]
    assert len(rows) - 1 - len(shown) == table.filter(pl.col("suppressed") != "").height > 0
    assert all(value is None for row in rows[1:] if row[3] == "hidden" for value in row[4:])
    assert all(sum(row[4:]) == pytest.approx(row[3], abs=0.5) for row in shown)
    method = "\n".join(str(row[0]) for row in book["Method"].iter_rows(values_only=True))
    assert all(Texts("en").of("part-meaning", part) in method for part in MONTH_PARTS)


def test_without_parts_nothing_is_shown(tmp_path):
    write_situation_page(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    assert 'id="parts"' not in (tmp_path / "index.fi.html").read_text(encoding="utf-8")
    text = (tmp_path / "data.js").read_text(encoding="utf-8")
    assert json.loads(text.removeprefix("window.SITUATION=").removesuffix(";\n"))["parts"] == {}
