"""Cases against the expected order of phases: which conform, and what the first step out of order cost.

A case is judged by the phases of its documents (voided ones left out). A notification opens a new round, so that a
reopened case may lawfully begin again; returning to a phase already gone through is lawful too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from quality_checks.intervals import wilson

ALL = "all"
PLACES = ("unit", "area", "service_task")
CONFORMANCE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("level", "unit", "area", "service_task"), pl.String()),
    **dict.fromkeys(("cases", "judged", "conforming"), pl.Int64()),
    **dict.fromkeys(("share", "low", "high", "median_cost_days"), pl.Float64()),
}


def case_phases(checks: pl.DataFrame, ranks: Mapping[str, int], as_of: date) -> pl.DataFrame:
    """One row per case with the first day of each phase.

    Args:
        checks: verdicts with the hidden columns of the engine.
        ranks: place of each phase in the expected order.
        as_of: the day on which cases are looked at; documents dated later tell of no phase.

    Returns:
        unit, area, service_task (of the case's first document), `phase_<n>` (first day of the phase in place n),
        deviates (some phase came first after a later one), cost_days (days from the case's latest phase to the
        first document that falls back), sorted; no column names a case or a client.
    """
    day = pl.col("_since_document_date")
    rank = pl.col("_phase_rank")
    known = checks.lazy().filter(pl.col("_case").is_not_null(), rank.is_not_null(), day <= as_of)
    places = sorted(set(ranks.values()))
    columns = [f"phase_{place}" for place in places]
    return (
        known.sort("_since_document_date", "document_id")
        .group_by("_case", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in PLACES),
            *(day.filter(rank == place).min().alias(f"phase_{place}") for place in places),
            deviates=pl.col("_first_deviation").any(),
            cost_days=pl.col("_phase_cost_days").filter(pl.col("_first_deviation")).first(),
        )
        .drop("_case")
        .sort(*PLACES, *columns, "deviates", "cost_days")
        .collect(engine="streaming")
    )


def deviations_of(checks: pl.DataFrame, ranks: Mapping[str, int]) -> pl.DataFrame:
    """First deviating pair of phases with the days it cost.

    Returns:
        unit, area, service_task, from_phase, to_phase (places in the order), cases, median_days (from the latest
        phase to the first document that falls back), from_code, to_code (codes of the phases).
    """
    names = {place: code for code, place in ranks.items()}
    return (
        checks.filter(pl.col("_first_deviation"))
        .group_by(*PLACES, from_phase="_phase_rank_before", to_phase="_phase_rank")
        .agg(cases=pl.len().cast(pl.Int64), median_days=pl.col("_phase_cost_days").median())
        .with_columns(
            pl.col(f"{end}_phase").replace_strict(names, return_dtype=pl.String).alias(f"{end}_code")
            for end in ("from", "to")
        )
        .sort(*PLACES, "from_phase", "to_phase")
    )


def stacked(cases: pl.DataFrame, county: str, *, units: bool = True) -> pl.DataFrame:
    """Cases once for each place and task that they count in: unit, area, county; own task and all of them.

    Returns:
        The columns of `cases` with `level`, and unit, area and service_task as the keys of a table.
    """
    levels: Sequence[tuple[str, dict[str, pl.Expr]]] = (
        *((("unit", {}),) if units else ()),
        ("area", {"unit": pl.lit("")}),
        ("county", {"unit": pl.lit(""), "area": pl.lit(county)}),
    )
    return pl.concat(
        cases.with_columns(level=pl.lit(level), **keys, **task)
        for level, keys in levels
        for task in ({}, {"service_task": pl.lit(ALL)})
    )


def process_conformance(cases: pl.DataFrame, *, county: str = "") -> pl.DataFrame:
    """How many cases follow the expected order of phases.

    Args:
        cases: as `case_phases` gives.
        county: code that stands as the area of the county's rows.

    Returns:
        level, unit, area, service_task (`all` included), cases, judged (cases with two phases or more; one phase
        alone can follow no order), conforming, share of the judged with its 95 % Wilson interval (null where none
        was judged), median_cost_days (of the first step out of order).
    """
    phases = [pl.col(name).is_not_null() for name in cases.columns if name.startswith("phase_")]
    marked = cases.with_columns(_judged=pl.sum_horizontal(phases) >= 2)
    table = (
        stacked(marked, county)
        .group_by("level", *PLACES)
        .agg(
            cases=pl.len().cast(pl.Int64),
            judged=pl.col("_judged").sum().cast(pl.Int64),
            conforming=(pl.col("_judged") & ~pl.col("deviates")).sum().cast(pl.Int64),
            median_cost_days=pl.col("cost_days").median(),
        )
    )
    judged = table["judged"].to_numpy().astype(float)
    share = table["conforming"].to_numpy() / judged.clip(min=1.0)
    low, high = wilson(share, judged)
    shown = pl.col("judged") > 0
    return (
        table.with_columns(share=pl.Series(share), low=pl.Series(low), high=pl.Series(high))
        .with_columns(pl.when(shown).then(pl.col(name)) for name in ("share", "low", "high"))
        .select(pl.col(name).cast(kind) for name, kind in CONFORMANCE_SCHEMA.items())
        .sort("level", "area", "unit", "service_task")
    )
