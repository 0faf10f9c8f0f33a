"""Why need changes between any two years: observed, at the origin or forecast, from the draws of the forecast."""

from __future__ import annotations

import pandas as pd

from forecasting.contracts import NeedInputError
from forecasting.cube import draw_means
from forecasting.draw_batches import batches
from forecasting.drivers import NeedState, need_effects, summarised
from forecasting.need import NeedForecast
from forecasting.need_draws import (
    base_year_effect,
    observed_state,
    origin_state,
    sex_of_group,
    state_of,
    with_base_year,
    without_counts,
)
from forecasting.need_tables import effect_rows, with_tested


def need_changes(forecast: NeedForecast, from_year: int, to_year: int) -> pd.DataFrame:
    """Drivers of the change of need between two years, made again from the seed of the forecast.

    Years ahead are what is expected in each draw, the last fitted year is the fitted level with its distance from
    the count as a driver of its own, as in `NeedForecast.drivers`. Years before it are as counted, brought to the
    latest recording where there are breaks.
    The first batch of draws explains the change: memory does not grow with draws.

    Args:
        forecast: the forecast.
        from_year: the year that the change starts from.
        to_year: a later year.

    Returns:
        Rows of `need_drivers` for every service; the effects of each draw sum to its change.

    Raises:
        NeedInputError: years that do not rise, or a service that is not known in one of them.
    """
    changes, refused = known_changes(forecast, from_year, to_year)
    for reason in refused.values():
        raise NeedInputError(f"drivers: {reason}")
    return changes


def known_changes(forecast: NeedForecast, from_year: int, to_year: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """The changes of the services known in both years, and why the others are left out.

    Arguments and rows as in `need_changes`.

    Raises:
        NeedInputError: years that do not rise, or no service is known in both.
    """
    if from_year >= to_year:
        raise NeedInputError(f"drivers: {from_year} must come before {to_year}")
    model, years = forecast.model, (from_year, to_year)
    number, seed = next(batches(forecast.n_draws, forecast.seed))
    levers = model.levers(forecast.register, number, seed)
    population = model.population(number, seed)
    parts, refused = [], {}
    for index, service in enumerate(model.services):
        rates = model.rates[index]
        known = (rates.history.years[0], forecast.years[-1])
        if from_year < known[0] or to_year > known[1]:
            refused[service] = f"{service} is known in {known[0]}-{known[1]}, not in all of {years}"
            continue
        if bare := [text for year in years if (text := without_counts(model, index, year))]:
            refused[service] = bare[0]
            continue
        plan = model.plan(index, years, levers)
        states: dict[int, NeedState] = {
            year: observed_state(model, index, year) for year in years if year < rates.origin
        }
        if rates.origin in years:
            states[rates.origin] = origin_state(model, index, plan, seed, number)
        for means in draw_means(plan, population, seed, model.area_share):
            states[means.year] = state_of(means)
        draws = need_effects(states[from_year], states[to_year], plan.node_units, sex_of_group(plan))
        if rates.origin in years:
            sign = 1.0 if rates.origin == from_year else -1.0
            draws = with_base_year(draws, sign * base_year_effect(plan, states[rates.origin]))
        parts.append(
            effect_rows({(from_year, to_year): summarised(draws)}, plan.nodes, service, ("from_year", "to_year"))
        )
    if not parts:
        raise NeedInputError(f"drivers: no service is known in both years: {'; '.join(refused.values())}")
    return with_tested(pd.concat(parts, ignore_index=True), "to_year", forecast.tested_to), refused
