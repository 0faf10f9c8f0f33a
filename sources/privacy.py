"""Personal data in text: identity codes, phone numbers, e-mail addresses, and texts that say nothing.

Whole columns are scanned by regular expressions in Polars; the check character is computed for candidates only.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from sources.structures import load_structures

CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
# Separators: + 1800s; - Y X W V U 1900s; A B C D E F 2000s (the letters beside - and A in use since 2023). Word
# processors turn the hyphen into a dash, people put spaces around it.
DASHES = r"-\u2010-\u2015\u2212"
_BORN = r"(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])([0-9]{2})"
_LETTERS = "YXWVUABCDEFyxwvuabcdef"
_CODE = rf"{_BORN}(?: ?[{DASHES}+] ?|[{_LETTERS}])([0-9]{{3}})([0-9A-FHJ-NPR-Ya-fhj-npr-y])"
# A whole identifier of this form, whatever its last character; spaces as the pseudonyms overlook them.
_FORM = rf"^\s*{_BORN}\s*[{DASHES}+{_LETTERS}]\s*([0-9]{{3}})([0-9A-Za-z])\s*$"
_END = r"(?:[^0-9A-Za-z\u00c0-\u00ff_]|$)"  # not \b: a Unicode word boundary makes Rust's scan 30 times slower
IDENTITY_CODE = rf"(?:^|[^0-9]){_CODE}{_END}"
PHONE = (
    r"(?:^|[^0-9A-Za-z.\-/+])"
    r"(?:(?:\+|00)358[ \-]?(?:\(0\)[ \-]?)?[1-9]|\(?0(?:4[0-9]|50|[1-9])\)?)(?:[ \-]?[0-9]){5,10}" + _END
)
EMAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
_ENDS = " \t\r\n\u00a0.,;:!?-\u2013\u2014_*/()\"'"

_PLAIN = {ord("ä"): "a", ord("å"): "a", ord("ö"): "o"}  # as written in haste: ks. ylla

_form_pattern = re.compile(_FORM)
_identity_pattern = re.compile(rf"(?<![0-9]){_CODE}(?![0-9A-Za-z\u00c0-\u00ff_])")
_phone_pattern = re.compile(PHONE)
_email_pattern = re.compile(EMAIL)


def holds_identity_code(text: str) -> bool:
    """Whether a Finnish personal identity code with a right check character stands in the text."""
    return any(_right_check(*match) for match in _identity_pattern.findall(text))


def holds_phone(text: str) -> bool:
    """Whether a Finnish phone number stands in the text."""
    return _phone_pattern.search(text) is not None


def holds_email(text: str) -> bool:
    """Whether an e-mail address stands in the text."""
    return _email_pattern.search(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether the text says nothing (`-`, `ks. yllä`); a text of no characters is missing, not a placeholder."""
    return bool(text.strip()) and text.strip(_ENDS).lower().translate(_PLAIN) in _placeholders()


def identity_codes_in(values: pl.Series) -> pl.Series:
    """Which of the texts hold an identity code (null: no)."""
    candidates = values.str.contains(IDENTITY_CODE).fill_null(value=False)
    if not candidates.any():
        return candidates
    places = candidates.arg_true()
    sure = [holds_identity_code(text) for text in values.gather(places).to_list()]
    return candidates.scatter(places, sure)


def miswritten_identity_codes(identifiers: pl.Series) -> pl.Series:
    """Which identifiers in the form of an identity code have a wrong check character; null: of another form.

    Artificial codes (individual numbers 900-999) have check characters too. Each distinct one is looked at once.
    """
    distinct = identifiers.drop_nulls().unique()
    formed = distinct.filter(distinct.str.contains(_FORM))
    wrong = pl.Series([_is_miswritten(code) for code in formed.to_list()], dtype=pl.Boolean)
    return identifiers.replace_strict(formed, wrong, default=None, return_dtype=pl.Boolean)


def phones_in(values: pl.Series) -> pl.Series:
    """Which of the texts hold a phone number (null: no)."""
    return values.str.contains(PHONE).fill_null(value=False)


def emails_in(values: pl.Series) -> pl.Series:
    """Which of the texts hold an e-mail address (null: no)."""
    has_sign = values.str.contains("@", literal=True).fill_null(value=False)
    return has_sign & values.str.contains(EMAIL).fill_null(value=False) if has_sign.any() else has_sign


def placeholders_in(values: pl.Series) -> pl.Series:
    """Which of the texts say nothing (null: no)."""
    filled = values.str.strip_chars().str.len_bytes() > 0
    core = values.str.strip_chars(_ENDS)
    short = core.str.len_chars() <= max(map(len, _placeholders()))
    lower = core.set(~short.fill_null(value=False), "?filled?").str.to_lowercase()
    plain = lower.str.replace_many([chr(letter) for letter in _PLAIN], list(_PLAIN.values()))
    says_nothing = plain.is_in(list(_placeholders()))
    return (filled & says_nothing).fill_null(value=False)


def check_character(day_month_year: str, number: str) -> str:
    """Check character of an identity code: the nine digits modulo 31."""
    return CHECK_CHARACTERS[int(day_month_year + number) % 31]


def _right_check(day: str, month: str, year: str, number: str, check: str) -> bool:
    return number >= "002" and check_character(day + month + year, number) == check.upper()


def _is_miswritten(code: str) -> bool:
    day, month, year, number, check = _form_pattern.findall(code)[0]
    right: bool = check_character(day + month + year, number) == check.upper()
    return not right


@cache
def _placeholders() -> frozenset[str]:
    return frozenset(text.translate(_PLAIN) for text in load_structures().placeholders)
