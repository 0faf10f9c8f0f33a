"""Why each rule judged one document as it did, for `palvelutarve why`: from the files that a check has written."""

from __future__ import annotations

import json
from pathlib import Path

from assets.checking import county_and_own_rules

ORDER = ("defect", "not_evaluable", "ok", "not_applicable")
ON_TRIAL = " (on trial: counts for nothing yet)"
WORDS = {
    "other_type": "it is about other document types",
    "other_status": "it is about other statuses",
    "other_dates": "it is about documents of another time",
    "condition_not_met": "its condition does not hold",
    "content_unreadable": "the content could not be read",
}


def explain_document(folder: Path, document: str, *, county: str = "", rules: Path | None = None) -> str:
    """Every rule's verdict on a document, defects first, with the reason where it gave none.

    Args:
        folder: where a check has put its files.
        document: id of the document.
        county: slug of the county that the check was made with.
        rules: file of rules that it was made with.

    Raises:
        FileNotFoundError: the folder holds no check.
        ValueError: the check was made with other rules, or has judged no such document.
    """
    import polars as pl

    from quality_checks.reasons import verdicts_with_reasons
    from quality_checks.verdict_files import read_verdicts

    catalogue = county_and_own_rules(county, rules)
    checks = read_verdicts(folder).filter(pl.col("document_id") == document).collect()
    asked = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["rules"]
    if set(asked) != set(catalogue.ids):
        raise ValueError(f"{folder}: the check was made with other rules; give its --county and --rules")
    if checks.is_empty():
        raise ValueError(
            f"{folder}: no document {document} was judged; look in quarantine.parquet and summary.json"
        )
    missing = {rule: told["reason"] for rule, told in asked.items() if told["reason"]}
    found = verdicts_with_reasons(checks, catalogue, missing)
    rows = sorted(found.iter_rows(named=True), key=lambda row: (ORDER.index(row["verdict"]), row["rule_id"]))
    width = max(len(row["rule_id"]) for row in rows)
    return "\n".join(
        f"{row['verdict'].replace('_', ' '):<14}  {row['rule_id']:<{width}}  "
        + (missing.get(row["rule_id"]) or WORDS.get(row["reason"]) or catalogue.by_id[row["rule_id"]].title.en)
        + (ON_TRIAL if catalogue.by_id[row["rule_id"]].mode == "shadow" else "")
        for row in rows
    )
