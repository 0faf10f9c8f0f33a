"""The models of the monthly forecast from earlier origins and from the end: means, quantiles and joint draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from forecasting.monthly import champions as judging
from forecasting.monthly import joint
from forecasting.monthly.challengers import CHALLENGERS, History
from forecasting.monthly.counts import negative_binomial_quantiles
from forecasting.monthly.forecast import forecast_series
from forecasting.monthly.grid import Grid
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

BATCH = "batch"
"""Name of the batch engine among the models."""


POOLED = frozenset({"gradient_boosting"})
"""Challengers that learn from all services together; the others need only the services they are in charge of."""


BACKS = (6, 12, 24, 36)
"""Months held back at the earlier origins."""


FEWEST_MONTHS = 30


def check_models(names: Sequence[str]) -> None:
    """Raise when a name is of no model.

    Raises:
        ValueError: names the models there are.
    """
    known = {BATCH, *CHALLENGERS}
    for name in names:
        if name not in known:
            raise ValueError(f"unknown model {name!r}: the models are {', '.join(sorted(known))}")


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


def model_trials(history: History, horizon: int) -> dict[str, list[judging.Trial]]:
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


def champion_forecasts(
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


def drawn_jointly(
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
