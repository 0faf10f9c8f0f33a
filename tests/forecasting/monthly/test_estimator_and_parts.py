"""The engine in its ecosystem: scikit-learn's habits, both kinds of frames, parts, scores, files in parts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from forecasting.monthly import (
    backtest_series,
    complete_recent,
    detect_breaks,
    explain_series,
    forecast_hierarchy,
    forecast_months,
    forecast_series,
    streaming,
)
from forecasting.monthly.estimator import SeriesForecaster, evaluation_table
from forecasting.monthly.explain import PARTS
from forecasting.monthly.streaming import forecast_file, part_of


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    time = np.arange(60)
    parts = []
    for number in range(24):
        size = np.exp(rng.normal(3.0, 1.5))
        y = rng.poisson(size * np.exp(0.25 * np.sin(2 * np.pi * time / 12) + 0.004 * time))
        ds = pd.date_range("2019-01-01", periods=60, freq="MS")
        parts.append(pd.DataFrame({"unique_id": f"s{number:02d}", "ds": ds, "y": y.astype(float)}))
    return pd.concat(parts, ignore_index=True)


CHECKS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_checks_of_scikit_learn_that_need_no_matrix_pass(check: str) -> None:
    getattr(estimator_checks, check)("SeriesForecaster", SeriesForecaster())


def test_an_estimator_is_fitted_cloned_and_asked_for_any_horizon(panel: pd.DataFrame) -> None:
    estimator = SeriesForecaster(quantiles=(0.1, 0.5, 0.9))
    with pytest.raises(NotFittedError):
        estimator.predict(3)
    assert estimator.fit(panel) is estimator
    assert estimator.n_series_ == 24
    result = estimator.predict(3)
    assert list(result.columns) == ["unique_id", "ds", "mean", "q0.1", "q0.5", "q0.9", "note"]
    assert len(result) == 72
    again = clone(estimator).set_params(random_state=1).fit(panel).predict(3)
    pd.testing.assert_frame_equal(result, again)


def test_polars_frames_come_back_as_polars_frames_with_the_same_figures(panel: pd.DataFrame) -> None:
    table = pl.from_pandas(panel)
    for given in (table, table.lazy()):
        result = forecast_series(given, horizon=2)
        assert isinstance(result.forecast, pl.DataFrame)
        assert result.refused.height == 0
        expected = forecast_series(panel, horizon=2).forecast
        np.testing.assert_array_equal(result.forecast["q0.9"].to_numpy(), expected["q0.9"])
    assert isinstance(SeriesForecaster().fit(table).explain(2), pl.DataFrame)
    with pytest.raises(TypeError, match="expected a pandas or Polars table"):
        forecast_series([1, 2, 3])


def test_every_function_of_the_package_takes_polars_frames_and_answers_in_kind(panel: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    keyed = panel.assign(area=panel["unique_id"].str[:2], service="visits", y=panel["y"] + 1.0)
    keyed = keyed.groupby(["area", "service", "ds"], as_index=False)["y"].sum()
    events = pd.DataFrame(
        {"event_date": pd.Timestamp("2023-10-01") + pd.to_timedelta(np.arange(900) % 92, unit="D")}
    )
    events["recorded_at"] = events["event_date"] + pd.to_timedelta(rng.geometric(0.1, 900), unit="D")
    events = events.assign(area="s0", service="visits", unit="a")

    def made(frame: Callable[[pd.DataFrame], Any]) -> list[Any]:
        tree = forecast_hierarchy(frame(keyed[["area", "ds", "y"]]), [(), ("area",)], horizon=2, draws=100)
        completion = complete_recent(frame(events), as_of="2023-12-31")
        months = forecast_months(
            frame(keyed), as_of="2023-12-31", total_area="all", completion=completion, horizon=2, draws=100
        )
        breaks = detect_breaks(frame(panel.assign(y=panel["y"] * np.where(panel["ds"] > "2022-06-01", 3.0, 1.0))))
        return [tree.forecast, completion.table, months.forecast, months.scorecard, breaks]

    for expected, result in zip(made(lambda table: table), made(pl.from_pandas), strict=True):
        assert isinstance(result, pl.DataFrame) and len(expected) > 0
        pd.testing.assert_frame_equal(result.to_pandas(), expected, check_dtype=False)


def test_stamps_of_polars_frames_keep_their_zone_as_those_of_pandas_frames_do(panel: pd.DataFrame) -> None:
    zoned = panel.assign(ds=panel["ds"].dt.tz_localize("Europe/Helsinki"))
    expected, result = (forecast_series(one, horizon=2).forecast for one in (zoned, pl.from_pandas(zoned)))
    pd.testing.assert_frame_equal(result.to_pandas(), expected, check_dtype=False)
    assert result["ds"].min() == pd.Timestamp("2024-01-01")
    assert set(result["note"]) == {"time zone dropped, local time kept"}


def test_an_estimator_keeps_what_it_was_fitted_on_and_explains_what_it_predicts(panel: pd.DataFrame) -> None:
    given = pd.concat([panel, panel.tail(60).assign(unique_id="broken", y=0.5)])
    estimator = SeriesForecaster(only_counts=True).fit(given)
    before = estimator.predict(2)
    given["y"] = 0.0
    pd.testing.assert_frame_equal(estimator.predict(2), before)
    pd.testing.assert_frame_equal(
        estimator.explain(2)[["unique_id", "ds", "mean"]], before[["unique_id", "ds", "mean"]]
    )
    assert "broken" not in set(before["unique_id"])
    assert isinstance(SeriesForecaster().fit(pl.from_pandas(panel)).refused_, pl.DataFrame)


def test_parts_sum_to_the_mean_and_mean_what_they_say(panel: pd.DataFrame) -> None:
    parts = explain_series(panel, horizon=12)
    forecast = forecast_series(panel, horizon=12).forecast
    np.testing.assert_array_equal(parts["mean"], forecast["mean"])
    np.testing.assert_allclose(parts[list(PARTS)].sum(axis=1), parts["mean"], rtol=1e-12)
    size = parts.groupby("unique_id")["mean"].mean()
    large = parts[parts["unique_id"].map(size) > 60.0].assign(relative=lambda t: t["season"] / t["level"])
    wave = large.groupby(large["ds"].dt.month)["relative"].mean()
    assert wave.loc[4] > 0.12 and wave.loc[10] < -0.12
    assert large.groupby("unique_id")["level"].std().max() < 0.05 * large["level"].max()


def test_a_series_without_a_model_has_a_level_alone() -> None:
    ds = pd.date_range("2019-01-01", periods=30, freq="MS")
    parts = explain_series(pd.DataFrame({"unique_id": "a", "ds": ds, "y": 5.0}), horizon=2)
    assert parts[["level", "trend", "season", "calendar"]].to_numpy().tolist() == [[5.0, 0.0, 0.0, 0.0]] * 2


def test_scores_of_earlier_origins_are_those_of_a_calibrated_forecast(panel: pd.DataFrame) -> None:
    scores = backtest_series(panel, horizon=12)
    assert scores["origins"].iloc[0] >= 6
    assert scores["origins"].is_monotonic_decreasing
    assert scores["coverage80"].mean() == pytest.approx(0.8, abs=0.06)
    assert scores["bias"].abs().max() < 0.15
    assert (scores["mase"] < 1.0).all()


def test_a_file_in_parts_gives_each_series_the_same_forecast_however_it_lies(
    panel: pd.DataFrame, tmp_path: Path
) -> None:
    panel.to_parquet(tmp_path / "a.parquet")
    by_month = panel.sort_values(["ds", "unique_id"])
    by_month.to_csv(tmp_path / "b.csv", index=False, sep=";")
    told: list[str] = []
    first = forecast_file(tmp_path / "a.parquet", tmp_path / "a.out.parquet", together=9, report=told.append)
    second = forecast_file(tmp_path / "b.csv", tmp_path / "b.out.csv", together=9)
    assert first.series == second.series == 24
    assert len(told) == 3
    a = pd.read_parquet(tmp_path / "a.out.parquet")
    b = pd.read_csv(tmp_path / "b.out.csv", parse_dates=["ds"])
    both = a.merge(b, on=["unique_id", "ds"], validate="1:1")
    assert len(both) == 24 * 12
    np.testing.assert_allclose(both["mean_x"], both["mean_y"], rtol=1e-6)
    alone = panel[[part_of(name, 3) == 1 for name in panel["unique_id"]]]
    part = forecast_series(alone).forecast.merge(a, on=["unique_id", "ds"], validate="1:1")
    np.testing.assert_allclose(part["mean_x"], part["mean_y"], rtol=1e-12)


def test_a_table_goes_in_the_same_parts_whatever_kind_of_file_it_lies_in(tmp_path: Path) -> None:
    table = pd.DataFrame({"unique_id": [f"s{k}" for k in range(20_001)], "ds": "2020-01-01", "y": 3})
    told: dict[str, list[str]] = {}
    for kind in ("csv", "parquet", "csv.gz"):
        source = tmp_path / f"series.{kind}"
        table.to_parquet(source) if kind == "parquet" else table.to_csv(source, index=False)
        told[kind] = []
        forecast_file(source, tmp_path / "out.parquet", report=told[kind].append, horizon=1)
    assert len(told["csv"]) == 2
    assert told["parquet"] == told["csv.gz"] == told["csv"]


def test_parts_and_scores_of_a_file_in_parts_are_those_of_its_forecasts(
    panel: pd.DataFrame, tmp_path: Path
) -> None:
    panel.to_parquet(tmp_path / "a.parquet")
    out, parts, scores = (tmp_path / name for name in ("out.csv", "parts.parquet", "scores.csv"))
    forecast_file(tmp_path / "a.parquet", out, explain=parts, backtest=scores, together=9, horizon=3)
    forecast, made = pd.read_csv(out), pd.read_parquet(parts)
    assert made["unique_id"].tolist() == forecast["unique_id"].tolist()
    np.testing.assert_allclose(made["mean"], forecast["mean"], rtol=1e-12)
    np.testing.assert_allclose(made[list(PARTS)].sum(axis=1), made["mean"], rtol=1e-12)
    place = panel["unique_id"].map(lambda name: part_of(name, 3))
    each = [backtest_series(rows, horizon=3) for _, rows in panel.groupby(place)]
    pooled = pd.read_csv(scores)
    assert pooled["n"].tolist() == sum(one["n"] for one in each).tolist()  # type: ignore[union-attr]
    share = sum(one["coverage80"] * one["n"] for one in each) / pooled["n"]
    np.testing.assert_allclose(pooled["coverage80"], share)


def test_a_part_without_a_usable_series_is_told_and_stops_nothing(panel: pd.DataFrame, tmp_path: Path) -> None:
    bad = next(f"bad{k}" for k in range(50) if part_of(f"bad{k}", 2) != part_of("s00", 2))
    rows = panel[panel["unique_id"] == "s00"]
    table = pd.concat([rows, rows.assign(unique_id=bad, y=np.inf)])
    table.to_parquet(tmp_path / "a.parquet")
    result = forecast_file(tmp_path / "a.parquet", tmp_path / "out.parquet", together=1)
    assert result.series == 1
    assert result.refused["reason"].str.contains("infinite value").any()
    assert not list(tmp_path.glob(".*writing"))
    table[table["unique_id"] == bad].assign(unique_id="x").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(streaming.SeriesError, match="infinite value"):
        forecast_file(tmp_path / "b.parquet", tmp_path / "none.parquet", together=1)
    assert not (tmp_path / "none.parquet").exists()


def test_every_refused_series_of_a_part_is_told_and_rows_without_a_name_too(
    panel: pd.DataFrame, tmp_path: Path
) -> None:
    bad = [f"bad{k}" for k in range(50) if part_of(f"bad{k}", 5) != part_of("s00", 5)][:3]
    rows = panel[panel["unique_id"] == "s00"]
    unnamed = rows.head(3).assign(unique_id=None)
    pd.concat([rows, *(rows.assign(unique_id=name, y=np.inf) for name in bad), unnamed]).to_parquet(
        tmp_path / "a.parquet"
    )
    result = forecast_file(tmp_path / "a.parquet", tmp_path / "out.parquet", together=1)
    assert result.series == 1
    assert set(result.refused["unique_id"]) == {*bad, "(no name)"}
    with pytest.raises(streaming.SeriesError, match="the horizon must be at least 1"):
        forecast_file(tmp_path / "a.parquet", tmp_path / "out.parquet", together=1, horizon=0)
    with pytest.raises(ValueError, match="expected a name ending"):
        forecast_file(tmp_path / "a.parquet", tmp_path / "out.xlsx")


EVALUATE = """
import sys
import pandas as pd
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import coverage, mae
table = pd.read_parquet(sys.argv[1])
result = evaluate(table, metrics=[mae, coverage], models=["palvelutarve"], level=[80, 95])
assert set(result["metric"]) == {"mae", "coverage_level80", "coverage_level95"}, result
assert result["palvelutarve"].notna().all()
"""


def test_the_evaluation_of_utilsforecast_reads_a_forecast(panel: pd.DataFrame, tmp_path: Path) -> None:
    late = panel.groupby("unique_id").cumcount(ascending=False) < 6
    table = evaluation_table(forecast_series(panel[~late], horizon=6).forecast)
    assert list(table.columns[:3]) == ["unique_id", "ds", "palvelutarve"]
    assert (table["palvelutarve-lo-95"] <= table["palvelutarve-lo-80"]).all()
    peers = os.environ.get("PALVELUTARVE_PEERS")
    if not peers:
        pytest.skip("no interpreter with utilsforecast is named by PALVELUTARVE_PEERS")
    table.merge(panel[late], on=["unique_id", "ds"]).to_parquet(tmp_path / "judged.parquet")
    done = subprocess.run(
        [peers, "-c", EVALUATE, str(tmp_path / "judged.parquet")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
