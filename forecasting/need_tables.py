"""Result arrays of the need forecast as tables: need_forecast, need_drivers, variance shares and fitted rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.assumptions import Titles
from forecasting.contracts import ALL
from forecasting.draw_batches import World
from forecasting.hierarchy import AreaTree
from forecasting.histories import ServiceArrays
from forecasting.need_draws import ServiceResult, quantiles_over_services
from forecasting.need_model import NeedModel
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS
from forecasting.service_plan import ServicePlan
from forecasting.service_tree import inner_nodes
from forecasting.trends import SHORTEST
from forecasting.variance_sources import SOURCES

FloatArray = NDArray[np.float64]
RUNNING = "running"
"""Flag of the year under way, whose total rests on the months counted so far."""
FOLLOWED = "followed"
"""Flag of years in which the draws follow an independent forecast of the service's total."""
FEW_PERSONS = "few_persons"
"""Flag of a cell with use where nobody was left on 31 December."""


def with_margin(labels: Sequence[str]) -> list[str]:
    """Labels and their margin; `all` stands once when it is all that is known."""
    return [*labels, ALL] if len(labels) > 1 else list(labels)


def _grid(*axes: Sequence[object]) -> list[NDArray[np.object_]]:
    """Columns of the Cartesian product of the axes, the last one fastest."""
    sizes = [len(axis) for axis in axes]
    total = int(np.prod(sizes))
    columns = []
    inner = total
    outer = 1
    for axis, size in zip(axes, sizes, strict=True):
        inner //= size
        columns.append(np.tile(np.repeat(np.array(axis, dtype=object), inner), outer))
        outer *= size
    return columns


def forecast_rows(
    plan: ServicePlan, quantiles: FloatArray, service: ServiceArrays, first_year: int, tested_to: int
) -> pd.DataFrame:
    """Rows of `need_forecast` of one service.

    Args:
        plan: nodes, years and rates.
        quantiles: mean and quantiles, shape (years, nodes, sexes, ages, 1 + levels).
        service: its observed counts.
        first_year: first forecast year to show.
        tested_to: last tested year.

    Returns:
        Observed rows, then forecast rows.
    """
    history = plan.rates.history
    sexes, ages = with_margin(history.sexes), with_margin(history.ages)
    observed_years = (*history.years, *service.later_years)
    observed = np.concatenate([history.counts, service.later], axis=-1)
    node_flags = _node_flags(plan)

    years = [y for y in plan.years if y >= first_year]
    values = quantiles[len(plan.years) - len(years) :]
    ahead = _frame(history.service, "forecast", years, plan.nodes, sexes, ages)
    ahead[["mean", *QUANTILE_COLUMNS]] = values.reshape(-1, values.shape[-1])
    ahead["validated"] = ahead["year"].to_numpy() <= tested_to
    ahead["flag"] = ahead["area"].map(node_flags).to_numpy(dtype=object)
    under_way = _under_way(plan, ahead)
    ahead["flag"] = _joined(ahead["flag"], under_way, RUNNING)
    followed = ahead["year"].to_numpy() <= plan.rates.origin + plan.followed_years
    ahead["flag"] = _joined(ahead["flag"], followed & ~under_way, FOLLOWED)

    past = _frame(history.service, "observed", list(observed_years), plan.nodes, sexes, ages)
    past["mean"] = _observed_sums(plan, observed).reshape(-1)
    past[list(QUANTILE_COLUMNS)] = np.nan
    past["validated"] = True
    past["flag"] = _observed_flags(plan, observed_years, service.later_years, len(sexes) * len(ages))
    if service.emptied is not None and service.emptied.any():
        past["flag"] = _joined(past["flag"], _emptied_cells(plan, service.emptied).ravel(), FEW_PERSONS)
    past = past[past["mean"].notna()]
    return pd.concat([past, ahead], ignore_index=True)


def _under_way(plan: ServicePlan, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of the running year of areas of which something is counted."""
    if plan.running is None:
        return np.zeros(len(rows), dtype=bool)
    some = plan.node_units @ plan.running.known > 0
    seen = {node for node, known in zip(plan.nodes, some, strict=True) if known}
    return np.asarray(rows["area"].isin(seen) & (rows["year"] == plan.running.year))


def _joined(flags: pd.Series, where: NDArray[np.bool_], flag: str) -> pd.Series:
    """Flags with one more where it holds."""
    return flags.where(~where, flags.map(lambda f: f"{f},{flag}" if f else flag))


def _emptied_cells(plan: ServicePlan, emptied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells of nodes with such a unit, shape (years, nodes, sexes, ages); margins are never marked."""
    history = plan.rates.history
    cells = np.stack([emptied[np.flatnonzero(inside)].any(axis=0) for inside in plan.node_units])
    cube = np.moveaxis(cells.reshape(len(plan.nodes), len(history.sexes), len(history.ages), -1), -1, 0)
    margins = [(0, 0), (0, 0), (0, int(cube.shape[2] > 1)), (0, int(cube.shape[3] > 1))]
    return np.pad(cube, margins)


def _frame(
    service: str, kind: str, years: Sequence[int], nodes: Sequence[str], sexes: Sequence[str], ages: Sequence[str]
) -> pd.DataFrame:
    year, area, sex, age = _grid(years, nodes, sexes, ages)
    return pd.DataFrame(
        {
            "area": area,
            "service": service,
            "sex": sex,
            "age_group": age,
            "year": year.astype(np.int64),
            "kind": kind,
        }
    )


def _observed_sums(plan: ServicePlan, counts: FloatArray) -> FloatArray:
    """Observed counts with margins by node, shape (years, nodes, sexes, ages); NaN where a unit is unknown."""
    history = plan.rates.history
    cube = counts.reshape(len(history.units), len(history.sexes), len(history.ages), -1)
    if cube.shape[1] > 1:
        cube = np.concatenate([cube, cube.sum(axis=1, keepdims=True)], axis=1)
    if cube.shape[2] > 1:
        cube = np.concatenate([cube, cube.sum(axis=2, keepdims=True)], axis=2)
    sums = np.stack([cube[np.flatnonzero(inside)].sum(axis=0) for inside in plan.node_units])
    return np.moveaxis(sums, -1, 0)


def _node_flags(plan: ServicePlan) -> dict[str, str]:
    history = plan.rates.history
    broken = {u for u, _ in history.breaks}
    bare = np.asarray(np.isnan(history.counts).any(axis=(1, 2)))
    structure = ALL in history.sexes or ALL in history.ages
    known = np.isfinite(history.counts).all(axis=1).any(axis=0)
    short, unused = int(known.sum()) < SHORTEST, not np.nansum(history.counts) > 0
    flags = {}
    for node, inside in zip(plan.nodes, plan.node_units, strict=True):
        which = np.flatnonzero(inside > 0)
        found = [
            name
            for name, holds in (
                ("break", bool(broken.intersection(which.tolist()))),
                ("incomplete", bool(bare[which].any())),
                ("structure_only", structure),
                ("short_history", short),
                ("no_use", unused),
            )
            if holds
        ]
        flags[node] = ",".join(found)
    return flags


def _observed_flags(
    plan: ServicePlan, years: Sequence[int], later: Sequence[int], cells: int
) -> NDArray[np.object_]:
    history = plan.rates.history
    structure = ["structure_only"] if ALL in history.sexes or ALL in history.ages else []
    rows = []
    for year in years:
        for node in range(len(plan.nodes)):
            broken = any(plan.node_units[node, u] > 0 and y == year for u, y in history.breaks)
            found = (["break"] if broken else []) + (["incomplete"] if year in later else []) + structure
            rows.append(",".join(found))
    return np.repeat(np.array(rows, dtype=object), cells)


def service_node_rows(
    results: Sequence[ServiceResult], tree: AreaTree, first_year: int, tested_to: Mapping[str, int]
) -> pd.DataFrame:
    """Rows of `need_forecast` for the nodes of a hierarchy of services: totals over sexes and ages.

    A node is shown for the years and areas that all its services have, since a total over some of them would be
    read as one over all; it is validated as far as the least tested of them.
    """
    names = [r.plan.rates.history.service for r in results]
    frames = []
    for node, member in inner_nodes(tree, names):
        parts = [r for r, inside in zip(results, member, strict=True) if inside]
        years = [y for y in parts[0].plan.years if y >= first_year and all(y in r.plan.years for r in parts)]
        areas = [a for a in parts[0].plan.nodes if all(a in r.plan.nodes for r in parts)]
        values = quantiles_over_services(results, member, areas, years)
        frame = _frame(node, "forecast", years, areas, [ALL], [ALL])
        frame[["mean", *QUANTILE_COLUMNS]] = values.reshape(-1, values.shape[-1])
        reach = min(tested_to[name] for name, inside in zip(names, member, strict=True) if inside)
        frame["validated"] = frame["year"] <= reach
        flags = sorted({f for r in parts for f in ",".join(_node_flags(r.plan).values()).split(",") if f})
        running = np.any([_under_way(r.plan, frame) for r in parts], axis=0)
        frame["flag"] = _joined(pd.Series(",".join(flags), index=frame.index), running, RUNNING)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def driver_rows(plan: ServicePlan, effects: Mapping[int, Mapping[str, FloatArray]]) -> pd.DataFrame:
    """Rows of `need_drivers` of one service.

    Args:
        plan: nodes and origin.
        effects: by target year, effects by driver (`drivers.summarised`), each of shape (nodes, 4).
    """
    return effect_rows(
        {(plan.rates.origin, year): by_driver for year, by_driver in effects.items()},
        plan.nodes, plan.rates.history.service, ("from_year", "to_year"),
    )  # fmt: skip


def effect_rows(
    effects: Mapping[tuple[object, object], Mapping[str, FloatArray]], nodes: Sequence[str], service: str,
    ends: tuple[str, str],
) -> pd.DataFrame:  # fmt: skip
    """Effects as rows: mean and the 80% interval of each driver.

    Args:
        effects: by the two ends of a change, effects by driver (`drivers.summarised`), each of shape (nodes, 4).
        nodes: areas.
        service: service code.
        ends: names of the columns that hold the two ends.
    """
    keys = [(pair, driver) for pair, by_driver in effects.items() for driver in by_driver]
    if not keys:
        return pd.DataFrame(columns=["area", "service", *ends, "driver", "mean", "q0.1", "q0.5", "q0.9"])
    mean, low, middle, high = np.moveaxis(np.stack([effects[pair][driver] for pair, driver in keys]), -1, 0)
    each = len(nodes)
    return pd.DataFrame(
        {
            "area": np.array(list(nodes) * len(keys), dtype=object),
            "service": service,
            ends[0]: np.repeat([pair[0] for pair, _ in keys], each),
            ends[1]: np.repeat([pair[1] for pair, _ in keys], each),
            "driver": np.repeat(np.array([driver for _, driver in keys], dtype=object), each),
            "mean": mean.ravel(),
            "q0.1": low.ravel(),
            "q0.5": middle.ravel(),
            "q0.9": high.ravel(),
        }
    )


SCENARIO_COLUMNS = (
    "area", "service", "year", "scenario", "mean", "q0.1", "q0.5", "q0.9",
    "diff_mean", "diff_q0.1", "diff_q0.5", "diff_q0.9",
)  # fmt: skip


def change_rows(
    make: Callable[[ServiceResult, str], pd.DataFrame], results: Sequence[ServiceResult], worlds: Sequence[World],
) -> pd.DataFrame:  # fmt: skip
    """Rows of every service and scenario; a scenario that cannot change a service has no rows of it."""
    parts = [make(r, w.name) for r in results for w in worlds if w.name in r.scenarios]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SCENARIO_COLUMNS))


def with_tested(table: pd.DataFrame, year: str, tested_to: Mapping[str, int]) -> pd.DataFrame:
    """The table with the mark `validated`: the year of the row lies within what was tested of its service.

    Args:
        table: rows by service.
        year: the column that holds the year that the figures speak of.
        tested_to: last tested year by service.
    """
    reach = table["service"].map(tested_to).to_numpy(dtype=np.float64)
    return table.assign(validated=table[year].to_numpy(dtype=np.float64) <= reach)


def named(table: pd.DataFrame, column: str, titles: Mapping[str, Titles]) -> pd.DataFrame:
    """The table with the names in words of a column's codes: name_fi, name_sv, name_en (null: none given)."""
    for language in ("fi", "sv", "en"):
        names = {code: getattr(title, language) for code, title in titles.items()}
        table[f"name_{language}"] = [names.get(code) or None for code in table[column]]
    return table


def scenario_rows(result: ServiceResult, name: str) -> pd.DataFrame:
    """Rows of `need_scenarios` of one service and scenario: totals, and differences from the baseline."""
    found = result.scenarios[name]
    plan = result.plan
    year, area = _grid(list(found.years), plan.nodes)
    frame = pd.DataFrame(
        {"area": area, "service": plan.rates.history.service, "year": year.astype(np.int64), "scenario": name}
    )
    picked = [0, *(1 + QUANTILE_LEVELS.index(level) for level in (0.1, 0.5, 0.9))]
    frame[["mean", "q0.1", "q0.5", "q0.9"]] = found.quantiles[..., picked].reshape(-1, 4)
    frame[list(SCENARIO_COLUMNS[8:12])] = found.difference[..., picked].reshape(-1, 4)
    return frame


def scenario_driver_rows(result: ServiceResult, name: str) -> pd.DataFrame:
    """Rows of `need_scenario_drivers`: what the difference from the baseline consists of, by year."""
    found = result.scenarios[name]
    rows = effect_rows(
        {(name, year): effects for year, effects in found.effects.items()},
        result.plan.nodes, result.plan.rates.history.service, ("scenario", "year"),
    )  # fmt: skip
    return rows.astype({"year": np.int64})


def variance_rows(plan: ServicePlan, variances: FloatArray, first_year: int) -> pd.DataFrame:
    """Shares of variance by node and year.

    Args:
        plan: nodes and years.
        variances: by source, shape (years, nodes, sources).
        first_year: first year to show.
    """
    year, area = _grid(list(plan.years), plan.nodes)
    total = np.maximum(variances.sum(axis=-1, keepdims=True), 1e-300)
    share = (variances / total).reshape(-1, len(SOURCES))
    frame = pd.DataFrame({"area": area, "service": plan.rates.history.service, "year": year.astype(np.int64)})
    frame[list(SOURCES)] = share
    return frame[frame["year"] >= first_year]


def rate_rows(model: NeedModel, spread: Mapping[str, float]) -> pd.DataFrame:
    """Fitted parameters, one row per service."""
    return pd.DataFrame(
        [
            {
                "service": r.history.service,
                "origin": r.origin,
                "years": len(r.history.years),
                "trend_per_year": float(np.expm1(r.total.slope[0])),
                "damping": r.total.choice.damping,
                "discount": r.total.choice.discount,
                "ridge": r.total.choice.ridge,
                "linear": r.total.choice.linear,
                "sd_year": float(np.sqrt(r.total.widths.white)),
                "sd_drift": float(np.sqrt(r.total.widths.drift)),
                "sd_slope": float(np.sqrt(r.total.widths.slope)),
                "sd_area_year": float(np.sqrt(r.areas.widths.white)),
                "sd_area_drift": float(np.sqrt(r.areas.widths.drift)),
                "sd_group_drift": float(np.sqrt(r.groups.widths.drift)),
                "dispersion": r.dispersion,
                "after_effect": r.after_effect.ahead(0),
                "breaks": len(r.steps),
                "tested_horizon": r.tested,
                "spread": spread.get(r.history.service, 1.0),
                "raked": top is not None,
            }
            for r, top in zip(model.rates, model.tops, strict=True)
        ]
    )
