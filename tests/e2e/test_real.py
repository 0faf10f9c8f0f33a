"""Real open data of four counties: every usable service indicator is forecast to 2045 and judged."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tests.e2e.conftest import Palvelutarve

pytestmark = pytest.mark.real
COUNTIES = {"lappi": "21", "paijat-hame": "09", "pohjanmaa": "17", "vantaa-kerava": "04"}
END = 2045


class Tables:
    """The lake's tables of one county after its open data were read and its indicators forecast."""

    def __init__(self, lake: Path, code: str) -> None:
        self.lake, self.code = lake, code

    def __call__(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.lake / name / f"county={self.code}" / "part.parquet", hive_partitioning=False)


@pytest.fixture(scope="module", params=sorted(COUNTIES))
def tables(request, real_data, tmp_path_factory) -> Tables:
    from assets.forecasts import FORECAST_STAGES
    from assets.open_data import OPEN_DATA_STAGES
    from assets.resources import Pipeline

    data = tmp_path_factory.mktemp(request.param)
    stages = [s for s in (*OPEN_DATA_STAGES, *FORECAST_STAGES) if s.name in ("open_data", "indicator_forecasts")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALVELUTARVE_DATA", str(data))
        result = dg.materialize(
            [stage.assets() for stage in stages],
            resources={"pipeline": Pipeline(data=str(real_data), as_of="2026-10-31")},
            partition_key=request.param,
            raise_on_error=False,
        )
    assert result.success
    return Tables(data / "lake", COUNTIES[request.param])


def test_every_usable_indicator_is_forecast_to_the_end_of_the_projection(tables):
    usable = tables("indicator_usable").filter(pl.col("usable"))
    forecast = tables("indicator_forecast").filter(pl.col("kind") == "forecast")
    assert usable.height > 0
    assert set(usable["indicator"]) <= set(forecast["indicator"])
    ended = forecast.filter(~pl.col("indicator").is_in(usable["indicator"].implode()))
    assert set(ended["flag"]) <= {"stale", "break,stale", "stale,break"}
    for (indicator,), rows in forecast.group_by("indicator"):
        years = sorted(rows["year"].to_list())
        assert years == list(range(years[0], END + 1)), indicator
        last = tables("indicator_forecast").filter(pl.col("kind") == "observed", pl.col("indicator") == indicator)
        assert years[0] == last["year"].max() + 1, indicator


def test_intervals_hold_their_order_and_widen(tables):
    forecast = tables("indicator_forecast").filter(pl.col("kind") == "forecast").sort("indicator", "year")
    levels = [c for c in forecast.columns if c.startswith("q0.")]
    assert len(levels) == 9
    for low, high in zip(levels, levels[1:], strict=False):
        assert (forecast[low] <= forecast[high]).all()
    for (indicator,), rows in forecast.group_by("indicator"):
        width = (rows["q0.9"] - rows["q0.1"]).to_list()
        assert width[-1] > width[0] > 0, indicator


def test_the_backtest_judges_the_champion_and_the_baseline_on_held_back_years(tables):
    card = tables("indicator_scorecard")
    assert {"last_value"} < set(card["model"])
    assert card["champion"].any()
    assert card["n"].min() > 0
    assert card["origins"].min() >= 1
    assert card["coverage80"].is_between(0, 1).all()
    assert card["crps"].is_finite().all()


def test_every_figure_has_its_vintage_and_source(tables):
    for name in ("population", "projection", "indicators"):
        frame = tables(name)
        assert frame.height > 0, name
        assert frame["vintage"].str.len_chars().min() > 0, name
        assert frame["source"].str.len_chars().min() > 0, name
    assert tables("population")["year"].max() >= 2024
    assert tables("projection")["year"].max() == END


def test_beyond_the_tested_horizon_figures_are_marked(tables):
    forecast = tables("indicator_forecast").filter(pl.col("kind") == "forecast")
    assert not forecast.filter(pl.col("year") == END)["validated"].any()


@pytest.mark.slow
def test_the_whole_job_on_real_data_publishes_an_edition(real_data, tmp_path):
    house = Palvelutarve(tmp_path)
    environment = {k: v for k, v in house.environment.items() if k != "PALVELUTARVE_SETTINGS"}
    done = subprocess.run(
        [Path(sys.executable).parent / "palvelutarve", "run", "--county", "lappi", "--data", real_data,
         "--as-of", "2026-10-31"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    release = tmp_path / "releases" / COUNTIES["lappi"] / "2026-11"
    assert json.loads((release / "edition.json").read_text(encoding="utf-8"))["synthetic"] is False
    table = pl.read_parquet(release / "tables" / "indicator_forecast.parquet")
    assert table.filter(pl.col("kind") == "forecast")["year"].max() == END
    page = (release / "situation" / "index.html").read_text(encoding="utf-8").lower()
    assert "synteet" not in page
    assert not (tmp_path / "synthetic").exists()
