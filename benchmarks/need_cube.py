"""The cube of need draws beside plain numpy: negative-binomial draws, sums and `np.quantile` of the same size.

Run: `python -m benchmarks.need_cube [--areas 21 --services 10 --years 15 --draws 1000]`. The peer is given the
expected counts and only draws count noise; the cube also draws persons, rates and shocks, decomposes the change
and adds up over a hierarchy of services. Prints the ratio, then time and peak memory of twice the draws (each in a
process of its own), and the time of fitting 8,400 cells of 22 years beside AutoETS for each, in the interpreter
named by `$PALVELUTARVE_PEERS` (skipped, visibly, without it).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.histories import need_arrays
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_model import fit_need
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS

AGES, LAST, HISTORY = 101, 2025, 12
FIT_AREAS, FIT_SERVICES, FIT_YEARS = 21, 10, 22
PEER = """
import json, os, sys, time, warnings
warnings.filterwarnings("ignore")
os.environ["NIXTLA_ID_AS_COL"] = "1"
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
train = pd.read_parquet(sys.argv[1])
model = StatsForecast(models=[AutoETS(season_length=1)], freq="YE", n_jobs=1)
model.forecast(df=train[train.unique_id == train.unique_id.iloc[0]], h=15)
began = time.process_time()
model.forecast(df=train, h=15, level=[80, 95])
print(json.dumps(time.process_time() - began))
"""
STARTS = (0, 3, 7, 13, 16, 18, 21, 25, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95)
LABELS = (*(f"{a}-{b - 1}" for a, b in zip(STARTS, STARTS[1:], strict=False)), "95+")


def county(
    areas: int, services: int, years: int, seed: int = 1, history: int = HISTORY
) -> tuple[pd.DataFrame, ...]:
    """Invented population, projection, counts and hierarchy."""
    rng = np.random.default_rng(seed)
    names = [f"a{i:02d}" for i in range(areas)]
    before = max(20, history)
    span = np.arange(LAST - before + 1, LAST + years + 1)
    size = rng.lognormal(4.5, 0.8, areas)[:, None, None, None]
    shape = np.exp(-0.5 * ((np.arange(AGES) - 45) / 30) ** 2)[None, None, :, None]
    drift = 1 + 0.004 * (np.arange(AGES)[:, None] - 50) / 50 * (span - LAST)[None, :]
    persons = np.round(size * shape * drift[None, None] * np.ones((1, 2, 1, 1)))
    grid = pd.MultiIndex.from_product(
        [names, ["male", "female"], range(AGES), span], names=["area", "sex", "age", "year"]
    )
    table = pd.DataFrame({"persons": persons.ravel()}, index=grid).reset_index()
    groups = np.add.reduceat(persons, list(STARTS), axis=2)[..., before - history : before]
    parts = []
    for s in range(services):
        rate = (
            0.3 * np.exp(rng.normal(0, 0.5, (1, 2, len(STARTS), 1))) * np.exp(rng.normal(0, 0.1, (areas, 1, 1, 1)))
        )
        mean = groups * rate * np.exp(0.01 * np.arange(history))
        counts = rng.poisson(rng.gamma(20.0, mean / 20.0))
        key = pd.MultiIndex.from_product(
            [names, ["male", "female"], LABELS, range(LAST - history + 1, LAST + 1)],
            names=["area", "sex", "age_group", "year"],
        )
        parts.append(pd.DataFrame({"count": counts.ravel()}, index=key).reset_index().assign(service=f"s{s:02d}"))
    observed = table["year"] <= LAST
    tree = pd.DataFrame({"area": names, "parent": "all_areas"})
    return table[observed], table[~observed], pd.concat(parts, ignore_index=True), tree


def plain(forecast: NeedForecast, draws: int, seed: int = 1) -> int:
    """The same cells drawn plainly from their means, summed to every node and margin; returns the rows made."""
    rng = np.random.default_rng(seed)
    cells = forecast.forecast
    cells = cells[(cells["kind"] == "forecast") & (cells["sex"] != "all") & (cells["age_group"] != "all")]
    made = 0
    for rates in forecast.model.rates:
        own = cells[(cells["service"] == rates.history.service) & cells["area"].isin(rates.history.units)]
        shape = (len(forecast.years), len(rates.history.units), 2, len(rates.history.ages))
        mean = own.sort_values(["year", "area", "sex"], kind="stable")["mean"].to_numpy().reshape(shape)
        alpha = max(rates.dispersion, 1e-6)
        for year in mean:
            drawn = rng.negative_binomial(1 / alpha, 1 / (1 + alpha * year[..., None]), size=(*year.shape, draws))
            cube = np.concatenate([drawn, drawn.sum(axis=1, keepdims=True)], axis=1)
            cube = np.concatenate([cube, cube.sum(axis=2, keepdims=True)], axis=2)
            cube = np.concatenate([cube, cube.sum(axis=0, keepdims=True)], axis=0)
            made += np.quantile(cube, QUANTILE_LEVELS, axis=-1)[0].size
    return made


def forecast(given: argparse.Namespace) -> tuple[NeedForecast, float]:
    """The cube with drivers and both hierarchies, and its processor time less the fit's."""
    tables = county(given.areas, given.services, given.years)
    names = [f"s{s:02d}" for s in range(given.services)]
    exposures = dict.fromkeys(names, (0, 100, "population"))
    parents = [*(("one", "two")[i % 2] for i in range(len(names))), "every", "every"]
    tree = pd.DataFrame({"service": [*names, "one", "two"], "parent": parents})
    began = time.process_time()
    fit_need(need_arrays(*tables, exposures, as_of=LAST))
    fitted = time.process_time() - began
    began = time.process_time()
    found = forecast_need(*tables, exposures=exposures, as_of=LAST, draws=given.draws, threads=1, services=tree)
    return found, time.process_time() - began - fitted


def alone(given: argparse.Namespace, draws: int) -> tuple[float, float]:
    """Seconds and peak memory (MB) of the cube in a process of its own."""
    arguments = [f"--{name}={getattr(given, name)}" for name in ("areas", "services", "years")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.need_cube", *arguments, f"--draws={draws}", "--alone"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, memory = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, memory


def fit() -> str:
    """Time of fitting 8,400 cells beside AutoETS of each."""
    tables = county(FIT_AREAS, FIT_SERVICES, 15, history=FIT_YEARS)
    exposures = {f"s{s:02d}": (0, 100, "population") for s in range(FIT_SERVICES)}
    arrays = need_arrays(*tables, exposures, as_of=LAST)
    began = time.process_time()
    fit_need(arrays)
    ours = time.process_time() - began
    counts = tables[2]
    cells = counts[["area", "service", "sex", "age_group"]].agg("|".join, axis=1)
    told = f"fit of {cells.nunique():,} cells x {FIT_YEARS} years: {ours:.1f} s"
    interpreter = os.environ.get("PALVELUTARVE_PEERS")
    if not interpreter:
        return f"{told}; AutoETS skipped, PALVELUTARVE_PEERS names no interpreter"
    train = pd.DataFrame(
        {
            "unique_id": cells,
            "ds": pd.to_datetime(counts["year"].astype(str) + "-12-31"),
            "y": counts["count"] * 1.0,
        }
    )
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "train.parquet"
        train.sort_values(["unique_id", "ds"]).to_parquet(source)
        done = subprocess.run([interpreter, "-c", PEER, str(source)], capture_output=True, text=True, check=True)
    theirs = float(json.loads(done.stdout.strip().splitlines()[-1]))
    return f"{told}, AutoETS {theirs:.1f} s, ratio {ours / theirs:.3f}"


def main() -> None:
    """Time both and print the ratio of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("areas", 21), ("services", 10), ("years", 15), ("draws", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--alone", action="store_true", help="the cube only: seconds and peak memory as JSON")
    given = parser.parse_args()
    found, ours = forecast(given)
    if given.alone:
        print(json.dumps([ours, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    began = time.process_time()
    rows = plain(found, given.draws)
    theirs = time.process_time() - began
    ahead = found.forecast[found.forecast["kind"] == "forecast"]
    shown = int(ahead["service"].isin(found.model.services).sum())
    if rows != shown:
        raise SystemExit(f"the peer made {rows} rows, the cube {shown}: not the same work")
    print(
        f"{len(ahead):,} rows x {given.draws:,} draws: cube {ours:.1f} s, plain numpy {theirs:.1f} s, "
        f"ratio {ours / theirs:.2f}"
    )
    once, memory = alone(given, given.draws)
    twice, more = alone(given, 2 * given.draws)
    print(
        f"{given.draws:,} draws: {once:.1f} s, {memory:.0f} MB; {2 * given.draws:,}: {twice:.1f} s "
        f"({twice / once:.2f} x), {more:.0f} MB ({more - memory:+.0f})"
    )
    cells = ahead[list(QUANTILE_COLUMNS)].to_numpy()
    print(f"negative {int((cells < 0).sum())}, missing {int(np.isnan(cells).sum())}")
    print(fit())


if __name__ == "__main__":
    main()
