"""Where the uncertainty of need comes from: what is expected given one source alone, variance, swing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.service_plan import ServicePlan, YearDraws

FloatArray = NDArray[np.float64]

SOURCES = ("population", "rate", "policy", "noise")
"""Sources of variance; `policy` holds everything of the register of assumptions."""


def expected_by_source(plan: ServicePlan, year: YearDraws) -> FloatArray:
    """Expected node totals given one source of uncertainty alone, per draw, shape (nodes, sources, draws).

    The sources are independent, so crossing one's draws with the means of the others (over the batch) gives the
    conditional expectation; noise is what counts do around what is expected of them. Where a total of the running
    year is met, what is not known of it is all use: persons and rates err against one another there.
    """
    rate, exposure = year.rate.mean(axis=-1), year.exposure.mean(axis=-1)
    lever = np.ones((1, 1, 1), dtype=np.float32)
    for factor in year.factors.values():
        lever = lever * factor
    average = lever.mean(axis=-1)
    parts = [
        np.einsum("ug,ugd->ud", rate * average, year.exposure),
        np.einsum("ug,ugd->ud", exposure * average, year.rate),
        (year.counts - year.expected).sum(axis=1),
    ]
    if year.factors:
        parts.insert(2, np.einsum("ug,ugd->ud", exposure * rate, np.broadcast_to(lever, year.rate.shape)))
    else:
        parts.insert(2, np.zeros_like(parts[0]))
    if plan.running is not None and year.year == plan.running.year:
        met = plan.running.known
        for part in parts[:3]:
            part[met] = part[met].mean(axis=-1, keepdims=True)
        parts[1][met] = year.expected[met].sum(axis=1)
    return np.stack([plan.node_units @ part.astype(np.float64) for part in parts], axis=1)


def variance(parts: FloatArray) -> FloatArray:
    """Variance over draws, shape (..., 1)."""
    return np.asarray(parts.var(axis=-1, keepdims=True))


def swings(parts: FloatArray) -> FloatArray:
    """P10 and P90 of each source less its mean, shape (..., 2)."""
    low, high = np.quantile(parts, [0.1, 0.9], axis=-1)
    mean = parts.mean(axis=-1)
    return np.stack([low - mean, high - mean], axis=-1)
