"""The chapter on tasks and types: few defects hidden, totals kept, the band of weights shown."""

import polars as pl
import pytest

from reporting.pdf.blocks import Table
from reporting.pdf.html_page import html_page
from reporting.pdf.voice import Voice
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import quality_facts
from reporting.quality.profile import profile
from reporting.quality.write import quality_report
from tests.reporting.sample_inputs import sample_inputs


@pytest.fixture(scope="module")
def facts():
    inputs = sample_inputs()
    county, areas = inputs.county.code, [a.code for a in inputs.county.service_areas][:2]
    failed = {(areas[0], "families"): 40, (areas[0], "disability"): 3, (areas[1], "families"): 25,
              (areas[1], "disability"): 60}  # fmt: skip
    rows = [(a, t, f) for (a, t), f in failed.items()]
    rows += [(county, t, sum(f for (_, u), f in failed.items() if u == t)) for t in ("families", "disability")]
    level = pl.when(pl.col("area") == county).then(pl.lit("county")).otherwise(pl.lit("area"))
    table = pl.DataFrame(rows, schema=["area", "value", "failed"], orient="row").with_columns(
        level=level, split=pl.lit("service_task"), dimension=pl.lit("overall"), documents=pl.lit(400),
        index=0.876, low=0.85, high=0.9, weights_low=0.861, weights_high=0.889,
    )  # fmt: skip
    return quality_facts(inputs, QualityExtras(profile=table)), areas


def test_few_defects_are_hidden_and_so_is_what_would_tell_them(facts):
    shown, areas = facts
    own = shown.profile.filter(pl.col("split") == "service_task")
    cell = own.filter(pl.col("area") == areas[0], pl.col("value") == "disability").row(0, named=True)
    assert (cell["index"], cell["weights_low"], cell["failed"]) == (None, None, None)
    for column, code in (("area", areas[0]), ("value", "disability")):
        other = own.filter(pl.col(column) == code, pl.col("failed").is_null())
        assert other.height >= 2, column
    assert "suppressed" not in own.columns


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Laatu palvelutehtävittäin", "87,6 % (85,0–90,0 %)", "86,1–88,9 %", "Kaikki")),
        ("sv", ("Kvalitet efter serviceuppgift", "Viktningens inverkan", "Alla")),
        ("en", ("Quality by service task", "86.1–88.9%", "Services for families with children")),
    ],
)
def test_the_chapter_stands_in_every_language(facts, language, words):
    page = html_page(quality_report(facts[0], language)).replace("\u202f", " ").replace("\xa0", " ")
    for word in words:
        assert word in page.replace("\u2060", ""), word


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "fi",
            ["Kaikki", "Lapsiperheiden palvelut", "Perheoikeudelliset palvelut", "Vammaispalvelut", "Ei merkitty"],
        ),
        (
            "sv",
            [
                "Alla",
                "Familjerättsliga tjänster",
                "Funktionshindersservice",
                "Service för barnfamiljer",
                "Inte angiven",
            ],
        ),
    ],
)
def test_tasks_stand_by_their_names_all_first_and_unstated_last(language, expected):
    inputs = sample_inputs()
    tasks = ("unknown", "family_law", "disability", "all", "families")
    row = {"area": inputs.county.code, "split": "service_task", "documents": 400, "index": 0.9, "low": 0.8}
    table = pl.DataFrame(
        [row | {"value": task, "high": 0.95, "weights_low": 0.8, "weights_high": 0.95} for task in tasks]
    )
    first = next(b for b in profile(table, inputs.county.code, Voice(inputs, language)) if isinstance(b, Table))
    assert [cells[0] for cells in first.rows] == expected
