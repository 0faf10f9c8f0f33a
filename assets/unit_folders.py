"""Folders of the units, outside the edition: report and work list, and forms of the audit, for its lead alone."""

from typing import TYPE_CHECKING

from assets.stages import CountyRun

if TYPE_CHECKING:
    from reporting.quality.extras import QualityExtras
    from reporting.quality.facts import QualityFacts


def write_unit_folders(run: CountyRun, extras: "QualityExtras", facts: "QualityFacts | None") -> None:
    """Write every unit's folder anew; those of the edition before are replaced at once.

    Args:
        run: the county and edition.
        extras: rules, control charts, findings, clients' pseudonyms.
        facts: protected facts of the county, for what lies around a unit; None without documents.
    """
    from lake.atomic import folder_replaced
    from reporting.inputs import ReportInputs
    from reporting.quality.unit_report import unit_tables, write_unit_reports
    from reporting.quality.work_lists import write_work_lists

    inputs = ReportInputs(
        county=run.county,
        edition=run.edition,
        as_of=run.as_of,
        quality_as_of=run.day_of("quality_scores"),
        synthetic=run.synthetic,
        violations=run.table_or_none("violations"),
        quality_scores=run.table_or_none("quality_scores"),
        cells=run.table_or_none("cells"),
    )
    languages = run.county.unit_languages
    with folder_replaced(run.settings.restricted / run.slug) as folder:
        for language in languages:
            write_work_lists(inputs, language, folder, extras=extras)
        if facts is not None and inputs.quality_scores is not None and inputs.violations is not None:
            tables = unit_tables(facts, inputs.quality_scores, inputs.violations, inputs.cells, extras)
            for language in languages:
                write_unit_reports(tables, inputs, language, folder)


def write_forms(run: CountyRun, extras: "QualityExtras") -> None:
    """Forms of the edition's audit sample, once: what people have begun to fill is never written over."""
    import polars as pl

    from lake.atomic import folder_replaced
    from reporting.quality.audit_forms import write_audit_forms

    sample, rules = run.table_or_none("audit_sample"), extras.rules
    folder = run.settings.audit_forms / run.slug / run.edition
    if sample is None or rules is None or folder.exists():
        return
    with folder_replaced(folder) as staging:
        for language in run.county.languages[:2]:
            write_audit_forms(sample.filter(pl.col("edition") == run.edition), rules, language, staging)
