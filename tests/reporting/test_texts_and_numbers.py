"""Texts in three languages and the numbers in them."""

from __future__ import annotations

import re
from datetime import date
from typing import get_args

import polars as pl
import pytest
from fluent.runtime import FluentResource
from fluent.syntax.ast import Message
from fluent.syntax.visitor import Visitor

from reporting.disclosure import protect_inputs
from reporting.inputs import Failure
from reporting.localised import Localised
from reporting.missing import BEHIND_NEED, failed_part
from reporting.numbers import Numbers, seems_inside
from reporting.page.need_tables import notes
from reporting.texts import FOLDER, TextError, Texts
from tests.reporting.sample_inputs import sample_inputs


def test_a_message_is_filled_in():
    assert Texts("fi").get("chart-alt-fan", title="Käynnit") == "Viivakuvio: Käynnit."


def test_a_number_and_its_percent_sign_stay_on_one_line():
    assert Texts("fi").get("chart-band-80") == "80\u00a0%:n väli"
    assert " %" not in Texts("sv").get("page-col-cover95")


def test_a_missing_message_or_variable_raises():
    with pytest.raises(TextError, match="no message 'nonsense'"):
        Texts("sv").get("nonsense")
    with pytest.raises(TextError, match="title"):
        Texts("en").get("chart-alt-fan")
    with pytest.raises(TextError, match="no catalogue"):
        Texts("de")


def test_a_message_given_twice_or_broken_is_refused(tmp_path):
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "a.ftl").write_text("hello = Hello\n")
    (folder / "b.ftl").write_text("hello = Hi\n")
    with pytest.raises(TextError, match="twice"):
        Texts("en", tmp_path)
    (folder / "b.ftl").write_text("bad line without equals\n")
    with pytest.raises(TextError, match="not a valid message"):
        Texts("en", tmp_path)


@pytest.mark.parametrize(
    ("language", "integer", "percent", "interval", "day", "month"),
    [
        ("fi", "12\u00a0346", "12,3\u00a0%", "1–5", "2.11.2026", "marraskuu 2026"),
        ("sv", "12\u00a0346", "12,3\u00a0%", "1–5", "2.11.2026", "november 2026"),
        ("en", "12,346", "12.3%", "1–5", "2 November 2026", "November 2026"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_writes_them(
    language, integer, percent, interval, day, month
):
    numbers = Numbers(language)
    assert numbers.integer(12345.5) == integer
    assert numbers.percent(0.123, 1) == percent
    assert numbers.interval(1, 5) == interval
    assert numbers.day(date(2026, 11, 2)) == day
    assert numbers.month(date(2026, 11, 2)) == month


def test_shares_near_nothing_or_the_whole_are_written_finer():
    numbers = Numbers("fi")
    assert numbers.fine_percent(0.9987) == "99,87\u00a0%" and numbers.fine_percent(0.0004) == "0,04\u00a0%"
    assert numbers.fine_percent(0.876) == "87,6\u00a0%" and numbers.fine_percent(None) == "–"
    assert numbers.fine_interval(0.996, 1.0) == "99,60–100,00\u00a0%"
    assert numbers.percent_interval(0.99899, 0.99901, 2) == "99,90\u00a0%"


@pytest.mark.parametrize(
    ("share", "low", "high", "inside"),
    [
        (0.99881, 0.99884, 0.9995, True),
        (0.99874, 0.99884, 0.9995, False),
        (0.98949, 0.98953, 0.98999, False),
        (0.98958, 0.98961, 0.995, True),
        (0.99954, 0.99884, 0.99953, True),
    ],
)
def test_a_share_just_outside_its_limits_that_is_written_as_they_are_seems_to_lie_inside(share, low, high, inside):
    assert seems_inside(share, low, high) is inside


@pytest.mark.parametrize(
    ("share", "low", "high", "digits"),
    [(0.00048, 0.00049, 0.001, 3), (0.0002, 0.0005, 0.001, 2), (0.0, 0.0, 0.001, 2), (0.126, 0.03, 0.1, 1)],
)
def test_what_lies_outside_limits_is_written_so_that_it_is_seen(share, low, high, digits):
    assert Numbers("fi").apart_digits(share, low, high) == digits


def test_a_change_has_its_sign_and_zero_has_none():
    numbers = Numbers("fi")
    assert [numbers.signed(v) for v in (3, -3, 0.2, None)] == ["+3", "−3", "0", "–"]
    assert numbers.decimal(-0.04) == "0,0"
    assert numbers.interval(-1, 5) == "−1 – 5"


LANGUAGES = ("fi", "sv", "en")


def catalogue(language):
    found = {}
    for file in sorted((FOLDER / language).glob("*.ftl")):
        for entry in FluentResource(file.read_text(encoding="utf-8")).body:
            if isinstance(entry, Message):
                found[entry.id.name] = entry
    return found


def variables(message):
    found = set()

    class Seen(Visitor):
        def visit_VariableReference(self, node):
            found.add(node.id.name)

    Seen().visit(message)
    return found


def sources():
    code = FOLDER.parent
    files = [p for kind in ("py", "j2", "js", "typ") for p in code.rglob(f"*.{kind}")]
    return "\n".join(p.read_text(encoding="utf-8") for p in files)


def test_what_is_missing_is_written_in_one_way():
    """The dash of a missing figure stands in `numbers` alone; others are dashes of ranges."""
    for file in FOLDER.parent.rglob("*.py"):
        if file.name != "numbers.py":
            text = re.sub(r"""\.(sub|replace)\([^)]*"–\"""", "", file.read_text(encoding="utf-8"))
            assert '"–"' not in text, file


def test_every_language_has_the_same_messages_with_the_same_variables():
    first = catalogue("fi")
    for language in ("sv", "en"):
        other = catalogue(language)
        assert sorted(first) == sorted(other)
        differing = {key for key in first if variables(first[key]) != variables(other[key])}
        assert not differing, f"{language}: variables differ"


def test_no_message_is_unused():
    text = sources()
    families = set(re.findall(r"""\.(?:of|has|name)\(\s*["']([a-z0-9-]+)["']""", text))
    families |= set(re.findall(r"""["']([a-z0-9-]+)-["'] \+""", text)) | set(
        re.findall(r"""f["']([a-z0-9-]+)-\{""", text)
    )
    literal = set(re.findall(r"""["']([a-z][a-z0-9]*(?:-[a-z0-9]+)+)["']""", text))
    unused = [
        key
        for key in catalogue("fi")
        if key not in literal and not any(key.startswith(family + "-") for family in families)
    ]
    assert unused == []


def test_every_message_that_the_page_and_the_workbook_ask_for_exists():
    asked = set(re.findall(r"""\bt\("([a-z0-9-]+)\"""", sources()))
    asked |= set(re.findall(r"""texts\.get\("([a-z0-9-]+)\"""", sources()))
    assert asked - set(catalogue("fi")) == set()
    assert len(asked) > 50


def test_every_message_that_the_code_names_exists():
    """Asked with `say` or `get`, or as a heading, paragraph or note: all stand in the catalogues."""
    asked = re.findall(
        r"""\b(?:say|get|heading|paragraph|small|note)\(\s*["']([a-z][a-z0-9]*(?:-[a-z0-9]+)+)["']""", sources()
    )
    known = set(catalogue("fi"))
    assert len(set(asked)) > 200
    assert {message for message in asked if message not in known and not message.endswith("-")} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_that_hides_cells_has_a_name(language):
    tables = protect_inputs(sample_inputs()).suppressed["table"].to_list()
    assert "need_tornado" in tables and "need_scenarios" in tables
    assert all(Texts(language).has("table", table) for table in tables)


NEED_FLAGS = ("break", "incomplete", "structure_only", "short_history", "no_use", "poorly_recorded")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_of_need_is_told_on_the_page(language):
    flags = ",".join(NEED_FLAGS)
    rows = pl.DataFrame({"kind": ["observed"], "year": [2025], "mean": [1.0], "flag": [flags]})
    assert len(set(notes(Localised(sample_inputs(), language), rows))) == len(NEED_FLAGS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_closed_sets_are_named_in_full(language):
    texts = Texts(language)
    sets = {
        "kind": ("observed", "estimated", "forecast"),
        "driver": ("size", "sex", "structure", "rate", "base_year", "health", "policy", "backlog", "total"),
        "dimension": ("completeness", "conformance", "timeliness", "plausibility", "overall"),
        "flag": (*NEED_FLAGS, "stale", "effect"),
        "ssw-flag": NEED_FLAGS,
        "level": ("unit", "area", "county"),
        "unit": ("visits", "clients", "days"),
        "unit-month": ("visits", "clients", "days"),
        "form": ("share", "days", "index", "count", "per_week"),
        "table": ("need_forecast", "need_drivers", "month_forecast", "measures", "quality_scores"),
    }
    for family, codes in sets.items():
        for code in codes:
            assert texts.of(family, code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_that_may_fail_is_named_in_words(language):
    from assets.audit_tables import SET_ASIDE
    from assets.build import ALL_STAGES
    from assets.failures import Kind

    texts = Texts(language)
    parts = [stage.name for stage in ALL_STAGES] + [SET_ASIDE]
    steps = [part for part in parts if not part.startswith("intake_")]
    assert [part for part in steps if not texts.has("part-of-run", part)] == []
    extracts = [Failure(part, "failed", "") for part in parts if part not in steps]
    assert [f.part for f in extracts if failed_part(f, texts) == f.part] == []
    assert all(texts.has("failure", kind) for kind in get_args(Kind))


def test_forecasts_rest_on_the_steps_that_the_run_makes_them_from():
    from assets.build import ALL_STAGES

    made_by = {table: stage for stage in ALL_STAGES for table in (*stage.tables, *stage.side_tables)}
    behind, ahead = set(), ["need_forecast"]
    while ahead:
        stage = made_by[ahead.pop()]
        ahead += [] if stage.name in behind else stage.reads
        behind.add(stage.name)
    assert behind <= BEHIND_NEED
