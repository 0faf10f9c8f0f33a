"""The written structural report: complete, readable in three languages, telling nothing that is hidden."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pikepdf
import polars as pl
import pytest

from reporting.inputs import ReportInputs
from reporting.pdf.blocks import Bullets, Figure, Heading, KeyFigures, Mark, Note, Paragraph, Table
from reporting.pdf.voice import Voice
from reporting.structural.facts import StructuralExtras, StructuralInputError, area_facts, structural_tables
from reporting.structural.marks import trust_mark
from reporting.structural.need_overview import need_overview
from reporting.structural.phenomena import Ratio, by_need
from reporting.structural.phenomenon_chapters import ratio_cell
from reporting.structural.trust import QualityIndex
from reporting.structural.write import structural_report, write_structural_reports
from reporting.texts import Texts
from tests.reporting.sample_inputs import sample_inputs

LANGUAGES = ("fi", "sv", "en")


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (Ratio(0.78, 0.61, 0.97), "0,78 (0,61–0,97)"),
        (Ratio(0.8, 0.62, 0.99976), "0,80 (0,62–<1,00)"),
        (Ratio(1.3, 1.0004, 1.7), "1,30 (>1,00–1,70)"),
        (Ratio(1.3, 1.02, 1.66), "1,30 (1,02–1,66)"),
        (Ratio(2.1, 1.6, 2.7), "2,1 (1,6–2,7)"),
        (Ratio(0.9, 0.8, 1.01), "0,9 (0,8–1,0)"),
        (Ratio(3.0, 1.04, float("inf")), "3,00 (1,04–∞)"),
    ],
)
def test_the_interval_of_a_clear_change_is_seen_not_to_hold_one(ratio, written):
    cell = ratio_cell(ratio, "trend", False, Voice(sample_inputs(), "fi"))
    words = cell.text if isinstance(cell, Mark) else str(cell)
    assert words.split(": ")[1].replace("\u2060", "").replace("\u00a0", " ") == written


NASTY = '<img src=x onerror=alert(1)>"; #read("/etc/passwd")'


def case_times() -> pl.DataFrame:
    rows = []
    for measure, limit, unit in (("to_assessment", 7, "working_days"), ("to_decision", 92, "calendar_days")):
        for task in ("all", "older_people"):
            for area, n in (("21", 400), ("21-pohjoinen", 100), ("21-itainen", 100), ("21-kaakkois", 100),
                            ("21-lounais", 100)):  # fmt: skip
                rows.append((task, area, measure, n, 0, n, 5.5, int(n * 0.8), n, 0.8, limit, unit))
    schema = ["service_task", "area", "measure", "n", "open", "clients", "median_days", "within", "due"]
    return pl.DataFrame(rows, schema=[*schema, "share_within", "limit_days", "limit_unit"], orient="row")


def earlier(proposal: str = "outreach_work") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "area": ["21", "21-itainen"],
            "proposal": [proposal, "Asumisneuvoja"],
            "made_on": [date(2025, 11, 3), date(2025, 12, 1)],
            "addressee": ["Rovaniemi", None],
            "owner": [None, "Palvelujohtaja"],
            "due_on": [date(2026, 6, 30), None],
            "status": ["in_progress", "done"],
            "outcome": [None, "Virka täytetty"],
        }
    )


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return sample_inputs()


@pytest.fixture(scope="module")
def tables(inputs):
    return structural_tables(inputs, StructuralExtras(case_times(), earlier()))


def visible_text(page: str) -> str:
    class Text(HTMLParser):
        words = ""
        skip = False

        def handle_starttag(self, tag, attrs):
            self.skip = tag == "style"
            self.words += " " + (dict(attrs).get("alt") or "") + " "

        def handle_endtag(self, tag):
            self.skip = False

        def handle_data(self, data):
            self.words += "" if self.skip else data

    parser = Text()
    parser.feed(page)
    return parser.words


def words_of(path: Path) -> str:
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", ["21", "21-itainen"])
def test_every_chapter_is_there_and_none_is_empty(tables, area, language):
    blocks = structural_report(tables, area, language).blocks
    chapters = [b for b in blocks if isinstance(b, Heading) and b.level == 1]
    assert len(chapters) == 9
    for this, following in zip(blocks, (*blocks[1:], None), strict=True):
        assert not (isinstance(this, Heading) and (following is None or isinstance(following, Heading))), this
        assert not (
            isinstance(this, Bullets | Table) and not (this.items if isinstance(this, Bullets) else this.rows)
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_written_as_page_and_tagged_pdf(tables, tmp_path, language):
    html, pdf = write_structural_reports(tables, tmp_path, areas=["21-itainen"], languages=[language])
    assert (html.name, pdf.name) == (
        f"structural_21-itainen_{language}.html",
        f"structural_21-itainen_{language}.pdf",
    )
    opened = pikepdf.open(pdf)
    assert str(opened.Root.Lang).startswith(language) and bool(opened.Root.MarkInfo.Marked)
    figures = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]
    assert len(figures) >= 2 and all(str(f["/Alt"]).strip() for f in figures)


def test_page_and_pdf_say_the_same(tables, tmp_path):
    html, pdf = write_structural_reports(tables, tmp_path, areas=["21"], languages=["fi"])
    page, paper = visible_text(html.read_text(encoding="utf-8")), words_of(pdf)
    flat = re.sub(r"[\s\u2060-]", "", paper)
    for block in structural_report(tables, "21", "fi").blocks:
        if isinstance(block, Paragraph | Heading):
            assert block.text in page
            # A paragraph may be torn by a page's foot and head: its first words are enough.
            assert re.sub(r"[\s\u2060-]", "", block.text)[:40] in flat


def test_equal_inputs_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_structural_reports(sample_inputs(), tmp_path / name, areas=["21"], languages=["sv"])
    for ending in ("html", "pdf"):
        first, second = (tmp_path / n / f"structural_21_sv.{ending}" for n in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_every_area_and_language_is_written(inputs, tmp_path):
    written = write_structural_reports(inputs, tmp_path)
    assert len(written) == 5 * 3 * 2 and all(p.stat().st_size > 5000 for p in written)


def test_the_synthetic_banner_stands_in_every_language_only_when_synthetic(tables, inputs, tmp_path):
    for language in LANGUAGES:
        banner = structural_report(tables, "21", language).frame.banner
        html, pdf = write_structural_reports(tables, tmp_path, areas=["21"], languages=[language])
        assert banner and banner in html.read_text(encoding="utf-8") and banner in " ".join(words_of(pdf).split())
    real = structural_tables(dataclasses.replace(inputs, synthetic=False))
    assert structural_report(real, "21", "fi").frame.banner == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_on_open_data_alone_says_what_is_missing(language):
    blocks = structural_report(structural_tables(sample_inputs(client_records=False)), "21", language).blocks
    headings = [b.text for b in blocks if isinstance(b, Heading) and b.level == 1]
    texts = Texts(language)
    # Chapters made from observations alone are left out: the chapter of phenomena tells why.
    assert len(headings) == 6
    assert texts.get("ssw-gaps") not in headings
    notes = [b.text for b in blocks if isinstance(b, Note)]
    assert {texts.get("ssw-no-times"), texts.get("ssw-no-observations"), texts.get("ssw-no-quality")} <= set(notes)


def test_every_table_and_figure_of_figures_tells_its_source_and_vintage(tables):
    for block in structural_report(tables, "21-itainen", "fi").blocks:
        if isinstance(block, Figure):
            assert block.source, block.caption
        if isinstance(block, Table) and block.caption != "Lähteet":
            assert block.source, block.caption


def observations(counts: dict[tuple[str, str], int], **more: str) -> pl.DataFrame:
    rows = [(f"{m}{p}{n}", date(2026, 3, 3), m, p, "4") for (m, p), size in counts.items() for n in range(size)]
    schema = ["observation_id", "observed_on", "municipality", "phenomenon", "need"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(v).alias(c) for c, v in more.items()
    )


def phenomenon_row(blocks, name: str) -> tuple[str, ...]:
    """The phenomenon's row; a hidden one has none, and is named in the paragraph below the table."""
    tables = [b for b in blocks if isinstance(b, Table) and b.rows and "SHL 11" in b.columns[1].label]
    rows = [r for table in tables for r in table.rows if r[0] == name]
    if not rows:
        (below,) = [
            b.text for b in blocks if isinstance(b, Paragraph) and b.text.startswith(("Yhden il", "Salattu"))
        ]
        assert name.lower() in below
        return (name, "", "salattu")
    return tuple(c if isinstance(c, str) else c.text for c in rows[0])


def test_a_hidden_count_is_nowhere_in_the_narrative_of_any_area(inputs):
    # Municipalities of three areas and a fourth: 3 observations in the east, many elsewhere.
    counts = {
        ("320", "loneliness"): 3,
        ("240", "loneliness"): 41,
        ("683", "loneliness"): 23,
        ("148", "loneliness"): 17,
    }
    counts |= {(m, "food_aid"): n for m, n in (("320", 31), ("240", 33), ("683", 37), ("148", 29))}
    tables = structural_tables(dataclasses.replace(inputs, observations=observations(counts)))
    shown = {}
    for area in ("21", *(a.code for a in inputs.county.service_areas)):
        row = phenomenon_row(structural_report(tables, area, "fi").blocks, "Yksinäisyys")
        shown[area] = row[2]
        if row[2] == "salattu":
            assert not any(re.search(r"\d", cell) for cell in row[2:]), row
    assert shown["21-itainen"] == "salattu"
    # What is shown must not give the hidden one away: the county or another area is hidden too.
    assert list(shown.values()).count("salattu") >= 2
    eastern = structural_report(tables, "21-itainen", "fi").blocks
    said = " ".join(i for b in eastern if isinstance(b, Bullets) for i in b.items)
    assert "yksinäisyys" not in said
    # The total of the area is not shown together with its only other phenomenon: 34 - 31 = 3 would tell it.
    assert "34 sosiaalista havaintoa" not in said or phenomenon_row(eastern, "Ruoka-avun tarve")[2] == "salattu"


def test_an_unknown_code_is_shown_and_said_to_be_unknown(inputs):
    counts = {("320", "space_anxiety"): 30, ("240", "space_anxiety"): 30}
    tables = structural_tables(
        dataclasses.replace(inputs, observations=observations(counts, service_gap="moon_base"))
    )
    for language, words in (
        ("fi", "koodille ei ole nimeä"),
        ("sv", "koden saknar namn"),
        ("en", "code without a name"),
    ):
        row_names = [
            r[0] for b in structural_report(tables, "21", language).blocks if isinstance(b, Table) for r in b.rows
        ]
        assert f"space_anxiety ({words})" in row_names
        assert f"moon_base ({words})" in row_names


def test_markup_in_codes_names_and_proposals_is_inert(inputs, tmp_path):
    counts = {("320", NASTY): 30, ("240", NASTY): 30}
    observed = observations(counts, service_gap=NASTY, proposal=NASTY, affected_group=NASTY)
    area = inputs.county.service_areas[1]
    renamed = area.model_copy(update={"names": area.names.model_copy(update={"fi": NASTY})})
    areas = tuple(renamed if a.code == area.code else a for a in inputs.county.service_areas)
    county = inputs.county.model_copy(update={"service_areas": areas})
    changed = dataclasses.replace(inputs, observations=observed, county=county)
    tables = structural_tables(changed, StructuralExtras(proposals=earlier(NASTY)))
    html, pdf = write_structural_reports(tables, tmp_path, areas=[area.code], languages=["fi"])
    page = html.read_text(encoding="utf-8")
    assert "<img src=x" not in page and NASTY in visible_text(page)
    assert '#read("/etc/passwd")' in words_of(pdf)


def test_the_status_of_earlier_proposals_is_followed(tables):
    text = {c if isinstance(c, str) else c.text for b in structural_report(tables, "21-itainen", "fi").blocks
            if isinstance(b, Table) for r in b.rows for c in r}  # fmt: skip
    assert {"Asumisneuvoja", "Virka täytetty", "toteutettu", "käynnissä, myöhässä"} <= text
    without = structural_report(structural_tables(sample_inputs()), "21", "fi")
    assert any("Aiempien ehdotusten luetteloa ei ole annettu" in getattr(b, "text", "") for b in without.blocks)


@pytest.mark.parametrize(
    ("index", "told"),
    [(0.997, "hyvä (yli 99 %)"), (1.0, "hyvä (yli 99 %)"), (0.99, "hyvä (99 %)"), (0.926, "hyvä (93 %)")],
)
def test_an_index_beside_times_is_coarse_and_never_said_to_be_whole(inputs, index, told):
    mark = trust_mark(QualityIndex("overall", 243, index, 0.91, 1.0), Voice(inputs, "fi"))
    assert mark.text.replace("\u00a0", " ") == told


def test_poor_records_are_told_beside_the_times(inputs):
    cells = pl.DataFrame(
        {
            "rule_id": ["r"],
            "unit": ["u"],
            "area": ["21-itainen"],
            "service_task": ["older_people"],
            "document_type": ["plan"],
            "month": [date(2026, 9, 1)],
            "eligible": [500],
            "failed": [300],
            "not_applicable": [0],
            "not_evaluable": [0],
        }  # fmt: skip
    )
    tables = structural_tables(dataclasses.replace(inputs, cells=cells), StructuralExtras(case_times()))
    blocks = structural_report(tables, "21-itainen", "fi").blocks
    marks = [c.text for b in blocks if isinstance(b, Table) for r in b.rows for c in r if not isinstance(c, str)]
    assert "heikko (40\u00a0%)" in marks
    assert any("Kirjaaminen on heikkoa" in getattr(b, "text", "") for b in blocks)


def test_the_summary_says_how_earlier_proposals_stand(tables):
    said = [i for b in structural_report(tables, "21", "fi").blocks if isinstance(b, Bullets) for i in b.items]
    assert "Aiempia ehdotuksia 2: toteutettu 1, kesken 1, ei toteuteta 0." in said
    assert "1 keskeneräisen ehdotuksen määräaika on mennyt." in said


def test_the_county_sees_the_proposals_of_its_areas_in_numbers(tables):
    table = next(
        b
        for b in structural_report(tables, "21", "sv").blocks
        if isinstance(b, Table) and b.caption == "Tidigare förslag per serviceområde"
    )
    assert [row[1:] for row in table.rows if row[0] == "Östra Lappland"] == [("1", "0", "0", "0", "0")]


def test_the_ten_needs_stand_in_order_with_what_is_shown_under_them(tables):
    facts = area_facts(tables, "21")
    needs = by_need(facts.phenomena)
    assert [n.need for n in needs] == [str(n) for n in range(1, 11)]
    assert sum(n.shown for n in needs) == sum(p.count or 0 for p in facts.phenomena)
    table = need_overview(facts, Voice(tables.inputs, "fi"), "2026", "")
    assert len(table.rows) == 10
    assert table.rows[0][0] == "1. Jokapäiväisestä elämästä selviytyminen"


def test_figures_of_few_observations_say_so_beside_them(inputs):
    few = dataclasses.replace(inputs, observations=observations({("320", "loneliness"): 12}))
    table = structural_tables(few)
    report = structural_report(table, "21-itainen", "fi")
    marks = {
        c.text
        for b in report.blocks
        if isinstance(b, Table)
        for r in b.rows
        for c in r
        if not isinstance(c, str) and c.tone == "poor"
    }
    assert "12 (epävarma)" in marks
    said = " ".join(i for b in report.blocks if isinstance(b, Bullets) for i in b.items)
    assert "12 sosiaalista havaintoa" in said and "Luku on epävarma, koska havaintoja on vähän." in said
    known = {k.value for b in report.blocks if isinstance(b, KeyFigures) for k in b.items}
    assert "12 (epävarma)" in known


def test_an_unknown_area_or_a_lame_table_of_proposals_is_refused(tables):
    with pytest.raises(StructuralInputError, match="has no area '99'"):
        structural_report(tables, "99", "fi")
    with pytest.raises(StructuralInputError, match="owner"):
        StructuralExtras(proposals=earlier().drop("owner"))


def test_disadvantage_is_told_beside_the_other_indicators_where_it_is_fetched(inputs):
    row = inputs.indicators.head(1).with_columns(
        pl.lit("diak:total").alias("indicator"), pl.lit("21").alias("area"), pl.lit(2020, pl.Int64).alias("year"),
        pl.lit(112.4).alias("value"), pl.lit("Diak, Huono-osaisuus Suomessa").alias("source"),
        pl.lit("x, means of several years, year approximate").alias("vintage"),
    )  # fmt: skip
    changed = dataclasses.replace(inputs, indicators=pl.concat([inputs.indicators, row]))
    blocks = structural_report(structural_tables(changed), "21", "fi").blocks
    cells = [r for b in blocks if isinstance(b, Table) for r in b.rows if str(r[0]).startswith("Huono-osaisuus")]
    assert [c for c in cells[0] if "112,4 (2020)" in str(c)]
