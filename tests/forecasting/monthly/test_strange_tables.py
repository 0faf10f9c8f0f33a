"""Tables as strangers send them: any dates, scales, lengths and gaps give a sound forecast or a clear refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly import detect_breaks, forecast_series
from forecasting.scores import QUANTILE_COLUMNS
from forecasting.tables import read_series

Q = list(QUANTILE_COLUMNS)


def season(n: int, level: float = 100.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(level * np.exp(0.2 * np.sin(2 * np.pi * np.arange(n) / 12)))


def series(y: object, name: object = "a", freq: str = "MS", start: str = "2015-01-01") -> pd.DataFrame:
    values = np.asarray(y)
    ds = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"unique_id": name, "ds": ds, "y": values})


def three(freq: str = "MS", n: int = 60) -> pd.DataFrame:
    return pd.concat([series(season(n, 40.0 + 20 * k, k), f"g{k}", freq) for k in range(3)], ignore_index=True)


def sound(result: pd.DataFrame, horizon: int) -> None:
    values = result[["mean", *Q]].to_numpy()
    assert np.isfinite(values).all()
    assert (np.diff(result[Q].to_numpy(), axis=1) >= 0).all()
    assert result.groupby("unique_id").size().eq(horizon).all()


@pytest.mark.parametrize("horizon", [1, 18, 24, 60])
def test_every_horizon_is_served_from_long_and_short_series_alike(horizon: int) -> None:
    table = pd.concat([three(), *(series(season(n), f"short{n}") for n in (1, 2, 5, 12, 13, 20))])
    result = forecast_series(table, horizon=horizon).forecast
    sound(result, horizon)
    assert (result[Q].to_numpy() % 1 == 0).all()
    assert (result[Q].to_numpy() >= 0).all()


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 12, 13, 20])
def test_one_short_series_alone_stays_within_sight_of_its_history(length: int) -> None:
    result = forecast_series(series(season(length))).forecast
    sound(result, 12)
    assert result["q0.5"].between(50, 160).all()
    assert (result["q0.975"] < 320).all()


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e9, 1e15])
def test_any_scale_of_real_values_gives_the_same_forecast_in_its_unit(unit: float) -> None:
    y = season(60) * 1.0137
    once, scaled = (forecast_series(series(y * factor)).forecast[["mean", *Q]] for factor in (1.0, unit))
    np.testing.assert_allclose(scaled / unit, once, rtol=5e-3)


def test_negative_real_values_keep_their_sign_and_trend() -> None:
    y = -1.5 * np.arange(60) + np.random.default_rng(1).normal(0.0, 1.0, 60)
    result = forecast_series(series(y)).forecast
    sound(result, 12)
    assert result["q0.975"].max() < -80
    assert result["mean"].iloc[-1] < result["mean"].iloc[0]


@pytest.mark.parametrize("value", [0.0, 5.0, 5.5, -5.5])
def test_a_constant_series_is_repeated(value: float) -> None:
    result = forecast_series(series([value] * 40)).forecast
    sound(result, 12)
    assert (result["mean"] == value).all()
    assert (result["q0.5"] == value).all()


WRITTEN = {
    "ISO": "%Y-%m-%d",
    "day first": "%d.%m.%Y",
    "month": "%Y-%m",
    "digits": "%Y%m",
    "statistical office": "%YM%m",
    "long": "%Y%m%d",
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("separator", [",", ";"])
def test_dates_may_be_written_in_any_usual_way_and_files_use_either_separator(
    written: str, separator: str, tmp_path: Path
) -> None:
    table = three()
    text = table.assign(ds=table["ds"].dt.strftime(WRITTEN[written]), ward="north")
    text.sample(frac=1.0, random_state=1).to_csv(tmp_path / "s.csv", sep=separator, index=False)
    mine = forecast_series(read_series(tmp_path / "s.csv"), horizon=3).forecast
    pd.testing.assert_frame_equal(
        mine.sort_values(["unique_id", "ds"], ignore_index=True),
        forecast_series(table, horizon=3).forecast,
        check_dtype=False,
        rtol=1e-6,
    )


def test_a_zone_is_dropped_and_local_months_are_kept() -> None:
    table = three()
    zoned = table.assign(ds=table["ds"].dt.tz_localize("Europe/Helsinki"))
    result = forecast_series(zoned, horizon=2).forecast
    assert result["ds"].drop_duplicates().tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-01")]


@pytest.mark.parametrize("freq", ["MS", "ME", "M"])
def test_month_ends_are_months_under_every_name_of_the_frequency(freq: str) -> None:
    result = forecast_series(three("ME"), freq=freq, horizon=2).forecast
    assert result["ds"].drop_duplicates().tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-29")]


@pytest.mark.parametrize(
    ("freq", "stamps"), [("QS", "QS"), ("QE", "QE"), ("W", "W"), ("W-SUN", "W-SUN"), ("YS", "YS"), ("YE", "YE")]
)
def test_other_frequencies_go_on_where_the_series_end(freq: str, stamps: str) -> None:
    table = three(stamps, 40)
    result = forecast_series(table, freq=freq, horizon=4).forecast
    sound(result, 4)
    ahead = pd.date_range(table["ds"].max(), periods=5, freq=stamps)[1:]
    assert result["ds"].iloc[:4].tolist() == list(ahead)


def test_integer_names_missing_values_and_different_ends_are_taken_as_they_are() -> None:
    table = three().assign(unique_id=lambda rows: rows["unique_id"].str[1:].astype(int))
    table["y"] = table["y"].astype(float)
    table.loc[[3, 4, 70], "y"] = np.nan
    table = table[~((table["unique_id"] == 2) & (table["ds"] >= "2018-01-01"))]
    result = forecast_series(table.sample(frac=1.0, random_state=2)).forecast
    sound(result, 12)
    assert set(result["unique_id"]) == {0, 1, 2}
    assert result.loc[result["unique_id"] == 2, "ds"].min() == pd.Timestamp("2018-01-01")
    assert result.loc[result["unique_id"] == 2, "note"].str.contains("ends 24 periods before the others").all()


def test_a_decimal_comma_is_refused_by_name() -> None:
    table = three().astype({"y": object})
    table.loc[5, "y"] = "41,5"
    refused = forecast_series(table).refused
    assert refused["unique_id"].tolist() == ["g0"]
    assert "'41,5' on 2015-06-01 is not a number" in refused["reason"].iloc[0]


@pytest.mark.parametrize("unit", ["s", "us"])
def test_a_stamp_beyond_the_calendar_of_the_engine_is_refused_and_not_wrapped_into_another_century(
    unit: str,
) -> None:
    table = series(season(60), "good").assign(ds=lambda t: t["ds"].dt.as_unit(unit))
    far = table.assign(
        unique_id="far", ds=table["ds"].mask(table.index == 0, pd.Timestamp("9999-12-31").as_unit(unit))
    )
    made = forecast_series(pd.concat([table, far]), horizon=2)
    assert made.forecast["unique_id"].unique().tolist() == ["good"]
    assert made.refused["reason"].item().endswith("is not a date of the years 1678 to 2261")


@pytest.mark.parametrize(("day", "expected"), [(30, "2023-02-28"), (15, "2023-02-15")])
def test_a_series_keeps_its_day_of_the_month_where_a_month_has_it(day: int, expected: str) -> None:
    table = series(season(60), start="2018-01-01")
    kept = table.assign(ds=[stamp + pd.Timedelta(days=min(day, stamp.days_in_month) - 1) for stamp in table["ds"]])
    forecast = forecast_series(kept, horizon=2).forecast
    assert forecast["ds"].iloc[1] == pd.Timestamp(expected)
    assert (forecast["note"] == "").all()


@pytest.mark.parametrize("times", [1e-6, 1e-2, 20.0, 1e6])
def test_a_change_of_unit_leaves_the_forecast_as_sharp_as_that_of_the_latest_unit(times: float) -> None:
    y = season(72, 5e7) * np.where(np.arange(72) < 40, 1.0 / max(times, 1.0), min(1.0, times))
    others = three(n=72)
    result, plain = (
        forecast_series(pd.concat([others, series(values, "a")]), horizon=12).forecast.query("unique_id == 'a'")
        for values in (np.round(y), np.round(season(72, 5e7) * min(1.0, times)))
    )
    sound(result, 12)
    assert result["note"].str.contains("level shift 2018-05-01").all()
    size = plain["q0.5"].to_numpy()
    np.testing.assert_allclose(result["q0.5"], size, rtol=0.1)
    assert ((result["q0.9"] - result["q0.1"]) < 0.4 * size + 6.0 * np.sqrt(size)).all()


def test_no_break_is_read_from_series_with_negative_values() -> None:
    walk = np.random.default_rng(7).normal(0.0, 3.0, 72).cumsum()
    assert walk.min() < 0.0
    table = pd.concat([series(walk, "signed"), series(np.r_[season(40), season(32) * 3], "shifted")])
    assert detect_breaks(table, disrupted=None)["unique_id"].tolist() == ["shifted"]
    announced = detect_breaks(table, disrupted=None, announced=[("signed", "2018-01-01")])
    assert announced["unique_id"].tolist() == ["shifted", "signed"]
