"""Why a rule did not judge a document: not applicable, with the reason, or not evaluable, with the reason.

`doc_checks` holds true, false or nothing; why there is nothing follows from the document's type, status, day and
whether its content could be read, which stand beside the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import polars as pl

from quality_checks.rules import Catalogue, Rule

OK, DEFECT = "ok", "defect"
OTHER_TYPE, OTHER_STATUS, OTHER_DATES = "other_type", "other_status", "other_dates"
CONDITION = "condition_not_met"
NOT_APPLICABLE = (OTHER_TYPE, OTHER_STATUS, OTHER_DATES, CONDITION)
UNREADABLE, CANNOT_BE_ASKED = "content_unreadable", "column_or_code_set_missing"
NOT_EVALUABLE = (UNREADABLE, CANNOT_BE_ASKED)


def verdicts_with_reasons(
    checks: pl.DataFrame, catalogue: Catalogue, not_evaluable: Mapping[str, str]
) -> pl.DataFrame:
    """The verdict of every rule on every document in words.

    Args:
        checks: the table `doc_checks`, or some documents of it.
        catalogue: the rules.
        not_evaluable: rules that could not be asked.

    Returns:
        document_id, rule_id, verdict (`ok`, `defect`, `not_applicable`, `not_evaluable`), reason (of the last two;
        one of `NOT_APPLICABLE` or `NOT_EVALUABLE`).
    """
    parts = [
        checks.select(
            "document_id", pl.lit(rule.id).alias("rule_id"), _word(rule, rule.id in not_evaluable).alias("reason")
        )
        for rule in catalogue.rules
    ]
    word = pl.col("reason")
    verdict = (
        pl.when(word.is_in([OK, DEFECT])).then(word)
        .when(word.is_in(NOT_EVALUABLE)).then(pl.lit("not_evaluable"))
        .otherwise(pl.lit("not_applicable"))
    )  # fmt: skip
    rows = pl.concat(parts).with_columns(verdict=verdict)
    reason = pl.when(word.is_in([OK, DEFECT])).then(pl.lit("")).otherwise(word)
    return rows.select("document_id", "rule_id", "verdict", reason.alias("reason"))


def _word(rule: Rule, cannot_be_asked: bool) -> pl.Expr:
    unreadable = (~pl.col("readable")).fill_null(value=False) if rule.reads_content else pl.lit(value=False)
    found = (
        pl.when(pl.col(rule.id)).then(pl.lit(OK))
        .when(~pl.col(rule.id)).then(pl.lit(DEFECT))
        .when(~_of_type(rule)).then(pl.lit(OTHER_TYPE))
        .when(~_of_status(rule)).then(pl.lit(OTHER_STATUS))
        .when(~_of_dates(rule)).then(pl.lit(OTHER_DATES))
    )  # fmt: skip
    if cannot_be_asked:
        return found.otherwise(pl.lit(CANNOT_BE_ASKED))
    return found.when(unreadable).then(pl.lit(UNREADABLE)).otherwise(pl.lit(CONDITION))


def _of_type(rule: Rule) -> pl.Expr:
    return pl.col("document_type").is_in(rule.document_types) if rule.document_types else pl.lit(value=True)


def _of_status(rule: Rule) -> pl.Expr:
    return pl.col("status").is_in(rule.statuses) if rule.statuses else pl.lit(value=True)


def _of_dates(rule: Rule) -> pl.Expr:
    day = pl.col("document_date")
    parts = [day >= rule.valid_from] if rule.valid_from else []
    parts += [day <= rule.valid_to] if rule.valid_to else []
    return reduce(lambda a, b: a & b, parts) if parts else pl.lit(value=True)


def reasons_by_rule(checks: pl.LazyFrame, catalogue: Catalogue, cells: pl.DataFrame) -> dict[str, dict[str, int]]:
    """How many documents each rule did not apply to, by reason.

    Args:
        checks: the table `doc_checks`.
        catalogue: the rules.
        cells: counts of the rules, for what was judged or could not be.
    """
    kinds = checks.group_by("document_type", "status", "document_date").agg(n=pl.len().cast(pl.Int64)).collect()
    answered = dict(
        cells.group_by("rule_id").agg(pl.sum_horizontal("eligible", "not_evaluable").sum()).iter_rows()
    )
    n = pl.col("n")
    found = {}
    for rule in catalogue.rules:
        of_type, of_status, in_scope = kinds.select(
            n.filter(_of_type(rule)).sum().alias("t"),
            n.filter(_of_type(rule) & _of_status(rule)).sum().alias("s"),
            n.filter(_of_type(rule) & _of_status(rule) & _of_dates(rule)).sum().alias("d"),
        ).row(0)
        numbers = (
            int(kinds["n"].sum()) - of_type, of_type - of_status, of_status - in_scope,
            in_scope - answered.get(rule.id, 0),
        )  # fmt: skip
        found[rule.id] = {reason: number for reason, number in zip(NOT_APPLICABLE, numbers, strict=True) if number}
    return found
