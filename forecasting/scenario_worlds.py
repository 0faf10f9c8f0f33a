"""From scenario files to worlds that can be drawn: other rates, other persons, other levers, the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from forecasting.assumption_register import Register
from forecasting.contracts import check_persons, check_variant
from forecasting.draw_batches import World
from forecasting.life_tables import without_migration
from forecasting.need_model import NeedModel
from forecasting.population import Persons, joined, persons_array
from forecasting.scenarios import Scenario


@dataclass(frozen=True)
class ScenarioPeople:
    """The tables that another variant of the projection is taken from."""

    population: pd.DataFrame
    projection: pd.DataFrame

    def variant(self, name: str) -> Persons:
        """Observed persons continued by one variant of the projection."""
        observed = persons_array(check_persons(self.population, "population"), "population")
        ahead = persons_array(check_persons(check_variant(self.projection, name), "projection"), "projection")
        return joined(observed, ahead)


def scenario_worlds(
    baseline: World,
    scenarios: Sequence[Scenario],
    register: Register,
    people: ScenarioPeople,
    draws: int,
    seed: int,
) -> list[World]:
    """The world of every scenario.

    Args:
        baseline: the baseline.
        scenarios: the scenarios.
        register: the baseline's assumptions.
        people: tables of persons, for variants.
        draws: number of draws.
        seed: the baseline's seed: random numbers are common.

    Raises:
        NeedInputError: a scenario names a service, area, assumption or variant that is not there.
    """
    return [_world(baseline, s, register, people, draws, seed) for s in scenarios]


def _world(
    baseline: World, scenario: Scenario, register: Register, people: ScenarioPeople, draws: int, seed: int
) -> World:
    model: NeedModel = baseline.model
    population = baseline.population
    if scenario.population != "projection":
        future = (
            without_migration(model.arrays.persons, model.arrays.future)
            if scenario.population == "no_net_migration"
            else people.variant(scenario.population.removeprefix("variant:"))
        )
        model = model.with_future(future)
        flat = model.arrays.bands.sums(future.persons)
        population = replace(population, expected=flat.reshape(population.expected.shape))
    if scenario.rates == "constant":
        model = model.with_constant_rates()
    changed = scenario.register(register)
    same = model is baseline.model and changed == register
    levers = baseline.levers if same else model.levers(changed, draws, seed)
    return World(scenario.name, model, levers, population)
