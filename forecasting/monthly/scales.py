"""Scales on which the models are linear: identity, square root, logarithm. Forward, back, and the Jacobian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from forecasting.scores import FloatArray

ScaleName = Literal["identity", "sqrt", "log"]
SCALES: tuple[ScaleName, ...] = ("identity", "sqrt", "log")
VARIANCE_CAP = 0.3
"""Largest log-scale variance used in the mean's correction: beyond it a log-normal mean is noise."""
GROWTH_CAP = 4.0
"""A back-transformed median may not exceed this many times the largest value of the (cleaned) history."""


@dataclass(frozen=True)
class Scale:
    """One scale for N series.

    Attributes:
        name: identity, sqrt or log.
        shift: added before the transform, shape (N,); 3/8 and 1/2 for counts, a share of the mean for others.
        ceiling: largest value a median may take, shape (N,).
    """

    name: ScaleName
    shift: FloatArray
    ceiling: FloatArray

    def forward(self, y: FloatArray) -> FloatArray:
        """Values on the scale; y has shape (..., N)."""
        if self.name == "identity":
            return y
        shifted = np.maximum(y + self.shift, 1e-12)
        return np.sqrt(shifted) if self.name == "sqrt" else np.log(shifted)

    def take(self, columns: NDArray[np.int64] | NDArray[np.bool_]) -> Scale:
        """The same for some of the series."""
        return Scale(self.name, self.shift[columns], self.ceiling[columns])

    def log_jacobian(self, y: FloatArray) -> FloatArray:
        """Log derivative of the transform at y, shape of y."""
        if self.name == "identity":
            return np.zeros_like(y)
        log = np.log(np.maximum(y + self.shift, 1e-12))
        return -np.log(2.0) - 0.5 * log if self.name == "sqrt" else -log

    def median(self, z: FloatArray) -> FloatArray:
        """Back to the data's scale: quantiles go through unchanged."""
        if self.name == "identity":
            return z
        if self.name == "sqrt":
            return np.minimum(np.maximum(z, 0.0) ** 2 - self.shift, self.ceiling)
        return np.exp(np.minimum(z, np.log(self.ceiling + self.shift))) - self.shift

    def slope(self, z: FloatArray) -> FloatArray:
        """How fast values on the data's scale change at z."""
        if self.name == "identity":
            return np.ones_like(z)
        if self.name == "sqrt":
            return 2.0 * np.maximum(z, 0.0)
        return np.exp(np.minimum(z, np.log(self.ceiling + self.shift)))

    def mean(self, z: FloatArray, variance: FloatArray) -> FloatArray:
        """Expected value on the data's scale of a normal variable with mean z and `variance`."""
        if self.name == "identity":
            return z
        middle = self.median(z)
        if self.name == "sqrt":
            return middle + np.minimum(variance, (middle + self.shift) * VARIANCE_CAP)
        return (middle + self.shift) * np.exp(np.minimum(variance, VARIANCE_CAP) / 2.0) - self.shift


def scale_of(name: ScaleName, y: FloatArray, count: NDArray[np.bool_]) -> Scale:
    """The scale fitted to values y (T, N), NaN where missing; `count` marks series of counts, shape (N,)."""
    mean, largest = np.nanmean(y, axis=0), np.nanmax(y, axis=0)
    share = {"identity": (0.0, 0.0), "sqrt": (0.375, 0.02), "log": (0.5, 0.05)}[name]
    shift = np.where(count, share[0], share[1] * np.abs(mean) + 1e-9)
    return Scale(name, shift, np.maximum(largest, 1e-9) * GROWTH_CAP)
