"""Effects on coming months that no history tells: policy dates, care debt. Draws and means move alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.monthly.periods import IntArray
from forecasting.scores import FloatArray

WIDTH80 = 2.563103
"""Standard deviations between the ends of a central 80% range of a normal distribution."""


@dataclass(frozen=True)
class KnownEffect:
    """A factor on a service's use over some months, with its 80% range.

    Attributes:
        service: code.
        first: first month (any day of it).
        last: last month; None: for good.
        factor: expected use over what it would be otherwise.
        low: 80% range of the factor, lower end.
        high: upper end.
        areas: codes of the areas touched; empty: all.
    """

    service: str
    first: str | pd.Timestamp
    last: str | pd.Timestamp | None
    factor: float
    low: float
    high: float
    areas: tuple[str, ...] = ()


def expected_factors(
    cells: pd.DataFrame, month: IntArray, effects: Sequence[KnownEffect]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Product of the expected factors, and where an effect touches, each of shape (h, N).

    Raises:
        ValueError: an effect's range is not low <= factor <= high with low above zero.
    """
    factor, touched = np.ones((month.size, len(cells))), np.zeros((month.size, len(cells)), dtype=bool)
    for effect in effects:
        if not 0.0 < effect.low <= effect.factor <= effect.high:
            raise ValueError(f"known effect on {effect.service}: expected 0 < low <= factor <= high")
        mine = _touched(effect, cells, month)
        factor[mine] *= effect.factor
        touched |= mine
    return factor, touched


def _touched(effect: KnownEffect, cells: pd.DataFrame, month: IntArray) -> NDArray[np.bool_]:
    rows = month >= _month(effect.first)
    if effect.last is not None:
        rows &= month <= _month(effect.last)
    columns = (cells["service"] == effect.service).to_numpy()
    if effect.areas:
        columns = columns & cells["area"].isin(effect.areas).to_numpy()
    return np.asarray(rows[:, None] & columns)


def with_effects(
    draws: FloatArray,
    mean: FloatArray,
    cells: pd.DataFrame,
    month: IntArray,
    effects: Sequence[KnownEffect],
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Multiply draws and means; one draw of an effect holds for all its areas and months.

    Args:
        draws: whole numbers, shape (draws, h, N).
        mean: shape (h, N).
        cells: area and service of the columns.
        month: months since year 0, shape (h,).
        effects: what is known.
        rng: of the factors, and of rounding (up with the probability of the fraction).

    Returns:
        Draws, means, and where an effect has touched them, shape (h, N).

    Raises:
        ValueError: an effect's range is not low <= factor <= high with low above zero.
    """
    expected, touched = expected_factors(cells, month, effects)
    for effect in effects:
        mine = _touched(effect, cells, month)
        spread = np.log(effect.high / effect.low) / WIDTH80
        factor = effect.factor * np.exp(spread * rng.normal(size=len(draws)) - spread**2 / 2.0)
        draws = np.where(mine, draws * factor[:, None, None], draws)
    if touched.any():
        draws = np.where(touched, np.floor(draws + rng.random(draws.shape)), draws)
    return draws, mean * expected, touched


def _month(day: str | pd.Timestamp) -> int:
    stamp = pd.Timestamp(day)
    return stamp.year * 12 + stamp.month - 1
