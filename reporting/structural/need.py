"""What the need forecast says of an area's services at a planning horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

ALL = "all"
KNOWN_TOTALS = ("running", "followed")
"""Flags that tell which total a year rests on; they warn of nothing."""


@dataclass(frozen=True)
class NeedFacts:
    """Forecast of one service in one area.

    Attributes:
        service: the service.
        from_year: last observed year; `observed` its count, None when hidden.
        to_year: horizon; `median`, `low`, `high` its median and 80 % interval, None when hidden.
        change, change_low, change_high: relative change from `observed`; None when hidden.
        validated: the horizon lies within the tested one.
        flags: warnings of the forecast, as the column `flag` of `need_forecast` has them; `running` and
            `followed` are none.
    """

    service: str
    from_year: int
    observed: float | None
    to_year: int
    median: float | None
    low: float | None
    high: float | None
    validated: bool
    flags: tuple[str, ...]

    @property
    def change(self) -> float | None:
        """Relative change of the median."""
        return self._relative(self.median)

    @property
    def change_interval(self) -> tuple[float | None, float | None]:
        """80 % interval of the relative change."""
        return self._relative(self.low), self._relative(self.high)

    def _relative(self, value: float | None) -> float | None:
        return None if value is None or not self.observed else value / self.observed - 1


def need_facts(
    need_forecast: pl.DataFrame | None, area: str, services: Sequence[str], horizon: int | None
) -> tuple[NeedFacts, ...]:
    """Forecasts of `services` for the area, at `horizon` or the last forecast year before it.

    Args:
        need_forecast: protected table `need_forecast` (hidden values null).
        area: service area or county.
        services: services in the order of the county file.
        horizon: latest year to show; None for the last.
    """
    if need_forecast is None:
        return ()
    rows = need_forecast.filter(pl.col("area") == area, pl.col("sex") == ALL, pl.col("age_group") == ALL)
    if horizon is not None:
        rows = rows.filter((pl.col("kind") != "forecast") | (pl.col("year") <= horizon))
    ends = rows.sort("year").unique(["service", "kind"], keep="last")
    found = {(r["service"], r["kind"]): r for r in ends.iter_rows(named=True)}
    pairs = ((s, found.get((s, "observed")), found.get((s, "forecast"))) for s in services)
    return tuple(_facts(s, last, end) for s, last, end in pairs if last is not None and end is not None)


def _facts(service: str, last: Mapping[str, Any], end: Mapping[str, Any]) -> NeedFacts:
    return NeedFacts(
        service,
        last["year"],
        last["mean"],
        end["year"],
        end["q0.5"],
        end["q0.1"],
        end["q0.9"],
        bool(end["validated"]),
        tuple(f for f in (end["flag"] or "").split(",") if f and f not in KNOWN_TOTALS),
    )
