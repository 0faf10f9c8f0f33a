"""The draws of any one node of a forecast, made again from its seed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecasting.contracts import ALL, NeedInputError, require_columns, show_rows
from forecasting.cube import draw_years, margins
from forecasting.draw_batches import batches
from forecasting.need_tables import with_margin
from forecasting.service_plan import ServicePlan
from forecasting.service_tree import inner_nodes

if TYPE_CHECKING:
    from forecasting.need import NeedForecast

NODE = ("area", "service", "sex", "age_group")


def node_draws(
    forecast: NeedForecast, area: str, service: str, sex: str = ALL, age_group: str = ALL
) -> pd.DataFrame:
    """See `NeedForecast.draws`."""
    names = forecast.model.services
    if service in names:
        return _service_draws(forecast, names.index(service), area, sex, age_group)
    inner = {} if forecast.tree is None else dict(inner_nodes(forecast.tree, names))
    if service not in inner:
        raise NeedInputError(f"draws: service {service!r} is not in the forecast ({', '.join([*names, *inner])})")
    if (sex, age_group) != (ALL, ALL):
        raise NeedInputError(f"draws: {service} is a total of services; ask for sex and age group {ALL!r}")
    parts = [_service_draws(forecast, int(i), area, ALL, ALL) for i in np.flatnonzero(inner[service])]
    years = [year for year in parts[0].columns if all(year in part.columns for part in parts)]
    return reduce(add, (part[years] for part in parts))


def draws_of_nodes(forecast: NeedForecast, nodes: pd.DataFrame) -> pd.DataFrame:
    """Table `need_draws`: the draws of the nodes asked for, one row per node, year and draw.

    Args:
        forecast: the forecast.
        nodes: area, service and, where asked for, sex and age_group (`all` when left out).

    Returns:
        area, service, sex, age_group, year, draw (from 0), count; equal numbers of draw belong together.

    Raises:
        NeedInputError: a missing column, a node twice, or one that is not in the forecast.
    """
    require_columns(nodes, "nodes", NODE[:2])
    asked = nodes.assign(**{column: ALL for column in NODE[2:] if column not in nodes.columns})
    asked = asked[list(NODE)].fillna(ALL).astype(str)
    twice = asked[asked.duplicated(keep=False)]
    if len(twice):
        raise NeedInputError(f"nodes: ask for each node once:\n{show_rows(twice)}")
    frames = []
    for node in asked.to_dict("records"):
        found = node_draws(forecast, *(str(node[column]) for column in NODE))
        long = found.rename_axis(index="draw").reset_index().melt("draw", var_name="year", value_name="count")
        frames.append(long.assign(**{column: node[column] for column in NODE}).astype({"year": "int64"}))
    return pd.concat(frames, ignore_index=True)[[*NODE, "year", "draw", "count"]]


def _service_draws(forecast: NeedForecast, index: int, area: str, sex: str, age_group: str) -> pd.DataFrame:
    model, service = forecast.model, forecast.model.services[index]
    plan = model.plan(index, forecast.years)
    if area not in plan.nodes:
        raise NeedInputError(f"draws: area {area!r} is not in the forecast of {service}")
    place = _place(plan, sex, age_group)
    inside = np.flatnonzero(plan.node_units[plan.nodes.index(area)])
    parts = []
    for size, seed in batches(forecast.n_draws, forecast.seed):
        found = {}
        plan = model.plan(index, forecast.years, model.levers(forecast.register, size, seed))
        for year in draw_years(plan, model.population(size, seed), seed, model.area_share):
            cube = margins(year.counts[inside], len(plan.rates.history.sexes))
            found[year.year] = cube[(slice(None), *place)].sum(axis=0, dtype=np.float64)
        parts.append(pd.DataFrame(found).astype("int64"))
    return pd.concat(parts, ignore_index=True)


def _place(plan: ServicePlan, sex: str, age_group: str) -> tuple[int, int]:
    """Where a sex and an age group stand in the cube with its margins; `all` is a label that stands alone too."""
    history = plan.rates.history
    places = [_of(labels, asked) for labels, asked in ((history.sexes, sex), (history.ages, age_group))]
    if None in places:
        raise NeedInputError(
            f"draws: {history.service} has sexes {with_margin(history.sexes)} and age groups "
            f"{with_margin(history.ages)}"
        )
    return places[0] or 0, places[1] or 0


def _of(labels: Sequence[str], asked: str) -> int | None:
    shown = with_margin(labels)
    if asked == ALL:
        return len(shown) - 1
    return shown.index(asked) if asked in shown else None
