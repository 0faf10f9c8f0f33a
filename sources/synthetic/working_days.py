"""Finnish days: which are worked, month by month, and what day lies n working days later."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.int64]


@cache
def free_days(first_year: int, last_year: int) -> tuple[date, ...]:
    """Public holidays, midsummer eve and Christmas eve: no working days."""
    public = holidays.country_holidays("FI", years=range(first_year, last_year + 1))
    eves = [date(year, 12, 24) for year in range(first_year, last_year + 1)]
    eves += [_midsummer_eve(year) for year in range(first_year, last_year + 1)]
    return tuple(sorted({*public.keys(), *eves}))


def _midsummer_eve(year: int) -> date:
    return next(date(year, 6, day) for day in range(19, 26) if date(year, 6, day).weekday() == 4)


@cache
def calendar() -> np.busdaycalendar:
    """Working-day calendar of 2005-2046 (Saturdays are not working days)."""
    return np.busdaycalendar(holidays=np.array(free_days(2005, 2046), dtype="datetime64[D]"))


def months(first: date, last: date) -> Days:
    """Months from that of `first` to that of `last`, as datetime64[M]."""
    return np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)


def working_days_of(month: Days) -> Ints:
    """Number of working days in each month."""
    start = month.astype("datetime64[D]")
    end = (month + 1).astype("datetime64[D]")
    return np.asarray(np.busday_count(start, end, busdaycal=calendar()))


def days_of(month: Days) -> Ints:
    """Number of days in each month."""
    length = (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")
    return np.asarray(length.astype(np.int64))


def working_days_after(day: Days, count: Ints | int) -> Days:
    """The day `count` working days after `day`; `day` is day 0, the first working day after it day 1."""
    return np.asarray(np.busday_offset(day, count, roll="backward", busdaycal=calendar()))


def next_working_day(day: Days) -> Days:
    """The day itself when it is worked, else the first working day after."""
    return np.asarray(np.busday_offset(day, 0, roll="forward", busdaycal=calendar()))
