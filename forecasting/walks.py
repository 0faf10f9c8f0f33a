"""Random log paths: noise on a random walk from a random level on a random slope, mean one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.trend_widths import Widths, slope_reach

Draws = NDArray[np.float32]


class LogWalk:
    """Draws of the log paths of some series with the same widths.

    Args:
        widths: variances of the path.
        series: number of series.
        draws: number of draws.
        rng: source of randomness.
        own: share of the independent yearly noise that is drawn here.
    """

    def __init__(
        self, widths: Widths, series: int, draws: int, rng: np.random.Generator, own: float = 1.0
    ) -> None:
        self.widths = widths._replace(white=widths.white * own)
        self.rng, self.horizon = rng, 0
        self.walk = np.zeros((series, draws), dtype=np.float32)
        self.tilt = np.float32(np.sqrt(widths.slope)) * rng.standard_normal(self.walk.shape, dtype=np.float32)
        self.level = np.float32(np.sqrt(widths.level)) * rng.standard_normal(self.walk.shape, dtype=np.float32)
        self.noise = self.walk

    def at(self, horizon: int) -> Draws:
        """The path `horizon` years ahead, shape (series, draws).

        Horizons are asked in rising order, and may be left out or asked again.
        """
        return np.asarray(self.lasting(horizon) + self.fleeting(self.widths.white))

    def lasting(self, horizon: int) -> Draws:
        """The path without the independent noise of the year."""
        for _ in range(horizon - self.horizon):
            self.walk += np.float32(np.sqrt(self.widths.drift)) * self.rng.standard_normal(
                self.walk.shape, dtype=np.float32
            )
            self.noise = self.rng.standard_normal(self.walk.shape, dtype=np.float32)
        self.horizon = horizon
        reach = float(slope_reach(horizon))
        half = 0.5 * (self.widths.level + self.widths.drift * horizon + self.widths.slope * reach**2)
        return np.asarray(self.level + self.walk + self.tilt * np.float32(reach) - np.float32(half))

    def fleeting(self, variance: float) -> Draws:
        """The independent noise of the year last asked for, at some variance."""
        return np.asarray(np.float32(np.sqrt(variance)) * self.noise - np.float32(0.5 * variance))
