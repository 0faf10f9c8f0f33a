"""How far two people who read the same documents agree: the yardstick of what a rule can be held to."""

from __future__ import annotations

import polars as pl

from quality_checks.audit.estimates import DEFECT, SOUND, UNCLEAR, check_answers, with_questions
from quality_checks.rules import Catalogue

ALL = "all"
AGREEMENT_SCHEMA: dict[str, pl.DataType] = {
    "dimension": pl.String(),
    **dict.fromkeys(("pairs", "agreed", "unclear"), pl.Int64()),
    **dict.fromkeys(("share_agreed", "kappa", "kappa_low", "kappa_high"), pl.Float64()),
}


def agreement(sample: pl.DataFrame, answers: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Agreement of the two readers, over all rules and by dimension.

    Args:
        sample: as `sample.draw_sample` gives.
        answers: question, reader (1 or 2), answer.
        catalogue: the rules, for their dimensions.

    Returns:
        dimension (`all` included), pairs (questions that both answered clearly), agreed, unclear (one could not
        tell), share_agreed, and Cohen's kappa with its 95 % interval (null where both gave one and the same answer
        throughout: chance alone would agree as much).

    Raises:
        AuditError: an answer to no question, an unknown answer, or two answers of one reader to one question.
    """
    asked = with_questions(sample, check_answers(answers))
    first, second = (asked.filter(pl.col("reader") == n) for n in (1, 2))
    dimension = pl.DataFrame({"rule_id": list(catalogue.ids), "dimension": [r.dimension for r in catalogue.rules]})
    both = (
        first.select("question", "rule_id", "answer")
        .join(second.select("question", "answer"), on="question", suffix="_second")
        .join(dimension, on="rule_id", how="left")
    )
    known = both.drop_nulls("dimension").sort("dimension")  # a rule that is no more counts in all alone
    parts = [
        (ALL, both),
        *((str(d), part) for (d,), part in known.group_by("dimension", maintain_order=True)),
    ]
    rows = [_row(name, part) for name, part in parts if part.height]
    return pl.DataFrame(rows, schema=AGREEMENT_SCHEMA)


def _row(name: str, pairs: pl.DataFrame) -> dict[str, object]:
    clear = pairs.filter(pl.col("answer") != UNCLEAR, pl.col("answer_second") != UNCLEAR)
    agreed = int((clear["answer"] == clear["answer_second"]).sum())
    told: dict[str, object] = {
        "dimension": name,
        "pairs": clear.height,
        "agreed": agreed,
        "unclear": pairs.height - clear.height,
        "share_agreed": agreed / clear.height if clear.height else None,
    }
    table = [
        [clear.filter(pl.col("answer") == a, pl.col("answer_second") == b).height for b in (DEFECT, SOUND)]
        for a in (DEFECT, SOUND)
    ]
    return told | _kappa(table)


def _kappa(table: list[list[int]]) -> dict[str, float]:
    total = sum(map(sum, table))
    if not total or total in (table[0][0], table[1][1]):
        return {}
    import numpy as np
    from statsmodels.stats.inter_rater import cohens_kappa

    found = cohens_kappa(np.array(table))
    return {
        "kappa": float(found.kappa),
        "kappa_low": max(-1.0, float(found.kappa_low)),
        "kappa_high": min(1.0, float(found.kappa_upp)),
    }
