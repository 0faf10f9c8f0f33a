"""The sheet where a planner chooses area, service and age group, sees the fan, and tries an own assumption."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from xlsxwriter.worksheet import Worksheet

from reporting.inputs import ALL, ReportInputs
from reporting.labels import Labels
from reporting.texts import Texts
from reporting.workbook.book import Book, Place

_AREA, _SERVICE, _GROUP, _YEAR, _VALUE, _LOW, _HIGH = 0, 1, 2, 3, 5, 7, 10
_FIRST = 29  # First row of the years, from 0; the chart stands above.
_NA = "#N/A"


@dataclass(frozen=True)
class Choice:
    """What stands in the choosing cells when the file is opened."""

    area: str
    service: str


def write_chooser(book: Book, inputs: ReportInputs, language: str, forecast: Place, lists: Place) -> None:
    """Write the chooser sheet.

    Args:
        book: the workbook.
        inputs: the protected edition.
        language: fi, sv or en.
        forecast: where the table of the yearly forecast stands.
        lists: where the lists of names stand: areas, services, age groups by column.
    """
    texts, labels = Texts(language), Labels(inputs.county, language)
    sheet = book.sheet(texts.get("sheet-chooser"), texts.get("chooser-title"), texts.get("sheet-note-chooser"))
    first = Choice(inputs.county.code, _first_service(inputs))
    sizes = (
        len(inputs.county.service_areas) + 1,
        len(inputs.county.services),
        len(inputs.county.age_groups.labels) + 1,
    )
    chosen = (labels.area(first.area), labels.service(first.service), labels.group(ALL))
    for row, (key, value, size) in enumerate(
        zip(("area", "service", "group"), chosen, sizes, strict=True), start=3
    ):
        sheet.write_string(row, 0, texts.of("col", key), book.bold)
        sheet.write_string(row, 1, value, book.choice_format)
        source = lists.column(row - 3).rsplit("$", 1)[0] + f"${lists.first + size - 1}"
        sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": "=" + source})
    sheet.write_string(6, 0, texts.get("chooser-assumption"), book.bold)
    sheet.write_number(6, 1, 0.0, book.input_format)
    limits = {"validate": "decimal", "criteria": "between", "minimum": -0.5, "maximum": 0.5}
    sheet.data_validation(6, 1, 6, 1, {**limits, "error_message": texts.get("chooser-limits")})
    years = _write_years(book, sheet, inputs, texts, forecast, first)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, 5, 15)
    sheet.insert_chart(2, 2, _chart(book, texts, years), {"description": texts.get("chooser-alt")})


def _first_service(inputs: ReportInputs) -> str:
    table = inputs.need("need_forecast")
    known = set(table["service"].unique())
    return next(s.code for s in inputs.county.services if s.code in known)


def _write_years(
    book: Book, sheet: Worksheet, inputs: ReportInputs, texts: Texts, forecast: Place, first: Choice
) -> int:
    """Rows of years with formulas that read the forecast sheet; returns their number."""
    sheet.set_row(_FIRST - 1, 32)
    headings = ("col-year", "kind-observed", "chooser-median", "chooser-low", "chooser-high", "chooser-own")
    for c, key in enumerate(headings):
        sheet.write_string(_FIRST - 1, c, texts.get(key), book.heading_format)
    whole = inputs.need("need_forecast").filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL))
    here = whole.filter((pl.col("area") == first.area) & (pl.col("service") == first.service)).sort("year")
    integer = book.formats["integer"]
    last = int(here.filter(pl.col("kind") == "observed")["year"].max())  # type: ignore[arg-type]
    for r, row in enumerate(here.iter_rows(named=True), start=_FIRST):
        sheet.write_number(r, 0, row["year"], book.formats["year"])
        if row["kind"] == "observed":
            sheet.write_formula(r, 1, _lookup(forecast, _VALUE, r), integer, _known(row["mean"]))
            continue
        for c, (column, value) in enumerate(((_VALUE, "q0.5"), (_LOW, "q0.1"), (_HIGH, "q0.9")), start=2):
            sheet.write_formula(r, c, _lookup(forecast, column, r), integer, _known(row[value]))
        own = f"=C{r + 1}*(1+$B$7)^(A{r + 1}-{last})"
        sheet.write_formula(r, 5, own, integer, _known(row["q0.5"]))
    return here.height


def _known(value: float | None) -> float | str:
    return _NA if value is None else value


def _lookup(forecast: Place, column: int, row: int) -> str:
    """Formula for the one forecast row of the chosen area, service, age group and the row's year."""
    keys = ((_AREA, "$B$4"), (_SERVICE, "$B$5"), (_GROUP, "$B$6"), (_YEAR, f"$A{row + 1}"))
    criteria = ",".join(f"{forecast.column(place)},{cell}" for place, cell in keys)
    value = forecast.column(column)
    return f'=IF(COUNTIFS({criteria},{value},">=0")=0,NA(),SUMIFS({value},{criteria}))'


def _chart(book: Book, texts: Texts, years: int) -> object:
    chart = book.file.add_chart({"type": "line"})
    name = texts.get("sheet-chooser")
    last = _FIRST + years - 1
    lines = (
        (1, {"color": "#1B1F24", "width": 2.25}),
        (2, {"color": "#005A9C", "width": 2.25, "dash_type": "dash"}),
        (3, {"color": "#78AAD0", "width": 1.25}),
        (4, {"color": "#78AAD0", "width": 1.25}),
        (5, {"color": "#B45F06", "width": 1.75, "dash_type": "round_dot"}),
    )
    for column, line in lines:
        chart.add_series(
            {
                "name": [name, _FIRST - 1, column],
                "categories": [name, _FIRST, 0, last, 0],
                "values": [name, _FIRST, column, last, column],
                "line": line,
            }
        )
    chart.set_title({"name": texts.get("chooser-chart"), "name_font": {"size": 13, "bold": True}})
    chart.set_x_axis({"interval_unit": 5, "num_format": "0"})
    chart.set_y_axis(
        {"min": 0, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D8DEE4"}}}
    )
    chart.set_legend({"position": "bottom"})
    chart.show_na_as_empty_cell()
    chart.show_blanks_as("gap")
    chart.set_size({"width": 860, "height": 480})
    return chart
