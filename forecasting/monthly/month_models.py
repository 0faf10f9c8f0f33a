"""The models of the monthly forecast from earlier origins and from the end: means, quantiles and joint draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly import champions as judging
from forecasting.monthly import joint
from forecasting.monthly.challengers import CHALLENGERS, Challenger, History
from forecasting.monthly.counts import negative_binomial_quantiles
from forecasting.monthly.forecast import Prepared, forecast_prepared, prepare
from forecasting.monthly.grid import Grid
from forecasting.monthly.slow_references import SLOW_REFERENCES
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray

BATCH = "batch"
"""Name of the batch engine among the models."""


MODELS: Mapping[str, Challenger] = {**CHALLENGERS, **SLOW_REFERENCES}
"""Every model beside the batch engine."""


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
    known = {BATCH, *MODELS}
    for name in names:
        if name not in known:
            raise ValueError(f"unknown model {name!r}: the models are {', '.join(sorted(known))}")


@dataclass(frozen=True)
class _Batch:
    """The batch engine's forecasts of one history: means (h, N), the same without working days, quantiles."""

    mean: FloatArray
    without_days: FloatArray
    quantiles: FloatArray


def _batch(history: History, horizon: int) -> _Batch:
    """Forecasts by the batch engine; a cell never seen gives zeros."""
    steps, size = history.y.shape
    known = np.isfinite(history.y)
    stamps = (history.month - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    row, column = np.nonzero(known)
    long = pd.DataFrame({"unique_id": column, "ds": stamps[row], "y": history.y[row, column]})
    last = np.where(known.any(axis=0), steps - 1 - np.argmax(known[::-1], axis=0), steps - 1)
    reach = horizon + int(steps - 1 - last.min())
    prepared, _ = prepare(long, freq="MS", horizon=reach)
    table = forecast_prepared(prepared, reach)
    table["without_days"] = table["mean"] / _calendar(prepared, reach).T.ravel()
    month = table["ds"].dt.year.to_numpy() * 12 + table["ds"].dt.month.to_numpy() - 1
    step = month - history.month[-1] - 1
    keep = (step >= 0) & (step < horizon)
    values = np.zeros((2 + len(QUANTILE_LEVELS), horizon, size))
    values[:, step[keep], table["unique_id"].to_numpy(dtype=int)[keep]] = (
        table.loc[keep, ["mean", "without_days", *QUANTILE_COLUMNS]].to_numpy(dtype=float).T
    )
    return _Batch(values[0], values[1], values[2:])


def _calendar(prepared: Prepared, horizon: int) -> FloatArray:
    """What working days multiply each forecast by, shape (horizon, series); 1 for series without a model."""
    factor = np.ones((horizon, prepared.panel.ids.size))
    if prepared.model is not None:
        for one in prepared.model.ends:
            factor[:, prepared.modelled[one.columns]] = prepared.model.calendar(one, horizon)
    return factor


def candidates(references: Sequence[str], named: Sequence[str]) -> dict[str, Challenger]:
    """The models tried beside the batch engine: the quick ones, those asked for, and those named already."""
    wanted = {*CHALLENGERS, *references, *named}
    return {name: model for name, model in MODELS.items() if name in wanted}


def model_trials(
    history: History, horizon: int, models: Mapping[str, Challenger]
) -> dict[str, list[judging.Trial]]:
    """Every one of `models`, and the batch engine, from every earlier origin."""
    steps = history.y.shape[0]
    backs = [back for back in BACKS if steps - back >= FEWEST_MONTHS]
    if len(backs) < 2:
        return {}
    result: dict[str, list[judging.Trial]] = {name: [] for name in (*models, BATCH)}
    for back in backs:
        then = history.until(back)
        ahead = min(back, horizon)
        observed = history.y[steps - back : steps - back + ahead]
        for name, model in models.items():
            result[name].append(judging.Trial(name, back, model(then, ahead)(then), None, observed))
        batch = _batch(then, ahead)
        result[BATCH].append(judging.Trial(BATCH, back, batch.mean, batch.quantiles, observed))
    return {
        name: trials if name == BATCH else judging.with_quantiles(trials, history.service)
        for name, trials in result.items()
    }


def champion_forecasts(
    history: History, horizon: int, chosen: Mapping[int, str], trials: Mapping[str, list[judging.Trial]]
) -> tuple[FloatArray, FloatArray]:
    """Means (h, N) and quantiles (levels, h, N) of each service's champion."""
    size = history.service.size
    mean = np.zeros((horizon, size))
    quantiles = np.zeros((len(QUANTILE_LEVELS), horizon, size))
    for model, columns in _in_charge(history, chosen):
        if model == BATCH:
            batch = _batch(history, horizon)
            mean[:, columns], quantiles[:, :, columns] = batch.mean[:, columns], batch.quantiles[:, :, columns]
            continue
        (own,) = _expected(model, columns, history, horizon, [history])
        alpha = np.full(own.shape, 0.1)
        if trials.get(model):
            alpha = judging.dispersions(trials[model], history.service, horizon)[:, columns]
        mean[:, columns] = own
        quantiles[:, :, columns] = negative_binomial_quantiles(own, alpha, judging.LEVELS[:, None, None])
    return mean, quantiles


def champion_means(
    history: History, horizon: int, chosen: Mapping[int, str], variants: Sequence[History]
) -> list[FloatArray]:
    """Means (h, N) of each service's champion, learnt from `history`, for variants of what lies ahead of it.

    The batch engine knows no exposure: of a variant it knows whether days are even.
    """
    result = [np.zeros((horizon, history.service.size)) for _ in variants]
    for model, columns in _in_charge(history, chosen):
        if model == BATCH:
            batch = _batch(history, horizon)
            means = [(batch.without_days if v.even_days else batch.mean)[:, columns] for v in variants]
        else:
            means = _expected(model, columns, history, horizon, variants)
        for whole, own in zip(result, means, strict=True):
            whole[:, columns] = own
    return result


def _in_charge(history: History, chosen: Mapping[int, str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each model that is in charge of a service, and its cells."""
    for model in sorted(set(chosen.values())):
        yield model, np.isin(history.service, [number for number, name in chosen.items() if name == model])


def _expected(
    model: str, columns: NDArray[np.bool_], history: History, horizon: int, variants: Sequence[History]
) -> list[FloatArray]:
    """Means of a challenger's own cells for every variant."""
    if model in POOLED:
        predict = MODELS[model](history, horizon)
        return [predict(variant)[:, columns] for variant in variants]
    predict = MODELS[model](history.take(columns), horizon)
    return [predict(variant.take(columns)) for variant in variants]


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
    shared, memory = joint.correlations(scores, grid.service)
    return joint.joint_draws(quantiles, grid.service, shared, memory, draws, rng)
