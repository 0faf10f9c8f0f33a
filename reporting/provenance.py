"""Where figures came from, in the reader's words: publishers, vintages, and what the reading left out.

The tables carry publisher and vintage as the sources write them, in English and with names of files; a reader
gets the publisher's own name in the language of the page, and years and days instead of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reporting.inputs import Failure, ReportInputs, Source
from reporting.missing import failed_part, failure_sentence
from reporting.numbers import Numbers
from reporting.texts import Texts

READING = "open data"
MANY = 3
# A publisher is known by how its text begins.
_PUBLISHERS = {
    "estimate": "source-estimate",
    "synthetic": "source-synthetic",
    "Statistics Finland": "source-statistics-finland",
    "THL Sotkanet": "source-sotkanet",
    "Diak": "source-diak",
}
_DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"
_SPAN = r"(?P<first>\d{4})-(?P<last>\d{4})"
# A vintage is known by its form; the name of a file before it is left out.
_VINTAGES = {
    rf"synthetic, seed (?P<seed>\d+), known on {_DAY}": "vintage-synthetic",
    rf"(?P<code>\w+) by region, {_SPAN}": "vintage-regions",
    rf"(?P<code>\w+), Population projection (?P<year>\d{{4}}) \({_DAY}\)": "vintage-projection",
    rf"(?P<code>\w+), updated {_DAY}": "vintage-updated",
    rf"(?P<code>\w+), read {_DAY}": "vintage-read",
    rf"(?:\S+, )?snapshot {_DAY}": "vintage-snapshot",
    rf"(?:\S+, )?(?:series )?{_SPAN}": "vintage-span",
    r"(?:\S+, )?recorded answer": "vintage-recorded",
    r"(?:\S+, )?municipalities summed on boundaries of (?P<year>\d{4})": "vintage-summed",
    r"(?:\S+, )?means of several years, year approximate": "vintage-means",
    r"estimate: municipal age structure.*": "vintage-estimated-population",
    r"estimate: Uusimaa.*": "vintage-estimated-projection",
}
_DATED = re.compile(rf"(?P<code>\w+), updated {_DAY}")


@dataclass(frozen=True)
class SourceLine:
    """One row of a table of sources, in the reader's language; `note` in English stands as it is."""

    name: str
    vintage: str
    licence: str
    note: str


def source_lines(inputs: ReportInputs, texts: Texts, numbers: Numbers) -> tuple[SourceLine, ...]:
    """One line per publisher and table, with all its vintages, and per failure; remarks are `reading_notes`."""
    gathered: dict[str, list[Source]] = {}
    for source in inputs.sources:
        if source.name != READING:
            gathered.setdefault(source.name, []).append(source)
    lines = [_line(name, sources, inputs, texts, numbers) for name, sources in gathered.items()]
    return (*lines, *(_failed(failure, texts) for failure in inputs.failures))


def reading_notes(inputs: ReportInputs) -> tuple[str, ...]:
    """What reading the open data used and left out, in English, as the sources wrote it."""
    return tuple(source.note for source in inputs.sources if source.name == READING)


def publisher(text: str, texts: Texts) -> str:
    """A publisher's name in the reader's language; one that is not known stands as it is."""
    known = next((message for start, message in _PUBLISHERS.items() if text.startswith(start)), None)
    return texts.get(known) if known else text


def vintages(found: Iterable[str], texts: Texts, numbers: Numbers) -> str:
    """Vintages in words, each once; many updates of single series become the span of their days."""
    listed = sorted(set(filter(None, found)))
    dated = [match["day"] for v in listed if (match := _DATED.fullmatch(v))]
    if len(dated) > MANY:
        listed = [v for v in listed if not _DATED.fullmatch(v)]
        first, last = (numbers.day(date.fromisoformat(day)) for day in (min(dated), max(dated)))
        told = [texts.get("vintage-updates", first=first, last=last)]
    else:
        told = []
    return "; ".join(dict.fromkeys([*(vintage(v, texts, numbers) for v in listed), *told]))


def vintage(text: str, texts: Texts, numbers: Numbers) -> str:
    """One vintage in words; a form that is not known stands as it is."""
    if re.fullmatch(_DAY, text):
        return numbers.day(date.fromisoformat(text))
    for form, message in _VINTAGES.items():
        if match := re.fullmatch(form, text):
            parts = match.groupdict()
            if "day" in parts:
                parts["day"] = numbers.day(date.fromisoformat(parts["day"]))
            return texts.get(message, **parts)
    return text


def _line(name: str, sources: list[Source], inputs: ReportInputs, texts: Texts, numbers: Numbers) -> SourceLine:
    told = vintages((s.vintage for s in sources), texts, numbers)
    notes = "; ".join(_note(s.note, texts, numbers) for s in sources if s.note)
    licence = "; ".join(dict.fromkeys(s.licence for s in sources if s.licence))
    maker, _, table = name.rpartition(": ")
    if not maker or not texts.has("report-table", table):
        return SourceLine(name, told, licence, notes)
    county = inputs.county.names
    if maker == county.fi:
        own = texts.get("source-synthetic") if inputs.synthetic else county.in_language(texts.language)
    else:
        own = publisher(maker, texts)
        licence = licence or next(iter(re.findall(r"CC BY \d\.\d|CC0", maker)), "")
    return SourceLine(f"{own}: {texts.of('report-table', table)}", told, licence, notes)


def _failed(failure: Failure, texts: Texts) -> SourceLine:
    name = texts.get("source-not-renewed", part=failed_part(failure, texts))
    reason = texts.get("failure-reason", reason=failure.reason)
    return SourceLine(name, "", "", f"{failure_sentence(failure, texts)} {reason}")


def _note(note: str, texts: Texts, numbers: Numbers) -> str:
    if rows := re.fullmatch(r"(?:n = )?([\d,]+)", note):
        return texts.get("source-rows", rows=numbers.integer(int(rows[1].replace(",", ""))))
    return note
