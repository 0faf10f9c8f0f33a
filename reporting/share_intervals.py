"""How the interval of a share is written beside it; a share's own digits live in `reporting.numbers`."""

from __future__ import annotations

from reporting.numbers import MISSING, Numbers, fine_digits
from reporting.texts import Texts


def share_interval(
    low: float | None, high: float | None, texts: Texts, numbers: Numbers, digits: int | None = None
) -> str:
    """The interval of a share that stands beside it; of ends written alike, how close they are.

    Args:
        low: lower end, 0 to 1; None where hidden or not known.
        high: upper end, 0 to 1; None where hidden or not known.
        texts: messages of the language.
        numbers: number formats of the language.
        digits: decimals of both ends; as many as the upper one needs when None.
    """
    digits = fine_digits(high) if digits is None else digits
    ends = (numbers.percent(low, digits), numbers.percent(high, digits))
    if ends[0] == ends[1] != MISSING:
        return texts.get("narrow-interval", width=numbers.decimal(10.0**-digits, digits))
    return numbers.percent_interval(low, high, digits)
