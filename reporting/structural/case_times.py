"""From initiation to assessment to decision: times of social-care cases, from document headers alone.

Legal clocks: social welfare act (1301/2014) section 36, assessment begun at latest on the 7th working day (those
over 75 or with the highest care allowance; children in need of special support); section 45, decision carried out
within three months of initiation. The act of the time limits (150/1930): the day of initiation is day 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

TO_ASSESSMENT = "to_assessment"
TO_DECISION = "to_decision"
MEASURES = (TO_ASSESSMENT, TO_DECISION)
SCHEMA = {
    "service_task": pl.String(),
    "area": pl.String(),
    "measure": pl.String(),
    "n": pl.Int64(),
    "open": pl.Int64(),
    "clients": pl.Int64(),
    "median_days": pl.Float64(),
    "within": pl.Int64(),
    "due": pl.Int64(),
    "share_within": pl.Float64(),
    "limit_days": pl.Int64(),
    "limit_unit": pl.String(),
}


@dataclass(frozen=True)
class CaseSteps:
    """Document types that mark the steps of a case."""

    initiation: tuple[str, ...] = ("notification", "application", "request")
    assessment: tuple[str, ...] = ("assessment",)
    decision: tuple[str, ...] = ("decision",)

    def of(self, measure: str) -> tuple[str, ...]:
        """Types of the document that ends `measure`."""
        return self.assessment if measure == TO_ASSESSMENT else self.decision


@dataclass(frozen=True)
class Clock:
    """A limit: so many working days, or so many calendar days (three months are 92 at most)."""

    days: int
    unit: str


CLOCKS: dict[str, Clock] = {TO_ASSESSMENT: Clock(7, "working_days"), TO_DECISION: Clock(92, "calendar_days")}


def case_times(
    documents: pl.DataFrame,
    area_of_municipality: Mapping[str, str],
    county: str,
    as_of: date,
    *,
    days_off: Collection[date],
    steps: CaseSteps | None = None,
    since: date | None = None,
) -> pl.DataFrame:
    """Times of the cases initiated from `since` (a year before `as_of`) to `as_of`.

    Args:
        documents: document_id, case_id, client_id, service_task, document_type, municipality, event_at,
            created_at, and where there is one `content` (JSON with received_on, started_on).
        area_of_municipality: service area of each municipality; a municipality outside it raises.
        county: the county's code, the area of its own rows.
        as_of: the day on which open cases are looked at.
        days_off: weekdays that are not working days.
        steps: document types that mark the steps.
        since: first day of initiation.

    Returns:
        service_task (`all` included), area (county included), measure, n (cases that reached the step), open
        (cases that have not), clients, median_days (working or calendar days by `limit_unit`; Kaplan-Meier, open
        cases count as waiting), within, due (cases whose limit has been met or passed), share_within (within/due),
        limit_days, limit_unit.

    Raises:
        KeyError: a municipality belongs to no service area.
    """
    steps = steps or CaseSteps()
    since = since or date(as_of.year - 1, as_of.month, min(as_of.day, 28))
    cases = _cases(documents, steps, as_of).filter(pl.col("initiation").is_between(since, as_of))
    if lost := sorted(set(cases["municipality"]) - set(area_of_municipality)):
        raise KeyError(f"documents: municipality {', '.join(lost)} belongs to no service area of the county file")
    cases = cases.with_columns(
        pl.col("municipality").replace_strict(dict(area_of_municipality), default=None).alias("area")
    )
    stacked = pl.concat(
        [
            cases.with_columns(
                (pl.lit(county) if whole else pl.col("area")).alias("area"),
                (pl.lit("all") if every else pl.col("service_task").fill_null("")).alias("service_task"),
            )
            for whole in (False, True)
            for every in (False, True)
        ]
    )
    rows = [
        {"service_task": task, "area": area, **_summary(group, measure, as_of, days_off)}
        for (area, task), group in stacked.group_by("area", "service_task")
        for measure in MEASURES
    ]
    return pl.DataFrame(rows, schema=SCHEMA).sort("area", "service_task", "measure")


def _cases(documents: pl.DataFrame, steps: CaseSteps, as_of: date) -> pl.DataFrame:
    """One row per case with an initiation: first day of each step, None where not reached by `as_of`."""
    kinds = {"initiation": steps.initiation, **{m: steps.of(m) for m in MEASURES}}
    known = documents.filter(
        pl.col("case_id").is_not_null(),
        pl.col("created_at").dt.date() <= as_of,
        pl.col("document_type").is_in([t for types in kinds.values() for t in types]),
    )
    known = known.with_columns(_step_day(known, steps).alias("_day")).sort("created_at", "document_id")
    first = {
        name: pl.col("_day").filter(pl.col("document_type").is_in(types)).min() for name, types in kinds.items()
    }
    cases = known.group_by("case_id", maintain_order=True).agg(
        pl.col("client_id", "municipality").first(),
        pl.col("service_task").drop_nulls().first(),
        *(expression.alias(name) for name, expression in first.items()),
    )
    return cases.filter(pl.col("initiation").is_not_null())


def _step_day(documents: pl.DataFrame, steps: CaseSteps) -> pl.Expr:
    """Day a document tells of: the date field of its content where it has one, else its event, else its making."""
    own = pl.coalesce("event_at", "created_at").dt.date()
    if "content" not in documents.columns:
        return own
    kind, told = pl.col("document_type"), pl.lit(None, pl.String)
    for types, name in ((steps.initiation, "received_on"), (steps.assessment, "started_on")):
        told = pl.when(kind.is_in(types)).then(pl.col("content").str.json_path_match(f"$.{name}")).otherwise(told)
    return pl.coalesce(told.str.to_date("%Y-%m-%d", strict=False), own)


def _summary(cases: pl.DataFrame, measure: str, as_of: date, days_off: Collection[date]) -> dict[str, object]:
    clock = CLOCKS[measure]
    reached = cases[measure].is_not_null().to_numpy()
    start = cases["initiation"].to_numpy().astype("datetime64[D]")
    end = cases[measure].fill_null(as_of).to_numpy().astype("datetime64[D]")
    end = np.maximum(end, start)
    if clock.unit == "working_days":
        off = np.array(sorted(days_off), dtype="datetime64[D]")
        # Working days after the first day, up to and including the last one.
        days = np.busday_count(start + 1, end + 1, holidays=off)
    else:
        days = (end - start).astype(int)
    within = reached & (days <= clock.days)
    due = reached | (days > clock.days)
    return {
        "measure": measure,
        "n": int(reached.sum()),
        "open": int((~reached).sum()),
        "clients": cases["client_id"].n_unique(),
        "median_days": median_wait(days.astype(float), reached),
        "within": int(within.sum()),
        "due": int(due.sum()),
        "share_within": float(within.sum() / due.sum()) if due.any() else None,
        "limit_days": clock.days,
        "limit_unit": clock.unit,
    }


def median_wait(days: np.ndarray, ended: np.ndarray) -> float | None:
    """Kaplan-Meier median of waits, open ones counted as still waiting; None before half have ended."""
    surviving = 1.0
    for day in np.unique(days[ended]):
        surviving *= 1 - np.sum(ended & (days == day)) / np.sum(days >= day)
        if surviving <= 0.5 + 1e-12:
            return float(day)
    return None
