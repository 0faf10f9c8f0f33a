"""No text from data is ever markup: hostile words in every text column come out inert in every product."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import zipfile
from html.parser import HTMLParser

import polars as pl
import pytest

from counties.models import Names
from reporting.disclosure import protect_inputs
from reporting.inputs import EXPECTED_COLUMNS, Source
from reporting.page import write_situation_page
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import quality_facts
from reporting.quality.unit_report import unit_tables, write_unit_reports
from reporting.quality.work_lists import write_work_lists
from reporting.quality.write import write_quality_reports
from reporting.structural.facts import StructuralExtras, structural_tables
from reporting.structural.write import write_structural_reports
from reporting.workbook import write_workbook
from tests.reporting.browser import chromium, opened
from tests.reporting.quality.test_quality_report import change_table, rule_table
from tests.reporting.sample_inputs import sample_county, sample_inputs
from tests.reporting.structural.test_report import case_times, earlier

HOSTILE = '=cmd()\n<script>alert(1)</script><img src=x onerror=alert(2)>"\'#eval("1")'
# Codes that tables are joined or told by: their names are hostile instead.
CODES = {
    *("area", "service", "sex", "age_group", "kind", "level", "dimension", "municipality", "measure", "group"),
    *("indicator", "variant", "severity", "need", "unique_id", "driver", "missing_reason"),
}


def hostile(table: pl.DataFrame) -> pl.DataFrame:
    """The table with hostile words at the end and the beginning of every text that is no code."""
    texts = [c for c, kind in table.schema.items() if kind == pl.String and c not in CODES]
    return table.with_columns((pl.lit(HOSTILE) + pl.col(c)).alias(c) for c in texts)


@pytest.fixture(scope="module")
def inputs():
    county = sample_county()
    names = Names(fi=HOSTILE, sv=HOSTILE, en=HOSTILE)
    area = county.service_areas[0].model_copy(update={"names": names})
    service = county.services[0].model_copy(update={"names": names})
    indicator = county.indicators[0].model_copy(update={"names": names, "unit": names})
    county = county.model_copy(
        update={
            "names": names,
            "service_areas": (area, *county.service_areas[1:]),
            "services": (service, *county.services[1:]),
            "indicators": (indicator, *county.indicators[1:]),
        }
    )
    plain = sample_inputs(county=county)
    tables = {name: getattr(plain, name) for name in EXPECTED_COLUMNS}
    changed = {name: hostile(table) for name, table in tables.items() if table is not None}
    changed["need_scenarios"] = changed["need_scenarios"].with_columns(pl.lit(HOSTILE).alias("name_fi"))
    sources = (Source(HOSTILE, HOSTILE, HOSTILE, HOSTILE), Source("open data", "2026-11-01", "", HOSTILE))
    return dataclasses.replace(plain, **changed, sources=sources, edition="2026-11<b>")


@pytest.fixture(scope="module")
def products(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    protected = protect_inputs(inputs)
    write_situation_page(protected, folder / "situation")
    write_workbook(protected, "fi", folder / "workbook")
    register = hostile(earlier()).with_columns(earlier()["status"])
    area = inputs.county.service_areas[0].code
    tables = structural_tables(protected, StructuralExtras(case_times(), register))
    write_structural_reports(tables, folder / "reports", areas=[area], languages=["fi"])
    unit = inputs.quality_scores["unit"].drop_nulls()[5]
    extras = QualityExtras(rules=hostile(rule_table()), changes=change_table(unit))
    facts = quality_facts(protected, extras)
    write_quality_reports(facts, folder / "reports", extras=extras, places=[facts.place], languages=["fi"])
    write_work_lists(inputs, "fi", folder / "units", extras=extras)
    units = unit_tables(facts, inputs.quality_scores, inputs.violations, inputs.cells, extras)
    write_unit_reports(units, inputs, "fi", folder / "units")
    return folder


class Markup(HTMLParser):
    """Elements and attributes that a page really has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_no_page_has_an_element_or_a_handler_from_data(products):
    pages = sorted(products.rglob("*.html"))
    assert len(pages) > 12
    for path in pages:
        text = path.read_text(encoding="utf-8")
        markup = Markup(text)
        own = 3 if path.parent.name == "situation" and path.name != "index.html" else 0
        assert markup.tags.count("script") == own, path
        assert not any(name.startswith("on") for name in markup.attributes), path
        if path.name != "index.html":
            assert "&lt;script&gt;alert(1)" in text, path
    assert "<script" not in (products / "situation" / "data.js").read_text(encoding="utf-8")


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_nothing_from_data_runs_when_the_pages_are_opened(products):
    with chromium() as browser:
        unit = next((products / "units").rglob("report_fi.html"))
        for path in (products / "situation" / "index.fi.html", unit):
            with opened(browser, path) as page:
                page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
                page.wait_for_timeout(100)
                assert page.locator("img[onerror]").count() == 0
                assert page.problems == []


def test_no_cell_of_the_workbook_is_a_formula_from_data(products):
    (path,) = (products / "workbook").glob("*.xlsx")
    with zipfile.ZipFile(path) as book:
        sheets = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        words = book.read("xl/sharedStrings.xml").decode()
    formulas = [formula for sheet in sheets for formula in re.findall(r"<f>(.*?)</f>", sheet, re.DOTALL)]
    assert formulas and not any("cmd()" in formula for formula in formulas)
    assert "=cmd()" in words and "<script" not in words


def test_the_pdf_prints_hostile_words_as_words(products):
    for path in (products / "reports").glob("*.pdf"):
        done = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True)
        flat = "".join(done.stdout.decode().split()).replace("\u00ad", "")
        assert "<script>alert(1)</script>" in flat and '#eval("1")' in flat, path
