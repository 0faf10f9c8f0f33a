"""How wide the error of a trend is by horizon: four variances, fitted to out-of-sample squared errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

FloatArray = NDArray[np.float64]


LONGEST = 10
"""Longest horizon tested, in years."""


class Widths(NamedTuple):
    """Variance of the log error h years ahead: white + level + drift * h + slope * h**2 (see `slope_reach`).

    Attributes:
        white: independent in every year.
        drift: accumulating, as in a random walk.
        slope: of the yearly slope, constant along a path.
        level: of the level at the origin, the same in every year.
    """

    white: float
    drift: float
    slope: float
    level: float = 0.0

    def at(self, horizon: NDArray[np.int_] | int) -> FloatArray:
        """The variance `horizon` years ahead."""
        h = np.asarray(horizon, dtype=np.float64)
        return np.asarray(self.white + self.level + self.drift * h + self.slope * slope_reach(h) ** 2)

    def shared(self, horizon: NDArray[np.int_] | int) -> FloatArray:
        """Covariance of the errors one and `horizon` years ahead; for one year, what lasts of its variance."""
        return np.asarray(
            self.level + self.drift + self.slope * slope_reach(np.asarray(horizon, dtype=np.float64))
        )


def slope_reach(horizon: FloatArray | NDArray[np.int_] | float) -> FloatArray:
    """Years over which an error of the slope has added up: all of them to `LONGEST`, like a random walk beyond.

    No slope keeps for ever, and none was tested further.
    """
    h = np.asarray(horizon, dtype=np.float64)
    return np.asarray(np.sqrt(h * np.minimum(h, LONGEST)))


DEFAULT_WIDTHS = Widths(0.02**2, 0.02**2, 0.01**2)
"""Widths of a service that could not be tested: 2% a year, independent and accumulating, 1% in the slope."""


def widths(
    squares: FloatArray,
    cases: FloatArray,
    prior: Widths,
    prior_cases: float = 16.0,
    products: FloatArray | None = None,
) -> Widths:
    """Fit widths to mean squared errors by horizon, and to the mean products of errors one and more years ahead.

    Squares alone cannot tell noise that passes with its year from an error of the level that stays; products can.
    Horizons that were not tested follow the form of the prior at the level that the tested ones show.

    Args:
        squares: mean squared out-of-sample errors less what counting noise explains, shape (horizons,).
        cases: origins behind each horizon, shape (horizons,).
        prior: widths pooled over other series, mixed in with the weight of `prior_cases` origins.
        prior_cases: see `prior`.
        products: mean products of the errors one and h years ahead of the same origin, shape (horizons,), the
            first one not used; without them no error of the level is told apart.

    Returns:
        Non-negative widths.
    """
    longest = max(LONGEST, squares.size)
    h = np.arange(1, longest + 1, dtype=np.float64)
    n, mean = np.zeros(longest), np.zeros(longest)
    known = np.isfinite(squares)
    n[: squares.size], mean[: squares.size] = np.where(known, cases, 0.0), np.where(known, squares, 0.0)
    expected = prior.at(np.arange(1, longest + 1))
    seen = float((n * np.maximum(mean, 0.0) / np.maximum(expected, 1e-8)).sum())
    expected = expected * (seen + prior_cases) / (float(n.sum()) + prior_cases)
    mixed = np.maximum((n * mean + prior_cases * expected) / (n + prior_cases), 0.0)
    root = np.sqrt(n + prior_cases) / np.maximum(expected, 1e-8)
    design = np.column_stack([np.ones_like(h), h, h**2])
    if products is None:
        found, _ = nnls(design * root[:, None], mixed * root)
        return Widths(*map(float, found))
    together = np.zeros(longest)
    together[: products.size] = np.where(np.isfinite(products), products, 0.0)
    scale = (seen + prior_cases) / (float(n.sum()) + prior_cases)
    both = (n * together + prior_cases * scale * prior.shared(h.astype(int))) / (n + prior_cases)
    rows = np.column_stack([design, np.ones_like(h)])
    lasting = np.column_stack([np.zeros_like(h), np.ones_like(h), h, np.ones_like(h)])[1:]
    roots = np.concatenate([root, root[1:]])
    found, _ = nnls(np.concatenate([rows, lasting]) * roots[:, None], np.concatenate([mixed, both[1:]]) * roots)
    return Widths(*map(float, found))
