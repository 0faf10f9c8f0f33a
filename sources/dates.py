"""Order of two dates in a row, whichever of them has a time of day."""

from __future__ import annotations

import polars as pl

from sources.contract_shape import Order


def dates_out_of_order(frame: pl.DataFrame, order: Order) -> pl.Series:
    """Where `first` is after `last`; null where one is unknown. A date and a time compare as days."""
    first, last = frame[order.first], frame[order.last]
    if first.dtype != last.dtype:
        first, last = first.cast(pl.Date), last.cast(pl.Date)
    return first > last
