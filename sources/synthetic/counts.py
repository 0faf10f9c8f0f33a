"""What happened each month (drawn from the truth) and what was recorded of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from counties import County
from sources.synthetic.population import SEXES, People
from sources.synthetic.service_truth import ServiceTruth

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """Counts by service, municipality, sex, age group and month 2015-01..2045-12.

    Attributes:
        occurred: events or clients of the need.
        recorded: what is ever recorded of them; differs after a break in recording.
    """

    occurred: Ints
    recorded: Ints


def draw_counts(truth: ServiceTruth, pools: Ints, window: slice, rng: np.random.Generator) -> Counts:
    """Draw the counts: negative binomial around the mean, then the breaks in recording.

    Args:
        truth: the stated truth.
        pools: persons who can be clients, by service, municipality, sex, age group and month of the window; a
            cell with no person has no event, one of clients no more clients than persons.
        window: months told event by event.
        rng: source of the draws.
    """
    alpha = np.array([s["alpha"] for s in truth.stated])[:, None, None, None, None]
    mean = truth.mean
    occurred = rng.poisson(rng.gamma(1 / alpha, mean * alpha)).astype(np.int64)
    factor = truth.recording_factor()[:, :, None, None, :]
    extra = rng.poisson(mean * np.maximum(factor - 1, 0))
    kept = rng.binomial(occurred, np.minimum(factor, 1))
    recorded = kept + extra
    clients = np.array([s["days"] == "none" for s in truth.stated])
    ceiling = np.where(clients[:, None, None, None, None], pools, np.where(pools > 0, np.iinfo(np.int64).max, 0))
    for counts in (occurred, recorded):
        counts[..., window] = np.minimum(counts[..., window], ceiling)
    return Counts(occurred, recorded)


def counts_table(counts: Ints, truth: ServiceTruth, people: People, county: County, months: slice) -> pl.DataFrame:
    """Contract table `service_counts` of the months; ages a service never serves are left out."""
    part = counts[..., months]
    index = np.indices(part.shape, dtype=np.int32).reshape(5, -1)
    served = np.add.reduceat(truth.rates, np.array(county.age_groups.starts), axis=-1) > 0
    keep = served[index[0], index[2], index[3]]
    index = index[:, keep]
    return pl.DataFrame(
        {
            "municipality": pl.Series(people.municipalities).gather(index[1]),
            "service": pl.Series(truth.services).gather(index[0]),
            "sex": pl.Series(SEXES).gather(index[2]),
            "age_group": pl.Series(truth.age_groups).gather(index[3]),
            "period": pl.Series(truth.months[months].astype("datetime64[D]")).gather(index[4]),
            "count": part.ravel()[keep],
        }
    )
