"""The rule catalogue as a table: what reports and forms say of each rule, in three languages."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.rules import Catalogue, Rule


def rule_table(catalogue: "Catalogue") -> "pl.DataFrame":
    """One row per rule: rule_id, title, mend and explanation by language, severity, source."""
    import polars as pl

    rows = [
        {
            "rule_id": rule.id,
            **{f"title_{code}": rule.title.in_language(code) for code in ("fi", "sv", "en")},
            **{f"mend_{code}": rule.mend.in_language(code) for code in ("fi", "sv", "en")},
            **{f"explanation_{code}": _explanation(rule, code) for code in ("fi", "sv", "en")},
            "severity": rule.severity,
            "source": rule.source.reference or rule.source.kind,
        }
        for rule in catalogue.rules
    ]
    return pl.DataFrame(rows)


def _explanation(rule: "Rule", language: str) -> str:
    """Why the rule is there, and what it leaves out."""
    parts = (rule.explanation, rule.exemptions)
    return " ".join(part.in_language(language) for part in parts if part is not None)
