"""What the running year teaches the rates of later years: paths conditioned on totals that are nearly known.

The log paths of a service and its units are Gaussian, so they are conditioned by Matheron's rule (Journel &
Huijbregts 1978; Wilson et al. 2020): every draw is moved by the gain times what it missed the totals by. How much
of a surprise stays is what the widths of the trends say: independent noise of a year is forgotten, a walk stays,
and an error of the slope grows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.rates import FittedRates
from forecasting.running_year import RunningYear
from forecasting.trend_widths import Widths

FloatArray = NDArray[np.float64]
BREAK_VARIANCE = 1.0
"""Variance of the log step of a unit whose recording changed within the year: most of its surprise is that."""


class Learnt:
    """Corrections of log rates from what each draw expected of the running year.

    Args:
        rates: fitted rates of the service.
        running: its running year, the first one after the rates' origin.
        expected: what each draw expects of each cell in that year, shape (units, groups, draws).
        rng: source of randomness.

    Attributes:
        totals: drawn totals of the year, shape (units, draws); NaN for units that are not known.
    """

    def __init__(
        self, rates: FittedRates, running: RunningYear, expected: NDArray[np.float32], rng: np.random.Generator
    ) -> None:
        known = self._known = running.known
        self._total, self._areas = rates.total.widths, rates.areas.widths
        self.totals = np.full((known.size, expected.shape[-1]), np.nan)
        self.totals[known] = running.totals(expected.shape[-1], rng)
        cells = expected[known].mean(axis=-1, dtype=np.float64)
        mean = np.maximum(running.mean[known], 1.0)
        steady = self.totals[known] * (running.level[known] / mean)[:, None]
        noise = _count_variance(cells, rates.dispersion)
        drawn_noise = np.sqrt(noise)[:, None] * rng.standard_normal(steady.shape)
        missed = np.log(steady + 0.5) - np.log(expected[known].sum(axis=1, dtype=np.float64) + 0.5) - drawn_noise
        self._lasting = _level_variance(cells, rates.shape[known])
        self._lasting += np.where(running.broken[known], BREAK_VARIANCE, 0.0)
        self._groups = rates.groups.widths if cells.shape[1] > 1 else Widths(0.0, 0.0, 0.0)
        self._mix = _concentration(cells.sum(axis=0))
        relative = running.sd[known] / mean
        errors = running.shared * np.outer(relative, relative)
        np.fill_diagonal(errors, relative**2)
        common = self._total.white + self._groups.white * self._mix + self._common(1)
        own = self._areas.white + noise + self._lasting + float(self._areas.shared(1))
        self._weights = np.linalg.solve(common + np.diag(own) + errors, missed)

    def correction(self, horizon: int) -> NDArray[np.float32]:
        """What is added to log rates `horizon` (two or more) years after the origin, shape (units, draws)."""
        found = np.tile(self._common(horizon) * self._weights.sum(axis=0), (self._known.size, 1))
        own = float(self._areas.shared(horizon)) + self._lasting
        found[self._known] += own[:, None] * self._weights
        return found.astype(np.float32)

    def _common(self, horizon: int) -> float:
        """Covariance over units: of the service's own path, and of the groups' paths as they are mixed in it."""
        return float(self._total.shared(horizon) + self._mix * self._groups.shared(horizon))


def scalar_gain(widths: Widths, error: float, horizon: int) -> float:
    """Part of what was missed one year ahead that stays `horizon` years ahead, for one path.

    Args:
        widths: of the path.
        error: variance of the logarithm of what was observed.
        horizon: years ahead, two or more.
    """
    whole = widths.white + float(widths.shared(1)) + error
    return float(widths.shared(horizon)) / whole if whole > 0.0 else 0.0


def _count_variance(cells: FloatArray, dispersion: float) -> FloatArray:
    """Variance of the logarithm of each unit's total that NB2 counts add, shape (units,)."""
    whole = np.maximum(cells.sum(axis=1), 0.5)
    return np.asarray((cells + dispersion * cells**2).sum(axis=1) / whole**2)


def _level_variance(cells: FloatArray, shape: FloatArray) -> FloatArray:
    """Variance of the logarithm of each unit's total from the levels of its cells, shape (units,)."""
    whole = np.maximum(cells.sum(axis=1), 0.5)
    return np.asarray((cells**2 / np.maximum(shape, 1e-6)).sum(axis=1) / whole**2)


def _concentration(cells: FloatArray) -> float:
    """Sum of squared shares: the part of a group's variance that reaches the total of all groups."""
    return float((cells**2).sum() / max(float(cells.sum()) ** 2, 1e-12))
