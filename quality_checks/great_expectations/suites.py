"""Declares the record-quality suites from the catalogue: by dimension and document family, over shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from quality_checks.rule_files import suite_name
from quality_checks.rules import Catalogue, Rule

MAX_EXPECTATIONS = 50
TABLE = "rule_shares"


def record_quality_suites(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Suites generated from the catalogue; titles in Finnish and Swedish.

    Each rule becomes `ExpectColumnValuesToBeBetween` on its column of `rule_shares`: the share of documents in
    order, one row per area, NULL where the rule does not apply, at least the rule's limit.
    """
    families: dict[str, list[Rule]] = {}
    for rule in catalogue.rules:
        if rule.mode == "active":
            families.setdefault(suite_name(rule.dimension, rule.document_types), []).append(rule)
    return [
        {"suite": name, "table": TABLE, "expectations": [_expectation(rule) for rule in part]}
        for family, rules in sorted(families.items())
        for name, part in _parts(family, rules)
    ]


def rule_shares(cells: pl.DataFrame) -> pl.DataFrame:
    """Share of documents in order: one row per area, one column per rule; NULL where no document is judged."""
    return (
        cells.group_by("area", "rule_id")
        .agg(pl.col("eligible").sum(), pl.col("failed").sum())
        .with_columns(
            share=pl.when(pl.col("eligible") > 0).then(1 - pl.col("failed") / pl.col("eligible")).otherwise(None)
        )
        .sort("area", "rule_id")
        .pivot("rule_id", index="area", values="share")
        .sort("area")
    )


def _parts(name: str, rules: Sequence[Rule]) -> Iterator[tuple[str, Sequence[Rule]]]:
    if len(rules) <= MAX_EXPECTATIONS:
        yield name, rules
        return
    for number, start in enumerate(range(0, len(rules), MAX_EXPECTATIONS), 1):
        yield f"{name}-{number}", rules[start : start + MAX_EXPECTATIONS]


def _expectation(rule: Rule) -> Mapping[str, Any]:
    return {
        "rule_id": rule.id,
        "type": "ExpectColumnValuesToBeBetween",
        "kwargs": {"column": rule.id, "min_value": rule.limit, "max_value": 1.0},
        "title": f"{rule.title.fi} / {rule.title.sv}",
        "severity": rule.severity,
    }
