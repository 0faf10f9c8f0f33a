"""What the chosen area's and service's change consists of: formulas that read the drivers' sheet, and a chart."""

from __future__ import annotations

import polars as pl
from xlsxwriter.worksheet import Worksheet

from reporting.inputs import ReportInputs
from reporting.labels import Labels
from reporting.workbook.book import Book, Place

COLUMN = 11  # the block stands to the right of the years
_ROOM = 30  # hidden column of an unseen series that widens the chart's axis
_MARGIN = 0.2  # of the bars' whole reach: the room of a number beside a bar
_AREA, _SERVICE, _TO, _DRIVER, _CHANGE = 0, 1, 3, 4, 5


def write_drivers(
    book: Book, sheet: Worksheet, inputs: ReportInputs, labels: Labels, drivers: Place, top: int
) -> None:
    """Write the block: heading row `top`, the parts of the change to the last year below it, the chart above.

    Args:
        book: the workbook.
        sheet: the chooser sheet; its cells B4 and B5 hold the chosen area and service.
        inputs: the protected edition.
        labels: names in the workbook's language.
        drivers: where the drivers' table stands.
        top: row of the headings, from 0.
    """
    texts, table = labels.texts, inputs.need("need_drivers")
    parts = [c for c in table["driver"].unique(maintain_order=True) if c != "total"]
    end = int(table["to_year"].max())  # type: ignore[arg-type]
    span = texts.get("chooser-drivers", first=str(int(table["from_year"].min())), last=str(end))  # type: ignore[arg-type]
    sheet.write_string(top, COLUMN, span, book.heading_format)
    sheet.write_string(top, COLUMN + 1, texts.get("col-change"), book.number_heading)
    sheet.set_column(COLUMN, COLUMN, 34)
    sheet.set_column(COLUMN + 1, COLUMN + 1, 15)
    first = inputs.county.code, _first_service(inputs, table)
    for r, driver in enumerate([*parts, "total"], start=top + 1):
        sheet.write_string(r, COLUMN, labels.driver(driver), book.bold if driver == "total" else None)
        formula = _lookup(drivers, end, r)
        sheet.write_formula(r, COLUMN + 1, formula, book.formats["integer"], _value(table, first, driver, end))
    chart = book.file.add_chart({"type": "bar"})
    name, last = texts.get("sheet-chooser"), top + len(parts) + 1
    _write_room(sheet, top + 1, last, [_value(table, first, driver, end) for driver in [*parts, "total"]])
    chart.add_series(
        {
            "name": span,
            "categories": [name, top + 1, COLUMN, last, COLUMN],
            "values": [name, top + 1, COLUMN + 1, last, COLUMN + 1],
            "fill": {"color": "#005A9C"},
            "invert_if_negative": True,
            "invert_if_negative_color": "#B45F06",
            "data_labels": {"value": True, "num_format": "#,##0"},
            "gap": 60,
            "overlap": 100,
        }
    )
    chart.add_series(
        {
            "categories": [name, top + 1, COLUMN, last, COLUMN],
            "values": [name, top + 1, _ROOM, last, _ROOM],
            "fill": {"none": True},
            "border": {"none": True},
        }
    )
    chart.show_hidden_data()
    chart.set_title({"name": span, "name_font": {"size": 13, "bold": True}})
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})  # every bar has its number
    chart.set_legend({"none": True})
    chart.set_size({"width": 600, "height": 360})
    sheet.insert_chart(2, COLUMN, chart, {"description": texts.get("chooser-drivers-alt")})


def _write_room(sheet: Worksheet, first: int, last: int, values: list[float | str]) -> None:
    """The unseen series: a little beyond the lowest bar, and beyond the highest.

    Without it the number beside the longest bar stands on the names along the chart's edge.
    """
    known = [0.0, *(value for value in values if isinstance(value, float))]
    beyond = _MARGIN * (max(known) - min(known))
    cells = f"$M${first + 1}:$M${last + 1}"
    for row, least, sign, value in (
        (first, "MIN", "-", min(known) - beyond),
        (last, "MAX", "+", max(known) + beyond),
    ):
        reach = f"(MAX(0,{cells})-MIN(0,{cells}))"
        sheet.write_formula(row, _ROOM, f"={least}(0,{cells}){sign}{_MARGIN}*{reach}", None, value)
    sheet.set_column(_ROOM, _ROOM, None, None, {"hidden": True})


def _lookup(drivers: Place, end: int, row: int) -> str:
    keys = ((_AREA, "$B$4"), (_SERVICE, "$B$5"), (_DRIVER, f"$L{row + 1}"), (_TO, str(end)))
    criteria = ",".join(f"{drivers.column(place)},{cell}" for place, cell in keys)
    change = drivers.column(_CHANGE)
    # A hidden change is a word, which counts as neither and would sum to nought.
    numbers = "+".join(f'COUNTIFS({criteria},{change},"{sign}")' for sign in (">=0", "<0"))
    return f'=IF({numbers}=0,"",SUMIFS({change},{criteria}))'


def _first_service(inputs: ReportInputs, table: pl.DataFrame) -> str:
    known = set(table["service"].unique())
    return next(s.code for s in inputs.county.services if s.code in known)


def _value(table: pl.DataFrame, first: tuple[str, str], driver: str, end: int) -> float | str:
    here = (pl.col("area") == first[0]) & (pl.col("service") == first[1])
    found = table.filter(here, pl.col("driver") == driver, pl.col("to_year") == end)["mean"].to_list()
    return found[0] if found and found[0] is not None else ""
