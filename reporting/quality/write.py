"""Writing the record-quality report: one HTML page and one PDF for each language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reporting.pdf.blocks import Report
from reporting.pdf.printing import print_reports
from reporting.pdf.voice import Voice
from reporting.quality.chapters import all_units, areas, changes, defects, finding_changes, summary, units
from reporting.quality.closing import clocks, denominators, method
from reporting.quality.extras import QualityExtras
from reporting.quality.facts import QualityFacts
from reporting.quality.losses import losses
from reporting.quality.process import audit, process
from reporting.quality.profile import profile
from reporting.quality.rule_texts import rule_texts
from reporting.quality.shifts import shifts
from reporting.structural.closing import sources


def quality_report(facts: QualityFacts, language: str, extras: QualityExtras | None = None) -> Report:
    """The report of the county, or of the area that `facts.of_area` gives, in one language, as blocks."""
    voice = Voice(facts.inputs, language)
    rules = rule_texts((extras or QualityExtras()).rules, language)
    whole = facts.place == facts.inputs.county.code
    lost = voice.say("rq-losses-caption", place=voice.areas[facts.place])
    return Report(
        title=voice.say("rq-title"),
        subtitle=voice.say("ssw-subtitle", area=voice.areas[facts.place], edition=facts.inputs.edition),
        language=language,
        publisher=voice.areas[facts.inputs.county.code],
        frame=voice.frame,
        blocks=(
            *summary(facts, rules, voice),
            *areas(facts, voice),
            *profile(facts.profile, facts.place, voice),
            *units(facts, voice),
            *changes(facts, voice),
            *shifts(facts.shifts, voice),
            *finding_changes(facts, voice),
            *defects(facts, rules, voice),
            *losses(facts.losses.get(facts.place), rules, voice, caption=lost),
            *clocks(facts, voice),
            *process(facts.process, facts.place, voice),
            *(audit(facts.process, voice) if whole else []),
            *method(facts, voice),
            *(sources(voice) if whole else []),
            *all_units(facts, voice),
            *(denominators(facts, rules, voice) if whole else []),
        ),
        links=voice.links(report_stem(facts.place)),
    )


def report_stem(place: str) -> str:
    """File name of the report of the county or an area without language and ending."""
    return f"quality_{place}"


def write_quality_reports(
    facts: QualityFacts,
    out: Path,
    *,
    extras: QualityExtras | None = None,
    places: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
) -> list[Path]:
    """Write the reports of the county and of every area that has scores, in every language of the county file.

    Args:
        facts: of the county.
        out: folder; made when missing.
        extras: rule texts and the like.
        places: the county's code and areas, when not all of them.
        languages: fi, sv, en, when not all of the county's.

    Returns:
        Two files a report, `quality_<place>_<language>.html` and `.pdf`. They name no document and no client; work
        lists are written by `write_work_lists`.
    """
    wanted = places or (facts.place, *facts.areas)
    told = (facts if place == facts.place else facts.of_area(place) for place in wanted)
    reports = (
        (out / f"{report_stem(place.place)}_{language}", quality_report(place, language, extras))
        for place in told
        for language in languages or facts.inputs.county.languages
    )
    return print_reports(reports, as_of=facts.inputs.as_of)
