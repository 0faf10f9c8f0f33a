"""The catalogues of the two reports: complete, alike in every language, none unused, right in number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from reporting.pdf.voice import Voice
from reporting.structural.links import LINKS
from reporting.structural.sentences import inline
from reporting.texts import FOLDER, Texts
from tests.reporting.sample_inputs import sample_inputs

FILES = ("structural.ftl", "quality.ftl")
# Families whose members are chosen by a code: their messages are used through the family.
FAMILIES = (
    "report-grade", "rq-type", "rq-shift", "rq-phase", "rq-process", "rq-profile", "audit-column", "audit-answer",
    "rq-unit-below", "rq-unit-above", "rq-unit-inside",
    "rq-unit-hidden", "rq-unit-unjudged", "rq-unit-worse", "rq-unit-better", "rq-basis", "report-dimension",
    "report-table", "ssw-phenomenon", "ssw-need",
    "ssw-group", "ssw-gap", "ssw-proposal", "ssw-addressee", "ssw-owner", "ssw-outcome",
    "ssw-task", "ssw-status", "ssw-flag", "rq-severity", "rq-side", "ssw-why", "ssw-figures", "ssw-step",
    "ssw-times-caption", "ssw-clock", "ssw-observation-trust", "ssw-trend", "ssw-difference", "ssw-say-differs",
    "ssw-phenomenon-figure", "ssw-say-up", "ssw-say-down", "rq-short", "report-working-days",
    "report-calendar-days",     "ssw-say-population-now", "ssw-say-seniors-now",
)  # fmt: skip


def messages(language: str, file: str) -> dict[str, ast.Message]:
    resource = FluentParser().parse((FOLDER / language / file).read_text(encoding="utf-8"))
    return {e.id.name: e for e in resource.body if isinstance(e, ast.Message)}


def variables(message: ast.Message) -> set[str]:
    class Found(Visitor):
        names: set[str]

        def visit_VariableReference(self, node):
            self.names.add(node.id.name)

    found = Found()
    found.names = set()
    found.visit(message)
    return found.names


@pytest.mark.parametrize("file", FILES)
def test_the_languages_have_the_same_messages_with_the_same_variables(file):
    finnish, swedish, english = (messages(language, file) for language in ("fi", "sv", "en"))
    assert set(finnish) == set(swedish) == set(english)
    for name in finnish:
        assert variables(finnish[name]) == variables(swedish[name]) == variables(english[name]), name


def test_no_message_is_unused(root):
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("structural", "quality", "pdf")
        for path in Path(root, "reporting", folder).rglob("*.py")
    )
    for file in FILES:
        for name in messages("fi", file):
            assert f'"{name}"' in code or name.startswith(FAMILIES), f"{file}: {name} is used nowhere"


def test_every_linked_phenomenon_and_every_need_has_a_name():
    for language in ("fi", "sv", "en"):
        texts = Texts(language)
        assert all(texts.has("ssw-phenomenon", code) for code in LINKS)
        assert all(texts.has("ssw-need", str(n)) for n in range(1, 11))


def test_the_codes_of_the_synthetic_county_have_names():
    surroundings = pytest.importorskip("sources.synthetic.surroundings")
    for language in ("fi", "sv", "en"):
        texts = Texts(language)
        assert not [c for c in surroundings.PHENOMENA if not texts.has("ssw-phenomenon", c)]
        assert set(surroundings.PHENOMENA) == set(LINKS)


@pytest.mark.parametrize(
    ("language", "one", "many", "none"),
    [
        ("fi", "1 arkipäivä", "7 arkipäivää", "0 arkipäivää"),
        ("sv", "1 vardag", "7 vardagar", "0 vardagar"),
        ("en", "1 working day", "7 working days", "0 working days"),
    ],
)
def test_numbers_choose_the_right_form(language, one, many, none):
    texts = Texts(language)
    assert [texts.get("report-working-days", count=n) for n in (1, 7, 0)] == [one, many, none]


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("fi", "kirjasivat 1 sosiaalisen havainnon", "kirjasivat 1\u00a0234 sosiaalista havaintoa"),
        ("sv", "antecknade 1 social iakttagelse", "antecknade 1\u00a0234 sociala iakttagelser"),
        ("en", "recorded 1 social observation in", "recorded 1,234 social observations in"),
    ],
)
def test_sentences_agree_with_their_number(language, one, many):
    texts = Texts(language)
    assert one in texts.get("ssw-say-observations", count=1, period="x")
    assert many in texts.get("ssw-say-observations", count=1234, period="x")


def test_a_decimal_median_is_written_the_language_s_way():
    assert Texts("fi").get("report-working-days", count=5.5) == "5,5 arkipäivää"
    assert Texts("en").get("report-calendar-days", count=5.5) == "5.5 days"


def test_lists_end_with_and_in_each_language():
    for language, word in (("fi", "ja"), ("sv", "och"), ("en", "and")):
        voice = Voice(sample_inputs(client_records=False), language)
        assert voice.listed(["a", "b", "c"]) == f"a, b {word} c"
        assert voice.listed(["a"]) == "a" and voice.listed([]) == ""


def test_a_list_of_names_that_hold_an_and_ends_with_another_word():
    for language, word, other in (("fi", "ja", "sekä"), ("sv", "och", "samt"), ("en", "and", "as well as")):
        voice = Voice(sample_inputs(client_records=False), language)
        assert voice.listed([f"a {word} b", "c"]) == f"a {word} b {other} c"
        assert voice.listed(["a", f"b{word}", "c"]) == f"a, b{word} {word} c"


def test_names_lose_their_capital_inside_a_sentence_but_abbreviations_do_not():
    assert inline("Yksinäisyys") == "yksinäisyys"
    assert inline("ADHD-oireet") == "ADHD-oireet"
    assert inline("") == ""


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("file", FILES)
def test_no_finnish_or_swedish_sentence_is_left_in_english(language, file):
    own, english = messages(language, file), messages("en", file)
    same = {n for n in own if plain(own[n]) == plain(english[n])}
    assert not {n for n in same if len(re.findall(r"[a-zåäö]{2,}", plain(own[n]))) > 1}


def plain(message: ast.Message) -> str:
    return "".join(e.value for e in message.value.elements if isinstance(e, ast.TextElement))
