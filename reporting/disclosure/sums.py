"""A published sum of cells: what ties hidden values to shown ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sum:
    """One published sum: the cells `parts` add up to the cell `total`."""

    total: int
    parts: NDArray[np.intp]

    @property
    def cells(self) -> NDArray[np.intp]:
        """All its cells, the total first."""
        return np.concatenate([[self.total], self.parts])
