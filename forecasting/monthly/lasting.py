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
