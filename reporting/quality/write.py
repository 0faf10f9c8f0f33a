"""Writing the record-quality report: one HTML page and one PDF for each language."""

from __future__ import annotations

from pathlib import Path

from reporting.disclosure import Protected
from reporting.inputs import ReportInputs
from reporting.pdf.blocks import Report
from reporting.pdf.html_page import html_page
from reporting.pdf.typeset import pdf_bytes
from reporting.pdf.voice import Voice
from reporting.quality.chapters import areas, changes, defects, summary, units
from reporting.quality.closing import clocks, denominators, method
from reporting.quality.facts import QualityExtras, QualityFacts, quality_facts, rule_texts
from reporting.structural.closing import sources


def quality_report(facts: QualityFacts, language: str, extras: QualityExtras | None = None) -> Report:
    """The county's report in one language, as blocks."""
    voice = Voice(facts.inputs, language)
    rules = rule_texts((extras or QualityExtras()).rules, language)
    county = facts.inputs.county.code
    return Report(
        title=voice.say("rq-title"),
        subtitle=voice.say("ssw-subtitle", area=voice.areas[county], edition=facts.inputs.edition),
        language=language,
        publisher=voice.areas[county],
        frame=voice.frame,
        blocks=(
            *summary(facts, rules, voice),
            *areas(facts, voice),
            *units(facts, voice),
            *changes(facts, voice),
            *defects(facts, rules, voice),
            *clocks(facts, voice),
            *method(facts, voice),
            *sources(voice),
            *denominators(facts, rules, voice),
        ),
        links=voice.links(report_stem(county)),
    )


def report_stem(county: str) -> str:
    """File name of a county's report without language and ending."""
    return f"quality_{county}"


def write_quality_report(
    inputs: ReportInputs | Protected | QualityFacts,
    language: str,
    out: Path,
    *,
    extras: QualityExtras | None = None,
) -> list[Path]:
    """Write the report as `quality_<county>_<language>.html` and `.pdf`.

    Args:
        inputs: the edition, or its `quality_facts(...)` when several languages are written.
        language: fi, sv or en.
        out: folder; made when missing.
        extras: rule texts, control charts, case times.

    Returns:
        The two files. They name no document and no client; work lists are written by `write_work_lists`.
    """
    facts = inputs if isinstance(inputs, QualityFacts) else quality_facts(inputs, extras)
    report = quality_report(facts, language, extras)
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"{report_stem(facts.inputs.county.code)}_{language}"
    html, pdf = stem.with_suffix(".html"), stem.with_suffix(".pdf")
    html.write_text(html_page(report), encoding="utf-8")
    pdf.write_bytes(pdf_bytes(report, as_of=facts.inputs.as_of))
    return [html, pdf]
