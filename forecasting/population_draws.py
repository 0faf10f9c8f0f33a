"""Random persons by year that are wrong in the way that past projections have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import SEXES
from forecasting.population import AgeBands
from forecasting.population_errors import ErrorPart, ErrorScale, chance_growth

FloatArray = NDArray[np.float64]


def error_loadings(correlation: FloatArray, keep: float = 0.98) -> FloatArray:
    """Loadings of cells on few common factors, shape (cells, factors).

    The leading eigenvectors of the correlation keep the given share of it; rows are scaled back to length one, so
    that no cell loses variance.
    """
    value, vector = np.linalg.eigh(correlation)
    value, vector = np.maximum(value[::-1], 0.0), vector[:, ::-1]
    count = int(np.searchsorted(np.cumsum(value) / value.sum(), keep)) + 1
    loading = vector[:, :count] * np.sqrt(value[:count])
    return np.asarray(loading / np.linalg.norm(loading, axis=1, keepdims=True))


@dataclass(frozen=True)
class PartDraws:
    """Random walks of one part of the error.

    Attributes:
        sd: yearly standard deviation of the log error, shape (areas or 1, 2 * bands).
        loadings: shape (2 * bands, factors).
        factors: random walks of the years not known, shape (years ahead, areas or 1, factors, draws), float32.
        elapsed: variance of the walk in each of them (h**mean power), shape (years ahead,).
        tilt: what the bands' powers add to the mean one, shape (2 * bands,).
    """

    sd: FloatArray
    loadings: FloatArray
    factors: NDArray[np.float32]
    elapsed: FloatArray
    tilt: FloatArray

    def year(self, step: int) -> NDArray[np.float32]:
        """Log errors `step` + 1 years ahead less half their variance, shape (areas or 1, 2 * bands, draws)."""
        sd = self.sd * float(step + 1) ** (0.5 * self.tilt)
        weight = (sd[..., None] * self.loadings[None]).astype(np.float32)
        log_error = np.matmul(weight, self.factors[step])
        log_error -= (0.5 * self.elapsed[step] * sd**2).astype(np.float32)[..., None]
        return np.asarray(log_error)


@dataclass(frozen=True)
class PopulationDraws:
    """Random persons by year, made on request so that no cube of them is kept.

    Attributes:
        expected: projected persons by band, shape (areas, 2 * bands, years).
        parts: the shared error and each area's own.
        chance: chance errors that a year adds, shape (areas, 2 * bands, draws), float32.
        chance_variance: their variance, shape (areas, 2 * bands).
        growth: what the chance errors are multiplied by in each year ahead, shape (2 * bands, years ahead).
        known: number of first years that are observed and have no error.
    """

    expected: FloatArray
    parts: tuple[PartDraws, ...]
    chance: NDArray[np.float32]
    chance_variance: FloatArray
    growth: NDArray[np.float32]
    known: int

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.parts[0].factors.shape[-1])

    def first(self, draws: int) -> PopulationDraws:
        """The first so many draws."""
        parts = tuple(replace(part, factors=part.factors[..., :draws]) for part in self.parts)
        return replace(self, parts=parts, chance=self.chance[..., :draws])

    def year(self, index: int) -> NDArray[np.float32]:
        """Persons of one year, shape (areas, 2 * bands, draws); the mean over draws is the projection."""
        level = self.expected[..., index].astype(np.float32)[..., None]
        step = index - self.known
        if step < 0:
            return np.asarray(np.broadcast_to(level, (*level.shape[:2], self.draws)))
        shared, own = self.parts
        persons = own.year(step)
        persons += shared.year(step)
        persons += self.growth[:, step, None] * self.chance
        np.exp(persons, out=persons)
        persons *= (
            level * np.exp(-0.5 * self.growth[:, step] ** 2 * self.chance_variance).astype(np.float32)[..., None]
        )
        return persons


def draw_population(
    expected: FloatArray,
    known: Sequence[bool],
    scale: ErrorScale,
    bands: AgeBands,
    draws: int,
    seed: np.random.SeedSequence,
) -> PopulationDraws:
    """Joint random paths of persons.

    Args:
        expected: persons by band, shape (areas, 2, bands, years).
        known: whether each year is observed (no error), shape (years,); the known ones come first.
        scale: error scales.
        bands: age bands.
        draws: number of draws.
        seed: seed of these draws alone.

    Returns:
        The draws.

    Raises:
        ValueError: a known year follows one that is not.
    """
    areas, _, n_bands, years = expected.shape
    first = int(np.sum(known))
    if not all(known[:first]):
        raise ValueError("known years must come before those that are projected")
    rng = np.random.Generator(np.random.SFC64(seed))
    start = expected[..., min(first, years - 1)]
    parts = []
    for part, size in ((scale.shared, 1), (scale.own, areas)):
        sd = np.tile(np.sqrt(part.by_age), (size, len(SEXES)))
        parts.append(_walks(part, sd, years - first, draws, rng))
    variance = scale.chance_variance(start).reshape(areas, -1)
    deviation = np.sqrt(variance).astype(np.float32)[..., None]
    chance = deviation * rng.standard_normal((areas, variance.shape[1], draws), dtype=np.float32)
    growth = np.tile(np.sqrt(chance_growth(scale.turnover, max(years - first, 1))), (len(SEXES), 1))
    flat = expected.reshape(areas, len(SEXES) * n_bands, years)
    return PopulationDraws(flat, tuple(parts), chance, variance, growth.astype(np.float32), first)


def _walks(part: ErrorPart, sd: FloatArray, ahead: int, draws: int, rng: np.random.Generator) -> PartDraws:
    loadings = error_loadings(part.correlation)
    power = float(part.power.mean())
    elapsed = np.arange(1, ahead + 1, dtype=float) ** power
    step = np.sqrt(np.diff(elapsed, prepend=0.0)).astype(np.float32)
    factors = np.empty((ahead, len(sd), loadings.shape[1], draws), dtype=np.float32)
    for t in range(ahead):
        factors[t] = step[t] * rng.standard_normal(factors.shape[1:], dtype=np.float32)
        if t:
            factors[t] += factors[t - 1]
    return PartDraws(sd, loadings, factors, elapsed, np.tile(part.power - power, len(SEXES)))
