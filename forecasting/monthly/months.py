"""Month-by-month forecast of every service and area with its county total: champions by backtest, joint draws.

The county total is the sum of the areas in every draw. Months still being recorded enter completed (`nowcast`),
recording breaks rescaled (`breaks`), disrupted months as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.monthly import champions as judging
from forecasting.monthly import joint
from forecasting.monthly.breaks import DISRUPTED, LIKELY, SMALLEST_LIKELY, level_shifts
from forecasting.monthly.challengers import CHALLENGERS, History
from forecasting.monthly.counts import negative_binomial_quantiles
from forecasting.monthly.forecast import forecast_series
from forecasting.monthly.grid import Grid, exposures, joined_flags, read_grid
from forecasting.monthly.known_effects import KnownEffect, with_effects
from forecasting.monthly.mending import fill_gaps
from forecasting.monthly.nowcast import Completion
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray, naive_scale

BATCH = "batch"
"""Name of the batch engine among the models."""
POOLED = frozenset({"gradient_boosting"})
"""Challengers that learn from all services together; the others need only the services they are in charge of."""
BACKS = (6, 12, 24, 36)
"""Months held back at the earlier origins."""
FEWEST_MONTHS = 30
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
    """

    forecast: pd.DataFrame
    scorecard: pd.DataFrame
    champions: dict[str, str]
    cells: pd.DataFrame
    draws: FloatArray
    breaks: pd.DataFrame
    pins: pd.DataFrame


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
        exposure: area, year, persons (31 December), covering history and horizon; None: one unit each.
        year_totals: area, service, year, mean: expected totals that whole years in the horizon must agree with.
        announced_breaks: (`area|service`, first day of the new recording).
        disrupted: first and last month treated as unknown; None: none.
        incumbents: service to the model in charge so far; the seasonal naive where none is named.
        pinned: service to the model fixed by the county; it is kept and its scores are shown beside the others'.
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
    _check_models([*(incumbents or {}).values(), *(pinned or {}).values()])
    completed, estimated = _complete(grid, completion)
    level, breaks = _without_breaks(grid, completed, announced_breaks, disrupted)
    history = History(level, grid.month, grid.area, grid.service, exposures(grid, exposure, horizon))
    trials = _trials(history, horizon)
    cases = (
        judging.case_scores(
            [trial for model in trials.values() for trial in model], naive_scale(level.T, 12), grid.service
        )
        if trials
        else pd.DataFrame()
    )
    chosen = (
        judging.choose(cases, _numbers(grid, incumbents), _numbers(grid, pinned))
        if trials
        else {k: _numbers(grid, pinned).get(k, judging.BASELINE) for k in range(len(grid.services))}
    )
    card = (
        judging.scorecard(cases, chosen, grid.services)
        if trials
        else pd.DataFrame(columns=list(judging.SCORECARD))
    )
    rng = np.random.default_rng(seed)
    mean, quantiles = _final(history, horizon, chosen, trials)
    drawn = _draw(quantiles, grid, chosen, trials, draws, rng)
    drawn, mean = _with_completion(drawn, mean, history, horizon, chosen, estimated, rng)
    drawn, mean = _agree_with_years(drawn, mean, grid, completed, year_totals, horizon, rng)
    ahead = grid.month[-1] + 1 + np.arange(horizon)
    drawn, mean, touched = with_effects(drawn, mean, grid.cells, ahead, effects, rng)
    table = _with_effect_flags(_table(grid, completed, estimated, mean, drawn, breaks, completion), grid, touched)
    pins = (
        judging.pin_costs(cases, _numbers(grid, incumbents), _numbers(grid, pinned), grid.services)
        if trials and pinned
        else pd.DataFrame(columns=list(judging.PINS))
    )
    names = {number: grid.services[number] for number in chosen}
    return MonthForecast(
        table, card, {names[number]: model for number, model in chosen.items()}, grid.cells, drawn, breaks, pins
    )


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


def _check_models(names: Sequence[str]) -> None:
    known = {BATCH, *CHALLENGERS}
    for name in names:
        if name not in known:
            raise ValueError(f"unknown model {name!r}: the models are {', '.join(sorted(known))}")


def _numbers(grid: Grid, models: Mapping[str, str] | None) -> dict[int, str]:
    return {number: (models or {})[name] for number, name in enumerate(grid.services) if name in (models or {})}


@dataclass(frozen=True)
class _Estimated:
    """Months still being recorded: which, and the standard deviation of their final counts; shapes (T, N)."""

    rows: np.ndarray
    deviation: FloatArray


def _complete(grid: Grid, completion: Completion | None) -> tuple[FloatArray, _Estimated]:
    """Counts with the expected final counts in the months still being recorded."""
    y = grid.y.copy()
    estimated = _Estimated(np.zeros(y.shape, dtype=bool), np.zeros(y.shape))
    if completion is None or completion.table.empty:
        return y, estimated
    table = completion.table
    row, column = grid.places(table)
    inside = (row >= 0) & (column >= 0)
    row, column = row[inside], column[inside]
    y[row, column] = table["mean"].to_numpy()[inside]
    estimated.rows[row, column] = True
    estimated.deviation[row, column] = completion.draws.std(axis=0)[inside]
    return y, estimated


def _without_breaks(
    grid: Grid,
    y: FloatArray,
    announced: Sequence[tuple[str, str]],
    disrupted: tuple[pd.Timestamp, pd.Timestamp] | None,
) -> tuple[FloatArray, pd.DataFrame]:
    """History at the level of the latest recording, disrupted months unknown; and the breaks taken out."""
    stamps = grid.stamps
    within = np.zeros(stamps.size, dtype=bool)
    if disrupted is not None:
        within = (stamps >= np.datetime64(disrupted[0])) & (stamps <= np.datetime64(disrupted[1]))
    known = np.cumsum(np.isfinite(y), axis=0) > 0
    filled = np.where(known, fill_gaps(y, 12), 0.0)
    shifts = level_shifts(
        filled,
        known,
        12,
        LIKELY,
        SMALLEST_LIKELY,
        count=np.ones(y.shape[1], dtype=bool),
        ignored=np.broadcast_to(within[:, None], y.shape),
    )
    named = dict(zip(grid.cells["unique_id"], range(y.shape[1]), strict=True))
    found = {(column, step): float(np.exp(size)) for step, column, size, _ in shifts}
    for name, day in announced:
        if name in named:
            step = int(np.searchsorted(stamps, np.datetime64(day)))
            near = [key for key in found if key[0] == named[name] and abs(key[1] - step) <= 2]
            for key in near:
                del found[key]
            found[(named[name], step)] = _ratio(y[:, named[name]], step)
    level = np.where(within[:, None], np.nan, y)
    rows = []
    for (column, step), ratio in sorted(found.items()):
        if np.isfinite(ratio) and ratio > 0.0:
            level[:step, column] *= ratio
            rows.append((grid.cells["unique_id"].iloc[column], stamps[step], ratio))
    return np.asarray(np.round(level), dtype=np.float64), pd.DataFrame(rows, columns=["unique_id", "ds", "ratio"])


def _ratio(y: FloatArray, step: int) -> float:
    before, after = y[max(0, step - 12) : step], y[step : step + 12]
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    return (
        float(after.mean() / before.mean()) if before.size and after.size and before.mean() > 0 else float("nan")
    )


def _batch(history: History, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Means (h, N) and quantiles (levels, h, N) by the batch engine; a cell never seen gives zeros."""
    steps, size = history.y.shape
    known = np.isfinite(history.y)
    stamps = (history.month - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    row, column = np.nonzero(known)
    long = pd.DataFrame({"unique_id": column, "ds": stamps[row], "y": history.y[row, column]})
    last = np.where(known.any(axis=0), steps - 1 - np.argmax(known[::-1], axis=0), steps - 1)
    behind = int(steps - 1 - last.min())
    table = forecast_series(long, freq="MS", horizon=horizon + behind).forecast
    month = table["ds"].dt.year.to_numpy() * 12 + table["ds"].dt.month.to_numpy() - 1
    step = month - history.month[-1] - 1
    keep = (step >= 0) & (step < horizon)
    values = np.zeros((1 + len(QUANTILE_LEVELS), horizon, size))
    values[:, step[keep], table["unique_id"].to_numpy(dtype=int)[keep]] = (
        table.loc[keep, ["mean", *QUANTILE_COLUMNS]].to_numpy(dtype=float).T
    )
    return values[0], values[1:]


def _trials(history: History, horizon: int) -> dict[str, list[judging.Trial]]:
    """Every model from every earlier origin."""
    steps = history.y.shape[0]
    backs = [back for back in BACKS if steps - back >= FEWEST_MONTHS]
    if len(backs) < 2:
        return {}
    result: dict[str, list[judging.Trial]] = {name: [] for name in (*CHALLENGERS, BATCH)}
    for back in backs:
        then = history.until(back)
        ahead = min(back, horizon)
        observed = history.y[steps - back : steps - back + ahead]
        for name, model in CHALLENGERS.items():
            result[name].append(judging.Trial(name, back, model(then, ahead), None, observed))
        mean, quantiles = _batch(then, ahead)
        result[BATCH].append(judging.Trial(BATCH, back, mean, quantiles, observed))
    return {
        name: trials if name == BATCH else judging.with_quantiles(trials, history.service)
        for name, trials in result.items()
    }


def _final(
    history: History, horizon: int, chosen: Mapping[int, str], trials: Mapping[str, list[judging.Trial]]
) -> tuple[FloatArray, FloatArray]:
    """Means and quantiles of each service's champion."""
    size = history.service.size
    mean = np.zeros((horizon, size))
    quantiles = np.zeros((len(QUANTILE_LEVELS), horizon, size))
    for model in sorted(set(chosen.values())):
        columns = np.isin(history.service, [number for number, name in chosen.items() if name == model])
        mean[:, columns], quantiles[:, :, columns] = _model(
            history, horizon, model, columns, trials.get(model, [])
        )
    return mean, quantiles


def _model(
    history: History, horizon: int, model: str, columns: np.ndarray, trials: list[judging.Trial]
) -> tuple[FloatArray, FloatArray]:
    """Means and quantiles of the columns that a model is in charge of."""
    if model == BATCH:
        mean, quantiles = _batch(history, horizon)
        return mean[:, columns], quantiles[:, :, columns]
    pooled = model in POOLED
    mean = CHALLENGERS[model](history if pooled else history.take(columns), horizon)
    mean = mean[:, columns] if pooled else mean
    alpha = np.full(mean.shape, 0.1)
    if trials:
        alpha = judging.dispersions(trials, history.service, horizon)[:, columns]
    return mean, negative_binomial_quantiles(mean, alpha, judging.LEVELS[:, None, None])


def _draw(
    quantiles: FloatArray,
    grid: Grid,
    chosen: Mapping[int, str],
    trials: Mapping[str, list[judging.Trial]],
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Joint draws whose dependence is that of the champions' errors at earlier origins."""
    scores: list[FloatArray] = []
    for place in range(len(next(iter(trials.values()))) if trials else 0):
        parts = {name: model[place] for name, model in trials.items()}
        score = np.full(parts[BATCH].mean.shape, np.nan)
        for number, name in chosen.items():
            columns = grid.service == number
            trial = parts[name]
            assert trial.quantiles is not None  # noqa: S101 - every trial has them by now
            score[:, columns] = joint.normal_scores(trial.quantiles[:, :, columns], trial.observed[:, columns])
        scores.append(score)
    shared, persistence = joint.correlations(scores, grid.service)
    return joint.joint_draws(quantiles, grid.service, shared, persistence, draws, rng)


def _with_completion(
    drawn: FloatArray,
    mean: FloatArray,
    history: History,
    horizon: int,
    chosen: Mapping[int, str],
    estimated: _Estimated,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Let the uncertainty of months still being recorded reach the forecast, by the models' response to it."""
    if not estimated.rows.any():
        return drawn, mean
    raised = replace(history, y=np.round(history.y + estimated.deviation))
    high, _ = _final(raised, horizon, chosen, {})
    response = high - mean
    z = rng.normal(size=(drawn.shape[0], 1, drawn.shape[2]))
    return np.maximum(np.round(drawn + z * response), 0.0), mean


def _agree_with_years(
    drawn: FloatArray,
    mean: FloatArray,
    grid: Grid,
    completed: FloatArray,
    year_totals: pd.DataFrame | None,
    horizon: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Year totals of whole years agree with the long-horizon forecast."""
    if year_totals is None or year_totals.empty:
        return drawn, mean
    year = (grid.month[-1] + 1 + np.arange(horizon)) // 12
    past = grid.month // 12
    years = np.array([y for y in np.unique(year) if (year == y).sum() + (past == y).sum() == 12], dtype=np.int64)
    wanted = year_totals.assign(
        unique_id=year_totals["area"].astype(str) + "|" + year_totals["service"].astype(str)
    ).pivot(index="year", columns="unique_id", values="mean")
    totals = wanted.reindex(index=years, columns=grid.cells["unique_id"]).to_numpy(dtype=float)
    so_far = [np.nan_to_num(completed[past == y]).sum(axis=0) for y in years]
    observed = np.stack(so_far) if so_far else np.zeros((0, drawn.shape[2]))
    return joint.rake_years(drawn, mean, year, observed, totals, years, rng)


def _table(
    grid: Grid,
    completed: FloatArray,
    estimated: _Estimated,
    mean: FloatArray,
    drawn: FloatArray,
    breaks: pd.DataFrame,
    completion: Completion | None,
) -> pd.DataFrame:
    """The `month_forecast` table, cells first, then county totals."""
    broken = np.isin(grid.cells["unique_id"], breaks["unique_id"])
    parts = [
        grid.past_rows(completed, estimated.rows, completion, broken),
        grid.future_rows(mean, drawn, broken),
    ]
    table = pd.concat(parts, ignore_index=True)
    order = {"observed": 0, "estimated": 0, "forecast": 1}
    table = table.assign(place=table["kind"].map(order))
    table = table.sort_values(["service", "area", "ds", "place"], kind="stable", ignore_index=True)
    return table[list(COLUMNS)]
