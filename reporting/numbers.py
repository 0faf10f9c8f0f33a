"""Numbers, dates and intervals as each language writes them (CLDR through Babel)."""

from __future__ import annotations

import math
from datetime import date

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent

LOCALES = {"fi": Locale("fi", "FI"), "sv": Locale("sv", "FI"), "en": Locale("en", "GB")}
MISSING = "–"
NBSP = "\u00a0"
MOST_DIGITS = 3
MINUS = "\u2212"


class Numbers:
    """Number and date formats of one language; None and NaN are written as an en dash.

    Args:
        language: fi, sv or en.
    """

    def __init__(self, language: str) -> None:
        if language not in LOCALES:
            raise KeyError(f"no number formats for language '{language}'; there are: {', '.join(LOCALES)}")
        self.language = language
        self.locale = LOCALES[language]
        symbols = self.locale.number_symbols["latn"]
        self._marks = str.maketrans({",": symbols["group"], ".": symbols["decimal"], "-": MINUS})

    def integer(self, value: float | None) -> str:
        """A whole number with digit groups: 12 345 (fi, sv), 12,345 (en)."""
        return self.decimal(value, 0)

    def decimal(self, value: float | None, digits: int = 1) -> str:
        """A number with a fixed count of decimals."""
        if _missing(value):
            return MISSING
        return f"{half_up(value or 0.0, digits):,.{digits}f}".translate(self._marks)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share (0..1) as a percentage: 12 % (fi, sv), 12% (en)."""
        if _missing(share):
            return MISSING
        space = "" if self.language == "en" else NBSP
        pattern = f"{_pattern(digits)}{space}%"
        return _minus(format_percent(half_up(share or 0.0, digits + 2), pattern, locale=self.locale))

    def signed(self, value: float | None, digits: int = 0) -> str:
        """A change with its sign: +12, −3, 0."""
        if _missing(value):
            return MISSING
        return ("+" if half_up(value or 0.0, digits) > 0 else "") + self.decimal(value, digits)

    def signed_percent(self, share: float | None, digits: int = 0) -> str:
        """A relative change with its sign: +12 %."""
        if _missing(share):
            return MISSING
        return ("+" if half_up(share or 0.0, digits + 2) > 0 else "") + self.percent(share, digits)

    def interval(self, low: float | None, high: float | None, digits: int = 0) -> str:
        """Two ends of an interval: 120–150; with negative ends the dash is set apart."""
        return self._dash(self.decimal(low, digits), self.decimal(high, digits))

    def percent_interval(self, low: float | None, high: float | None, digits: int = 0) -> str:
        """Two ends of an interval of shares: 12–15 %; ends that would be written alike stand once."""
        ends = self.percent(low, digits), self.percent(high, digits)
        if ends[0] == ends[1]:
            return ends[1]
        return self._dash(ends[0].rstrip("%" + NBSP), ends[1])

    def fine_percent(self, share: float | None) -> str:
        """A share with one decimal, or two within a hundredth of nothing or of the whole: 87,6 %, but 99,87 %."""
        return self.percent(share, fine_digits(share))

    def fine_interval(self, low: float | None, high: float | None) -> str:
        """Two ends of an interval of shares, both as fine as the upper one needs: 99,60–100,00 %."""
        return self.percent_interval(low, high, fine_digits(high))

    def apart_digits(self, share: float, low: float, high: float) -> int:
        """Decimals at which a share differs from the ends of its limits: what lies outside is seen to."""
        least = fine_digits(share)
        others = [end for end in (low, high) if end != share]
        told = (
            d for d in range(least, MOST_DIGITS) if all(round(100 * e, d) != round(100 * share, d) for e in others)
        )
        return next(told, MOST_DIGITS)

    def _dash(self, low: str, high: str) -> str:
        if MISSING in (low, high):
            return MISSING
        return f"{low} – {high}" if MINUS in low + high or NBSP in low else f"{low}–{high}"

    def day(self, value: date | None) -> str:
        """A date: 22.11.2026 (fi, sv), 22 November 2026 (en)."""
        if value is None:
            return MISSING
        return format_date(value, "d MMMM y" if self.language == "en" else "d.M.y", locale=self.locale)

    def month(self, value: date | None) -> str:
        """A month and year: marraskuu 2026, november 2026, November 2026."""
        return MISSING if value is None else format_skeleton("yMMMM", value, locale=self.locale)

    def short_month(self, value: date | None) -> str:
        """A month for tight places: 11/2026 (fi, sv), Nov 2026 (en)."""
        if value is None:
            return MISSING
        return format_date(value, "MMM y" if self.language == "en" else "M/y", locale=self.locale)


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def fine_digits(share: float | None) -> int:
    """Decimals of a share: one, or two within a hundredth of nothing or of the whole."""
    return 2 if share is not None and not 0.01 < share < 0.99 else 1


def unbroken(numbers: str) -> str:
    """Numbers kept on one line: a value with its interval is not torn at its dash or spaces."""
    return numbers.replace(" ", NBSP).replace("–", "\u2060–\u2060")


def half_up(value: float, digits: int) -> float:
    """Round half away from zero, as tables are read; -0 becomes 0."""
    scale = 10.0**digits
    return round(math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9), value) / scale, digits) + 0.0


def seems_inside(share: float, low: float, high: float) -> bool:
    """Whether a fine share, as it and its fine limits are written, seems to lie within them."""
    digits = fine_digits(high) + 2
    return half_up(low, digits) <= half_up(share, fine_digits(share) + 2) <= half_up(high, digits)


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
