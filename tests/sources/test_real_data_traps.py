"""Traps that real open data sets, where no other test holds them: small own data first, then the real files.

The whole list, with the tests that hold each trap, is in `tests/README.md`.
"""

from __future__ import annotations

import csv
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from counties import load_county
from forecasting.indicator_series import IndicatorDefinition, IndicatorForecast, forecast_indicators
from sources.fetched import read_open_data
from sources.jsonstat import read_cube
from sources.sotkanet_rows import areas_of_regions

EMERGENCY = IndicatorDefinition(1000.0)


def people(years: range) -> pd.DataFrame:
    """A county of a hundred persons a year of age and sex, the same every year."""
    grid = pd.MultiIndex.from_product(
        [["04"], ["female", "male"], range(101), years], names=["area", "sex", "age", "year"]
    )
    return pd.DataFrame({"persons": 100.0}, index=grid).reset_index()


def visits(broken: dict[str, list[float]]) -> pd.DataFrame:
    """Visits per 1,000 of twenty steady areas, and of those given."""
    rng = np.random.default_rng(1)
    steady = {f"{i:02d}": list(200.0 * np.exp(rng.normal(0, 0.03, 6))) for i in range(30, 50)}
    rows = [
        ("5081", area, 2019 + i, "all", value)
        for area, values in (steady | broken).items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["indicator", "area", "year", "sex", "value"])


def forecast(rows: pd.DataFrame, population: pd.DataFrame, projection: pd.DataFrame) -> IndicatorForecast:
    return forecast_indicators(
        rows, population, projection, definitions={"5081": EMERGENCY}, as_of=date(2025, 12, 31), horizon_end=2040,
        draws=200,
    )  # fmt: skip


def assert_no_growth_from_the_break(result: IndicatorForecast, area: str, first: int) -> None:
    """The years of the break are flagged, and the forecast stays near the latest recording."""
    own = result.forecast[result.forecast["area"] == area]
    known, ahead = own[own["kind"] == "observed"], own[own["kind"] == "forecast"]
    assert known.loc[known["flag"] == "break", "year"].min() == first
    assert (ahead["flag"] == "break").all()
    last = known["mean"].iloc[-1]
    assert ahead["q0.5"].between(0.6 * last, 1.6 * last).all()


def test_emergency_visits_that_treble_on_paper_are_a_recording_break_and_no_growth():
    result = forecast(
        visits({"04": [160.0, 158.0, 161.0, 163.0, 485.0, 717.0]}),
        people(range(2008, 2025)),
        people(range(2025, 2041)),
    )
    assert_no_growth_from_the_break(result, "04", 2023)


@pytest.mark.real
@pytest.mark.parametrize("area", ["04", "90"])
def test_the_published_breaks_of_emergency_visits_are_no_growth(real_data, area):
    data = read_open_data(real_data, load_county("vantaa-kerava"))
    rows = data.indicators.filter(pl.col("indicator") == "5081", pl.col("area").str.len_chars() == 2)
    persons = [
        frame.group_by("sex", "age", "year")
        .agg(pl.col("persons").sum())
        .with_columns(area=pl.lit("04"))
        .to_pandas()
        for frame in (data.population, data.projection.filter(pl.col("variant") == data.projection["variant"][0]))
    ]
    assert_no_growth_from_the_break(forecast(rows.to_pandas(), *persons), area, 2023)


@pytest.mark.real
def test_every_old_and_new_region_id_of_the_counties_is_known(real_data):
    known = areas_of_regions(())
    with (real_data / "sotkanet_hyvinvointialue_region_ids.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 23
    for row in rows:
        ids = [int(value) for name, value in row.items() if name.endswith("_id") and value]
        areas = {known[identity][0] for identity in ids}
        assert len(areas) == 1, row


def test_a_total_that_differs_from_the_sum_of_its_parts_is_read_as_it_is():
    answer = {
        "version": "2.0", "class": "dataset", "id": ["area", "sex"], "size": [1, 3],
        "dimension": {
            "area": {"category": {"index": {"0180": 0}}},
            "sex": {"category": {"index": ["1", "2", "1+2"]}},
        },
        "value": [1003, 998, 2000],
    }  # fmt: skip
    assert read_cube(answer)["value"].to_list() == [1003.0, 998.0, 2000.0]
