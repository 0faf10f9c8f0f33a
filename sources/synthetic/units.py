"""Units of the county: how fast each records, how many professionals it has, how well it documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.population import FIRST_YEAR, People
from sources.synthetic.service_truth import ServiceTruth

Array = npt.NDArray[np.float64]
DELAY_GROUPS = ("fast", "normal", "slow")
_GROUP_SHARES = (0.5, 0.35, 0.15)
_SAME_DAY = (0.75, 0.5, 0.2)
_MEAN_LAG = (2.0, 8.0, 28.0)
LONGEST_DELAY = 120
PERSONS_PER_UNIT = 60_000


@dataclass(frozen=True)
class Units:
    """Units that give the services: one or more per service and municipality.

    Attributes:
        codes: unit codes.
        service: position of the service of each unit.
        municipality: position of the municipality of each unit.
        delay_group: position in `DELAY_GROUPS`.
        professionals: how many professionals work there.
        first: first unit of a (service, municipality), shape (services, municipalities).
        count: number of units of a (municipality,), shape (municipalities,).
        wait_factor: how much longer than stated people wait, shape (services, municipalities).
    """

    codes: tuple[str, ...]
    service: npt.NDArray[np.int64]
    municipality: npt.NDArray[np.int64]
    delay_group: npt.NDArray[np.int64]
    professionals: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    wait_factor: Array


def make_units(people: People, truth: ServiceTruth, rng: np.random.Generator) -> Units:
    """Make the units; large municipalities have several of a service."""
    size = people.trend[people.base_year - FIRST_YEAR].sum(axis=(1, 2))
    per_municipality = np.maximum(1, np.rint(size / PERSONS_PER_UNIT)).astype(np.int64)
    services, municipalities = len(truth.services), len(people.municipalities)
    pairs = [(s, m, k) for s in range(services) for m in range(municipalities) for k in range(per_municipality[m])]
    table = np.array(pairs, dtype=np.int64)
    codes = tuple(f"{people.municipalities[m]}-{truth.services[s]}-{k + 1}" for s, m, k in pairs)
    group = rng.choice(len(DELAY_GROUPS), len(pairs), p=_GROUP_SHARES)
    group[: len(DELAY_GROUPS)] = np.arange(len(DELAY_GROUPS))[: len(pairs)]
    last_year = truth.mean[..., -240:-228].sum(axis=(2, 3, 4))[table[:, 0], table[:, 1]]
    professionals = np.clip(np.rint(last_year / per_municipality[table[:, 1]] / 1200), 3, 12).astype(np.int64)
    before = np.cumsum(per_municipality) - per_municipality  # units of the municipalities before, within a service
    first = np.arange(services, dtype=np.int64)[:, None] * per_municipality.sum() + before
    waits = rng.lognormal(0, 0.35, (services, municipalities))
    return Units(codes, table[:, 0], table[:, 1], group, professionals, first, per_municipality, waits)


def delay_probabilities() -> Array:
    """Chance of each delay in days (0..120) by delay group, shape (3, 121); rows sum to 1."""
    days = np.arange(1, LONGEST_DELAY + 1)
    later = np.stack([np.exp(-days / mean) for mean in _MEAN_LAG])
    later /= later.sum(axis=1, keepdims=True)
    same = np.array(_SAME_DAY)[:, None]
    return np.concatenate([same, (1 - same) * later], axis=1)


def delay_table() -> pl.DataFrame:
    """The true recording delays: unit_group, lag_days, probability."""
    chances = delay_probabilities()
    index = np.indices(chances.shape).reshape(2, -1)
    return pl.DataFrame(
        {
            "unit_group": pl.Series(DELAY_GROUPS).gather(index[0]),
            "lag_days": index[1].astype(np.int64),
            "probability": chances.ravel(),
        }
    )


def same_professional_chance(preferred: Array, professionals: npt.NDArray[np.int64]) -> Array:
    """Chance that two visits of a client meet the same professional: the expected COCI.

    A visit goes to the client's own professional with chance `preferred`, else to any of the unit's.
    """
    others = (1 - preferred) / professionals
    return np.asarray((preferred + others) ** 2 + (professionals - 1) * others**2)
