"""The stated truth of service use: rates, trends, season, calendar, disruption, debt, shocks, breaks.

Everything a forecaster would have to recover is decided here and written under `truth/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from counties import County
from sources.synthetic.geography import REFERENCE
from sources.synthetic.population import FIRST_YEAR, LAST_YEAR, People
from sources.synthetic.working_days import days_of, months, working_days_of

Array = npt.NDArray[np.float64]
FIRST_MONTH = date(2015, 1, 1)
DISRUPTED = (np.datetime64("2020-03"), np.datetime64("2021-06"))
RELEASED = (np.datetime64("2021-07"), np.datetime64("2022-12"))


class UntoldServiceError(ValueError):
    """A service of the county file for which no truth is stated."""


@dataclass(frozen=True)
class Break:
    """A sudden change in recording, not in need."""

    service: str
    municipality: str
    month: str
    factor: float


@dataclass(frozen=True)
class ServiceTruth:
    """Truth of every service of a county.

    Attributes:
        services: codes along the first axis of every array.
        stated: the stated facts of each service, from `reference/service_truth.yaml`.
        age_groups: labels of the county's age groups.
        rates: events per person-year (clients: share of persons in a month), shape (services, 2, 101).
        area_factors: shape (services, municipalities).
        local_trends: extra yearly log change of the area in 2015, damped alike, same shape.
        service_year: shocks shared by all areas, shape (services, years 2015..2045).
        area_year: shocks shared by all services, shape (municipalities, years 2015..2045).
        service_drift: log change since 2015-01 that follows no trend, shape (services, months).
        area_drift: the same of an area beside its service, shape (services, municipalities, months).
        months: 2015-01 to 2045-12.
        mean: expected events of the need, shape (services, municipalities, 2, age groups, months).
        debt: events lost and given back, shape (services, months).
        breaks: changes in recording.
        trend_damping: share of a trend that is left after each further year.
    """

    services: tuple[str, ...]
    stated: tuple[dict[str, Any], ...]
    age_groups: tuple[str, ...]
    rates: Array
    area_factors: Array
    local_trends: Array
    service_year: Array
    area_year: Array
    service_drift: Array
    area_drift: Array
    months: npt.NDArray[np.datetime64]
    mean: Array
    debt: Array
    breaks: tuple[Break, ...]
    trend_damping: float

    def recording_factor(self) -> Array:
        """Recorded over occurred, shape (services, municipalities, months)."""
        factor = np.ones((len(self.services), self.area_factors.shape[1], len(self.months)))
        for change, (s, m) in zip(self.breaks, self._break_cells, strict=True):
            factor[s, m, self.months >= np.datetime64(change.month)] = change.factor
        return factor

    _break_cells: tuple[tuple[int, int], ...] = ()


def state_truth(county: County, people: People, rng: np.random.Generator) -> ServiceTruth:
    """Decide the truth of the county's services.

    Raises:
        UntoldServiceError: a service of the county has no stated truth.
    """
    told = yaml.safe_load((REFERENCE / "service_truth.yaml").read_text(encoding="utf-8"))
    codes = tuple(service.code for service in county.services)
    if unknown := [code for code in codes if code not in told["services"]]:
        raise UntoldServiceError(
            f"{county.slug}: no truth is stated for {', '.join(unknown)}; add it to service_truth.yaml"
        )
    stated = tuple(told["services"][code] for code in codes)
    rates = np.stack(
        [_rates(s, told["starts"], service) for s, service in zip(stated, county.services, strict=True)]
    )
    size = len(people.municipalities)
    area = np.stack([rng.lognormal(0, s["area_sd"], size) for s in stated])
    local = rng.normal(0, 0.006, (len(codes), size))
    years = LAST_YEAR - FIRST_MONTH.year + 1
    service_year = np.stack([rng.lognormal(0, s["year_sd"], years) for s in stated])
    area_year = rng.lognormal(0, told["area_year_sd"], (size, years))
    all_months = months(FIRST_MONTH, date(LAST_YEAR, 12, 1))
    exposure = _exposure(people, rates, county, all_months)
    shape = np.stack([_monthly_shape(s, all_months) for s in stated])
    year = all_months.astype("datetime64[Y]").astype(int) + 1970 - FIRST_MONTH.year
    damped = np.cumsum(np.append(0.0, told["trend_damping"] ** np.arange(years - 1)))[year]
    slope = np.array([s["trend"] for s in stated])[:, None, None] + local[:, :, None]
    wander = rng.spawn(1)[0]
    service_drift = _random_walks(told["service_drift"], (len(codes), len(all_months)), wander)
    area_drift = _random_walks(told["area_drift"], (len(codes), size, len(all_months)), wander)
    path = slope * damped + service_drift[:, None] + area_drift
    level = area[:, :, None] * np.exp(path) * service_year[:, None, year] * area_year[None, :, year]
    mean = exposure * (level * shape[:, None, :])[:, :, None, None, :]
    factor, debt = _disruption(stated, mean.sum(axis=(1, 2, 3)), all_months)
    breaks = _breaks(codes, people)
    cells = tuple((codes.index(b.service), people.municipalities.index(b.municipality)) for b in breaks)
    return ServiceTruth(
        codes, stated, county.age_groups.labels, rates, area, local, service_year, area_year,
        service_drift, area_drift, all_months,
        mean * factor[:, None, None, None, :], debt, breaks, told["trend_damping"], cells,
    )  # fmt: skip


def _random_walks(yearly: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Random walks over the months (last axis) with a standard deviation of so much a year; 0 in the first."""
    steps = rng.normal(0, yearly / np.sqrt(12), shape)
    steps[..., 0] = 0
    return np.asarray(np.cumsum(steps, axis=-1))


def _rates(stated: dict[str, Any], starts: list[int], service: Any) -> Array:
    ages = np.arange(101)
    by_age = np.array(stated["rates"], dtype=float)[np.searchsorted(starts, ages, side="right") - 1]
    by_age[(ages < service.min_age) | (ages > service.max_age)] = 0
    return np.stack([by_age, by_age * stated["female"]])


def _exposure(people: People, rates: Array, county: County, all_months: npt.NDArray[np.datetime64]) -> Array:
    """Expected events a month at the stated rates, by service, municipality, sex, age group and month.

    People in the middle of a month lie on the line between two ends of year.
    """
    starts = np.array(county.age_groups.starts)
    yearly = np.add.reduceat(
        people.truth[None, FIRST_MONTH.year - 1 - FIRST_YEAR :] * rates[:, None, None], starts, axis=-1
    )
    month = all_months.astype(int) % 12
    year = all_months.astype("datetime64[Y]").astype(int) + 1970 - FIRST_MONTH.year
    share = (month + 0.5) / 12
    grid = np.moveaxis(yearly, 1, -1)
    return np.asarray(grid[..., year] * (1 - share) + grid[..., year + 1] * share)


def _monthly_shape(stated: dict[str, Any], all_months: npt.NDArray[np.datetime64]) -> Array:
    """Season and calendar of a service; a mean year of visits sums to about 1, of clients to 12."""
    month = all_months.astype(int) % 12 + 1
    season = 1 + stated["season"] * np.cos(2 * np.pi * (month - stated["peak"]) / 12)
    if stated["days"] == "none":
        return np.asarray(season)
    days = working_days_of(all_months) if stated["days"] == "office" else days_of(all_months)
    return np.asarray(season * days / days.mean() / 12)


def _disruption(
    stated: tuple[dict[str, Any], ...], county_mean: Array, all_months: npt.NDArray[np.datetime64]
) -> tuple[Array, Array]:
    """Factor on the mean and events lost (positive) or given back (negative), each (services, months)."""
    lost = (all_months >= DISRUPTED[0]) & (all_months <= DISRUPTED[1])
    back = (all_months >= RELEASED[0]) & (all_months <= RELEASED[1])
    factor = np.ones_like(county_mean)
    level = np.array([s["disruption"] for s in stated])
    share = np.array([s["debt"] for s in stated])
    factor[:, lost] = level[:, None]
    deficit = ((1 - factor) * county_mean).sum(axis=1)
    factor[:, back] = 1 + (deficit * share / county_mean[:, back].sum(axis=1))[:, None]
    return factor, (1 - factor) * county_mean


def _breaks(codes: tuple[str, ...], people: People) -> tuple[Break, ...]:
    """Emergency visits rise when calls are counted too; nurse visits fall when a system is changed."""
    size = people.trend[people.base_year - FIRST_YEAR].sum(axis=(1, 2))
    order = np.argsort(-size)
    second = people.municipalities[order[min(1, len(order) - 1)]]
    third = people.municipalities[order[min(2, len(order) - 1)]]
    planted = (Break("emergency_visit", second, "2023-01", 1.9), Break("nurse_visit", third, "2025-05", 0.6))
    return tuple(b for b in planted if b.service in codes)
