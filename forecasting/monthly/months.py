"""Month-by-month forecast of every service and area with its county total: champions by backtest, joint draws.

The county total is the sum of the areas in every draw. Months still being recorded enter completed (`nowcast`),
recording breaks rescaled (`breaks`), disrupted months as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly import champions as judging
from forecasting.monthly import joint
from forecasting.monthly.breaks import DISRUPTED
from forecasting.monthly.challengers import History
from forecasting.monthly.frames import either_frame
from forecasting.monthly.grid import Grid, exposures, joined_flags, read_grid
from forecasting.monthly.known_effects import KnownEffect, expected_factors, with_effects
from forecasting.monthly.month_history import Estimated, completed_counts, without_breaks
from forecasting.monthly.month_models import (
    candidates,
    champion_forecasts,
    check_models,
    drawn_jointly,
    model_trials,
)
from forecasting.monthly.month_parts import as_recorded, parts_of_means, parts_table
from forecasting.monthly.nowcast import Completion
from forecasting.monthly.running_totals import running_totals
from forecasting.scores import QUANTILE_COLUMNS, FloatArray, naive_scale

MOST_DEVIATION = 3.0
"""Deviations of what late records add are taken up to so many times what they are expected to add."""
COLUMNS = ("unique_id", "area", "service", "ds", "kind", "y", "mean", *QUANTILE_COLUMNS, "flag")


@dataclass(frozen=True)
class MonthForecast:
    """The next months of every service and area.

    Attributes:
        forecast: the `month_forecast` table: observed, estimated and forecast months, county totals included.
        scorecard: the `month_scorecard` table.
        champions: service to model.
        cells: unique_id, area, service of the columns of `draws`, in order (no totals).
        draws: whole numbers, shape (draws, horizon, cells); sums over cells are the totals' draws.
        breaks: unique_id, ds, ratio of the recording breaks that were taken out.
        pins: service, pinned, otherwise, cost of the models fixed by the county.
        parts: area, service, ds, mean, and the parts that sum to it (`month_parts`); county totals included.
        running: totals of the year under way (`running_totals`), for the forecast by year.
    """

    forecast: pd.DataFrame
    scorecard: pd.DataFrame
    champions: dict[str, str]
    cells: pd.DataFrame
    draws: FloatArray
    breaks: pd.DataFrame
    pins: pd.DataFrame
    parts: pd.DataFrame
    running: pd.DataFrame


@either_frame
def forecast_months(
    counts: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    total_area: str,
    completion: Completion | None = None,
    horizon: int = 24,
    exposure: pd.DataFrame | None = None,
    year_totals: pd.DataFrame | None = None,
    announced_breaks: Sequence[tuple[str, str]] = (),
    disrupted: tuple[pd.Timestamp, pd.Timestamp] | None = DISRUPTED,
    incumbents: Mapping[str, str] | None = None,
    pinned: Mapping[str, str] | None = None,
    references: Sequence[str] = (),
    effects: Sequence[KnownEffect] = (),
    draws: int = 500,
    seed: int = 1,
) -> MonthForecast:
    """Forecast monthly counts per area and service, with county totals, by each service's champion.

    Args:
        counts: area, service, ds (month), y (events, whole and not negative); one row per month and cell, zeros
            included: a month without a row is unknown. Without the county total.
        as_of: the day of knowledge; months not over by then are left out.
        total_area: area code of the county total.
        completion: from `complete_recent` with keys area and service, for months still being recorded.
        horizon: months ahead.
        exposure: area, year, persons (31 December) and, where it differs by service, service, covering history and
            horizon (`steady_rates` makes one from rates by age); None: one unit each.
        year_totals: area, service, year, mean: expected totals that years in the horizon must agree with; the year
            under way together with what is counted of it and with `effects`, later ones without them.
        announced_breaks: (`area|service`, first day of the new recording).
        disrupted: first and last month treated as unknown; None: none.
        incumbents: service to the model in charge so far; the seasonal naive where none is named.
        pinned: service to the model fixed by the county; it is kept and its scores are shown beside the others'.
        references: slow models that are tried too: `ets`, `sarimax`.
        effects: what is known of coming months and no history can tell (flag `effect`).
        draws: number of joint draws.
        seed: of the draws.

    Returns:
        Forecast, scorecard, champions and draws.

    Raises:
        ValueError: a column is missing, a count is negative or not whole, the total is among the areas, a month
            stands twice, the exposure does not cover the months, or an unknown model is named.
    """
    grid = read_grid(counts, as_of, total_area)
    named = [*(incumbents or {}).values(), *(pinned or {}).values()]
    check_models([*named, *references])
    completed, estimated = completed_counts(grid, completion)
    level, breaks = without_breaks(grid, completed, announced_breaks, disrupted)
    history = History(level, grid.month, grid.area, grid.service, exposures(grid, exposure, horizon))
    trials = model_trials(history, horizon, candidates(references, named))
    chosen, card, pins = _judged(grid, trials, level, incumbents, pinned)
    rng = np.random.default_rng(seed)
    mean, quantiles = champion_forecasts(history, horizon, chosen, trials)
    recorded = as_recorded(history, grid.y, completed, estimated.rows)
    parts = parts_of_means(recorded, horizon, chosen, mean)
    drawn = drawn_jointly(quantiles, grid, chosen, trials, draws, rng)
    drawn = _with_completion(drawn, parts["completion"], history.y - recorded.y, estimated, rng)
    ahead = grid.month[-1] + 1 + np.arange(horizon)
    known, _ = expected_factors(grid.cells, ahead, effects)
    drawn, agreed = _agree_with_years(drawn, mean, grid, completed, year_totals, known, rng)
    drawn, final, touched = with_effects(drawn, agreed, grid.cells, ahead, effects, rng)
    table = _with_effect_flags(_table(grid, completed, estimated, final, drawn, breaks, completion), grid, touched)
    table = _with_stale_flags(table, [name for number, name in enumerate(grid.services) if number not in chosen])
    parts |= {"yearly_agreement": agreed - mean, "effects": final - agreed}
    return MonthForecast(
        table,
        card,
        {grid.services[number]: model for number, model in chosen.items()},
        grid.cells,
        drawn,
        breaks,
        pins,
        parts_table(parts, final, grid.cells, ahead, grid.total_area),
        running_totals(grid, completed, level, completion, final, agreed, drawn),
    )


def _judged(
    grid: Grid,
    trials: Mapping[str, list[judging.Trial]],
    level: FloatArray,
    incumbents: Mapping[str, str] | None,
    pinned: Mapping[str, str] | None,
) -> tuple[dict[int, str], pd.DataFrame, pd.DataFrame]:
    """Champion of each service by number, the scorecard, and what pins cost; without trials nothing is judged."""
    in_charge, fixed = _numbers(grid, incumbents), _numbers(grid, pinned)
    no_pins = pd.DataFrame(columns=list(judging.PINS))
    if not trials:
        chosen = {number: fixed.get(number, judging.BASELINE) for number in range(len(grid.services))}
        return chosen, pd.DataFrame(columns=list(judging.SCORECARD)), no_pins
    every = [trial for model in trials.values() for trial in model]
    cases = judging.case_scores(every, naive_scale(level.T, 12), grid.service)
    chosen = judging.choose(cases, in_charge, fixed)
    pins = judging.pin_costs(cases, in_charge, fixed, grid.services) if fixed else no_pins
    return chosen, judging.scorecard(cases, chosen, grid.services), pins


def _with_effect_flags(table: pd.DataFrame, grid: Grid, touched: np.ndarray) -> pd.DataFrame:
    """Forecast rows of cells and of their totals that a known effect has touched get the flag `effect`."""
    if not touched.any():
        return table
    row, column = np.nonzero(touched)
    month = grid.month[-1] + 1 + row
    cells = grid.cells.iloc[column]
    keys = set(zip(cells["area"], cells["service"], month, strict=True))
    keys |= {(grid.total_area, service, at) for _, service, at in keys}
    months = table["ds"].dt.year * 12 + table["ds"].dt.month - 1
    mine = [key in keys for key in zip(table["area"], table["service"], months, strict=True)]
    return table.assign(flag=table["flag"].where(~np.asarray(mine), joined_flags(table["flag"], "effect")))


def _with_stale_flags(table: pd.DataFrame, services: Sequence[str]) -> pd.DataFrame:
    """Services not recorded since the earliest origin have no model: no use is expected, flag `stale`."""
    mine = (table["kind"] == "forecast") & table["service"].isin(services)
    return table.assign(flag=table["flag"].where(~mine, joined_flags(table["flag"], "stale")))


def _numbers(grid: Grid, models: Mapping[str, str] | None) -> dict[int, str]:
    return {number: (models or {})[name] for number, name in enumerate(grid.services) if name in (models or {})}


def _with_completion(
    drawn: FloatArray,
    response: FloatArray,
    added: FloatArray,
    estimated: Estimated,
    rng: np.random.Generator,
) -> FloatArray:
    """Let the uncertainty of months still being recorded reach the forecast, by the models' response to it.

    Args:
        drawn: draws, shape (draws, horizon, N).
        response: what completing the months added to the means, shape (horizon, N).
        added: what was added to the counts, shape (T, N).
        estimated: months still being recorded, and the deviation of their final counts.
        rng: of the draws.
    """
    if not estimated.rows.any():
        return drawn
    gap = np.nan_to_num(added).sum(axis=0)
    ratio = estimated.deviation.sum(axis=0) / np.where(gap > 0.0, gap, np.inf)
    z = rng.normal(size=(drawn.shape[0], 1, drawn.shape[2]))
    return np.asarray(np.maximum(np.round(drawn + z * response * np.minimum(ratio, MOST_DEVIATION)), 0.0))


def _agree_with_years(
    drawn: FloatArray,
    mean: FloatArray,
    grid: Grid,
    completed: FloatArray,
    year_totals: pd.DataFrame | None,
    effects: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Year totals of whole years agree with the long-horizon forecast.

    The total of the year under way knows the effects that its months are multiplied by afterwards, since it comes
    from such months (`running_totals`); totals of later years do not.
    """
    if year_totals is None or year_totals.empty:
        return drawn, mean
    year = (grid.month[-1] + 1 + np.arange(mean.shape[0])) // 12
    past = grid.month // 12
    known = np.where(np.isin(year, past)[:, None], effects, 1.0)
    years = np.array([y for y in np.unique(year) if (year == y).sum() + (past == y).sum() == 12], dtype=np.int64)
    wanted = year_totals.assign(
        unique_id=year_totals["area"].astype(str) + "|" + year_totals["service"].astype(str)
    ).pivot(index="year", columns="unique_id", values="mean")
    totals = wanted.reindex(index=years, columns=grid.cells["unique_id"]).to_numpy(dtype=float)
    so_far = [np.nan_to_num(completed[past == y]).sum(axis=0) for y in years]
    observed = np.stack(so_far) if so_far else np.zeros((0, drawn.shape[2]))
    drawn, agreed = joint.rake_years(drawn, mean * known, year, observed, totals, years, rng)
    return drawn, agreed / known


def _table(
    grid: Grid,
    completed: FloatArray,
    estimated: Estimated,
    mean: FloatArray,
    drawn: FloatArray,
    breaks: pd.DataFrame,
    completion: Completion | None,
) -> pd.DataFrame:
    """The `month_forecast` table, cells first, then county totals."""
    changed = np.zeros(grid.y.shape, dtype=bool)
    column = pd.Index(grid.cells["unique_id"]).get_indexer(breaks["unique_id"])
    changed[np.searchsorted(grid.stamps, breaks["ds"].to_numpy()), column] = True
    parts = [
        grid.past_rows(completed, estimated.rows, completion, changed),
        grid.future_rows(mean, drawn, np.asarray(changed.any(axis=0))),
    ]
    table = pd.concat(parts, ignore_index=True)
    order = {"observed": 0, "estimated": 0, "forecast": 1}
    table = table.assign(place=table["kind"].map(order))
    table = table.sort_values(["service", "area", "ds", "place"], kind="stable", ignore_index=True)
    return table[list(COLUMNS)]
