"""An outsider reads every file of the published edition and recovers no small count, nor with the next edition."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import openpyxl
import polars as pl
import pytest

from counties import load_county
from reporting.disclosure import protect_inputs
from reporting.inputs import ReportInputs
from reporting.texts import Texts
from tests.e2e.conftest import CODE, COUNTIES, EDITION, SLUG
from tests.reporting.attacker import narrowed

K = 5
COUNTY = load_county(SLUG, COUNTIES)
AREAS = [area.code for area in COUNTY.service_areas]
GROUPS = [*COUNTY.age_groups.labels]
Cell = tuple[str, str, str, str, str]  # area, service, sex, age group, year or month


@pytest.fixture(scope="module")
def lake(published):
    def read(name: str) -> pl.DataFrame:
        path = published.data / "synthetic" / "lake" / name / f"county={CODE}" / "part.parquet"
        return pl.read_parquet(path, hive_partitioning=False)

    return read


def counts(need: pl.DataFrame, months: pl.DataFrame) -> dict[Cell, float]:
    """Counts of years and months by cell; null is left out."""
    years = need.filter(pl.col("kind") == "observed").drop_nulls("mean")
    found = {
        (area, service, sex, group, str(year)): float(n)
        for area, service, sex, group, year, n in years.select(
            "area", "service", "sex", "age_group", "year", "mean"
        ).iter_rows()
    }
    counted = months.filter(pl.col("kind") != "forecast").drop_nulls("y")
    for area, service, month, n in counted.select("area", "service", "ds", "y").iter_rows():
        found[area, service, "all", "all", f"{month:%Y-%m}"] = float(n)
    return found


def sums(truth: dict[Cell, float]) -> list[tuple[Cell, list[Cell]]]:
    """All that adds up: areas, sexes, age groups, months."""
    found = []
    months: dict[Cell, list[Cell]] = {}
    for cell in truth:
        area, service, sex, group, time = cell
        if area == CODE:
            found.append((cell, [(a, service, sex, group, time) for a in AREAS]))
        if sex == "all" and len(time) == 4:
            found.append((cell, [(area, service, s, group, time) for s in ("male", "female")]))
        if group == "all" and len(time) == 4:
            found.append((cell, [(area, service, sex, g, time) for g in GROUPS]))
        if len(time) > 4:
            months.setdefault((area, service, sex, group, time[:4]), []).append(cell)
    found += [(year, parts) for year, parts in months.items() if year in truth]
    kept = [(whole, [part for part in parts if part in truth]) for whole, parts in found]
    return [(w, p) for w, p in kept if p and abs(sum(truth[c] for c in p) - truth[w]) < 0.5]


def from_script(script: str) -> dict[Cell, float]:
    """Counts in the data that the page's charts and hover texts read."""
    data = json.loads(script[script.index("{") : script.rindex("}") + 1])
    found: dict[Cell, float] = {}
    for key, (observed, _) in data["need"].items():
        area, service, group = (int(part) for part in key.split("."))
        for year, value in zip(data["years"], observed, strict=False):
            if value is not None:
                where = (data["areas"][area], data["services"][service], "all", data["groups"][group], str(year))
                found[where] = float(value)
    for key, series in data["months"].items():
        area, service = (int(part) for part in key.split("."))
        start = date.fromisoformat(f"{series['start']}-01")
        for i, value in enumerate([*series["o"], *series["raw"]]):
            if value is not None:
                month = f"{start.year + (start.month - 1 + i) // 12}-{(start.month - 1 + i) % 12 + 1:02d}"
                found[data["areas"][area], data["services"][service], "all", "all", month] = float(value)
    return found


def from_workbook(path, language: str) -> dict[Cell, float]:
    """Observed counts of the sheets of years and of months, by the names they use."""
    texts = Texts(language)
    areas = {name: code for code, name in COUNTY.area_names(language).items()}
    services = {name: code for code, name in COUNTY.service_names(language).items()}
    observed = texts.of("kind", "observed")
    ages = {tuple(re.findall(r"\d+", group)): group for group in GROUPS}
    book = openpyxl.load_workbook(path, read_only=True)
    found: dict[Cell, float] = {}
    for area, service, group, year, kind, value, *_ in book[texts.get("sheet-forecast")].iter_rows(
        values_only=True, max_col=6
    ):
        if kind == observed and isinstance(value, int | float):
            code = services.get(service) or services[re.sub(r" \([^)]*\)$", "", service)]
            label = ages.get(tuple(re.findall(r"\d+", str(group))), "all")
            found[areas[area], code, "all", label, str(year)] = float(value)
    for area, service, month, _, recorded in book[texts.get("sheet-months")].iter_rows(
        values_only=True, min_row=5, max_col=5
    ):
        if isinstance(recorded, int | float):
            found[areas[area], services[service], "all", "all", f"{month:%Y-%m}"] = float(recorded)
    return found


class Tables(HTMLParser):
    """The tables of a page as rows of text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None


def test_no_file_tells_more_than_another_and_none_can_be_worked_out(published, lake):
    truth = counts(lake("need_forecast"), lake("month_forecast"))
    folder = published.release / "tables"
    told = counts(
        pl.read_parquet(folder / "need_forecast.parquet"), pl.read_parquet(folder / "month_forecast.parquet")
    )
    plain = pl.read_csv(folder / "need_forecast.csv", schema_overrides={"area": pl.String})
    assert plain["mean"].null_count() == pl.read_parquet(folder / "need_forecast.parquet")["mean"].null_count()
    others = [from_script((published.release / "situation" / "data.js").read_text(encoding="utf-8"))]
    others += [from_workbook(p, p.stem[-2:]) for p in sorted((published.release / "workbook").glob("*.xlsx"))]
    assert len(others) == 1 + len(COUNTY.languages)
    for other in others:
        assert len(other) > 500
        assert set(other) <= set(told)
        assert all(abs(value - told[cell]) <= 0.5 for cell, value in other.items())
    small = [cell for cell, n in truth.items() if 0 < n < K]
    assert len(small) > 500
    assert not set(small) & set(told)
    assert narrowed(told, sums(truth), small, K) == {}


def test_the_next_edition_gives_nothing_of_this_one_away(published, lake):
    """The same county a month later: some counts revised, the rest as they were."""
    services = ("mental_health", "housing_247")
    need, months = (
        lake(name).filter(pl.col("service").is_in(services)) for name in ("need_forecast", "month_forecast")
    )
    late = (pl.col("area") == AREAS[1]) & (pl.col("year") == pl.col("year").filter(kind="observed").max())
    one = late & (pl.col("sex") == "female") & (pl.col("age_group") == GROUPS[-3])
    rng = np.random.default_rng(5)
    added = int(rng.integers(2, 6))
    touched = pl.col("area").is_in([AREAS[1], CODE]) & (
        pl.col("year") == pl.col("year").filter(kind="observed").max()
    )
    touched &= pl.col("sex").is_in(["female", "all"]) & pl.col("age_group").is_in([GROUPS[-3], "all"])
    assert need.filter(one).height == len(services)
    later = need.with_columns(pl.when(touched).then(pl.col("mean") + added).otherwise("mean").alias("mean"))
    inputs = ReportInputs(COUNTY, "2026-12", date(2026, 11, 30), True, need_forecast=later, month_forecast=months)
    memory = pl.read_parquet(published.data / "synthetic" / "disclosed" / CODE / EDITION / "counts.parquet")
    protected = protect_inputs(inputs, {"counts": memory.filter(pl.col("service").is_in(services))}).inputs
    folder = published.release / "tables"
    before = [
        pl.read_parquet(folder / f"{n}.parquet").filter(pl.col("service").is_in(services))
        for n in ("need_forecast", "month_forecast")
    ]
    first, second = counts(need, months), counts(later, months)
    told = {(cell, 0): n for cell, n in counts(*before).items()}
    shown = counts(protected.need("need_forecast"), protected.need("month_forecast"))

    def named(cell: Cell) -> tuple[Cell, int]:
        return cell, int(first.get(cell) != second[cell])

    told |= {named(cell): n for cell, n in shown.items()}
    ties = [((w, 0), [(p, 0) for p in parts]) for w, parts in sums(first)]
    ties += [(named(w), [named(p) for p in parts]) for w, parts in sums(second)]
    small = {(c, 0) for c, n in first.items() if 0 < n < K} | {named(c) for c, n in second.items() if 0 < n < K}
    assert any(version for _, version in small | set(told))
    assert not small & set(told)
    assert narrowed(told, ties, small, K) == {}


def test_the_reports_tell_no_small_number_of_observations(published, lake):
    """Read as pages and as prints: of every topic and area, counts under k are hidden and cannot be subtracted."""
    placed = lake("observations").with_columns(
        area=pl.col("municipality").replace_strict(COUNTY.area_of_municipality)
    )
    names = {
        (topic, Texts("fi").of(f"ssw-{family}", code)): code
        for topic, family in (("phenomenon", "phenomenon"), ("affected_group", "group"), ("service_gap", "gap"))
        for code in placed[topic].drop_nulls().unique()
        if Texts("fi").has(f"ssw-{family}", code)
    }
    assert len(names) > 10
    heading = Texts("fi").get("ssw-count")
    for area in (CODE, *AREAS):
        page = (published.release / "structural" / f"structural_{area}_fi.html").read_text(encoding="utf-8")
        rows, column = Tables(page).rows, None
        checked = 0
        for row in rows:
            if heading in row:
                column = row.index(heading)
            elif column is not None and row and any(row[0] == name for _, name in names) and len(row) > column:
                number = re.sub(r"\s", "", row[column])
                checked += 1
                assert not number.isdigit() or int(number) == 0 or int(number) >= K, (area, row)
        assert checked > 0, area


@pytest.mark.parametrize("kind", ["structural", "quality"])
def test_a_print_holds_no_number_that_its_page_does_not(published, kind):
    for area in (CODE, *AREAS):
        page = (published.release / kind / f"{kind}_{area}_fi.html").read_text(encoding="utf-8")
        printed = subprocess.run(
            ["pdftotext", str(published.release / kind / f"{kind}_{area}_fi.pdf"), "-"],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout  # fmt: skip
        drawings = [base64.b64decode(d).decode() for d in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page)]
        told = " ".join(re.sub(r"<[^>]*>", " ", html.unescape(part)) for part in (page, *drawings))
        known = set(re.findall(r"\d+", told))
        pages = {str(n) for n in range(60)}
        assert set(re.findall(r"\d+", printed)) - known - pages == set(), area


def test_an_edition_with_other_limits_hides_by_them(lake):
    strict = COUNTY.disclosure.model_validate({"k": 5, "outputs": {"counts": {"k": 10}}})
    county = COUNTY.model_copy(update={"disclosure": strict})
    need = lake("need_forecast").filter(pl.col("service") == "housing_247")
    inputs = ReportInputs(county, EDITION, date(2026, 10, 31), True, need_forecast=need)
    shown = (
        protect_inputs(inputs).inputs.need("need_forecast").filter(pl.col("kind") == "observed").drop_nulls("mean")
    )
    assert shown.filter((pl.col("mean") > 0) & (pl.col("mean") < 10)).is_empty()
    loose = protect_inputs(replace(inputs, county=COUNTY)).inputs.need("need_forecast")
    assert loose["mean"].null_count() < protect_inputs(inputs).inputs.need("need_forecast")["mean"].null_count()
