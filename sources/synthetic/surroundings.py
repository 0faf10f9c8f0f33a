"""Waiting lists, referrals to activities and social observations, with a phenomenon that rises in one area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from counties import County
from sources.synthetic.persons import Register
from sources.synthetic.proposals import PROPOSALS
from sources.synthetic.working_days import next_working_day, working_days_after

Ints = npt.NDArray[np.int64]

# phenomenon -> need of SHL section 11 it belongs to
PHENOMENA: dict[str, str] = {
    "homelessness": "2",
    "rent_arrears_and_eviction": "2",
    "over_indebtedness": "3",
    "insufficient_income": "3",
    "food_aid": "3",
    "loneliness": "4",
    "substance_abuse": "8",
    "mental_health_problems": "8",
    "domestic_violence": "5",
    "maltreatment": "5",
    "ill_being_of_children_and_young": "7",
    "school_absence": "7",
    "parenting_support": "7",
    "unemployment": "3",
    "digital_exclusion": "4",
    "carer_strain": "10",
    "access_to_services_and_distances": "1",
    "situation_of_immigrants": "4",
    "gambling_problems": "8",
    "crime_and_recruitment": "4",
}
RISING = "rent_arrears_and_eviction"
RISE = 5.0
OBSERVATIONS_PER_1000 = 12.0
_GROUPS = ("families", "young_adults", "working_age", "older_people", "single_parents", "immigrants")
_GAPS = ("housing_advice", "debt_counselling", "low_threshold_mental_health", "home_help", "transport", None)
_PROPOSALS = (*PROPOSALS, None)


@dataclass(frozen=True)
class WaitTruth:
    """A queue: referrals per 1,000 persons a year, median wait in days, log standard deviation."""

    per_1000: float
    median_days: float
    log_sd: float = 0.7


WAITS: dict[str, WaitTruth] = {
    "housing_247": WaitTruth(4.0, 60.0),
    "home_care": WaitTruth(9.0, 12.0),
    "mental_health": WaitTruth(18.0, 35.0),
    "dental_visit": WaitTruth(25.0, 70.0),
    "adult_social_work": WaitTruth(8.0, 10.0),
    "disability_service": WaitTruth(3.0, 45.0),
}
ENDS = {"served": 0.88, "withdrawn": 0.07, "redirected": 0.035, "died": 0.015}


def waiting_list(county: County, register: Register, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """Contract table `waiting_list`: 36 months of arrivals; a wait that goes beyond `as_of` is still open."""
    parts = []
    ages = {service.code: (service.min_age, service.max_age) for service in county.services}
    for code, truth in WAITS.items():
        if code not in ages:
            continue
        low, high = ages[code]
        low = 70 if code in ("housing_247", "home_care") else low
        size = round(len(register.born) * truth.per_1000 / 1000 * 3)
        person = _persons_aged(register, low, high, as_of, size, rng)
        size = len(person)
        arrived = _past_working_days(as_of, 1096, size, rng)
        urgent = rng.random(size) < 0.1
        wait = rng.lognormal(np.log(np.where(urgent, 2.0, truth.median_days)), truth.log_sd)
        ended = arrived + wait.astype(np.int64)
        reason = pl.Series(tuple(ENDS)).gather(rng.choice(len(ENDS), size, p=list(ENDS.values())))
        parts.append(_waits(county, register, person, code, urgent, arrived, ended, reason, as_of))
    table = pl.concat(parts).sort("arrived_on", "service", "client_id")
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(7)
    return table.select((pl.lit(f"{county.code}-J") + number).alias("referral_id"), pl.all())


def _waits(
    county: County, register: Register, person: Ints, code: str, urgent: npt.NDArray[np.bool_],
    arrived: npt.NDArray[np.datetime64], ended: npt.NDArray[np.datetime64], reason: pl.Series, as_of: date,
) -> pl.DataFrame:  # fmt: skip
    closed = pl.col("ended_on") <= as_of
    return pl.DataFrame(
        {
            "client_id": register.identity.gather(person),
            "birth_date": register.born[person],
            "service": pl.Series([code]).new_from_index(0, len(person)),
            "municipality": pl.Series(county.municipalities).gather(register.municipality[person]),
            "urgency": pl.Series(["non_urgent", "urgent"]).gather(urgent.astype(np.int64)),
            "arrived_on": arrived,
            "ended_on": ended,
            "end_reason": reason,
        }
    ).with_columns(
        ended_on=pl.when(closed).then(pl.col("ended_on")), end_reason=pl.when(closed).then(pl.col("end_reason"))
    )


def wellbeing_referrals(county: County, register: Register, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """Contract table `wellbeing_referrals`: 24 months; uptake falls with the municipality's place in the list."""
    size = max(20, round(len(register.born) * 0.008))
    person = _persons_aged(register, 18, 110, as_of, size, rng)
    home = register.municipality[person]
    referred = _past_working_days(as_of, 730, len(person), rng)
    contacted = working_days_after(referred, rng.integers(1, 25, len(person)))
    outcome = np.where(
        rng.random(len(person)) < uptake(county)[home], 0, np.where(rng.random(len(person)) < 0.6, 1, 2)
    )
    reached = (pl.col("outcome") != "not_reached") & (pl.col("contacted_on") <= as_of)
    table = pl.DataFrame(
        {
            "client_id": register.identity.gather(person),
            "municipality": pl.Series(county.municipalities).gather(home),
            "referred_on": referred,
            "from_unit": pl.Series(county.municipalities).gather(home) + "-doctor_visit-1",
            "to_kind": pl.Series(
                ["exercise_group", "culture", "peer_support", "volunteering", "association"]
            ).gather(rng.integers(0, 5, len(person))),
            "contacted_on": contacted,
            "outcome": pl.Series(["took_up", "declined", "not_reached"]).gather(outcome),
        }
    )
    table = table.with_columns(
        contacted_on=pl.when(reached).then(pl.col("contacted_on")),
        outcome=pl.when(reached | ((pl.col("outcome") == "not_reached") & (pl.col("contacted_on") <= as_of))).then(
            pl.col("outcome")
        ),
    ).sort("referred_on", "client_id")
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(6)
    return table.select((pl.lit(f"{county.code}-H") + number).alias("referral_id"), pl.all())


def uptake(county: County) -> npt.NDArray[np.float64]:
    """True chance that a referred person takes the activity up, by municipality."""
    return np.linspace(0.7, 0.45, len(county.municipalities))


def observations(
    county: County, persons: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> tuple[pl.DataFrame, dict[str, object]]:
    """Contract table `observations` (36 months) and what was planted in it.

    Args:
        county: the county.
        persons: people by municipality, in the order of its sorted codes.
        as_of: last day.
        rng: source of the draws.
    """
    codes = tuple(PHENOMENA)
    rate = rng.gamma(4.0, 0.25, len(codes))
    rate /= rate.sum()
    rising_at = int(np.argsort(-persons)[min(1, len(persons) - 1)])
    months = np.arange(np.datetime64(as_of, "M") - 35, np.datetime64(as_of, "M") + 1)
    level = OBSERVATIONS_PER_1000 / 1000 / 12 * persons[:, None, None] * rate[None, :, None] * np.ones(36)
    ramp = 1 + (RISE - 1) * np.clip((np.arange(36) - 17) / 18, 0, 1)
    level[rising_at, codes.index(RISING)] = max(3.0, level[rising_at, codes.index(RISING), 0]) * ramp
    counts = rng.poisson(level)
    place, what, month = (np.repeat(i, counts.ravel()) for i in np.indices(counts.shape).reshape(3, -1))
    size = len(place)
    first: npt.NDArray[np.datetime64] = months[month].astype("datetime64[D]")
    day = first + rng.integers(0, 28, size)
    table = pl.DataFrame(
        {
            "observed_on": np.minimum(next_working_day(day), np.datetime64(as_of)),
            "municipality": pl.Series(county.municipalities).gather(place),
            "unit": pl.Series(county.municipalities).gather(place) + "-working_age",
            "phenomenon": pl.Series(codes).gather(what),
            "need": pl.Series(tuple(PHENOMENA.values())).gather(what),
            "affected_group": pl.Series(_GROUPS).gather(rng.integers(0, len(_GROUPS), size)),
            "service_gap": pl.Series(_GAPS).gather(rng.integers(0, len(_GAPS), size)),
            "proposal": pl.Series(_PROPOSALS).gather(rng.integers(0, len(_PROPOSALS), size)),
        }
    ).sort("observed_on", "municipality", "phenomenon", maintain_order=True)
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(6)
    truth: dict[str, object] = {
        "observations_per_1000_a_year": OBSERVATIONS_PER_1000,
        "shares": dict(zip(codes, rate.round(6).tolist(), strict=True)),
        "rising": {
            "phenomenon": RISING,
            "municipality": county.municipalities[rising_at],
            "area": county.area_of_municipality[county.municipalities[rising_at]],
            "from": str(months[17]),
            "times_in_18_months": RISE,
        },
    }
    return table.select((pl.lit(f"{county.code}-O") + number).alias("observation_id"), pl.all()), truth


def _persons_aged(
    register: Register, low: int, high: int, as_of: date, size: int, rng: np.random.Generator
) -> Ints:
    days = (np.datetime64(as_of) - register.born).astype(np.int64)
    fit = np.flatnonzero((days > (low + 4) * 365.25) & (days < (high + 1) * 365.25))
    weight = register.frailty[fit]
    return np.asarray(rng.choice(fit, min(size, len(fit)), p=weight / weight.sum()))


def _past_working_days(as_of: date, days: int, size: int, rng: np.random.Generator) -> npt.NDArray[np.datetime64]:
    start = np.datetime64(as_of - timedelta(days=days))
    return np.minimum(next_working_day(start + rng.integers(0, days - 6, size)), np.datetime64(as_of))
