"""Service events of the last months: who came, when, to whom, and when it was recorded.

Every event counted in the window is told here, so that the counts of the window are those of the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from counties import County
from sources.synthetic.counts import Counts
from sources.synthetic.persons import Register, pool_key
from sources.synthetic.population import SEXES, People
from sources.synthetic.service_truth import ServiceTruth
from sources.synthetic.units import Units, delay_probabilities
from sources.synthetic.working_days import calendar

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
UNKNOWN_PROFESSIONAL = 0.03
NEED_NOT_NOTED = 0.05


@dataclass(frozen=True)
class Pools:
    """Where the persons of each cell stand in the register.

    Attributes:
        low: first person, shape (services, municipalities, 2, age groups, months of the window).
        high: one past the last person.
    """

    low: Ints
    high: Ints

    @property
    def size(self) -> Ints:
        """Persons in each cell."""
        return self.high - self.low


def find_pools(register: Register, people: People, county: County, window: npt.NDArray[np.datetime64]) -> Pools:
    """Persons who are in an age group and a service's ages through a whole month, for each month of the window."""
    starts = county.age_groups.starts
    first, after = window.astype("datetime64[D]"), (window + 1).astype("datetime64[D]")
    shape = (len(people.municipalities), 2, len(starts), len(window))
    m, s, g, t = np.indices(shape).reshape(4, -1)
    key = register.key
    lows, highs = [], []
    for service in county.services:
        from_age = np.maximum(np.array(starts), service.min_age)[g]
        oldest_age = service.max_age + 1 if service.max_age < 100 else 150
        to_age = np.minimum(np.array([*starts[1:], 150]), oldest_age)[g]
        oldest, youngest = _years_before(after[t], to_age), _years_before(first[t], from_age)
        lows.append(np.searchsorted(key, pool_key(m, s, oldest), side="left").reshape(shape))
        highs.append(np.searchsorted(key, pool_key(m, s, youngest), side="right").reshape(shape))
    low = np.stack(lows)
    return Pools(low, np.maximum(np.stack(highs), low))


def _years_before(day: npt.NDArray[np.datetime64], years: Ints) -> npt.NDArray[np.datetime64]:
    """The first of a month, whole years earlier."""
    return np.asarray((day.astype("datetime64[M]") - 12 * years).astype("datetime64[D]"))


def make_events(
    county: County, people: People, truth: ServiceTruth, register: Register, units: Units,
    counts: Counts, pools: Pools, window: slice, as_of: date, rng: np.random.Generator,
) -> pl.DataFrame:  # fmt: skip
    """Contract table `service_events` (as delivered): what happened in the window and is recorded by `as_of`.

    As many as drawn in every cell and month; who comes follows the persons' own frailty, whom they meet their own
    unit and professional.
    """
    parts = []
    for s in range(len(truth.services)):
        part = _events_of_service(s, people, truth, register, units, counts, pools, window, rng)
        parts.append(part)
    events = pl.concat(parts).filter(pl.col("recorded_at").dt.date() <= as_of)
    events = events.sort("recorded_at", maintain_order=True)
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(9)
    return events.select((pl.lit(f"{county.code}-E") + number).alias("event_id"), pl.all())


def _events_of_service(
    s: int, people: People, truth: ServiceTruth, register: Register, units: Units,
    counts: Counts, pools: Pools, window: slice, rng: np.random.Generator,
) -> pl.DataFrame:  # fmt: skip
    stated = truth.stated[s]
    wanted = counts.recorded[s][..., window]
    if stated["days"] == "none":
        person, month = _distinct_clients(register, wanted, pools.low[s], pools.high[s], rng)
    else:
        person, month = _visits(register, wanted, pools.low[s], pools.high[s], stated["concentration"], rng)
    days = _event_days(truth.months[window], stated["days"], month, rng)
    size = len(person)
    home = register.municipality[person]
    unit = units.first[s, home] + _steady(person, s, 7) % units.count[home]
    professional = _professionals(person, s, unit, units, stated["preferred"], rng)
    chances = np.cumsum(delay_probabilities(), axis=1)
    lag = _drawn_by_row(chances, units.delay_group[unit], rng)
    minutes = rng.integers(7 * 60 + 30, 16 * 60, size)
    recorded = (days + lag).astype("datetime64[m]") + minutes
    urgent = rng.random(size) < stated["urgent"]
    needed = _need_days(stated, days, units.wait_factor[s, home], urgent, rng)
    names, shares = zip(*stated["contacts"].items(), strict=True)
    contact = np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right")
    return pl.DataFrame(
        {
            "client_id": register.identity.gather(person),
            "birth_date": register.born[person],
            "sex": pl.Series(SEXES).gather(register.sex[person]),
            "municipality": pl.Series(people.municipalities).gather(home),
            "language": register.language.gather(person),
            "service": pl.Series([truth.services[s]]).new_from_index(0, size),
            "unit": pl.Series(units.codes).gather(unit),
            "event_date": days,
            "recorded_at": recorded.astype("datetime64[us]"),
            "urgency": pl.Series(["non_urgent", "urgent"]).gather(urgent.astype(np.int64)),
            "contact": pl.Series(names).gather(contact),
            "professional_id": professional,
            "professional_group": pl.Series([stated["group"]]).new_from_index(0, size),
            "need_assessed_on": needed,
        }
    )


def _visits(
    register: Register, wanted: Ints, lows: Ints, highs: Ints, concentration: float, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Persons and months of visits: each visit picks a person of its cell by the person's own weight."""
    weight = register.frailty**concentration * rng.lognormal(0, concentration / 2, len(register.frailty))
    cumulated = np.concatenate([[0.0], np.cumsum(weight)])
    cells = np.repeat(np.arange(wanted.size), wanted.ravel())
    low, high = lows.ravel()[cells], highs.ravel()[cells]
    at = cumulated[low] + rng.random(len(cells)) * (cumulated[high] - cumulated[low])
    person = np.searchsorted(cumulated, at, side="right") - 1
    return np.clip(person, low, high - 1), cells % wanted.shape[-1]


def _distinct_clients(
    register: Register, wanted: Ints, lows: Ints, highs: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Clients of each month: the same persons first month after month, each once."""
    urge = rng.exponential(1, len(register.frailty)) / register.frailty
    persons, months = [], []
    flat, low, high = wanted.ravel(), lows.ravel(), highs.ravel()
    for cell in np.flatnonzero(flat):
        chosen = np.argpartition(urge[low[cell] : high[cell]], flat[cell] - 1)[: flat[cell]]
        persons.append(np.sort(chosen) + low[cell])
        months.append(np.full(flat[cell], cell % wanted.shape[-1]))
    if not persons:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(persons), np.concatenate(months)


def _event_days(
    window: npt.NDArray[np.datetime64], days: str, month: Ints, rng: np.random.Generator
) -> npt.NDArray[np.datetime64]:
    """Days of the events, any day of their month the service is given; those after `as_of` are dropped later."""
    every = np.arange(window[0].astype("datetime64[D]"), (window[-1] + 1).astype("datetime64[D]"))
    if days != "every":
        every = every[np.is_busday(every, busdaycal=calendar())]
    position = every.astype("datetime64[M]").astype(np.int64) - window[0].astype(np.int64)
    start = np.searchsorted(position, np.arange(len(window)))
    length = np.bincount(position, minlength=len(window))
    return np.asarray(every[start[month] + (rng.random(len(month)) * length[month]).astype(np.int64)])


def _steady(person: Ints, service: int, salt: int) -> Ints:
    """A number of the person that never changes, for choosing a unit or a professional."""
    mixed = (person.astype(np.uint64) * np.uint64(2654435761) + np.uint64(service * 97 + salt)) * np.uint64(40503)
    return np.asarray((mixed >> np.uint64(13)) % np.uint64(1_000_003), dtype=np.int64)


def _professionals(
    person: Ints, s: int, unit: Ints, units: Units, preferred: float, rng: np.random.Generator
) -> pl.Series:
    staff = units.professionals[unit]
    own = _steady(person, s, 31) % staff
    anyone = (rng.random(len(person)) * staff).astype(np.int64)
    met = np.where(rng.random(len(person)) < preferred, own, anyone)
    names = pl.Series([f"{code}-P{k + 1:02d}" for code in units.codes for k in range(12)])
    chosen = names.gather(unit * 12 + met)
    unknown = pl.Series(rng.random(len(person)) < UNKNOWN_PROFESSIONAL)
    return pl.select(pl.when(unknown).then(None).otherwise(chosen).alias("professional_id")).to_series()


def _drawn_by_row(cumulated: Floats, row: Ints, rng: np.random.Generator) -> Ints:
    """One draw from the cumulated distribution of each element's row."""
    drawn = np.zeros(len(row), dtype=np.int64)
    for r in range(len(cumulated)):
        here = np.flatnonzero(row == r)
        drawn[here] = np.searchsorted(cumulated[r, :-1], rng.random(len(here)), side="right")
    return drawn


def _need_days(
    stated: dict[str, Any], days: npt.NDArray[np.datetime64], factor: Floats,
    urgent: npt.NDArray[np.bool_], rng: np.random.Generator,
) -> npt.NDArray[np.datetime64]:  # fmt: skip
    """Day the need was assessed: lognormal wait (log sd 0.8) around the stated median; none for some."""
    if stated["wait_days"] is None:
        return np.full(len(days), np.datetime64("NaT", "D"))
    wait = np.floor(rng.lognormal(np.log(stated["wait_days"] * factor), 0.8)).astype(np.int64)
    needed = days - np.where(urgent, 0, np.minimum(wait, 400))
    needed[rng.random(len(days)) < NEED_NOT_NOTED] = np.datetime64("NaT")
    return np.asarray(needed)
