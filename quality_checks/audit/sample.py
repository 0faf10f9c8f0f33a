"""The sample that people read: documents of every unit, with findings and without, and a few rules of each.

Every question is a document and a rule; the reader is not told what the machine said. How likely a question was to
be drawn is kept with it, so that what is read stands for what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from quality_checks.rules import Catalogue

SAMPLE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(
        ("edition", "question", "unit", "area", "document_id", "document_type", "rule_id"), pl.String()
    ),
    "finding": pl.Boolean(),
    "weight": pl.Float64(),
    "second_reader": pl.Boolean(),
    "rule_findings": pl.Int64(),
    "rule_judged": pl.Int64(),
}


@dataclass(frozen=True)
class AuditPlan:
    """How much is read.

    Attributes:
        documents: documents of each unit; half of them with a finding where there are so many.
        findings: rules with a finding that are asked about in one document, at most.
        passed: rules without one that are asked about, at most.
        second: share of a unit's documents that a second person reads too; at least one document.
        seed: of the draw.
    """

    documents: int = 8
    findings: int = 3
    passed: int = 3
    second: float = 0.25
    seed: int = 1


def draw_sample(doc_checks: pl.DataFrame, catalogue: Catalogue, plan: AuditPlan, *, edition: str) -> pl.DataFrame:
    """Draw the questions of one edition.

    Args:
        doc_checks: the table of verdicts.
        catalogue: the rules; shadow rules are asked about too, that is how they earn their place.
        plan: how much is read.
        edition: name of the edition; another one draws other documents.

    Returns:
        edition, question (its name on the form), unit, area, document_id, document_type, rule_id, finding (what
        the machine said; never shown to the reader), weight (verdicts of the unit that the question stands for),
        second_reader, rule_findings and rule_judged (findings and verdicts of the rule among all documents).
    """
    ids = [rule.id for rule in catalogue.rules if rule.id in doc_checks.columns]
    seed = [plan.seed, *edition.encode()]
    rng = np.random.default_rng(seed)
    documents = _documents(doc_checks, ids, plan, rng)
    questions = _questions(documents, ids, plan, rng)
    totals = pl.DataFrame(
        {
            "rule_id": ids,
            "rule_findings": [int((~doc_checks[i]).sum()) for i in ids],
            "rule_judged": [int(doc_checks[i].count()) for i in ids],
        },
        schema={"rule_id": pl.String, "rule_findings": pl.Int64, "rule_judged": pl.Int64},
    )
    numbered = (
        questions.join(totals, on="rule_id")
        .sort("unit", "area", "document_id", "rule_id")
        .with_columns(number=pl.int_range(1, pl.len() + 1).over("unit", "area"))
    )
    name = pl.format("{}/{}/{}/{}", pl.lit(edition), "area", "unit", "number")
    return numbered.with_columns(edition=pl.lit(edition), question=name).select(
        pl.col(column).cast(kind) for column, kind in SAMPLE_SCHEMA.items()
    )


def _documents(
    doc_checks: pl.DataFrame, ids: Sequence[str], plan: AuditPlan, rng: np.random.Generator
) -> pl.DataFrame:
    """Documents to read: drawn within each unit (of all areas) and status, with `stands_for` documents each."""
    flagged = pl.any_horizontal([pl.lit(value=False), *((~pl.col(i)).fill_null(value=False) for i in ids)])
    listed = (
        doc_checks.select("document_id", "unit", "area", "document_type", flagged=flagged)
        .sort("document_id")
        .with_columns(_draw=pl.Series(rng.random(doc_checks.height)))
        .sort("unit", "flagged", "_draw")
    )
    half = plan.documents // 2
    count = pl.len().over("unit", "flagged")
    other = pl.len().over("unit") - count
    room = pl.lit(plan.documents) - pl.when(pl.col("flagged")).then(
        other.clip(0, plan.documents - half)
    ).otherwise(other.clip(0, half))
    drawn = (
        listed.with_columns(_take=pl.min_horizontal(count, room), _count=count)
        .filter(pl.int_range(pl.len()).over("unit", "flagged") < pl.col("_take"))
        .with_columns(stands_for=pl.col("_count") / pl.col("_take"))
    )
    place = pl.int_range(pl.len()).over("unit", order_by="_draw")
    seconds = (pl.len().over("unit") * plan.second).ceil()
    return drawn.with_columns(second_reader=place < seconds).join(
        doc_checks.select("document_id", *ids), on="document_id", maintain_order="left"
    )


def _questions(
    documents: pl.DataFrame, ids: Sequence[str], plan: AuditPlan, rng: np.random.Generator
) -> pl.DataFrame:
    """Rules asked about in each document, each with the number of verdicts it stands for."""
    keys = ["unit", "area", "document_id", "document_type", "stands_for", "second_reader"]
    pairs = documents.unpivot(ids, index=keys, variable_name="rule_id", value_name="_ok").drop_nulls("_ok")
    drawn = (
        pairs.sort("document_id", "rule_id")
        .with_columns(finding=~pl.col("_ok"), _draw=pl.Series(rng.random(pairs.height)))
        .with_columns(_count=pl.len().over("document_id", "finding"))
        .with_columns(
            _take=pl.min_horizontal(
                "_count", pl.when(pl.col("finding")).then(plan.findings).otherwise(plan.passed)
            )
        )
        .sort("document_id", "finding", "_draw")
        .filter(pl.int_range(pl.len()).over("document_id", "finding") < pl.col("_take"))
    )
    return drawn.with_columns(weight=pl.col("stands_for") * pl.col("_count") / pl.col("_take"))
