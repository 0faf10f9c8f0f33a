"""A report model is printed as an accessible page and as a tagged PDF, and its words are never markup."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.pdf.blocks import (
    Bullets,
    Column,
    Figure,
    Frame,
    Heading,
    KeyFigure,
    KeyFigures,
    Link,
    Mark,
    Note,
    Paragraph,
    Report,
    Table,
)
from reporting.pdf.html_page import html_page
from reporting.pdf.svg import IntervalRow, interval_plot, scale
from reporting.pdf.typeset import TypesettingError, pdf_bytes

DAY = date(2026, 10, 31)
NASTY = '<script>alert(1)</script> #eval("1") *b* _i_ $x$ @ref \\ `raw` "q" \' & äöå – ≥'


def a_figure(label: str = "Yksinäisyys") -> Figure:
    svg = interval_plot(
        [IntervalRow(label, 1.2, 0.8, 1.9, 1.0)], title="1 000 as.", written=lambda v, d: f"{v:.{d}f}"
    )
    return Figure(svg, f"{label}: 1,2", "Kuva", "Lähde: koe")


def a_report(words: str = "Teksti", *, banner: str = "", rows: int = 3, language: str = "fi") -> Report:
    frame = Frame("Sisältö", "/", "Siirry sisältöön", "Kielet", banner, "Julkaisu 2026-11")
    columns = (Column(words, width=1), Column("Määrä", "right"))
    blocks = (
        Heading(words),
        Paragraph(words, "lead"),
        KeyFigures((KeyFigure(words, "120 000", words),)),
        Note(words, "fair"),
        Bullets((words, words)),
        Heading(words, 2),
        Table(words, columns, tuple((f"{words} {n}", Mark("hyvä", "good")) for n in range(rows)), words),
        a_figure(words),
        Paragraph(words, "small"),
    )
    return Report(words, words, language, words, frame, blocks, (Link("PDF", "a_fi.pdf", "fi"),))


def structure_types(pdf: pikepdf.Pdf) -> list[str]:
    found: list[str] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(str(node["/S"]))
            if "/K" in node:
                walk(node["/K"])
        elif isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)

    walk(pdf.Root.StructTreeRoot["/K"])
    return found


def words_of(pdf: bytes, tmp_path) -> str:
    (tmp_path / "a.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_pdf_is_tagged_and_says_its_title_and_language(language):
    report = a_report("Otsikko äöå", language=language)
    pdf = pikepdf.open(io.BytesIO(pdf_bytes(report, as_of=DAY)))
    assert bool(pdf.Root.MarkInfo.Marked)
    assert str(pdf.Root.Lang).startswith(language)
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    with pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == f"Otsikko äöå – {report.subtitle}"
        assert metadata["pdfuaid:part"] == "1"


def test_no_row_of_a_table_is_split_between_two_pages(tmp_path):
    long = tuple((f"rivi{n}alku " + "sana " * (20 + n % 7) + f"rivi{n}loppu", str(n)) for n in range(60))
    columns = (Column("Syy", width=1), Column("Määrä", "right", width=4))
    report = replace(a_report(), blocks=(Table("Taulu", columns, long),))
    pages = words_of(pdf_bytes(report, as_of=DAY), tmp_path).split("\f")
    assert len(pages) > 3
    for n in range(60):
        [begins] = [place for place, page in enumerate(pages) if f"rivi{n}alku" in page]
        assert f"rivi{n}loppu" in pages[begins]


def test_headings_tables_lists_and_figures_are_tagged():
    pdf = pikepdf.open(io.BytesIO(pdf_bytes(a_report(), as_of=DAY)))
    types = structure_types(pdf)
    for needed in ("/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/LI", "/Figure"):
        assert needed in types, needed
    assert types.count("/TH") == 2


def test_every_figure_has_its_text_alternative():
    pdf = pikepdf.open(io.BytesIO(pdf_bytes(a_report(), as_of=DAY)))
    figures = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and str(o.get("/S", "")) == "/Figure"]
    assert figures
    assert all(str(f.get("/Alt", "")).strip() for f in figures if "/Alt" in f) and any(
        "/Alt" in f for f in figures
    )
    with pytest.raises(ValueError, match="no text alternative"):
        Figure("<svg/>", " ", "Kuva")


def test_only_the_fonts_of_the_project_are_used_and_they_are_embedded():
    pdf = pikepdf.open(io.BytesIO(pdf_bytes(a_report("äöå ÄÖÅ – ≥ − %"), as_of=DAY)))
    fonts = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
    names = {str(f["/FontName"]).split("+")[-1] for f in fonts}
    assert names and all(n.startswith(("HKGrotesk", "LibertinusSerif")) for n in names), names
    assert all("/FontFile3" in f or "/FontFile2" in f for f in fonts)


def test_letters_of_finnish_and_swedish_can_be_read_from_the_pdf(tmp_path):
    text = words_of(pdf_bytes(a_report("Päijät-Häme – Österbotten, Å ≥ 5 %"), as_of=DAY), tmp_path)
    assert "Päijät-Häme – Österbotten, Å ≥ 5 %" in text


def test_equal_reports_give_equal_bytes():
    assert pdf_bytes(a_report(), as_of=DAY) == pdf_bytes(a_report(), as_of=DAY)
    assert html_page(a_report()) == html_page(a_report())


def test_markup_in_the_words_is_inert_in_the_pdf(tmp_path):
    text = words_of(pdf_bytes(a_report(NASTY), as_of=DAY), tmp_path)
    flat = " ".join(text.split())
    assert '#eval("1") *b* _i_ $x$ @ref' in flat


class Tags(HTMLParser):
    """Start tags of a page with their attributes, and its visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def tags_of(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    return parser


def test_markup_in_the_words_is_inert_on_the_page():
    parser = tags_of(html_page(a_report(NASTY)))
    assert "script" not in {tag for tag, _ in parser.tags}
    assert NASTY in parser.text


def test_the_page_needs_nothing_from_outside():
    for tag, attributes in tags_of(html_page(a_report(NASTY))).tags:
        assert tag not in ("script", "link", "iframe", "object", "embed")
        for name in ("src", "href"):
            value = attributes.get(name) or ""
            assert not value.startswith(("http", "//")), (tag, value)
        assert not any(name.startswith("on") for name in attributes)


def test_the_page_has_language_one_main_heading_header_cells_and_alternatives():
    parser = tags_of(html_page(a_report(language="sv")))
    names = [tag for tag, _ in parser.tags]
    assert dict(parser.tags)["html"]["lang"] == "sv"
    assert names.count("h1") == 1 and "main" in names and "nav" in names
    scopes = [a.get("scope") for tag, a in parser.tags if tag == "th"]
    assert scopes.count("col") == 2 and scopes.count("row") == 3
    assert all(a.get("alt") for tag, a in parser.tags if tag == "img")
    ids = [a["id"] for _, a in parser.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(
        (a.get("href") or "#")[1:] in ids for tag, a in parser.tags if tag == "a" and a["href"].startswith("#")
    )


def test_the_banner_stands_on_every_page(tmp_path):
    pdf = pdf_bytes(a_report(banner="KEKSITTYÄ", rows=120), as_of=DAY)
    pages = words_of(pdf, tmp_path).split("\f")[:-1]
    assert len(pages) > 2
    assert all("KEKSITTYÄ" in page for page in pages)
    assert "KEKSITTYÄ" in html_page(a_report(banner="KEKSITTYÄ"))
    assert 'class="banner"' not in html_page(a_report())


def test_a_long_table_repeats_its_header_and_a_short_one_is_not_broken(tmp_path):
    pages = words_of(pdf_bytes(a_report(rows=120), as_of=DAY), tmp_path).split("\f")
    assert sum("Määrä" in page for page in pages) >= 3


def test_a_row_that_does_not_fit_the_columns_is_refused():
    with pytest.raises(ValueError, match="a row has 1 cells, expected 2"):
        Table("t", (Column("a"), Column("b")), (("x",),))


def test_what_typst_refuses_is_told_with_the_report():
    broken = a_report()
    bad = Report("Otsikko", "x", "fi", "y", broken.frame, (Figure("<svg", "kuvaus", "Kuva"),))
    with pytest.raises(TypesettingError, match="report 'Otsikko'"):
        pdf_bytes(bad, as_of=DAY)


def test_a_caption_stays_with_its_table_s_first_three_rows(tmp_path):
    columns = (Column("Nimi"), Column("Määrä", "right"))
    table = Table("Otsake", columns, tuple((f"rivi {n}", str(n)) for n in range(30)))
    frame, told = a_report().frame, []
    for lines in range(36, 50):  # some of them end where the caption, or the caption and one row, still fit
        report = Report("R", "x", "fi", "y", frame, (Bullets(("Teksti",) * lines), table))
        pages = words_of(pdf_bytes(report, as_of=DAY), tmp_path).split("\f")
        told.append(next(n for n, page in enumerate(pages) if "Otsake" in page))
        assert "rivi 2" in pages[told[-1]], lines
    assert set(told) == {0, 1}


def test_a_table_of_less_than_half_a_page_is_not_broken(tmp_path):
    columns = (Column("Nimi"), Column("Määrä", "right"))
    table = Table("Otsake", columns, tuple((f"rivi {n}", str(n)) for n in range(14)), "Lähde: koe")
    frame, told = a_report().frame, set()
    for lines in range(20, 44, 2):  # most of them leave room for some of its rows
        report = Report("R", "x", "fi", "y", frame, (Bullets(("Teksti",) * lines), table))
        pages = words_of(pdf_bytes(report, as_of=DAY), tmp_path).split("\f")
        whole = [n for n, page in enumerate(pages) if "Otsake" in page and "rivi 0" in page and "rivi 13" in page]
        assert len(whole) == 1, lines
        told.update(whole)
    assert told == {0, 1}


def test_a_table_s_source_stands_below_one_of_its_rows(tmp_path):
    columns = (Column("Nimi"), Column("Määrä", "right"))
    pages_of = set()
    for rows in range(40, 52):  # some of them fill the page to where the source would still have had to fit
        table = Table("Otsake", columns, tuple((f"rivi {n}", str(n)) for n in range(rows)), "Lähde: koe")
        report = replace(a_report(), blocks=(Paragraph("Ennen"), table, Paragraph("Jälkeen")))
        pages = words_of(pdf_bytes(report, as_of=DAY), tmp_path).split("\f")[:-1]
        pages_of.add(len(pages))
        for page in (page for page in pages if "Lähde: koe" in page):
            lines = [line.strip() for line in page.splitlines() if line.strip()]
            assert lines[lines.index("Lähde: koe") - 1].startswith("rivi"), rows
        assert any(f"rivi {rows - 1}" in page and "Lähde: koe" in page for page in pages), rows
    assert pages_of == {1, 2}


@pytest.mark.parametrize("value", [0.0, 0.999, 1.0, 250.0, -3.0])
def test_an_axis_of_equal_values_has_room_and_round_ticks(value):
    axis = scale(value, value, 0, 100)
    assert axis.low <= value <= axis.high
    assert 2 <= len(axis.ticks) <= 13
    assert max(axis.ticks) <= max(1.0, value) + 1e-9
    rows = [IntervalRow(name, value, value, value, value) for name in ("a", "b")]
    assert "nan" not in interval_plot(rows, title="index", written=lambda v, d: f"{v:.{d}f}", from_zero=False)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
@settings(max_examples=60, deadline=None)
def test_an_axis_holds_its_data_between_round_ticks(low, span):
    axis = scale(low, low + span, 0, 100)
    slack = 1e-6 * max(1, abs(low), span)
    assert axis.low <= low + slack and axis.high >= low + span - slack
    assert 2 <= len(axis.ticks) <= 13
    # Ticks are even as they are written: 0,25 is not 0,3.
    assert all(abs(round(t, axis.digits) - t) < 1e-6 * axis.step for t in axis.ticks)
