"""Tables and key figures of the page: rows already put into the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        caption: what it shows.
        columns: headings.
        rows: rows of text; the first column is the rows' heading.
        words: places of the columns that hold words, set to the left.
            A row of one cell is the heading of the rows after it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Tile:
    """A key figure with its change and source."""

    label: str
    value: str
    change: str
