"""Clients and processing times per service task as they may be shown, from the plain table of case times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reporting.disclosure import Margin, protect

ALL = "all"
ROUND_BOUND = 0.9


@dataclass(frozen=True)
class CaseTimes:
    """Times of one service task to one step.

    Attributes:
        task: service task, `all` for all together.
        measure: `to_assessment` or `to_decision`.
        n: cases that reached the step; None when hidden. `open`: cases still waiting for it.
        median: median time in the unit of the limit; None when hidden or less than half have reached it.
        share: share within the limit; None when hidden or nothing is due.
        above: a round lower bound of a hidden share, when it leaves the number of late cases open widely enough.
        nothing_due: no case has met or passed its limit, so there is no share.
        limit: limit in `unit` (`working_days` or `calendar_days`).
    """

    task: str
    measure: str
    n: int | None
    open: int | None
    median: float | None
    share: float | None
    above: float | None
    nothing_due: bool
    limit: int
    unit: str


@dataclass(frozen=True)
class ProtectedTimes:
    """All case times of a county, protected together."""

    table: pl.DataFrame

    def of(self, area: str) -> tuple[CaseTimes, ...]:
        """Case times of one area, all tasks together first."""
        rows = self.table.filter(
            pl.col("area") == area, pl.col("n").fill_null(1) + pl.col("open").fill_null(1) > 0
        )
        facts = [
            CaseTimes(
                r["service_task"], r["measure"], r["n"], r["open"], r["median_days"], r["share_within"],
                r["above"], r["nothing_due"], r["limit_days"], r["limit_unit"],
            )
            for r in rows.iter_rows(named=True)
        ]  # fmt: skip
        return tuple(sorted(facts, key=lambda f: (f.task != ALL, f.task, f.measure)))


def protected_times(case_times: pl.DataFrame, county: str, *, k: int) -> ProtectedTimes:
    """Hide small numbers of cases, of open cases and of late cases, over tasks and areas together.

    Args:
        case_times: as `case_times.case_times` gives; `open`, `within` and `due` may be missing, then open cases
            are not shown and the share is shown where the number it rests on is.
        county: the county's code.
        k: smallest number shown.
    """
    table = case_times
    if not {"within", "due"} <= set(table.columns):
        due = pl.col("n").cast(pl.Int64)
        table = table.with_columns(
            due.alias("due"), (due * pl.col("share_within")).round().cast(pl.Int64).alias("within")
        )
    if "open" not in table.columns:
        table = table.with_columns(pl.lit(None, pl.Int64).alias("open"))
    if "limit_unit" not in table.columns:
        table = table.with_columns(pl.lit("calendar_days").alias("limit_unit"))
    table = table.with_columns((pl.col("due") - pl.col("within")).alias("late"))
    # A bound is told only when at least k different numbers of late cases would give it.
    roomy = (pl.col("share_within") > ROUND_BOUND) & (pl.col("due") * (1 - ROUND_BOUND) >= k)
    late = _protected(table, "late", ("share_within",), county, k)
    table = table.with_columns(
        (pl.col("due") == 0).alias("nothing_due"),
        pl.when(roomy & late["share_within"].is_null()).then(ROUND_BOUND).alias("above"),
        late["share_within"],
        _protected(table, "open", (), county, k)["open"],
    )
    return ProtectedTimes(_protected(table, "n", ("median_days", "share_within", "above"), county, k))


def _protected(table: pl.DataFrame, count: str, derived: Sequence[str], county: str, k: int) -> pl.DataFrame:
    return protect(
        table,
        count=count,
        by=[Margin("area", total=county), Margin("service_task", total=ALL)],
        within=["measure"],
        derived=derived,
        k=k,
    )
