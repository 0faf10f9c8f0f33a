"""Shifts in what units record stand in the reports, few documents are left out, and a shift is no defect."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from reporting.pdf.blocks import Figure, Table
from reporting.pdf.html_page import html_page
from reporting.pdf.voice import Voice
from reporting.quality.extras import QualityExtras, QualityInputError
from reporting.quality.facts import quality_facts
from reporting.quality.unit_report import unit_report, unit_tables
from reporting.quality.write import quality_report
from tests.reporting.quality.test_quality_report import change_table
from tests.reporting.sample_inputs import sample_inputs

UNIT = "unit-21-itainen-3"


def shift_table(unit: str = UNIT, last: str = "down", counted: int = 20) -> pl.DataFrame:
    rows = [
        (unit, subject, value, date(2025, m, 1), 100, 20 if m < 12 else counted, 0.2 if m < 12 else counted / 100,
         0.2, 0.1, 0.32, last if m == 12 and subject == "document_type" else "")
        for subject, value in (("document_type", "client_plan"), ("short_text", ""))
        for m in range(1, 13)
    ]  # fmt: skip
    columns = ["unit", "subject", "value", "month", "documents", "counted", "share", "center", "low", "high"]
    return pl.DataFrame(rows, schema=[*columns, "signal"], orient="row")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Muutokset siinä, mitä kirjataan", "Asiakassuunnitelma", "osuus pienentynyt", "ei ole puute")),
        ("sv", ("Förändringar i vad som dokumenteras", "Klientplan", "andelen har minskat", "ingen brist")),
        ("en", ("Changes in what is recorded", "Client plan", "share has fallen", "no defect")),
    ],
)
def test_a_shift_is_told_with_its_chart_in_the_countys_and_the_units_own_report(language, words):
    inputs = sample_inputs()
    extras = QualityExtras(changes=change_table(), shifts=shift_table(counted=7))
    facts = quality_facts(inputs, extras)
    tables = unit_tables(facts, inputs.quality_scores, inputs.violations, inputs.cells, extras)
    for report in (quality_report(facts, language), unit_report(tables, UNIT, Voice(inputs, language), {})):
        page = html_page(report)
        for word in words:
            assert word in page, word
        charts = [b for b in report.blocks if isinstance(b, Figure) and words[1] in b.alt]
        assert len(charts) == 1


def test_months_of_few_documents_are_left_out_of_shared_reports_and_no_one_is_charted_who_is_hidden():
    inputs = sample_inputs()
    few = quality_facts(inputs, QualityExtras(shifts=shift_table(counted=3)))
    (plans,) = [points for (_, subject), points in few.shifts.items() if subject[0] == "document_type"]
    assert len(plans) == 11
    report = quality_report(few, "en")
    assert any("No unit has changed its shares" in getattr(b, "text", "") for b in report.blocks)
    small = next(u for u in few.units if u.index.index is None)
    assert quality_facts(inputs, QualityExtras(shifts=shift_table(small.unit))).shifts == {}


def test_an_area_tells_of_its_own_units_alone():
    facts = quality_facts(sample_inputs(), QualityExtras(shifts=shift_table(counted=7)))
    here, there = (quality_report(facts.of_area(area), "en") for area in ("21-itainen", "21-lounais"))
    told = [
        any(isinstance(b, Table) and b.caption.startswith("Shares that have changed") for b in report.blocks)
        for report in (here, there)
    ]
    assert told == [True, False]


def test_a_table_with_columns_missing_is_refused():
    with pytest.raises(QualityInputError, match="counted"):
        QualityExtras(shifts=shift_table().drop("counted"))
