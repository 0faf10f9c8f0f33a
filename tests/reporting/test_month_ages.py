"""Months of age groups: hidden as what their shares rest on, never alone in a sum; a sheet of their own."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from reporting.disclosure import protect_inputs
from reporting.inputs import ALL, QUANTILES, ReportInputs
from reporting.localised import Localised
from reporting.workbook.forecast_sheets import month_age_columns, month_ages
from tests.reporting.sample_inputs import by_rounding, sample_inputs

CELL = ("area", "service", "age_group")


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
