"""Coverage of the population's error model at old ages on base years it has not seen, real regions of Finland.

For each split year the error scales are learnt from persons up to it; from every later base year the cohort
method projects, random paths are drawn around it, and what followed is compared: persons of 65, 75 and 85 and
over, by region and for the whole. Prints coverage of 80 and 95% intervals by age and horizon.

Run: `python -m benchmarks.need_population`. The real data must lie beside the checkout (or in
`$PALVELUTARVE_REAL`).
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from benchmarks.need_panel import REAL
from forecasting.contracts import check_persons
from forecasting.population import AgeBands, Persons, persons_array, project_by_cohorts
from forecasting.population_errors import draw_population, learn_scale

BANDS = AgeBands((0, 7, 18, 30, 50, 65, 75, 80, 85, 90))
OLD = (65, 75, 85)
SPLITS = (1990, 1995, 2000, 2005, 2010)
LONGEST = 15


def regions() -> Persons:
    """Persons of the regions 1972-2025."""
    frame = pd.read_csv(REAL / "statfin_11re_maakunta_age_sex_1972_2025.csv.gz")
    frame = frame[frame["reg_code"] < 200].rename(columns={"reg_code": "area", "population": "persons"})
    return persons_array(
        check_persons(frame[["area", "sex", "age", "year", "persons"]], "population"), "population"
    )


def cases(persons: Persons, split: int, draws: int, every: int) -> pd.DataFrame:
    """Whether each later outcome lies inside, for base years after the split."""
    scale = learn_scale(persons.until(split), BANDS, LONGEST)
    rows = []
    for base in range(split + 1, persons.years[-1], every):
        reach = min(LONGEST, persons.years[-1] - base)
        ahead = BANDS.sums(project_by_cohorts(persons.until(base), reach).persons)
        drawn = draw_population(ahead, [False] * reach, scale, BANDS, draws, np.random.SeedSequence(base))
        actual = BANDS.sums(persons.persons)
        for h in range(reach):
            sample = drawn.year(h).reshape(len(persons.areas), 2, len(BANDS.starts), draws)
            true = actual[..., persons.years.index(base) + 1 + h]
            for low in OLD:
                old = np.array(BANDS.starts) >= low
                by_area, y = sample[:, :, old].sum(axis=(1, 2)), true[:, :, old].sum(axis=(1, 2))
                by_area, y = np.vstack([by_area, by_area.sum(axis=0)]), np.append(y, y.sum())
                q = np.quantile(by_area, [0.025, 0.1, 0.9, 0.975], axis=1)
                for a in range(len(y)):
                    rows.append((split, base, h + 1, low, a == len(y) - 1,
                                 q[1, a] <= y[a] <= q[2, a], q[0, a] <= y[a] <= q[3, a]))  # fmt: skip
    return pd.DataFrame(rows, columns=["split", "base", "horizon", "age", "whole", "in80", "in95"])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--every", type=int, default=2, help="base years apart")
    given = parser.parse_args()
    persons = regions()
    found = pd.concat([cases(persons, s, given.draws, given.every) for s in SPLITS], ignore_index=True)
    local = found[~found["whole"]]
    print(local.groupby("age")[["in80", "in95"]].mean().round(3).to_string())
    band = pd.cut(local["horizon"], [0, 2, 5, 10, LONGEST])
    print(local.groupby(["age", band], observed=True)[["in80", "in95"]].mean().round(3).unstack(0).to_string())
    print(local.groupby(["split", "age"])[["in80", "in95"]].mean().round(3).unstack(1).to_string())
    print(
        "whole country:", found[found["whole"]].groupby("age")[["in80", "in95"]].mean().round(3).to_dict("index")
    )
    pooled = local[["in80", "in95"]].mean()
    print(f"pooled: 80% {pooled['in80']:.3f}, 95% {pooled['in95']:.3f} of {len(local):,} cases")


if __name__ == "__main__":
    main()
