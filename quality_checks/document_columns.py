"""Columns of documents in the shape of the contract table, and what documents are stored in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from quality_checks.schema import HEADER

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Int64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
REQUIRED = ("document_id", "client_id", "created_at")
DOCUMENT_TYPES = {
    **{name: POLARS_TYPES[kind] for name, kind in HEADER.items() if name != "area"},
    "content": pl.String(),
}


class DocumentsError(ValueError):
    """Documents that cannot be prepared; the message names the column, what was expected and the mend."""


@dataclass(frozen=True)
class Piece:
    """Documents that are stored together.

    Attributes:
        start: place of the first.
        length: number of documents.
        marks: of each column; equal where it is stored in the same bytes. Empty when only reading can tell.
    """

    start: int
    length: int
    marks: Mapping[str, str] = field(default_factory=dict)


def typed(frame: pl.LazyFrame, delivered: Sequence[str], columns: Iterable[str]) -> pl.DataFrame:
    """Columns of the contract in its types."""
    names = in_order(columns)
    made = [
        pl.col(name).cast(DOCUMENT_TYPES[name])
        if name in delivered
        else pl.lit(None, dtype=DOCUMENT_TYPES[name]).alias(name)
        for name in names
    ]
    # A selection of nothing but what was not delivered would be of one row.
    return frame.with_columns(made).select(names).collect()


def in_order(columns: Iterable[str]) -> list[str]:
    """Some columns in the order of the contract."""
    wanted = set(columns)
    return [name for name in DOCUMENT_TYPES if name in wanted]
