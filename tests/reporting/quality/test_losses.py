"""What each check takes off the index: the rows add up, and no hidden number of defects follows from them."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from quality_checks.contributions import contributions_by_place
from quality_checks.rules import load_catalogue
from reporting.pdf.blocks import Table
from reporting.pdf.html_page import html_page
from reporting.pdf.voice import Voice
from reporting.quality.extras import QualityExtras, QualityInputError
from reporting.quality.facts import quality_facts
from reporting.quality.unit_report import unit_report, unit_tables
from reporting.quality.write import quality_report
from tests.reporting.sample_inputs import sample_inputs

RULES = ("service_task_present", "case_present", "language_present", "process_phase_present")
WEIGHTS = {"service_task_present": 4, "case_present": 4, "language_present": 2, "process_phase_present": 2}


@pytest.fixture(scope="module")
def inputs():
    """Four real checks of one dimension; in the first area one of them has three defects."""
    sample = sample_inputs()
    areas = [a.code for a in sample.county.service_areas]
    rows = [
        (rule, f"unit-{area}-1", area, 400, 3 if (a, r) == (0, 0) else 20 + 7 * r + a)
        for a, area in enumerate(areas)
        for r, rule in enumerate(RULES)
    ]
    cells = pl.DataFrame(rows, schema=["rule_id", "unit", "area", "eligible", "failed"], orient="row")
    told = {"service_task": "families", "document_type": "decision", "not_applicable": 0, "not_evaluable": 0}
    cells = cells.with_columns(*(pl.lit(v).alias(k) for k, v in told.items()), month=pl.date(2026, 9, 1))
    table = contributions_by_place(cells, load_catalogue(), county=sample.county.code)
    lost = {
        (r["level"], r["unit"], r["area"]): r["contribution"]
        for r in table.group_by("level", "unit", "area").agg(pl.col("contribution").sum()).iter_rows(named=True)
    }
    places = [("unit", f"unit-{area}-1", area) for area in areas] + [("area", "", area) for area in areas]
    failed = {
        place: cells.filter((pl.col("area") == place[2]) | (place[0] == "county"))["failed"].sum()
        for place in (*places, ("county", "", sample.county.code))
    }
    scores = pl.DataFrame(
        [
            {
                "level": level, "unit": unit or None, "area": area, "dimension": dimension, "documents": 400,
                "eligible": 1600, "failed": failed[level, unit, area], "index": 1 - lost[level, unit, area],
                "low": 0.8, "high": 0.99, "shrunk": 0.9, "funnel_low": 0.5, "funnel_high": 1.0, "outside": "",
            }
            for level, unit, area in failed
            for dimension in ("completeness", "overall")
        ]
    )  # fmt: skip
    edition = dataclasses.replace(
        sample, cells=cells, quality_scores=scores, rule_dimensions=dict.fromkeys(RULES, "completeness"),
        rule_weights=WEIGHTS,
    )  # fmt: skip
    return edition, table


def the_table(report) -> Table:
    (table,) = [
        b for b in report.blocks if isinstance(b, Table) and b.columns[-1].label == "Percentage points lost"
    ]
    return table


def points(row) -> float:
    return float(row[-1])


def test_the_rows_add_up_to_what_the_index_lacks(inputs):
    edition, table = inputs
    facts = quality_facts(edition, QualityExtras(contributions=table))
    shown = the_table(quality_report(facts, "en"))
    *rows, whole = shown.rows
    county = edition.quality_scores.filter(level="county", dimension="overall")["index"].item()
    assert points(whole) == pytest.approx(100 * (1 - county), abs=0.005)
    assert sum(map(points, rows)) == pytest.approx(points(whole), abs=0.01 * len(rows))
    known = [points(row) for row in rows if "hidden" not in row[0]]
    assert known == sorted(known, reverse=True)


def test_a_hidden_number_of_defects_does_not_follow_from_the_points(inputs):
    edition, table = inputs
    facts = quality_facts(edition, QualityExtras(contributions=table))
    area = edition.county.service_areas[0].code
    lost = facts.losses[area]
    named = {r.rule_id for r in lost.rules}
    assert RULES[0] not in named
    # With the heavy and the light checks' sums known, a hidden one of a weight must not stand alone.
    assert all(sum(WEIGHTS[r] == w and r not in named for r in RULES) != 1 for w in (2, 4))
    assert (len(lost.rules), lost.others) == (2, 2)
    assert sum(r.loss for r in lost.rules) < lost.whole


def test_a_check_that_the_protected_counts_lack_is_an_error_and_not_a_shown_one(inputs):
    edition, table = inputs
    other = table.with_columns(pl.col("rule_id").replace(RULES[1], "unheard_of"))
    with pytest.raises(KeyError, match="unheard_of"):
        quality_facts(edition, QualityExtras(contributions=other))
    with pytest.raises(QualityInputError, match="contribution"):
        QualityExtras(contributions=table.drop("contribution"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Mikä laskee laatuindeksiä", "Vie indeksistä, prosenttiyksikköä", "Yhteensä")),
        ("sv", ("Vad som sänker kvalitetsindexet", "Tar av indexet, procentenheter", "Sammanlagt")),
        ("en", ("What lowers the quality index", "Percentage points lost", "In all")),
    ],
)
def test_the_chapter_stands_in_every_language_and_for_a_units_own_lead(inputs, language, words):
    edition, table = inputs
    extras = QualityExtras(contributions=table)
    facts = quality_facts(edition, extras)
    tables = unit_tables(facts, edition.quality_scores, edition.violations, edition.cells, extras)
    unit = f"unit-{edition.county.service_areas[0].code}-1"
    own = unit_report(tables, unit, Voice(edition, language), {})
    for report in (quality_report(facts, language), own):
        for word in words:
            assert word in html_page(report), word
    (rows,) = [b.rows for b in own.blocks if isinstance(b, Table) and b.columns[-1].label == words[1]]
    assert len(rows) == len(RULES) + 1  # nothing is hidden from the unit's own lead


def test_a_unit_with_clients_of_two_areas_is_told_by_the_area_of_most_and_says_so(inputs):
    edition, _ = inputs
    first, second = (a.code for a in edition.county.service_areas[:2])
    unit = f"unit-{first}-1"
    there = edition.quality_scores.filter(unit=unit).with_columns(
        area=pl.lit(second), documents=pl.lit(1000, pl.Int64), index=pl.lit(0.5), low=pl.lit(0.4), high=pl.lit(0.6)
    )
    scores = pl.concat([edition.quality_scores, there])
    tables = unit_tables(quality_facts(edition), scores, edition.violations, edition.cells, QualityExtras())
    page = html_page(unit_report(tables, unit, Voice(edition, "en"), {}))
    assert page.count("50.0%") >= 2  # the key figure and the table tell one index
    assert "400 documents more of clients in other areas" in page
