"""A stage skips what is current, writes atomically, goes through a range of counties and reports its checks."""

import dagster as dg
import polars as pl
import pytest

from assets.resources import Pipeline
from assets.stages import CountyRun, Stage

CALLS: list[str] = []


def make_people(run: CountyRun) -> dict[str, pl.DataFrame]:
    CALLS.append(run.slug)
    return {"people": pl.DataFrame({"area": [run.county.code], "persons": [1]})}


def judge(run: CountyRun) -> list[dg.AssetCheckResult]:
    many = run.table("people").height > 0
    return [dg.AssetCheckResult(asset_key="people", check_name="not_empty", passed=many)]


PEOPLE = Stage(
    name="people",
    group="intake",
    tables={"people": "people"},
    reads=(),
    code=("lake",),
    make=make_people,
    checks={"people": ["not_empty"]},
    evaluate=judge,
)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PALVELUTARVE_DATA", str(tmp_path))
    CALLS.clear()
    return tmp_path


def materialize(stage: Stage, **options) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [stage.assets()], resources={"pipeline": Pipeline(as_of="2026-10-31")}, raise_on_error=False, **options
    )


def test_a_stage_writes_its_table_with_its_row_count(data):
    result = materialize(PEOPLE, partition_key="lappi")
    (event,) = result.asset_materializations_for_node("people")
    assert event.metadata["dagster/row_count"].value == 1
    assert pl.read_parquet(data / "lake" / "people" / "county=21" / "part.parquet")["persons"].to_list() == [1]


def test_a_second_run_on_the_same_input_makes_nothing(data):
    materialize(PEOPLE, partition_key="lappi")
    before = (data / "lake/people/county=21/part.parquet").stat().st_mtime_ns
    materialize(PEOPLE, partition_key="lappi")
    assert CALLS == ["lappi"]
    assert (data / "lake/people/county=21/part.parquet").stat().st_mtime_ns == before


def test_another_day_makes_the_table_anew(data):
    materialize(PEOPLE, partition_key="lappi")
    dg.materialize([PEOPLE.assets()], resources={"pipeline": Pipeline(as_of="2026-11-30")}, partition_key="lappi")
    assert CALLS == ["lappi", "lappi"]


def test_a_table_that_a_later_run_could_not_renew_speaks_of_its_own_day(data):
    def day(run: CountyRun) -> list[dg.AssetCheckResult]:
        found = run.day_of("people").isoformat()
        return [dg.AssetCheckResult(asset_key="later", check_name="day", passed=True, description=found)]

    materialize(PEOPLE, partition_key="lappi")
    later = Stage(
        **{**AFTER.__dict__, "tables": {"later": "later"}, "checks": {"later": ["day"]}, "evaluate": day,
           "make": lambda run: {"later": run.table("people")}},
    )  # fmt: skip
    pipeline = Pipeline(as_of="2026-11-30")
    result = dg.materialize([later.assets()], resources={"pipeline": pipeline}, partition_key="lappi")
    (found,) = result.get_asset_check_evaluations()
    assert found.description == "2026-10-31"


def test_a_damaged_table_is_made_anew(data):
    materialize(PEOPLE, partition_key="lappi")
    path = data / "lake/people/county=21/part.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    materialize(PEOPLE, partition_key="lappi")
    assert path.read_bytes() == whole


def test_an_interrupted_range_of_counties_shows_which_are_done(data):
    (data / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(data / "home")) as instance:
        tags = {
            "dagster/asset_partition_range_start": "vantaa-kerava",
            "dagster/asset_partition_range_end": "varsinais-suomi",  # a county without a file
        }
        result = materialize(PEOPLE, tags=tags, instance=instance)
        assert not result.success
        assert instance.get_materialized_partitions(dg.AssetKey("people")) == {"vantaa-kerava"}
        (failure,) = [e for e in result.all_events if e.is_step_failure]
        assert "no county file 'varsinais-suomi'" in failure.step_failure_data.error.cause.message


def blocking(severity: dg.AssetCheckSeverity) -> Stage:
    """A stage whose blocking check fails."""
    found = dg.AssetCheckResult(asset_key="people", check_name="not_empty", passed=False, severity=severity)
    return Stage(**{**PEOPLE.__dict__, "blocking": True, "evaluate": lambda run: [found]})


AFTER = Stage(
    name="after",
    group="intake",
    tables={"after": "what follows"},
    reads=("people",),
    code=("lake",),
    make=lambda run: {"after": run.table("people")},
)


@pytest.mark.parametrize("severity", [dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN])
def test_a_failing_blocking_check_stops_what_follows_when_it_is_fatal(data, severity):
    result = dg.materialize(
        [blocking(severity).assets(), AFTER.assets()],
        resources={"pipeline": Pipeline(as_of="2026-10-31")},
        partition_key="lappi",
        raise_on_error=False,
    )
    goes_on = severity == dg.AssetCheckSeverity.WARN
    assert result.success == goes_on
    assert (data / "lake" / "after").exists() == goes_on
    assert (data / "lake/people/county=21/part.parquet").exists() == goes_on


def test_what_a_check_found_stands_with_its_county(data):
    (data / "home").mkdir()
    people = dg.AssetKey("people")
    check = dg.AssetCheckKey(people, "not_empty")
    with dg.DagsterInstance.local_temp(str(data / "home")) as instance:
        for stage, county in ((blocking(dg.AssetCheckSeverity.WARN), "lappi"), (PEOPLE, "paijat-hame")):
            materialize(stage, partition_key=county, instance=instance)
        records = instance.event_log_storage.get_asset_check_execution_history(check, limit=5)
        found = [record.event.dagster_event.asset_check_evaluation_data for record in records]
    assert {(one.partition, one.passed) for one in found} == {("lappi", False), ("paijat-hame", True)}


def test_a_failure_is_forgotten_when_the_input_that_caused_it_is_taken_back(data):
    from assets.failures import failures
    from lake.settings import load_settings

    delivered = ["whole"]

    def make(run: CountyRun) -> dict[str, pl.DataFrame]:
        if delivered[0] == "broken":
            raise ValueError("the file is cut off")
        return make_people(run)

    stage = Stage(**{**PEOPLE.__dict__, "make": make, "inputs": lambda run: delivered[0]})
    materialize(stage, partition_key="lappi")
    delivered[0] = "broken"
    assert not materialize(stage, partition_key="lappi").success
    assert failures(load_settings(), "21") == ["people: the file is cut off"]
    delivered[0] = "whole"
    assert materialize(stage, partition_key="lappi").success
    assert CALLS == ["lappi"]  # nothing is made again, and nothing is missing any more
    assert failures(load_settings(), "21") == []


def test_a_stage_names_code_that_is_there():
    from assets.build import ALL_STAGES
    from lake.settings import PROJECT

    missing = [
        (stage.name, place) for stage in ALL_STAGES for place in stage.code if not (PROJECT / place).exists()
    ]
    assert missing == []


def test_a_county_without_use_keeps_the_ledger_of_the_editions_before(data):
    from datetime import date

    from assets.need import need_tables
    from lake.settings import load_settings

    run = CountyRun("lappi", date(2026, 10, 31), "2026-11", data, load_settings(), None, "run")
    before = pl.DataFrame({"edition": ["2026-10"], "text": ["inputs"]})
    run.lake.write("need_ledger", "21", before, "x")
    tables = need_tables(run)
    assert tables["need_ledger"].equals(before)
    assert tables["need_forecast"].is_empty()
