"""Seeds that hang on names, so that draws do not depend on the order or place of drawing."""

from __future__ import annotations

import zlib

import numpy as np


def name_seed(seed: int, *names: str) -> np.random.SeedSequence:
    """A seed that depends on names only, not on the order of drawing."""
    return np.random.SeedSequence([seed, *(zlib.crc32(name.encode()) for name in names)])


def generator(seed: int, *names: str) -> np.random.Generator:
    """A fast generator of its own for the names."""
    return np.random.Generator(np.random.SFC64(name_seed(seed, *names)))


def batch_seed(seed: int, batch: int) -> int:
    """The seed of a batch of draws; the first one has the seed itself."""
    return int(name_seed(seed, "batch", str(batch)).generate_state(1, np.uint64)[0]) if batch else seed
