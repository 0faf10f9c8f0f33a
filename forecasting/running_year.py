"""The year that is running: what its months so far, and those left of it, say of its totals.

Yearly counts end with the last whole year. What has been counted since is the freshest thing known of need, so the
year under way enters as a total of each unit with an error of its own (from the monthly forecast, say).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.contracts import NeedInputError, numbers, require_columns, show_rows

FloatArray = NDArray[np.float64]
TABLE = "running_year"
COLUMNS = ("area", "service", "year", "so_far", "mean", "sd", "level")
MOST_SHARED = 0.95
LARGEST_FACTOR, MANY = 5.0, 50.0
"""Levels that are all at most the one, beside a total above the other, are factors put for totals."""


@dataclass(frozen=True)
class RunningYear:
    """Totals of one service in the year after its last whole one.

    Attributes:
        year: the year.
        so_far: counted already, shape (units,); NaN where the unit is not known, like all that follow.
        mean: expected total of the year.
        sd: standard deviation of the total.
        level: what later years start from: the expected total if the whole year were recorded as its last months
            are, without what is known to be of this year alone.
        shared: correlation of errors between units.
        broken: units whose recording changed within the year, shape (units,).
    """

    year: int
    so_far: FloatArray
    mean: FloatArray
    sd: FloatArray
    level: FloatArray
    shared: float
    broken: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Units whose total is known."""
        return np.asarray(np.isfinite(self.mean))

    def totals(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Whole totals of the known units, never below what is counted, shape (known units, draws).

        What is still to come is gamma with the mean and deviation left, joined by a Gaussian copula: the remainder
        of a sum of counts is skewed where it is small.
        """
        from scipy.stats import gamma, norm

        known = self.known
        left = np.maximum(self.mean - self.so_far, 0.0)[known, None]
        sd = np.maximum(self.sd[known, None], 1e-9)
        own = rng.standard_normal((int(known.sum()), draws))
        z = np.sqrt(self.shared) * rng.standard_normal(draws) + np.sqrt(1.0 - self.shared) * own
        shape = (np.maximum(left, 1e-9) / sd) ** 2
        drawn = np.where(
            left > 0.0, gamma.ppf(norm.cdf(z), np.maximum(shape, 1e-3), scale=sd**2 / np.maximum(left, 1e-9)), 0.0
        )
        return np.asarray(np.rint(self.so_far[known, None] + drawn))


def check_running(frame: pd.DataFrame | None) -> pd.DataFrame:
    """A table of totals of running years, checked; an empty one when None.

    Args:
        frame: area, service, year, mean, sd and, where known, so_far (0 when left out) and level (the mean).

    Raises:
        NeedInputError: a missing column, a number below zero, a double row, more than one year, more counted
            than is expected of the whole year, or levels that are factors.
    """
    if frame is None or frame.empty:
        return pd.DataFrame({c: pd.Series(dtype="object" if c in COLUMNS[:2] else "float64") for c in COLUMNS})
    require_columns(frame, TABLE, ("area", "service", "year", "mean", "sd"))
    filled = frame.assign(
        so_far=frame["so_far"] if "so_far" in frame.columns else 0.0,
        level=frame["level"] if "level" in frame.columns else frame["mean"],
    )
    out = filled[["area", "service"]].astype(str).copy()
    out["year"] = numbers(filled, TABLE, "year").astype(int)
    for column in COLUMNS[3:]:
        out[column] = numbers(filled, TABLE, column)
    twice = out[out.duplicated(["area", "service"], keep=False)]
    if len(twice):
        raise NeedInputError(f"{TABLE}: give one row for each area and service:\n{show_rows(twice)}")
    if len(set(out["year"])) > 1:
        raise NeedInputError(f"{TABLE}: expected one year, found {sorted(out['year'].unique())}")
    above = out[out["so_far"] > out["mean"] + 0.5]
    if len(above):
        raise NeedInputError(
            f"{TABLE}: more is counted (so_far) than expected of the year (mean):\n{show_rows(above)}"
        )
    if len(out) and out["level"].max() <= LARGEST_FACTOR < MANY < out["mean"].max():
        raise NeedInputError(
            f"{TABLE}: level is a total of the year, as mean is, and no factor; later years start from it. "
            f"Give the total, or leave the column out:\n{show_rows(out[out['mean'] > MANY])}"
        )
    return out


def running_of(
    rows: pd.DataFrame, service: str, units: Sequence[str], above: Mapping[str, NDArray[np.intp]], last: int,
    broken: Sequence[int],
) -> RunningYear | None:  # fmt: skip
    """The running year of one service; None without rows.

    Args:
        rows: its rows of the checked table.
        service: its code.
        units: the units that it is forecast for.
        above: areas above units, with the indices of the units under them: a row of one whose units all have rows
            tells how far their errors move together.
        last: its last whole year.
        broken: indices of units whose recording changed within the running year.

    Raises:
        NeedInputError: the year does not follow the last whole one, an area is not known, or no unit has a row.
    """
    if rows.empty:
        return None
    year = int(rows["year"].iloc[0])
    if year != last + 1:
        raise NeedInputError(
            f"{TABLE}: {service} is counted to the end of {last}, but the year given is {year}; "
            f"give {last + 1} or leave the service out"
        )
    strange = rows[~rows["area"].isin([*units, *above])]
    if len(strange):
        raise NeedInputError(f"{TABLE}: areas that {service} is not forecast for:\n{show_rows(strange)}")
    by_area = rows.set_index("area").reindex(list(units))
    values = {name: by_area[name].to_numpy(dtype=np.float64) for name in COLUMNS[3:]}
    if not np.isfinite(values["mean"]).any():
        raise NeedInputError(
            f"{TABLE}: {service} is given for whole regions alone; give the areas that it is counted by too:\n"
            f"{show_rows(rows)}"
        )
    marks = np.isin(np.arange(len(units)), list(broken))
    sums = rows[rows["area"].isin(list(above))]
    wholes = [(above[str(area)], float(sd)) for area, sd in zip(sums["area"], sums["sd"], strict=True)]
    shared = _shared(values["sd"], wholes)
    return RunningYear(year, values["so_far"], values["mean"], values["sd"], values["level"], shared, marks)


def _shared(sd: FloatArray, sums: Sequence[tuple[NDArray[np.intp], float]]) -> float:
    """Correlation between units that the deviations of sums over them imply; 0 without any."""
    excess = pairs = 0.0
    for units, whole in sums:
        own = sd[units]
        if np.isfinite(own).all():
            excess += whole**2 - float((own**2).sum())
            pairs += float(own.sum() ** 2 - (own**2).sum())
    return float(np.clip(excess / pairs, 0.0, MOST_SHARED)) if pairs > 0.0 else 0.0
