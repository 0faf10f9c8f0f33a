"""How far figures made from the records can be trusted: from the record-quality scores, with stated limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Grade = Literal["good", "fair", "poor", "unknown"]
GOOD_FROM, POOR_BELOW = 0.9, 0.75
FEWEST_DOCUMENTS, FEWEST_OBSERVATIONS, FEWEST_UNITS = 30, 30, 3
UNSTATED_LIMIT = 0.2
DIMENSIONS = ("completeness", "conformance", "timeliness", "plausibility", "overall")


@dataclass(frozen=True)
class QualityIndex:
    """One index of record quality (share of applicable checks passed, weighted) with its 95 % interval."""

    dimension: str
    documents: int | None
    index: float | None
    low: float | None
    high: float | None

    @property
    def grade(self) -> Grade:
        """Good when the whole interval is high, poor when the index is low, unknown when there is too little."""
        if self.index is None or self.low is None or (self.documents or 0) < FEWEST_DOCUMENTS:
            return "unknown"
        if self.low >= GOOD_FROM:
            return "good"
        return "poor" if self.index < POOR_BELOW else "fair"


def quality_indices(scores: pl.DataFrame | None, area: str, county: str) -> tuple[QualityIndex, ...]:
    """Indices of an area (or the county), in a fixed order of dimensions; empty without scores."""
    if scores is None:
        return ()
    level = "county" if area == county else "area"
    rows = scores.filter(pl.col("level") == level)
    if level == "area":
        rows = rows.filter(pl.col("area") == area)
    by_dimension = {r["dimension"]: r for r in rows.iter_rows(named=True)}
    return tuple(
        QualityIndex(d, r["documents"], r["index"], r["low"], r["high"])
        for d in DIMENSIONS
        if (r := by_dimension.get(d)) is not None
    )


def task_indices(checks: pl.DataFrame | None, area: str, county: str) -> dict[str, QualityIndex]:
    """Unweighted index of each service task in an area: share of applicable checks passed, Wilson interval.

    Args:
        checks: area, service_task, eligible, failed.
        area: service area, or the county's code for all of them.
        county: the county's code.
    """
    if checks is None:
        return {}
    rows = checks if area == county else checks.filter(pl.col("area") == area)
    sums = rows.drop_nulls("service_task").group_by("service_task").agg(pl.col("eligible", "failed").sum())
    found = {}
    for task, eligible, failed in sums.iter_rows():
        index, low, high = wilson(eligible - failed, eligible)
        found[task] = QualityIndex("overall", eligible, index, low, high)
    return found


def observation_grade(count: int | None, units: int, unstated: float | None) -> Grade:
    """How far counts of observations can be trusted: enough of them, from enough units, with the group told."""
    if count is None or count < FEWEST_OBSERVATIONS:
        return "poor"
    if units < FEWEST_UNITS or unstated is None or unstated > UNSTATED_LIMIT:
        return "fair"
    return "good"


def wilson(passed: int, n: int) -> tuple[float | None, float | None, float | None]:
    """Share with its 95 % Wilson interval; None without cases."""
    if n <= 0:
        return None, None, None
    z = 1.959963984540054
    share = passed / n
    centre, spread = share + z * z / (2 * n), z * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5
    scale = 1 + z * z / n
    return share, (centre - spread) / scale, (centre + spread) / scale
