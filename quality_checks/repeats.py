"""Keys that more than one document has; almost all documents are alone with theirs."""

from __future__ import annotations

import numpy as np
import polars as pl


def repeated(keys: pl.Series) -> pl.Series:
    """Whether another row has the same key; a row without one shares none.

    Sorting whole numbers and looking at neighbours takes a fraction of grouping them.

    Args:
        keys: 64-bit hashes or null.
    """
    ordered = np.sort(keys.drop_nulls().to_numpy())
    shared = pl.Series(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]), dtype=keys.dtype)
    return keys.is_in(shared.implode()).fill_null(value=False)
