"""A tornado by service: what each assumption and each kind of model uncertainty does to need, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.assumption_register import Register
from forecasting.cube import draw_means
from forecasting.draw_batches import World
from forecasting.need_draws import ServiceResult
from forecasting.need_model import NeedModel
from forecasting.population_draws import PopulationDraws
from forecasting.service_plan import ServicePlan
from forecasting.variance_sources import SOURCES

DRAWS = 64
"""Draws behind a bar of an assumption: both ends use the same random numbers, so few are enough."""
COLUMNS = ("area", "service", "year", "assumption", "kind", "low", "high", "p10", "p90")


def tornado(baseline: World, results: Sequence[ServiceResult], register: Register, seed: int) -> pd.DataFrame:
    """Table `need_tornado`.

    Args:
        baseline: the baseline.
        results: its drawn services.
        register: assumptions to move between P10 and P90, the others at their medians.
        seed: seed of the draws.

    Returns:
        One row per area node, service, year and assumption: `low` and `high` are the change of expected need with
        it at its P10 and P90. Kind `model` are the model's own sources of uncertainty (population, rate, noise),
        in the years of the drivers; assumptions come in the last year, with their values p10 and p90.
    """
    rows = [row for r in results for row in _model_rows(r)]
    if register.assumptions:
        rows += _assumption_rows(baseline, results, register, seed)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["service", "area", "year", "kind", "assumption"], ignore_index=True)


def _model_rows(result: ServiceResult) -> list[tuple[object, ...]]:
    service = result.plan.rates.history.service
    return [
        (node, service, year, source, "model", float(swing[n, k, 0]), float(swing[n, k, 1]), np.nan, np.nan)
        for year, swing in result.swings.items()
        for n, node in enumerate(result.plan.nodes)
        for k, source in enumerate(SOURCES)
        if source != "policy"
    ]


def _assumption_rows(
    baseline: World, results: Sequence[ServiceResult], register: Register, seed: int
) -> list[tuple[object, ...]]:
    model, year = baseline.model, results[0].plan.years[-1]
    few = baseline.population.first(DRAWS)
    medians = {a.id: float(a.value(np.array(0.5))) for a in register.assumptions}
    rows: list[tuple[object, ...]] = []
    for a in register.assumptions:
        ends = [register.with_changes(fixed={**medians, a.id: value}) for value in (a.p10, medians[a.id], a.p90)]
        touched = [i for i, s in enumerate(model.services) if not a.services or s in (*a.services, a.to_service)]
        levers = [model.levers(r, DRAWS, seed) for r in ends]
        for index in touched:
            plans = [model.plan(index, (year,), lever, levers[1]) for lever in levers]
            low, middle, high = (_expected(model, plan, few, seed) for plan in plans)
            service = model.services[index]
            for n, node in enumerate(results[index].plan.nodes):
                ends_of_node = (float(low[n] - middle[n]), float(high[n] - middle[n]))
                rows.append((node, service, year, a.id, "assumption", *ends_of_node, a.p10, a.p90))
    return rows


def _expected(model: NeedModel, plan: ServicePlan, population: PopulationDraws, seed: int) -> NDArray[np.float64]:
    """Mean expected need of every node in the one year of a plan."""
    means = next(iter(draw_means(plan, population, seed, model.area_share)))
    return np.asarray(plan.node_units @ means.expected.sum(axis=1, dtype=np.float64).mean(axis=-1))
