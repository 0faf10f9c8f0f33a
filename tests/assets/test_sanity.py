"""A forecast that is not sane is found by each of its faults, blocks what follows and is published nowhere."""

from datetime import date

import dagster as dg
import polars as pl
import pytest

from assets.resources import Pipeline
from assets.sanity import SANE, forecast_faults
from assets.stages import CountyRun, Stage

CLEAN = {"no_number": 0, "negative": 0, "crossing": 0, "repeated": 0, "unequal_total": 0, "cut_short": 0}


def row(area: str, year: int, mean: float, **changes: object) -> dict[str, object]:
    return {
        "area": area,
        "service": "home_care",
        "sex": "all",
        "age_group": "all",
        "year": year,
        "kind": "forecast",
        "mean": mean,
        "q0.1": mean - 1,
        "q0.5": mean,
        "q0.9": mean + 1,
        **changes,
    }


ROWS = [row("a1", 2026, 10.0), row("a2", 2026, 5.0), row("07", 2026, 15.0), row("07", 2025, 0, kind="observed")]


def faults(*rows: dict[str, object], years: tuple[int, ...] = (2026,)) -> dict[str, int]:
    return forecast_faults(
        pl.DataFrame(rows), time="year", cell=("sex", "age_group"), total_area="07", expected={"home_care": years}
    )


def test_a_sane_forecast_has_no_fault():
    assert faults(*ROWS) == CLEAN


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"q0.5": None}, "no_number"),
        ({"q0.5": float("nan")}, "no_number"),
        ({"q0.9": float("inf")}, "no_number"),
        ({"q0.1": -0.5}, "negative"),
        ({"q0.1": 10.5}, "crossing"),
        ({"mean": 10.1}, "unequal_total"),
        ({"area": "a2"}, "repeated"),
        ({"age_group": "0-6"}, "unequal_total"),
    ],
)
def test_each_fault_is_counted(change, fault):
    assert faults({**ROWS[0], **change}, *ROWS[1:])[fault] >= 1


def test_an_area_without_its_county_total_is_a_fault():
    assert faults(*ROWS[:2])["unequal_total"] == 1


def test_a_county_known_only_as_a_whole_adds_up_by_itself():
    assert faults(ROWS[2]) == CLEAN


def test_a_forecast_that_ends_early_or_skips_a_year_is_a_fault():
    assert faults(*ROWS, years=(2026, 2027))["cut_short"] == 1


def test_a_service_with_use_and_no_forecast_is_a_fault():
    found = forecast_faults(
        pl.DataFrame(ROWS), time="year", cell=(), total_area="07", expected={"home_care": [2026], "dental": [2026]}
    )
    assert found["cut_short"] == 1


def need_stage(rows: list[dict[str, object]]) -> Stage:
    from assets.sanity import judged_need

    return Stage(
        name="need",
        group="forecasts",
        tables={"need_forecast": "need"},
        reads=("service_use", "population", "projection"),
        code=("lake",),
        make=lambda run: {"need_forecast": pl.DataFrame(rows).with_columns(pl.col("area").replace("07", "21"))},
        checks={"need_forecast": [SANE]},
        blocking=True,
        evaluate=judged_need,
        metadata=lambda run: {"picture": run.table("need_forecast").height},
    )


def given(table: str, frame: pl.DataFrame) -> Stage:
    return Stage(
        name=table,
        group="open_data",
        tables={table: table},
        reads=(),
        code=("lake",),
        make=lambda run: {table: frame},
    )


USE = pl.DataFrame(
    [("a1", "home_care", "male", "0-6", date(2025, month, 1), 3) for month in range(1, 13)],
    schema=["area", "service", "sex", "age_group", "period", "count"],
    orient="row",
)


def run_need(rows: list[dict[str, object]], use: pl.DataFrame = USE) -> dg.ExecuteInProcessResult:
    persons = pl.DataFrame({"year": [2025, 2026]})
    stages = [
        given("service_use", use),
        given("population", persons),
        given("projection", persons),
        need_stage(rows),
    ]
    return dg.materialize(
        [stage.assets() for stage in stages],
        resources={"pipeline": Pipeline(as_of="2026-10-31")},
        partition_key="lappi",
        raise_on_error=False,
    )


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    return tmp_path


def evaluation(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = result.get_asset_check_evaluations()
    return found


def test_a_sane_forecast_passes_its_check_and_shows_its_picture(data):
    result = run_need(ROWS)
    assert result.success
    assert evaluation(result).passed
    (event,) = result.asset_materializations_for_node("need")
    assert event.metadata["picture"].value == len(ROWS)


def test_an_insane_forecast_fails_the_run_and_leaves_the_lake(data):
    result = run_need([{**ROWS[0], "mean": 11.0}, *ROWS[1:]])
    assert not result.success
    assert "not the sum of their areas" in evaluation(result).description
    assert not (data / "lake" / "need_forecast" / "county=21" / "part.parquet").exists()
    assert list((data / "lake" / "_failures" / "21").glob("need.json"))


def test_a_county_without_use_is_a_warning_that_blocks_nothing(data):
    result = run_need(ROWS, use=USE.head(0))
    assert result.success
    assert not evaluation(result).passed
    assert evaluation(result).severity == dg.AssetCheckSeverity.WARN


def test_pictures_are_drawn_from_the_tables(data):
    from assets.pictures import months_picture, need_picture, quality_picture

    levels = {
        "q0.025": 1.0,
        "q0.05": 1.0,
        "q0.1": 1.0,
        "q0.25": 1.0,
        "q0.75": 9.0,
        "q0.9": 9.0,
        "q0.95": 9.0,
        "q0.975": 9.0,
    }
    years = [row("21", year, 5.0, kind=kind, **levels) for year, kind in ((2025, "observed"), (2026, "forecast"))]
    months = [{**r, "ds": date(int(r["year"]), 1, 1), "y": 5.0} for r in years]
    score = {"unit": "U1", "area": "a1", "dimension": "overall", "documents": 40, "index": 0.9, "outside": ""}
    limits = {"funnel_low": 0.8, "funnel_high": 1.0}
    scores = [{"level": "unit", **score, **limits}, {"level": "county", **score, **limits}]
    for table, rows in (("need_forecast", years), ("month_forecast", months), ("quality_scores", scores)):
        run_of().lake.write(table, "21", pl.DataFrame(rows), "fingerprint")
    for picture in (need_picture, months_picture, quality_picture):
        (drawn,) = picture(run_of()).values()
        assert "data:image/svg+xml;base64," in drawn.value


def test_a_county_without_tables_has_no_pictures(data):
    from assets.pictures import months_picture, need_picture, quality_picture

    assert [picture(run_of()) for picture in (need_picture, months_picture, quality_picture)] == [{}, {}, {}]


def run_of() -> CountyRun:
    from pathlib import Path

    from lake.settings import load_settings

    return CountyRun("lappi", date(2026, 10, 31), "2026-11", Path(), load_settings(), None, "")
