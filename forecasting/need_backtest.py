"""How good the need forecast has been: rolling origins against simple baselines, scored on area totals.

At every origin the model sees only counts and persons up to that year. The population projection of that day is
not kept anywhere, so persons are projected by the cohort method from that year: errors of persons count in full.
Years that are disrupted or lie behind a recording break the origin could not know are not scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting import scores
from forecasting.contracts import Each, Exposure
from forecasting.histories import NeedArrays, ServiceArrays, need_arrays
from forecasting.need import draw_totals, fit_need, until
from forecasting.population import project_by_cohorts
from forecasting.rates import ServiceHistory
from forecasting.trends import SHORTEST

FloatArray = NDArray[np.float64]

MODEL = "joint_draws"
CONSTANT = "constant_rate"
DRIFT = "drift"
BASELINES = (CONSTANT, DRIFT)


@dataclass(frozen=True)
class NeedBacktest:
    """Result of a backtest.

    Attributes:
        scorecard: table `need_scorecard`; crps is a share of the area's mean count up to the origin, crps_skill is
            against `constant_rate`.
        cases: every forecast scored: service, model, origin, horizon, area, observed, mean, median, crps,
            constant_crps, mase, in80, in95, pit.
        validated: longest tested horizon of each service in years.
    """

    scorecard: pd.DataFrame
    cases: pd.DataFrame
    validated: dict[str, int]


def backtest_need(
    population: pd.DataFrame,
    projection: pd.DataFrame,
    counts: pd.DataFrame,
    hierarchy: pd.DataFrame,
    *,
    exposures: Mapping[str, Exposure | tuple[int, int, str]],
    as_of: date | str | int,
    flags: pd.DataFrame | None = None,
    disrupted_years: tuple[int, ...] = (2020, 2021),
    longest: int = 10,
    most_origins: int = 8,
    origins: Sequence[int] | None = None,
    draws: int = 400,
    seed: int = 1,
    variant: str = "trend",
    each: Each = map,
) -> NeedBacktest:
    """Score the need forecast on the past.

    Args:
        population: see `need.forecast_need`.
        projection: see `need.forecast_need`; only its form is checked here.
        counts: see `need.forecast_need`.
        hierarchy: see `need.forecast_need`.
        exposures: see `need.forecast_need`.
        as_of: see `need.forecast_need`.
        flags: see `need.forecast_need`.
        disrupted_years: see `need.forecast_need`.
        longest: longest horizon tested, in years.
        most_origins: at most so many origins, spread evenly.
        origins: the base years to test from; chosen by `rolling_origins` when left out.
        draws: draws of each forecast.
        seed: seed.
        variant: variant of the projection.
        each: maps a picklable function over the origins, such as a cluster's; one by one when left out.

    Returns:
        Scores and cases; without any rows where histories are too short to test.
    """
    arrays = need_arrays(
        population, projection, counts, hierarchy, exposures, as_of=as_of, flags=flags, variant=variant
    )
    return backtest_arrays(
        arrays, disrupted_years, longest=longest, most_origins=most_origins, origins=origins, draws=draws,
        seed=seed, each=each,
    )  # fmt: skip


def backtest_arrays(
    arrays: NeedArrays,
    disrupted_years: tuple[int, ...] = (2020, 2021),
    *,
    longest: int = 10,
    most_origins: int = 8,
    origins: Sequence[int] | None = None,
    draws: int = 400,
    seed: int = 1,
    each: Each = map,
) -> NeedBacktest:
    """The backtest on arrays; see `backtest_need`."""
    score = partial(_score_origin, arrays, disrupted=disrupted_years, longest=longest, draws=draws, seed=seed)
    bases = rolling_origins(arrays, disrupted_years, most_origins) if origins is None else list(origins)
    parts = list(each(score, bases))
    cases = pd.concat(parts, ignore_index=True) if parts else _no_cases()
    card = scorecard(cases)
    tested = card[(card["model"] == MODEL) & (card["origins"] >= 2)] if len(card) else card
    validated = {s.history.service: 0 for s in arrays.services}
    validated |= {str(s): int(h) for s, h in tested.groupby("service")["horizon"].max().items()}
    return NeedBacktest(card, cases, validated)


def rolling_origins(arrays: NeedArrays, disrupted_years: tuple[int, ...], most: int) -> list[int]:
    """Base years with enough counts before and a year after, disrupted years left out, evenly thinned."""
    first = min(s.history.years[0] for s in arrays.services) + SHORTEST - 1
    first = max(first, arrays.persons.years[0] + 2)
    last = min(max(s.history.years[-1] for s in arrays.services), arrays.persons.years[-1]) - 1
    years = [y for y in range(first, last + 1) if y not in disrupted_years]
    if len(years) <= most:
        return years
    return [years[i] for i in np.unique(np.linspace(0, len(years) - 1, most).round().astype(int))]


def _score_origin(
    arrays: NeedArrays, origin: int, disrupted: tuple[int, ...], longest: int, draws: int, seed: int
) -> pd.DataFrame:
    horizon = min(longest, arrays.complete_year - origin)
    persons = project_by_cohorts(arrays.persons.until(origin), horizon).persons
    known = until(arrays, origin, persons)
    known = replace(known, services=tuple(s for s in known.services if _ready(s.history)))
    if not known.services:
        return _no_cases()
    model = fit_need(known, disrupted)
    years = tuple(range(origin + 1, origin + horizon + 1))
    drawn = draw_totals(model, years, draws, seed)
    full = {s.history.service: s.history for s in arrays.services}
    parts = []
    for index, service in enumerate(known.services):
        name = service.history.service
        actual = _actual(full[name], origin, years, disrupted)
        rng = np.random.default_rng([seed, origin, index])
        ahead = _future_exposure(known, service, years)
        forecasts = {
            MODEL: np.moveaxis(drawn[name], -1, 0),
            CONSTANT: constant_rate(service.history, ahead, draws, rng),
            DRIFT: drift(service.history, len(years), draws, rng),
        }
        parts.append(_cases(service.history, origin, actual, forecasts))
    return pd.concat(parts, ignore_index=True)


def _ready(history: ServiceHistory) -> bool:
    known = np.asarray(np.isfinite(history.counts).all(axis=1))
    return bool(known[:, -1].any()) and int(known.any(axis=0).sum()) >= SHORTEST - 1


def _future_exposure(known: NeedArrays, service: ServiceArrays, years: tuple[int, ...]) -> FloatArray:
    """Projected exposure, shape (units, groups, years)."""
    bands = known.bands.sums(known.future.persons)
    flat = bands.reshape(bands.shape[0], -1, bands.shape[-1])[..., [known.future.years.index(y) for y in years]]
    return np.asarray(
        np.einsum("ua,gb,aby->ugy", service.units_of_areas, service.groups_of_bands, flat, optimize=True)
    )


def _actual(
    history: ServiceHistory, origin: int, years: tuple[int, ...], disrupted: tuple[int, ...]
) -> FloatArray:
    """Observed totals, shape (years, units); NaN where unknown, disrupted, or behind a later break."""
    totals = history.counts.sum(axis=1)
    found = np.full((len(years), totals.shape[0]), np.nan)
    for i, year in enumerate(years):
        if year in history.years and year not in disrupted:
            found[i] = totals[:, history.years.index(year)]
    for unit, mark in history.breaks:
        if mark > origin:
            found[[i for i, y in enumerate(years) if y >= mark], unit] = np.nan
    return found


def constant_rate(history: ServiceHistory, ahead: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Baseline: the last known rate of every cell x projected persons, with the spread of a random walk of rates.

    Args:
        history: counts up to the origin.
        ahead: projected exposure, shape (units, groups, years).
        draws: number of draws.
        rng: source of randomness.

    Returns:
        Draws of totals, shape (draws, years, units).
    """
    rate = np.divide(
        history.counts, history.exposure, out=np.zeros_like(history.counts), where=history.exposure > 0
    )
    last = _last_known(rate)
    mean = np.einsum("ug,ugy->yu", last, ahead)
    step = np.log(
        (history.counts[..., 1:].sum(axis=1) + 0.5)
        / ((rate[..., :-1] * history.exposure[..., 1:]).sum(axis=1) + 0.5)
    )
    sd = _pooled_sd(step)
    h = np.arange(1, ahead.shape[-1] + 1)[:, None]
    z = rng.standard_normal((draws, *mean.shape))
    return np.asarray(mean * np.exp(sd * np.sqrt(h) * z))


def drift(history: ServiceHistory, horizon: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Baseline: random walk with drift of each unit's total, shape (draws, years, units)."""
    totals = history.counts.sum(axis=1)
    last = _last_known(totals)
    step = np.diff(totals, axis=1)
    known = np.isfinite(step)
    n = np.maximum(known.sum(axis=1), 1)
    slope = np.where(known, step, 0.0).sum(axis=1) / n
    residual = np.where(known, step - slope[:, None], 0.0)
    sd = np.sqrt((residual**2).sum(axis=1) / np.maximum(n - 1, 1))
    h = np.arange(1, horizon + 1)[:, None]
    z = rng.standard_normal((draws, horizon, len(last)))
    return np.asarray(np.maximum(last + slope * h + sd * np.sqrt(h * (1.0 + h / n)) * z, 0.0))


def _last_known(values: FloatArray) -> FloatArray:
    """The last finite value along the last axis; 0 where there is none."""
    known = np.isfinite(values)
    index = values.shape[-1] - 1 - np.argmax(known[..., ::-1], axis=-1)
    found = np.take_along_axis(values, index[..., None], axis=-1)[..., 0]
    return np.asarray(np.where(known.any(axis=-1), found, 0.0))


def _pooled_sd(step: FloatArray) -> FloatArray:
    """Root mean square of steps by unit, half its own and half all units', shape (units,)."""
    known = np.isfinite(step)
    square = np.where(known, step**2, 0.0)
    overall = square.sum() / max(known.sum(), 1)
    own = np.where(known.any(axis=1), square.sum(axis=1) / np.maximum(known.sum(axis=1), 1), overall)
    return np.asarray(np.sqrt(0.5 * own + 0.5 * overall))


def _cases(
    history: ServiceHistory, origin: int, actual: FloatArray, forecasts: Mapping[str, FloatArray]
) -> pd.DataFrame:
    """One row per model, horizon and area (units and their sum), unknown outcomes left out."""
    past = history.counts.sum(axis=1)
    if past.shape[0] > 1:
        past = np.concatenate([past, past.sum(axis=0, keepdims=True)])
        actual = np.concatenate([actual, actual.sum(axis=1, keepdims=True)], axis=1)
    level = np.maximum(np.nanmean(np.where(np.isfinite(past).any(axis=1, keepdims=True), past, 0.0), axis=1), 1.0)
    scale = scores.naive_scale(past)
    areas = [*history.units, "all areas"][: past.shape[0]]
    h, area = np.meshgrid(np.arange(1, actual.shape[0] + 1), areas, indexing="ij")
    parts = []
    for model, draws in forecasts.items():
        if past.shape[0] > draws.shape[-1]:
            draws = np.concatenate([draws, draws.sum(axis=-1, keepdims=True)], axis=-1)
        middle = np.median(draws, axis=0)
        columns = {
            "observed": actual,
            "mean": draws.mean(axis=0),
            "median": middle,
            "crps": scores.crps_from_draws(draws, actual) / level,
            "mase": scores.mase(middle, actual, scale),
            "in80": scores.coverage_from_draws(draws, actual, 0.80),
            "in95": scores.coverage_from_draws(draws, actual, 0.95),
            "pit": scores.pit_from_draws(draws, actual),
            **dict(zip(scores.QUANTILE_COLUMNS, np.quantile(draws, scores.QUANTILE_LEVELS, axis=0), strict=True)),
        }
        parts.append(
            pd.DataFrame(
                {"service": history.service, "model": model, "origin": origin, "horizon": h.ravel(),
                 "area": area.ravel()} | {name: values.ravel() for name, values in columns.items()}
            )
        )  # fmt: skip
    cases = pd.concat(parts, ignore_index=True)
    base = cases[cases["model"] == CONSTANT].set_index(["horizon", "area"])["crps"]
    cases["constant_crps"] = base.reindex(pd.MultiIndex.from_frame(cases[["horizon", "area"]])).to_numpy()
    return cases[cases["observed"].notna()]


CASE_COLUMNS = (
    "service", "model", "origin", "horizon", "area", "observed", "mean", "median", "crps", "mase", "in80", "in95",
    "pit", *scores.QUANTILE_COLUMNS, "constant_crps",
)  # fmt: skip
CARD_COLUMNS = (
    "service", "model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias",
    "coverage80", "coverage95", "champion",
)  # fmt: skip


def _no_cases() -> pd.DataFrame:
    return pd.DataFrame(
        {c: pd.Series(dtype="object" if c in ("service", "model", "area") else "float64") for c in CASE_COLUMNS}
    )


def scorecard(cases: pd.DataFrame) -> pd.DataFrame:
    """Table `need_scorecard` from the cases.

    The champion of a service is `joint_draws` when, over all horizons, its CRPS is lower than that of every
    baseline by more than one standard error of the origins' mean gains; otherwise the baseline with the lowest
    CRPS.
    """
    if cases.empty:
        return pd.DataFrame({c: pd.Series(dtype="float64") for c in CARD_COLUMNS})
    champions = {str(service): _champion(rows) for service, rows in cases.groupby("service")}
    rows = []
    for (service, model, horizon), part in cases.astype({"horizon": "int64"}).groupby(
        ["service", "model", "horizon"]
    ):
        rows.append(
            {
                "service": service,
                "model": model,
                "horizon": int(str(horizon)),
                "origins": int(part["origin"].nunique()),
                "n": len(part),
                "crps": part["crps"].mean(),
                "crps_skill": float(scores.skill(part["crps"].mean(), part["constant_crps"].mean())),
                "mase": part["mase"].mean(),
                "bias": scores.relative_bias(part["mean"], part["observed"]),
                "coverage80": part["in80"].mean(),
                "coverage95": part["in95"].mean(),
                "champion": champions[str(service)] == model,
            }
        )
    return pd.DataFrame(rows, columns=list(CARD_COLUMNS))


def _champion(rows: pd.DataFrame) -> str:
    wide = rows.pivot_table(index=["origin", "horizon", "area"], columns="model", values="crps")
    origins = wide.index.get_level_values("origin").to_numpy()
    beaten = [scores.better_beyond_noise(wide[MODEL], wide[b], origins) for b in BASELINES]
    return MODEL if all(beaten) else str(wide[list(BASELINES)].mean().idxmin())
