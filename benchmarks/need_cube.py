"""The cube of need draws beside plain numpy: negative-binomial draws, sums and `np.quantile` of the same size.

Run: `python -m benchmarks.need_cube [--areas 10 --services 10 --years 20 --draws 1000]`. The peer is given the
expected counts and only draws count noise; the cube also draws persons, rates and shocks and decomposes the
change.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.histories import need_arrays
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_model import fit_need
from forecasting.scores import QUANTILE_LEVELS

AGES, LAST, HISTORY = 101, 2025, 12
STARTS = (0, 7, 18, 30, 50, 65, 75, 80, 85, 90)
LABELS = (*(f"{a}-{b - 1}" for a, b in zip(STARTS, STARTS[1:], strict=False)), "90+")


def county(areas: int, services: int, years: int, seed: int = 1) -> tuple[pd.DataFrame, ...]:
    """Invented population, projection, counts and hierarchy."""
    rng = np.random.default_rng(seed)
    names = [f"a{i:02d}" for i in range(areas)]
    span = np.arange(LAST - 19, LAST + years + 1)
    size = rng.lognormal(4.5, 0.8, areas)[:, None, None, None]
    shape = np.exp(-0.5 * ((np.arange(AGES) - 45) / 30) ** 2)[None, None, :, None]
    drift = 1 + 0.004 * (np.arange(AGES)[:, None] - 50) / 50 * (span - LAST)[None, :]
    persons = np.round(size * shape * drift[None, None] * np.ones((1, 2, 1, 1)))
    grid = pd.MultiIndex.from_product(
        [names, ["male", "female"], range(AGES), span], names=["area", "sex", "age", "year"]
    )
    table = pd.DataFrame({"persons": persons.ravel()}, index=grid).reset_index()
    groups = np.add.reduceat(persons, list(STARTS), axis=2)[..., 20 - HISTORY : 20]
    parts = []
    for s in range(services):
        rate = (
            0.3 * np.exp(rng.normal(0, 0.5, (1, 2, len(STARTS), 1))) * np.exp(rng.normal(0, 0.1, (areas, 1, 1, 1)))
        )
        mean = groups * rate * np.exp(0.01 * np.arange(HISTORY))
        counts = rng.poisson(rng.gamma(20.0, mean / 20.0))
        key = pd.MultiIndex.from_product(
            [names, ["male", "female"], LABELS, range(LAST - HISTORY + 1, LAST + 1)],
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


def main() -> None:
    """Time both and print the ratio of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("areas", 10), ("services", 10), ("years", 20), ("draws", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    tables = county(given.areas, given.services, given.years)
    exposures = {f"s{s:02d}": (0, 100, "population") for s in range(given.services)}
    began = time.process_time()
    fit_need(need_arrays(*tables, exposures, as_of=LAST))
    fitted = time.process_time() - began
    began = time.process_time()
    forecast = forecast_need(*tables, exposures=exposures, as_of=LAST, draws=given.draws, threads=1)
    ours = time.process_time() - began - fitted
    began = time.process_time()
    rows = plain(forecast, given.draws)
    theirs = time.process_time() - began
    shown = int((forecast.forecast["kind"] == "forecast").sum())
    if rows != shown:
        raise SystemExit(f"the peer made {rows} rows, the cube {shown}: not the same work")
    print(
        f"{shown:,} rows x {given.draws:,} draws: fit {fitted:.1f} s, cube {ours:.1f} s, "
        f"plain numpy {theirs:.1f} s, ratio {ours / theirs:.2f}"
    )


if __name__ == "__main__":
    main()
