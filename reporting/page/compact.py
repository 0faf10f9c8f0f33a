"""Numbers in few characters, for the page's data file."""

from __future__ import annotations

from reporting.numbers import half_up


def short(value: float | None, small: int = 1) -> float | int | None:
    """A number in few characters: whole from 100 up, `small` decimals below."""
    if value is None:
        return None
    if abs(value) >= 100 or small == 0:
        return int(half_up(value, 0))
    rounded = half_up(value, small)
    return int(rounded) if rounded == int(rounded) else rounded
