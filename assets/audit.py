"""The human audit for `palvelutarve audit`: forms from the latest verdicts, and results from the filled forms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from lake.settings import Settings
    from lake.tables import Lake

SAMPLE = "sample.parquet"
RESULTS = ("accuracy", "agreement")


def draw_audit(settings: Settings, slug: str, out: Path, *, documents: int, seed: int) -> str:
    """Draw a sample from the county's latest verdicts and write its forms.

    Args:
        settings: where the lake is.
        slug: the county.
        out: folder of `sample.parquet` and `<unit>/audit_<reader>_<language>.csv`; must not hold a sample already.
        documents: documents of each unit to read.
        seed: of the draw; another seed draws other documents.

    Returns:
        One line that says what was drawn.

    Raises:
        ValueError: the county has no verdicts in the lake yet, or `out` holds a sample.
    """
    from assets.own_rules import county_catalogue
    from assets.rule_table import rule_table
    from counties import load_county
    from lake.atomic import written_atomically
    from lake.tables import Lake
    from quality_checks.audit import AuditPlan, draw_sample
    from reporting.quality.audit_forms import write_audit_forms

    county, lake = load_county(slug, settings.counties), Lake(settings.lake)
    if not _has_verdicts(lake, county.code):
        if _has_verdicts(Lake(settings.model_copy(update={"synthetic": True}).lake), county.code):
            raise ValueError(
                f"{slug}: documents of the synthetic county alone are checked; say --synthetic for it"
            )
        raise ValueError(
            f"{slug}: no documents have been checked yet; use 'palvelutarve run --county {slug}' first"
        )
    if (out / SAMPLE).exists():
        raise ValueError(f"{out}: holds a sample already; its forms may be in people's hands: give another folder")
    catalogue = county_catalogue(settings, slug)
    checks = lake.read("doc_checks", county.code)
    sample = draw_sample(checks, catalogue, AuditPlan(documents=documents, seed=seed), edition=f"audit-{seed}")
    for language in county.languages[:2]:
        write_audit_forms(sample, rule_table(catalogue), language, out)
    with written_atomically(out / SAMPLE) as temporary:
        sample.write_parquet(temporary)
    read = sample["document_id"].n_unique()
    return (
        f"{sample.height:,} questions on {read:,} documents of {sample['unit'].n_unique()} units; forms in {out}"
    )


def _has_verdicts(lake: Lake, code: str) -> bool:
    return lake.has("doc_checks", code) and not lake.read("doc_checks", code).is_empty()


def audit_results(settings: Settings, slug: str, drawn: Path, forms: Path, out: Path) -> tuple[str, Any]:
    """Accuracy of the rules from filled forms.

    Args:
        settings: where the county files are.
        slug: the county, for its own rules.
        drawn: folder with the `sample.parquet` that the forms were made from.
        forms: folder of filled forms under any names, searched with its folders; those without answers say
            nothing.
        out: folder of `accuracy.csv`, `agreement.csv` and the same as Parquet.

    Returns:
        One line, and the accuracy of all rules and of each dimension.

    Raises:
        ValueError: no sample, no answer, or an answer that cannot be used.
    """
    import polars as pl

    from assets.own_rules import county_catalogue
    from quality_checks.audit import agreement, rule_accuracy
    from reporting.quality.audit_forms import read_audit_forms

    if not (drawn / SAMPLE).exists():
        raise ValueError(f"{drawn}: there is no {SAMPLE}; give the folder that 'palvelutarve audit draw' wrote")
    sample = pl.read_parquet(drawn / SAMPLE)
    own = [out / f"{name}.csv" for name in RESULTS]  # of an earlier call, when they lie among the forms
    answers = read_audit_forms(path for path in forms.rglob("*.csv") if path not in own)
    if answers.is_empty():
        raise ValueError(f"{forms}: no form there has an answer; fill the answer column and save as CSV")
    catalogue = county_catalogue(settings, slug)
    accuracy = rule_accuracy(sample, answers, catalogue)
    agreed = agreement(sample, answers, catalogue)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in zip(RESULTS, (accuracy, agreed), strict=True):
        _write(table, out / name)
    told = f"{answers.height:,} answers to {sample.height:,} questions; written to {out}"
    return told, accuracy.filter(pl.col("level") != "rule")


def _write(table: pl.DataFrame, path: Path) -> None:
    from lake.atomic import written_atomically

    with written_atomically(path.with_suffix(".parquet")) as temporary:
        table.write_parquet(temporary)
    with written_atomically(path.with_suffix(".csv")) as temporary:
        table.write_csv(temporary)
