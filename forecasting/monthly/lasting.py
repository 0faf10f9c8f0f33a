"""How errors of one series hang together over time: a part lasts, the rest is new each period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.scores import FloatArray

KEPT, MOST_SHARE = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0), 0.95
"""What the lasting part may keep from one period to the next, and its largest share."""


@dataclass(frozen=True)
class Lasting:
    """How scores of one series hang together over time: a share of their variance lasts, the rest is new.

    Attributes:
        share: of the variance.
        kept: correlation of the lasting part from one period to the next.
    """

    share: float
    kept: float

    @classmethod
    def of(cls, mean: float, periods: int) -> Lasting:
        """Errors that last as is usual, with this mean correlation over all pairs of so many periods."""
        whole = cls(1.0, USUAL.kept).mean(periods)
        return cls(float(np.clip(mean / whole, 0.0, MOST_SHARE)), USUAL.kept)

    def mean(self, periods: int) -> float:
        """Mean correlation over all pairs of so many periods."""
        lag = np.arange(1, max(periods, 2))
        pairs = np.maximum(periods - lag, 1)
        return float(self.share * (pairs * self.kept**lag).sum() / pairs.sum())

    def noise(self, shape: tuple[int, int, int], rng: np.random.Generator) -> FloatArray:
        """Standard normal scores (draws, h, n) that hang together so along axis 1."""
        slow = rng.normal(size=shape)
        for step in range(1, shape[1]):
            slow[:, step] = self.kept * slow[:, step - 1] + np.sqrt(1.0 - self.kept**2) * slow[:, step]
        slow *= np.sqrt(self.share)
        slow += np.sqrt(1.0 - self.share) * rng.normal(size=shape)
        return slow


USUAL = Lasting(0.4, 0.9)
"""Where no earlier origin tells."""


def fitted(correlation: FloatArray, pairs: FloatArray) -> Lasting:
    """The lasting part nearest to correlations at lags 1, 2, ..., each weighing as its pairs of periods."""
    lag = np.arange(1, correlation.size + 1)
    found, least = USUAL, np.inf
    for kept in KEPT:
        course = kept**lag
        share = float(np.clip((pairs * course * correlation).sum() / (pairs * course**2).sum(), 0.0, MOST_SHARE))
        miss = float((pairs * (correlation - share * course) ** 2).sum())
        if miss < least:
            found, least = Lasting(share, kept), miss
    return found


def mean_correlation(variance_of_sum: FloatArray, deviations: FloatArray) -> FloatArray:
    """The correlation that all pairs would have in a sum of this variance, shape (N,); 0 for one period alone.

    Args:
        variance_of_sum: shape (N,).
        deviations: standard deviations of the periods, shape (h, N).
    """
    alone = (deviations**2).sum(axis=0)
    pairs = deviations.sum(axis=0) ** 2 - alone
    return np.asarray(np.where(pairs > 1e-12 * alone, (variance_of_sum - alone) / np.maximum(pairs, 1e-300), 0.0))


def variance_of_sum(deviations: FloatArray, together: FloatArray) -> FloatArray:
    """Variance of the sum over periods whose errors all have this correlation; shapes as in `mean_correlation`.

    Of other deviations than the correlation was told of there may be no such errors: nothing is surer than sure.
    """
    alone = (deviations**2).sum(axis=0)
    return np.asarray(np.maximum(alone + together * (deviations.sum(axis=0) ** 2 - alone), 0.0))
