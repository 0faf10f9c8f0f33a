"""Putting the workbook together: contents, chooser, tables, method, sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl
from xlsxwriter.worksheet import Worksheet

from lake.atomic import written_atomically
from reporting.disclosure import Protected
from reporting.inputs import ALL, MONTH_PARTS, Language, ReportInputs
from reporting.labels import Labels
from reporting.localised import Localised
from reporting.missing import why_no_need
from reporting.page.futures import scenario_codes
from reporting.page.month_reasons import pins
from reporting.page.need_tables import followed_services, running_year
from reporting.page.source_tables import sources, suppressed
from reporting.protection import told_protection
from reporting.texts import Texts
from reporting.workbook.book import TOP, Book, Column, Kind, Place
from reporting.workbook.chooser import Tables, write_chooser
from reporting.workbook.plans import sheet_plans

WITH_UNIT = ("forecast", "drivers", "scenarios", "tornado")  # need by year: some services in client-months
METHOD = ("page-method-need", "page-method-months", "page-method-bands")


def write_workbook(protected: Protected, language: Language, folder: Path) -> list[Path]:
    """Write the planner's workbook of one edition in one language.

    Args:
        protected: the edition after disclosure control.
        language: fi, sv or en.
        folder: where the file goes.

    Returns:
        The file, `<county>-<edition>-<language>.xlsx`; equal inputs give equal bytes.
    """
    inputs = protected.inputs
    path = folder / f"{inputs.county.slug}-{inputs.edition}-{language}.xlsx"
    with written_atomically(path) as temporary:
        _write(protected, language, temporary)
    return [path]


def _write(protected: Protected, language: Language, path: Path) -> None:
    inputs = protected.inputs
    edition = Localised(inputs, language)
    texts, labels = edition.texts, edition.labels
    dated = texts.get("page-edition", edition=inputs.edition, day=edition.numbers.day(inputs.as_of))
    title = texts.get("workbook-title", county=labels.area(inputs.county.code))
    banner = texts.get("synthetic-banner") if inputs.synthetic else ""
    footer = " · ".join(filter(None, (title, dated, banner)))
    book = Book(path, title, inputs.as_of, footer, hidden=texts.get("value-hidden"))
    contents = book.sheet(texts.get("sheet-contents"), title, dated)
    plans = sheet_plans(edition)
    tables = {plan.key: plan.rows for plan in plans}
    listed: list[str] = []
    chooser = inputs.need_forecast is not None
    if chooser:
        # The chooser comes before the sheet it reads, so its sheet's place is known from the count of rows.
        places = {
            key: Place(texts.of("sheet", key), TOP + 2, TOP + 1 + rows.height) for key, rows in tables.items()
        }
        lists = Place(texts.get("sheet-lists"), TOP + 2, TOP + 2)
        read = Tables(places["forecast"], lists, places.get("drivers"), places.get("scenarios"))
        write_chooser(book, inputs, language, read)
        listed.append("chooser")
    standing = " · ".join(filter(None, (dated, _see(texts), banner)))
    for plan in plans:
        title, note = texts.of("sheet-note", plan.key), standing
        if plan.key in WITH_UNIT:
            note = f"{texts.get('client-months-note')} {note}"
        if plan.key == "forecast":
            note = " ".join((*_bends(edition), note))
        book.table_sheet(texts.of("sheet", plan.key), title, note, plan.columns, tables[plan.key])
        listed.append(plan.key)
    _write_method(book, edition)
    _write_metadata(book, edition, protected)
    listed += ["method", "sources", "suppressed"]
    if chooser:
        _write_lists(book, texts, labels, inputs)
        listed.append("lists")
    _write_contents(book, contents, texts, listed, banner)
    book.file.close()


def _bends(edition: Localised) -> list[str]:
    """Where the yearly line bends because a total that is known or followed ends."""
    texts, year = edition.texts, running_year(edition.inputs.need_forecast)
    followed = followed_services(edition)
    return [
        *([texts.get("page-running-note", year=year)] if year else []),
        *([texts.get("page-followed-note", services=followed)] if followed else []),
    ]


def _see(texts: Texts) -> str:
    return texts.get("workbook-see", sources=texts.get("sheet-sources"), method=texts.get("sheet-method"))


def _write_contents(book: Book, sheet: Worksheet, texts: Texts, listed: list[str], banner: str) -> None:
    if banner:
        warning = book.style(bold=True, bg_color="#FFE08A")
        sheet.merge_range(2, 0, 2, 1, banner, warning)
    for r, key in enumerate(listed, start=4):
        name = texts.of("sheet", key)
        sheet.write_url(r, 0, f"internal:'{name}'!A1", book.link_format, name)
        sheet.write_string(r, 1, texts.of("sheet-note", key))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, max(len(texts.of("sheet-note", key)) for key in listed))
    sheet.activate()


def _write_method(book: Book, edition: Localised) -> None:
    inputs, texts = edition.inputs, edition.texts
    sheet = book.sheet(texts.get("sheet-method"), texts.get("sheet-note-method"))
    protection = told_protection(
        inputs.county.disclosure, texts.get, "page-method-disclosure", "page-method-disclosure-rounded"
    )
    paragraphs = [*(texts.get(key) for key in METHOD), protection]
    if inputs.need_forecast is None:
        paragraphs.insert(0, why_no_need(inputs, texts))
    if inputs.month_parts is not None:
        told = "; ".join(f"{texts.of('part', p)}: {texts.of('part-meaning', p)}" for p in MONTH_PARTS)
        paragraphs += [f"{texts.get('sheet-note-parts')}. {told}."]
    paragraphs += pins(edition).values()
    if inputs.measures is not None:
        paragraphs += [texts.get("page-measures-note"), texts.get("page-continuity-note")]
    book.paragraphs(sheet, [*paragraphs, texts.get("page-trust-note"), texts.get("chooser-note")])


def _write_metadata(book: Book, edition: Localised, protected: Protected) -> None:
    texts, listed = edition.texts, sources(edition)
    columns = [Column(heading, "text", 40 if c == 0 else 24) for c, heading in enumerate(listed.columns)]
    book.table_sheet(texts.get("sheet-sources"), listed.caption, "", columns, _texts(listed.columns, listed.rows))
    kinds: tuple[Kind, ...] = ("text", "integer", "integer", "integer", "percent", "fine_percent")
    hidden = suppressed(edition, protected.suppressed)
    columns = [
        Column(h, kind, 34 if c == 0 else 16)
        for c, (h, kind) in enumerate(zip(hidden.columns, kinds, strict=True))
    ]
    name = pl.col("table").map_elements(lambda code: texts.of("table", code), return_dtype=pl.String)
    rows = protected.suppressed.with_columns(name)
    book.table_sheet(texts.get("sheet-suppressed"), hidden.caption, "", columns, rows)


def _write_lists(book: Book, texts: Texts, labels: Labels, inputs: ReportInputs) -> None:
    county = inputs.county
    areas = [labels.area(code) for code in (county.code, *(a.code for a in county.service_areas))]
    services = [labels.service(s.code) for s in county.services]
    groups = [labels.group(g) for g in (ALL, *county.age_groups.labels)]
    names = [areas, services, groups]
    if scenarios := [labels.scenario(code, inputs.need_scenarios) for code in scenario_codes(inputs)]:
        names.append(scenarios)
    keys = ("area", "service", "group", "scenario")[: len(names)]
    columns = [Column(texts.of("col", key), "text", 36) for key in keys]
    rows = _texts([column.heading for column in columns], zip_longest(*names))
    book.table_sheet(texts.get("sheet-lists"), texts.get("sheet-note-lists"), "", columns, rows)


def _texts(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(headings, pl.String), orient="row")
