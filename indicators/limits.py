"""Dated time limits (such as the care guarantee's): which one holds for a service, an age and a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import combinations
from typing import Protocol

import polars as pl

_END_OF_TIME = date(9999, 12, 31)


class TimeLimit(Protocol):
    """A limit in calendar days for a service, ages `min_age`..`max_age` and days `valid_from`..`valid_to`."""

    @property
    def service(self) -> str:
        """Service it covers."""

    @property
    def valid_from(self) -> date:
        """First day."""

    @property
    def valid_to(self) -> date | None:
        """Last day, or None when it still holds."""

    @property
    def min_age(self) -> int:
        """Youngest age covered, in full years."""

    @property
    def max_age(self) -> int:
        """Oldest age covered; 100 means 100 and over."""

    @property
    def days(self) -> int:
        """Longest allowed wait in calendar days."""


def limited_services(limits: Iterable[TimeLimit]) -> tuple[str, ...]:
    """Services that have limits, sorted."""
    return tuple(sorted({limit.service for limit in limits}))


def with_limit(rows: pl.DataFrame, limits: Sequence[TimeLimit], day: str) -> pl.DataFrame:
    """The rows, in their order, with `limit_days`: the limit on the row's day at its age, null where none holds.

    Args:
        rows: columns service, age (full years; an unknown age has no limit) and the day's column.
        limits: the dated limits.
        day: column with the day the wait began.

    Raises:
        ValueError: two limits hold for the same service, age and day.
    """
    _check_apart(limits)
    table = pl.DataFrame(
        [(x.service, x.valid_from, x.valid_to or _END_OF_TIME, x.min_age, x.max_age, x.days) for x in limits],
        schema={
            "service": pl.String,
            "_from": pl.Date,
            "_to": pl.Date,
            "_youngest": pl.Int64,
            "_oldest": pl.Int64,
            "limit_days": pl.Int64,
        },
        orient="row",
    )
    numbered = rows.with_row_index("_row")
    found = (
        numbered.select("_row", "service", day, _age=pl.col("age").clip(upper_bound=100))
        .join(table, on="service", how="inner")
        .filter(pl.col(day).is_between("_from", "_to"), pl.col("_age").is_between("_youngest", "_oldest"))
        .select("_row", "limit_days")
    )
    return numbered.join(found, on="_row", how="left").sort("_row").drop("_row")


def _check_apart(limits: Sequence[TimeLimit]) -> None:
    for a, b in combinations(limits, 2):
        same_days = a.valid_from <= (b.valid_to or _END_OF_TIME) and b.valid_from <= (a.valid_to or _END_OF_TIME)
        if a.service == b.service and same_days and a.min_age <= b.max_age and b.min_age <= a.max_age:
            raise ValueError(
                f"two limits hold for {a.service} at ages {max(a.min_age, b.min_age)}-{min(a.max_age, b.max_age)} "
                f"from {max(a.valid_from, b.valid_from)}: {a.days} and {b.days} days; correct waiting_limits"
            )
