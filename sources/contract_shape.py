"""The shape of a contract: columns with kind, meaning and limits, date orders, key. Tables: `contracts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["string", "code", "int", "float", "date", "datetime", "bool", "json"]


POLARS_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "code": pl.String(),
    "json": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "bool": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Attributes:
        name: the column's name.
        kind: its type; datetimes are local time (Europe/Helsinki) without a zone.
        meaning: what it is, with its unit.
        nullable: whether a row may lack it.
        allowed: the closed set of its values, when there is one.
        low: lowest value allowed (numbers).
        high: highest value allowed (numbers).
        place: where the column stands: `both`, only in the `raw` extract, or only in the `lake`.
        ahead: whether a day may lie after the day of the run (a deadline may).
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    place: Literal["both", "raw", "lake"] = "both"
    ahead: bool = False


@dataclass(frozen=True)
class Order:
    """Two dates of a row that must stand in order: `first` <= `last` wherever both are known."""

    first: str
    last: str


@dataclass(frozen=True)
class Contract:
    """One contract table."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    orders: tuple[Order, ...] = field(default=())

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """Columns of the table as a county delivers it."""
        return tuple(c for c in self.columns if c.place != "lake")

    @property
    def lake_columns(self) -> tuple[Column, ...]:
        """Columns of the table as it rests in the lake."""
        return tuple(c for c in self.columns if c.place != "raw")

    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table in the lake."""
        return {c.name: POLARS_TYPES[c.kind] for c in self.lake_columns}

    def raw_schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table as delivered."""
        return {c.name: POLARS_TYPES[c.kind] for c in self.raw_columns}
