"""Open yearly indicators of areas: value and count to the end of the projection. Judging: `indicator_backtest`.

Value: a panel model over areas (`indicator_panel`). Count: value x projected persons of the indicator's ages, with
the error of projected persons. Says of every series whether it is usable, and why not.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import (
    ALL,
    OLDEST,
    NeedInputError,
    check_persons,
    check_variant,
    require_columns,
    show_rows,
)
from forecasting.histories import complete_year
from forecasting.indicator_backtest import backtest_indicators
from forecasting.indicator_panel import SHORTEST_SERIES, Panel, PanelFit, find_breaks, fit_panels
from forecasting.population import AgeBands, joined, persons_array
from forecasting.population_draws import draw_population
from forecasting.population_errors import learn_scale
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS
from forecasting.trend_widths import slope_reach

FloatArray = NDArray[np.float64]

STALE_AFTER = 4
"""A series that ended more than so many years before the last complete year is stale."""


class IndicatorDefinition(NamedTuple):
    """What an indicator's value counts.

    Attributes:
        per: persons that the value is a number per (100 for a share); None when it is no rate of persons.
        min_age: youngest age of those persons.
        max_age: oldest age of those persons (100 means 100 and over).
    """

    per: float | None
    min_age: int = 0
    max_age: int = OLDEST


class IndicatorForecast(NamedTuple):
    """Result of `forecast_indicators`.

    Attributes:
        forecast: table `indicator_forecast`: area, indicator, year, kind, mean, quantiles, count_mean, count_q0.1,
            count_q0.5, count_q0.9, validated, flag (`break`, `stale`, or empty).
        scorecard: table `indicator_scorecard`; crps is a share of the area's mean value, crps_skill is against
            `last_value`.
        usable: indicator, area, years, first_year, last_year, persons (known or not), usable, reason (`negative`:
            a value below zero has no logarithm; `too_short`, `stale`, `no_persons`, or empty).
    """

    forecast: pd.DataFrame
    scorecard: pd.DataFrame
    usable: pd.DataFrame


def forecast_indicators(
    indicators: pd.DataFrame,
    populations: pd.DataFrame,
    projections: pd.DataFrame,
    *,
    definitions: Mapping[str, IndicatorDefinition | tuple[float | None, int, int]],
    as_of: date | str | int,
    horizon_end: int = 2045,
    draws: int = 1000,
    seed: int = 1,
    variant: str = "trend",
) -> IndicatorForecast:
    """Forecast every usable indicator series.

    Args:
        indicators: indicator, area, year, sex, value, and count where known; rows of sex `all` are forecast. Rows
            of other areas than the wanted ones strengthen the panel; give them all.
        populations: area, sex, age, year, persons; areas without persons get values without counts.
        projections: the same for years to come.
        definitions: indicator -> what its value counts.
        as_of: values of years not over by this day are left out of the fit.
        horizon_end: last year.
        draws: draws for the intervals.
        seed: seed.
        variant: variant of the projection.

    Returns:
        Forecast, scorecard and usability.

    Raises:
        NeedInputError: a missing column, a double row, or an indicator without definition.
    """
    last = complete_year(as_of)
    rows = _checked(indicators, definitions, last)
    panels = [_panel(str(name), part) for name, part in rows.groupby("indicator", sort=True)]
    found = {n: IndicatorDefinition(*definitions[n]) for n in rows["indicator"].unique()}
    persons = _Persons(populations, projections, found, horizon_end, draws, seed, variant)
    usable = pd.concat([_usability(p, persons.areas, found[p.indicator], last) for p in panels], ignore_index=True)
    card, tested = backtest_indicators(panels, draws, seed)
    fits = fit_panels(panels)
    tables = [
        _rows(
            panel,
            fit,
            found[panel.indicator],
            persons,
            usable,
            horizon_end,
            tested.get(panel.indicator, 0),
            draws,
            seed,
        )
        for panel, fit in zip(panels, fits, strict=True)
    ]
    return IndicatorForecast(pd.concat(tables, ignore_index=True), card, usable)


def _checked(indicators: pd.DataFrame, definitions: Mapping[str, object], last: int) -> pd.DataFrame:
    require_columns(indicators, "indicators", ("indicator", "area", "year", "value"))
    rows = indicators.copy()
    if "sex" in rows.columns:
        rows = rows[rows["sex"].astype(str) == ALL]
    if "count" not in rows.columns:
        rows["count"] = np.nan
    rows = rows[["indicator", "area", "year", "value", "count"]].astype(
        {"indicator": str, "area": str, "year": int, "value": float, "count": float}
    )
    rows = rows[rows["value"].notna() & (rows["year"] <= last)]
    twice = rows[rows.duplicated(["indicator", "area", "year"], keep=False)]
    if len(twice):
        raise NeedInputError(
            f"indicators: more than one value for the same indicator, area and year:\n{show_rows(twice)}"
        )
    missing = sorted(set(rows["indicator"]) - set(definitions))
    if missing:
        raise NeedInputError(f"definitions: indicator {', '.join(missing)} has none; say what its value counts")
    if rows.empty:
        raise NeedInputError(f"indicators: no value for sex 'all' up to {last}")
    return rows


def _panel(name: str, rows: pd.DataFrame) -> Panel:
    areas = tuple(sorted(rows["area"].unique()))
    years = tuple(range(int(rows["year"].min()), int(rows["year"].max()) + 1))
    a, t = pd.Categorical(rows["area"], list(areas)).codes, rows["year"].to_numpy() - years[0]
    value, count = np.full((len(areas), len(years)), np.nan), np.full((len(areas), len(years)), np.nan)
    value[a, t], count[a, t] = rows["value"].to_numpy(), rows["count"].to_numpy()
    positive = value[value > 0]
    floor = 0.5 * positive.min() if positive.size else 1.0
    below_zero = (value < 0).any(axis=1, keepdims=True)
    z = np.where(np.isfinite(value) & ~below_zero, np.log(np.maximum(np.nan_to_num(value), floor)), np.nan)
    counting = np.where(np.isfinite(count), 1.0 / np.maximum(np.nan_to_num(count), 1.0), 0.0)
    breaks, moved = find_breaks(z, counting)
    return Panel(name, areas, years, moved, value, counting, breaks)


def _usability(panel: Panel, with_persons: set[str], definition: IndicatorDefinition, last: int) -> pd.DataFrame:
    rows = []
    for a, area in enumerate(panel.areas):
        known = np.flatnonzero(np.isfinite(panel.published[a]))
        end = panel.years[known[-1]]
        persons = definition.per is not None and area in with_persons
        if (panel.published[a, known] < 0).any():
            reason = "negative"
        elif known.size < SHORTEST_SERIES:
            reason = "too_short"
        elif end < last - STALE_AFTER:
            reason = "stale"
        elif definition.per is not None and not persons:
            reason = "no_persons"
        else:
            reason = ""
        rows.append((panel.indicator, area, known.size, panel.years[known[0]], end, persons, reason == "", reason))
    columns = ["indicator", "area", "years", "first_year", "last_year", "persons", "usable", "reason"]
    return pd.DataFrame(rows, columns=columns)


class _Persons:
    """Draws of projected persons of an indicator's ages, by area and year."""

    def __init__(
        self, populations: pd.DataFrame, projections: pd.DataFrame,
        definitions: Mapping[str, IndicatorDefinition], end: int, draws: int, seed: int, variant: str,
    ) -> None:  # fmt: skip
        history = persons_array(check_persons(populations, "population"), "population")
        ahead = persons_array(check_persons(check_variant(projections, variant), "projection"), "projection")
        both = joined(history, ahead).until(end)
        starts = {0} | {d.min_age for d in definitions.values()} | {d.max_age + 1 for d in definitions.values()}
        self.bands = AgeBands(tuple(sorted(s for s in starts if s <= OLDEST)))
        scale = learn_scale(history, self.bands, 20)
        known = [y <= history.years[-1] for y in both.years]
        expected = self.bands.sums(both.persons)
        self.drawn = draw_population(expected, known, scale, self.bands, draws, np.random.SeedSequence([seed, 7]))
        self.years, self.order = both.years, both.areas
        self.areas = set(both.areas)

    def of(self, area: str, year: int, definition: IndicatorDefinition) -> FloatArray | None:
        """Draws of persons, shape (draws,); None where they are not known."""
        if area not in self.areas or year not in self.years or definition.per is None:
            return None
        starts = np.array(self.bands.starts)
        inside = np.tile((starts >= definition.min_age) & (starts <= definition.max_age), 2)
        index = self.order.index(area)
        persons = self.drawn.year(self.years.index(year))[index]
        return np.asarray(persons[inside].sum(axis=0, dtype=np.float64))


def _rows(
    panel: Panel, fit: PanelFit, definition: IndicatorDefinition, persons: _Persons, usable: pd.DataFrame,
    end: int, tested: int, draws: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    origin = panel.years[-1]
    horizon = np.arange(1, end - origin + 1)
    path = fit.path(horizon)
    reason = usable[usable["indicator"] == panel.indicator].set_index("area")["reason"]
    records: list[dict[str, object]] = []
    for a, area in enumerate(panel.areas):
        flags = (["break"] if panel.breaks[a].any() else []) + (["stale"] if reason[area] == "stale" else [])
        records += _observed(panel, a, definition, persons)
        if reason[area] in ("too_short", "negative"):
            continue
        values = _value_draws(panel, fit, path, a, horizon, draws, seed)
        for h, value in zip(horizon, values, strict=True):
            year = int(origin + h)
            record: dict[str, object] = {
                "area": area,
                "indicator": panel.indicator,
                "year": year,
                "kind": "forecast",
            }
            record |= dict(zip(QUANTILE_COLUMNS, np.quantile(value, QUANTILE_LEVELS), strict=True))
            record |= {"mean": value.mean(), "validated": bool(h <= tested), "flag": ",".join(flags)}
            records.append(record | _count(value, persons.of(area, year, definition), definition))
    return pd.DataFrame(records, columns=list(FORECAST_COLUMNS))


COUNT_COLUMNS = ("count_mean", "count_q0.1", "count_q0.5", "count_q0.9")
FORECAST_COLUMNS = (
    "area", "indicator", "year", "kind", "mean", *QUANTILE_COLUMNS, *COUNT_COLUMNS, "validated", "flag",
)  # fmt: skip


def _count(value: FloatArray, persons: FloatArray | None, definition: IndicatorDefinition) -> dict[str, float]:
    if persons is None or definition.per is None:
        return dict.fromkeys(COUNT_COLUMNS, np.nan)
    count = value * persons / definition.per
    return dict(zip(COUNT_COLUMNS, (count.mean(), *np.quantile(count, [0.1, 0.5, 0.9])), strict=True))


def _observed(panel: Panel, a: int, definition: IndicatorDefinition, persons: _Persons) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for t, year in enumerate(panel.years):
        if np.isfinite(panel.published[a, t]):
            value = float(panel.published[a, t])
            base = persons.of(panel.areas[a], year, definition)
            count = np.nan if base is None or definition.per is None else value * base.mean() / definition.per
            found.append(
                {"area": panel.areas[a], "indicator": panel.indicator, "year": year, "kind": "observed",
                 "mean": value, "count_mean": count, "validated": True,
                 "flag": "break" if panel.breaks[a, t] else ""}
            )  # fmt: skip
    return found


def _value_draws(
    panel: Panel, fit: PanelFit, path: FloatArray, a: int, horizon: NDArray[np.int_], draws: int, seed: int
) -> FloatArray:
    """Draws of values, shape (horizons, draws): one random walk, tilt and yearly noise per draw."""
    rng = np.random.default_rng([seed, zlib.crc32(panel.indicator.encode()), zlib.crc32(panel.areas[a].encode())])
    width = fit.widths
    counting = np.nan_to_num(panel.counting[a])
    white = np.sqrt(width.white + float(counting[np.isfinite(panel.z[a])].mean()))
    walk = np.cumsum(rng.standard_normal((horizon.size, draws)), axis=0) * np.sqrt(width.drift)
    tilt = slope_reach(horizon)[:, None] * rng.standard_normal(draws) * np.sqrt(width.slope)
    error = walk + tilt + white * rng.standard_normal((horizon.size, draws))
    return np.asarray(np.exp(path[a][:, None] + error))
