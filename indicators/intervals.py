"""Intervals for shares and means: Wilson's score interval and the bootstrap over persons."""

from __future__ import annotations

import math
import zlib

import numpy as np
import numpy.typing as npt
import polars as pl

Z95 = 1.959963984540054
RESAMPLES = 500
MANY = 1000


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Args:
        successes: cases with the property, 0..n.
        n: cases, above 0.
        z: normal quantile; 1.96 gives 95 %.

    Returns:
        Lower and upper end, within 0..1.

    Raises:
        ValueError: there are no cases, or more successes than cases.
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"expected 0 <= successes <= n and n > 0; found {successes} of {n}")
    share, extra = successes / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z * math.sqrt(share * (1 - share) / n + extra / (4 * n)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)


def wilson_columns(successes: str, n: str, z: float = Z95) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Expressions `value`, `low`, `high` of shares; null where there are no cases."""
    cases = pl.when(pl.col(n) > 0).then(pl.col(n)).cast(pl.Float64)
    share, extra = pl.col(successes) / cases, z * z / cases
    middle = (share + extra / 2) / (1 + extra)
    half = z * (share * (1 - share) / cases + extra / (4 * cases)).sqrt() / (1 + extra)
    return (
        share.alias("value"),
        pl.min_horizontal((middle - half).clip(0.0, 1.0), share).alias("low"),  # the last bit of 0 and 1
        pl.max_horizontal((middle + half).clip(0.0, 1.0), share).alias("high"),
    )


def bootstrap_mean(
    values: npt.NDArray[np.float64], rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 % percentile interval of a mean, resampling persons.

    Equal values are resampled together (multinomial counts), which is the same draw at a fraction of the cost.
    Above `MANY` persons the percentiles are those of the normal limit of the same resampling.

    Args:
        values: one value per person, at least one.
        rng: random numbers.
        resamples: bootstrap samples.
    """
    if values.size == 0:
        raise ValueError("expected at least one person's value; found none")
    if values.size > MANY:
        mean, half = float(values.mean()), Z95 * float(values.std()) / math.sqrt(values.size)
        return mean - half, mean + half
    distinct, counts = np.unique(values, return_counts=True)
    draws = rng.multinomial(values.size, counts / values.size, size=resamples)
    low, high = np.quantile(draws @ distinct / values.size, [0.025, 0.975])
    return float(low), float(high)


def generator(seed: int, *key: str) -> np.random.Generator:
    """Random numbers that belong to one figure, whatever else is calculated beside it."""
    return np.random.default_rng([seed, zlib.crc32("|".join(key).encode())])
