"""Points of a control chart: each month of a unit with its usual level, limits and signal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

CHANGE_COLUMNS = ("unit", "month", "rate", "center", "low", "high", "signal")
RECENT = 6


@dataclass(frozen=True)
class ChangePoint:
    """A month of a control chart; `signal` is `worse`, `better` (of shifts `up`, `down`) or empty."""

    month: date
    rate: float
    centre: float
    low: float
    high: float
    signal: str

    @property
    def gathered(self) -> bool:
        """Whether small shifts over several months gave the signal: the month itself lies within its limits."""
        return bool(self.signal) and self.low <= self.rate <= self.high


def recent_signal(points: Sequence[ChangePoint], last: date) -> ChangePoint | None:
    """The latest signal within the six months up to the last charted one; charts of small units skip months."""
    this = last.year * 12 + last.month
    recent = (p for p in reversed(points) if this - (p.month.year * 12 + p.month.month) < RECENT)
    return next((p for p in recent if p.signal), None)


def last_month(charts: Iterable[Sequence[ChangePoint]]) -> date:
    """The last month of any chart; the earliest day there is without one."""
    return max((points[-1].month for points in charts if points), default=date.min)


def change_points(changes: pl.DataFrame, unit: str) -> tuple[ChangePoint, ...]:
    """The control chart of one unit, month by month."""
    rows = changes.filter(pl.col("unit") == unit).drop_nulls(["rate", "center", "low", "high"]).sort("month")
    return tuple(
        ChangePoint(month, rate, centre, low, high, _signal(signal, rate, centre))
        for _, month, rate, centre, low, high, signal in rows.select(CHANGE_COLUMNS).iter_rows()
    )


def _signal(signal: str | bool | None, rate: float, centre: float) -> str:
    if isinstance(signal, bool):
        return ("worse" if rate > centre else "better") if signal else ""
    return signal or ""
