"""Texts in three languages and the numbers in them."""

from __future__ import annotations

from datetime import date

import pytest

from reporting.numbers import Numbers
from reporting.texts import TextError, Texts


def test_a_message_is_filled_in():
    assert Texts("fi").get("chart-alt-fan", title="Käynnit") == "Viivakuvio: Käynnit."


def test_a_missing_message_or_variable_raises():
    with pytest.raises(TextError, match="no message 'nonsense'"):
        Texts("sv").get("nonsense")
    with pytest.raises(TextError, match="title"):
        Texts("en").get("chart-alt-fan")
    with pytest.raises(TextError, match="no catalogue"):
        Texts("de")


def test_a_message_given_twice_or_broken_is_refused(tmp_path):
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "a.ftl").write_text("hello = Hello\n")
    (folder / "b.ftl").write_text("hello = Hi\n")
    with pytest.raises(TextError, match="twice"):
        Texts("en", tmp_path)
    (folder / "b.ftl").write_text("bad line without equals\n")
    with pytest.raises(TextError, match="not a valid message"):
        Texts("en", tmp_path)


@pytest.mark.parametrize(
    ("language", "integer", "percent", "interval", "day", "month"),
    [
        ("fi", "12\u00a0346", "12,3\u00a0%", "1–5", "2.11.2026", "marraskuu 2026"),
        ("sv", "12\u00a0346", "12,3\u00a0%", "1–5", "2.11.2026", "november 2026"),
        ("en", "12,346", "12.3%", "1–5", "2 November 2026", "November 2026"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_writes_them(
    language, integer, percent, interval, day, month
):
    numbers = Numbers(language)
    assert numbers.integer(12345.5) == integer
    assert numbers.percent(0.123, 1) == percent
    assert numbers.interval(1, 5) == interval
    assert numbers.day(date(2026, 11, 2)) == day
    assert numbers.month(date(2026, 11, 2)) == month


def test_a_change_has_its_sign_and_zero_has_none():
    numbers = Numbers("fi")
    assert [numbers.signed(v) for v in (3, -3, 0.2, None)] == ["+3", "−3", "0", "–"]
    assert numbers.decimal(-0.04) == "0,0"
    assert numbers.interval(-1, 5) == "−1 – 5"
