"""Values of an extract in the types of the contract: dates, decimal commas, truth values, codes.

What cannot be read becomes null; the caller compares with the source to name the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from sources.contract_shape import Column

ZONE = "Europe/Helsinki"
_TRUE = ("true", "1", "t", "yes", "y", "kyllä", "k", "ja", "on")
_FALSE = ("false", "0", "f", "no", "n", "ei", "e", "nej", "off")
_REASONS = {
    "date": "not_a_date",
    "datetime": "not_a_datetime",
    "int": "not_a_whole_number",
    "float": "not_a_number",
    "bool": "not_a_truth_value",
}
_PER_DAY = {"ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_MOST = 2**63 - 1
_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))


@dataclass(frozen=True)
class Format:
    """How an extract writes numbers and dates."""

    decimal: str = "."
    date_format: str | None = None


def unreadable_reason(column: Column) -> str | None:
    """Reason code of a value of this column that cannot be read; None where every text can."""
    return _REASONS.get(column.kind)


def to_kind(values: pl.Series, column: Column, form: Format) -> pl.Series:
    """The values in the contract's type; null where they cannot be read."""
    if column.kind == "date":
        return _on_calendar(_dates(_on_calendar(values), form))
    if column.kind == "datetime":
        return _on_calendar(_datetimes(_on_calendar(values), form))
    if column.kind == "int":
        return _whole(_numbers(values, form))
    if column.kind == "float":
        return _numbers(values, form)
    if column.kind == "bool":
        return _truths(values)
    return _codes(values, column)


def _codes(values: pl.Series, column: Column) -> pl.Series:
    if values.dtype.is_float():
        values = (
            values.cast(pl.Int64, strict=False) if _whole(values).null_count() == values.null_count() else values
        )
    text = values.cast(pl.String)
    if column.name == "municipality":  # spreadsheets drop leading zeros
        return text.str.zfill(3)
    return text


def _numbers(values: pl.Series, form: Format) -> pl.Series:
    if values.dtype != pl.String:
        return values.cast(pl.Float64, strict=False)
    text = values.str.replace_all(r"[\s\u00a0\u202f]", "")
    if form.decimal == ",":
        text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    numbers = text.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(value=True), None)


def _whole(numbers: pl.Series) -> pl.Series:
    broken = ((numbers != numbers.round()) | (numbers.abs() > 2**53)).fill_null(value=False)
    return numbers.set(broken, None).cast(pl.Int64, strict=False)


def _truths(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values
    text = values.cast(pl.String).str.to_lowercase()
    return text.replace_strict(
        {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}, default=None, return_dtype=pl.Boolean
    )


def _on_calendar(values: pl.Series) -> pl.Series:
    """Null where a time lies beyond the years 1 to 9999: a damaged file holds such, and nothing can show them."""
    if not isinstance(values.dtype, pl.Date | pl.Datetime):
        return values
    day = _PER_DAY[values.dtype.time_unit] if isinstance(values.dtype, pl.Datetime) else 1
    first, last = (max(-_MOST, _FIRST_DAY * day), min(_MOST, (_LAST_DAY + 1) * day - 1))
    found = values.to_physical().is_between(first, last)
    return pl.select(pl.when(found).then(values)).to_series().alias(values.name)


def _dates(values: pl.Series, form: Format) -> pl.Series:
    if values.dtype == pl.Date:
        return values
    if isinstance(values.dtype, pl.Datetime):
        return _local(values).dt.date()
    text = values.cast(pl.String)
    pattern = form.date_format or "%Y-%m-%d"
    if "%H" in pattern:
        return text.str.to_datetime(pattern, strict=False).dt.date()
    dates = text.str.to_date(pattern, strict=False, exact=True)
    if dates.null_count() == text.null_count():
        return dates
    midnight = text.str.replace(r"[T ]00:00(:00(\.0+)?)?$", "")  # a date that a database wrote as a time
    return midnight.str.to_date(pattern, strict=False, exact=True)


def _datetimes(values: pl.Series, form: Format) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime):
        return _local(values).cast(pl.Datetime("us"))
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us"))
    text = values.cast(pl.String)
    found = pl.Series(text.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
    for pattern in _datetime_patterns(form):
        if found.null_count() == text.null_count():
            break
        found = _filled(found, text, pattern)
    return found


def _filled(found: pl.Series, text: pl.Series, pattern: str) -> pl.Series:
    if pattern.endswith("%z"):
        zoned = text.str.replace("Z$", "+00:00")
        read = _local(zoned.str.to_datetime(pattern, strict=False, time_zone="UTC", time_unit="us"))
    elif "%H" not in pattern:
        read = text.str.to_date(pattern, strict=False, exact=True).cast(pl.Datetime("us"))
    else:
        read = text.str.to_datetime(pattern, strict=False, time_unit="us")
    return pl.select(pl.coalesce(found, read)).to_series()


def _datetime_patterns(form: Format) -> tuple[str, ...]:
    day = form.date_format or "%Y-%m-%d"
    if "%H" in day:
        return (day,)
    joints = ("T", " ") if form.date_format is None else (" ", "T", " klo ")
    timed = tuple(f"{day}{joint}{time}" for joint in joints for time in ("%H:%M:%S%.f", "%H:%M"))
    return (*timed, *(f"{day}{joint}%H:%M:%S%.f%z" for joint in joints[:1]), day)


def _local(values: pl.Series) -> pl.Series:
    """Local wall-clock times without a zone."""
    if getattr(values.dtype, "time_zone", None) is None:
        return values
    return values.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)
