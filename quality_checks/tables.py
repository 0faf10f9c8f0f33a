"""The table of violations, made part by part from verdicts; counts per cell are in `cells`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import groupby

import numpy as np
import polars as pl

from quality_checks.engine import CompiledCatalogue
from quality_checks.rules import Rule

WHERE = ("unit", "area", "service_task", "document_type")
VIOLATION_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("document_id", "rule_id", *WHERE, "severity"), pl.String()),
    "since": pl.Date(),
    "age_days": pl.Int64(),
    "first_seen": pl.Date(),
}
# First day of electronic records, as in the rule `no_times_before_records`.
RECORDS_BEGAN = date(1980, 1, 1)
# Columns that the view of cases as a process is made from.
PHASE_COLUMNS = (
    *("document_id", "unit", "area", "service_task", "_case", "_since_document_date"),
    *("_phase_rank", "_phase_rank_before", "_first_deviation", "_phase_cost_days"),
)


Defects = Mapping[str, pl.Series]


def began(own: pl.Expr, created: pl.Expr) -> pl.Expr:
    """The day a defect began: its rule's own day, but none before the document was made.

    Null where that lies before records were electronic: its year is wrong.
    """
    day = pl.max_horizontal(own, created)
    return pl.when(day >= RECORDS_BEGAN).then(day).alias("since")


def age_on(as_of: date) -> pl.Expr:
    """Days since a defect began; null where no day is known or it lies ahead."""
    days = (pl.lit(as_of) - pl.col("since")).dt.total_days()
    return pl.when(days >= 0).then(days).alias("age_days")


def defects_in(checks: pl.DataFrame, compiled: CompiledCatalogue) -> Defects:
    """Rows of the documents that each rule found a defect in, for the rules that found one."""
    asked = [c.rule.id for c in compiled.rules if not c.missing]
    found = [i for i in asked if not checks[i].all()]
    failed = checks.lazy().select((~pl.col(found)).arg_true().implode()).collect() if found else pl.DataFrame()
    return {i: failed[i][0] for i in found}


def violations_of(
    checks: pl.DataFrame, compiled: CompiledCatalogue, defects: Defects, as_of: date
) -> pl.DataFrame:
    """One row per defect: document, rule, where, severity, since when and for how many days; in no order.

    What a shadow rule finds is counted in `cells` and stands in `doc_checks`, but nobody is asked to mend it.
    """
    active = (c.rule for c in compiled.rules if c.rule.mode == "active")
    found = sorted((rule for rule in active if rule.id in defects), key=_since)
    if not found:
        return pl.DataFrame(schema=VIOLATION_SCHEMA)
    rules = pl.DataFrame({"rule_id": [r.id for r in found], "severity": [r.severity for r in found]})
    places = pl.concat(defects[rule.id] for rule in found)
    own = [
        checks[since].gather(pl.concat(defects[rule.id] for rule in rules_of_day))
        for since, rules_of_day in groupby(found, key=_since)
    ]
    columns = [
        *checks[["document_id", *WHERE]][places],
        *rules[np.repeat(np.arange(len(found)), [len(defects[rule.id]) for rule in found])],
        pl.concat(own).alias("own"),
        checks["_since_created_day"].gather(places).alias("created"),
    ]
    return (
        pl.LazyFrame(columns)
        .with_columns(began(pl.col("own"), pl.col("created")))
        .with_columns(age_on(as_of), pl.lit(as_of).alias("first_seen"))
        .select(list(VIOLATION_SCHEMA))
        .collect()
    )


def _since(rule: Rule) -> str:
    """Hidden column with the day on which a defect of a rule began."""
    return f"_since_{rule.since or 'created_day'}"


def with_first_seen(violations: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """The defects, those that an earlier check saw too with the day they were first seen on.

    Args:
        violations: defects of this check, in the columns of `VIOLATION_SCHEMA`; the order stays.
        earlier: defects of an earlier check; of its days none after this one's is taken over, since a past day may
            be judged again.
    """
    seen = earlier.select("document_id", "rule_id", _seen="first_seen")
    return (
        violations.join(seen, on=["document_id", "rule_id"], how="left", maintain_order="left")
        .with_columns(first_seen=pl.min_horizontal("_seen", "first_seen"))
        .drop("_seen")
    )
