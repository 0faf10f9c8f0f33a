"""The situation page as a person opens it from a folder: draws, answers choices, asks nothing of the network."""

import pytest

from tests.reporting.browser import chromium, opened


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.mark.browser
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_page_draws_without_the_network_and_fits_a_phone(browser, published, language):
    with opened(browser, published.release / "situation" / f"index.{language}.html", 390) as page:
        page.wait_for_selector("figure.chart svg")
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.problems == []


@pytest.mark.browser
def test_choosing_another_service_draws_another_chart(browser, published):
    with opened(browser, published.release / "situation" / "index.fi.html") as page:
        page.wait_for_selector("#fan-year svg")
        chart = page.locator("#fan-year .drawing svg")
        page.locator("#controls select[name=service]").select_option(label="Kotihoidon käynnit")
        first = chart.inner_html()
        page.locator("#controls select[name=service]").select_option(label="Päivystyskäynnit")
        assert first != chart.inner_html()
        page.locator("#controls select[name=area]").select_option(label="Kerava")
        assert "Kerava" in page.locator("#chosen").inner_text()
        assert page.problems == []


@pytest.mark.browser
@pytest.mark.parametrize("product", ["structural/structural_04_fi.html", "quality/quality_04_sv.html"])
def test_reports_open_without_the_network(browser, published, product):
    with opened(browser, published.release / product) as page:
        assert page.locator("h1").count() == 1
        assert page.problems == []
