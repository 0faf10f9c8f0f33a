"""What a planner may rely on when any table of series is forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly import SeriesError, forecast_series
from forecasting.scores import QUANTILE_COLUMNS, covered

Q = list(QUANTILE_COLUMNS)


def monthly(name: str, y: object, start: str = "2015-01-01", freq: str = "MS") -> pd.DataFrame:
    values = np.asarray(y)
    return pd.DataFrame(
        {"unique_id": name, "ds": pd.date_range(start, periods=len(values), freq=freq), "y": values}
    )


def seasonal_counts(n: int = 72, level: float = 100.0, seed: int = 1, growth: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return rng.poisson(level * np.exp(0.2 * np.sin(2 * np.pi * t / 12) + growth * t / 12))


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.concat([monthly(f"s{i:02d}", seasonal_counts(84, np.exp(rng.normal(4, 1)), i)) for i in range(40)])


def test_each_series_gets_every_month_of_the_horizon_with_increasing_quantiles(panel: pd.DataFrame) -> None:
    result = forecast_series(panel, horizon=18).forecast
    assert list(result.columns) == ["unique_id", "ds", "mean", *Q, "note"]
    assert result.groupby("unique_id").size().eq(18).all()
    assert result["ds"].min() == pd.Timestamp("2022-01-01")
    assert (np.diff(result[Q].to_numpy(), axis=1) >= 0).all()


def test_counts_get_whole_non_negative_quantiles(panel: pd.DataFrame) -> None:
    values = forecast_series(panel).forecast[Q].to_numpy()
    assert (values == np.round(values)).all()
    assert (values >= 0).all()


def test_forecasts_beat_the_seasonal_naive_and_cover_as_promised(panel: pd.DataFrame) -> None:
    held = panel.groupby("unique_id").cumcount(ascending=False) < 12
    result = panel[held].merge(forecast_series(panel[~held]).forecast, on=["unique_id", "ds"], validate="1:1")
    naive = panel[~held].groupby("unique_id").tail(12)["y"].to_numpy()
    scale = result.groupby("unique_id")["y"].transform("mean").to_numpy()
    ours = np.abs(result["mean"] - result["y"]) / scale
    theirs = np.abs(naive - result["y"].to_numpy()) / scale
    assert ours.mean() < 0.85 * theirs.mean()
    assert abs(covered(result["q0.1"], result["q0.9"], result["y"]).mean() - 0.80) < 0.06
    assert abs(covered(result["q0.025"], result["q0.975"], result["y"]).mean() - 0.95) < 0.03


def test_the_same_seed_gives_the_same_forecast_and_row_order_does_not_matter(panel: pd.DataFrame) -> None:
    once = forecast_series(panel, seed=3).forecast
    mixed = forecast_series(panel.sample(frac=1.0, random_state=2), seed=3).forecast
    both = once.merge(mixed, on=["unique_id", "ds"], validate="1:1")
    pd.testing.assert_frame_equal(once, forecast_series(panel, seed=3).forecast)
    np.testing.assert_allclose(both["mean_x"], both["mean_y"], rtol=1e-6)


def test_real_valued_series_may_be_negative() -> None:
    y = np.random.default_rng(1).normal(0.0, 3.0, 60)
    result = forecast_series(monthly("balance", y)).forecast
    assert (result["q0.025"] < 0).all()
    assert result["mean"].abs().max() < 4


def test_a_single_series_is_forecast_too() -> None:
    result = forecast_series(monthly("one", seasonal_counts(60))).forecast
    assert ((result["q0.025"] < result["mean"]) & (result["mean"] < result["q0.975"])).all()


@pytest.mark.parametrize(
    ("freq", "periods", "next_stamp"),
    [
        ("MS", 60, "2020-01-01"),
        ("QS", 40, "2025-01-01"),
        ("YS", 20, "2035-01-01"),
        ("W-MON", 160, "2018-01-29"),
        ("D", 120, "2015-05-01"),
    ],
)
def test_every_frequency_continues_its_own_dates(freq: str, periods: int, next_stamp: str) -> None:
    rng = np.random.default_rng(1)
    result = forecast_series(monthly("a", rng.poisson(50, periods), freq=freq), freq=freq, horizon=3).forecast
    assert result["ds"].iloc[0] == pd.Timestamp(next_stamp)
    assert result["ds"].tolist() == list(pd.date_range(next_stamp, periods=3, freq=freq))


def test_month_end_dates_stay_month_ends() -> None:
    result = forecast_series(monthly("a", seasonal_counts(48), freq="ME"), freq="MS", horizon=2).forecast
    assert result["ds"].tolist() == [pd.Timestamp("2019-01-31"), pd.Timestamp("2019-02-28")]


BAD: list[tuple[str, pd.DataFrame, str]] = [
    ("text", monthly("text", [*map(str, range(40)), "many"]).astype({"y": object}), "'many' on 2018-05-01"),
    ("infinite", monthly("infinite", [1.0] * 30 + [np.inf]), "infinite value on 2017-07-01"),
    ("twice", pd.concat([monthly("twice", range(30)), monthly("twice", [7])]), "two different values"),
    ("quarterly", monthly("quarterly", range(30), freq="QS"), "3 or more periods apart"),
    ("weekly", monthly("weekly", range(90), freq="W-MON"), "two different values"),
    ("empty", monthly("empty", [np.nan] * 30), "no value"),
    ("undated", pd.DataFrame({"unique_id": "undated", "ds": ["soon"], "y": [1.0]}), "'soon' is not a date"),
]


@pytest.mark.parametrize(("name", "rows", "reason"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_series_is_refused_by_name_and_never_stops_the_others(
    name: str, rows: pd.DataFrame, reason: str
) -> None:
    good = monthly("good", seasonal_counts(48))
    table = pd.concat([rows.astype({"ds": object}), good.astype({"ds": object})]).astype({"y": object})
    result = forecast_series(table)
    assert result.refused["unique_id"].tolist() == [name]
    assert reason in result.refused["reason"].iloc[0]
    assert result.forecast["unique_id"].unique().tolist() == ["good"]


def test_a_table_without_any_usable_series_is_an_error_that_names_one() -> None:
    with pytest.raises(SeriesError, match="'s': infinite value"):
        forecast_series(monthly("s", [1.0, np.inf]))
    with pytest.raises(SeriesError, match="lacks y"):
        forecast_series(pd.DataFrame({"unique_id": ["a"], "ds": ["2020-01-01"]}))
    with pytest.raises(SeriesError, match="unknown frequency 'H'"):
        forecast_series(monthly("s", [1.0, 2.0]), freq="H")


def odd(name: str) -> tuple[pd.DataFrame, str]:
    base = seasonal_counts(60)
    gaps = monthly(name, base).drop(index=[7, 8, 30])
    zoned = monthly(name, base).astype({"ds": object})
    zoned["ds"] = [
        f"{day:%Y-%m-%d}T00:00:00{'+02:00' if i % 2 else '+03:00'}" for i, day in enumerate(zoned["ds"])
    ]
    return {
        "one": (monthly(name, [17]), "one observation"),
        "zeros": (monthly(name, [0] * 40), "all zeros"),
        "closed": (monthly(name, [*base[:40], *[0] * 12]), "closed"),
        "begun": (monthly(name, [*[0] * 30, *base[:30]]), "begins after 30 periods of zeros"),
        "spike": (monthly(name, [*base[:30], 10**6, *base[31:]]), "outliers drawn in"),
        "gaps": (gaps, "3 missing periods filled"),
        "repeated": (pd.concat([monthly(name, base), monthly(name, base[:1])]), "repeated rows dropped"),
        "zoned": (zoned, "time zone dropped"),
        "ended": (monthly(name, base, start="2009-01-01"), "ends 84 periods before the others"),
        "unit": (monthly(name, [*base[:30].astype(float), *(base[30:] * 1e6)]), "level shift 2017-07-01"),
    }[name]


@pytest.mark.parametrize(
    "name", ["one", "zeros", "closed", "begun", "spike", "gaps", "repeated", "zoned", "ended", "unit"]
)
def test_an_odd_series_is_forecast_and_its_note_says_what_was_done(name: str) -> None:
    rows, note = odd(name)
    panel = pd.concat([monthly("good", seasonal_counts(72, seed=9)).astype({"ds": object}), rows])
    result = forecast_series(panel.reset_index(drop=True)).forecast
    mine = result[result["unique_id"] == name]
    assert len(mine) == 12
    assert mine["note"].str.contains(note).all()
    assert np.isfinite(mine[["mean", *Q]].to_numpy()).all()


def test_zero_and_closed_services_stay_zero() -> None:
    panel = pd.concat([odd("zeros")[0], odd("closed")[0], monthly("good", seasonal_counts(60))])
    result = forecast_series(panel).forecast.set_index("unique_id")
    assert (result.loc[["zeros", "closed"], ["mean", *Q]] == 0).to_numpy().all()


def test_a_change_of_unit_is_a_level_shift_and_not_growth() -> None:
    base = seasonal_counts(60).astype(float)
    result = forecast_series(monthly("unit", [*base[:30], *(base[30:] * 1e6)])).forecast
    np.testing.assert_allclose(result["mean"] / 1e8, 1.0, atol=0.35)


def test_forecasts_follow_the_unit_of_a_real_valued_series() -> None:
    rng = np.random.default_rng(3)
    y = np.exp(0.1 * rng.normal(size=60)) * 5.0
    small, large = (forecast_series(monthly("a", y * unit)).forecast for unit in (1.0, 1e6))
    np.testing.assert_allclose(large[["mean", *Q]], small[["mean", *Q]] * 1e6, rtol=1e-6)


@pytest.mark.real
def test_real_attendances_are_forecast_better_than_the_seasonal_naive(real_data: Path) -> None:
    table = pd.read_csv(real_data / "nhs_england_ae_attendances_monthly_2016_2019.csv.gz", parse_dates=["period"])
    table["unique_id"] = table["org_code"] + "/" + table["type"]
    table = table.rename(columns={"period": "ds", "attendances": "y"}).sort_values(["unique_id", "ds"])
    table = table[table.groupby("unique_id")["ds"].transform("size") == 36][["unique_id", "ds", "y"]]
    held = table.groupby("unique_id").cumcount(ascending=False) < 12
    naive = table[~held].groupby("unique_id").tail(12)["y"].to_numpy()
    merged = table[held].merge(forecast_series(table[~held]).forecast, on=["unique_id", "ds"], validate="1:1")
    assert np.abs(merged["q0.5"] - merged["y"]).mean() < 0.97 * np.abs(naive - merged["y"].to_numpy()).mean()
