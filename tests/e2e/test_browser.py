"""The situation page as a person opens it from a folder: draws, answers choices, asks nothing of the network."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 390, "height": 800})
    opened.problems = []
    opened.on("console", lambda message: message.type == "error" and opened.problems.append(message.text))
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("request", lambda r: r.url.startswith("file:") or opened.problems.append(r.url))
    yield opened
    opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_page_draws_without_the_network_and_fits_a_phone(page, published, language):
    page.goto((published.release / "situation" / f"index.{language}.html").as_uri())
    page.wait_for_selector("figure.chart svg")
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.problems == []


@pytest.mark.browser
def test_choosing_another_service_draws_another_chart(page, published):
    page.goto((published.release / "situation" / "index.fi.html").as_uri())
    page.wait_for_selector("figure.chart svg")
    chart = page.locator("figure.chart svg").first
    page.locator("#controls select[name=service]").select_option(label="Kotihoidon käynnit")
    first = chart.inner_html()
    page.locator("#controls select[name=service]").select_option(label="Päivystyskäynnit")
    assert first != chart.inner_html()
    page.locator("#controls select[name=area]").select_option(label="Kerava")
    assert "Kerava" in page.locator("#chosen").inner_text()
    assert page.problems == []


@pytest.mark.browser
@pytest.mark.parametrize("product", ["structural/structural_04_fi.html", "quality/quality_04_sv.html"])
def test_reports_open_without_the_network(page, published, product):
    page.goto((published.release / product).as_uri())
    assert page.locator("h1").count() == 1
    assert page.problems == []
