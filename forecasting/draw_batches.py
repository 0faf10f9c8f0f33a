"""Draws in batches: what a batch is drawn from, made once and kept outside memory while others are drawn.

A batch is complete in itself, with a seed of its own, so the draws of a full batch depend neither on how many
follow nor on where they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forecasting.draw_store import ObjectStore
from forecasting.levers import ServiceLevers
from forecasting.need_model import NeedModel
from forecasting.population_draws import PopulationDraws
from forecasting.seeds import batch_seed

BATCH = 500
"""Draws of a batch: few enough that a year of cells is small, enough for the means that variances are split by."""


@dataclass(frozen=True)
class World:
    """One set of circumstances to draw: the baseline or a scenario.

    Attributes:
        name: `` for the baseline.
        model: rates and persons.
        levers: levers by service.
        population: draws of persons.
    """

    name: str
    model: NeedModel
    levers: list[ServiceLevers | None]
    population: PopulationDraws


def batches(draws: int, seed: int) -> Iterator[tuple[int, int]]:
    """Number of draws and seed of every batch."""
    for batch, first in enumerate(range(0, draws, BATCH)):
        yield min(BATCH, draws - first), batch_seed(seed, batch)


class Batches:
    """The worlds of every batch.

    Args:
        make: the worlds of a batch, the baseline first, from its number of draws and its seed.
        draws: number of draws.
        seed: seed of the forecast.

    Attributes:
        worlds: those of the first batch.
    """

    def __init__(self, make: Callable[[int, int], list[World]], draws: int, seed: int) -> None:
        sizes = list(batches(draws, seed))
        self.worlds = make(*sizes[0])
        self._seeds = [own for _, own in sizes]
        self._later = ObjectStore() if len(sizes) > 1 else None
        for size, own in sizes[1:]:
            if self._later is not None:  # models are the same in every batch
                self._later.append([(w.levers, w.population) for w in make(size, own)])

    def __len__(self) -> int:
        return len(self._seeds)

    def __iter__(self) -> Iterator[tuple[list[World], int]]:
        """Worlds and seed of every batch, loaded one at a time."""
        yield self.worlds, self._seeds[0]
        for number, seed in enumerate(self._seeds[1:]):
            yield self._loaded(number), seed  # bound to no name here: it goes before the next one is loaded

    def _loaded(self, number: int) -> list[World]:
        kept = self._later.load(number) if self._later is not None else []
        return [World(w.name, w.model, *own) for w, own in zip(self.worlds, kept, strict=True)]
