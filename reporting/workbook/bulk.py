"""Many rows of a sheet at once: their cells are put together as columns, not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range
from xlsxwriter.worksheet import Worksheet

HIDDEN = "_hidden"
_DAY_ZERO = date(1899, 12, 30)  # Day 0 of the spreadsheet calendar, for days from 1 March 1900.


@dataclass(frozen=True)
class BulkColumn:
    """How a column's numbers are written: cell format, decimals kept, and whether hidden rows say so here."""

    form: Format
    digits: int
    tells_hidden: bool = False


@dataclass(frozen=True)
class Bulk:
    """Rows for a sheet.

    Attributes:
        first: row of the first, from 0.
        rows: the frame; its first columns are those of `columns`, `HIDDEN` may follow.
        columns: how they are written.
        hidden: what a hidden row says in the columns that tell so.
    """

    first: int
    rows: pl.DataFrame
    columns: Sequence[BulkColumn]
    hidden: str

    def __post_init__(self) -> None:
        """Refuse a frame whose columns are not those of the sheet."""
        width = len([c for c in self.rows.columns if c != HIDDEN])
        if width != len(self.columns):
            raise ValueError(
                f"rows have {width} columns ({', '.join(self.rows.columns)}), not {len(self.columns)}"
            )


class BulkWorksheet(Worksheet):  # type: ignore[misc]  # the library has no types
    """A worksheet whose table body is written from a frame when the file is closed."""

    _bulk: Bulk | None = None
    dim_rowmax: int | None

    def write_bulk(self, bulk: Bulk, last: int) -> None:
        """Take the body of the sheet's one table, which then ends at row `last` (from 0)."""
        # The file's list of texts is closed before sheets are written, so texts are numbered now.
        self._bulk, self._texts = bulk, self._numbered(bulk)
        self._check_dimensions(last, len(bulk.columns) - 1)
        # A table over all rows would be asked for cell by cell whether another lies there.
        table = self.tables[0]
        for place in ("range", "a_range", "autofilter"):
            table[place] = xl_range(bulk.first - 1, 0, last, len(bulk.columns) - 1)

    def _numbered(self, bulk: Bulk) -> dict[str, str]:
        """Text -> its number in the file's list of texts, which also counts the cells of each."""
        rows = bulk.rows
        counts = pl.concat(
            [pl.Series("text", [], pl.String), *(rows[c].alias("text") for c in rows.columns if _is_text(rows[c]))]
        ).value_counts()
        if HIDDEN in rows.columns:
            times = int(rows[HIDDEN].sum()) * sum(column.tells_hidden for column in bulk.columns)
            counts.extend(pl.DataFrame({"text": [bulk.hidden], "count": [times]}, schema=counts.schema))
        numbers = {}
        for text, times in counts.filter(pl.col("text") != "", pl.col("count") > 0).sort("text").iter_rows():
            numbers[text] = str(self.str_table._get_shared_string_index(text))
            self.str_table.count += times - 1
        return numbers

    def _write_rows(self) -> None:
        if self._bulk is None:
            super()._write_rows()
            return
        last, self.dim_rowmax = self.dim_rowmax, self._bulk.first - 1
        super()._write_rows()
        self.dim_rowmax = last
        if self._bulk.rows.height:
            self.fh.write(self._body(self._bulk))

    def _body(self, bulk: Bulk) -> str:
        rows = bulk.rows.with_row_index("_row", offset=bulk.first + 1).with_columns(pl.col("_row").cast(pl.String))
        names = [name for name in bulk.rows.columns if name != HIDDEN]
        hidden = pl.lit(self._texts.get(bulk.hidden, ""))
        cells = []
        for c, (name, column) in enumerate(zip(names, bulk.columns, strict=True)):
            cell = self._cell(rows[name], xl_col_to_name(c), column)
            if HIDDEN in rows.columns and column.tells_hidden:
                cell = pl.when(HIDDEN).then(_text_cell(xl_col_to_name(c), hidden)).otherwise(cell)
            cells.append(cell)
        row = pl.concat_str(pl.lit('<row r="'), "_row", pl.lit('">'), *cells, pl.lit("</row>"))
        return str(rows.select(row.str.join("")).item())

    def _cell(self, values: pl.Series, letters: str, column: BulkColumn) -> pl.Expr:
        """The cell's XML; nothing where there is no value."""
        value = pl.col(values.name)
        if _is_text(values):
            number = value.replace_strict(self._texts, default=None, return_dtype=pl.String)
            return _text_cell(letters, number).fill_null("")
        form = f'" s="{column.form._get_xf_index()}"><v>'
        number = _number(value, values.dtype, column.digits)
        cell = pl.concat_str(pl.lit(f'<c r="{letters}'), "_row", pl.lit(form), number, pl.lit("</v></c>"))
        return cell.fill_null("")


def _is_text(values: pl.Series) -> bool:
    return bool(values.dtype == pl.String)


def _text_cell(letters: str, number: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(f'<c r="{letters}'), "_row", pl.lit('" t="s"><v>'), number, pl.lit("</v></c>"))


def _number(value: pl.Expr, kind: pl.DataType, digits: int) -> pl.Expr:
    """A number as text, without a tail of zeros; a date as its day in the spreadsheet's calendar."""
    if kind == pl.Null:
        return pl.lit(None, pl.String)
    if kind.is_temporal():
        return (value.cast(pl.Date) - pl.lit(_DAY_ZERO)).dt.total_days().cast(pl.String)
    if kind.is_float():
        return (value.round(digits) + 0.0).cast(pl.String).str.strip_suffix(".0")
    return value.cast(pl.Int64).cast(pl.String)
