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
from forecasting.contracts import DISRUPTED_YEARS, Each, Exposure
from forecasting.histories import NeedArrays, ServiceArrays, need_arrays
from forecasting.judged import Judged
from forecasting.need_baselines import CONSTANT, baseline_forecasts
from forecasting.need_model import draw_totals, fit_need, until
from forecasting.need_scores import MODEL, RAKED, no_cases, raked_services, scorecard, scores_by_size
from forecasting.population import project_by_cohorts
from forecasting.rates import ServiceHistory
from forecasting.recalibration import spreads
from forecasting.top_down import fit_totals
from forecasting.trends import SHORTEST

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NeedBacktest:
    """Result of a backtest.

    Attributes:
        scorecard: table `need_scorecard`; crps is a share of the area's mean count up to the origin, crps_skill is
            against `constant_rate`.
        cases: every forecast scored: service, model, origin, horizon, area, observed, mean, median, crps,
            constant_crps, mase, in80, in95, pit.
        by_size: table `need_scores_by_size`: the same by size of area and band of horizons, with coverage per
            origin.
        judged: what the forecast takes from it: how far it is validated, how its spread is recalibrated, which
            services are raked to their independent total.
    """

    scorecard: pd.DataFrame
    cases: pd.DataFrame
    by_size: pd.DataFrame
    judged: Judged

    @property
    def validated(self) -> dict[str, int]:
        """Longest tested horizon of each service in years."""
        return dict(self.judged.validated or {})


def backtest_need(
    population: pd.DataFrame,
    projection: pd.DataFrame,
    counts: pd.DataFrame,
    hierarchy: pd.DataFrame,
    *,
    exposures: Mapping[str, Exposure | tuple[int, int, str]],
    as_of: date | str | int,
    flags: pd.DataFrame | None = None,
    disrupted_years: tuple[int, ...] = DISRUPTED_YEARS,
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
    disrupted_years: tuple[int, ...] = DISRUPTED_YEARS,
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
    cases = pd.concat(parts, ignore_index=True) if parts else no_cases()
    raked = raked_services(cases)
    card = scorecard(cases, raked)
    tested = card[(card["model"] == MODEL) & (card["origins"] >= 2)] if len(card) else card
    validated = {s.history.service: 0 for s in arrays.services}
    validated |= {str(s): int(h) for s, h in tested.groupby("service")["horizon"].max().items()}
    own = {s: factor for s, factor in spreads(cases, MODEL).items() if s not in raked}
    whole = {s: factor for s, factor in spreads(cases, RAKED).items() if s in raked}
    judged = Judged(validated, own | whole, raked)
    return NeedBacktest(card, cases, scores_by_size(cases), judged)


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
        return no_cases()
    model = fit_need(known, disrupted)
    years = tuple(range(origin + 1, origin + horizon + 1))
    tops = fit_totals(model.rates, disrupted)
    drawn, raked = draw_totals(model, years, draws, seed, tops)
    full = {s.history.service: s.history for s in arrays.services}
    parts = []
    for index, service in enumerate(known.services):
        name = service.history.service
        actual = _actual(full[name], origin, years, disrupted)
        rng = np.random.default_rng([seed, origin, index])
        ahead = _future_exposure(known, service, years)
        forecasts = {
            MODEL: np.moveaxis(drawn[name], -1, 0),
            **baseline_forecasts(service.history, ahead, draws, rng),
        }
        if name in raked:
            forecasts[RAKED] = np.moveaxis(raked[name], -1, 0)
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
        q = dict(zip(scores.QUANTILE_COLUMNS, np.quantile(draws, scores.QUANTILE_LEVELS, axis=0), strict=True))
        columns = {
            "observed": actual,
            "mean": draws.mean(axis=0),
            "median": q["q0.5"],
            "crps": scores.crps_from_draws(draws, actual) / level,
            "mase": scores.mase(q["q0.5"], actual, scale),
            "in80": scores.covered(q["q0.1"], q["q0.9"], actual),
            "in95": scores.covered(q["q0.025"], q["q0.975"], actual),
            "pit": scores.pit_from_draws(draws, actual),
            **q,
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
