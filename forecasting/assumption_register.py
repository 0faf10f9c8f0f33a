"""The register of assumptions: which are made together, their joint draws, and what they count twice.

Pairs may be correlated (Gaussian copula).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import ndtr

from forecasting.assumptions import Assumption
from forecasting.contracts import ALL, NeedInputError
from forecasting.seeds import name_seed
from forecasting.yaml_models import Strict, read_yaml

FloatArray = NDArray[np.float64]


class Register(Strict):
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
