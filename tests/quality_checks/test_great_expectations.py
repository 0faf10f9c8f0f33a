"""The declared layer: outcomes told apart, pages that stand alone, no value in any file."""

import base64
import re
from datetime import date

import polars as pl
import pytest

from quality_checks.great_expectations import counts_by_status, record_quality_suites, run_suites, write_index
from quality_checks.great_expectations.runner import SuiteError
from quality_checks.great_expectations.suites import rule_shares
from tests.reporting.browser import chromium, opened

MARKER = "KUKKAMAARIA"
FRAME = pl.DataFrame(
    {"good": [0.99, 1.0], "bad": [0.5, 0.99], "unasked": [None, None], "name": [MARKER, MARKER], "rows": [5, 7]},
    schema_overrides={"unasked": pl.Float64},
)


def between(rule, column, **kwargs):
    return {
        "rule_id": rule, "type": "ExpectColumnValuesToBeBetween", "severity": "convention",
        "kwargs": {"column": column, "min_value": 0.95, "max_value": 1.0, **kwargs},
        "title": f"Sääntö {rule} on kunnossa",
    }  # fmt: skip


SUITE = {
    "suite": "completeness-documents",
    "table": "shares",
    "expectations": [
        between("good", "good"),
        between("bad", "bad"),
        between("unasked", "unasked"),
        between("lost", "no_such_column"),
        {"rule_id": "named", "type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"},
         "title": "Nimi on", "severity": "fatal"},
        between("typed", "name"),
        {"rule_id": "coded", "type": "ExpectColumnValuesToBeInSet",
         "kwargs": {"column": "name", "value_set": ["a"]},
         "title": "Koodi on luokituksessa", "severity": "characterization"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    outcomes = run_suites([SUITE], {"shares": FRAME}, docs_folder=folder, as_of=date(2026, 6, 1))
    write_index(folder, outcomes)
    return outcomes, folder


def test_pass_fail_error_and_not_applicable_are_told_apart(run):
    outcomes, _ = run
    assert {o.rule_id: o.status for o in outcomes} == {
        "good": "pass", "bad": "fail", "unasked": "not_applicable", "lost": "error", "named": "pass",
        "typed": "error", "coded": "fail",
    }  # fmt: skip
    bad = next(o for o in outcomes if o.rule_id == "bad")
    assert (bad.evaluated, bad.unexpected, bad.severity) == (2, 1, "warning")
    assert counts_by_status(outcomes) == {"pass": 2, "fail": 2, "error": 2, "not_applicable": 1}


def test_no_page_or_result_holds_a_value_or_a_path(run):
    _, folder = run
    forms = [MARKER, base64.b64encode(MARKER.encode()).decode()[:-4], "Traceback", "site-packages"]
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert len(files) == 3
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not [form for form in forms if form in text], path
        found = re.findall(r"[A-Za-z0-9+/]{24,}", text)
        decoded = b"".join(base64.b64decode(part[: len(part) // 4 * 4]) for part in found)
        assert MARKER.encode() not in decoded, path


def test_the_pages_open_without_a_network_and_speak_finnish_and_swedish(run):
    _, folder = run
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert not re.search(r"""(?:src|href|url\()\s*=?\s*['"(]?(?:https?:)?//""", text), page
        assert 'lang="fi"' in text
    result = next(p for p in pages if "validations" in p.parts).read_text(encoding="utf-8")
    assert "Sääntö bad on kunnossa" in result
    assert '<span lang="fi">poikkeaa 50 %</span> / <span lang="sv">50 % avviker</span>' in result
    told = "Poikkeavia arvoja 1, 50 % niistä, joissa on arvioitavaa. Rivejä kaikkiaan 2."
    assert f'<span lang="fi">{told}</span>' in result
    english = r">[^<>]*\b(Expectation|Validation|Overview|Contents|Status|unexpected|Batch|Show|Home)\b[^<>]*<"
    for page in pages:
        body = re.sub(r"<style\b.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert re.findall(english, body.replace('"sv">Status', '"sv">')) == [], page.name
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert '<span lang="fi">Kirjaamisen laatu: tarkastukset</span>' in index
    assert '<span lang="sv">Dokumentationens kvalitet: kontroller</span>' in index
    assert '<span lang="sv">under målet</span>' in index
    link = re.search(r'href="([^"]+)"', index)
    assert link is not None
    assert (folder / link[1]).exists()


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_a_long_list_of_contents_is_shown_whole(tmp_path):
    frame = pl.DataFrame({f"rule_{number}": [1.0] for number in range(60)})
    suite = {**SUITE, "expectations": [between(name, name) for name in frame.columns]}
    run_suites([suite], {"shares": frame}, docs_folder=tmp_path, as_of=date(2026, 6, 1))
    with chromium() as browser:
        for path in tmp_path.rglob("completeness-documents*.html"):
            with opened(browser, path) as page:
                last = page.locator("a[href='#section-61']").bounding_box()
                first = page.locator("#section-1").bounding_box()
                assert last["y"] + last["height"] <= first["y"], path


def headings(page: str) -> list[str]:
    return [" ".join(found.split()) for found in re.findall(r"<h5\b[^>]*>(.*?)</h5>", page, re.DOTALL)]


@pytest.mark.parametrize("kind", ["validations", "expectations"])
def test_a_section_is_headed_by_what_is_asked_with_its_id_beside_it(tmp_path, kind):
    titled = {
        **between("bad", "bad"),
        "title": "Tavoite on annettu / Målet är angivet",
    }
    contract = {**between("t.rows", "rows"), "title": "t has rows"}
    suite = {**SUITE, "expectations": [titled, contract, between("one", "good"), between("two", "good")]}
    run_suites([suite], {"shares": FRAME}, docs_folder=tmp_path, as_of=date(2026, 6, 1))
    (page,) = (tmp_path / kind).rglob("*.html")
    text = page.read_text(encoding="utf-8")
    rule = '<span lang="fi">Tavoite on annettu</span> / <span lang="sv">Målet är angivet</span>'
    assert headings(text)[1:] == [
        f"{rule} <code>bad</code>",
        "good",  # asked two things: neither alone heads it
        '<span lang="fi">t: taulussa on rivejä</span> / <span lang="sv">t: tabellen har rader</span> '
        "<code>rows</code>",
    ]
    assert text.count(rule) == 3  # contents, heading, and the expectation itself


def test_a_page_names_its_suite_its_day_and_its_figures_in_words(run):
    _, folder = run
    text = next(folder.glob("validations/**/*.html")).read_text(encoding="utf-8")
    assert '<span lang="fi">Tulokset / Täydellisyys: asiakirjat / 1.6.2026</span>' in text
    assert '<span lang="sv">Resultat / Fullständighet: handlingar / 1.6.2026</span>' in text
    assert "≈42,86 %" in text  # two of seven in order, and one without anything to judge
    assert '<span lang="sv">inget att bedöma</span>' in text
    assert '<span lang="fi">ei voitu arvioida</span>' in text
    assert not re.search(r">[^<>]*(completeness-documents|raised an exception|not null|2026-06-01T)[^<>]*<", text)


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_how_the_table_was_handed_over_is_not_shown(run):
    _, folder = run
    with chromium() as browser, opened(browser, next(folder.glob("validations/**/*.html"))) as page:
        shown = page.locator("body").inner_text()
    assert "Great Expectationsin versio" in shown
    for word in ("DataFrame", "fingerprint", "batch_data", "Aineiston tunnisteet"):
        assert word not in shown


def test_equal_results_give_equal_pages(run, tmp_path):
    _, folder = run
    for _ in range(2):
        outcomes = run_suites([SUITE], {"shares": FRAME}, docs_folder=tmp_path, as_of=date(2026, 6, 1))
        write_index(tmp_path, outcomes)
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        assert page.read_bytes() == (folder / page.relative_to(tmp_path)).read_bytes(), page.name


def test_suites_run_apart_stand_together_and_leave_when_they_are_no_more(tmp_path):
    other = {**SUITE, "suite": "conformance-documents", "expectations": SUITE["expectations"][:1]}
    found = [
        run_suites([suite], {"shares": FRAME}, docs_folder=tmp_path, as_of=date(2026, 6, 1))
        for suite in (SUITE, other)
    ]
    write_index(tmp_path, [*found[0], *found[1]])
    assert (tmp_path / "index.html").read_text(encoding="utf-8").count("href=") == 2
    write_index(tmp_path, found[1])
    assert {p.name for p in tmp_path.glob("validations/*")} == {"conformance-documents"}
    assert {p.name for p in tmp_path.glob("expectations/*")} == {"conformance-documents.html"}


def test_an_empty_table_is_an_error_never_a_pass():
    outcomes = run_suites([SUITE], {"shares": FRAME.clear()}, docs_folder=None)
    assert {o.status for o in outcomes} == {"error"}


@pytest.mark.parametrize("kind", ["ExpectColumnMaxToBeBetween", "ExpectColumnDistinctValuesToBeInSet", "Nonsense"])
def test_an_expectation_that_could_show_values_is_refused(kind):
    suite = {**SUITE, "expectations": [{**between("x", "good"), "type": kind}]}
    with pytest.raises(SuiteError, match="not admitted"):
        run_suites([suite], {"shares": FRAME}, docs_folder=None)


def test_a_table_that_was_not_given_is_named():
    with pytest.raises(SuiteError, match="table shares was not given"):
        run_suites([SUITE], {}, docs_folder=None)


def test_every_active_rule_of_the_catalogue_is_declared_once(catalogue):
    suites = record_quality_suites(catalogue)
    declared = [e["rule_id"] for suite in suites for e in suite["expectations"]]
    assert sorted(declared) == sorted(rule.id for rule in catalogue.rules if rule.mode == "active")
    assert max(len(suite["expectations"]) for suite in suites) <= 50


def test_shares_are_missing_where_no_document_was_judged():
    cells = pl.DataFrame(
        {"area": ["a", "b", "a"], "rule_id": ["r", "r", "s"], "eligible": [10, 0, 4], "failed": [1, 0, 4]}
    )
    assert rule_shares(cells).rows(named=True) == [
        {"area": "a", "r": 0.9, "s": 0.0},
        {"area": "b", "r": None, "s": None},
    ]


def test_every_page_of_invented_data_says_so(tmp_path):
    notice = "Synteettistä <aineistoa>"
    outcomes = run_suites([SUITE], {"shares": FRAME}, docs_folder=tmp_path, as_of=date(2026, 6, 1), notice=notice)
    write_index(tmp_path, outcomes, notice)
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert 'role="note">Synteettistä &lt;aineistoa&gt;</p>' in text, page.name


def test_every_check_of_a_contract_is_told_in_finnish_and_swedish():
    from quality_checks.great_expectations.languages import in_languages
    from sources.contracts import CONTRACTS
    from sources.expectations import expectations

    for contract in CONTRACTS.values():
        columns = [column.name for column in contract.columns]
        for told in expectations(contract, coded=columns, owned=columns):
            said = in_languages(f"<td> {told['title']} </td>")
            assert said.startswith('<td> <span lang="fi">'), told["title"]
            assert '</span> / <span lang="sv">' in said


def test_every_suite_has_words():
    from quality_checks.great_expectations.languages import known_words
    from quality_checks.rules import load_catalogue
    from sources.contracts import CONTRACTS

    words = known_words()
    types = {kind for rule in load_catalogue().rules for kind in rule.document_types}
    assert types | set(CONTRACTS) | {"documents"} <= set(words.tables)
    assert {rule.dimension for rule in load_catalogue().rules} | {"contract"} == set(words.subjects)
