"""An assumption: what is assumed beyond the counts, with source, date and range, and the values it may take.

It has a P10 and a P90 and a named distribution through both. Registers of assumptions and their joint draws are in
`assumption_register`; what an assumption does to need is in `levers`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import ndtri

from forecasting.contracts import OLDEST
from forecasting.yaml_models import Month, Strict

FloatArray = NDArray[np.float64]

Kind = Literal["rate_factor", "healthy_ageing", "proximity_to_death", "substitution", "backlog"]
Z90 = float(ndtri(0.9))


class Titles(Strict):
    """A name in words."""

    fi: str = ""
    sv: str = ""
    en: str = ""


class Assumption(Strict):
    """One assumption.

    Attributes:
        id: its name, unique in the register.
        kind: `rate_factor`: rates are multiplied by the value once in full effect. `healthy_ageing`: share of
            the added years of life that are healthy; needs shift to later ages by that much.
            `proximity_to_death`: need in the last year of life as a multiple of that of others of the same age.
            `substitution`: share of the need of its service that moves to `to_service`, which gets `per_unit`
            units for each. `backlog`: units of postponed need released evenly over `months` from `first_month`.
        p10: value that is undershot once in ten.
        p90: value that is exceeded once in ten.
        distribution: `normal`, `lognormal`, `logit_normal` (shares), `triangular`, `uniform`; each goes through
            P10 and P90 (triangular: symmetric).
        source: where the values come from.
        date: when they were written or read.
        services: services it applies to; empty: all.
        areas: areas it applies to, with all under them; empty: all.
        sex: male, female or all.
        min_age: youngest age it applies to.
        max_age: oldest age.
        first_year: first year with any effect (share and factor kinds).
        full_year: year of full effect; in between the effect grows evenly.
        to_service: substitution only.
        per_unit: substitution only.
        months: backlog only.
        first_month: backlog only, `YYYY-MM`.
        drawn_with: a name shared by assumptions that come out high or low together.
        activity: what it changes in the services; two policy levers on one activity are counted twice.
        titles: its name in words.
        note: anything a reader should know.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Kind
    p10: float
    p90: float
    distribution: Literal["normal", "lognormal", "logit_normal", "triangular", "uniform"] = "normal"
    source: Annotated[str, Field(min_length=3)]
    date: date
    services: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    sex: Literal["male", "female", "all"] = "all"
    min_age: int = Field(default=0, ge=0, le=OLDEST)
    max_age: int = Field(default=OLDEST, ge=0, le=OLDEST)
    first_year: int | None = None
    full_year: int | None = None
    to_service: str | None = None
    per_unit: float | None = Field(default=None, gt=0)
    months: int | None = Field(default=None, ge=1, le=240)
    first_month: Month | None = None
    drawn_with: str = ""
    activity: str = ""
    titles: Titles = Titles()
    note: str = ""

    @model_validator(mode="after")
    def _range_holds(self) -> Assumption:
        lowest, highest = _limits(self.kind)
        if not lowest <= self.p10 <= self.p90 <= highest:
            raise ValueError(f"p10 and p90 of {self.kind} must rise and lie within {lowest:g} and {highest:g}")
        if self.distribution == "lognormal" and self.p10 <= 0:
            raise ValueError("a lognormal needs a p10 above 0")
        if self.distribution == "logit_normal" and not 0 < self.p10 <= self.p90 < 1:
            raise ValueError("a logit_normal needs p10 and p90 within 0 and 1")
        return self

    @model_validator(mode="after")
    def _reach_holds(self) -> Assumption:
        if self.min_age > self.max_age:
            raise ValueError(f"min_age {self.min_age} is above max_age {self.max_age}")
        if (self.first_year or 0) > (self.full_year or self.first_year or 0):
            raise ValueError(f"full_year {self.full_year} is before first_year {self.first_year}")
        if self.full_year is not None and self.first_year is None:
            raise ValueError("full_year needs a first_year")
        return self

    @model_validator(mode="after")
    def _kind_has_its_fields(self) -> Assumption:
        for kind, names in (("substitution", ("to_service", "per_unit")), ("backlog", ("months", "first_month"))):
            for name in names:
                if (getattr(self, name) is not None) != (self.kind == kind):
                    raise ValueError(f"{name} belongs to kind {kind}, and every {kind} has one")
        if self.kind in ("substitution", "backlog") and len(self.services) != 1:
            raise ValueError(f"a {self.kind} names one service; write one for each")
        if self.to_service in self.services:
            raise ValueError("a substitution moves need to another service")
        return self

    @property
    def policy(self) -> bool:
        """Whether somebody decides on it."""
        return self.kind in ("rate_factor", "substitution")

    def reach(self, year: int) -> float:
        """Share of the full effect in a year, 0 to 1, even steps from the first year to the full one."""
        first = self.first_year
        if first is None or year < first:
            return 0.0 if first is not None else 1.0
        full = self.full_year or first
        return min(1.0, (year - first + 1) / (full - first + 1))

    def value(self, probability: FloatArray) -> FloatArray:
        """The value at probabilities of its distribution."""
        return _quantile(self, np.asarray(probability, dtype=np.float64))


def _quantile(a: Assumption, p: FloatArray) -> FloatArray:
    low, high = a.p10, a.p90
    if a.distribution == "uniform":
        found = low + (p - 0.1) / 0.8 * (high - low)
    elif a.distribution == "triangular":
        half = (high - low) / 2.0 / (1.0 - np.sqrt(0.2))
        step = np.where(p < 0.5, np.sqrt(2.0 * p) - 1.0, 1.0 - np.sqrt(2.0 * (1.0 - p)))
        found = (low + high) / 2.0 + half * step
    else:
        to, back = _SCALES[a.distribution]
        first, last = to(np.array(low)), to(np.array(high))
        found = back((first + last) / 2.0 + (last - first) / (2.0 * Z90) * ndtri(p))
    return np.asarray(np.clip(found, *_limits(a.kind)))


def _limits(kind: Kind) -> tuple[float, float]:
    """Lowest and highest value that a kind can take."""
    lowest = {"healthy_ageing": -1.0, "proximity_to_death": 1.0}.get(kind, 0.0)
    return lowest, 1.0 if kind in ("healthy_ageing", "substitution") else np.inf


_SCALES: dict[str, tuple[Any, Any]] = {
    "normal": (lambda v: v, lambda v: v),
    "lognormal": (np.log, np.exp),
    "logit_normal": (lambda v: np.log(v / (1.0 - v)), lambda v: 1.0 / (1.0 + np.exp(-v))),
}
