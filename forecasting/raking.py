"""Raking the draws of a service to an independent total, as far ahead as that has been the better forecast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.conditioning import BREAK_VARIANCE, ScalarUpdate, scalar_update
from forecasting.seeds import generator
from forecasting.top_down import TopDown

Draws = NDArray[np.float32]
FloatArray = NDArray[np.float64]


class Raking:
    """Factor of each draw that meets the independent total.

    Beyond the reach of the total, draws keep the factor of its last year, freed of what passes with
    a year, and go on with the independent yearly noise that the total has shown: the spread does not jump.

    Args:
        top: the total.
        draws: number of draws.
        seed: seed of the forecast.
        service: service code.
    """

    def __init__(self, top: TopDown, draws: int, seed: int, service: str) -> None:
        self._top, self._walk, self.reach = top, top.walk(draws, seed, service), top.reach
        self._held = np.ones(draws, dtype=np.float32)
        self._seed, self._service = seed, service
        self._learnt: ScalarUpdate | None = None

    def white(self, horizon: int, own: float) -> float:
        """Variance of the service's independent yearly noise: its own within reach, the total's beyond."""
        return own if horizon <= self.reach else self._top.trend.widths.white

    def learn(self, totals: FloatArray, broken: NDArray[np.bool_]) -> None:
        """Condition the total on drawn totals of the first year ahead.

        Args:
            totals: of every unit, as the last months are recorded, shape (units, draws).
            broken: units whose recording changed within that year: their step stays in the total.
        """
        seen = np.log(totals.sum(axis=0) + 0.5)
        share = totals.mean(axis=1) / max(float(totals.mean(axis=1).sum()), 1e-12)
        step = BREAK_VARIANCE * float((share[broken] ** 2).sum())
        missed = seen - np.log(self._top.expected(1) + 0.5) - self._walk.at(1)[0]
        rng = generator(self._seed, "running", "top", self._service)
        self._learnt = scalar_update(missed, self._top.trend.widths, float(seen.var()), step, rng)

    def factor(self, horizon: int, expected: Draws, fleeting: Draws) -> Draws:
        """The factor, shape (draws,); horizons in rising order.

        Args:
            horizon: years ahead.
            expected: what is expected without it, shape (units, groups, draws).
            fleeting: log noise of this year alone that `expected` has, shape (draws,).
        """
        if horizon > self.reach:
            return self._held
        whole = np.log(np.maximum(expected.sum(axis=(0, 1), dtype=np.float64), 1e-9))
        lasting = np.log(self._top.expected(horizon)) + self._walk.lasting(horizon)[0]
        if self._learnt is not None:
            lasting = lasting + self._learnt.correction(horizon)
        self._held = np.exp(lasting - whole + fleeting).astype(np.float32)
        noise = self._walk.fleeting(self._top.trend.widths.white)[0]
        return np.asarray(np.exp(lasting + noise - whole).astype(np.float32))
