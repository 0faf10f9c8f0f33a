"""What the running year teaches the rates of later years: paths conditioned on totals that are nearly known.

The log paths of a service and its units are Gaussian, so they are conditioned by Matheron's rule (Journel &
Huijbregts 1978; Wilson et al. 2020): every draw is moved by the gain times what it missed the totals by. How much
of a surprise stays is what the widths of the trends say: independent noise of a year is forgotten, a walk stays,
and an error of the slope grows. A surprise whose like the past has not shown is taken for a lasting shift.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecasting.rates import FittedRates
from forecasting.running_year import RunningYear
from forecasting.trend_widths import Widths

FloatArray = NDArray[np.float64]
BREAK_VARIANCE = 1.0
"""Variance of the log step of a unit whose recording changed within the year: most of its surprise is that."""


LIMIT = 2.0
"""Standard deviations that a total may miss by chance; what is missed beyond them is a shift that stays."""


def shift_variance(missed: FloatArray, variance: FloatArray) -> FloatArray:
    """Variance of a lasting shift that makes misses as large as these credible; 0 where they are."""
    return np.asarray(np.maximum(missed**2 - LIMIT**2 * variance, 0.0))


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
        steady = self._steady = self.totals[known] * (running.level[known] / mean)[:, None]
        noise = _count_variance(cells, rates.dispersion)
        drawn_noise = np.sqrt(noise)[:, None] * rng.standard_normal(steady.shape)
        missed = np.log(steady + 0.5) - np.log(expected[known].sum(axis=1, dtype=np.float64) + 0.5) - drawn_noise
        level = _level_variance(cells, rates.shape[known])
        self._groups = rates.groups.widths if cells.shape[1] > 1 else Widths(0.0, 0.0, 0.0)
        self._mix = _concentration(cells.sum(axis=0))
        relative = running.sd[known] / mean
        errors = running.shared * np.outer(relative, relative)
        np.fill_diagonal(errors, relative**2)
        common = self._total.white + self._groups.white * self._mix + self._common(1)
        own = self._areas.white + noise + level + float(self._areas.shared(1))
        shifts = _shifts(missed.mean(axis=1), common, own, errors, running.broken[known])
        draws = missed.shape[1]
        self._shift = np.sqrt(shifts[0]) * rng.standard_normal(draws)
        self._shifts = np.sqrt(shifts[1])[:, None] * rng.standard_normal((own.size, draws))
        self._shared, self._lasting = shifts[0], level + shifts[1]
        missed -= self._shift + self._shifts
        self._weights = np.linalg.solve(common + shifts[0] + np.diag(own + shifts[1]) + errors, missed)
        self._shared_now = (common + shifts[0]) * self._weights.sum(axis=0) + self._shift

    def correction(self, horizon: int) -> NDArray[np.float32]:
        """What is added to log rates `horizon` (two or more) years after the origin, shape (units, draws)."""
        common = (self._common(horizon) + self._shared) * self._weights.sum(axis=0) + self._shift
        found = np.tile(common, (self._known.size, 1))
        own = float(self._areas.shared(horizon)) + self._lasting
        found[self._known] += own[:, None] * self._weights + self._shifts
        return found.astype(np.float32)

    def steady(self, expected: NDArray[np.float32]) -> FloatArray:
        """Totals of all units if the whole year were recorded as its last months are, shape (units, draws).

        Those that are not known are what was `expected`, moved by what the known ones say of the service.
        """
        found = np.asarray(expected.sum(axis=1, dtype=np.float64) * np.exp(self._shared_now))
        found[self._known] = self._steady
        return found

    def _common(self, horizon: int) -> float:
        """Covariance over units: of the service's own path, and of the groups' paths as they are mixed in it."""
        return float(self._total.shared(horizon) + self._mix * self._groups.shared(horizon))


def _shifts(
    missed: FloatArray, common: float, own: FloatArray, errors: FloatArray, broken: NDArray[np.bool_]
) -> tuple[float, FloatArray]:
    """Variance of a lasting shift of the service, and of each unit's own.

    Args:
        missed: mean log miss of each unit.
        common: variance that units share.
        own: each unit's own variance.
        errors: covariance of the errors of the totals.
        broken: units whose recording changed within the year; they say nothing of the service.
    """
    weight = np.where(broken, 0.0, 1.0) / own
    if not weight.any():
        weight = 1.0 / own
    weight /= weight.sum()
    shared = float(weight @ missed)
    variance = common + float(weight**2 @ own + weight @ errors @ weight)
    apart = shift_variance(missed - shared, own + np.diag(errors))
    whole = float(shift_variance(np.array(shared), np.array(variance)))
    return whole, np.where(broken, BREAK_VARIANCE, apart)


def scalar_update(
    missed: FloatArray, widths: Widths, error: float, step: float, rng: np.random.Generator
) -> ScalarUpdate:
    """What a single path learns from what its draws missed one year ahead, shape (draws,).

    Args:
        missed: log miss of every draw.
        widths: of the path.
        error: variance of the logarithm of what was observed.
        step: variance of a lasting shift that is known of; more where the misses ask for it.
        rng: source of randomness.
    """
    variance = widths.white + float(widths.shared(1)) + error
    shift = max(float(shift_variance(missed.mean(), np.array(variance))), step)
    drawn = np.sqrt(shift) * rng.standard_normal(missed.size)
    return ScalarUpdate(widths, shift, drawn, (missed - drawn) / max(variance + shift, 1e-12))


class ScalarUpdate(NamedTuple):
    """Corrections of one path; see `scalar_update`."""

    widths: Widths
    shift_variance: float
    shift: FloatArray
    weights: FloatArray

    def correction(self, horizon: int) -> FloatArray:
        """What is added to the log path `horizon` (two or more) years ahead, shape (draws,)."""
        return self.shift + (float(self.widths.shared(horizon)) + self.shift_variance) * self.weights


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
