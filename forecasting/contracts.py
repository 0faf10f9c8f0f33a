"""What the plain input tables of the need forecast must hold, and the errors that say how to mend them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import pandas as pd

OLDEST = 100
SEXES = ("male", "female")
ALL = "all"
DISRUPTED_YEARS = (2020, 2021)
"""Years of exceptional circumstances, unless others are given: they carry no weight and are not scored."""


class Each(Protocol):
    """Maps a function over items and gives the results in the items' order: `map`, a pool's, a cluster's."""

    def __call__(self, function: Callable[[int], Any], items: Iterable[int], /) -> Iterable[Any]:
        """Results in order."""
        ...


class NeedInputError(ValueError):
    """An input table cannot be used; the message names table and rows, what was expected and the mend."""


class Exposure(NamedTuple):
    """Whose number drives a service.

    Attributes:
        min_age: youngest age served, in full years.
        max_age: oldest age served (100 means 100 and over).
        kind: `population` or `children`: persons of those ages; `births`: children under one year, whatever the
            age and sex of the counted persons.
    """

    min_age: int = 0
    max_age: int = OLDEST
    kind: Literal["population", "children", "births"] = "population"


FILE_ROW = "row"
"""Name of the index of a table whose rows stand in a text file in the index's order, the header above them."""


def show_rows(frame: pd.DataFrame, most: int = 5) -> str:
    """The first rows as text, with their row numbers in the file where they are known, and how many more."""
    more = f"\n... and {len(frame) - most} more" if len(frame) > most else ""
    shown = frame.head(most)
    if frame.index.name == FILE_ROW and FILE_ROW not in frame.columns:
        shown = shown.set_axis(shown.index + 2, axis="index").reset_index()  # the header is row 1
    return shown.to_string(index=False) + more


def lacking_columns(missing: Sequence[str]) -> str:
    """That columns are missing, in words: one or several."""
    return f"column {missing[0]} is missing" if len(missing) == 1 else f"columns {', '.join(missing)} are missing"


def require_columns(frame: pd.DataFrame, table: str, columns: Sequence[str]) -> None:
    """Raise when a table lacks columns or has no rows."""
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise NeedInputError(f"{table}: {lacking_columns(missing)} (found {', '.join(map(str, frame.columns))})")
    if frame.empty:
        raise NeedInputError(f"{table}: the table has no rows")


def age_bounds(label: str) -> tuple[int, int]:
    """Lowest and highest age of a label such as `0-6`, `90+`, `17` or `all` (100 means 100 and over).

    Raises:
        NeedInputError: the label is none of these.
    """
    text = str(label).strip()
    if text == ALL:
        return 0, OLDEST
    match = re.fullmatch(r"(\d+)(?:\s*[-–]\s*(\d+)|(\+|-))?", text)
    if match is None:
        raise NeedInputError(f"age group {label!r} is not understood; write it as 0-6, 90+ or 17, or all")
    low = int(match[1])
    high = OLDEST if match[3] else int(match[2] or low)
    if not 0 <= low <= high <= OLDEST:
        raise NeedInputError(f"age group {label!r}: ages must rise and lie within 0-{OLDEST}")
    return low, high


def check_age_groups(frame: pd.DataFrame, table: str) -> None:
    """Raise with the rows when an `age_group` is no age.

    Raises:
        NeedInputError: naming the table, the label and its rows.
    """
    for label in frame["age_group"].unique():
        try:
            age_bounds(label)
        except NeedInputError as error:
            rows = frame[frame["age_group"].isna() if pd.isna(label) else frame["age_group"] == label]
            raise NeedInputError(f"{table}: {error}:\n{show_rows(rows)}") from None


def numbers(frame: pd.DataFrame, table: str, column: str) -> pd.Series:
    """A column of numbers of at least 0.

    Raises:
        NeedInputError: one is missing, no number, not finite, or below 0.
    """
    values = pd.to_numeric(frame[column], errors="coerce").astype(float)
    wrong = frame[~values.between(0, sys.float_info.max)]
    if len(wrong):
        raise NeedInputError(
            f"{table}: {column} must be a number of at least 0; mend or remove:\n{show_rows(wrong)}"
        )
    return values


def refuse_blank(frame: pd.DataFrame, table: str, columns: Sequence[str]) -> None:
    """Raise with the rows when a code is missing: it joins with nothing.

    Raises:
        NeedInputError: naming the table and the rows.
    """
    for column in columns:
        blank = frame[frame[column].isna() | (frame[column].astype(str).str.strip() == "")]
        if len(blank):
            raise NeedInputError(f"{table}: {column} is empty; fill it in or remove the rows:\n{show_rows(blank)}")


def _open_ended(age: pd.Series) -> pd.Series:
    """Ages with the mark of an open end (`100+`, `100-`) taken off."""
    return age if pd.api.types.is_numeric_dtype(age) else age.astype(str).str.strip().str.rstrip("+-")


OPEN_ENDED_SHARE = 0.8
"""Persons of a year of age relative to those a year younger, within an open-ended group of the oldest."""


def has_age_groups(frame: pd.DataFrame) -> bool:
    """Whether the ages of a table of persons are groups."""
    ages = frame["age"]
    if pd.api.types.is_numeric_dtype(ages):
        return False
    return bool(ages.astype(str).str.strip().str.fullmatch(r"\d+\s*[-–]\s*\d+|(?!100)\d+[+-]").any())


def single_years(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Persons of age groups spread over single years: evenly, falling by a fifth a year in an open-ended one.

    A fallback: ages inside a group are not known, so ages of services should not cut groups, and errors of
    projections are learnt more roughly.

    Raises:
        NeedInputError: groups overlap, or a label is not understood.
    """
    labels = {str(label).strip() for label in frame["age"].unique()}
    bounds = {label: age_bounds(label) for label in labels}
    ordered = sorted(bounds.values())
    for (low, high), (low_next, high_next) in zip(ordered, ordered[1:], strict=False):
        if low_next <= high:
            raise NeedInputError(f"{table}: age groups {low}-{high} and {low_next}-{high_next} overlap")
    parts = []
    for label, (low, high) in bounds.items():
        fall = OPEN_ENDED_SHARE if high == OLDEST else 1.0
        share = [fall**i for i in range(high - low + 1)]
        rows = frame[frame["age"].astype(str).str.strip() == label]
        for age, part in zip(range(low, high + 1), share, strict=True):
            parts.append(rows.assign(age=age, persons=pd.to_numeric(rows["persons"]) * part / sum(share)))
    return pd.concat(parts, ignore_index=True)


def _refuse_doubles(frame: pd.DataFrame, table: str, key: list[str]) -> None:
    twice = frame[frame.duplicated(key, keep=False)]
    if len(twice):
        raise NeedInputError(f"{table}: more than one row for the same {', '.join(key)}:\n{show_rows(twice)}")


def check_persons(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """A population or projection table, checked.

    Args:
        frame: columns area, sex (`male`, `female`), age (single year, 100 = 100 and over; or groups such as `5-9`,
            see `single_years`), year, persons.
        table: its name in errors.

    Returns:
        Those five columns with plain types.

    Raises:
        NeedInputError: a missing column, another sex, an age outside 0-100, a negative number, a double row, or
            an area and year that lacks ages which the table has elsewhere.
    """
    key = ["area", "sex", "age", "year"]
    require_columns(frame, table, [*key, "persons"])
    refuse_blank(frame, table, ("area", "sex", "age"))
    if has_age_groups(frame):
        frame = single_years(frame, table)
    out = pd.DataFrame(
        {
            "area": frame["area"].astype(str),
            "sex": frame["sex"].astype(str),
            "age": numbers(frame.assign(age=_open_ended(frame["age"])), table, "age").astype(int),
            "year": numbers(frame, table, "year").astype(int),
            "persons": numbers(frame, table, "persons"),
        }
    )
    odd = out[~out["sex"].isin(SEXES) | (out["age"] > OLDEST)]
    if len(odd):
        raise NeedInputError(f"{table}: sex must be male or female and age 0-{OLDEST}:\n{show_rows(odd)}")
    _refuse_doubles(out, table, key)
    ages = pd.Index(range(int(out["age"].max()) + 1))
    per = out.groupby(["area", "sex", "year"])["age"].nunique()
    short = per[per < len(ages)]
    both = out.groupby(["area", "year"])["sex"].nunique()
    if len(short):
        area, sex, year = short.index[0]
        have = out.loc[(out["area"] == area) & (out["sex"] == sex) & (out["year"] == year), "age"]
        lacking = ", ".join(map(str, ages.difference(pd.Index(have))[:8]))
        raise NeedInputError(
            f"{table}: area {area}, {sex}, {year} lacks ages {lacking} ({len(short)} such area-sex-years); "
            "give every single year of age, zero where nobody lives"
        )
    if (both < len(SEXES)).any():
        area, year = both[both < len(SEXES)].index[0]
        raise NeedInputError(f"{table}: area {area} in {year} has only one sex; give male and female")
    return out


def check_variant(projection: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Rows of one variant of a projection; all rows when the table has no column `variant`.

    Raises:
        NeedInputError: the variant is not in the table.
    """
    if "variant" not in projection.columns:
        return projection
    rows = projection[projection["variant"].astype(str) == variant]
    if rows.empty:
        found = ", ".join(sorted(projection["variant"].astype(str).unique()))
        raise NeedInputError(f"projection: variant {variant!r} is not in the table (found {found})")
    return rows


def check_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of yearly service counts, checked.

    Args:
        frame: columns area, service, sex (`male`, `female`, `all`), age_group (`0-6`, `90+`, `all`), year, count.

    Returns:
        Those columns with plain types.

    Raises:
        NeedInputError: a missing column, a negative count, another sex, a double row, overlapping age groups, or a
            margin (`all`) beside its parts.
    """
    key = ["area", "service", "sex", "age_group", "year"]
    require_columns(frame, "counts", [*key, "count"])
    refuse_blank(frame, "counts", key[:4])
    out = frame[key[:4]].astype(str).copy()
    out["year"] = numbers(frame, "counts", "year").astype(int)
    out["count"] = numbers(frame, "counts", "count")
    odd = out[~out["sex"].isin((*SEXES, ALL))]
    if len(odd):
        raise NeedInputError(f"counts: sex must be male, female or all:\n{show_rows(odd)}")
    check_age_groups(out, "counts")
    _refuse_doubles(out, "counts", key)
    for service, rows in out.groupby("service"):
        sexes = set(rows["sex"])
        if ALL in sexes and len(sexes) > 1:
            whole = rows["sex"] == ALL
            raise NeedInputError(
                f"counts: service {service} has sex 'all' beside male or female; keep one kind:\n"
                f"{show_rows(rows[whole if whole.mean() < 0.5 else ~whole])}"
            )
        _refuse_overlaps(str(service), rows)
    return out


def _refuse_overlaps(service: str, rows: pd.DataFrame) -> None:
    """Raise when an age stands in two groups, or one group is written in two ways, with the rarer label's rows."""
    labels = sorted(rows["age_group"].unique(), key=lambda label: (age_bounds(label), label))
    for one, other in zip(labels, labels[1:], strict=False):
        if age_bounds(other)[0] <= age_bounds(one)[1]:
            pair = rows[rows["age_group"].isin([one, other])]
            raise NeedInputError(
                f"counts: service {service} has overlapping age groups {one} and {other}; every age must stand in "
                f"one group, always written alike (and 'all' not beside its parts):\n"
                f"{show_rows(pair[pair['age_group'] == pair['age_group'].value_counts().idxmin()])}"
            )


def check_exposures(
    exposures: Mapping[str, Exposure | tuple[int, int, str]], services: Sequence[str]
) -> dict[str, Exposure]:
    """The exposure of every service.

    Raises:
        NeedInputError: a service has none, the ages do not rise, or the kind is unknown.
    """
    missing = [s for s in services if s not in exposures]
    if missing:
        raise NeedInputError(f"exposures: no exposure for service {', '.join(missing)}; say which ages it serves")
    found: dict[str, Exposure] = {}
    for service in services:
        low, high, kind = exposures[service]
        if kind not in ("population", "children", "births"):
            raise NeedInputError(f"exposures: service {service}: kind must be population, children or births")
        if not 0 <= low <= high <= OLDEST:
            raise NeedInputError(f"exposures: service {service}: ages {low}-{high} must rise within 0-{OLDEST}")
        found[service] = Exposure(low, high, kind)  # type: ignore[arg-type]
    return found


def check_flags(flags: pd.DataFrame | None) -> pd.DataFrame:
    """Recording flags, checked: columns area, service, year, kind (`break`); an empty table when None."""
    if flags is None or flags.empty:
        return pd.DataFrame({"area": [], "service": [], "year": [], "kind": []}).astype(
            {"area": str, "service": str, "year": int, "kind": str}
        )
    require_columns(flags, "flags", ("area", "service", "year", "kind"))
    odd = flags[~flags["kind"].isin(("break",))]
    if len(odd):
        raise NeedInputError(f"flags: kind must be break:\n{show_rows(odd)}")
    return pd.DataFrame(
        {
            "area": flags["area"].astype(str),
            "service": flags["service"].astype(str),
            "year": numbers(flags, "flags", "year").astype(int),
            "kind": flags["kind"].astype(str),
        }
    )
