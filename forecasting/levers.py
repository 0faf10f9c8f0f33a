"""What assumptions do to a service: factors on its expected need by unit, group and draw, year by year.

Three factors beside the rate: `health` (healthier ageing, proximity to death), `policy` (stated changes of
rates, need moved between services), `backlog` (postponed need that is released). All are 1 at the origin: what had
already happened by then is in the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.assumption_register import Register
from forecasting.assumptions import Assumption
from forecasting.contracts import ALL, SEXES, NeedInputError, age_bounds
from forecasting.histories import NeedArrays, ServiceArrays
from forecasting.life_tables import LifeTables, life_tables
from forecasting.rates import FittedRates

FloatArray = NDArray[np.float64]
Draws = NDArray[np.float32]
MONTHS = 12


@dataclass(frozen=True)
class AgeMix:
    """What the groups of a service are made of, at the origin.

    Attributes:
        persons: persons by group and age, both sexes apart, shape (groups, 2, ages).
        rate: rate of each group over all units, shape (groups,).
    """

    persons: FloatArray
    rate: FloatArray

    def mean(self, by_age: FloatArray) -> FloatArray:
        """Mean over each group's persons of something by sex and age, shape (groups,)."""
        total = np.maximum(self.persons.sum(axis=(1, 2)), 1e-9)
        return np.asarray((self.persons * by_age[None]).sum(axis=(1, 2)) / total)

    def share(self, low: int, high: int, sex: str) -> FloatArray:
        """Share of each group's persons of the ages and the sex, shape (groups,)."""
        inside = np.zeros(self.persons.shape[1:])
        inside[[i for i, s in enumerate(SEXES) if sex in (ALL, s)], low : high + 1] = 1.0
        return self.mean(inside)


@dataclass(frozen=True)
class Lever:
    """One assumption as it meets one service.

    Attributes:
        assumption: the assumption.
        value: its draws, shape (draws,).
        units: whether it applies, shape (units,).
        share: share of each group it applies to, shape (groups,).
    """

    assumption: Assumption
    value: FloatArray
    units: NDArray[np.bool_]
    share: FloatArray


@dataclass(frozen=True)
class ServiceLevers:
    """All levers of a service.

    Attributes:
        origin: last year fitted.
        health: levers of kind healthy_ageing and proximity_to_death.
        policy: rate factors, and substitutions away from the service.
        backlog: postponed need that comes to the service.
        arriving: substitutions towards the service; `units` and `share` say where need may arrive.
        mix: the service's age mix.
        slope: change of the log rate with a year of age, going down from each group, shape (groups,).
        tables: survival of every year.
    """

    origin: int
    health: tuple[Lever, ...]
    policy: tuple[Lever, ...]
    backlog: tuple[Lever, ...]
    arriving: tuple[Lever, ...]
    mix: AgeMix
    slope: FloatArray
    tables: LifeTables

    @property
    def active(self) -> bool:
        """Whether anything is assumed of the service."""
        return bool(self.health or self.policy or self.backlog or self.arriving)

    def health_factor(self, year: int) -> Draws | None:
        """Factor of health, shape (1, groups, draws)."""
        if not self.health:
            return None
        factor: FloatArray = np.ones((1, 1, 1))
        for lever in self.health:
            one = (
                self._ageing(lever, year)
                if lever.assumption.kind == "healthy_ageing"
                else self._dying(lever, year)
            )
            factor = factor * (1.0 + lever.share[:, None] * (one - 1.0))[None]
        return np.asarray(factor, dtype=np.float32)

    def _ageing(self, lever: Lever, year: int) -> FloatArray:
        """Rates move to later ages by the healthy part of the added years (log rates linear between groups)."""
        added = self.mix.mean(self.tables.added_years(self.origin)[..., self.tables.years.index(year)])
        return np.asarray(np.exp(-(self.slope * added)[:, None] * lever.value[None, :]))

    def _dying(self, lever: Lever, year: int) -> FloatArray:
        """A falling share of people in their last year of life lowers the rate of an age."""
        now, then = (
            self.mix.mean(self.tables.death[..., self.tables.years.index(y)])[:, None] for y in (year, self.origin)
        )
        more = lever.value[None, :] - 1.0
        return np.asarray((1.0 + more * now) / (1.0 + more * then))

    def policy_factor(self, year: int) -> Draws | None:
        """Factor of stated changes, shape (units, groups, draws); need that arrives is not in it."""
        if not self.policy:
            return None
        shape = (len(self.policy[0].units), len(self.policy[0].share), len(self.policy[0].value))
        factor = np.ones(shape, dtype=np.float32)
        for lever in self.policy:
            change = (change_of(lever, year, self.origin) - 1.0).astype(np.float32)
            factor[lever.units] *= 1.0 + lever.share[:, None].astype(np.float32) * change[None, :]
        return factor

    def released(self, lever: Lever, year: int) -> FloatArray:
        """Units of a backlog that come in a year, shape (draws,)."""
        first = _month_number(str(lever.assumption.first_month))
        months = int(lever.assumption.months or 1)
        inside = min(first + months, (year + 1) * MONTHS) - max(first, year * MONTHS)
        return np.asarray(lever.value * max(inside, 0) / months)


def change_of(lever: Lever, year: int, origin: int) -> FloatArray:
    """What is left of the need after a factor or a move, beside the origin's, shape (draws,)."""
    a = lever.assumption
    now, then = a.reach(year), a.reach(origin)
    if a.kind == "substitution":
        return np.asarray((1.0 - lever.value * now) / np.maximum(1.0 - lever.value * then, 1e-9))
    return np.asarray(lever.value ** (now - then))


def moved_share(lever: Lever, year: int, origin: int) -> FloatArray:
    """Share of a source's need (without its own levers) that arrives, shape (draws,)."""
    return np.asarray(1.0 - change_of(lever, year, origin))


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * MONTHS + int(number) - 1


def service_levers(
    register: Register, values: Mapping[str, FloatArray], arrays: NeedArrays, rates: Sequence[FittedRates]
) -> list[ServiceLevers | None]:
    """The levers of every service, in the order of `rates`; None where nothing is assumed.

    Args:
        register: the assumptions.
        values: their draws.
        arrays: areas, persons, groups.
        rates: fitted rates.

    Raises:
        NeedInputError: an assumption names a service or an area that is not in the forecast.
    """
    known = [r.history.service for r in rates]
    for a in register.assumptions:
        named = {*a.services, *([a.to_service] if a.to_service else [])}
        if missing := sorted(named - set(known)):
            raise NeedInputError(
                f"assumptions: {a.id} names service {', '.join(missing)}, which is not in the forecast "
                f"({', '.join(known)})"
            )
        if strange := sorted(set(a.areas) - set(arrays.tree.areas)):
            raise NeedInputError(f"assumptions: {a.id} names area {', '.join(strange)}, not in the hierarchy")
    if not register.assumptions:
        return [None] * len(rates)
    tables = life_tables(arrays.future)
    found = []
    for rate, service in zip(rates, arrays.services, strict=True):
        levers = _levers(register, values, arrays, rate, service, tables)
        found.append(levers if levers.active else None)
    return found


def _levers(
    register: Register, values: Mapping[str, FloatArray], arrays: NeedArrays, rate: FittedRates,
    service: ServiceArrays, tables: LifeTables,
) -> ServiceLevers:  # fmt: skip
    mix = age_mix(arrays, rate, service)
    by_kind: dict[str, list[Lever]] = {"health": [], "policy": [], "backlog": [], "arriving": []}
    for a in register.assumptions:
        applies = not a.services or rate.history.service in a.services
        lever = Lever(a, values[a.id], _units(a, arrays, rate), mix.share(a.min_age, a.max_age, a.sex))
        if a.to_service == rate.history.service:
            by_kind["arriving"].append(lever)
        elif applies and a.kind in ("healthy_ageing", "proximity_to_death"):
            by_kind["health"].append(lever)
        elif applies:
            by_kind["policy" if a.policy else "backlog"].append(lever)
    return ServiceLevers(
        rate.origin, tuple(by_kind["health"]), tuple(by_kind["policy"]), tuple(by_kind["backlog"]),
        tuple(by_kind["arriving"]), mix, age_slope(rate, mix), tables,
    )  # fmt: skip


def _units(a: Assumption, arrays: NeedArrays, rate: FittedRates) -> NDArray[np.bool_]:
    return np.array([not a.areas or bool(set(a.areas) & set(arrays.tree.upward(u))) for u in rate.history.units])


def age_mix(arrays: NeedArrays, rate: FittedRates, service: ServiceArrays) -> AgeMix:
    """Persons of every group by sex and age, and its rate, at the origin."""
    now = arrays.future.persons[..., arrays.future.years.index(rate.origin)]
    placed = np.einsum("ua,asx->usx", service.units_of_areas, now)
    band = np.searchsorted(arrays.bands.starts, np.arange(now.shape[2]), side="right") - 1
    inside = service.groups_of_bands.reshape(len(service.groups_of_bands), len(SEXES), -1)[..., band]
    persons = placed.sum(axis=0)[None] * inside
    by_unit = np.einsum("usx,gsx->ug", placed, inside)
    need = np.where(by_unit > 0, rate.rate(0) * by_unit, 0.0).sum(axis=0)
    return AgeMix(persons, need / np.maximum(by_unit.sum(axis=0), 1e-9))


def age_slope(rate: FittedRates, mix: AgeMix) -> FloatArray:
    """Change of the log rate with a year of age, from the group below, shape (groups,); 0 for the youngest."""
    ages = np.arange(mix.persons.shape[2], dtype=np.float64)
    middle = mix.mean(np.stack([ages, ages]))
    log_rate = np.log(np.maximum(mix.rate, 1e-12))
    count = len(rate.history.ages)
    slope = np.zeros(len(mix.rate))
    for g in range(len(mix.rate)):
        low, _ = age_bounds(rate.history.ages[g % count])
        if g % count and mix.rate[g] > 0 and mix.rate[g - 1] > 0 and middle[g] > middle[g - 1] and low > 0:
            slope[g] = (log_rate[g] - log_rate[g - 1]) / (middle[g] - middle[g - 1])
    return slope
