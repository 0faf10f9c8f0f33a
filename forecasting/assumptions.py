"""The register of assumptions: what is assumed beyond the counts, with source, date and range; and its draws.

An assumption has a P10 and a P90 and a named distribution through both; pairs may be correlated (Gaussian copula).
What an assumption does to need is in `levers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from scipy.special import ndtr, ndtri

from forecasting.contracts import ALL, OLDEST, NeedInputError
from forecasting.seeds import name_seed

FloatArray = NDArray[np.float64]

Kind = Literal["rate_factor", "healthy_ageing", "proximity_to_death", "substitution", "backlog"]
Z90 = float(ndtri(0.9))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Titles(_Strict):
    """A name in words."""

    fi: str = ""
    sv: str = ""
    en: str = ""


class Assumption(_Strict):
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
    first_month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = None
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


class Register(_Strict):
    """A register of assumptions.

    Attributes:
        version: version of its content; editions name it.
        assumptions: the assumptions.
        correlations: (id, id, correlation) of the Gaussian copula.
    """

    version: str = "0"
    assumptions: tuple[Assumption, ...] = ()
    correlations: tuple[tuple[str, str, Annotated[float, Field(ge=-1, le=1)]], ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Register:
        names = [a.id for a in self.assumptions]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"assumption {', '.join(twice)} stands more than once")
        for one, other, _ in self.correlations:
            if missing := sorted({one, other} - set(names)):
                raise ValueError(f"correlations name {', '.join(missing)}, which is not in the register")
        if np.linalg.eigvalsh(self.correlation).min(initial=1.0) < -1e-9:
            raise ValueError("the correlations contradict one another (the matrix is not positive semi-definite)")
        sources = {s for a in self.assumptions if a.kind == "substitution" for s in a.services}
        if chained := sorted(sources & {str(a.to_service) for a in self.assumptions if a.to_service}):
            raise ValueError(
                f"substitutions form a chain through {', '.join(chained)}; write them as direct moves"
            )
        return self

    @property
    def correlation(self) -> FloatArray:
        """Correlation matrix in the order of the assumptions."""
        names = [a.id for a in self.assumptions]
        matrix = np.eye(len(names))
        for one, other, value in self.correlations:
            i, j = names.index(one), names.index(other)
            matrix[i, j] = matrix[j, i] = value
        return matrix

    def draws(self, number: int, seed: int) -> dict[str, FloatArray]:
        """Values of every assumption, shape (draws,), correlated.

        Numbers hang on names: adding or fixing one assumption leaves the draws of the others as they were (when no
        correlation ties them).
        """
        if not self.assumptions:
            return {}
        z = np.stack(
            [np.random.default_rng(name_seed(seed, "assumption", a.drawn_with or a.id)).standard_normal(number)
             for a in self.assumptions]
        )  # fmt: skip
        value, vector = np.linalg.eigh(self.correlation)
        root = vector @ np.diag(np.sqrt(np.maximum(value, 0.0))) @ vector.T
        return {a.id: a.value(ndtr(row)) for a, row in zip(self.assumptions, root @ z, strict=True)}

    def with_changes(
        self,
        added: Sequence[Assumption] = (),
        without: Sequence[str] = (),
        fixed: Mapping[str, float] | None = None,
    ) -> Register:
        """The register with assumptions added, left out, or fixed at a value.

        Raises:
            NeedInputError: an unknown assumption is left out or fixed.
        """
        fixed = dict(fixed or {})
        names = {a.id for a in self.assumptions}
        if unknown := sorted((set(without) | set(fixed)) - names - {a.id for a in added}):
            raise NeedInputError(f"assumptions: {', '.join(unknown)} is not in the register ({sorted(names)})")
        kept = [a for a in self.assumptions if a.id not in without and a.id not in {b.id for b in added}]
        changed = [
            a.model_copy(update={"p10": fixed[a.id], "p90": fixed[a.id]}) if a.id in fixed else a
            for a in (*kept, *added)
        ]
        left = {a.id for a in changed}
        pairs = tuple(c for c in self.correlations if {c[0], c[1]} <= left)
        return Register(version=self.version, assumptions=tuple(changed), correlations=pairs)

    def table(self) -> pd.DataFrame:
        """The register as a plain table, one row per assumption."""
        rows = [
            {"assumption": a.id, "kind": a.kind, "services": ",".join(a.services) or ALL,
             "areas": ",".join(a.areas) or ALL, "distribution": a.distribution, "p10": a.p10, "p90": a.p90,
             "source": a.source, "date": a.date.isoformat(), "version": self.version, "note": a.note}
            for a in self.assumptions
        ]  # fmt: skip
        columns = ("assumption", "kind", "services", "areas", "distribution", "p10", "p90", "source", "date",
                   "version", "note")  # fmt: skip
        return pd.DataFrame(rows, columns=list(columns))


NOTHING_ASSUMED = Register()


def read_register(path: Path) -> Register:
    """Read a register from YAML.

    Raises:
        FileNotFoundError: there is no such file.
        NeedInputError: it is not a register; the message names the file, the assumption and the field.
    """
    return read_yaml(path, Register)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read one YAML file as a model; mistakes name the file and the place.

    Raises:
        FileNotFoundError: there is no such file.
        NeedInputError: the file does not fit the model.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as error:
        raise NeedInputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()]
        raise NeedInputError(f"{path}: {'; '.join(lines)}") from None


def double_counting(register: Register, services: Sequence[str]) -> pd.DataFrame:
    """Pairs of assumptions that change one activity twice: same service, overlapping ages, sexes, areas and years.

    Two policy levers on one service overlap unless their activities are named and differ. Healthy ageing and
    proximity to death both move need to later ages.

    Args:
        register: the assumptions.
        services: services of the forecast.

    Returns:
        first, second, service, reason (`policy` or `ageing`).
    """
    rows = []
    for one, other in combinations(register.assumptions, 2):
        reason = _same_activity(one, other)
        for service in _touched(one, other, services) if reason else ():
            rows.append({"first": one.id, "second": other.id, "service": service, "reason": reason})
    return pd.DataFrame(rows, columns=["first", "second", "service", "reason"])


def _same_activity(one: Assumption, other: Assumption) -> str:
    apart = (
        one.max_age < other.min_age
        or other.max_age < one.min_age
        or {one.sex, other.sex} == {"male", "female"}
        or (bool(one.areas) and bool(other.areas) and not set(one.areas) & set(other.areas))
    )
    if apart:
        return ""
    if one.policy and other.policy:
        named = one.activity and other.activity and one.activity != other.activity
        return "" if named else "policy"
    return "ageing" if {one.kind, other.kind} == {"healthy_ageing", "proximity_to_death"} else ""


def _touched(one: Assumption, other: Assumption, services: Sequence[str]) -> Iterator[str]:
    for service in services:
        if all(not a.services or service in a.services for a in (one, other)):
            yield service
