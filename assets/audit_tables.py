"""The human audit in the pipeline: the edition's sample, and what the forms that came back say of the rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assets.failures import FailureNote, clear_failure, note_failure
from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.rules import Catalogue

FOLDER = "audit"
SET_ASIDE = "audit_forms"
"""Name under which the edition tells of forms that could not be used."""


def filled_forms(run: CountyRun) -> list[Path]:
    """Audit forms that have come back, in `audit/` beside the county's extracts or in folders of it."""
    return sorted((run.folder / FOLDER).rglob("*.csv"))


def audit_tables(checks: "pl.DataFrame", catalogue: "Catalogue", run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """The edition's sample beside the earlier ones, and what the forms that came back say.

    A sample that was drawn stays as it was when the edition is made again: its forms may be in people's hands. A
    form that cannot be used is set aside by itself; the edition says which one and why.
    """
    import polars as pl

    from quality_checks.audit import AuditPlan, agreement, draw_sample, rule_accuracy

    drawn = run.table_or_none("audit_sample")
    if drawn is None or run.edition not in drawn["edition"].to_list():
        plan = AuditPlan(documents=run.county.quality.audit_documents)
        own = draw_sample(checks, catalogue, plan, edition=run.edition)
        drawn = own if drawn is None else pl.concat([drawn, own])
    answers, refused = usable_answers(filled_forms(run), drawn, run.folder / FOLDER)
    _tell(run, refused)
    return {
        "audit_sample": drawn,
        "audit_results": rule_accuracy(drawn, answers, catalogue),
        "audit_agreement": agreement(drawn, answers, catalogue),
    }


def usable_answers(
    forms: Sequence[Path], sample: "pl.DataFrame", folder: Path
) -> tuple["pl.DataFrame", list[str]]:
    """Answers of the forms that can be read and fit the sample and the forms before them.

    Args:
        forms: filled forms, in the order in which they count.
        sample: the questions.
        folder: what the forms are named from.

    Returns:
        question, reader, answer; and for each form set aside its name and the reason, without what stands in it.
    """
    import polars as pl

    from reporting.quality.audit_forms import FormError, read_audit_forms

    answers, refused = read_audit_forms([]), []
    for form in forms:
        try:
            own = read_audit_forms([form])
        except FormError as error:
            reason = error.reason
        else:
            reason = _misfit(own, answers, sample)
        if reason:
            refused.append(f"{form.relative_to(folder)}: {reason}")
        else:
            answers = pl.concat([answers, own])
    return answers, refused


def _misfit(own: "pl.DataFrame", others: "pl.DataFrame", sample: "pl.DataFrame") -> str:
    """Why a form's answers cannot be used; empty when they can."""
    key = ["question", "reader"]
    if own.join(sample, on="question", how="anti").height:
        return "answers questions that were never drawn; use the form of this county and edition"
    if own.select(key).is_duplicated().any() or own.join(others, on=key, how="semi").height:
        return "a reader answers a question twice, here or in another form; keep one"
    return ""


def _tell(run: CountyRun, refused: Sequence[str]) -> None:
    """Leave a note of the forms that were set aside, for the edition and the log; take it away when none is."""
    if not refused:
        clear_failure(run.settings, run.county.code, SET_ASIDE)
        return
    for line in refused:
        run.log.warning(f"audit form set aside: {line}")
    reason = f"{len(refused)} set aside: {'; '.join(refused)}"
    note_failure(run.settings, run.county.code, FailureNote(SET_ASIDE, "set_aside", reason))
