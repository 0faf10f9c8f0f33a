"""Facts about cases: what their documents share, each document's place, overlapping decisions, unplanned needs."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from quality_checks.case_order import NEVER, NONE, Cases, without
from quality_checks.case_own_facts import BY_CASE
from quality_checks.case_places import places
from quality_checks.facts import Facts, hash_of


def case_facts(spine: pl.DataFrame, wanted: Collection[str]) -> Facts:
    """The facts about cases that are asked for."""
    cases = Cases.of(spine)
    by_case = {name: make(cases) for name, make in BY_CASE.items() if name in wanted}
    placed = places(cases.only_live(), wanted)
    if "decision_overlaps" in wanted:
        placed["decision_overlaps"] = _overlaps(spine)
    case_of = np.full(spine.height, NONE, dtype=np.int64)
    case_of[cases.order] = cases.number
    belongs = pl.Series(case_of)
    if "needs_unplanned" in wanted:
        placed["needs_unplanned"] = _unplanned_needs(cases, belongs)
    return Facts(placed, pl.DataFrame(by_case), without(belongs, NONE).cast(pl.UInt32))


def _overlaps(spine: pl.DataFrame) -> pl.Series:
    """Whether a decision begins while an earlier one on the same service of the same client still holds."""
    names = ("service", "valid_from", "valid_to", "case")
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
    decision = (pl.col("type") == hash_of("decision")) & (pl.col("status") == "final")
    decisions = (
        spine.lazy()
        .with_row_index("_row")
        .filter(decision & whole)
        .select("_row", "client", "service", "valid_from", "valid_to", "document")
        .sort("client", "service", "valid_from", "document")
        .select("_row", "valid_from", "valid_to", run=pl.struct("client", "service").rle_id().cast(pl.Int64))
        .collect()
    )
    # The runs lie further apart than any two days, so that the latest end so far is found for all of them at once.
    apart = decisions["run"].to_numpy() << 32
    starts, ends = (apart + decisions[name].to_physical().to_numpy() for name in ("valid_from", "valid_to"))
    earlier = np.maximum.accumulate(ends)[:-1]
    overlapping = (apart[1:] == apart[:-1]) & (starts[1:] <= earlier)
    flags = np.zeros(spine.height, dtype=bool)
    flags[decisions["_row"].to_numpy()[1:][overlapping]] = True
    return pl.Series(flags)


def _unplanned_needs(cases: Cases, case_of: pl.Series) -> pl.Series:
    """Needs of an assessment that no plan of its case lists; null when the case has no plan."""
    rows = cases.spine.lazy().select("type", "live", "needs_listed", case=case_of).with_row_index("_row")
    rows = rows.filter(pl.col("case") != NONE)
    is_plan = (pl.col("type") == hash_of("client_plan")) & pl.col("live")
    plans = rows.filter(is_plan).select("case", "needs_listed").collect()
    planned = plans.explode("needs_listed").drop_nulls()
    assessed = (pl.col("type") == hash_of("assessment")) & pl.col("needs_listed").is_not_null()
    assessments = rows.filter(assessed).select("_row", "case", "needs_listed").collect()
    assessments = assessments.filter(pl.col("case").is_in(plans["case"].implode()))
    missing = (
        assessments.explode("needs_listed")
        .drop_nulls()
        .join(planned, on=["case", "needs_listed"], how="anti")
        .unique()
        .group_by("_row")
        .len()
    )
    column = np.full(cases.spine.height, NEVER, dtype=np.int64)
    column[assessments["_row"].to_numpy()] = 0
    column[missing["_row"].to_numpy()] = missing["len"].to_numpy()
    return without(pl.Series(column), NEVER)
