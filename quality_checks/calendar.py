"""Finnish working days (arkipäivä) as a cumulative index: the distance of two dates is one subtraction.

Day counting follows the act on the computation of statutory time limits (150/1930, section 2): the day of
receipt is day 0. Saturdays, Sundays, public holidays, midsummer eve and Christmas eve are not working days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2060, 12, 31)


class CalendarRangeError(ValueError):
    """A date outside the calendar; the message names the date and the range."""


@dataclass(frozen=True)
class WorkingDays:
    """Working days between two dates, both included.

    Attributes:
        first: first day of the calendar.
        last: last day of the calendar.
        days_off: days from Monday to Friday that are not working days.
    """

    first: date
    last: date
    days_off: frozenset[date]

    @cached_property
    def cumulative(self) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """Number of working days from `first` to each day, that day included; shape (days,)."""
        days = np.arange(np.datetime64(self.first), np.datetime64(self.last) + 1)
        working = np.is_busday(days, holidays=sorted(np.datetime64(d) for d in self.days_off))
        return np.cumsum(working, dtype=np.int32)

    def table(self) -> pl.DataFrame:
        """The calendar as a table: date, working (bool), index (working days so far)."""
        index = self.cumulative
        return pl.DataFrame(
            {
                "date": pl.date_range(self.first, self.last, eager=True),
                "working": np.diff(index, prepend=0) == 1,
                "index": index,
            }
        )

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day."""
        return day.weekday() < 5 and day not in self.days_off

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is before `start`."""
        return int(self.cumulative[self._position(end)] - self.cumulative[self._position(start)])

    def after(self, start: date, count: int) -> date:
        """The `count`-th working day after `start` (which is day 0); `count` is at least 1."""
        target = self.cumulative[self._position(start)] + count
        position = int(np.searchsorted(self.cumulative, target))
        if count < 1 or position >= len(self.cumulative):
            raise CalendarRangeError(f"{count} working days after {start} is not in {self.first}..{self.last}")
        return self.first + timedelta(days=position)

    def between_columns(self, start: pl.Expr, end: pl.Expr) -> pl.Expr:
        """`between` for columns of dates; dates outside the calendar count as its nearest end."""
        index = pl.lit(pl.Series("index", self.cumulative))
        return index.gather(self._positions(end)) - index.gather(self._positions(start))

    def _position(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise CalendarRangeError(f"{day} is not in the calendar {self.first}..{self.last}")
        return (day - self.first).days

    def _positions(self, days: pl.Expr) -> pl.Expr:
        return (days.clip(self.first, self.last) - pl.lit(self.first)).dt.total_days().cast(pl.Int32)


def finnish_working_days(first: date = FIRST_DAY, last: date = LAST_DAY) -> WorkingDays:
    """The Finnish calendar: public holidays of the `holidays` package and the two eves."""
    import holidays

    years = range(first.year, last.year + 1)
    public = holidays.country_holidays("FI", years=years, subdiv=None, categories=("public",))
    eves = {date(year, 12, 24) for year in years} | {_midsummer_eve(year) for year in years}
    off = {day for day in (*public.keys(), *eves) if first <= day <= last and day.weekday() < 5}
    return WorkingDays(first, last, frozenset(off))


def _midsummer_eve(year: int) -> date:
    """The Friday between 19 and 25 June."""
    return next(d for d in (date(year, 6, 19) + timedelta(n) for n in range(7)) if d.weekday() == 4)
