"""Open yearly indicators: breaks are no growth, short series borrow, every series says whether it is usable."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import person_rows, pyramid

from forecasting.contracts import NeedInputError
from forecasting.indicator_panel import common_movement, find_breaks
from forecasting.indicator_series import FORECAST_COLUMNS, IndicatorForecast, forecast_indicators

AREAS = [f"{i:02d}" for i in range(12)]


def persons() -> tuple[pd.DataFrame, pd.DataFrame]:
    cube = pyramid(2, 31, np.random.default_rng(2))
    years = list(range(2005, 2036))
    return person_rows(cube[..., :21], AREAS[:2], years[:21]), person_rows(cube[..., 21:], AREAS[:2], years[21:])


def series(
    indicator: str, first: int, last: int, *, slope: float = 0.0, noise: float = 0.02, seed: int = 1
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    years = np.arange(first, last + 1)
    level = np.exp(rng.normal(3.0, 0.3, len(AREAS)))[:, None]
    value = level * np.exp(slope * (years - first) + rng.normal(0.0, noise, (len(AREAS), years.size)))
    area, year = (g.ravel() for g in np.meshgrid(AREAS, years, indexing="ij"))
    return pd.DataFrame(
        {"indicator": indicator, "area": area, "year": year, "sex": "all", "value": value.ravel(), "count": np.nan}
    )


def run(rows: pd.DataFrame, **options: object) -> IndicatorForecast:
    population, projection = persons()
    names = rows["indicator"].unique()
    given = {
        "definitions": dict.fromkeys(names, (100.0, 65, 100)),
        "as_of": "2025-12-31",
        "horizon_end": 2035,
        "draws": 300,
        "seed": 1,
    }
    return forecast_indicators(rows, population, projection, **{**given, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> IndicatorForecast:
    return run(
        pd.concat(
            [series("long", 2008, 2025), series("short", 2021, 2025, seed=2), series("old", 1995, 2012, seed=3)]
        )
    )


def test_the_tables_have_the_columns_of_the_architecture(result: IndicatorForecast) -> None:
    assert list(result.forecast.columns) == list(FORECAST_COLUMNS)
    assert set(result.scorecard["model"]) == {"pooled_trend", "last_value", "drift"}
    assert (result.scorecard.groupby(["indicator", "horizon"])["champion"].sum() == 1).all()


def test_count_is_value_times_projected_persons(result: IndicatorForecast) -> None:
    population, projection = persons()
    row = result.forecast.query(
        "area == '00' and indicator == 'long' and year == 2026 and kind == 'forecast'"
    ).iloc[0]
    old = projection.query("area == '00' and year == 2026 and age >= 65")["persons"].sum()
    assert row["count_mean"] == pytest.approx(row["mean"] * old / 100, rel=0.02)
    seen = result.forecast.query("area == '00' and indicator == 'long' and year == 2020").iloc[0]
    old = population.query("area == '00' and year == 2020 and age >= 65")["persons"].sum()
    assert seen["count_mean"] == pytest.approx(seen["mean"] * old / 100, rel=1e-6)


def test_series_say_whether_they_are_usable_and_why_not(result: IndicatorForecast) -> None:
    reason = result.usable.set_index(["indicator", "area"])["reason"]
    assert reason["long", "00"] == ""
    assert reason["long", "05"] == "no_persons"
    assert reason["old", "00"] == "stale"
    assert result.forecast.query("indicator == 'old' and kind == 'forecast'")["flag"].eq("stale").all()
    three = run(series("new", 2023, 2025))
    assert three.usable["reason"].eq("too_short").all()
    assert not three.forecast["kind"].eq("forecast").any()


def test_horizons_beyond_the_tested_ones_are_marked(result: IndicatorForecast) -> None:
    ahead = result.forecast.query("kind == 'forecast' and area == '00'")
    short = ahead[ahead["indicator"] == "short"]
    assert short.query("year == 2035")["validated"].tolist() == [False]
    assert ahead.query("indicator == 'long' and year == 2027")["validated"].tolist() == [True]


def test_a_jump_in_recording_is_flagged_and_not_carried_on_as_growth() -> None:
    rows = series("5081", 2020, 2025, noise=0.03)
    one = rows["area"] == "00"
    rows.loc[one, "value"] = [160.7, 169.5, 162.8, 485.2, 716.8, 736.5]
    forecast = run(rows).forecast.query("area == '00'")
    assert forecast.query("kind == 'observed' and flag == 'break'")["year"].tolist() == [2023, 2024]
    ahead = forecast.query("kind == 'forecast'")
    assert ahead["flag"].eq("break").all()
    assert 600 < ahead.query("year == 2030")["q0.5"].item() < 900


def test_a_year_that_is_taken_back_is_an_outlier_and_no_break() -> None:
    z = np.random.default_rng(1).normal(0.0, 0.02, (10, 12))
    z[3, 6] += 1.0
    marks, moved = find_breaks(z, np.zeros_like(z))
    assert not marks.any()
    assert np.array_equal(moved, z)
    z[3, 7:] += 1.0
    assert np.argwhere(find_breaks(z, np.zeros_like(z))[0]).tolist() == [[3, 6]]


def test_a_change_of_all_areas_at_once_is_no_break_of_one() -> None:
    z = np.random.default_rng(1).normal(0.0, 0.02, (10, 12))
    z[:, 6:] += 0.8
    assert not find_breaks(z, np.zeros_like(z))[0].any()


def test_common_movement_does_not_follow_areas_that_come_and_go() -> None:
    z = np.array([[1.0, 1.1, 1.2], [3.0, 3.1, np.nan]])
    movement = common_movement(z, np.isfinite(z).astype(float))
    assert np.diff(movement) == pytest.approx([0.1, 0.1], abs=1e-6)


def test_a_steady_trend_beats_holding_the_last_value() -> None:
    card = run(series("trend", 2004, 2025, slope=0.03)).scorecard
    assert card.query("model == 'pooled_trend' and horizon == 3")["crps_skill"].item() > 0.3
    assert card.query("champion")["model"].isin(["pooled_trend", "drift"]).all()


def test_short_series_are_covered_by_widths_borrowed_from_the_panel() -> None:
    rng = np.random.default_rng(4)
    rows = series("walk", 2018, 2025, noise=0.0)
    years = rows["year"].nunique()
    walk = np.cumsum(rng.normal(0.0, 0.06, (len(AREAS), years)), axis=1)
    card = run(rows.assign(value=rows["value"] * np.exp(walk.ravel()))).scorecard.query("model == 'pooled_trend'")
    assert np.average(card["coverage80"], weights=card["n"]) == pytest.approx(0.80, abs=0.12)


def test_an_indicator_without_definition_raises_by_name() -> None:
    with pytest.raises(NeedInputError, match="indicator long has none"):
        run(series("long", 2015, 2025), definitions={})


def test_two_values_for_one_year_raise_with_the_rows() -> None:
    rows = series("long", 2015, 2025)
    with pytest.raises(NeedInputError, match="more than one value"):
        run(pd.concat([rows, rows.head(1)]))


def test_observed_values_are_those_published_zero_too_and_a_negative_series_is_not_forecast() -> None:
    rows = series("long", 2008, 2025)
    here = rows["year"] == 2015
    rows.loc[here & (rows["area"] == "03"), "value"] = 0.0
    rows.loc[here & (rows["area"] == "04"), "value"] = -1.5
    found = run(rows)
    observed = found.forecast[found.forecast["kind"] == "observed"].set_index(["area", "year"])["mean"]
    given = rows.set_index(["area", "year"])["value"]
    pd.testing.assert_series_equal(observed.sort_index(), given.sort_index(), check_names=False, check_exact=True)
    reason = found.usable.set_index("area")["reason"]
    assert (reason["03"], reason["04"], reason["05"]) == ("no_persons", "negative", "no_persons")
    ahead = found.forecast[found.forecast["kind"] == "forecast"]
    assert set(ahead["area"]) == set(AREAS) - {"04"}
    assert (ahead["mean"] > 0).all()
