"""The chapters on process and audit: small counts hidden, nothing told twice, words in three languages."""

import polars as pl
import pytest

from reporting.pdf.blocks import Heading, Paragraph
from reporting.pdf.html_page import html_page
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import quality_facts
from reporting.quality.process import ProcessTables
from reporting.quality.write import quality_report
from reporting.texts import Texts
from tests.reporting.sample_inputs import sample_inputs


def tables(county: str, areas: list[str]) -> ProcessTables:
    """Two areas and two tasks whose parts add up; one cell of three deviating cases."""
    cells = {(areas[0], "families"): (50, 10), (areas[0], "disability"): (40, 3),
             (areas[1], "families"): (60, 20), (areas[1], "disability"): (70, 15)}  # fmt: skip
    rows = []
    for area in (*areas, county):
        for task in ("families", "disability", "all"):
            own = [v for (a, t), v in cells.items() if area in (a, county) and task in (t, "all")]
            judged, deviating = (sum(v[n] for v in own) for n in (0, 1))
            rows.append((area, task, judged, judged - deviating, 1 - deviating / judged, 0.1, 0.9, 6.0))
    names = ["area", "service_task", "judged", "conforming", "share", "low", "high", "median_cost_days"]
    level = pl.when(pl.col("area") == county).then(pl.lit("county")).otherwise(pl.lit("area"))
    conformance = pl.DataFrame(rows, schema=names, orient="row").with_columns(level=level)
    times = conformance.select(
        "level", "area", "service_task", pl.lit("initiation").alias("from_phase"),
        pl.lit("assessment").alias("to_phase"), pl.col("judged").alias("cases"),
        pl.lit(15.0).alias("median_days"), pl.lit(31.0).alias("p90_days"),
    )  # fmt: skip
    stalls = conformance.select(
        "level", "area", "service_task", pl.lit("service").alias("phase"), pl.col("judged").alias("open"),
        pl.lit(3).alias("long"), pl.lit(222.0).alias("median_days"),
    )  # fmt: skip
    audit = pl.DataFrame(
        {
            "level": ["all", "dimension", "rule"], "dimension": ["", "completeness", "completeness"],
            "read_findings": 40, "read_passed": 80, "precision": 0.9, "precision_low": 0.8, "precision_high": 0.95,
            "sensitivity": [0.7, None, None], "sensitivity_low": [0.5, None, None],
            "sensitivity_high": [0.8, None, None],
        }
    )  # fmt: skip
    return ProcessTables(conformance, times, stalls, audit, pl.DataFrame({"dimension": ["all"], "kappa": [0.62]}))


@pytest.fixture(scope="module")
def inputs():
    return sample_inputs()


@pytest.fixture(scope="module")
def facts(inputs):
    areas = [a.code for a in inputs.county.service_areas][:2]
    return quality_facts(inputs, QualityExtras(process=tables(inputs.county.code, areas))), areas


def test_three_deviating_cases_are_hidden_and_so_is_what_would_tell_them(facts):
    shown, areas = facts
    table = shown.process.conformance
    cell = table.filter(pl.col("area") == areas[0], pl.col("service_task") == "disability").row(0, named=True)
    assert (cell["deviating"], cell["share"], cell["conforming"], cell["judged"]) == (None, None, None, 40)
    # Row, column and their crossing: a lone hidden cell follows from its totals.
    hidden = table.filter(pl.col("deviating").is_null()).select("area", "service_task").rows()
    assert len(hidden) >= 4
    county = table.filter(pl.col("area") == shown.inputs.county.code, pl.col("service_task") == "all")
    assert county["deviating"].to_list() == [48]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Asiakasprosessi", "Vireilletulo → Arviointi", "15 (31)", "Osuvuus", "0,62")),
        ("sv", ("Klientprocessen", "Inledande → Bedömning", "15 (31)", "Träffsäkerhet", "0,62")),
        ("en", ("Cases as a process", "Initiation → Assessment", "15 (31)", "Precision", "0.62")),
    ],
)
def test_the_chapters_stand_in_every_language(facts, language, words):
    shown, _ = facts
    page = html_page(quality_report(shown, language)).replace("\u202f", " ").replace("\xa0", " ")
    for word in words:
        assert word in page, word


def test_without_filled_forms_the_report_says_so(inputs):
    made = tables(inputs.county.code, [a.code for a in inputs.county.service_areas][:2])
    bare = ProcessTables(made.conformance, audit=made.audit.clear())
    page = html_page(quality_report(quality_facts(inputs, QualityExtras(process=bare)), "en"))
    assert "No filled audit forms have come back" in page
    assert "Cases as a process" not in html_page(quality_report(quality_facts(inputs, QualityExtras()), "en"))


def test_three_cases_that_have_waited_long_do_not_follow_from_the_county_s(inputs):
    county, (one, other) = inputs.county.code, [a.code for a in inputs.county.service_areas][:2]
    long = {one: 3, other: 20, county: 23}
    rows = [
        ("county" if area == county else "area", area, task, "service", 4 * n, n, 90.0)
        for area, n in long.items()
        for task in ("families", "all")
    ]
    names = ["level", "area", "service_task", "phase", "open", "long", "median_days"]
    stalls = pl.DataFrame(rows, schema=names, orient="row")
    shown = ProcessTables(stalls=stalls).protected(county, 5).stalls
    hidden = shown.filter(pl.col("long").is_null())
    assert hidden.filter(area=one).height == 2
    assert hidden.filter(pl.col("area") != one).height == 2
    assert hidden["median_days"].null_count() == hidden.height
    assert shown["open"].null_count() == 0


@pytest.mark.parametrize(
    ("language", "counted"),
    [("fi", ("kalenteripäiviä", "arkipäiviä")), ("sv", ("kalenderdagar", "vardagar")),
     ("en", ("calendar days", "working days"))],
)  # fmt: skip
def test_times_between_phases_say_how_they_differ_from_the_time_limits(inputs, facts, language, counted):
    shown, _ = facts
    blocks = quality_report(shown, language).blocks
    heading = next(b.text for b in blocks if isinstance(b, Heading) and b.text == Texts(language).get("rq-clocks"))
    (note,) = [b.text for b in blocks if isinstance(b, Paragraph) and "Kaplan" in b.text]
    assert heading in note and all(words in note for words in counted)
