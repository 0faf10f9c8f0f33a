"""Scenarios as files: what is changed beside the baseline. Drawn with the baseline's own random numbers.

A scenario may hold rates at today's level, take another population, add, drop or fix assumptions, and release
service debt. The library ready to use lies in `scenario_library/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from forecasting.assumption_register import Register, read_register
from forecasting.assumptions import Assumption, Titles
from forecasting.contracts import NeedInputError, lacking_columns, numbers
from forecasting.yaml_models import Month, Strict, read_yaml

LIBRARY = Path(__file__).parent / "scenario_library"
REGISTER_FILE = "register.yaml"


class DebtRelease(Strict):
    """How service debt comes back.

    Attributes:
        p10: share of the debt that comes back, undershot once in ten.
        p90: the same, exceeded once in ten.
        months: months over which it comes.
        first_month: first of them, `YYYY-MM`.
        source: where this is taken from.
        date: when it was written.
    """

    p10: float = Field(ge=0, le=1)
    p90: float = Field(ge=0, le=1)
    months: int = Field(ge=1, le=240)
    first_month: Month
    source: str
    date: date


class Scenario(Strict):
    """One scenario.

    Attributes:
        name: its code.
        titles: its name in words.
        version: version of its content.
        rates: `trend` as fitted, or `constant`: the level of the last year fitted is held.
        population: `projection`, `no_net_migration`, or `variant:<name>` of the projection table.
        add: assumptions beside (or in place of) the baseline's.
        without: baseline assumptions that are left out.
        fix: assumptions fixed at a value.
        debt: release of service debt, when the caller gives debts.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    titles: Titles
    version: str = "1"
    rates: Literal["trend", "constant"] = "trend"
    population: Annotated[str, Field(pattern=r"^(projection|no_net_migration|variant:.+)$")] = "projection"
    add: tuple[Assumption, ...] = ()
    without: tuple[str, ...] = ()
    fix: dict[str, float] = Field(default_factory=dict)
    debt: DebtRelease | None = None

    def register(self, baseline: Register) -> Register:
        """The baseline's register with the scenario's changes."""
        return baseline.with_changes(self.add, self.without, self.fix)

    @property
    def services(self) -> set[str]:
        """Services that its assumptions name."""
        return {s for a in self.add for s in (*a.services, *([a.to_service] if a.to_service else []))}

    def with_debts(self, debts: pd.DataFrame) -> Scenario:
        """The scenario with one backlog for every area and service that has a debt.

        Args:
            debts: area, service, amount (units of need that were postponed).

        Raises:
            NeedInputError: a column is missing or an amount is negative.
        """
        if self.debt is None:
            return self
        if missing := [c for c in ("area", "service", "amount") if c not in debts.columns]:
            raise NeedInputError(f"debts: {lacking_columns(missing)}")
        amounts = numbers(debts, "debts", "amount")
        backlogs = tuple(
            Assumption(
                id=f"debt_{number}", kind="backlog", p10=row["amount"] * self.debt.p10,
                p90=row["amount"] * self.debt.p90, source=self.debt.source, date=self.debt.date,
                services=(str(row["service"]),), areas=(str(row["area"]),), months=self.debt.months,
                first_month=self.debt.first_month, drawn_with="debt",
            )
            for number, row in enumerate(debts.assign(amount=amounts).to_dict("records"))
            if row["amount"] > 0
        )  # fmt: skip
        return self.model_copy(update={"add": (*self.add, *backlogs)})


def read_scenarios(folder: Path) -> list[Scenario]:
    """Every scenario file of a folder, in the order of names; the register beside them is not one.

    Raises:
        FileNotFoundError: there is no such folder.
        NeedInputError: a file is not a scenario, or a name stands twice.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    found = [read_yaml(p, Scenario) for p in sorted(folder.glob("*.yaml")) if p.name != REGISTER_FILE]
    names = [s.name for s in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise NeedInputError(f"{folder}: scenario {', '.join(twice)} stands in more than one file")
    return found


def library() -> list[Scenario]:
    """The scenarios that come with the library."""
    return read_scenarios(LIBRARY)


def library_register() -> Register:
    """The register that comes with the library: what a tornado shows when a county has none of its own."""
    return read_register(LIBRARY / REGISTER_FILE)


def applicable(
    scenarios: Sequence[Scenario], services: Sequence[str], variants: Sequence[str] = (), debts: bool = False
) -> tuple[list[Scenario], dict[str, str]]:
    """The scenarios that can be drawn, and why the others cannot.

    Args:
        scenarios: scenarios.
        services: services of the forecast.
        variants: variants of the projection.
        debts: whether debts are given.
    """
    usable, refused = [], {}
    for s in scenarios:
        variant = s.population.removeprefix("variant:")
        if missing := sorted(s.services - set(services)):
            refused[s.name] = f"names {', '.join(missing)}, which is not forecast"
        elif s.population.startswith("variant:") and variant not in variants:
            refused[s.name] = f"needs the projection's variant {variant!r}"
        elif s.debt is not None and not debts:
            refused[s.name] = "needs debts by area and service"
        else:
            usable.append(s)
    return usable, refused
