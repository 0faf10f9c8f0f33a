"""The planner's workbook: real tables and charts, no formula from data, the same bytes every time."""

from __future__ import annotations

import shutil
import subprocess
import textwrap
import warnings
import zipfile
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import get_column_letter

from counties.models import Names
from reporting.disclosure import protect_inputs
from reporting.localised import Localised
from reporting.workbook import write_workbook
from reporting.workbook.book import Book, Column
from reporting.workbook.bulk import HIDDEN
from reporting.workbook.record_sheets import scorecard
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
    assert len(sheet.data_validations.dataValidation) == 7
    assert sheet["B30"].value.startswith("=IF(COUNTIFS('Ennuste'!$A$5:")
    assert len(sheet._charts) == 2
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


def test_the_chooser_s_cost_staff_scenario_and_drivers_follow_the_cells_a_planner_changes(book, path):
    sheet, values = book["Valinta"], openpyxl.load_workbook(path, data_only=True)["Valinta"]
    assert (sheet["B8"].value, sheet["B9"].value) == (None, None)
    assert sheet["G36"].value == '=IF(OR($B$8="",F36=""),"",F36*$B$8)'
    assert sheet["H36"].value == '=IF(OR($B$9="",F36=""),"",F36/$B$9)'
    assert sheet["I36"].value.startswith("=IF(OR($B$6<>\"kaikki ikäryhmät\",COUNTIFS('Skenaariot'!")
    inputs = protect_inputs(sample_inputs()).inputs
    here = (pl.col("area") == "21") & (pl.col("service") == "home_care")
    course = inputs.need_scenarios.filter(here, pl.col("year") == 2045, pl.col("scenario") == "constant_rate")
    assert values["I55"].value == pytest.approx(course["q0.5"].item())
    drivers = inputs.need_drivers.filter(here, pl.col("to_year") == 2045)
    told = {values.cell(r, 12).value: values.cell(r, 13).value for r in range(30, 34)}
    assert told["muutos yhteensä"] == pytest.approx(drivers.filter(pl.col("driver") == "total")["mean"].item())
    assert len(told) == 4


def test_no_number_of_the_drivers_chart_stands_on_the_names_at_its_edge(book, path):
    """The axis reaches beyond the longest bar: an unseen series is wider than all the others."""
    values = openpyxl.load_workbook(path, data_only=True)["Valinta"]
    (bars,) = (chart for chart in book["Valinta"]._charts if chart.tagname == "barChart")
    seen, room = (
        [values[cell.replace("$", "")] for cell in series.val.numRef.f.split("!")[1].split(":")]
        for series in bars.series
    )
    told = [values.cell(r, seen[0].column).value for r in range(seen[0].row, seen[1].row + 1)]
    reach = max(0, *told) - min(0, *told)
    assert room[0].value == pytest.approx(min(0, *told) - 0.2 * reach)
    assert room[1].value == pytest.approx(max(0, *told) + 0.2 * reach)
    assert bars.series[1].spPr.noFill


def test_rows_stand_in_the_order_of_the_county_file(book):
    county = sample_county()
    services = [service.names.fi for service in county.services]
    areas = [county.names.fi, *(area.names.fi for area in county.service_areas)]
    rows = rows_of(book["Ennuste"])
    assert list(dict.fromkeys(row[0] for row in rows)) == areas
    assert list(dict.fromkeys(row[1] for row in rows)) == services
    counted = {row[0]: row[1] for row in rows_of(book["Hoitoon pääsy"])}
    assert counted["Hoitoon 7 päivässä päässeet"] == "hoitoon päässeet"
    assert list(counted)[:2] == ["Hoitoon 7 päivässä päässeet", "Hoitoon 14 päivässä päässeet"]


def test_a_year_without_a_figure_is_empty_and_the_chart_leaves_a_gap(tmp_path):
    """A scenario is told in some years only; the chart draws hidden copies that are #N/A where nothing is told."""
    inputs = sample_inputs()
    told = inputs.need_scenarios.filter(pl.col("year").is_in([2030, 2045]))
    path = write_workbook(protect_inputs(replace(inputs, need_scenarios=told)), "fi", tmp_path)[0]
    shown, values = (openpyxl.load_workbook(path, data_only=cached)["Valinta"] for cached in (False, True))
    years = range(36, 56)
    drawn = {row: values.cell(row, 29).value for row in years}
    assert {row: values.cell(row, 9).value or "#N/A" for row in years} == drawn
    assert [values.cell(row, 1).value for row in years if drawn[row] != "#N/A"] == [2030, 2045]
    assert "#N/A" not in [cell.value for row in values.iter_rows(max_col=19) for cell in row]
    hidden = {
        get_column_letter(n) for g in shown.column_dimensions.values() if g.hidden for n in range(g.min, g.max + 1)
    }
    (lines,) = (chart for chart in shown._charts if chart.tagname == "lineChart")
    columns = {series.val.numRef.f.split("$")[1] for series in lines.series}
    assert columns <= hidden and len(columns) == 6
    with zipfile.ZipFile(path) as parts:
        assert 'c:plotVisOnly val="1"' not in parts.read("xl/charts/chart1.xml").decode()


def test_scenarios_assumptions_and_uncertainty_have_their_sheets(book):
    inputs = protect_inputs(sample_inputs()).inputs
    assert len(rows_of(book["Skenaariot"])) == inputs.need_scenarios.height
    assert {row[0] for row in rows_of(book["Oletukset"])} == {"Palvelun käytön kehitys", "healthy share"}
    assert rows_of(book["Epävarmuus"])[0][3:6] == (0.2, 0.7, 0.1)
    for sheet, year in (("Skenaariot", 3), ("Oletukset", 3), ("Epävarmuus", 2), ("Muutoksen osat", 3)):
        told = {(row[year], row[-1]) for row in rows_of(book[sheet])}
        assert {(y, "kyllä" if y <= 2030 else "ei") for y, _ in told} == told, sheet
        assert 2045 in {y for y, _ in told}, sheet
    hidden = [row for row in rows_of(book["Skenaariot"]) if row[4] == "salattu"]
    assert len(hidden) == inputs.need_scenarios.filter(pl.col("suppressed") != "").height


def wide(sheet):
    """Width of each column by letter; neighbours of equal width are kept together in the file."""
    return {
        get_column_letter(number): group.width
        for group in sheet.column_dimensions.values()
        for number in range(group.min, group.max + 1)
    }


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_text_is_wider_than_its_column_and_no_heading_higher_than_its_row(language, tmp_path):
    book = openpyxl.load_workbook(write_workbook(protect_inputs(sample_inputs()), language, tmp_path)[0])
    chooser = book.worksheets[1]
    assert max(len(chooser.cell(row, 1).value) for row in range(4, 11)) + 2 <= wide(chooser)["A"]
    for heading in chooser[29][:9]:
        assert max(map(len, heading.value.split(" "))) + 3 <= wide(chooser)[heading.column_letter], heading.value
    for sheet in book:
        if not sheet.tables:
            continue
        widths = wide(sheet)
        for heading in sheet[4]:
            room = int(widths[heading.column_letter]) - 3
            lines = textwrap.wrap(heading.value, room, break_long_words=False)
            assert max(map(len, lines)) <= room, (sheet.title, heading.value)  # no word breaks
            assert sheet.row_dimensions[4].height >= 15 * len(lines), (sheet.title, heading.value)
        for row in sheet.iter_rows(min_row=5):
            for cell in row:
                text = cell.value if isinstance(cell.value, str) else ""
                assert len(text) <= widths[cell.column_letter], (sheet.title, text)


def test_headings_stand_over_their_numbers_and_say_levels_the_language_s_way(book):
    headings = {cell.value: cell for cell in book["Ennuste"][4]}
    assert "Kvantiili 2,5\u00a0%" in headings and "Kvantiili 10\u00a0%" in headings
    assert headings["Arvo"].alignment.horizontal == "right"
    assert headings["Alue"].alignment.horizontal != "right"
    assert book["Ennuste"]["F5"].number_format.endswith("_)")  # keeps a number off the text beside it


def test_every_table_of_results_says_its_edition_and_where_sources_stand(book):
    for name in ("Ennuste", "Kuukaudet", "Skenaariot", "Kirjaamisen laatu"):
        assert "Julkaisu" in book[name]["A2"].value and "Lähteet" in book[name]["A2"].value, name
    assert "asiakaskuukausia" in book["Ennuste"]["A2"].value


def test_the_forecast_sheet_says_where_its_lines_may_bend(book):
    note = book["Ennuste"]["A2"].value
    assert "voi siksi taittua" in note and "Kotihoidon käynnit (2028)" in note
    assert "seuraa erikseen ennustettua kokonaismäärää" in {row[-1] for row in rows_of(book["Ennuste"])}


def test_page_numbers_do_not_stand_on_the_footer(book):
    assert book["Ennuste"].oddHeader.right.text == "&P / &N"
    assert not book["Ennuste"].oddFooter.right.text


SECOND_SHEET = "59,34,76,1,,0,false,true,false,false,false,2"  # semicolons, UTF-8, as shown, the second sheet


# Formulas are worked out anew when a file is opened, rather than taken from it.
WORKED_OUT = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode"><value>0</value></prop>
</item>
</oor:items>
"""


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_workbook_opens_in_libreoffice_and_its_formulas_count(tmp_path):
    protected = protect_inputs(sample_inputs())
    drivers = protected.inputs.need_drivers
    one = (pl.col("area") == "21") & (pl.col("service") == "home_care") & (pl.col("driver") == "size")
    drivers = drivers.with_columns(
        *(pl.when(~one).then(name).alias(name) for name in ("mean", "q0.1", "q0.5", "q0.9")),
        suppressed=pl.when(one).then(pl.lit("primary")).otherwise("suppressed"),
    )
    path = write_workbook(
        replace(protected, inputs=replace(protected.inputs, need_drivers=drivers)), "fi", tmp_path
    )[0]
    (tmp_path / "home/user").mkdir(parents=True)
    (tmp_path / "home/user/registrymodifications.xcu").write_text(WORKED_OUT, encoding="utf-8")
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", f"csv:Text - txt - csv (StarCalc):{SECOND_SHEET}"]
    done = subprocess.run([*command, "--outdir", tmp_path, path], capture_output=True, timeout=240, check=False)
    assert done.returncode == 0 and b"Error" not in done.stderr, done.stderr
    (written,) = tmp_path.glob("*.csv")
    rows = [line.split(";") for line in written.read_text(encoding="utf-8").splitlines()]
    years = {row[0]: row for row in rows if row[0].isdigit()}
    assert years["2045"][2] == years["2045"][5] != ""
    assert not any(cell.startswith(("#NAME", "#REF", "#VALUE", "Err:")) for row in rows for cell in row)
    assert not any(cell.startswith("#N/A") for row in rows for cell in row[:19])
    told = {row[11]: row[12] for row in rows[29:33]}
    assert told.pop("väestön määrä") == ""  # a hidden change is no change of nought
    assert len(told) == 3 and all(told.values())


def test_the_model_in_use_is_the_one_behind_the_figures_also_where_another_scored_better():
    inputs = sample_inputs()
    need = inputs.need_scorecard.with_columns(published=~pl.col("champion"))
    edition = Localised(replace(inputs, need_scorecard=need), "fi")
    years = scorecard(edition).filter(pl.col("scored") == edition.texts.of("scored", "need"))
    told = {subject: set(rows["model"]) for (subject,), rows in years.filter(in_use="kyllä").group_by("subject")}
    behind = {edition.labels.model(code) for code in need.filter("published")["model"]}
    assert told and all(models == behind for models in told.values())
    assert not behind & {edition.labels.model(code) for code in need.filter("champion")["model"]}
