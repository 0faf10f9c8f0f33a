"""Many series at once: processor seconds and memory of forecast, intervals and backtest; is time linear?

Run: `python -m benchmarks.monthly_scale [--series 30000 --months 120]`. Each size runs in a process of
its own, so that memory is its own. Limits: 120 s and 3 GB for 30,000 series.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.monthly.backtest import judge
from forecasting.monthly.forecast import forecast_prepared, prepare

SECONDS, GIGABYTES = 120.0, 3.0


def many(number: int, months: int, seed: int = 11) -> pd.DataFrame:
    """Counts with wandering levels and seasons, from a few a month to thousands."""
    rng = np.random.default_rng(seed)
    level = rng.normal(4.0, 1.5, number) + np.cumsum(rng.normal(0.0, 0.03, (months, number)), axis=0)
    season = (rng.normal(size=(12, number)) * 0.12)[np.arange(months) % 12]
    y = rng.poisson(rng.gamma(30.0, np.exp(level + season) / 30.0)).astype(np.float64)
    ds = pd.date_range("2010-01-01", periods=months, freq="MS")
    names = np.array([f"s{i:06d}" for i in range(number)], dtype=object)
    return pd.DataFrame({"unique_id": np.repeat(names, months), "ds": np.tile(ds, number), "y": y.T.ravel()})


def one(number: int, months: int, horizon: int) -> None:
    """Run one size in this process and print: series, processor seconds, peak memory in GB, origins, coverage."""
    table = many(number, months)
    before = time.process_time()
    prepared, _ = prepare(table, freq="MS", horizon=horizon)
    forecast = forecast_prepared(prepared, horizon)
    scores = judge(prepared)
    spent = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0**2
    told = (
        f"{len(forecast)} rows, {int(scores['origins'].max())} origins, coverage {scores['coverage80'].mean():.3f}"
    )
    print(f"{number} {spent:.2f} {peak:.2f} {told}", flush=True)


def main() -> None:
    """Run a quarter, a half and the whole, and print how time grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=30_000)
    parser.add_argument("--months", type=int, default=120)
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--one", action="store_true", help="run this size here, and nothing else")
    options = parser.parse_args()
    if options.one:
        one(options.series, options.months, options.horizon)
        return
    seconds: dict[int, float] = {}
    for number in (options.series // 4, options.series // 2, options.series):
        command = [sys.executable, "-m", "benchmarks.monthly_scale", "--one", "--series", str(number)]
        command += ["--months", str(options.months), "--horizon", str(options.horizon)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        size, spent, peak, told = done.stdout.strip().split(" ", 3)
        seconds[int(size)] = float(spent)
        print(f"{int(size):7d} series: {float(spent):6.1f} s, {float(peak):.2f} GB; {told}", flush=True)
    whole = seconds[options.series]
    growth = whole / seconds[options.series // 2]
    share = f"time {whole / SECONDS:.2f}, memory {float(peak) / GIGABYTES:.2f}"
    print(f"of the limits: {share}; twice the series, {growth:.2f} x the time")


if __name__ == "__main__":
    main()
