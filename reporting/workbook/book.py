"""Sheets of the workbook: a titled table with its formats, widths and frozen header. What goes in is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reporting.workbook.bulk import Bulk, BulkColumn, BulkWorksheet

Kind = Literal["text", "integer", "decimal", "index", "percent", "fine_percent", "year", "month"]
# `_)` leaves the width of a bracket after a number, which keeps it off a text in the next column.
NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",
    "integer": "#,##0_)",
    "decimal": "#,##0.00_)",
    "index": "0.00_)",
    "percent": "0.0%_)",
    "fine_percent": "0.00%_)",
    "year": "0_)",
    "month": "mm/yyyy_)",
}
# Digits kept, one more than shown: no figure needs seventeen, and the file is half the size.
_DIGITS: dict[Kind, int] = {"integer": 1, "decimal": 2, "index": 3, "year": 0}
TOP = 3  # Row of the headings, from 0: title, note and an empty row stand above.
_MAX_WIDTH = 90
_LINE = 16  # Height of a line of a heading, points.
# Bold letters, and the button of the filter, take more than the room of a letter each.
_ROOM = 3


@dataclass(frozen=True)
class Column:
    """A column: its heading, how values are written, its width in characters, whether hidden rows say so here."""

    heading: str
    kind: Kind = "text"
    width: int = 12
    tells_hidden: bool = False


@dataclass(frozen=True)
class Place:
    """Where a table stands, for formulas that read it: sheet, first and last row (from 1)."""

    sheet: str
    first: int
    last: int

    def column(self, number: int) -> str:
        """Absolute reference to the table's column `number` (from 0)."""
        letter = xl_col_to_name(number)
        return f"'{self.sheet}'!${letter}${self.first}:${letter}${self.last}"


class Book:
    """A workbook being written; texts are only ever written as text, never as formulas.

    Args:
        path: the file.
        title: title in the file's properties.
        day: creation day in the file's properties; equal inputs then give equal bytes.
        footer: footer of every printed page.
        hidden: what stands in place of a hidden value.
    """

    def __init__(self, path: Path, title: str, day: date, footer: str, hidden: str = "") -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(str(path), options)
        self.file.set_properties({"title": title, "created": datetime(day.year, day.month, day.day)})
        self.footer, self.hidden = footer, hidden
        self.title_format = self.style(bold=True, font_size=15)
        self.note_format = self.style(font_color="#57606A", italic=True)
        heading = {"bold": True, "bg_color": "#00406F", "font_color": "#FFFFFF", "text_wrap": True}
        heading |= {"valign": "top", "border_color": "#FFFFFF"}
        self.heading_format = self.style(**heading)
        self.number_heading = self.style(**heading, align="right", indent=1)
        self.wrapped = self.style(text_wrap=True, valign="top")
        self.link_format = self.style(font_color="#005A9C", underline=1)
        self.input_format = self.style(bg_color="#FFF4CC", border=1, border_color="#A87B00", num_format="0.0%")
        self.amount_format = self.style(
            bg_color="#FFF4CC", border=1, border_color="#A87B00", num_format="#,##0.##"
        )
        self.choice_format = self.style(bg_color="#FFF4CC", border=1, border_color="#A87B00")
        self.bold = self.style(bold=True)
        self.formats = {kind: self.style(num_format=form) for kind, form in NUMBER_FORMATS.items()}

    def style(self, **properties: Any) -> Format:
        """A cell format in the workbook's typeface."""
        return self.file.add_format({"font_name": "Calibri", "font_size": 11, **properties})

    def sheet(self, name: str, title: str, note: str = "", kind: type[Worksheet] | None = None) -> Worksheet:
        """A new sheet with its title and note, set up for printing."""
        sheet = self.file.add_worksheet(name, kind)
        sheet.write_string(0, 0, title, self.title_format)
        if note:
            sheet.write_string(1, 0, note, self.note_format)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_header("&R&P / &N")  # the footer has its line for itself
        sheet.set_footer("&L" + self.footer.replace("&", "&&"))
        return sheet

    def table_sheet(
        self, name: str, title: str, note: str, columns: Sequence[Column], rows: pl.DataFrame
    ) -> Place:
        """A sheet that holds one table, header frozen, with filters.

        Args:
            name: the sheet's name.
            title: its title.
            note: its second line.
            columns: its columns.
            rows: a frame with those columns in that order, texts or numbers or dates by their kind; nulls stay
                empty. Where its further column `bulk.HIDDEN` is true, the columns that tell so say it.
        """
        sheet = self.sheet(name, title, note, BulkWorksheet)
        last = max(TOP + rows.height, TOP + 1)
        headings = [
            {"header": column.heading, "header_format": self.heading_of(column.kind)} for column in columns
        ]
        table_name = f"Table_{len(self.file.worksheets())}"
        style = {"style": "Table Style Light 1", "name": table_name, "columns": headings}
        sheet.add_table(TOP, 0, TOP + 1, len(columns) - 1, style)
        forms = [self._form(column) for column in columns]
        sheet.write_bulk(Bulk(TOP + 1, rows, forms, self.hidden), last)
        widths = [_width(column, rows.to_series(c)) for c, column in enumerate(columns)]
        for c, width in enumerate(widths):
            sheet.set_column(c, c, width)
        sheet.set_row(TOP, heading_height([column.heading for column in columns], widths))
        sheet.freeze_panes(TOP + 1, 1)
        sheet.repeat_rows(TOP)
        return Place(name, TOP + 2, last + 1)

    def paragraphs(self, sheet: Worksheet, paragraphs: Sequence[str], width: int = 110) -> None:
        """Running text, one paragraph to a row, each row as high as its text needs."""
        sheet.set_column(0, 0, width)
        for r, paragraph in enumerate(paragraphs, start=TOP):
            sheet.set_row(r, 16 * (1 + len(paragraph) // (width - 10)) + 6)
            sheet.write_string(r, 0, paragraph, self.wrapped)

    def heading_of(self, kind: Kind) -> Format:
        """The format of a heading: over numbers it stands where they do, to the right."""
        return self.heading_format if kind == "text" else self.number_heading

    def _form(self, column: Column) -> BulkColumn:
        return BulkColumn(self.formats[column.kind], _DIGITS.get(column.kind, 4), column.tells_hidden)


def heading_height(headings: Sequence[str], widths: Sequence[int]) -> int:
    """Height of the row of headings, points: each is wrapped within its column; at least two lines."""
    lines = [len(wrap(heading, max(width - _ROOM, 1))) for heading, width in zip(headings, widths, strict=True)]
    return _LINE * max(2, *lines)


def heading_width(heading: str, width: int) -> int:
    """Width in characters: at least the one given, and such that no word of the heading breaks."""
    return max(width, *(len(word) + _ROOM for word in heading.split(" ")))


def _width(column: Column, values: pl.Series) -> int:
    """Width in characters: at least what the heading needs, and as wide as the column's longest text."""
    texts = values.drop_nulls().unique().to_list() if values.dtype == pl.String else []
    own = heading_width(column.heading, column.width)
    return min(max(own, *(len(text) + 2 for text in texts), 0), _MAX_WIDTH)
