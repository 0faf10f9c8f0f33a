"""Runs and champions are kept in MLflow, and a failing tracker never fails a forecast."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from forecasting.registry_model import months_ahead
from forecasting.tracking import Champion, TrackingSettings, tracked_run


def series() -> pd.DataFrame:
    ds = pd.date_range("2018-01-01", periods=60, freq="MS")
    y = np.random.default_rng(1).poisson(50, (2, 60))
    return pd.concat([pd.DataFrame({"unique_id": f"A{i}", "ds": ds, "y": y[i]}) for i in range(2)])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    return TrackingSettings("sqlite", tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(scope="module")
def tracked(settings: TrackingSettings) -> str:
    """One run with parameters, scores and ten champions; the time of the registration is bounded."""
    card = pd.DataFrame(
        [("doctor: visits", "batch", 3, 4.2, 0.2, True), ("doctor: visits", "seasonal_naive", 3, 5.1, 0.0, False)],
        columns=["service", "model", "horizon", "crps", "crps_skill", "champion"],
    )
    with tracked_run(settings, "main", {"county": "07"}) as run:
        run.parameters({"seed": 1, "vintage": "11re 2026-03"})
        run.scorecard(card)
        run.text("<svg/>", "plots/doctor.svg")
        began = time.process_time()
        moved = run.register([Champion(f"07/s{i}", "batch", 6) for i in range(10)])
        assert time.process_time() - began < 10.0
    assert run.failures == []
    assert len(moved) == 10
    return run.run_id


def test_parameters_scores_and_plots_stand_in_the_run(settings: TrackingSettings, tracked: str) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(settings.tracking_uri)
    run = client.get_run(tracked)
    assert run.data.params == {"seed": "1", "vintage": "11re 2026-03"}
    assert run.data.metrics == {"months.doctor_ visits.h3.crps": 4.2, "months.doctor_ visits.h3.crps_skill": 0.2}
    assert run.info.status == "FINISHED"
    assert {item.path for item in client.list_artifacts(tracked)} >= {"months_scorecard.csv", "plots"}


def in_charge(settings: TrackingSettings, name: str) -> str:
    """The model that the alias of a registered name points to."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=settings.tracking_uri, registry_uri=settings.tracking_uri)
    return str(client.get_model_version_by_alias(name, "champion").tags["model"])


def load(settings: TrackingSettings, name: str) -> object:
    import mlflow

    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    return mlflow.pyfunc.load_model(f"models:/{name}@champion")


def test_a_champion_loads_by_its_alias_and_predicts_from_a_plain_table(
    settings: TrackingSettings, tracked: str
) -> None:
    result = load(settings, "07-s3").predict(series())  # type: ignore[attr-defined]
    assert result.groupby("unique_id").size().eq(6).all()
    assert result["ds"].min() == pd.Timestamp("2023-01-01")
    assert result["mean"].between(40, 60).all()


def test_the_alias_moves_only_when_the_model_in_charge_changes(settings: TrackingSettings, tracked: str) -> None:
    with tracked_run(settings, "again") as run:
        assert in_charge(settings, "07-s0") == "batch"
        assert run.register([Champion("07/s0", "batch", 6)]) == []
        other = Champion("07/s0", "seasonal_naive", 6)
        assert run.register([other]) == ["07-s0"]
        assert in_charge(settings, "07-s0") == "seasonal_naive"
    assert run.failures == []
    table = series()
    result = load(settings, "07-s0").predict(table)  # type: ignore[attr-defined]
    last_year = table[table["ds"] >= "2022-01-01"].groupby("unique_id").head(6)
    np.testing.assert_allclose(result["mean"], last_year["y"])
    assert (result["q0.025"] < result["q0.975"]).all()


def test_the_spread_of_a_registered_challenger_is_that_of_its_own_errors() -> None:
    ds = pd.date_range("2018-01-01", periods=72, freq="MS")
    rng = np.random.default_rng(3)
    calm = pd.DataFrame({"unique_id": "A", "ds": ds, "y": rng.poisson(5000, 72)})
    wild = calm.assign(y=rng.negative_binomial(4, 4 / 5004, 72))
    narrow, wide = (months_ahead(table, "seasonal_naive", 6) for table in (calm, wild))
    width = [float((one["q0.975"] - one["q0.025"]).mean()) for one in (narrow, wide)]
    # Of a difference of two Poisson counts, sd = sqrt(2 * 5000) = 100; the other's is half the level and more.
    assert 200 < width[0] < 800
    assert width[1] > 5000


def test_a_tracker_that_fails_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with tracked_run(TrackingSettings("sqlite", blocked), "main") as run:
        run.parameters({"a": 1})
        run.metrics({"b": 2.0})
        assert run.register([Champion("x", "batch", 6)]) == []
    assert run.failures
    with tracked_run(TrackingSettings("http"), "main") as run:
        run.metrics({"b": 2.0})
    assert "needs uri" in run.failures[0]


def test_a_run_whose_work_raises_is_marked_failed(settings: TrackingSettings) -> None:
    from mlflow import MlflowClient

    with pytest.raises(RuntimeError, match="the work"), tracked_run(settings, "broken") as run:
        raise RuntimeError("the work")
    assert MlflowClient(settings.tracking_uri).get_run(run.run_id).info.status == "FAILED"


def test_tracking_off_logs_nothing_and_never_imports_mlflow() -> None:
    code = (
        "import sys; from forecasting.tracking import *\n"
        "with tracked_run(TrackingSettings(), 'x') as run: run.metrics({'a': 1.0})\n"
        "assert run.run_id == '' and run.failures == [] and 'mlflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


MAKE = """
import sys
from pathlib import Path
from forecasting.tracking_store import ensure_store
print("begun", flush=True)
ensure_store(Path(sys.argv[1]))
print("made", flush=True)
"""


@pytest.mark.parametrize("after", [0.5, 1.5])
def test_a_process_killed_while_it_makes_the_database_breaks_nothing(tmp_path: Path, after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"import mlflow.store.tracking.sqlalchemy_store\n{MAKE}", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(after)
    process.kill()
    process.wait()
    with tracked_run(TrackingSettings("sqlite", tmp_path), "main") as run:
        run.metrics({"a": 1.0})
    assert run.failures == []


def test_a_run_of_a_killed_process_is_ended_by_the_next_one(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    settings = TrackingSettings("sqlite", tmp_path)
    with tracked_run(settings, "main") as first:
        client = MlflowClient(settings.tracking_uri)
        with tracked_run(settings, "other"), tracked_run(settings, "main"):
            assert client.get_run(first.run_id).info.status == "KILLED"


@pytest.mark.parametrize("name", ["07-p0", "07-p1"])
def test_a_loaded_model_takes_a_horizon_and_either_kind_of_frame(settings: TrackingSettings, name: str) -> None:
    with tracked_run(settings, "asked") as run:
        run.register([Champion(name, {"07-p0": "batch", "07-p1": "poisson_glm"}[name], 6)])
    assert run.failures == []
    model = load(settings, name)
    expected = model.predict(series(), params={"horizon": 3})  # type: ignore[attr-defined]
    assert expected.groupby("unique_id").size().eq(3).all()
    from_polars = model.predict(pl.from_pandas(series()), params={"horizon": 3})  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(from_polars, expected)
    assert model.predict(series()).groupby("unique_id").size().eq(6).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", ["batch", "poisson_glm"])
def test_a_bad_series_is_named_and_stops_no_other_of_a_registered_model(model: str) -> None:
    good = series()
    one = good[good["unique_id"] == "A0"]
    odd = [
        one.assign(unique_id="infinite", y=one["y"].where(one["ds"] > "2019-01-01", np.inf)),
        one.tail(5).assign(unique_id="new"),
        one.assign(unique_id="ended", ds=one["ds"] - pd.DateOffset(years=9)),
    ]
    with pytest.warns(UserWarning, match="series infinite is left out: infinite value on 2018-01-01"):
        result = months_ahead(pd.concat([*odd, good]), model, 4)
    assert set(result["unique_id"]) == {"A0", "A1", "new", "ended"}
    notes = result.groupby("unique_id")["note"].first()
    assert notes[["A0", "A1"]].eq("").all()
    assert notes["ended"].startswith("ends 108 periods before the others")
    assert notes[["new", "ended"]].str.contains("forecast by batch").eq(model != "batch").all()
    assert result["mean"].between(35.0, 65.0).all()
    alone = months_ahead(good, model, 4)
    mine = result[result["unique_id"].isin(["A0", "A1"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone, rtol=1e-9 if model != "batch" else 0.1)
