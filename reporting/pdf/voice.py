"""How a report speaks one language: messages, numbers, names of codes, and what stands on every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from counties.registry import municipality_rows
from reporting.inputs import ReportInputs
from reporting.labels import Labels
from reporting.numbers import MISSING, Numbers, fine_digits, unbroken
from reporting.pdf.blocks import Bullets, Frame, Heading, Link, Note, Paragraph, Tone
from reporting.provenance import publisher, vintages
from reporting.reading_order import in_reading_order
from reporting.share_intervals import share_interval
from reporting.texts import Texts

Item = TypeVar("Item")
NO_UNIT = ("", "unknown")
"""Codes of documents whose unit is not known."""
LANGUAGE_NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
GRADE_TONES: dict[str, Tone] = {"good": "good", "fair": "fair", "poor": "poor", "unknown": "neutral"}


@dataclass(frozen=True)
class Voice:
    """The words and numbers of one language for one edition."""

    inputs: ReportInputs
    language: str

    @cached_property
    def texts(self) -> Texts:
        """Message catalogue."""
        return Texts(self.language)

    @cached_property
    def numbers(self) -> Numbers:
        """Number and date formats."""
        return Numbers(self.language)

    @cached_property
    def areas(self) -> dict[str, str]:
        """Names of the service areas and the county."""
        return self.inputs.county.area_names(self.language)

    @cached_property
    def services(self) -> dict[str, str]:
        """Names of the services."""
        return self.inputs.county.service_names(self.language)

    def service_counted(self, code: str) -> str:
        """Name of a service as a heading of its yearly count."""
        return Labels(self.inputs.county, self.language).service_counted(code)

    def say(self, message: str, **args: str | int | float) -> str:
        """A message."""
        return self.texts.get(message, **args)

    def heading(self, message: str, level: int = 1, **args: str | int | float) -> Heading:
        """A heading."""
        return Heading(self.say(message, **args), 1 if level == 1 else 2)

    def paragraph(self, message: str, **args: str | int | float) -> Paragraph:
        """A paragraph of running text."""
        return Paragraph(self.say(message, **args))

    def small(self, message: str, **args: str | int | float) -> Paragraph:
        """A paragraph of small print."""
        return Paragraph(self.say(message, **args), "small")

    def note(self, message: str, tone: Tone = "neutral", **args: str | int | float) -> Note:
        """A boxed remark."""
        return Note(self.say(message, **args), tone)

    def bullets(self, items: Sequence[str]) -> Bullets:
        """A list of sentences."""
        return Bullets(tuple(items))

    def name(self, family: str, code: str) -> str:
        """Name of a code; a code that the catalogue does not know is shown as itself and said to be unknown."""
        if self.texts.has(family, code):
            return self.texts.of(family, code)
        return self.say("report-unknown-code", code=code)

    def ordered(
        self,
        items: Iterable[Item],
        name: Callable[[Item], str],
        *,
        within: Callable[[Item], tuple[int, ...]] = lambda _: (),
    ) -> list[Item]:
        """Items in the order of their names in this language, within the order that `within` gives."""
        return sorted(in_reading_order(items, name, self.language), key=within)

    def publisher(self, source: str) -> str:
        """A publisher's name in the report's language."""
        return publisher(source, self.texts) or MISSING

    def vintages(self, found: Iterable[str]) -> str:
        """Vintages in the report's language."""
        return vintages(found, self.texts, self.numbers) or MISSING

    @cached_property
    def _municipalities(self) -> dict[str, str]:
        return {r["municipality"]: r[f"name_{self.language}"] for r in municipality_rows()}

    def unit(self, code: str) -> str:
        """A unit's name: a code of municipality and service task in words, any other code as itself."""
        if code in NO_UNIT:
            return self.say("rq-unit-unknown")
        parts = re.fullmatch(r"(\d{3})-(.+)", code)
        if parts is None or parts[1] not in self._municipalities or not self.texts.has("ssw-task", parts[2]):
            return code
        service = self.texts.of("ssw-task", parts[2])
        return self.say(
            "rq-unit-of", place=self._municipalities[parts[1]], service=service[0].lower() + service[1:]
        )

    def count(self, value: float | None) -> str:
        """A count, or the word for a hidden one."""
        return self.say("value-hidden") if value is None else self.numbers.integer(value)

    def with_interval(
        self, share: float | None, low: float | None, high: float | None, digits: int | None = None
    ) -> str:
        """A share with its interval on one line, equally fine: 99,87 % (99,86–99,88 %)."""
        digits = fine_digits(share) if digits is None else digits
        return unbroken(f"{self.numbers.percent(share, digits)} ({self.interval(low, high, digits)})")

    def interval(self, low: float | None, high: float | None, digits: int | None = None) -> str:
        """The interval of a share that stands beside it; of ends written alike, how close they are."""
        return share_interval(low, high, self.texts, self.numbers, digits)

    def listed(self, items: Sequence[str]) -> str:
        """Items as a list in running text: a, b and c; with another last word when an item holds an "and"."""
        if len(items) < 2:
            return "".join(items)
        word = self.say("report-list-end", first="", last="").strip()
        apart = any(word in item.split() for item in items)
        message = "report-list-end-apart" if apart else "report-list-end"
        return self.say(message, first=", ".join(items[:-1]), last=items[-1])

    @property
    def frame(self) -> Frame:
        """What stands on every page."""
        return Frame(
            contents=self.say("report-contents"),
            page_of=self.say("report-page-of"),
            to_content=self.say("report-to-content"),
            languages=self.say("report-other-versions"),
            banner=self.say("synthetic-banner") if self.inputs.synthetic else "",
            footer=self.say("report-footer", edition=self.inputs.edition, day=self.numbers.day(self.inputs.as_of)),
            notice=self.say("page-notice"),
        )

    def links(self, stem: str) -> tuple[Link, ...]:
        """The same report as PDF and in the county's other languages; files are named `<stem>_<language>`."""
        own = Link(self.say("report-as-pdf"), f"{stem}_{self.language}.pdf", self.language)
        others = (
            Link(LANGUAGE_NAMES[code], f"{stem}_{code}.html", code)
            for code in self.inputs.county.languages
            if code != self.language
        )
        return (own, *others)
