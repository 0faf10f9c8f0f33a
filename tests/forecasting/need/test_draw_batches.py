"""Many draws come in batches that wait in a file: the same figures, and memory that does not grow with them."""

from __future__ import annotations

import gc
import pickle
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting import draw_batches, draw_store
from forecasting.assumptions import Titles
from forecasting.contracts import NeedInputError
from forecasting.cube import quantile_table
from forecasting.draw_batches import Batches, World
from forecasting.draw_store import DrawStore, ObjectStore, Spill
from forecasting.judged import Judged
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_changes import need_changes
from forecasting.scenarios import Scenario
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS

TREE = pd.DataFrame({"service": ["s0", "s1"], "parent": ["every", "every"]})
FIXED = Scenario(name="fixed", titles=Titles(fi="Vakio", sv="Konstant", en="Constant"), rates="constant")


@pytest.fixture(scope="module")
def small() -> County:
    return county(areas=3, services=2, years=10, ahead=6)


def run(c: County, draws: int, **options: object) -> NeedForecast:
    tables = (c.population, c.projection, c.counts, c.hierarchy)
    common = {"exposures": c.exposures, "as_of": 2024, "seed": 3, "services": TREE, "scenarios": (FIXED,)}
    return forecast_need(*tables, draws=draws, **{**common, **options})  # type: ignore[arg-type]


@pytest.fixture
def batches_of_40(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_batches, "BATCH", 40)


def by_process(function, items):  # type: ignore[no-untyped-def]
    """As another process would have it: everything goes there and comes back as bytes."""
    sent = pickle.dumps(function)
    return [pickle.loads(pickle.dumps(pickle.loads(sent)(item))) for item in items]


@pytest.mark.usefixtures("batches_of_40")
def test_quantiles_of_many_batches_are_those_of_all_draws_exactly(small: County) -> None:
    found = run(small, 100)
    for area, service, sex, age in (("total", "s0", "all", "all"), ("a01", "s1", "female", "65-74")):
        draws = found.draws(area, service, sex, age)
        assert len(draws) == 100
        key = {"area": area, "service": service, "sex": sex, "age_group": age, "kind": "forecast"}
        rows = found.forecast[(found.forecast[list(key)] == pd.Series(key)).all(axis=1)].set_index("year")
        assert np.allclose(rows["mean"], draws.mean(), rtol=1e-12)
        assert np.allclose(rows[list(QUANTILE_COLUMNS)].T, draws.quantile(QUANTILE_LEVELS), rtol=1e-12)


@pytest.mark.usefixtures("batches_of_40")
def test_totals_over_services_are_sums_of_all_draws(small: County) -> None:
    found = run(small, 100)
    whole = found.draws("total", "s0") + found.draws("total", "s1")
    rows = found.forecast.query("area == 'total' and service == 'every'").set_index("year")
    assert np.allclose(rows["q0.9"], whole.quantile(0.9), rtol=1e-12)


@pytest.mark.usefixtures("batches_of_40")
def test_draws_of_a_node_over_services_are_those_behind_its_quantiles(small: County) -> None:
    found = run(small, 100)
    draws = found.draws("a01", "every")
    assert draws.equals(found.draws("a01", "s0") + found.draws("a01", "s1"))
    rows = found.forecast.query("area == 'a01' and service == 'every'").set_index("year")
    assert np.allclose(rows[list(QUANTILE_COLUMNS)].T, draws.quantile(QUANTILE_LEVELS), rtol=1e-12)
    with pytest.raises(NeedInputError, match="every is a total of services; ask for sex and age group 'all'"):
        found.draws("a01", "every", "male")
    with pytest.raises(NeedInputError, match=r"'other' is not in the forecast \(s0, s1, every\)"):
        found.draws("a01", "other")


def test_every_table_marks_the_years_that_were_tested(small: County) -> None:
    judged = Judged(validated={"s0": 3, "s1": 0})
    found = run(small, 100, judged=judged)
    change = need_changes(found, 2022, 2027)
    tables = {"forecast": "year", "variance": "year", "scenarios": "year", "scenario_drivers": "year",
              "tornado": "year", "drivers": "to_year"}  # fmt: skip
    for name, year in tables.items():
        table = getattr(found, name)
        ahead = table[(table["service"] != "every") & (table[year] > 2024)]
        limit = ahead["service"].map({"s0": 2027, "s1": 2024})
        assert ahead["validated"].equals(ahead[year] <= limit), name
        assert set(ahead["validated"]) == {True, False} or not (ahead[year] <= limit).any(), name
    assert change.groupby("service")["validated"].all().to_dict() == {"s0": True, "s1": False}


def test_all_is_the_only_label_where_there_is_one(small: County) -> None:
    counts = small.counts.query("age_group == '85+' and sex == 'female'")
    found = forecast_need(small.population, small.projection, counts, small.hierarchy,
                          exposures=small.exposures, as_of=2024, draws=100)  # fmt: skip
    assert found.draws("total", "s0").equals(found.draws("total", "s0", "all", "85+"))


def test_a_total_over_services_is_shown_where_all_of_them_are_counted(small: County) -> None:
    """One service is counted for the whole alone: a part of it would pass for all services of an area."""
    whole = small.counts.query("service == 's1'").groupby(["service", "sex", "age_group", "year"])["count"].sum()
    mixed = pd.concat([small.counts.query("service == 's0'"), whole.reset_index().assign(area="total")])
    found = forecast_need(small.population, small.projection, mixed, small.hierarchy,
                          exposures=small.exposures, as_of=2024, draws=100, services=TREE)  # fmt: skip
    shown = found.forecast.query("service == 'every'")
    assert set(shown["area"]) == {"total"}
    parts = found.forecast.query(
        "area == 'total' and service != 'every' and kind == 'forecast' and sex == 'all' and age_group == 'all'"
    )
    sums = parts.groupby("year")["mean"].sum()
    assert np.allclose(shown.set_index("year")["mean"], sums, rtol=1e-12)
    assert len(sums) == 6


@pytest.mark.usefixtures("batches_of_40")
def test_full_batches_do_not_depend_on_how_many_follow(small: County) -> None:
    few, many = (run(small, n).draws("total", "s1") for n in (80, 100))
    assert few.equals(many.iloc[:80])
    assert not many.iloc[:40].equals(many.iloc[40:80].reset_index(drop=True)), "batches repeat each other"


@pytest.mark.usefixtures("batches_of_40")
def test_batches_give_the_same_bytes_whatever_the_threads_and_processes(small: County) -> None:
    one, two, apart = run(small, 100, threads=1), run(small, 100, threads=2), run(small, 100, each=by_process)
    for name in ("forecast", "drivers", "variance", "scenarios", "scenario_drivers", "tornado"):
        assert getattr(one, name).equals(getattr(two, name)), name
        assert getattr(one, name).equals(getattr(apart, name)), name


@pytest.mark.usefixtures("batches_of_40")
def test_drivers_and_variance_of_many_batches_hold_all_their_draws(small: County) -> None:
    found = run(small, 120)
    change = found.drivers.query("area == 'total' and service == 's0' and driver == 'total'").set_index("to_year")
    parts = found.drivers.query("area == 'total' and service == 's0' and driver != 'total'")
    assert np.allclose(parts.groupby("to_year")["mean"].sum(), change["mean"])
    assert np.allclose(found.variance[["population", "rate", "policy", "noise"]].sum(axis=1), 1.0)


@pytest.mark.usefixtures("batches_of_40")
def test_a_change_is_explained_by_the_first_batch(small: County) -> None:
    many, one = (need_changes(run(small, draws), 2022, 2028) for draws in (100, 40))
    assert many.equals(one)
    assert not many.equals(need_changes(run(small, 30), 2022, 2028))


def test_a_store_sums_up_rows_as_if_they_had_been_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_store, "READ_AT_ONCE", 1000)
    rng = np.random.default_rng(1)
    parts = [rng.poisson(50, (3, 4, n)).astype(kind) for n, kind in ((60, np.float32), (25, np.float64))]
    store = DrawStore(2)
    for part in parts:
        store.add("counts", part, quantile_table)
        store.add("kept", part)
    whole = np.concatenate(parts, axis=-1)
    assert np.array_equal(store.draws("kept"), whole)
    assert np.array_equal(store.summed_up("counts", quantile_table), quantile_table(whole.copy()))
    again = pickle.loads(pickle.dumps(store))
    assert np.array_equal(again.draws("kept"), whole)


@pytest.mark.usefixtures("batches_of_40")
def test_one_batch_is_let_go_before_the_next_is_loaded() -> None:
    size = 25_000 * 40 * 8

    def made(draws: int, seed: int) -> list[World]:
        return [World("", None, [], np.zeros((25_000, draws)))]  # type: ignore[arg-type]

    batched = Batches(made, 160, 1)
    tracemalloc.start()
    for (baseline,), _ in batched:
        assert baseline.population.shape == (25_000, 40)  # type: ignore[attr-defined]
        del baseline
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size < peak < 1.5 * size


def test_a_file_of_draws_is_closed_with_its_owner() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        Spill(b"draws")
        gc.collect()
    assert told == []


def test_memory_does_not_grow_with_draws() -> None:
    def peak(batches: int) -> int:
        rows = np.random.default_rng(2).random((800, 500), dtype=np.float32)
        tracemalloc.start()
        store = DrawStore(batches)
        for _ in range(batches):
            store.add("x", rows, quantile_table)
        assert store.summed_up("x", quantile_table).shape == (800, 10)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = peak(4), peak(32)
    assert many < 1.2 * few, f"{few:,} bytes with 4 batches, {many:,} with 32"


def test_objects_come_back_as_they_were_in_any_order() -> None:
    store = ObjectStore()
    things = [
        {"a": np.arange(5.0), "b": ("x", np.ones((2, 3), dtype=np.float32).T)},
        {"a": np.zeros(0), "b": None},
    ]
    for thing in things:
        store.append(thing)
    for number in (1, 0, 1):
        found = store.load(number)
        assert np.array_equal(found["a"], things[number]["a"])
    assert np.array_equal(store.load(0)["b"][1], np.ones((3, 2)))
    found = pickle.loads(pickle.dumps(store)).load(0)
    found["a"][0] = 9.0
    assert store.load(0)["a"][0] == 0.0
