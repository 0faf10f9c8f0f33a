"""Commands on records: the check of an extract, and the audit of rules by people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import AsOfOption, CountyOption, OutOption, SeedOption, SyntheticOption, clear_errors


class FailOn(StrEnum):
    """Severities that a check may fail on."""

    fatal = "fatal"
    convention = "convention"


def check(
    documents: Annotated[Path, typer.Argument(help="Document extract: Parquet or CSV.")],
    out: OutOption,
    county: Annotated[str, typer.Option("--county", help="County file with column mapping and limits.")] = "",
    as_of: AsOfOption = "",
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="YAML file of rules on top of the shipped ones: changed, added, removed."),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option("--codes", help="YAML file of code sets in place of the shipped ones of their names."),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit code 1 when defects this grave are found.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="Folder of an earlier check: judge only what changed since then."),
    ] = None,
    remember: Annotated[
        bool, typer.Option("--remember", help="Leave in the folder what a later --since compares with.")
    ] = False,
    rescore: Annotated[
        bool,
        typer.Option("--rescore", help="Score the earlier days of the history by the present rules too."),
    ] = False,
) -> None:
    """Check a document extract against the rule catalogue: violations, scores, summary. Keeps no value.

    Exit codes: 0 checked, 1 defects of the severity given with --fail-on were found, 2 the input or an option
    cannot be used.
    """
    from assets.checking import check_extract

    with clear_errors():
        outcome = check_extract(
            documents, out, county=county, as_of=as_of, rules=rules, codes=codes, since=since, memory=remember,
            rescore=rescore,
        )  # fmt: skip
    typer.echo(outcome.text)
    if fail_on and outcome.reaches(fail_on.value):
        raise typer.Exit(1)


def why(
    folder: Annotated[Path, typer.Argument(help="Folder that 'check' wrote.")],
    document: Annotated[str, typer.Argument(help="Id of the document.")],
    county: Annotated[str, typer.Option("--county", help="County that the check was made with.")] = "",
    rules: Annotated[Path | None, typer.Option("--rules", help="File of rules that it was made with.")] = None,
) -> None:
    """Tell how each rule judged one document, and why some did not."""
    from assets.explaining import explain_document

    with clear_errors():
        typer.echo(explain_document(folder, document, county=county, rules=rules))


audit_app = typer.Typer(no_args_is_help=True, help="People read a drawn sample: how far can each rule be trusted?")


@audit_app.command()
def draw(
    out: OutOption,
    county: CountyOption = "paijat-hame",
    documents: Annotated[int, typer.Option("--documents", min=2, help="Documents of each unit to read.")] = 8,
    synthetic: SyntheticOption = False,
    seed: SeedOption = 1,
) -> None:
    """Draw documents of every unit and write forms to fill while reading them in the source system."""
    from assets.audit import draw_audit
    from lake.settings import load_settings

    with clear_errors():
        settings = load_settings().model_copy(update={"synthetic": synthetic})
        typer.echo(draw_audit(settings, county, out, documents=documents, seed=seed))


@audit_app.command()
def results(
    drawn: Annotated[Path, typer.Argument(help="Folder that 'audit draw' wrote.")],
    out: OutOption,
    forms: Annotated[
        Path | None, typer.Option("--forms", help="Folder of filled forms; DRAWN by default.")
    ] = None,
    county: CountyOption = "paijat-hame",
) -> None:
    """Sensitivity and precision of each rule, and agreement of readers, from the filled forms."""
    from assets.audit import audit_results
    from lake.settings import load_settings

    with clear_errors():
        told, accuracy = audit_results(load_settings(), county, drawn, forms or drawn, out)
    for row in accuracy.iter_rows(named=True):
        typer.echo(_accuracy_line(row))
    typer.echo(told)


def _accuracy_line(row: Mapping[str, Any]) -> str:
    def share(name: str) -> str:
        value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
        return f"{name} " + ("-" if value is None else f"{value:.2f} ({low:.2f}-{high:.2f})")

    read = row["read_findings"] + row["read_passed"]
    return (
        f"{row['dimension'] or 'all rules':<14} {read:>6} read   {share('precision'):<28} {share('sensitivity')}"
    )
