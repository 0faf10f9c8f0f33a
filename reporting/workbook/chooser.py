"""The sheet where a planner chooses area, service and age group, sees the fan, and tries an own assumption."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from reporting.inputs import ALL, ReportInputs
from reporting.labels import Labels
from reporting.page.futures import scenario_codes
from reporting.texts import Texts, capital
from reporting.workbook.book import Book, Place, heading_height, heading_width
from reporting.workbook.driver_block import write_drivers

_AREA, _SERVICE, _GROUP, _YEAR, _VALUE, _LOW, _HIGH = 0, 1, 2, 3, 5, 7, 10
_SCENARIO, _OF_AREA, _OF_SERVICE, _OF_YEAR, _OF_VALUE = range(5)  # columns of the scenarios' sheet
_FIRST = 29  # First row of the years, from 0; the chart stands above.
_PLOTTED = 20  # place of the first hidden copy: the chart draws copies of the columns
_WIDTHS = (50, 40, *(15,) * 7)


@dataclass(frozen=True)
class Choice:
    """What stands in the choosing cells when the file is opened."""

    area: str
    service: str


@dataclass(frozen=True)
class Tables:
    """Where the tables stand that the chooser's formulas read; None for those the edition does not have.

    Attributes:
        forecast: the yearly forecast.
        lists: names of areas, services, age groups and scenarios, by column.
        drivers: parts of the change.
        scenarios: other courses of the future.
    """

    forecast: Place
    lists: Place
    drivers: Place | None = None
    scenarios: Place | None = None


def write_chooser(book: Book, inputs: ReportInputs, language: str, tables: Tables) -> None:
    """Write the chooser sheet.

    Args:
        book: the workbook.
        inputs: the protected edition.
        language: fi, sv or en.
        tables: where the tables stand that the formulas read.
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
        _offer(book, sheet, row, texts.of("col", key), value, tables.lists, row - 3, size)
    sheet.write_string(6, 0, texts.get("chooser-assumption"), book.bold)
    sheet.write_number(6, 1, 0.0, book.input_format)
    limits = {"validate": "decimal", "criteria": "between", "minimum": -0.5, "maximum": 0.5}
    sheet.data_validation(6, 1, 6, 1, {**limits, "error_message": texts.get("chooser-limits")})
    for row, key in ((7, "chooser-cost"), (8, "chooser-output")):
        sheet.write_string(row, 0, texts.get(key), book.bold)
        sheet.write_blank(row, 1, None, book.amount_format)
        positive = {"validate": "decimal", "criteria": ">", "value": 0, "ignore_blank": True}
        sheet.data_validation(row, 1, row, 1, {**positive, "error_message": texts.get("chooser-positive")})
    scenarios = scenario_codes(inputs) if tables.scenarios else []
    if scenarios:
        name = labels.scenario(scenarios[0], inputs.need_scenarios)
        _offer(book, sheet, 9, texts.get("col-scenario"), name, tables.lists, 3, len(scenarios))
    years = _write_years(book, sheet, inputs, texts, tables, first, labels.group(ALL), scenarios)
    chart = _chart(book, texts, years, with_scenario=bool(scenarios))
    sheet.insert_chart(2, 2, chart, {"description": texts.get("chooser-alt")})
    if tables.drivers is not None:
        write_drivers(book, sheet, inputs, labels, tables.drivers, _FIRST - 1)


def _offer(
    book: Book, sheet: Worksheet, row: int, name: str, value: str, lists: Place, column: int, size: int
) -> None:
    """A cell that offers the names of one list."""
    sheet.write_string(row, 0, name, book.bold)
    sheet.write_string(row, 1, value, book.choice_format)
    source = lists.column(column).rsplit("$", 1)[0] + f"${lists.first + size - 1}"
    sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": "=" + source})


def _first_service(inputs: ReportInputs) -> str:
    table = inputs.need("need_forecast")
    known = set(table["service"].unique())
    return next(s.code for s in inputs.county.services if s.code in known)


def _write_years(
    book: Book,
    sheet: Worksheet,
    inputs: ReportInputs,
    texts: Texts,
    tables: Tables,
    first: Choice,
    everyone: str,
    scenarios: list[str],
) -> int:
    """Rows of years with formulas that read the other sheets; returns their number."""
    forecast = tables.forecast
    headings = (
        *("col-year", "kind-observed", "chooser-median", "chooser-low", "chooser-high", "chooser-own"),
        *("chooser-cost-own", "chooser-staff-own", *(["col-scenario"] if scenarios else [])),
    )
    told = [capital(texts.get(key)) for key in headings]
    for c, heading in enumerate(told):
        sheet.write_string(_FIRST - 1, c, heading, book.number_heading if c else book.heading_format)
    widths = [heading_width(heading, width) for heading, width in zip(told, _WIDTHS, strict=False)]
    for c, width in enumerate(widths):
        sheet.set_column(c, c, width)
    sheet.set_row(_FIRST - 1, heading_height(told, widths))
    year_format = book.style(num_format="0", align="left")
    whole = inputs.need("need_forecast").filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL))
    here = whole.filter((pl.col("area") == first.area) & (pl.col("service") == first.service)).sort("year")
    integer = book.formats["integer"]
    last = int(here.filter(pl.col("kind") == "observed")["year"].max())  # type: ignore[arg-type]
    for r, row in enumerate(here.iter_rows(named=True), start=_FIRST):
        sheet.write_number(r, 0, row["year"], year_format)
        if row["kind"] == "observed":
            _write_drawn(sheet, (r, 1), _lookup(forecast, _VALUE, r), integer, row["mean"])
            continue
        for c, (column, value) in enumerate(((_VALUE, "q0.5"), (_LOW, "q0.1"), (_HIGH, "q0.9")), start=2):
            _write_drawn(sheet, (r, c), _lookup(forecast, column, r), integer, row[value])
        own = f'=IF(C{r + 1}="","",C{r + 1}*(1+$B$7)^(A{r + 1}-{last}))'
        _write_drawn(sheet, (r, 5), own, integer, row["q0.5"])
        for c, cell, sign, form in ((6, "$B$8", "*", integer), (7, "$B$9", "/", book.formats["decimal"])):
            sheet.write_formula(r, c, f'=IF(OR({cell}="",F{r + 1}=""),"",F{r + 1}{sign}{cell})', form, "")
        if scenarios and tables.scenarios is not None:
            formula = _scenario_lookup(tables.scenarios, everyone, r)
            _write_drawn(sheet, (r, 8), formula, integer, _course(inputs, scenarios[0], first, row["year"]))
    sheet.set_column(_PLOTTED, _PLOTTED + len(told) - 1, None, None, {"hidden": True})
    return here.height


def _write_drawn(sheet: Worksheet, at: tuple[int, int], formula: str, form: Format, value: float | None) -> None:
    """A figure, empty where there is none, and its hidden copy: charts leave a gap for #N/A, not for a text."""
    (row, column), cell = at, xl_rowcol_to_cell(*at)
    sheet.write_formula(row, column, formula, form, "" if value is None else value)
    copied = f"=IF(ISNUMBER({cell}),{cell},NA())"
    sheet.write_formula(row, _PLOTTED + column, copied, None, "#N/A" if value is None else value)


def _course(inputs: ReportInputs, scenario: str, first: Choice, year: int) -> float | None:
    """What the scenario's cell shows when the file is opened."""
    here = (pl.col("scenario") == scenario) & (pl.col("area") == first.area) & (pl.col("service") == first.service)
    found = inputs.need("need_scenarios").filter(here, pl.col("year") == year)["q0.5"].to_list()
    return found[0] if found else None


def _scenario_lookup(scenarios: Place, everyone: str, row: int) -> str:
    """Formula for the chosen scenario's row of the year; scenarios are told for all persons together."""
    keys = ((_SCENARIO, "$B$10"), (_OF_AREA, "$B$4"), (_OF_SERVICE, "$B$5"), (_OF_YEAR, f"$A{row + 1}"))
    criteria = ",".join(f"{scenarios.column(place)},{cell}" for place, cell in keys)
    value = scenarios.column(_OF_VALUE)
    known = f'COUNTIFS({criteria},{value},">=0")=0'
    whole = everyone.replace('"', '""')
    return f'=IF(OR($B$6<>"{whole}",{known}),"",SUMIFS({value},{criteria}))'


def _lookup(forecast: Place, column: int, row: int) -> str:
    """Formula for the one forecast row of the chosen area, service, age group and the row's year."""
    keys = ((_AREA, "$B$4"), (_SERVICE, "$B$5"), (_GROUP, "$B$6"), (_YEAR, f"$A{row + 1}"))
    criteria = ",".join(f"{forecast.column(place)},{cell}" for place, cell in keys)
    value = forecast.column(column)
    return f'=IF(COUNTIFS({criteria},{value},">=0")=0,"",SUMIFS({value},{criteria}))'


def _chart(book: Book, texts: Texts, years: int, *, with_scenario: bool) -> object:
    chart = book.file.add_chart({"type": "line"})
    name = texts.get("sheet-chooser")
    last = _FIRST + years - 1
    lines = [
        (1, {"color": "#1B1F24", "width": 2.25}),
        (2, {"color": "#005A9C", "width": 2.25, "dash_type": "dash"}),
        (3, {"color": "#78AAD0", "width": 1.25}),
        (4, {"color": "#78AAD0", "width": 1.25}),
        (5, {"color": "#B45F06", "width": 1.75, "dash_type": "round_dot"}),
    ]
    if with_scenario:
        lines.append((8, {"color": "#3D7A3D", "width": 1.75}))
    for column, line in lines:
        chart.add_series(
            {
                "name": [name, _FIRST - 1, column],
                "categories": [name, _FIRST, 0, last, 0],
                "values": [name, _FIRST, _PLOTTED + column, last, _PLOTTED + column],
                "line": line,
                # A scenario is told in some of the years only: its points are marked.
                "marker": {"type": "diamond" if column == 8 else "none", "size": 7},
            }
        )
    chart.set_title({"name": texts.get("chooser-chart"), "name_font": {"size": 13, "bold": True}})
    chart.set_x_axis({"interval_unit": 5, "num_format": "0", "num_font": {"size": 8}})
    chart.set_y_axis(
        {"min": 0, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D8DEE4"}}}
    )
    chart.set_legend({"position": "bottom"})
    chart.show_na_as_empty_cell()
    chart.show_hidden_data()
    chart.show_blanks_as("gap")
    chart.set_size({"width": 860, "height": 480})
    return chart
