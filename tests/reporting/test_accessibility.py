"""Every page of an edition in Chromium: no violation of WCAG 2.1 AA, no error, usable by keys, fits a phone."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from reporting.disclosure import protect_inputs
from reporting.page import write_situation_page
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import quality_facts
from reporting.quality.write import write_quality_reports
from reporting.structural.facts import StructuralExtras, structural_tables
from reporting.structural.write import write_structural_reports
from reporting.texts import Texts
from tests.reporting.browser import chromium, opened, violations
from tests.reporting.sample_boundaries import write_boundaries
from tests.reporting.sample_inputs import sample_county, sample_inputs
from tests.reporting.structural.test_report import case_times, earlier

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
LANGUAGES = ("fi", "sv", "en")


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The pages of a small county, with everything that a page may show."""
    folder = tmp_path_factory.mktemp("edition")
    boundaries = write_boundaries(sample_county(), folder / "boundaries.geojson")
    protected = protect_inputs(sample_inputs(boundaries=boundaries))
    write_situation_page(protected, folder / "situation")
    tables = structural_tables(protected, StructuralExtras(case_times(), earlier()))
    write_structural_reports(tables, folder / "reports", areas=["21-itainen"])
    extras = QualityExtras(case_times=case_times())
    write_quality_reports(quality_facts(protected, extras), folder / "reports", extras=extras, places=["21"])
    return folder


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.mark.parametrize(("language", "width"), [("fi", 1280), ("sv", 390), ("en", 390)])
def test_the_situation_page_has_no_violation(browser, edition, language, width):
    with opened(browser, edition / "situation" / f"index.{language}.html", width, bypass_csp=True) as page:
        page.wait_for_selector("#fan-year svg")
        page.locator("select[name=scenario]").select_option("1")
        if language == "fi":  # the tables of figures hold hundreds of cells
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("report", [*(f"structural_21-itainen_{code}" for code in LANGUAGES), "quality_21_sv"])
def test_the_reports_have_no_violation(browser, edition, report):
    with opened(browser, edition / "reports" / f"{report}.html", 390, bypass_csp=True) as page:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.problems == []


def test_figures_of_all_ages_stand_aside_when_a_group_is_chosen_and_one_sentence_names_them(browser, edition):
    with opened(browser, edition / "situation" / "index.sv.html") as page:
        whole = page.locator("figure[data-whole]")
        titles = whole.locator("h3").all_inner_texts()
        assert len(titles) == 5 and page.locator("#whole-only").is_hidden()
        page.locator("#controls select[name=group]").select_option(index=2)
        assert not any(one.is_visible() for one in whole.all())
        told = page.locator("#whole-only").inner_text()
        assert all(title in told for title in titles)
        page.locator("#controls select[name=group]").select_option(index=0)
        assert all(one.locator("svg").is_visible() for one in whole.all())
        assert page.locator("#whole-only").is_hidden() and page.problems == []


ROOM = """() => [...document.querySelectorAll('select')].filter((select) => {
  const style = getComputedStyle(select), pen = document.createElement('canvas').getContext('2d');
  pen.font = style.font;
  const widest = Math.max(...[...select.options].map((option) => pen.measureText(option.textContent).width));
  return widest > select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;
}).map((select) => select.name || select.id)"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_name_in_a_chooser_is_cut(browser, edition, language, width):
    """An arrow takes 20 pixels of a chooser."""
    with opened(browser, edition / "situation" / f"index.{language}.html", width) as page:
        assert page.evaluate(ROOM) == []


def test_a_page_with_a_fault_is_found_out(browser, tmp_path):
    (tmp_path / "bad.html").write_text(
        "<html><body><img src='data:,'><p style='color:#aaa;background:#fff'>grey words</p>", encoding="utf-8"
    )
    with opened(browser, tmp_path / "bad.html") as page:
        assert {v.split()[0] for v in violations(page)} >= {"image-alt", "html-has-lang", "color-contrast"}


def test_every_figure_is_drawn_and_has_its_numbers_in_a_table(browser, edition):
    with opened(browser, edition / "situation" / "index.fi.html") as page:
        page.wait_for_selector("#fan-year svg")
        for figure in (
            "fan-year",
            "fan-month",
            "drivers",
            "scenarios",
            "tornado",
            "variance",
            "areas",
            "fan-indicator",
        ):
            assert page.locator(f"#{figure} svg").count() >= 1, figure
            assert page.locator(f"#{figure} .data tbody tr").count() >= 2, figure
        assert page.locator("#map .drawing path.place").count() == len(sample_county().municipalities)
        assert page.problems == []


@pytest.mark.parametrize("hidden", [True, False])
def test_zeros_without_a_forecast_are_not_drawn_and_with_one_have_an_axis_of_whole_numbers(
    browser, tmp_path, hidden
):
    write_situation_page(protect_inputs(sample_inputs()), tmp_path)
    data = tmp_path / "data.js"
    edition = json.loads(data.read_text(encoding="utf-8").removeprefix("window.SITUATION=").removesuffix(";\n"))
    observed, fan = edition["need"]["0.0.0"]
    zeros = [[None, *(0 for _ in observed[1:])], 0 if hidden else [0 for _ in fan]]
    edition["need"] |= {"0.0.0": zeros}
    edition["scenarios"]["cells"] = {}
    data.write_text(f"window.SITUATION={json.dumps(edition)};\n", encoding="utf-8")
    with opened(browser, tmp_path / "index.sv.html") as page:
        page.wait_for_selector("#areas svg")
        figure = page.locator("#fan-year")
        if hidden:
            assert figure.locator(".drawing svg").count() == 0
            assert figure.locator(".sentence").inner_text() == "Siffrorna är skyddade eftersom personerna är få."
            assert not figure.locator(".legend").is_visible()
        else:
            assert figure.locator("svg text[text-anchor=end]").all_text_contents()[:2] == ["0", "1"]
        assert page.problems == []


def test_hidden_months_after_those_still_being_recorded_are_said_to_be_hidden(browser, tmp_path):
    """The estimates of the last months are shown; the median and bands of what follows are not promised."""
    write_situation_page(protect_inputs(sample_inputs()), tmp_path)
    data = tmp_path / "data.js"
    edition = json.loads(data.read_text(encoding="utf-8").removeprefix("window.SITUATION=").removesuffix(";\n"))
    cell = edition["months"]["0.0"]
    told = 7 * len(cell["raw"])
    assert told and cell["f"][told + 3] is not None
    cell["f"][told:] = [None] * (len(cell["f"]) - told)
    data.write_text(f"window.SITUATION={json.dumps(edition)};\n", encoding="utf-8")
    with opened(browser, tmp_path / "index.en.html") as page:
        figure = page.locator("#fan-month")
        assert figure.locator(".sentence").inner_text() == Texts("en").get("page-js-forecast-hidden")
        assert figure.locator("circle.est").count() == len(cell["raw"])
        assert figure.locator("path.med, path.b80").count() == 0
        assert not any(one.is_visible() for one in figure.locator(".of-ahead, .of-50, .of-95").all())
        assert page.problems == []


def test_a_figure_with_nothing_to_draw_is_its_title_and_the_reason(browser, tmp_path):
    write_situation_page(protect_inputs(sample_inputs()), tmp_path)
    data = tmp_path / "data.js"
    edition = json.loads(data.read_text(encoding="utf-8").removeprefix("window.SITUATION=").removesuffix(";\n"))
    edition["parts"] = {"0.0": 0}
    data.write_text(f"window.SITUATION={json.dumps(edition)};\n", encoding="utf-8")
    with opened(browser, tmp_path / "index.en.html") as page:
        texts = Texts("en")
        expected = [texts.get("page-fig-parts"), texts.get("page-js-hidden")]
        assert page.locator("#parts").inner_text().split("\n\n") == expected
        page.locator("#controls select[name=service]").select_option(index=1)
        assert page.locator("#fan-year figcaption").is_visible()


def test_a_scenario_is_drawn_beside_the_baseline_and_kept_when_the_language_changes(browser, edition):
    with opened(browser, edition / "situation" / "index.fi.html") as page:
        page.wait_for_selector("#fan-year svg")
        assert page.locator("#fan-year path.other").count() == 0
        page.locator("select[name=scenario]").select_option("1")
        assert page.locator("#fan-year path.other").count() == 1
        assert "Ero perusuraan" in page.locator("#fan-year .sentence").inner_text()
        page.locator(".languages a[lang=sv]").click()
        page.wait_for_selector("#fan-year path.other")
        assert page.locator("select[name=scenario]").input_value() == "1"


def test_the_areas_can_be_compared_and_chosen_on_the_map_by_pointer_and_by_keys(browser, edition):
    with opened(browser, edition / "situation" / "index.fi.html") as page:
        page.wait_for_selector("#map .drawing svg")
        page.locator("#area-measure").select_option("quality")
        assert "Kirjaamisen laatuindeksi" in page.locator("#areas .sentence").inner_text()
        page.locator("#map .drawing svg").focus()
        page.keyboard.press("End")
        assert page.locator("#map .readout").inner_text().startswith("Lounais-Lappi")
        page.locator("#map path.place").first.click()
        assert page.locator("select[name=area]").input_value() != "0"
        assert page.locator("#map path.chosen").count() >= 1


def test_without_boundaries_the_areas_stand_in_rows_alone(browser, tmp_path):
    write_situation_page(protect_inputs(sample_inputs()), tmp_path)
    with opened(browser, tmp_path / "index.fi.html") as page:
        page.wait_for_selector("#areas svg")
        assert page.locator("#map").count() == 0
        assert page.problems == []


def test_a_month_of_another_recording_is_marked_in_the_chart_of_months(browser, tmp_path):
    inputs = sample_inputs()
    months = inputs.need("month_forecast")
    changed = (pl.col("service") == pl.col("service").first()) & (pl.col("ds") == pl.date(2025, 3, 1))
    flagged = pl.when(changed | (pl.col("kind") == "forecast")).then(pl.lit("break")).otherwise("flag")
    write_situation_page(
        protect_inputs(replace(inputs, month_forecast=months.with_columns(flag=flagged))), tmp_path
    )
    with opened(browser, tmp_path / "index.en.html") as page:
        page.wait_for_selector("#fan-month svg")
        assert page.locator("#fan-month line.mark").count() == 1  # flagged forecasts only rest on it
        assert "recording changed" in page.locator("#fan-month svg").text_content().lower()
        page.locator("select[name=service]").select_option("1")
        assert page.locator("#fan-month path.obs").count() == 1
        assert page.locator("#fan-month line.mark").count() == 0


def test_every_chart_of_years_not_tested_says_how_far_the_forecast_was(browser, edition):
    with opened(browser, edition / "situation" / "index.en.html") as page:
        page.wait_for_selector("#fan-year svg")
        for figure in ("fan-year", "drivers", "scenarios", "tornado", "variance"):
            said = page.locator(f"#{figure}").inner_text()
            assert "The forecast has been tested for the time to 2030." in said, figure


def test_the_fan_chart_is_read_by_the_arrow_keys(browser, edition):
    with opened(browser, edition / "situation" / "index.en.html") as page:
        page.wait_for_selector("#fan-year svg")
        page.locator("#fan-year svg").focus()
        page.keyboard.press("End")
        assert page.locator("#fan-year .readout").inner_text().startswith("2045: ")


CUT_TEXTS = """() => [...document.querySelectorAll("svg text")].filter((t) => {
  const r = t.getBoundingClientRect(), s = t.closest("svg").getBoundingClientRect();
  return r.width && (r.left < s.left - 1 || r.right > s.right + 1 || r.top < s.top - 1 || r.bottom > s.bottom + 2);
}).map((t) => t.closest("figure").id + ": " + t.textContent)"""


@pytest.mark.parametrize("width", [1280, 400])
def test_no_number_of_a_chart_is_cut_where_a_small_fall_stands_at_its_edge(browser, tmp_path, width):
    """Parts as they were in one area: a small fall beside the axis, a large rise, a fall over half of it."""
    inputs = sample_inputs()
    parts = {"size": 153.0, "structure": -34.0, "rate": 5410.0, "total": 5529.0}
    value = pl.col("driver").replace_strict(parts, return_dtype=pl.Float64)
    drivers = inputs.need_drivers.with_columns(value.alias(name) for name in ("mean", "q0.1", "q0.5", "q0.9"))
    write_situation_page(protect_inputs(replace(inputs, need_drivers=drivers)), tmp_path)
    with opened(browser, tmp_path / "index.fi.html", width) as page:
        page.wait_for_selector("#drivers svg")
        assert "−34" in page.locator("#drivers svg").inner_html()
        assert page.evaluate(CUT_TEXTS) == []


BROKEN_WORDS = r"""() => [...document.querySelectorAll("td.w, th")].filter((c) => c.offsetParent).flatMap((c) => {
  const range = document.createRange(), node = c.firstChild;
  const broken = (word) => {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size > 1;
  };
  const words = node === null || node.nodeType !== Node.TEXT_NODE ? [] : [...node.data.matchAll(/[^\s–-]+/g)];
  return words.filter(broken).map((word) => word[0]);
})"""


@pytest.mark.parametrize("width", [400, 660, 800, 1280])
def test_no_word_of_a_table_breaks_in_its_middle(browser, tmp_path, width):
    """Every row has a note; Chromium without dictionaries does not hyphenate, so a break would be a bare one."""
    inputs = sample_inputs()
    flagged = inputs.need_forecast.with_columns(pl.lit("break").alias("flag"))
    write_situation_page(protect_inputs(replace(inputs, need_forecast=flagged)), tmp_path)
    with opened(browser, tmp_path / "index.sv.html", width) as page:
        page.wait_for_selector("#fan-year svg")
        assert "registreringssätt" in page.locator("table td.w").first.inner_text()
        assert page.evaluate(BROKEN_WORDS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
