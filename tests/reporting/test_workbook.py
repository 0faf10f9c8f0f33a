"""The planner's workbook: real tables and charts, no formula from data, the same bytes every time."""

from __future__ import annotations

import warnings
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest

from counties.schema import Names
from reporting.disclosure import protect_inputs
from reporting.workbook import write_workbook
from reporting.workbook.book import Book, Column
from reporting.workbook.bulk import HIDDEN
from tests.reporting.sample_inputs import sample_county, sample_inputs


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return write_workbook(protect_inputs(sample_inputs()), "fi", tmp_path_factory.mktemp("book"))[0]


@pytest.fixture(scope="module")
def book(path):
    return openpyxl.load_workbook(path)


def rows_of(sheet):
    return list(sheet.iter_rows(min_row=5, values_only=True))


def test_it_opens_on_contents_that_link_to_every_sheet(book):
    assert book.active.title == "Sisältö"
    links = {cell.hyperlink.location for row in book["Sisältö"].iter_rows() for cell in row if cell.hyperlink}
    assert {link.split("!")[0].strip("'") for link in links} == set(book.sheetnames) - {"Sisältö"}


def test_every_table_sheet_is_a_real_table_with_a_frozen_header(book):
    for name in set(book.sheetnames) - {"Sisältö", "Valinta", "Menetelmä"}:
        assert len(book[name].tables) == 1, name
        assert book[name].freeze_panes == "B5", name


def test_a_synthetic_workbook_says_so(book):
    assert "Synteettistä (keksittyä) aineistoa" in book["Sisältö"]["A3"].value
    assert "Synteettistä (keksittyä) aineistoa" in book["Ennuste"].oddFooter.left.text


def test_the_forecast_sheet_holds_every_cell_and_hides_what_is_hidden(book):
    need = protect_inputs(sample_inputs()).inputs.need_forecast.filter(pl.col("sex") == "all")
    rows = rows_of(book["Ennuste"])
    assert len(rows) == need.height
    hidden = [row for row in rows if row[5] == "salattu"]
    assert len(hidden) == need.filter(pl.col("suppressed") != "").height
    assert all(value is None for row in hidden for value in row[6:12])
    small = [row for row in rows if row[4] == "toteutunut" and isinstance(row[5], int | float) and 0 < row[5] < 5]
    assert small == []


def test_the_chooser_reads_the_forecast_by_formula_and_starts_with_its_values(book, path):
    sheet = book["Valinta"]
    assert sheet["B4"].value == "Lapin hyvinvointialue"
    assert len(sheet.data_validations.dataValidation) == 4
    assert sheet["B30"].value.startswith("=IF(COUNTIFS('Ennuste'!$A$5:")
    assert len(sheet._charts) == 1
    need = protect_inputs(sample_inputs()).inputs.need_forecast.filter(
        (pl.col("area") == "21")
        & (pl.col("service") == "home_care")
        & (pl.col("sex") == "all")
        & (pl.col("age_group") == "all")
    )
    values = openpyxl.load_workbook(path, data_only=True)["Valinta"]
    assert values["B30"].value == pytest.approx(need.filter(pl.col("year") == 2020)["mean"].item())
    assert values["F55"].value == pytest.approx(need.filter(pl.col("year") == 2045)["q0.5"].item())


def test_the_ranges_of_the_formulas_end_where_the_table_ends(book):
    table = next(iter(book["Ennuste"].tables.values()))
    last = table.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert f"$A$5:$A${last}" in book["Valinta"]["B30"].value


def test_formulas_in_names_stay_text(tmp_path):
    county = sample_county()
    nasty = "=HYPERLINK(1)\n<script>"
    area = county.service_areas[0].model_copy(update={"names": Names(fi=nasty, sv=nasty, en=nasty)})
    inputs = sample_inputs(county=county.model_copy(update={"service_areas": (area, *county.service_areas[1:])}))
    book = openpyxl.load_workbook(write_workbook(protect_inputs(inputs), "en", tmp_path)[0])
    for sheet in book:
        formulas = [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
        assert not formulas or sheet.title == "Chooser"
        assert all("HYPERLINK" not in str(c.value) for c in formulas)
    assert any(row[0] == nasty for row in rows_of(book["Forecast"]))


def test_a_run_on_open_data_alone_has_the_sheets_it_can_have(tmp_path):
    path = write_workbook(protect_inputs(sample_inputs(client_records=False)), "sv", tmp_path)[0]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Innehåll", "Träffsäkerhet", "Nyckeltal", "Metod", "Källor", "Dataskydd"]
    assert "egna klient- och patientuppgifter" in book["Metod"]["A4"].value


def test_equal_inputs_give_equal_bytes(path, tmp_path):
    again = write_workbook(protect_inputs(sample_inputs()), "fi", tmp_path)[0]
    assert again.read_bytes() == path.read_bytes()


def test_a_frame_that_does_not_fit_its_columns_is_refused(tmp_path):
    book = Book(tmp_path / "x.xlsx", "t", date(2026, 1, 1), "")
    with pytest.raises(ValueError, match="rows have 1 columns"):
        book.table_sheet("s", "t", "", [Column("a"), Column("b")], pl.DataFrame({"a": ["x"]}))


def test_texts_dates_numbers_and_hidden_rows_stand_in_their_cells(tmp_path):
    path = tmp_path / "x.xlsx"
    book = Book(path, "t", date(2026, 1, 1), "", hidden="secret")
    rows = pl.DataFrame(
        {
            "name": ["<a & b>", None, ""],
            "day": [date(1996, 2, 29), None, date(2045, 12, 1)],
            "n": [12, None, -3],
            "x": [1.25, None, 1e-9],
            "none": pl.Series([None, None, None], dtype=pl.Null),
            HIDDEN: [False, True, False],
        }
    )
    kinds = ("text", "month", "integer", "decimal", "decimal")
    columns = [Column(k, kind, tells_hidden=k == "n") for k, kind in zip("abnxz", kinds, strict=True)]
    place = book.table_sheet("s", "t", "", columns, rows)
    book.file.close()
    assert place.column(2) == "'s'!$C$5:$C$7"
    read = openpyxl.load_workbook(path)["s"]
    assert [tuple(row) for row in rows_of(read)] == [
        ("<a & b>", datetime(1996, 2, 29), 12, 1.25, None),
        (None, None, "secret", None, None),
        (None, datetime(2045, 12, 1), -3, 0, None),
    ]
    assert next(iter(read.tables.values())).ref == "A4:E7"
