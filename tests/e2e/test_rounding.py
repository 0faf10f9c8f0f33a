"""A whole edition by rounding: each count of people or contacts is a multiple of the base, and products say so."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from reporting.disclosure import Protected
from reporting.texts import Texts
from tests.e2e.conftest import CODE, COUNTIES, SLUG
from tests.e2e.test_disclosure import COUNTY, Tables, counts, from_script, from_workbook, lake  # noqa: F401 (a fixture)

BASE = 5


@pytest.fixture(scope="module")
def rounded(published, tmp_path_factory) -> tuple[Protected, Path]:
    """The published county's edition as its file would have it by rounding: what protects it, and the folder."""
    from assets.publishing import published_run, write_products
    from lake.settings import load_settings

    counties, folder = tmp_path_factory.mktemp("counties"), tmp_path_factory.mktemp("rounded")
    shutil.copytree(COUNTIES, counties, dirs_exist_ok=True)
    with (counties / f"{SLUG}.yaml").open("a", encoding="utf-8") as file:
        file.write(f"disclosure: {{mode: round, base: {BASE}}}\n")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in published.environment.items():
            if os.environ.get(name) != value:
                environment.setenv(name, value)
        settings = load_settings().model_copy(update={"counties": counties, "synthetic": True})
        protected, _ = write_products(published_run(settings, SLUG), folder)
    return protected, folder


def off_base(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Rows with a figure in these columns that is no multiple of the base."""
    return table.filter(pl.any_horizontal((pl.col(c) % BASE != 0).fill_null(value=False) for c in columns))


def test_every_count_of_the_tables_is_a_multiple(rounded, lake):  # noqa: F811
    _, folder = rounded
    tables = {path.stem: pl.read_parquet(path) for path in (folder / "tables").glob("*.parquet")}
    need, months, measures, scores = (
        tables[name] for name in ("need_forecast", "month_forecast", "measures", "quality_scores")
    )
    quantiles = [name for name in need.columns if name.startswith("q0.")]
    running = need.filter(pl.col("flag").str.contains("running"))
    numbers = measures.filter(pl.col("measure").str.starts_with("count_"))
    for table, columns in (
        (need.filter(kind="observed"), ["mean"]),
        (running, ["mean", *quantiles]),
        (months, ["y", "mean", *quantiles]),
        (measures, ["n", "excluded"]),
        (numbers, ["value"]),
        (scores, ["documents", "eligible", "failed"]),
    ):
        assert table.height > 5
        assert any(table[c].null_count() < table.height for c in columns)
        assert off_base(table, *columns).is_empty(), off_base(table, *columns)
    exact = lake("need_forecast").filter(kind="observed")
    assert off_base(exact, "mean").height > exact.height // 2
    assert not {"month_parts", "month_ages"} & set(tables)


def test_a_count_is_told_alike_by_tables_page_and_workbooks(rounded):
    _, folder = rounded
    told = counts(
        *(pl.read_parquet(folder / "tables" / f"{name}.parquet") for name in ("need_forecast", "month_forecast"))
    )
    assert all(n % BASE == 0 for n in told.values())
    others = [from_script((folder / "situation" / "data.js").read_text(encoding="utf-8"))]
    others += [from_workbook(path, path.stem[-2:]) for path in sorted((folder / "workbook").glob("*.xlsx"))]
    assert len(others) == 1 + len(COUNTY.languages)
    for other in others:
        assert len(other) > 500
        assert {cell: n for cell, n in other.items() if told[cell] != n} == {}


def test_every_number_behind_a_figure_of_the_workbook_is_a_multiple(rounded):
    _, folder = rounded
    texts = Texts("fi")
    book = openpyxl.load_workbook(next((folder / "workbook").glob("*-fi.xlsx")), read_only=True)
    for sheet, headings in (
        ("measures", ("col-n", "col-excluded")),
        ("quality", ("col-documents", "col-eligible", "col-failed")),
    ):
        rows = list(book[texts.of("sheet", sheet)].iter_rows(values_only=True))
        top = next(i for i, row in enumerate(rows) if texts.get(headings[0]) in row)
        for heading in headings:
            place = rows[top].index(texts.get(heading))
            figures = [row[place] for row in rows[top + 1 :] if isinstance(row[place], int | float)]
            assert figures, heading
            assert [n for n in figures if n % BASE] == [], heading


def test_the_page_tells_no_count_that_is_no_multiple(rounded):
    """Tables of the page whose last column counts persons, and those of the years' use."""
    _, folder = rounded
    page = (folder / "situation" / "index.fi.html").read_text(encoding="utf-8")
    checked = 0
    for row in Tables(page).rows:
        if re.fullmatch(r"[\d\s]+–[\d\s]+", row[-2] if len(row) == 4 else ""):  # value, interval, persons
            checked += 1
            assert int(re.sub(r"\D", "", row[-1])) % BASE == 0, row
    assert checked > 20


def test_every_product_says_that_counts_are_rounded(rounded):
    protected, folder = rounded
    for language in COUNTY.languages:
        texts = Texts(language)
        limits = {"top": "4", "smallest": "30", "base": str(BASE)}
        page, method, quality, structural = (
            texts.get(f"{message}-rounded", **limits)
            for message in (
                "page-method-disclosure",
                "page-method-disclosure",
                "rq-method-privacy",
                "ssw-method-counts",
            )
        )
        book = openpyxl.load_workbook(next((folder / "workbook").glob(f"*-{language}.xlsx")), read_only=True)
        cells = [cell for row in book[texts.get("sheet-method")].iter_rows(values_only=True) for cell in row]
        assert method in cells
        for path, sentence in (
            (folder / "situation" / f"index.{language}.html", page),
            (folder / "quality" / f"quality_{CODE}_{language}.html", quality),
            (folder / "structural" / f"structural_{CODE}_{language}.html", structural),
        ):
            text = " ".join(html.unescape(path.read_text(encoding="utf-8")).split())
            assert sentence in text, path.name
            assert "1–4 on salattu, samoin niin monta" not in text
    remark = json.loads((folder / "tables" / "metadata.json").read_text(encoding="utf-8"))["rdfs:comment"]
    assert f"multiples of {BASE}" in remark
    report = {row["table"]: row for row in protected.suppressed.iter_rows(named=True)}
    assert report["need_forecast"]["primary"] == report["month_forecast"]["primary"] == 0
    assert report["measures"]["primary"] > 0  # shares of few
    assert all(row["secondary"] == 0 for row in report.values())
