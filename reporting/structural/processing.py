"""Clients and processing times per service task as they may be shown, from the plain table of case times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from reporting.disclosure import Margin, hidden_pattern, protect
from reporting.disclosure.pattern import Sum
from reporting.structural.linked_counts import ALL, Cell

ROUND_BOUND = 0.9


@dataclass(frozen=True)
class CaseTimes:
    """Times of one service task to one step.

    Attributes:
        task: service task, `all` for all together.
        measure: `to_assessment` or `to_decision`.
        n: cases begun; None when hidden. `open`: those still waiting for the step.
        median: median time in the unit of the limit; None when hidden or less than half have reached it.
        share: share within the limit; None when hidden or nothing is due.
        above: a round lower bound of a hidden share, when it leaves the number of late cases open widely enough.
        nothing_due: no case has met or passed its limit, so there is no share.
        reached_hidden: fewer than k cases have reached the step, so neither median nor share is shown.
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
    reached_hidden: bool
    limit: int
    unit: str


@dataclass(frozen=True)
class ProtectedTimes:
    """All case times of a county, protected together."""

    table: pl.DataFrame

    def of(self, area: str) -> tuple[CaseTimes, ...]:
        """Case times of one area, all tasks together first."""
        rows = self.table.filter(pl.col("area") == area, pl.col("cases").fill_null(1) > 0)
        facts = [
            CaseTimes(
                r["service_task"], r["measure"], r["cases"], r["open"], r["median_days"], r["share_within"],
                r["above"], r["nothing_due"], r["reached_hidden"], r["limit_days"], r["limit_unit"],
            )
            for r in rows.iter_rows(named=True)
        ]  # fmt: skip
        return tuple(sorted(facts, key=lambda f: (f.task != ALL, f.task, f.measure)))


def protected_times(case_times: pl.DataFrame, county: str, *, k: int) -> ProtectedTimes:
    """Hide small numbers of cases, of open cases and of late cases, over tasks, areas and steps together.

    Args:
        case_times: as `case_times.case_times` gives; `open`, `within` and `due` may be missing, then open cases
            are not shown and the share is shown where the number it rests on is.
        county: the county's code.
        k: smallest number shown.
    """
    table = _completed(case_times)
    # A bound is told only when at least k different numbers of late cases would give it.
    roomy = (pl.col("share_within") > ROUND_BOUND) & (pl.col("due") * (1 - ROUND_BOUND) >= k)
    late = protect(
        table.with_columns(
            (pl.col("due") - pl.col("within")).alias("late"), pl.col("within").is_between(1, k - 1).alias("_few")
        ),
        count="late",
        hide="_few",
        by=[Margin("area", total=county), Margin("service_task", total=ALL)],
        within=["measure"],
        derived=["share_within"],
        k=k,
    )
    table = table.with_columns(
        (pl.col("due") == 0).alias("nothing_due"),
        pl.when(roomy & late["share_within"].is_null()).then(ROUND_BOUND).alias("above"),
        late["share_within"],
    )
    hidden = _hidden_cases(table, county, k)
    key = [tuple(row) for row in table.select("measure", "area", "service_task").iter_rows()]
    begun = [None if ("cases", *k[1:]) in hidden else n for k, n in zip(key, table["cases"], strict=True)]
    still = [None if (f"open {k[0]}", *k[1:]) in hidden else n for k, n in zip(key, table["open"], strict=True)]
    # A median tells no number of cases: it is hidden only where too few have reached the step.
    few = pl.col("n") < k
    return ProtectedTimes(
        table.with_columns(
            *(pl.when(~few).then(pl.col(c)).alias(c) for c in ("median_days", "share_within", "above")),
            few.alias("reached_hidden"),
            pl.Series("cases", begun, dtype=pl.Int64),
            pl.Series("open", still, dtype=pl.Int64),
        )
    )


def _completed(table: pl.DataFrame) -> pl.DataFrame:
    """The columns that a plain table of case times may lack."""
    if not {"within", "due"} <= set(table.columns):
        due = pl.col("n").cast(pl.Int64)
        within = (due * pl.col("share_within")).round().cast(pl.Int64)
        table = table.with_columns(due.alias("due"), within.alias("within"))
    if "open" not in table.columns:
        table = table.with_columns(pl.lit(None, pl.Int64).alias("open"))
    if "limit_unit" not in table.columns:
        table = table.with_columns(pl.lit("calendar_days").alias("limit_unit"))
    return table.with_columns((pl.col("n") + pl.col("open").fill_null(0)).alias("cases"))


def _hidden_cases(table: pl.DataFrame, county: str, k: int) -> set[Cell]:
    """Hidden cells of one problem: cases begun, and for each step those that reached it and those still open.

    Begun = reached + open at every step, so an open number hidden at one step could be worked out from another.
    """
    counts: dict[Cell, int] = {}
    for r in table.iter_rows(named=True):
        place = (r["area"], r["service_task"])
        counts["cases", *place] = r["cases"]
        counts[f"n {r['measure']}", *place] = r["n"]
        counts[f"open {r['measure']}", *place] = r["open"] or 0
    number = {cell: n for n, cell in enumerate(counts)}
    sums = [
        _sum(number, whole, parts) for whole, parts in _margins(counts, county) if _adds_up(counts, whole, parts)
    ]
    pattern = hidden_pattern(np.array(list(counts.values()), dtype=np.float64), sums, k=k)
    return {cell for cell, n in number.items() if pattern[n]}


def _margins(counts: Mapping[Cell, int], county: str) -> Iterator[tuple[Cell, list[Cell]]]:
    """Wholes with their parts: areas of the county, tasks of an area, and reached + open = begun."""
    for what, area, task in counts:
        if area == county:
            yield (what, area, task), [c for c in counts if (c[0], c[2]) == (what, task) and c[1] != county]
        if task == ALL:
            yield (what, area, task), [c for c in counts if c[:2] == (what, area) and c[2] != ALL]
        if what.startswith("n "):
            yield ("cases", area, task), [(what, area, task), ("open " + what[2:], area, task)]


def _adds_up(counts: Mapping[Cell, int], whole: Cell, parts: Sequence[Cell]) -> bool:
    return bool(parts) and sum(counts[part] for part in parts) == counts[whole]


def _sum(number: Mapping[Cell, int], whole: Cell, parts: Sequence[Cell]) -> Sum:
    return Sum(number[whole], np.array([number[part] for part in parts]))
