"""Says in Finnish and Swedish, side by side, what the library and the contracts say in English."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from quality_checks.rules import Wording
from quality_checks.yaml_files import read_yaml

LANGUAGES = ("fi", "sv")  # as the titles of rules, one beside the other on every page
JOINT = " / "
_TEXT = re.compile(r"(?<=>)(\s*)([^<>]*[^<>\s])(\s*)(?=<)")
_LEFT_OPEN = re.compile(r"\{(\w)\}")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T[\d:.]+Z")
_NUMBER = re.compile(r"≈?\d+\.\d+")


class Words(BaseModel):
    """What `words.yaml` holds: headings, names of statuses, subjects and tables, and what the library writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Wording
    intro: Wording
    suite: Wording
    statuses: dict[str, Wording]
    subjects: dict[str, Wording]
    tables: dict[str, Wording]
    library: tuple[Wording, ...]
    contracts: tuple[Wording, ...]


@cache
def known_words() -> Words:
    """The words of the pages."""
    return Words.model_validate(read_yaml(Path(__file__).with_name("words.yaml")))


def plain(words: Wording) -> str:
    """Words in each language, without marks."""
    return JOINT.join(words.in_language(code) for code in LANGUAGES)


def marked(words: Wording | Mapping[str, str]) -> str:
    """Words in each language, marked so; what is the same in all stands once."""
    told = {code: words.in_language(code) for code in LANGUAGES} if isinstance(words, Wording) else words
    if len(set(told.values())) == 1:
        return html.escape(told[LANGUAGES[0]], quote=False)
    return JOINT.join(
        f'<span lang="{code}">{html.escape(text, quote=False)}</span>' for code, text in told.items()
    )


def suite_in(suite: str, language: str) -> str:
    """What a suite looks at, in a language: `Ajantasaisuus: asiakassuunnitelma`; its id where it has no words."""
    words = known_words()
    subject, _, table = suite.partition("-")
    table, _, part = table.partition("-")
    if subject not in words.subjects or table not in words.tables:
        return suite
    named = f"{words.subjects[subject].in_language(language)}: {words.tables[table].in_language(language)}"
    return f"{named} ({part})" if part else named


def in_languages(page: str, titles: Collection[str] = ()) -> str:
    """The texts of a page in each language; those not known stand as they are.

    Args:
        page: markup without style sheets.
        titles: titles of expectations: in English, or already in each language, one beside the other.
    """

    def told(found: re.Match[str]) -> str:
        before, text, after = found.groups()
        said = _said(html.unescape(" ".join(text.split())), titles)
        return before + (marked(said) if said else text) + after

    return _TEXT.sub(told, page)


def _said(text: str, titles: Collection[str]) -> dict[str, str] | None:
    parts = text.split(JOINT)
    if text in titles and len(parts) == len(LANGUAGES):
        return dict(zip(LANGUAGES, parts, strict=True))
    for form, words in _forms():
        if filled := form.fullmatch(text):
            return {code: _filled(words.in_language(code), filled.groupdict(), code) for code in LANGUAGES}
    said = {code: _value(text, code) for code in LANGUAGES}
    return said if set(said.values()) != {text} else None


def _filled(words: str, values: Mapping[str, str], language: str) -> str:
    return _LEFT_OPEN.sub(lambda left: _value(values[left[1]], language), words)


def _value(text: str, language: str) -> str:
    """A suite's name, a day or a number as it is written in a language."""
    if day := _TIME.fullmatch(text):
        year, month, number = day.groups()
        return f"{int(number)}.{int(month)}.{year}"
    return text.replace(".", ",") if _NUMBER.fullmatch(text) else suite_in(text, language)


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Wording], ...]:
    """What texts of the library and of contracts look like, with the same in each language."""
    words = known_words()
    found = []
    for wording in (*words.library, *words.contracts):
        form = re.escape(wording.en)
        for name in set(_LEFT_OPEN.findall(wording.en)):
            form = form.replace(re.escape(f"{{{name}}}"), rf"(?P<{name}>\S(?:.*?\S)?)")
        found.append((re.compile(form), wording))
    return tuple(found)
