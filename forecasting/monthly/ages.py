"""The monthly forecast by age group: every draw of an area is shared out among its groups, so that groups add up.

A group's share follows the persons of its age in the area, times its use per person: the county's, drawn by the
area's own mix of ages as far as it tells more than chance (gamma-Poisson shrinkage). How far shares stray within a
year, in the county and in single areas, is learnt from forecasts made one and two years ago.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.monthly.grid import Grid, exposures, read_grid
from forecasting.monthly.months import MonthForecast
from forecasting.monthly.periods import IntArray
from forecasting.monthly.steady_rates import persons_in_groups
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray, crps_from_quantiles

Q = list(QUANTILE_COLUMNS)
COLUMNS = ("area", "service", "age_group", "ds", "kind", "mean", *QUANTILE_COLUMNS, "flag")
WINDOW = 36
"""Latest months of which the counts tell the use per person."""
BACKS = (12, 24)
"""Months back of the origins at which shares are judged."""
MIDDLE = 6.5
"""Mean step of the year over which errors of shares are learnt; their variance grows with the step."""
LEAST_EXCESS = 1e-4
MODEL, BASELINE = "age_shares", "last_year_shares"
SCORECARD = ("service", "model", "origins", "n", "crps", "crps_skill", "coverage80", "coverage95", "champion")
_JOINT = "|"


@dataclass(frozen=True)
class AgeForecast:
    """The next months of every service, area and age group.

    Attributes:
        forecast: area (county total included), service, age_group, ds, kind (`forecast`), mean, quantile columns,
            flag; without services that have no counts by age.
        scorecard: how well the months' true totals were shared out from earlier origins, beside the shares of the
            area's last twelve months; `crps` in counts.
        cells: area, service, age_group of the columns of `draws`, in order (no totals).
        draws: whole numbers, shape (draws, horizon, cells); over the groups they sum to the areas' draws.
        untold: services without counts by age.
    """

    forecast: pd.DataFrame
    scorecard: pd.DataFrame
    cells: pd.DataFrame
    draws: FloatArray
    untold: tuple[str, ...]


@dataclass(frozen=True)
class _Strays:
    """Variances of the log shares: of a group in the whole county, in one area, and of single months."""

    county: float
    area: float
    month: float


@dataclass(frozen=True)
class _Service:
    """One service's counts and persons by month, area and group.

    Attributes:
        counts: shape (T, A, G), NaN where unknown.
        persons: shape (T + h, A, G).
        columns: place of each in the grid, shape (A, G).
    """

    counts: FloatArray
    persons: FloatArray
    columns: IntArray

    def until(self, back: int, ahead: int) -> _Service:
        """What was known `back` months ago, with persons `ahead` months on."""
        known = self.counts.shape[0] - back
        return _Service(self.counts[:known], self.persons[: known + ahead], self.columns)


def forecast_ages(
    months: MonthForecast,
    counts: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    total_area: str,
    persons: pd.DataFrame | None = None,
    seed: int = 1,
) -> AgeForecast:
    """Share the draws of a monthly forecast out among age groups.

    Args:
        months: the forecast of all ages.
        counts: area, service, age_group, ds, y: whole months, zeros included, every group of a service in every
            area that has the service. A service that has none is left out.
        as_of: the day of knowledge, as for `months`.
        total_area: area code of the county total.
        persons: area, sex, age (single years), year, persons, history and horizon; None: shares do not move.
        seed: of the draws.

    Raises:
        ValueError: a count is missing, negative or not whole, the months do not end where the forecast begins, or
            an area of the forecast lacks the counts by age that the service has in others.
    """
    if counts.empty:
        return _nothing(months)
    grid = _grid(counts, as_of, total_area)
    horizon = months.draws.shape[1]
    ahead = months.forecast[months.forecast["kind"] == "forecast"]
    if grid.month[-1] + 1 != _month_of(ahead["ds"].min()):
        raise ValueError(f"the counts by age end before {ahead['ds'].min():%Y-%m}, where the forecast begins")
    services = _services(grid, exposures(grid, _persons(grid, persons), horizon))
    strays = _strays(services)
    rng = np.random.default_rng(seed)
    drawn = np.zeros((months.draws.shape[0], horizon, len(grid.cells)))
    mean = np.zeros((horizon, len(grid.cells)))
    parents = _parents(grid, months.cells)
    all_means = _means(ahead, months.cells, horizon)
    for name, one in services.items():
        shares = _shares(one, horizon)
        parent = parents[one.columns[:, 0]]
        drawn[:, :, one.columns] = _shared_out(months.draws[:, :, parent], shares, strays[name], rng)
        mean[:, one.columns] = all_means[:, parent, None] * shares
    cells = grid.cells[["area"]].assign(**dict(zip(("service", "age_group"), _names(grid.cells), strict=True)))
    table = _with_flags(_rows(cells, mean, drawn, np.sort(ahead["ds"].unique()), total_area), ahead)
    untold = tuple(sorted(set(months.cells["service"]) - set(services)))
    return AgeForecast(table, _scorecard(services, seed), cells, drawn, untold)


def _nothing(months: MonthForecast) -> AgeForecast:
    """What is told when no service has counts by age."""
    table, scores, cells = (pd.DataFrame(columns=list(names)) for names in (COLUMNS, SCORECARD, COLUMNS[:3]))
    draws, untold = np.zeros((*months.draws.shape[:2], 0)), tuple(sorted(set(months.cells["service"])))
    return AgeForecast(table, scores, cells, draws, untold)


def _grid(counts: pd.DataFrame, as_of: str | pd.Timestamp, total_area: str) -> Grid:
    """Counts with service and age as one service of the grid; every area of a service has all its groups."""
    missing = [column for column in ("area", "service", "age_group", "ds", "y") if column not in counts.columns]
    if missing:
        raise ValueError(f"the counts by age lack {', '.join(missing)}: expected area, service, age_group, ds, y")
    pair = counts["service"].astype(str) + _JOINT + counts["age_group"].astype(str)
    grid = read_grid(counts.assign(service=pair), as_of, total_area)
    service, age = _names(grid.cells)
    table = pd.DataFrame({"area": grid.cells["area"], "service": service, "age_group": age})
    for name, rows in table.groupby("service"):
        if len(rows) != rows["age_group"].nunique() * rows["area"].nunique():
            raise ValueError(f"{name}: an area lacks some of the service's age groups; give zeros where none came")
    return grid


def _names(cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    pair = cells["service"].str.rsplit(_JOINT, n=1, expand=True)
    return pair[0], pair[1]


def _month_of(stamp: pd.Timestamp) -> int:
    return int(stamp.year * 12 + stamp.month - 1)


def _persons(grid: Grid, persons: pd.DataFrame | None) -> pd.DataFrame | None:
    """Persons of each cell's area and age by year."""
    if persons is None:
        return None
    service, age = _names(grid.cells)
    parts = []
    for _, mine in grid.cells.assign(age_group=age).groupby(service.to_numpy()):  # groups may differ by service
        of_group = persons_in_groups(persons, sorted(mine["age_group"].unique()))
        parts.append(mine.merge(of_group, on=["area", "age_group"], validate="1:m"))
    return pd.concat(parts)[["area", "service", "year", "persons"]]


def _services(grid: Grid, persons: FloatArray) -> dict[str, _Service]:
    names, ages = _names(grid.cells)
    found = {}
    for name in sorted(names.unique()):
        mine = grid.cells[(names == name).to_numpy()]
        places = pd.Series(mine.index, index=pd.MultiIndex.from_arrays([mine["area"], ages[mine.index]]))
        columns = places.unstack().to_numpy(dtype=np.int64)
        found[name] = _Service(grid.y[:, columns], persons[:, columns], columns)
    return found


def _parents(grid: Grid, cells: pd.DataFrame) -> IntArray:
    """Column of each cell's area and service among the forecast's draws."""
    service, _ = _names(grid.cells)
    found = pd.Index(cells["unique_id"]).get_indexer(grid.cells["area"] + "|" + service)
    if (found < 0).any():
        cell = grid.cells.iloc[int(np.argmax(found < 0))]
        raise ValueError(f"{cell['area']}|{cell['service']}: counts by age without a forecast of all ages")
    told = cells[cells["service"].isin(service)]
    absent = told.index.difference(found)
    if len(absent):
        raise ValueError(f"{told['unique_id'][absent[0]]}: no counts by age")
    return np.asarray(found, dtype=np.int64)


def _means(ahead: pd.DataFrame, cells: pd.DataFrame, horizon: int) -> FloatArray:
    wide = ahead.pivot_table(index="ds", columns="unique_id", values="mean")
    return np.asarray(wide[cells["unique_id"]].to_numpy(dtype=float).reshape(horizon, -1))


def _shares(one: _Service, ahead: int) -> FloatArray:
    """Expected share of each group in its area's coming months, shape (ahead, A, G)."""
    known = one.counts.shape[0]
    recent = slice(max(known - WINDOW, 0), known)
    counted = np.isfinite(one.counts[recent])
    used = np.where(counted, one.counts[recent], 0.0).sum(axis=0)
    exposed = np.where(counted, one.persons[recent], 0.0).sum(axis=0)
    rate = used.sum(axis=0) / np.maximum(exposed.sum(axis=0), 1e-9)
    expected = rate * exposed
    expected *= used.sum(axis=-1, keepdims=True) / np.maximum(expected.sum(axis=-1, keepdims=True), 1e-9)
    excess = ((used - expected) ** 2 - expected).sum() / max(float((expected**2).sum()), 1e-9)
    prior = 1.0 / max(float(excess), LEAST_EXCESS)
    weight = rate * (used + prior) / (expected + prior) * one.persons[known : known + ahead]
    county = rate * one.persons[known : known + ahead].sum(axis=1, keepdims=True) + 1e-12
    weight = np.where(weight.sum(axis=-1, keepdims=True) > 0.0, weight, county)
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def _shared_out(total: FloatArray, shares: FloatArray, strays: _Strays, rng: np.random.Generator) -> FloatArray:
    """Whole numbers that sum to the totals, shape (draws, h, A, G).

    Args:
        total: shape (draws, h, A).
        shares: shape (h, A, G).
        strays: how far shares stray.
        rng: of the draws.
    """
    draws, horizon, areas = total.shape
    groups = shares.shape[-1]
    growth = np.sqrt(np.arange(1, horizon + 1) / MIDDLE)[:, None, None]
    lasting = np.sqrt(strays.county) * rng.normal(size=(draws, 1, 1, groups))
    lasting = lasting + np.sqrt(strays.area) * rng.normal(size=(draws, 1, areas, groups))
    weight = shares * np.exp(growth * lasting)
    if strays.month > 0.0:
        weight *= np.exp(np.sqrt(strays.month) * rng.normal(size=weight.shape))
    weight /= weight.sum(axis=-1, keepdims=True)
    return rng.multinomial(total.astype(np.int64), weight).astype(float)


@dataclass(frozen=True)
class _Errors:
    """Squared errors of shares beyond chance, and what a variance of one would make them: county, area, month."""

    beyond: FloatArray
    expected: FloatArray

    def __add__(self, other: _Errors) -> _Errors:
        return _Errors(self.beyond + other.beyond, self.expected + other.expected)


def _errors(one: _Service, back: int) -> _Errors | None:
    """Errors of the shares of the twelve months after an origin; None without a year before it."""
    if one.counts.shape[0] - back < 12:
        return None
    came = _came(one, back)
    total = came.sum(axis=-1, keepdims=True)
    expected = total * _shares(one.until(back, len(came)), len(came))
    beyond, size = np.zeros(3), np.zeros(3)
    for place, (axes, per) in enumerate((((0, 1), total.sum()), ((0,), total.sum(axis=0)), ((), total))):
        seen, hoped = came.sum(axis=axes), expected.sum(axis=axes)
        share = hoped / np.maximum(per, 1.0)
        beyond[place] = ((seen - hoped) ** 2 - hoped * (1.0 - share)).sum()
        # A group's own stray raises its share by what is left of one, and those of the others lower it.
        moved = 1.0 - 2.0 * share + (share**2).sum(axis=-1, keepdims=True)
        size[place] = (hoped**2 * moved).sum()
    return _Errors(beyond, size)


def _came(one: _Service, back: int) -> FloatArray:
    """Counts of the year after an origin; months with an unknown group are zero in all."""
    known = one.counts.shape[0] - back
    came = one.counts[known : known + 12]
    return np.where(np.isfinite(came).all(axis=-1, keepdims=True), came, 0.0)


def _strays(services: dict[str, _Service], backs: tuple[int, ...] = BACKS) -> dict[str, _Strays]:
    """How far the shares of each service stray, leaning on all services where its own counts tell little."""
    found = {}
    for name, one in services.items():
        errors = [part for back in backs if (part := _errors(one, back)) is not None]
        found[name] = sum(errors, _Errors(np.zeros(3), np.zeros(3)))
    every = sum(found.values(), _Errors(np.zeros(3), np.zeros(3)))
    pooled = np.maximum(every.beyond, 0.0) / np.maximum(every.expected, 1e-9)
    lean = np.median([part.expected for part in found.values()], axis=0)
    result = {}
    for name, part in found.items():
        county, area, month = np.maximum(
            (part.beyond + lean * pooled) / np.maximum(part.expected + lean, 1e-9), 0.0
        )
        result[name] = _Strays(float(county), max(float(area - county), 0.0), max(float(month - area), 0.0))
    return result


def _rows(
    cells: pd.DataFrame, mean: FloatArray, drawn: FloatArray, stamps: np.ndarray, total_area: str
) -> pd.DataFrame:
    parts = [_block(cells, mean, drawn, stamps)]
    for (service, age), mine in cells.groupby(["service", "age_group"]):
        columns = mine.index.to_numpy()
        whole = pd.DataFrame({"area": [total_area], "service": [service], "age_group": [age]})
        sums = mean[:, columns].sum(axis=1, keepdims=True), drawn[:, :, columns].sum(axis=2, keepdims=True)
        parts.append(_block(whole, *sums, stamps))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["service", "area", "age_group", "ds"], ignore_index=True)


def _block(cells: pd.DataFrame, mean: FloatArray, drawn: FloatArray, stamps: np.ndarray) -> pd.DataFrame:
    row, column = (part.ravel() for part in np.indices(mean.shape))
    block = cells.iloc[column].reset_index(drop=True).assign(ds=stamps[row], kind="forecast", mean=mean.ravel())
    values = np.quantile(drawn, QUANTILE_LEVELS, axis=0, method="inverted_cdf")
    block[Q] = values.reshape(len(Q), -1).T
    return block


def _with_flags(table: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """Each row with the flag of its area's forecast of all ages."""
    flags = ahead[["area", "service", "ds", "flag"]]
    return table.merge(flags, on=["area", "service", "ds"], how="left", validate="m:1")[list(COLUMNS)]


def _scorecard(services: dict[str, _Service], seed: int) -> pd.DataFrame:
    """Months shared out from each earlier origin with their true totals; spreads learnt at the other origins only.

    With one origin nothing is learnt elsewhere: its intervals hold chance alone.
    """
    rows = []
    rng = np.random.default_rng(seed)
    elsewhere = {back: _strays(services, tuple(b for b in BACKS if b != back)) for back in BACKS}
    for name, one in services.items():
        cases: dict[str, list[FloatArray]] = {MODEL: [], BASELINE: []}
        judged = [back for back in BACKS if one.counts.shape[0] - back >= 12]
        for back in judged:
            came, known = _came(one, back), one.until(back, 12)
            shares = _shares(known, len(came))
            cases[MODEL].append(_scores(came, shares, elsewhere[back][name], rng))
            cases[BASELINE].append(_scores(came, _last_year(known, shares), _Strays(0.0, 0.0, 0.0), rng))
        if not judged:
            continue
        crps = {model: float(np.concatenate(parts)[:, 0].mean()) for model, parts in cases.items()}
        best = min(crps, key=lambda model: crps[model])
        for model, parts in cases.items():
            both = np.concatenate(parts)
            skill = 1.0 - crps[model] / crps[BASELINE] if crps[BASELINE] > 0.0 else np.nan
            held = both[:, 1:].mean(axis=0)
            rows.append((name, model, len(judged), len(both), crps[model], skill, *held, model == best))
    return pd.DataFrame(rows, columns=list(SCORECARD))


def _last_year(known: _Service, shares: FloatArray) -> FloatArray:
    """Shares of each area's last twelve months; the model's where it had no use."""
    used = np.nan_to_num(known.counts[-12:]).sum(axis=0)
    total = used.sum(axis=-1, keepdims=True)
    return np.where(total > 0.0, used / np.maximum(total, 1.0), shares)


def _scores(came: FloatArray, shares: FloatArray, strays: _Strays, rng: np.random.Generator) -> FloatArray:
    """CRPS, and whether the 80% and 95% intervals held, of every month, area and group with use: shape (n, 3)."""
    total = np.broadcast_to(came.sum(axis=-1), (200, *came.shape[:2]))
    q = np.quantile(_shared_out(total, shares, strays, rng), QUANTILE_LEVELS, axis=0, method="inverted_cdf")
    held80, held95 = (q[2] <= came) & (came <= q[6]), (q[0] <= came) & (came <= q[8])
    with_use = np.broadcast_to(came.sum(axis=-1, keepdims=True) > 0.0, came.shape)
    scores = np.stack([crps_from_quantiles(q, came, QUANTILE_LEVELS), held80, held95], axis=-1)
    return np.asarray(scores[with_use], dtype=float)
