"""Rolling-origin scores of every model by service and horizon; the champion of each service. No forecasting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly.counts import negative_binomial_quantiles
from forecasting.monthly.periods import IntArray
from forecasting.scores import (
    QUANTILE_LEVELS,
    FloatArray,
    better_beyond_noise,
    covered,
    crps_from_quantiles,
    mase,
    relative_bias,
)

BASELINE = "seasonal_naive"
BANDS = (3, 6, 12, 24)
"""Last months of the horizon bands of the scorecard: 1-3, 4-6, 7-12, 13-24."""
LEVELS = np.asarray(QUANTILE_LEVELS)
SCORECARD = (
    "service",
    "model",
    "horizon",
    "origins",
    "n",
    "crps",
    "crps_skill",
    "mase",
    "bias",
    "coverage80",
    "coverage95",
    "champion",
)


PINS = ("service", "pinned", "otherwise", "cost")


@dataclass(frozen=True)
class Trial:
    """Forecasts of one model from one earlier origin beside what came.

    Attributes:
        model: its name.
        back: months held back.
        mean: expected counts, shape (h, N).
        quantiles: shape (levels, h, N); None until the model's errors at other origins have been turned into them.
        observed: what came, shape (h, N), NaN where unknown.
    """

    model: str
    back: int
    mean: FloatArray
    quantiles: FloatArray | None
    observed: FloatArray


def bands(horizon: int) -> IntArray:
    """Band number of each step 1..horizon; steps beyond the last band share it."""
    return np.minimum(np.searchsorted(BANDS, np.arange(1, horizon + 1)), len(BANDS) - 1)


def dispersions(trials: list[Trial], service: IntArray, horizon: int, without: int | None = None) -> FloatArray:
    """NB2 dispersion by horizon step and series from a model's errors, pooled within a service, (horizon, N).

    Args:
        trials: forecasts of one model.
        service: number of each series' service, shape (N,).
        horizon: steps wanted.
        without: `back` of an origin to leave out, so that it can be judged.
    """
    count = int(service.max()) + 1
    excess, square = np.zeros((len(BANDS), count)), np.zeros((len(BANDS), count))
    for trial in trials:
        if trial.back == without:
            continue
        mean = np.maximum(trial.mean, 1e-3)
        known = np.isfinite(trial.observed)
        error = np.where(known, (trial.observed - mean) ** 2 - mean, 0.0)
        band = np.broadcast_to(bands(mean.shape[0])[:, None], mean.shape)
        place = (band, np.broadcast_to(service, mean.shape))
        # errors relative to the level, so that a large area does not decide for the small ones
        weight = 1.0 / (1.0 + mean)
        np.add.at(excess, place, error * weight)
        np.add.at(square, place, np.where(known, mean**2, 0.0) * weight)
    pooled = excess.sum() / max(square.sum(), 1e-9)
    prior = 0.2 * square.mean() + 1e-9
    alpha = np.clip((excess + prior * max(pooled, 0.0)) / (square + prior), 1e-4, 5.0)
    alpha = np.maximum.accumulate(alpha, axis=0)
    return np.asarray(alpha[bands(horizon)][:, service])


def with_quantiles(trials: list[Trial], service: IntArray) -> list[Trial]:
    """Give each trial of a means-only model its quantiles, from the errors at the other origins."""
    result = []
    for trial in trials:
        alpha = dispersions(trials, service, trial.mean.shape[0], without=trial.back)
        quantiles = negative_binomial_quantiles(trial.mean, alpha, LEVELS[:, None, None])
        result.append(Trial(trial.model, trial.back, trial.mean, quantiles, trial.observed))
    return result


def case_scores(trials: list[Trial], scale: FloatArray, service: IntArray) -> pd.DataFrame:
    """One row per model, origin, step and series: CRPS, absolute scaled error, coverages, mean and observed.

    Args:
        trials: every model's trials, with quantiles.
        scale: in-sample seasonal naive error of each series, shape (N,).
        service: number of each series' service, shape (N,).
    """
    parts = []
    for trial in trials:
        if trial.quantiles is None:
            raise ValueError(f"the trial of {trial.model} from {trial.back} months back has no quantiles")
        h, size = trial.mean.shape
        q, y = trial.quantiles, trial.observed
        parts.append(
            pd.DataFrame(
                {
                    "model": trial.model,
                    "back": trial.back,
                    "band": np.repeat(np.asarray(BANDS)[bands(h)], size),
                    "series": np.tile(np.arange(size), h),
                    "service": np.tile(service, h),
                    "crps": crps_from_quantiles(q, y, QUANTILE_LEVELS).ravel(),
                    "mase": mase(q[QUANTILE_LEVELS.index(0.5)], y, scale).ravel(),
                    "in80": covered(q[2], q[6], y).ravel(),
                    "in95": covered(q[0], q[8], y).ravel(),
                    "mean": trial.mean.ravel(),
                    "observed": y.ravel(),
                }
            )
        )
    cases = pd.concat(parts, ignore_index=True)
    return cases[cases["observed"].notna()]


def choose(cases: pd.DataFrame, incumbents: Mapping[int, str], pinned: Mapping[int, str]) -> dict[int, str]:
    """The champion of each service: the incumbent, unless the best challenger beats it beyond noise.

    Args:
        cases: from `case_scores`; scores are divided by the series' level, so that each series counts alike.
        incumbents: service number to model in charge (the baseline where none is named).
        pinned: service number to the model the county has fixed.
    """
    level = cases.groupby("series")["observed"].transform("mean")
    relative = cases.assign(score=cases["crps"] / np.sqrt(level + 1.0))
    result: dict[int, str] = {}
    for number in sorted(map(int, relative["service"].unique())):
        part = relative[relative["service"] == number]
        incumbent = pinned.get(number, incumbents.get(number, BASELINE))
        wide = part.assign(case=part.groupby(["model", "back"]).cumcount()).pivot(
            index=["back", "case"], columns="model", values="score"
        )
        best = str(wide.mean().idxmin())
        beats = best != incumbent and better_beyond_noise(
            wide[best].to_numpy(), wide[incumbent].to_numpy(), wide.index.get_level_values("back").to_numpy()
        )
        result[number] = best if beats and number not in pinned else incumbent
    return result


def pin_costs(
    cases: pd.DataFrame, incumbents: Mapping[int, str], pinned: Mapping[int, str], services: list[str]
) -> pd.DataFrame:
    """What keeping pinned models costs: service, pinned, otherwise (the model that would be in charge), cost.

    The cost is the pinned model's CRPS over the other's, less 1, at earlier origins (series count alike); negative
    when the pinned model scores better, yet not beyond noise.
    """
    free = choose(cases, incumbents, {})
    level = cases.groupby("series")["observed"].transform("mean")
    score = (cases["crps"] / np.sqrt(level + 1.0)).groupby([cases["service"], cases["model"]]).mean()
    rows = [
        (services[number], model, free[number], float(score[number, model] / score[number, free[number]] - 1.0))
        for number, model in sorted(pinned.items())
        if number in free and score[number, free[number]] > 0.0
    ]
    return pd.DataFrame(rows, columns=list(PINS))


def scorecard(cases: pd.DataFrame, champions: Mapping[int, str], services: list[str]) -> pd.DataFrame:
    """The `month_scorecard` table: scores by service, model and horizon band, skill against the seasonal naive."""
    rows = []
    base = cases[cases["model"] == BASELINE].groupby(["service", "band"])["crps"].mean().to_dict()
    for key, part in cases.groupby(["service", "model", "band"]):
        service, model, band = (part[name].iloc[0] for name in ("service", "model", "band"))
        reference = base[key[0], key[2]]
        rows.append(
            {
                "service": services[service],
                "model": model,
                "horizon": int(band),
                "origins": int(part["back"].nunique()),
                "n": len(part),
                "crps": float(part["crps"].mean()),
                "crps_skill": float(1.0 - part["crps"].mean() / reference) if reference > 0 else float("nan"),
                "mase": float(part["mase"].mean()),
                "bias": relative_bias(part["mean"], part["observed"]),
                "coverage80": float(part["in80"].mean()),
                "coverage95": float(part["in95"].mean()),
                "champion": champions[service] == model,
            }
        )
    return pd.DataFrame(rows, columns=list(SCORECARD))
