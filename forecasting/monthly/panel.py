"""From a long table to aligned arrays: every series checked, the bad ones refused by name, the odd ones marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly.periods import Frequency, IntArray, stamps_of, units_of
from forecasting.scores import FloatArray

BoolArray = NDArray[np.bool_]
COLUMNS = ("unique_id", "ds", "y")
_WRITTEN = (
    (re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"), ("y", "m", "d")),
    (re.compile(r"(?P<y>\d{4})M?(?P<m>0[1-9]|1[0-2])"), ("y", "m")),
)
"""Dates that pandas would read month first, or not at all."""


class SeriesError(ValueError):
    """The table of series cannot be forecast at all: a column is missing, or no series is usable.

    Attributes:
        refused: unique_id, reason of every series, when none of them is usable.
    """

    def __init__(self, message: str, refused: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True)
class Panel:
    """Series as columns, aligned at their first period.

    Attributes:
        ids: names of the series, N.
        y: values, shape (T, N); NaN after the end of a shorter series and where a period is missing.
        length: periods from first to last observation, shape (N,).
        start: first period in units (days or months), shape (N,).
        day: day of the month of the stamps, shape (N,) (31: month end).
        count: whether the series holds counts (whole, non-negative numbers), shape (N,).
        signed: whether the series has negative values, shape (N,).
        notes: per series, what was mended or assumed.
    """

    ids: NDArray[np.object_]
    y: FloatArray
    length: IntArray
    start: IntArray
    day: IntArray
    count: BoolArray
    signed: BoolArray
    notes: list[list[str]] = field(default_factory=list)

    def units(self, freq: Frequency, horizon: int) -> IntArray:
        """Periods after the end of each series in units, shape (horizon, N)."""
        ahead = np.arange(horizon)[:, None] + self.length[None, :]
        return np.asarray(self.start[None, :] + ahead * (7 if freq.unit == "W" else freq.step), dtype=np.int64)

    def stamps(self, freq: Frequency, horizon: int) -> NDArray[np.datetime64]:
        """Stamps of the periods after the end of each series, shape (horizon, N)."""
        return stamps_of(self.units(freq, horizon), freq.unit, np.broadcast_to(self.day, (horizon, self.ids.size)))


def read_panel(series: pd.DataFrame, freq: Frequency, *, only_counts: bool = False) -> tuple[Panel, pd.DataFrame]:
    """Check and align a long table of series.

    Args:
        series: unique_id, ds, y; other columns are ignored. ds may be dates, stamps or text; zones are dropped and
            the local time kept. A missing y (or row) is a missing period.
        freq: the frequency expected.
        only_counts: refuse series with negative or broken values.

    Returns:
        The panel, and the refused series as a frame `unique_id, reason`.

    Raises:
        SeriesError: a column is missing, the table is empty, or every series is refused.
    """
    missing = [column for column in COLUMNS if column not in series.columns]
    if missing:
        raise SeriesError(
            f"the series table lacks {', '.join(missing)}: expected columns unique_id, ds, y, "
            f"found {', '.join(map(str, series.columns[:20]))}"
        )
    if series.empty:
        raise SeriesError("the series table is empty: expected rows of unique_id, ds, y")
    rows, refused, notes = _typed_rows(series)
    if only_counts:
        rows = _whole_rows(rows, refused)
    rows, mended = _whole_periods(rows, freq, refused)
    for name, text in mended.items():
        notes.setdefault(name, []).append(text)
    if rows.empty:
        first = next(iter(refused.items()))
        raise SeriesError(
            f"none of the {len(refused)} series can be forecast; the first, {first[0]!r}: {first[1]}",
            _refused_table(refused),
        )
    return _align(rows, freq, notes), _refused_table(refused)


def _refused_table(refused: dict[object, str]) -> pd.DataFrame:
    return pd.DataFrame({"unique_id": list(refused), "reason": list(refused.values())}, dtype=object)


def _typed_rows(series: pd.DataFrame) -> tuple[pd.DataFrame, dict[object, str], dict[object, list[str]]]:
    """Rows with a name, a stamp without zone and a finite number; the series that break this are refused."""
    refused: dict[object, str] = {}
    notes: dict[object, list[str]] = {}
    names = series["unique_id"].astype(object).to_numpy()
    if pd.isna(names).any():
        refused["(no name)"] = f"{int(pd.isna(names).sum())} rows without unique_id"
    stamps, zoned = _local_stamps(series["ds"])
    values = pd.to_numeric(series["y"], errors="coerce").astype(float)
    text = values.isna() & series["y"].notna()
    rows = pd.DataFrame({"unique_id": names, "ds": stamps, "y": values.to_numpy(), "raw": series["y"].to_numpy()})
    rows["ds_raw"] = series["ds"].to_numpy()
    for bad, message in (
        (rows["ds"].isna(), "{ds_raw!r} is not a date of the years 1678 to 2261"),
        (text.to_numpy(), "{raw!r} on {ds:%Y-%m-%d} is not a number (decimals take a point)"),
        (np.isinf(rows["y"]), "infinite value on {ds:%Y-%m-%d}"),
    ):
        for row in rows[np.asarray(bad)].drop_duplicates("unique_id").to_dict("records"):
            refused.setdefault(
                row["unique_id"], message.format_map({str(key): value for key, value in row.items()})
            )
    for name in pd.unique(names[zoned]):
        notes[name] = ["time zone dropped, local time kept"]
    keep = ~rows["unique_id"].isin(list(refused)) & rows["unique_id"].notna()
    known = rows[keep]
    empty = set(pd.unique(known["unique_id"])) - set(pd.unique(known.loc[known["y"].notna(), "unique_id"]))
    refused.update(dict.fromkeys(sorted(empty, key=str), "no value at all"))
    return known.loc[known["y"].notna(), ["unique_id", "ds", "y"]], refused, notes


def _whole_rows(rows: pd.DataFrame, refused: dict[object, str]) -> pd.DataFrame:
    """Rows of series that can be counts; those with a negative or broken value are refused."""
    bad = rows[(rows["y"] < 0.0) | (rows["y"] != rows["y"].round())].drop_duplicates("unique_id")
    for row in bad.to_dict("records"):
        refused[row["unique_id"]] = f"{row['y']:g} on {row['ds']:%Y-%m-%d} cannot be a count (whole, not negative)"
    return rows[~rows["unique_id"].isin(bad["unique_id"])]


def _local_stamps(column: pd.Series) -> tuple[NDArray[np.datetime64], BoolArray]:
    """Stamps without zone (wall time kept), NaT where not a date, and which rows had a zone."""
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _in_range(column.dt.tz_localize(None)), np.ones(len(column), dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(column):
        return _in_range(column), np.zeros(len(column), dtype=bool)
    if pd.api.types.is_numeric_dtype(column):
        column = column.map(lambda value: "" if pd.isna(value) else f"{value:.0f}")
    unique = pd.unique(column.astype(object))
    read = {value: _wall_time(value) for value in unique}
    stamps = column.astype(object).map({value: stamp for value, (stamp, _) in read.items()})
    zoned = column.astype(object).map({value: zone for value, (_, zone) in read.items()})
    return pd.to_datetime(stamps).to_numpy().astype("datetime64[ns]"), zoned.fillna(False).to_numpy(dtype=bool)


def _in_range(stamps: pd.Series) -> NDArray[np.datetime64]:
    """Stamps in nanoseconds; NaT where they are beyond them (9999-12-31), where a cast would wrap silently."""
    outside = (stamps < pd.Timestamp.min) | (stamps > pd.Timestamp.max)
    return np.asarray(stamps.mask(outside).to_numpy().astype("datetime64[ns]"))


def _wall_time(value: object) -> tuple[pd.Timestamp | None, bool]:
    """One stamp; text may also be 31.1.2026, 2026M01 (as statistical offices write months) or 202601."""
    if isinstance(value, str):
        for pattern, order in _WRITTEN:
            found = pattern.fullmatch(value.strip())
            if found:
                value = "-".join(found.group(name).zfill(2) for name in order)
                break
    try:
        stamp = pd.Timestamp(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return None, False
    if pd.isna(stamp) or not pd.Timestamp.min <= stamp.tz_localize(None) <= pd.Timestamp.max:
        return None, False
    return stamp.tz_localize(None), stamp.tzinfo is not None


def _whole_periods(
    rows: pd.DataFrame, freq: Frequency, refused: dict[object, str]
) -> tuple[pd.DataFrame, dict[object, str]]:
    """Give each row its period; refuse series with two values in one period or with another frequency."""
    rows = rows.copy()
    stamps = pd.DatetimeIndex(rows["ds"])
    unit = units_of(stamps, freq.unit)
    rows["unit"] = unit
    step = 7 if freq.unit == "W" else freq.step
    by = rows.groupby("unique_id", sort=False)
    regular = _stamp_days(rows, stamps)
    if step > 1:
        phase = by["unit"].transform("min") % step
        rows["period"] = (rows["unit"] - phase) // step
        rows["unit"] = rows["period"] * step + phase
    else:
        rows["period"] = rows["unit"]
    mended: dict[object, str] = {}
    off = rows[(unit != rows["unit"].to_numpy()) | ((freq.unit == "M") & ~regular)]
    mended.update(dict.fromkeys(pd.unique(off["unique_id"]), "irregular dates moved to their period"))
    same = rows.duplicated(["unique_id", "ds", "y"])
    mended.update(dict.fromkeys(pd.unique(rows.loc[same, "unique_id"]), "repeated rows dropped"))
    rows = rows[~same]
    twice = rows[rows.duplicated(["unique_id", "period"])].drop_duplicates("unique_id")
    for row in twice.to_dict("records"):
        refused[row["unique_id"]] = (
            f"two different values in the period of {row['ds']:%Y-%m-%d} at frequency {freq.name}: "
            "give one row per period, or the frequency of the data"
        )
    rows = rows[~rows["unique_id"].isin(twice["unique_id"])].sort_values(["unique_id", "period"], kind="stable")
    gap = rows.groupby("unique_id", sort=False)["period"].diff()
    narrow = gap.groupby(rows["unique_id"], sort=False).agg(["min", "max", "size"])
    wrong = narrow[(narrow["min"] > 1) & (narrow["size"] > 2)]
    for name, low in wrong["min"].items():
        refused[name] = (
            f"its rows are {int(low)} or more periods apart at frequency {freq.name}: give the right one"
        )
    return rows[~rows["unique_id"].isin(wrong.index)], mended


def _stamp_days(rows: pd.DataFrame, stamps: pd.DatetimeIndex) -> BoolArray:
    """Give each row the day of the month of its series' stamps, and tell which rows stand on it.

    That is 31 when all are month ends; a month without the day has its last one. Stamps on no one day: 1.
    """
    code, names = pd.factorize(rows["unique_id"])
    day, length = stamps.day.to_numpy(), stamps.days_in_month.to_numpy()
    ends, own, even = (
        np.ones(names.size, dtype=bool),
        np.zeros(names.size, dtype=np.int64),
        np.ones(names.size, dtype=bool),
    )
    np.logical_and.at(ends, code, day == length)
    np.maximum.at(own, code, day)
    own = np.where(ends, 31, own)
    regular: BoolArray = day == np.minimum(own[code], length)
    np.logical_and.at(even, code, regular)
    rows["day"] = np.where(even, own, 1)[code]
    return regular


def _align(rows: pd.DataFrame, freq: Frequency, notes: dict[object, list[str]]) -> Panel:
    code, ids = pd.factorize(rows["unique_id"], sort=False)
    period = rows["period"].to_numpy()
    size = ids.size
    last = np.full(size, np.iinfo(np.int64).min)
    first = np.full(size, np.iinfo(np.int64).max)
    np.maximum.at(last, code, period)
    np.minimum.at(first, code, period)
    first = np.maximum(first, last - freq.longest + 1)
    keep = period >= first[code]
    code, period = code[keep], period[keep]
    value = rows["y"].to_numpy(dtype=float)[keep]
    length = last - first + 1
    y = np.full((int(length.max()), size), np.nan)
    y[period - first[code], code] = value
    present = np.isfinite(y)
    whole = np.asarray((~present | (y == np.round(y))).all(axis=0))
    signed = np.asarray((present & (y < 0.0)).any(axis=0))
    unit = rows["unit"].to_numpy()[keep]
    start = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(start, code, unit - (period - first[code]) * (7 if freq.unit == "W" else freq.step))
    day = np.zeros(size, dtype=np.int64)
    day[code] = rows["day"].to_numpy()[keep]
    panel = Panel(
        np.asarray(ids, dtype=object),
        y,
        length.astype(np.int64),
        start,
        day,
        whole & ~signed,
        signed,
        [list(notes.get(name, [])) for name in ids],
    )
    _note_gaps(panel, present, last if freq.unit != "W" else last + (start % 7) / 7.0)
    return panel


def _note_gaps(panel: Panel, present: BoolArray, last: FloatArray | IntArray) -> None:
    gaps = panel.length - present.sum(axis=0)
    behind = np.floor(np.max(last) - last).astype(np.int64)
    for column in np.flatnonzero(gaps > 0):
        panel.notes[column].append(f"{gaps[column]} missing periods filled")
    for column in np.flatnonzero(behind > 0):
        panel.notes[column].append(f"ends {behind[column]} periods before the others")
