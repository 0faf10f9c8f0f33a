"""Dates to whole periods and back, for days, weeks, months, quarters and years. No values here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly.kernels import Season

IntArray = NDArray[np.int64]
Unit = Literal["D", "W", "M"]

_ALIASES: dict[str, tuple[Unit, int]] = {
    "D": ("D", 1),
    "W": ("W", 1),
    "MS": ("M", 1),
    "ME": ("M", 1),
    "M": ("M", 1),
    "QS": ("M", 3),
    "QE": ("M", 3),
    "Q": ("M", 3),
    "YS": ("M", 12),
    "YE": ("M", 12),
    "Y": ("M", 12),
    "A": ("M", 12),
    "AS": ("M", 12),
}


@dataclass(frozen=True)
class Frequency:
    """A frequency of observation.

    Attributes:
        name: as given (`MS`, `W-MON`, `QS`, ...).
        unit: the calendar unit counted: day, week or month.
        step: units in one period (3 for quarters, 12 for years).
        seasons: the seasons the frequency has, the main one first.
        season_length: whole periods in the main season, for seasonal differences (1: none).
        longest: how many of the latest periods are used.
    """

    name: str
    unit: Unit
    step: int
    seasons: tuple[Season, ...]
    season_length: int
    longest: int


def frequency(name: str) -> Frequency:
    """Read a pandas frequency alias.

    Raises:
        ValueError: the alias is none of D, W, MS, QS, YS (anchors such as W-MON or QS-OCT are allowed).
    """
    base = name.split("-")[0].upper()
    if base not in _ALIASES:
        raise ValueError(f"unknown frequency {name!r}: use D, W, MS, QS or YS (anchors such as W-MON are allowed)")
    unit, step = _ALIASES[base]
    key = (unit, step)
    seasons, length, longest = {
        ("D", 1): ((Season(7.0), Season(365.25, 3)), 7, 560),
        ("W", 1): ((Season(365.25 / 7.0, 6),), 52, 313),
        ("M", 1): ((Season(12.0),), 12, 240),
        ("M", 3): ((Season(4.0),), 4, 120),
        ("M", 12): ((), 1, 80),
    }[key]
    return Frequency(name, unit, step, seasons, length, longest)


def units_of(stamps: pd.DatetimeIndex, unit: Unit) -> IntArray:
    """Days since 1970, or months since year 0, of the stamps (without a zone)."""
    if unit == "M":
        return np.asarray(stamps.year * 12 + stamps.month - 1, dtype=np.int64)
    days: IntArray = stamps.to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def stamps_of(units: IntArray, unit: Unit, day: IntArray) -> NDArray[np.datetime64]:
    """The stamps of units; `day` is the day of the month kept (31: month end), used for months only."""
    if unit != "M":
        return units.astype("datetime64[D]").astype("datetime64[ns]")
    first = (units - 1970 * 12).astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    stamps: NDArray[np.datetime64] = (first.astype("datetime64[D]") + np.minimum(day, length) - 1).astype(
        "datetime64[ns]"
    )
    return stamps
