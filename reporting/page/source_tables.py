"""Where the figures came from and how many were hidden, for the page and the workbook."""

from __future__ import annotations

import polars as pl

from reporting.localised import Localised
from reporting.numbers import half_up
from reporting.page.tables import Table
from reporting.provenance import source_lines, vintages


def sources(edition: Localised) -> Table:
    """Where the figures came from."""
    lines = source_lines(edition.inputs, edition.texts, edition.numbers)
    rows = tuple((s.name, s.vintage, s.licence, s.note) for s in lines)
    columns = ("page-col-source", "page-col-vintage", "page-col-licence", "page-col-note")
    return Table(
        edition.texts.get("page-sources-caption"), tuple(map(edition.texts.get, columns)), rows, (0, 1, 2, 3)
    )


def suppressed(edition: Localised, report: pl.DataFrame) -> Table:
    """How much was hidden to protect persons, by table."""
    rows = tuple(
        (
            edition.texts.of("table", row["table"]),
            edition.numbers.integer(row["cells"]),
            edition.numbers.integer(row["primary"]),
            edition.numbers.integer(row["secondary"]),
            edition.numbers.percent(row["share"], 1),
            _small_share(edition, row["mass"]),
        )
        for row in report.iter_rows(named=True)
    )
    columns = (
        *("page-col-table", "page-col-cells", "page-col-primary", "page-col-secondary"),
        *("page-col-share", "page-col-mass"),
    )
    return Table(edition.texts.get("page-suppressed-caption"), tuple(map(edition.texts.get, columns)), rows)


def _small_share(edition: Localised, share: float | None) -> str:
    """A share with two decimals; what would be written as nothing is told to lie under the least of them."""
    if share and half_up(share, 4) == 0:
        return edition.texts.get("page-share-under", share=edition.numbers.percent(0.0001, 2))
    return edition.numbers.percent(share, 2)


def vintage(edition: Localised, table: pl.DataFrame | None) -> str:
    """Vintages of an open table in words; the word for a missing one when unknown."""
    if table is None or "vintage" not in table.columns:
        return edition.texts.get("value-missing")
    told = vintages(table["vintage"].drop_nulls().unique(), edition.texts, edition.numbers)
    return told or edition.texts.get("value-missing")
