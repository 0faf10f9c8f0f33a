"""Municipal boundaries over time: figures on one year's boundaries become figures on another year's.

The dated crosswalk is `counties/reference/boundary_changes.csv`; a municipality that is in no table raises.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache

import polars as pl

from counties.registry import boundary_change_rows, municipality_rows

CURRENT_YEAR = 2026


class UnknownMunicipalityError(KeyError):
    """A municipality code that the reference tables do not have; the message names it and the mend."""

    def __str__(self) -> str:
        return str(self.args[0])


def boundary_changes(from_year: int, to_year: int) -> pl.DataFrame:
    """Changes that take boundaries of 1 January `from_year` to those of 1 January `to_year`.

    Returns:
        from_municipality, to_municipality, share (of the people that go along), effective_on; oldest first.
    """
    rows = [
        {**row, "share": float(row["share"]), "effective_on": date.fromisoformat(row["effective_on"])}
        for row in boundary_change_rows()
    ]
    frame = pl.DataFrame(
        rows,
        schema={
            "from_municipality": pl.String,
            "to_municipality": pl.String,
            "share": pl.Float64,
            "effective_on": pl.Date,
        },
    )
    return frame.filter(
        pl.col("effective_on") > date(from_year, 1, 1), pl.col("effective_on") <= date(to_year, 1, 1)
    ).sort("effective_on", "from_municipality", "to_municipality")


@cache
def crosswalk(from_year: int, to_year: int = CURRENT_YEAR) -> pl.DataFrame:
    """Every municipality of `from_year` with its share in each municipality of `to_year`; shares sum to 1.

    Returns:
        municipality, to_municipality, share.

    Raises:
        ValueError: `to_year` is before `from_year`: merged people cannot be told apart again.
    """
    if to_year < from_year:
        raise ValueError(
            f"boundaries of {from_year} cannot be turned into older ones of {to_year}; swap the years"
        )
    codes = sorted(municipalities_of(from_year))
    links = pl.DataFrame({"municipality": codes, "to_municipality": codes, "share": 1.0})
    for old, new, share, _ in boundary_changes(from_year, to_year).iter_rows():
        moved = links.filter(pl.col("to_municipality") == old).with_columns(
            pl.lit(new).alias("to_municipality"), (pl.col("share") * share).alias("share")
        )
        stays = pl.when(pl.col("to_municipality") == old).then(1.0 - share).otherwise(1.0)
        links = pl.concat([links.with_columns((pl.col("share") * stays).alias("share")), moved])
        links = links.filter(pl.col("share") > 1e-12)
    return (
        links.group_by("municipality", "to_municipality")
        .agg(pl.col("share").sum())
        .sort("municipality", "to_municipality")
    )


def municipalities_of(year: int) -> frozenset[str]:
    """Codes of the municipalities on 1 January of the year (the tables begin in 2019)."""
    day = f"{year}-01-01"
    return frozenset(
        row["municipality"] for row in municipality_rows() if not row["valid_to"] or row["valid_to"] >= day
    )


def known_municipalities() -> frozenset[str]:
    """Codes of all municipalities since 2019, merged ones too."""
    return frozenset(row["municipality"] for row in municipality_rows())


def to_boundaries(
    frame: pl.DataFrame,
    from_year: int,
    to_year: int,
    *,
    values: Sequence[str],
    keys: Sequence[str],
    column: str = "municipality",
) -> pl.DataFrame:
    """Figures on the boundaries of `to_year`: merged municipalities are summed, nobody is lost.

    Args:
        frame: figures on the boundaries of `from_year`.
        from_year: year of the boundaries of `frame` (1 January).
        to_year: year of the boundaries wanted (1 January).
        values: columns that are numbers of something (they are shared and summed).
        keys: other columns that tell rows apart; kept.
        column: the column with municipality codes.

    Returns:
        `column`, `keys`, `values`, sorted.

    Raises:
        UnknownMunicipalityError: a code that was no municipality on the boundaries of `from_year`.
    """
    links = crosswalk(from_year, to_year).rename({"municipality": column})
    check_known(frame[column], links[column].to_list(), f"boundaries of {from_year}")
    return (
        frame.join(links, on=column, how="inner")
        .with_columns(pl.col(value) * pl.col("share") for value in values)
        .group_by("to_municipality", *keys)
        .agg(pl.col(value).sum() for value in values)
        .rename({"to_municipality": column})
        .select(column, *keys, *values)
        .sort(column, *keys)
    )


def current_codes(codes: pl.Series, to_year: int = CURRENT_YEAR) -> pl.Series:
    """Codes of persons' municipalities with merged ones replaced by their successors; others as they are."""
    renamed: dict[str, str] = {}
    for old, new, share, _ in boundary_changes(1900, to_year).iter_rows():
        if share == 1.0:
            renamed = {**{a: (new if b == old else b) for a, b in renamed.items()}, old: new}
    return codes.replace(renamed)


def check_known(codes: pl.Series, known: Collection[str], where: str) -> None:
    """Raise when a code is not known.

    Raises:
        UnknownMunicipalityError: names up to five codes.
    """
    unknown = codes.drop_nulls().unique().sort()
    unknown = unknown.filter(~unknown.is_in(list(known)))
    if len(unknown) or codes.null_count():
        named = ", ".join(unknown.head(5).to_list()) or "an empty code"
        raise UnknownMunicipalityError(
            f"{named}: no such municipality on the {where}; correct the code, or add it to "
            "counties/reference/municipalities.csv and boundary_changes.csv"
        )
