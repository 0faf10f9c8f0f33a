"""What is written under `truth/`: everything a test needs to measure how well the truth is recovered."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from counties import County
from sources.synthetic.counts import Counts
from sources.synthetic.events import UNKNOWN_PROFESSIONAL
from sources.synthetic.population import FIRST_YEAR, LAST_YEAR, SEXES, People
from sources.synthetic.service_truth import DISRUPTED, FIRST_MONTH, RELEASED, ServiceTruth
from sources.synthetic.units import DELAY_GROUPS, Units, same_professional_chance


def rates_table(truth: ServiceTruth, people: People, county: County) -> pl.DataFrame:
    """True rates by service, sex and age group, as in a year without trend, season or shock.

    `rate` is per person-year for visits and days; for clients the share of persons who are clients in a month.
    Within an age group the rates of single years are weighted by the population of the base year.
    """
    starts = np.array(county.age_groups.starts)
    persons = people.truth[people.base_year - FIRST_YEAR].sum(axis=0)
    weighted = np.add.reduceat(truth.rates * persons[None], starts, axis=-1)
    rate = weighted / np.maximum(np.add.reduceat(persons, starts, axis=-1), 1e-9)
    return _cube(rate, ("service", truth.services), ("sex", SEXES), ("age_group", truth.age_groups), value="rate")


def monthly_table(truth: ServiceTruth, counts: Counts, people: People, months: int) -> pl.DataFrame:
    """By municipality, service and whole month: expected and occurred need, and what is ever recorded of it."""
    names = (("service", truth.services), ("municipality", people.municipalities))
    periods = ("period", truth.months[:months].astype("datetime64[D]"))
    mean = _cube(truth.mean[..., :months].sum(axis=(2, 3)), *names, periods, value="mean")
    occurred = counts.occurred[..., :months].sum(axis=(2, 3)).ravel()
    recorded = counts.recorded[..., :months].sum(axis=(2, 3)).ravel()
    return mean.with_columns(occurred=pl.Series(occurred), recorded=pl.Series(recorded))


def future_counts_table(truth: ServiceTruth, counts: Counts, people: People) -> pl.DataFrame:
    """True yearly counts after the base year; clients are client-months (divide by 12 for a month's mean).

    Columns: municipality, service, sex, age_group, year, mean (expected), count (need), count_recorded (with the
    changes in recording going on).
    """
    first = (people.base_year + 1 - FIRST_MONTH.year) * 12
    years = LAST_YEAR - people.base_year

    def yearly(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        part = array[..., first:]
        return np.asarray(part.reshape(*part.shape[:-1], years, 12).sum(axis=-1))

    table = _cube(
        yearly(truth.mean),
        ("service", truth.services),
        ("municipality", people.municipalities),
        ("sex", SEXES),
        ("age_group", truth.age_groups),
        ("year", np.arange(people.base_year + 1, LAST_YEAR + 1)),
        value="mean",
    )
    table = table.with_columns(
        count=pl.Series(yearly(counts.occurred).ravel()), count_recorded=pl.Series(yearly(counts.recorded).ravel())
    )
    return table.select("municipality", "service", "sex", "age_group", "year", "mean", "count", "count_recorded")


def shocks_table(truth: ServiceTruth, people: People) -> pl.DataFrame:
    """Factors shared in a year: kind (`service`, `municipality`), code, year, factor."""
    years = ("year", np.arange(FIRST_MONTH.year, LAST_YEAR + 1))
    parts = [
        _cube(truth.service_year, ("code", truth.services), years, value="factor").with_columns(
            kind=pl.lit("service")
        ),
        _cube(truth.area_year, ("code", people.municipalities), years, value="factor").with_columns(
            kind=pl.lit("municipality")
        ),
    ]
    return pl.concat(parts).select("kind", "code", "year", "factor")


def drift_table(truth: ServiceTruth, people: People) -> pl.DataFrame:
    """Log change of rates since 2015-01 that follows no trend: service, municipality, period, log_change."""
    drift = truth.service_drift[:, None] + truth.area_drift
    periods = ("period", truth.months.astype("datetime64[D]"))
    axes = (("service", truth.services), ("municipality", people.municipalities), periods)
    return _cube(drift, *axes, value="log_change")


def debt_table(truth: ServiceTruth) -> pl.DataFrame:
    """Service debt by service and month: positive when events are lost, negative when they are given back."""
    told = (truth.months >= DISRUPTED[0]) & (truth.months <= RELEASED[1])
    periods = ("period", truth.months[told].astype("datetime64[D]"))
    return _cube(truth.debt[:, told], ("service", truth.services), periods, value="events")


def trends(truth: ServiceTruth, people: People) -> dict[str, Any]:
    """Trends, seasons, dispersion, area factors and local trends as stated."""
    services = {
        code: {
            **{k: v for k, v in stated.items() if k != "rates"},
            "area_factors": dict(zip(people.municipalities, truth.area_factors[s].round(6).tolist(), strict=True)),
            "local_trends": dict(zip(people.municipalities, truth.local_trends[s].round(6).tolist(), strict=True)),
        }
        for s, (code, stated) in enumerate(zip(truth.services, truth.stated, strict=True))
    }
    return {"trend_damping": truth.trend_damping, "trend_from_year": FIRST_MONTH.year, "services": services}


def breaks(truth: ServiceTruth, county: County) -> list[dict[str, Any]]:
    """Changes in recording: service, municipality, service area, first month, factor."""
    return [
        {
            "service": b.service,
            "municipality": b.municipality,
            "area": county.area_of_municipality[b.municipality],
            "month": b.month,
            "factor": b.factor,
        }
        for b in truth.breaks
    ]


def continuity(truth: ServiceTruth, units: Units, people: People) -> dict[str, Any]:
    """Expected COCI of a client by service and municipality (mean of its units), known professionals only."""
    table: dict[str, Any] = {}
    for s, code in enumerate(truth.services):
        expected = same_professional_chance(
            np.full(len(units.codes), truth.stated[s]["preferred"]), units.professionals
        )
        mine = units.service == s
        table[code] = {
            m: round(float(expected[mine & (units.municipality == i)].mean()), 6)
            for i, m in enumerate(people.municipalities)
        }
    return {"expected_coci": table, "unknown_professional_share": UNKNOWN_PROFESSIONAL}


def unit_rows(
    truth: ServiceTruth, units: Units, people: People, documenting: pl.DataFrame
) -> list[dict[str, Any]]:
    """Units that give services (delay group, professionals) and units that document (true defect multiplier)."""
    rows: list[dict[str, Any]] = [
        {
            "unit": code,
            "service": truth.services[units.service[u]],
            "municipality": people.municipalities[units.municipality[u]],
            "delay_group": DELAY_GROUPS[units.delay_group[u]],
            "professionals": int(units.professionals[u]),
        }
        for u, code in enumerate(units.codes)
    ]
    return rows + documenting.to_dicts()


def _cube(array: npt.NDArray[Any], *axes: tuple[str, Any], value: str) -> pl.DataFrame:
    index = np.indices(array.shape, dtype=np.int32).reshape(array.ndim, -1)
    columns = {name: pl.Series(labels).gather(index[i]) for i, (name, labels) in enumerate(axes)}
    return pl.DataFrame({**columns, value: array.ravel()})
