"""The need forecast against the known truth of synthetic counties: coverage, drivers and trends.

Each seed is a county of its own: past counts to 2025 (recording breaks given as flags) and the official
projection go in, the true counts of 2026-2045 are what intervals must hold. Prints coverage pooled and by service,
how often the true drivers lie inside their 80% intervals, and whether fitted rate trends are biased (z over
services and seeds).

Run: `python -m benchmarks.need_synthetic [--first 1 --seeds 12 --slug paijat-hame]`.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from assets.forecast_inputs import exposures, hierarchy, persons_by_area
from counties import County
from forecasting.drivers import NeedState, need_effects
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_backtest import backtest_need
from sources.synthetic.counts import draw_counts
from sources.synthetic.geography import county_shape, demo_county
from sources.synthetic.population import FIRST_YEAR, People, population_table, projection_table, simulate_people
from sources.synthetic.service_truth import FIRST_MONTH, ServiceTruth, state_truth

BASE, LAST = 2025, 2045
RUNNING_SD = 0.01
DRIVERS = ("size", "sex", "structure", "rate")


@dataclass(frozen=True)
class Sample:
    """One synthetic county: what is known, and what is true.

    Attributes:
        county: the county file.
        people: past, projected and true persons.
        truth: stated truth.
        use: recorded yearly counts 2015-2045 by area, service, sex, age_group, year.
    """

    county: County
    people: People
    truth: ServiceTruth
    use: pd.DataFrame


def sample(slug: str, seed: int) -> Sample:
    """Draw a county; counts alone, without events and documents."""
    county = demo_county(slug)
    streams = iter(np.random.default_rng(seed).spawn(3))
    people = simulate_people(county_shape(county), BASE, 1.0, next(streams))
    truth = state_truth(county, people, next(streams))
    nobody = np.zeros((*truth.mean.shape[:-1], 0), dtype=np.int64)
    recorded = draw_counts(truth, nobody, slice(0, 0), next(streams)).recorded
    yearly = recorded.reshape(*recorded.shape[:-1], -1, 12).sum(axis=-1)
    served = truth.mean.sum(axis=(1, 4)) > 0
    index = np.indices(yearly.shape).reshape(5, -1)
    keep = served[index[0], index[2], index[3]]
    area = [county.area_of_municipality[m] for m in people.municipalities]
    table = pd.DataFrame(
        {"area": np.array(area)[index[1][keep]], "service": np.array(truth.services)[index[0][keep]],
         "sex": np.array(["male", "female"])[index[2][keep]],
         "age_group": np.array(truth.age_groups)[index[3][keep]],
         "year": FIRST_MONTH.year + index[4][keep], "count": yearly.ravel()[keep]}
    )  # fmt: skip
    key = ["area", "service", "sex", "age_group", "year"]
    return Sample(county, people, truth, table.groupby(key, as_index=False)["count"].sum())


def forecast(one: Sample, draws: int, running: pd.DataFrame | None = None) -> NeedForecast:
    """Judge and forecast from what is known in the base year, and in the running year where that is given."""
    tables = (
        persons_by_area(population_table(one.people, "x"), one.county),
        persons_by_area(projection_table(one.people, "x"), one.county),
        one.use[one.use["year"] <= BASE],
        hierarchy(one.county),
    )
    flags = pd.DataFrame(
        [(one.county.area_of_municipality[b.municipality], b.service, int(b.month[:4]), "break")
         for b in one.truth.breaks if int(b.month[:4]) <= BASE],
        columns=["area", "service", "year", "kind"],
    )  # fmt: skip
    common = {"exposures": exposures(one.county), "as_of": BASE, "flags": flags}
    judged = backtest_need(*tables, **common, draws=200)  # type: ignore[arg-type]
    return forecast_need(*tables, **common, draws=draws, judged=judged.judged, running=running)  # type: ignore[arg-type]


def running_year(one: Sample, seed: int) -> pd.DataFrame:
    """Totals of the year after the base year as a monthly forecast late in it would tell them: 1% wrong."""
    now = one.use[one.use["year"] == BASE + 1].groupby(["area", "service", "year"], as_index=False)["count"].sum()
    wrong = np.exp(RUNNING_SD * np.random.default_rng(seed).standard_normal(len(now)))
    mean = now.pop("count") * wrong
    return now.assign(mean=mean, sd=RUNNING_SD * mean)


def missed(one: Sample, found: NeedForecast) -> pd.DataFrame:
    """Absolute log error of the medians, by service and years after the base year, areas by size."""
    rows = found.forecast.query("kind == 'forecast' and sex == 'all' and age_group == 'all'")
    rows = rows[rows["area"] != one.county.code]
    true = one.use.groupby(["area", "service", "year"])["count"].sum()
    actual = true.reindex(pd.MultiIndex.from_frame(rows[["area", "service", "year"]])).to_numpy()
    error = np.abs(np.log((rows["q0.5"] + 0.5) / (actual + 0.5)))
    return pd.DataFrame({"horizon": rows["year"] - BASE, "error": error * actual, "weight": actual})


def covered(one: Sample, found: NeedForecast) -> pd.DataFrame:
    """Every area and year: whether the true count lies inside 80 and 95%."""
    rows = found.forecast.query("kind == 'forecast' and sex == 'all' and age_group == 'all'")
    rows = rows[rows["area"] != one.county.code]
    true = one.use.groupby(["area", "service", "year"])["count"].sum()
    actual = true.reindex(pd.MultiIndex.from_frame(rows[["area", "service", "year"]])).to_numpy()
    return pd.DataFrame(
        {"service": rows["service"].to_numpy(), "horizon": rows["year"].to_numpy() - BASE,
         "in80": rows["q0.1"].le(actual) & rows["q0.9"].ge(actual),
         "in95": rows["q0.025"].le(actual) & rows["q0.975"].ge(actual)}
    )  # fmt: skip


def true_effects(one: Sample, found: NeedForecast) -> pd.DataFrame:
    """True drivers of the county's change from the base year, in the form of `need_drivers`."""
    rows = []
    for index, service in enumerate(found.model.services):
        s = one.truth.services.index(service)
        plan = found.model.plan(index, found.years)
        served = one.truth.mean[s].sum(axis=(0, 3)) > 0
        groups = [i for i, label in enumerate(one.truth.age_groups) if label in plan.rates.history.ages]
        for year in sorted(found.drivers["to_year"].unique()):
            before, after = (_true_state(one, s, y, groups) for y in (BASE, year))
            sexes = np.repeat([0, 1], len(groups))
            effects = need_effects(before, after, np.ones((1, len(one.people.municipalities))), sexes)
            assert served.any()
            rows += [(service, int(year), d, float(effects[d][0, 0])) for d in DRIVERS]
    return pd.DataFrame(rows, columns=["service", "to_year", "driver", "true"])


def _true_state(one: Sample, s: int, year: int, groups: list[int]) -> NeedState:
    """Persons and rates as they are, yearly shocks included ahead and left out in the base year."""
    t = year - FIRST_MONTH.year
    mean = one.truth.mean[s][..., 12 * t : 12 * t + 12].sum(axis=-1)[:, :, groups]
    if year == BASE:
        mean = mean / one.truth.service_year[s, t] / one.truth.area_year[:, t][:, None, None]
    mean = mean * one.truth.recording_factor()[s, :, 12 * t + 6][:, None, None]
    persons = one.people.truth[year - FIRST_YEAR]
    starts = np.array(one.county.age_groups.starts)
    exposed = persons * (one.truth.rates[s] > 0)
    exposure = np.add.reduceat(exposed, starts, axis=-1)[:, :, groups]
    flat = (-1, 2 * len(groups), 1)
    exposure, mean = exposure.reshape(len(mean), *flat[1:]), mean.reshape(len(mean), *flat[1:])
    rate = np.divide(mean, exposure, out=np.zeros_like(mean), where=exposure > 0)
    return NeedState(exposure, persons.sum(axis=2)[..., None], {"rate": rate})


def trend_errors(one: Sample, found: NeedForecast, horizon: int = 10) -> NDArray[np.float64]:
    """Fitted less true log change of the service's rate over the next years, a year, one per service."""
    damping = 0.93 ** np.arange(BASE - FIRST_MONTH.year, BASE - FIRST_MONTH.year + horizon)
    errors = []
    for rates in found.model.rates:
        s = one.truth.services.index(rates.history.service)
        weight = rates.history.counts[..., -1].sum(axis=1)
        area = [one.county.area_of_municipality[m] for m in one.people.municipalities]
        local = np.array([np.mean([one.truth.local_trends[s, i] for i, a in enumerate(area) if a == u])
                          for u in rates.history.units])  # fmt: skip
        true = (one.truth.stated[s]["trend"] + local) * damping.sum()
        fitted = rates.total.path(horizon)[0] + rates.areas.path(horizon)
        errors.append(float(np.average(fitted - true, weights=weight)) / horizon)
    return np.array(errors)


def main() -> None:
    """Print coverage, drivers and trends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument(
        "--first", type=int, default=1, help="first seed: what was chosen on some is judged on others"
    )
    parser.add_argument("--slug", default="paijat-hame")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument(
        "--running",
        action="store_true",
        help="what knowing the running year gains in the years after it, and stop",
    )
    given = parser.parse_args()
    if given.running:
        _report_running(given.slug, range(given.first, given.first + given.seeds), given.draws)
        return
    inside, drivers, errors, spreads = [], [], [], []
    for seed in range(given.first, given.first + given.seeds):
        one = sample(given.slug, seed)
        found = forecast(one, given.draws)
        inside.append(covered(one, found).assign(seed=seed))
        told = found.drivers[found.drivers["area"] == one.county.code]
        both = told.merge(true_effects(one, found), on=["service", "to_year", "driver"], validate="1:1")
        drivers.append(both.assign(inside=both["q0.1"].le(both["true"]) & both["q0.9"].ge(both["true"])))
        errors.append(trend_errors(one, found))
        spreads.append(found.rates["spread"])
    _report(pd.concat(inside), pd.concat(drivers), np.stack(errors))
    print("recalibration of the spread, median:", round(float(np.median(spreads)), 2))


def _report_running(slug: str, seeds: range, draws: int) -> None:
    errors, inside = [], []
    for seed in seeds:
        one = sample(slug, seed)
        for name, running in (("without", None), ("with", running_year(one, seed))):
            found = forecast(one, draws, running)
            errors.append(missed(one, found).assign(known=name))
            inside.append(covered(one, found).assign(known=name))
    sums = pd.concat(errors).groupby(["horizon", "known"])[["error", "weight"]].sum()
    mean = (sums["error"] / sums["weight"]).unstack()
    mean["ratio"] = mean["with"] / mean["without"]
    print(mean.loc[[1, 2, 3, 5, 10, 20]].round(3).to_string())
    held = pd.concat(inside).query("horizon > 1").groupby("known")[["in80", "in95"]].mean()
    print("years after the running one:", held.round(3).to_dict("index"))


def _report(inside: pd.DataFrame, drivers: pd.DataFrame, errors: NDArray[np.float64]) -> None:
    table = inside.groupby("service")[["in80", "in95"]].mean()
    table.loc["pooled"] = inside[["in80", "in95"]].mean()
    print(table.round(3).to_string())
    print(
        inside.groupby(pd.cut(inside["horizon"], [0, 2, 5, 10, 20]))[["in80", "in95"]].mean().round(3).to_string()
    )
    by_seed = inside.groupby("seed")[["in80", "in95"]].mean()
    print("by county: 80%", by_seed["in80"].round(2).tolist(), "95%", by_seed["in95"].round(2).tolist())
    print("true drivers inside their 80% interval:", drivers.groupby("driver")["inside"].mean().round(3).to_dict(),
          "all", round(float(drivers.query("driver != 'total'")["inside"].mean()), 3))  # fmt: skip
    z = errors.mean() / (errors.std(ddof=1) / np.sqrt(errors.size))
    print(f"rate trends: mean error {100 * errors.mean():+.2f}% a year, sd {100 * errors.std():.2f}%, z {z:+.2f}")
    names = sorted(inside["service"].unique())
    own = errors.mean(axis=0) / (errors.std(axis=0, ddof=1) / np.sqrt(len(errors)))
    print("  z by service:", dict(zip(names, own.round(1).tolist(), strict=True)))


if __name__ == "__main__":
    pl.Config.set_tbl_rows(5)
    main()
