"""Folders of the units, outside the edition: each holds a unit's report and work list, for its lead alone."""

import shutil
from typing import TYPE_CHECKING

from assets.stages import CountyRun

if TYPE_CHECKING:
    from reporting.quality.facts import QualityExtras, QualityFacts


def write_unit_folders(run: CountyRun, extras: "QualityExtras", facts: "QualityFacts | None") -> None:
    """Write every unit's folder anew; those of the edition before are replaced at once.

    Args:
        run: the county and edition.
        extras: rules, control charts, findings, clients' pseudonyms.
        facts: protected facts of the county, for what lies around a unit; None without documents.
    """
    from reporting.inputs import ReportInputs
    from reporting.quality.unit_report import unit_tables, write_unit_reports
    from reporting.quality.work_lists import write_work_lists

    folder = run.settings.restricted / run.slug
    staging = folder.with_name(f".{run.slug}.writing")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    inputs = ReportInputs(
        county=run.county,
        edition=run.edition,
        as_of=run.as_of,
        synthetic=run.synthetic,
        violations=run.table_or_none("violations"),
        quality_scores=run.table_or_none("quality_scores"),
        cells=run.table_or_none("cells"),
    )
    for language in run.county.languages[:2]:
        write_work_lists(inputs, language, staging, extras=extras)
    if facts is not None and inputs.quality_scores is not None and inputs.violations is not None:
        tables = unit_tables(facts, inputs.quality_scores, inputs.violations, inputs.cells, extras)
        for language in run.county.languages[:2]:
            write_unit_reports(tables, inputs, language, staging)
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)
