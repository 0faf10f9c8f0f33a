"""Coverage of the population's error model at old ages on base years it has not seen, real regions of Finland.

From each base year the error scales are learnt from persons up to it, the cohort method projects, random paths are
drawn around it, and what followed is compared: persons of 65, 75 and 85 and over, by region and for all regions
together. Prints coverage of 80 and 95% intervals by age, horizon and base year.

Run: `python -m benchmarks.need_population`; with `--sizes FILE` the sizes of the errors themselves are written,
which the synthetic county is made by. The real data must lie beside the checkout (or in `$PALVELUTARVE_REAL`).
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.need_panel import REAL
from forecasting.contracts import check_persons
from forecasting.population import RATIO_YEARS, AgeBands, Persons, persons_array, project_by_cohorts
from forecasting.population_draws import draw_population
from forecasting.population_errors import cohort_errors, learn_scale

FloatArray = NDArray[np.float64]
BANDS = AgeBands((0, 7, 18, 30, 50, 65, 75, 80, 85, 90))
OLD = (65, 75, 85)
FIRST = 1988
LONGEST = 15
HORIZONS = (1, 5, 10, 15, 20)


def regions() -> Persons:
    """Persons of the regions 1972-2025."""
    frame = pd.read_csv(REAL / "statfin_11re_maakunta_age_sex_1972_2025.csv.gz")
    frame = frame[frame["reg_code"] < 200].rename(columns={"reg_code": "area", "population": "persons"})
    return persons_array(
        check_persons(frame[["area", "sex", "age", "year", "persons"]], "population"), "population"
    )


def cases(persons: Persons, base: int, draws: int) -> pd.DataFrame:
    """Whether each outcome after a base year lies inside."""
    known, reach = persons.until(base), min(LONGEST, persons.years[-1] - base)
    scale = learn_scale(known, BANDS, LONGEST)
    ahead = BANDS.sums(project_by_cohorts(known, reach).persons)
    drawn = draw_population(ahead, [False] * reach, scale, BANDS, draws, np.random.SeedSequence(base))
    actual, first = BANDS.sums(persons.persons), persons.years.index(base) + 1
    rows = []
    for h, low in itertools.product(range(reach), OLD):
        old = np.array(BANDS.starts) >= low
        sample = drawn.year(h).reshape(len(persons.areas), 2, len(BANDS.starts), draws)[:, :, old].sum(axis=(1, 2))
        y = actual[..., first + h][:, :, old].sum(axis=(1, 2))
        sample, y = np.vstack([sample, sample.sum(axis=0)]), np.append(y, y.sum())
        q = np.quantile(sample, [0.025, 0.1, 0.9, 0.975], axis=1)
        in80, in95 = (q[1] <= y) & (y <= q[2]), (q[0] <= y) & (y <= q[3])
        rows += [(base, h + 1, low, a == len(y) - 1, in80[a], in95[a]) for a in range(len(y))]
    return pd.DataFrame(rows, columns=["base", "horizon", "age", "whole", "in80", "in95"])


def error_sizes(persons: Persons) -> pd.DataFrame:
    """Root mean square log error of the cohort method, shared and the regions' own.

    By five-year age band, and for everyone of an age and over, where errors of bands add up.
    """
    bands = AgeBands(tuple(range(0, 100, 5)))
    errors, size = cohort_errors(persons, bands, HORIZONS[-1])
    weight = size / size.sum(axis=1, keepdims=True)
    shared = (errors * weight[..., None]).sum(axis=1, keepdims=True)
    own = (errors - shared) / np.sqrt(1.0 - weight)[..., None]
    rows = [
        (part, h, *np.sqrt(np.nanmean(values[..., h - 1] ** 2, axis=(0, 1, 2))).round(4))
        for part, values in (("shared", shared), ("own", own))
        for h in HORIZONS
    ]
    table = pd.DataFrame(rows, columns=["part", "horizon", *(f"age_{start}" for start in bands.starts)])
    for low in OLD:
        table[f"from_{low}"] = _old_sizes(persons, low)
    return table


def _old_sizes(persons: Persons, low: int) -> list[float]:
    """The same of everyone of `low` and over, both sexes together, in the rows of `error_sizes`."""
    old = AgeBands((0, low))
    actual = old.sums(persons.persons).sum(axis=1)[:, 1]
    found: dict[tuple[str, int], list[FloatArray]] = {}
    for base in range(persons.years[0] + RATIO_YEARS, persons.years[-1]):
        reach = min(HORIZONS[-1], persons.years[-1] - base)
        path = old.sums(project_by_cohorts(persons.until(base), reach).persons).sum(axis=1)[:, 1]
        for h in (h for h in HORIZONS if h <= reach):
            error = np.log(actual[:, persons.years.index(base + h)] / path[:, h - 1])
            weight = path[:, h - 1] / path[:, h - 1].sum()
            shared = float(error @ weight)
            found.setdefault(("shared", h), []).append(np.array([shared]))
            found.setdefault(("own", h), []).append((error - shared) / np.sqrt(1.0 - weight))
    return [
        round(float(np.sqrt(np.mean(np.concatenate(found[part, h]) ** 2))), 4)
        for part in ("shared", "own")
        for h in HORIZONS
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--every", type=int, default=1, help="base years apart")
    parser.add_argument("--sizes", type=Path, help="write the sizes of the errors to this file and stop")
    given = parser.parse_args()
    persons = regions()
    if given.sizes:
        error_sizes(persons).to_csv(given.sizes, index=False)
        return
    bases = range(FIRST, persons.years[-1], given.every)
    found = pd.concat([cases(persons, base, given.draws) for base in bases], ignore_index=True)
    local, covered = found[~found["whole"]], ["in80", "in95"]
    print(local.groupby("age")[covered].mean().round(3).to_string())
    for name, edges in (("horizon", [0, 2, 5, 10, LONGEST]), ("base", [FIRST - 1, 1995, 2002, 2010, 2025])):
        band = pd.cut(local[name], edges)
        print(local.groupby(["age", band], observed=True)[covered].mean().round(3).unstack(0).to_string())
    print("all regions together:", found[found["whole"]].groupby("age")[covered].mean().round(3).to_dict("index"))
    pooled = local[covered].mean()
    print(f"pooled: 80% {pooled['in80']:.3f}, 95% {pooled['in95']:.3f} of {len(local):,} cases")


if __name__ == "__main__":
    main()
