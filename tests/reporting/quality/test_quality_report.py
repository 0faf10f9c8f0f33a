"""The record-quality report ranks nobody and names no document; work lists go to one unit alone."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import subprocess
from datetime import date

import pikepdf
import polars as pl
import pytest

from quality_checks.rules import load_catalogue
from reporting.numbers import MISSING, Numbers
from reporting.pdf.blocks import Bullets, Figure, Heading, KeyFigures, Paragraph, Report, Table
from reporting.pdf.svg import GREEN, VERMILION
from reporting.pdf.voice import Voice
from reporting.quality.basis import TERMS, basis
from reporting.quality.change_points import ChangePoint
from reporting.quality.extras import QualityExtras, QualityInputError
from reporting.quality.facts import UnitFacts, quality_facts
from reporting.quality.figures import control_chart
from reporting.quality.unit_report import unit_report, unit_tables, write_unit_reports
from reporting.quality.work_lists import file_name, ranked, write_work_lists
from reporting.quality.write import quality_report, write_quality_reports
from reporting.structural.trust import QualityIndex
from tests.reporting.sample_inputs import RULES, sample_inputs

LANGUAGES = ("fi", "sv", "en")
NASTY = '=cmd()<script>alert(1)</script> #eval("1")'


def rule_table(title: str = "Alkamispäivä on merkitty") -> pl.DataFrame:
    rows = []
    for rule in RULES[:4]:
        row = {"rule_id": rule, "severity": "fatal", "source": "sosiaalihuoltolaki 36 §"}
        rows.append(row | {f"{k}_{lang}": f"{title} {lang}" for k in ("title", "mend") for lang in LANGUAGES})
    return pl.DataFrame(rows)


def change_table(unit: str = "unit-21-itainen-3", signal: bool = True) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unit": [unit] * 12,
            "month": [date(2025, m, 1) for m in range(1, 13)],
            "rate": [0.1] * 11 + [0.3],
            "center": [0.1] * 12,
            "low": [0.02] * 12,
            "high": [0.2] * 12,
            "signal": [False] * 11 + [signal],
        }
    )


@pytest.fixture(scope="module")
def inputs():
    return sample_inputs()


@pytest.fixture(scope="module")
def extras():
    return QualityExtras(rules=rule_table(), changes=change_table())


def cells_of(report: Report) -> list[str]:
    tables = [b for b in report.blocks if isinstance(b, Table)]
    return [c if isinstance(c, str) else c.text for t in tables for row in t.rows for c in row]


def table_with(report: Report, label: str) -> Table:
    (table,) = [b for b in report.blocks if isinstance(b, Table) and any(c.label == label for c in b.columns)]
    return table


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_is_there_and_none_is_empty(inputs, extras, language):
    blocks = quality_report(quality_facts(inputs, extras), language, extras).blocks
    assert sum(isinstance(b, Heading) and b.level == 1 for b in blocks) == 10
    for this, following in zip(blocks, (*blocks[1:], None), strict=True):
        assert not (isinstance(this, Heading) and (following is None or isinstance(following, Heading))), this
        assert not isinstance(this, Bullets) or this.items
        assert not isinstance(this, Table) or this.rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_quality_that_could_not_be_renewed_keeps_its_own_day(inputs, extras, language):
    earlier = dataclasses.replace(inputs, quality_as_of=date(2025, 3, 4))
    report = quality_report(quality_facts(earlier, extras), language, extras)
    own, edition = (Numbers(language).day(day) for day in (date(2025, 3, 4), inputs.as_of))
    told = [block.source for block in report.blocks if isinstance(block, Table | Figure) and block.source]
    assert any(own in source for source in told)
    assert not any(edition in source for source in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_written_as_page_and_tagged_pdf_with_equal_bytes(inputs, extras, tmp_path, language):
    (html, pdf), again = (
        write_quality_reports(
            quality_facts(inputs, extras), tmp_path / name, extras=extras, places=["21"], languages=[language]
        )
        for name in ("a", "b")
    )
    assert [p.read_bytes() for p in (html, pdf)] == [p.read_bytes() for p in again]
    opened = pikepdf.open(pdf)
    assert str(opened.Root.Lang).startswith(language)
    figures = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]
    assert len(figures) >= 3


def test_units_stand_by_area_and_code_and_are_not_ranked(inputs, extras):
    facts = quality_facts(inputs, extras)
    order = {a.code: n for n, a in enumerate(inputs.county.service_areas)}
    assert list(facts.units) == sorted(facts.units, key=lambda u: (order[u.area], u.unit))
    shown = [u.index.index for u in facts.units if u.index.index is not None]
    assert shown != sorted(shown) and shown != sorted(shown, reverse=True)


def test_a_unit_is_below_only_when_chance_does_not_explain_it():
    def unit(index: float | None, outside: bool) -> UnitFacts:
        return UnitFacts("u", "a", QualityIndex("overall", 100, index, 0.7, 0.9), 0.8, 0.85, 0.97, outside)

    assert [unit(*u).side for u in ((0.8, True), (0.99, True), (0.9, False), (None, False))] == [
        "below", "above", "inside", "hidden"
    ]  # fmt: skip
    unlimited = UnitFacts("u", "a", QualityIndex("overall", 100, 0.9, 0.7, 0.9), None, None, None, False)
    assert unlimited.side == "unjudged"


@pytest.mark.parametrize(
    ("language", "just", "plainly"),
    [
        ("fi", "niukasti alle rajojen", "alle rajojen"),
        ("sv", "strax under gränserna", "under gränserna"),
        ("en", "just below the limits", "below the limits"),
    ],
)
def test_a_unit_below_its_limits_by_less_than_the_decimals_is_said_to_lie_just_below(
    inputs, extras, language, just, plainly
):
    facts = quality_facts(inputs, extras)
    index = QualityIndex("overall", 2_900, 0.99881, 0.9985, 0.9990)
    near = UnitFacts("near", facts.units[0].area, index, 0.9988, 0.99884, 0.9995, outside=True)
    far = dataclasses.replace(near, unit="far", funnel_low=0.9991)
    told = {
        row[0]: row[-1].text
        for block in quality_report(dataclasses.replace(facts, units=(near, far)), language, extras).blocks
        if isinstance(block, Table)
        for row in block.rows
        if row[0] in ("near", "far") and not isinstance(row[-1], str)
    }
    assert told == {"near": just, "far": plainly}


@pytest.mark.parametrize(
    ("language", "narrow"),
    [("fi", "± alle 0,01 %-yks."), ("sv", "± under 0,01 %-enh."), ("en", "± under 0.01 points")],
)
def test_an_interval_narrower_than_its_decimals_is_told_by_its_width(inputs, language, narrow):
    voice = Voice(inputs, language)
    assert voice.interval(0.99899, 0.99901).replace("\u00a0", " ") == narrow
    told = voice.with_interval(0.999, 0.99899, 0.99901)
    assert told.replace("\u00a0", " ").endswith(f"({narrow})")
    assert voice.interval(None, None) == MISSING
    plain = voice.with_interval(0.9987, 0.98, 0.9995).replace("\u2060", "").replace("\u00a0", "").replace(",", ".")
    assert plain == "99.87%(98.00–99.95%)"


@pytest.mark.parametrize(
    ("language", "gradually"), [("fi", "(vähitellen)"), ("sv", "(gradvis)"), ("en", "(gradually)")]
)
def test_a_signal_that_gathered_over_months_within_their_limits_says_so_beside_it(inputs, language, gradually):
    def told(rate: float) -> tuple[str, str]:
        last = pl.col("month") == date(2025, 12, 1)
        changes = change_table().with_columns(pl.when(last).then(rate).otherwise("rate").alias("rate"))
        report = quality_report(quality_facts(inputs, extras := QualityExtras(changes=changes)), language, extras)
        words = Voice(inputs, language)
        table = table_with(report, words.say("rq-direction"))
        cell = table.rows[0][-1]
        before = report.blocks[report.blocks.index(table) - 1]
        assert isinstance(before, Paragraph)
        return cell if isinstance(cell, str) else cell.text, before.text

    cell, explained = told(0.15)
    assert cell.endswith(gradually) and explained.lower().startswith(gradually.strip("()"))
    cell, explained = told(0.3)
    assert gradually not in cell and not explained.lower().startswith(gradually.strip("()"))


def test_a_unit_with_too_few_documents_is_hidden_and_has_no_control_chart(inputs):
    small = next(u for u in quality_facts(inputs).units if u.index.index is None)
    extras = QualityExtras(changes=change_table(small.unit))
    facts = quality_facts(inputs, extras)
    assert facts.changes == {} and facts.signals == ()
    report = quality_report(facts, "fi")
    (every,) = [b for b in report.blocks if isinstance(b, Table) and b.caption == "Yksiköiden laatuindeksit"]
    assert small.unit not in {r[0] for r in every.rows}
    assert any("yksikkö jää arvioimatta" in getattr(b, "text", "") for b in report.blocks) or any(
        "yksikköä jää arvioimatta" in getattr(b, "text", "") for b in report.blocks
    )


def test_the_shared_report_names_no_document_and_no_client(inputs, extras, tmp_path):
    with_clients = dataclasses.replace(
        extras, clients=inputs.need("violations").select("document_id", pl.lit("pseudonym-77").alias("client_id"))
    )
    facts = quality_facts(inputs, with_clients)
    for path in write_quality_reports(facts, tmp_path, extras=with_clients, places=["21"], languages=["fi"]):
        text = path.read_text(encoding="utf-8") if path.suffix == ".html" else ""
        if path.suffix == ".pdf":
            text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
        assert "1.2.246.10.999" not in text and "pseudonym-77" not in text


def test_a_defect_tells_what_to_do_and_an_unknown_rule_is_named_by_its_id(inputs, extras):
    report = quality_report(quality_facts(inputs, extras), "fi", extras)
    texts = cells_of(report)
    assert "Alkamispäivä on merkitty fi" in texts
    assert f"{RULES[4]} (koodille ei ole nimeä)" in texts
    assert "sosiaalihuoltolaki 36\u00a0§" in texts


def test_small_numbers_of_defects_are_hidden_and_not_given_away_by_the_areas(inputs):
    areas = [a.code for a in inputs.county.service_areas]
    cells = pl.DataFrame(
        {
            "rule_id": ["r"] * 4,
            "unit": ["u"] * 4,
            "area": areas,
            "service_task": ["t"] * 4,
            "document_type": ["d"] * 4,
            "month": [date(2026, 9, 1)] * 4,
            "eligible": [100] * 4,
            "failed": [2, 30, 9, 40],
            "not_applicable": [1, 0, 0, 0],
            "not_evaluable": [50, 50, 50, 50],
        }  # fmt: skip
    )
    facts = quality_facts(dataclasses.replace(inputs, cells=cells))
    assert facts.by_area[areas[0]][0].failed is None
    hidden = [a for a in areas if facts.by_area[a][0].share is None]
    (county,) = facts.defects
    assert len(hidden) >= 2 or county.failed is None
    assert (county.not_applicable, county.not_evaluable) == (None, None)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_most_common_defect_is_that_of_most_documents_not_of_the_greatest_share(inputs, language):
    """Five failures of five are fewer than forty of four hundred; as many go by the rule's id."""
    failures = {"a-rare": (10, 10), "c-many": (400, 40), "b-many": (500, 40)}
    cells = pl.DataFrame(
        [
            {
                "rule_id": rule, "unit": "u", "area": area.code, "service_task": "t", "document_type": "d",
                "month": date(2026, 9, 1), "eligible": eligible, "failed": failed,
                "not_applicable": 0, "not_evaluable": 0,
            }
            for rule, (eligible, failed) in failures.items()
            for area in inputs.county.service_areas
        ]
    )  # fmt: skip
    facts = quality_facts(dataclasses.replace(inputs, cells=cells))
    assert [d.rule_id for d in facts.defects] == ["b-many", "c-many", "a-rare"]
    assert all([d.rule_id for d in there] == ["b-many", "c-many", "a-rare"] for there in facts.by_area.values())
    report = quality_report(facts, language, QualityExtras())
    (said,) = [
        s for s in next(b for b in report.blocks if isinstance(b, Bullets)).items if "many" in s or "rare" in s
    ]
    assert "b-many" in said and re.search(r"\b8[,.]0", said)


def test_signals_of_change_are_told_with_their_direction(inputs, extras):
    facts = quality_facts(inputs, extras)
    assert [unit for unit, _ in facts.signals] == ["unit-21-itainen-3"]
    report = quality_report(facts, "en", extras)
    assert "more defects" in cells_of(report)
    assert any(isinstance(b, Figure) and "unit-21-itainen-3" in b.alt for b in report.blocks)
    calm = quality_facts(inputs, QualityExtras(changes=change_table(signal=False)))
    assert calm.signals == ()


def test_a_signal_keeps_its_own_direction_and_months_with_few_defects_are_left_out(inputs):
    drifting = change_table().with_columns(
        pl.when(pl.col("month") == date(2025, 12, 1)).then(pl.lit("better")).otherwise(pl.lit("")).alias("signal"),
        pl.when(pl.col("month") == date(2025, 3, 1)).then(3).otherwise(40).alias("failed"),
    )
    facts = quality_facts(inputs, QualityExtras(changes=drifting))
    ((_, point),) = facts.signals
    assert point.signal == "better" and point.rate > point.centre
    assert len(facts.changes["unit-21-itainen-3"]) == 11


def test_empty_tables_count_as_none(inputs):
    empty = QualityExtras(rules=pl.DataFrame(), changes=pl.DataFrame(), case_times=pl.DataFrame())
    assert (empty.rules, empty.changes, quality_facts(inputs, empty).times) == (None, None, None)


def test_a_run_without_records_says_so():
    report = quality_report(quality_facts(sample_inputs(client_records=False)), "sv")
    assert any("har inte kontrollerats" in getattr(b, "text", "") for b in report.blocks)


def test_tables_with_columns_missing_are_refused():
    with pytest.raises(QualityInputError, match="mend_sv"):
        QualityExtras(rules=rule_table().drop("mend_sv"))
    with pytest.raises(QualityInputError, match="signal"):
        QualityExtras(changes=change_table().drop("signal"))


def violations(rows: list[tuple[str, str, str, str, int | None]]) -> pl.DataFrame:
    schema = ["document_id", "unit", "rule_id", "severity", "age_days"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit("A").alias("area"), pl.lit(date(2026, 1, 1)).alias("since"), pl.lit("plan").alias("document_type")
    )


def test_the_most_serious_and_oldest_documents_come_first():
    rows = [
        ("young-convention", "u", "a", "convention", 0),
        ("old-fatal", "u", "a", "fatal", 70),
        ("young-fatal", "u", "a", "fatal", 0),
        ("two-fatal", "u", "a", "fatal", 70),
        ("two-fatal", "u", "b", "fatal", 70),
        ("elsewhere", "v", "a", "fatal", 300),
        ("fatal-of-no-known-age", "u", "a", "fatal", None),
    ]
    found = ranked(violations(rows)).filter(unit="u")
    assert found["document_id"].to_list() == [
        "two-fatal",
        "two-fatal",
        "old-fatal",
        "fatal-of-no-known-age",
        "young-fatal",
        "young-convention",
    ]
    assert found["priority"].to_list() == [1, 1, 2, 3, 4, 5]


def test_a_unit_s_folder_holds_its_own_documents_only(inputs, extras, tmp_path):
    written = write_work_lists(inputs, "fi", tmp_path, extras=extras)
    table = inputs.need("violations")
    assert set(written) == set(table["unit"])
    for unit, files in written.items():
        text = "".join(f.read_text(encoding="utf-8") for f in files)
        own = set(table.filter(pl.col("unit") == unit)["document_id"])
        assert set(re.findall(r"1\.2\.246\.10\.999\.\d+\.\d+", text)) == own
        assert {f.parent.name for f in files} == {file_name(unit)}


@pytest.mark.parametrize(
    ("language", "heading", "figure"),
    [
        ("fi", "Indeksi nousee, prosenttiyksikköä", "1,234"),
        ("sv", "Indexet stiger, procentenheter", "1,234"),
        ("en", "Index rises, percentage points", "1.234"),
    ],
    ids=["fi", "sv", "en"],
)
def test_what_mending_adds_is_told_in_percentage_points(inputs, tmp_path, language, heading, figure):
    mending = pl.DataFrame(
        {
            "unit": ["u", "u"],
            "rule_id": ["a", "b"],
            "severity": ["fatal", "fatal"],
            "defects": [3, 2],
            "oldest_days": [10, None],
            "index_gain": [0.012341, None],
            "place": [1, 2],
        }
    )
    changed = dataclasses.replace(inputs, violations=violations([("d", "u", "a", "fatal", 10)]))
    page, _ = write_work_lists(changed, language, tmp_path, extras=QualityExtras(mending=mending))["u"]
    table = page.read_text(encoding="utf-8").split("<table")[1].split("</table>")[0]
    cells = [re.sub("<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", table, re.DOTALL)]
    assert cells[5] == heading
    assert cells[11::6] == [figure, MISSING]
    assert cells[10::6] == ["10", MISSING]
    assert "%" not in table


def test_units_with_nothing_to_mend_get_no_list(inputs, tmp_path):
    nothing = dataclasses.replace(inputs, violations=inputs.violations.clear())
    assert write_work_lists(nothing, "fi", tmp_path) == {}
    assert not list(tmp_path.iterdir())


def test_folder_names_stay_inside_and_apart():
    assert file_name("../../etc") == "~2e~2e~2f~2e~2e~2fetc"
    assert len({file_name(u) for u in ("a/b", "a.b", "a b", "ab", "")}) == 5


def test_markup_and_formulas_in_the_records_are_inert(inputs, tmp_path):
    table = violations([(NASTY, "u", "a", "fatal", 3), ("d2", "u", NASTY, NASTY, 3)])
    changed = dataclasses.replace(inputs, violations=table)
    clients = pl.DataFrame({"document_id": [NASTY], "client_id": ["@SUM(A1)\nx"]})
    page, sheet = write_work_lists(changed, "en", tmp_path, extras=QualityExtras(clients=clients))["u"]
    assert "<script" not in page.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(sheet.read_text(encoding="utf-8-sig")), delimiter=";"))
    cells = [cell for row in rows[1:] for cell in row]
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)
    assert "'@SUM(A1) x" in cells


def test_what_a_rule_rests_on_is_named_in_the_language():
    voice = Voice(sample_inputs(), "sv")
    reference = "sosiaalihuoltolaki 1301/2014, 39 ja 46 §; hallintolaki 434/2003, 44-47 §"
    told = "socialvårdslagen 1301/2014, 39 och 46\u00a0§; förvaltningslagen 434/2003, 44–47\u00a0§"
    assert basis(reference, voice) == told
    assert basis("local", voice) == "välfärdsområdets egen kontroll"
    cited = {rule.source.reference or rule.source.kind for rule in load_catalogue().rules}
    words_of = re.compile("|".join(map(re.escape, TERMS)))
    for reference in cited:
        assert set(re.findall(r"[^\W\d]+", words_of.sub("", reference))) <= {"EU"}, (
            f"Finnish in Swedish: {reference}"
        )


def test_a_units_code_of_municipality_and_task_is_told_in_words():
    voice = Voice(sample_inputs(), "fi")
    assert voice.unit("398-older_people") == "Lahti: iäkkäiden palvelut"
    assert voice.unit("unknown") == "ei tiedossa"
    assert voice.unit("Keskustan sosiaaliasema") == "Keskustan sosiaaliasema"


def finding_table(new: int = 7) -> pl.DataFrame:
    areas = [a.code for a in sample_inputs().county.service_areas]
    rows = [
        ("2026-10", f"unit-{area}-1", area, RULES[0], "fatal", new if n == 0 else 40 + n, 100 + n, 20 + n)
        for n, area in enumerate(areas)
    ]
    schema = ["against", "unit", "area", "rule_id", "severity", "new", "persisting", "fixed"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_new_persisting_and_fixed_defects_are_told_since_the_edition_before(inputs):
    extras = QualityExtras(findings=finding_table())
    report = quality_report(quality_facts(inputs, extras), "fi", extras)
    table = table_with(report, "Korjattuja")
    assert [c if isinstance(c, str) else c.text for c in table.rows[0]] == ["vakava", "133", "406", "86"]
    assert "2026-10" in table.caption
    first = quality_report(quality_facts(inputs), "en")
    assert any("no earlier edition" in getattr(b, "text", "") for b in first.blocks)


def test_few_new_defects_of_an_area_are_hidden_with_their_counterpart_and_not_by_subtraction(inputs):
    facts = quality_facts(inputs, QualityExtras(findings=finding_table(new=2)))
    county, *areas = (facts.findings[p][0] for p in ("21", *(a.code for a in inputs.county.service_areas)))
    assert (areas[0].new, areas[0].persisting) == (None, None)
    assert all((f.new is None) == (f.persisting is None) for f in (county, *areas))
    assert sum(f.new is None for f in (county, *areas)) >= 2
    assert all(f.fixed is not None for f in (county, *areas))


def test_an_area_has_its_own_report_with_its_own_units(inputs, extras, tmp_path):
    facts = quality_facts(inputs, extras)
    written = write_quality_reports(facts, tmp_path, extras=extras, places=["21", "21-itainen"])
    assert {p.name for p in written} >= {"quality_21_fi.html", "quality_21-itainen_sv.pdf"}
    report = quality_report(facts.of_area("21-itainen"), "fi", extras)
    units = [b for b in report.blocks if isinstance(b, Table) and b.columns[0].label == "Yksikkö"]
    named = {r[0] for t in units for r in t.rows if r[0].startswith("unit-")}
    assert named and all(name.startswith("unit-21-itainen") for name in named)
    assert report.subtitle.startswith("Itäinen Lappi")


@pytest.fixture(scope="module")
def units(inputs):
    extras = QualityExtras(rules=rule_table(), changes=change_table(), findings=finding_table())
    facts = quality_facts(inputs, extras)
    return unit_tables(facts, inputs.quality_scores, inputs.violations, inputs.cells, extras)


def test_a_small_unit_sees_its_own_figures_that_are_hidden_from_others(inputs, units):
    small = next(u for u in units.facts.units if u.index.index is None)
    report = unit_report(units, small.unit, Voice(inputs, "fi"), {})
    (figures,) = [b for b in report.blocks if isinstance(b, KeyFigures)]
    own = (pl.col("unit") == small.unit) & (pl.col("dimension") == "overall")
    assert figures.items[1].value == str(inputs.quality_scores.filter(own)["documents"][0])
    assert figures.items[0].value.endswith("%")
    assert any("Vain yksikön esihenkilölle" in getattr(b, "text", "") for b in report.blocks)


def test_a_unit_s_report_tells_its_defects_with_what_to_do_and_names_no_other_unit(inputs, units, tmp_path):
    written = write_unit_reports(units, inputs, "sv", tmp_path)
    names = inputs.quality_scores["unit"].drop_nulls().unique().to_list()
    assert len(written) == len(names)
    for path in written:
        page = path.read_text(encoding="utf-8")
        others = {n for n in names if file_name(n) != path.parent.name and re.search(rf"{n}(?![0-9])", page)}
        assert others == set(), path
        assert "work_list_sv.html" in page
    own = (tmp_path / file_name("unit-21-pohjoinen-1") / "report_sv.html").read_text(encoding="utf-8")
    assert "Alkamispäivä on merkitty sv" in own
    assert "nya brister 7, kvarstående 100, åtgärdade 20" in own


def test_months_better_than_usual_are_marked_otherwise_than_worse_ones():
    signals = ("", "worse", "better")
    months = [ChangePoint(date(2026, m, 1), 0.1, 0.1, 0.05, 0.15, s) for m, s in enumerate(signals, 1)]
    drawn = control_chart(months, percent=lambda v, _: f"{v}", month=lambda p: str(p.month))
    assert re.findall(r'<polygon[^>]*fill="([^"]*)"', drawn) == [VERMILION, GREEN]
