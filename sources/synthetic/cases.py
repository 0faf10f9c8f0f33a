"""Cases of social care and the days of their documents, from the first contact to the closing.

A clean case breaks no rule: recorded within two working days, signed the same day, assessed in time, planned
before decided, carried out within three months, never silent, its plan reviewed before the review date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.persons import Register
from sources.synthetic.working_days import next_working_day, working_days_after

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
MONTHS_TOLD = 30
CASES_PER_PERSON = 0.085
AUTHORS_PER_CASES = 25
BAD_UNIT_FACTOR = 8.0
BAD_UNIT_SHARE = 0.06

# service task -> (share of cases, youngest age, oldest age)
TASKS: dict[str, tuple[float, int, int]] = {
    "older_people": (0.36, 65, 110),
    "families": (0.13, 0, 17),
    "child_protection": (0.14, 0, 17),
    "family_law": (0.05, 0, 17),
    "substance_abuse": (0.07, 18, 64),
    "working_age": (0.17, 18, 64),
    "disability": (0.08, 0, 64),
}


@dataclass(frozen=True)
class Cases:
    """Cases with their milestones; arrays of one length.

    Attributes:
        person: position in the register.
        task: position in `TASKS`.
        unit: position in `unit_codes`.
        unit_codes: code of each unit, `<municipality>-<task>`.
        authors: authors in each unit.
        urgent: whether the need was urgent.
        received: day of the first contact.
        started: first day of the assessment.
        assessed: last day of the assessment.
        planned: day of the first plan.
        decided: day of the decision.
        ended: day the case ends (may be after `as_of`).
        gap: usual days between two entries.
        factor: how many times more defects than usual each unit makes.
        course: position in `courses.COURSES`; 0 is the usual, clean course.
    """

    person: Ints
    task: Ints
    unit: Ints
    unit_codes: tuple[str, ...]
    authors: Ints
    urgent: npt.NDArray[np.bool_]
    received: Days
    started: Days
    assessed: Days
    planned: Days
    decided: Days
    ended: Days
    gap: Ints
    factor: npt.NDArray[np.float64]
    course: Ints


def make_cases(
    register: Register, municipalities: tuple[str, ...], as_of: date, rng: np.random.Generator
) -> Cases:
    """Make the cases received in the months before `as_of`; a client has at most one case of a task."""
    end = np.datetime64(as_of)
    age = _age_on(register.born, end - 365 * MONTHS_TOLD // 24)
    wanted = len(register.born) * CASES_PER_PERSON
    weight = register.frailty
    people, tasks = [], []
    for number, (share, low, high) in enumerate(TASKS.values()):
        fit = np.flatnonzero((age >= low) & (age <= high) & (register.born < end - 1200))
        count = min(int(wanted * share), len(fit) // 2)
        urge = rng.exponential(1, len(fit)) / weight[fit] / np.where(age[fit] >= 80, 3.0, 1.0)
        people.append(np.sort(fit[np.argpartition(urge, count)[:count]]))
        tasks.append(np.full(count, number))
    person, task = np.concatenate(people), np.concatenate(tasks)
    size = len(person)
    first = end - np.int64(MONTHS_TOLD * 30.4375)
    received = next_working_day(first + rng.integers(0, (end - first).astype(int), size))
    old = _age_on(register.born[person], received) >= 74
    urgent = rng.random(size) < 0.08
    started = working_days_after(received, np.where(urgent, 0, rng.integers(0, np.where(old, 4, 7))))
    assessed = working_days_after(started, rng.integers(1, np.where(old, 4, 22)))
    planned = working_days_after(assessed, rng.integers(2, 6, size))
    decided = working_days_after(planned, rng.integers(2, 7, size))
    lasted = 45 + rng.exponential(360, size).astype(np.int64)
    unit, codes = _units(register.municipality[person], task, municipalities)
    authors = np.maximum(3, np.bincount(unit, minlength=len(codes)) // AUTHORS_PER_CASES)
    return Cases(
        person, task, unit, codes, authors, urgent, received, started, assessed, planned, decided,
        next_working_day(decided + lasted), rng.integers(16, 62, size),
        _unit_factors(unit, len(codes), rng), np.zeros(size, dtype=np.int64),
    )  # fmt: skip


def document_days(cases: Cases, as_of: date, rng: np.random.Generator) -> pl.DataFrame:
    """Documents of the cases that exist on `as_of`.

    Returns:
        case, document_type, round (0 for the first of its type in the case), event_at, created_at, signed_at
        (null for a draft), review_on (plans).
    """
    n = np.arange(len(cases.person))
    parts = [
        _documents("notification", n, 0, cases.received, rng),
        _documents("assessment", n, 0, cases.assessed, rng),
        _documents("decision", n, 0, cases.decided, rng),
        _documents("closing_summary", n, 0, cases.ended, rng),
    ]
    parts += _plans(cases, rng)
    parts += _notes(cases, np.datetime64(as_of), rng)
    now = pl.lit(as_of + timedelta(days=1)).cast(pl.Datetime("us"))
    made = pl.concat(parts).filter(pl.col("created_at") < now)
    fresh = pl.col("created_at") > now - pl.duration(days=10)
    closed = (pl.col("document_type") == "closing_summary").any().over("case")
    draft = (pl.col("signed_at") >= now) | (
        ~closed & fresh & (pl.lit(pl.Series(rng.random(made.height))) < 0.3) & (pl.col("round") == 0)
    )
    signed = pl.when(draft).then(None).otherwise(pl.col("signed_at")).alias("signed_at")
    return made.with_columns(signed).sort("created_at", "case", "document_type", "round")


def _plans(cases: Cases, rng: np.random.Generator) -> list[pl.DataFrame]:
    """First plans, and a new one before each review date while the case is open."""
    open_cases, event = np.arange(len(cases.person)), cases.planned
    parts, number = [], 0
    while len(open_cases):
        review = next_working_day(event + rng.integers(150, 300, len(event)))
        part = _documents("client_plan", open_cases, number, event, rng)
        parts.append(part.with_columns(review_on=pl.Series(review)))
        following = next_working_day(review - rng.integers(8, 22, len(review)))
        goes_on = following < cases.ended[open_cases]
        open_cases, event, number = open_cases[goes_on], following[goes_on], number + 1
        if number > 8:
            break
    return parts


def _notes(cases: Cases, as_of: np.datetime64, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Entries from the decision on, at the case's own pace, until it ends or `as_of` comes."""
    open_cases = np.arange(len(cases.person))
    day = cases.decided + rng.integers(3, 10, len(open_cases))
    parts, number = [], 0
    while len(open_cases):
        event = next_working_day(day)
        stays = (event < cases.ended[open_cases]) & (event <= as_of)
        open_cases, event = open_cases[stays], event[stays]
        parts.append(_documents("case_note", open_cases, number, event, rng))
        pace = cases.gap[open_cases] * rng.uniform(0.7, 1.3, len(open_cases))
        day, number = event + np.maximum(pace, 8).astype(np.int64), number + 1
    return parts


def _documents(kind: str, case: Ints, number: int, day: Days, rng: np.random.Generator) -> pl.DataFrame:
    """Documents of one kind: written the same day in two cases of three, else the next working day."""
    size = len(case)
    happened = day.astype("datetime64[m]") + rng.integers(8 * 60, 14 * 60 + 30, size)
    later = (rng.random(size) < 0.33) & (number % 2 == 0 if kind != "client_plan" else True)
    next_day = working_days_after(day, 1).astype("datetime64[m]") + rng.integers(8 * 60, 15 * 60, size)
    created = np.where(later, next_day, happened + rng.integers(4, 75, size))
    seconds = rng.integers(0, 60, size)
    signed = created.astype("datetime64[s]") + rng.integers(2, 25, size) * 60 + seconds
    return pl.DataFrame(
        {
            "case": case.astype(np.int64),
            "document_type": [kind] * size,
            "round": np.full(size, number, dtype=np.int64),
            "event_at": happened.astype("datetime64[us]"),
            "created_at": created.astype("datetime64[us]"),
            "signed_at": signed.astype("datetime64[us]"),
            "review_on": np.full(size, np.datetime64("NaT", "D")),
        }
    )


def _units(home: Ints, task: Ints, municipalities: tuple[str, ...]) -> tuple[Ints, tuple[str, ...]]:
    pair, unit = np.unique(home * len(TASKS) + task, return_inverse=True)
    names = tuple(TASKS)
    codes = tuple(f"{municipalities[p // len(TASKS)]}-{names[p % len(TASKS)]}" for p in pair)
    return unit, codes


def _unit_factors(unit: Ints, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Defect multiplier of each unit: 1, or more in a few units of fair size."""
    sizes = np.bincount(unit, minlength=count)
    fair = np.flatnonzero(sizes >= np.quantile(sizes, 0.4))
    bad = rng.choice(fair, max(1, round(count * BAD_UNIT_SHARE)), replace=False)
    factor = np.ones(count)
    factor[bad] = BAD_UNIT_FACTOR
    return factor


def _age_on(born: Days, day: Days | np.datetime64) -> Ints:
    """Age in full years, low by at most a day around the birthday."""
    days = (day - born).astype("timedelta64[D]").astype(np.int64)
    return np.floor(days / 365.2425).astype(np.int64)
