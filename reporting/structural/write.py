"""Writing the structural reports: one HTML page and one PDF for each area and language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reporting.disclosure import Protected
from reporting.inputs import ReportInputs
from reporting.pdf.blocks import Report
from reporting.pdf.printing import print_reports
from reporting.pdf.voice import Voice
from reporting.structural.casework import casework
from reporting.structural.closing import method, record_quality
from reporting.structural.facts import AreaFacts, StructuralExtras, StructuralTables, area_facts, structural_tables
from reporting.structural.observations import year_windows
from reporting.structural.opening import summary, surroundings
from reporting.structural.phenomenon_chapters import links, phenomena
from reporting.structural.proposal_chapters import gaps, proposals


def structural_report(
    tables: StructuralTables, area: str, language: str, facts: AreaFacts | None = None
) -> Report:
    """The report of one area in one language, as blocks; `facts` are computed when not given."""
    voice = Voice(tables.inputs, language)
    facts = facts or area_facts(tables, area)
    window, previous = year_windows(tables.inputs.as_of)
    period, before = (f"{voice.numbers.day(w.first)}–{voice.numbers.day(w.last)}" for w in (window, previous))
    return Report(
        title=voice.say("ssw-title"),
        subtitle=voice.say("ssw-subtitle", area=voice.areas[area], edition=tables.inputs.edition),
        language=language,
        publisher=voice.areas[tables.inputs.county.code],
        frame=voice.frame,
        blocks=(
            *summary(facts, voice, period),
            *surroundings(facts, voice),
            *casework(facts, voice, period),
            *phenomena(facts, voice, period, before),
            *links(facts, voice),
            *gaps(facts, voice, period),
            *proposals(facts, voice, period),
            *record_quality(facts, voice),
            *method(facts, voice),
        ),
        links=voice.links(report_stem(area)),
    )


def report_stem(area: str) -> str:
    """File name of an area's report without language and ending."""
    return f"structural_{area}"


def write_structural_reports(
    inputs: ReportInputs | Protected | StructuralTables,
    out: Path,
    *,
    extras: StructuralExtras | None = None,
    areas: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
) -> list[Path]:
    """Write the reports of every service area and the county in every language of the county file, or of some.

    Args:
        inputs: the edition, or its `structural_tables(...)` when disclosure control is done already.
        out: folder; made when missing.
        extras: tables beside the edition's own (not with `structural_tables`, which holds them).
        areas: service areas, or the county's code.
        languages: fi, sv, en.

    Returns:
        Two files a report, `structural_<area>_<language>.html` and `.pdf`.
    """
    tables = inputs if isinstance(inputs, StructuralTables) else structural_tables(inputs, extras)
    county = tables.inputs.county
    areas = areas or (county.code, *(a.code for a in county.service_areas))
    reports = _reports(tables, areas, languages or county.languages, out)
    return print_reports(reports, as_of=tables.inputs.as_of)


def _reports(
    tables: StructuralTables, areas: Sequence[str], languages: Sequence[str], out: Path
) -> Iterator[tuple[Path, Report]]:
    """Every report with its file; an area's facts are computed once for all languages."""
    for area in areas:
        facts = area_facts(tables, area)
        for language in languages:
            yield out / f"{report_stem(area)}_{language}", structural_report(tables, area, language, facts)
