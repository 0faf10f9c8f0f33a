"""Months of age groups: hidden as what their shares rest on, never alone in a sum; a sheet of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from reporting.disclosure import protect_inputs
from reporting.disclosure.month_ages import protect_ages
from reporting.inputs import ALL, QUANTILES, ReportInputs
from reporting.localised import Localised
from reporting.page import write_situation_page
from reporting.page.payload import situation_payload
from reporting.workbook.forecast_sheets import month_age_columns, month_ages
from tests.reporting.attacker import possible_values
from tests.reporting.browser import chromium, opened
from tests.reporting.sample_inputs import by_rounding, sample_inputs

CELL = ("area", "service", "age_group")
DAY = date(2027, 1, 1)


def with_a_small_group(inputs: ReportInputs, count: int = 2) -> tuple[ReportInputs, dict[str, str]]:
    """One group of one area had few clients in the latest year; the totals of both sexes and of all follow."""
    need = inputs.need("need_forecast")
    groups = need.filter(pl.col("age_group") != ALL)["age_group"].unique().sort()
    area = inputs.county.service_areas[0].code
    cell = {"area": area, "service": inputs.county.services[0].code, "age_group": groups[0]}
    latest = need.filter(kind="observed")["year"].max()
    here = pl.all_horizontal(pl.col(c) == v for c, v in cell.items())
    here &= (pl.col("kind") == "observed") & (pl.col("year") == latest) & (pl.col("sex") == ALL)
    return replace(
        inputs, need_forecast=need.with_columns(pl.when(here).then(float(count)).otherwise("mean").alias("mean"))
    ), cell


def test_a_group_with_few_clients_is_hidden_by_month_too():
    inputs, cell = with_a_small_group(sample_inputs())
    shown = protect_inputs(inputs).inputs.need("month_ages")
    mine = shown.filter(pl.all_horizontal(pl.col(c) == v for c, v in cell.items()))
    assert mine.height > 0
    assert mine.select("mean", *QUANTILES).null_count().row(0) == (mine.height,) * (1 + len(QUANTILES))
    assert shown.filter(pl.col("suppressed") == "").height > shown.height / 2


def hidden_at_random(seed: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Months of groups, of all ages, and years, of a county C and its areas; hidden without regard for sums."""
    rng = np.random.default_rng(seed)
    areas, groups = [*(f"a{n}" for n in range(rng.integers(2, 5)))], [f"g{n}" for n in range(rng.integers(3, 6))]
    parts = [(area, group, rng.gamma(1, 20) + 1) for area in areas for group in groups]
    table = pl.DataFrame(parts, schema=["area", "age_group", "mean"], orient="row")
    county = table.group_by("age_group", maintain_order=True).agg(pl.col("mean").sum())
    table = pl.concat([table, county.select(pl.lit("C").alias("area"), *county.columns)])
    ages = table.with_columns(
        pl.lit("s").alias("service"), pl.lit(DAY).alias("ds"), *(pl.col("mean").alias(q) for q in QUANTILES)
    )

    def hidden(cells: pl.DataFrame, share: float) -> pl.DataFrame:
        why = pl.Series("suppressed", np.where(rng.random(cells.height) < share, "primary", ""))
        return cells.with_columns(pl.lit("s").alias("service"), pl.lit("forecast").alias("kind"), why)

    months = hidden(table.select("area").unique(maintain_order=True), 0.1)
    return ages, months, hidden(table.select("area", "age_group"), 0.15).with_columns(sex=pl.lit(ALL))


def test_no_hidden_month_of_a_group_follows_from_the_sums_however_others_are_hidden():
    attacked = 0
    for seed in range(60):
        ages, months, need = hidden_at_random(seed)
        shown = protect_ages(ages, months, need, "C")
        told = {(a, g): mean for a, g, mean in shown.select("area", "age_group", "mean").iter_rows() if mean}
        names = dict.fromkeys(ages["area"]), dict.fromkeys(ages["age_group"])
        told |= dict(ages.group_by("area").agg(pl.col("mean").sum()).iter_rows())
        open_areas = months.filter(suppressed="")["area"].to_list()
        sums = [(area, [(area, group) for group in names[1]]) for area in open_areas]
        sums += [(("C", group), [(area, group) for area in names[0] if area != "C"]) for group in names[1]]
        hidden = [cell for cell in ages.select("area", "age_group").iter_rows() if cell not in told]
        attacked += len(hidden)
        ends = possible_values(told, sums, hidden) if hidden else {}
        assert all(high - low > 1e-3 for low, high in ends.values()), seed
    assert attacked > 300


@pytest.mark.parametrize("seed", range(4))
def test_no_hidden_month_of_a_group_stands_alone_in_a_sum_of_shown_ones(seed):
    inputs, _ = with_a_small_group(sample_inputs(seed=seed))
    protected = protect_inputs(inputs).inputs
    shown, county = protected.need("month_ages"), inputs.county.code
    whole = protected.need("month_forecast").filter(kind="forecast").drop_nulls("mean")
    groups = shown.join(whole, on=["area", "service", "ds"], how="semi")
    told = shown.filter(pl.col("area") == county).drop_nulls("mean")
    areas = shown.filter(pl.col("area") != county).join(told, on=["service", "age_group", "ds"], how="semi")
    seen = 0
    for rows, line in ((groups, ("area", "service", "ds")), (areas, ("service", "age_group", "ds"))):
        hidden = rows.group_by(line).agg(pl.col("mean").null_count().alias("n"))["n"]
        assert 1 not in hidden
        seen += int((hidden > 0).sum())
    assert seen > 0


def test_what_hides_the_months_of_all_ages_hides_the_groups():
    inputs = sample_inputs()
    months = inputs.need("month_forecast")
    area, service = inputs.county.service_areas[1].code, inputs.county.services[1].code
    here = (pl.col("area") == area) & (pl.col("service") == service) & (pl.col("kind") == "observed")
    small = months.with_columns(pl.when(here).then(3).otherwise("y").cast(pl.Int64).alias("y"))
    shown = protect_inputs(replace(inputs, month_forecast=small)).inputs.need("month_ages")
    assert shown.filter(pl.col("area") == area, pl.col("service") == service)["mean"].null_count() > 0
    assert shown.filter(pl.col("area") == area, pl.col("service") == service)["mean"].drop_nulls().is_empty()


def test_without_a_forecast_by_year_nothing_says_which_groups_are_small():
    inputs = replace(sample_inputs(), need_forecast=None)
    assert protect_inputs(inputs).inputs.need("month_ages")["mean"].drop_nulls().is_empty()


def test_rounding_leaves_the_table_out():
    assert protect_inputs(by_rounding(sample_inputs()), secret=b"key").inputs.month_ages is None


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_sheet_has_every_month_and_group_in_order_of_age(language):
    edition = Localised(protect_inputs(sample_inputs()).inputs, language)
    rows = month_ages(edition)
    assert len(rows.columns) == len(month_age_columns(edition)) + 1  # and what is hidden
    groups = rows[rows.columns[2]].unique(maintain_order=True).to_list()
    labels = edition.inputs.county.age_groups.labels
    assert groups == [edition.labels.group(label) for label in labels]


def test_the_page_holds_the_median_and_the_80_percent_interval_of_shown_groups_alone():
    inputs, cell = with_a_small_group(sample_inputs())
    protected = protect_inputs(inputs)
    payload = situation_payload(protected)
    names = [payload[name] for name in ("areas", "services", "groups")]
    shown = protected.inputs.need("month_ages").filter(pl.col("ds").dt.year() <= inputs.as_of.year + 1)
    assert payload["monthAges"]["start"] == f"{shown['ds'].min():%Y-%m}"
    told = hidden = 0
    for key, flat in payload["monthAges"]["cells"].items():
        area, service, group = (of[int(place)] for of, place in zip(names, key.split("."), strict=True))
        rows = shown.filter(area=area, service=service, age_group=group).sort("ds")
        if flat == 0:
            hidden += 1
            assert rows["q0.5"].null_count() == rows.height
            continue
        told += 1
        expected = rows.select("q0.1", "q0.5", "q0.9").to_numpy().ravel()
        np.testing.assert_allclose(flat, expected, atol=0.5)
    assert told > hidden > 0
    place = ".".join(str(of.index(cell[c])) for of, c in zip(names, CELL, strict=True))
    assert payload["monthAges"]["cells"][place] == 0


def test_a_reader_who_chooses_an_age_group_sees_its_months_with_their_interval(tmp_path):
    inputs, cell = with_a_small_group(sample_inputs())
    write_situation_page(protect_inputs(inputs), tmp_path)
    labels = inputs.county.age_groups.labels
    with chromium() as browser, opened(browser, tmp_path / "index.en.html") as page:
        figure = page.locator("#fan-month")
        assert figure.locator(".legend li:visible").count() == 6
        page.select_option("select[name=group]", str(len(labels)))
        assert figure.locator("path.b80").count() == 1
        assert figure.locator("path.b95, path.b50").count() == 0
        assert figure.locator(".legend li:visible").all_inner_texts() == ["forecast median", "80%"]
        assert "80% interval" in figure.locator(".sentence").inner_text()
        assert "Of age groups only the forecast is shown" in figure.locator(".sentence").inner_text()
        figure.locator("svg").focus()
        page.keyboard.press("End")
        assert figure.locator(".readout").inner_text().startswith(f"December {inputs.as_of.year + 1}: ")
        assert "95%" not in figure.locator(".readout").inner_text()
        figure.locator("summary").click()
        assert figure.locator("thead th").count() == 4
        assert {row.locator("th, td").count() for row in figure.locator("tbody tr").all()} == {4}
        page.select_option("select[name=area]", "1")
        page.select_option("select[name=group]", str(1 + labels.index(cell["age_group"])))
        assert "hidden" in figure.locator(".sentence").inner_text()
        assert figure.locator("svg").count() == 0
        page.select_option("select[name=group]", "0")
        assert figure.locator("path.b95").count() == 1
        assert figure.locator(".legend li:visible").count() == 6
        assert page.problems == []
