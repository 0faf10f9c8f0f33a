"""Heavy work gives the same results in threads as on a Dask cluster; a cluster that is not there is said."""

import os
import sys
import threading
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from assets.compute import ComputeError, computing

sys.path.insert(0, str(Path(__file__).parents[1] / "forecasting" / "need"))


def plus(number: int, item: int) -> int:
    return number + item


def where(item: int) -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def broken(item: int) -> int:
    raise ValueError(f"item {item}")


@pytest.fixture(scope="module")
def scheduler():
    """A cluster of two worker processes on loopback."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_threads_give_results_in_the_order_of_the_items():
    with computing("local") as compute:
        assert compute.map(partial(plus, 10), [3, 1, 2]) == [13, 11, 12]
        with pytest.raises(ValueError, match="item 5"):
            compute.map(broken, [5])


def test_a_scheduler_that_is_not_there_is_an_error_that_says_the_mend(monkeypatch):
    monkeypatch.setattr("assets.compute.SECONDS_TO_ANSWER", 1)
    with pytest.raises(ComputeError, match="set 'compute: local'"), computing("tcp://127.0.0.1:9"):
        pass


@pytest.mark.slow
def test_a_cluster_gives_results_in_order_from_its_own_processes(scheduler):
    with computing(scheduler) as compute:
        assert compute.map(partial(plus, 10), [3, 1, 2]) == [13, 11, 12]
        assert os.getpid() not in {pid for pid, _ in compute.map(where, range(6))}
        with pytest.raises(ValueError, match="item 5"):
            compute.map(broken, [5])


@pytest.mark.slow
def test_the_need_forecast_is_the_same_in_threads_and_on_a_cluster(scheduler):
    from simulated import county

    from forecasting.need import forecast_need
    from forecasting.need_backtest import backtest_need

    small = county(areas=3, services=3, years=12, ahead=4)
    tables = (small.population, small.projection, small.counts, small.hierarchy)
    found = []
    for address in ("local", scheduler):
        with computing(address) as compute:
            options = {"exposures": small.exposures, "as_of": 2024, "seed": 3, "each": compute.map}
            forecast = forecast_need(*tables, **options, draws=200)
            judged = backtest_need(*tables, **options, draws=100)
        found.append((forecast.forecast, forecast.drivers, forecast.variance, forecast.rates, judged.scorecard))
    for here, there in zip(*found, strict=True):
        assert len(here) > 0
        pd.testing.assert_frame_equal(here, there, check_exact=True)
