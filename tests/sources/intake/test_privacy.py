"""Personal data in text: what is found, and what is not mistaken for it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.privacy import (
    check_character,
    emails_in,
    holds_email,
    holds_identity_code,
    holds_phone,
    identity_codes_in,
    is_placeholder,
    phones_in,
    placeholders_in,
)

SEPARATORS = "+-YXWVUABCDEF"


@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_separator_in_use_since_2023_is_known(separator):
    assert holds_identity_code(f"Asiakas 131052{separator}308T tavattu")


@pytest.mark.parametrize(
    "text",
    ["131052-308T", "hetu:131052-308t.", "(131052–308T)", "131052 - 308T", "131052-308X 010101-100X 131052-308T"],
)
def test_an_identity_code_is_found_however_it_is_written(text):
    assert holds_identity_code(text)


@pytest.mark.parametrize(
    "text",
    ["131052-308X", "321352-308T", "131352-308T", "131052-001T", "9131052-308T", "131052_308T", "2026-01-31", ""],
)
def test_what_is_no_identity_code_is_left_alone(text):
    assert not holds_identity_code(text)


@pytest.mark.parametrize("text", ["040 1234567", "+358 40 123 4567", "09-1234567", "0501234567", "00358401234567"])
def test_a_phone_number_is_found(text):
    assert holds_phone(f"Soitto {text}.")


@pytest.mark.parametrize(
    "text",
    ["2026-01-31 12:30", "1.2.246.10.99000907", "131052-308T", "31.1.2026", "0-17-vuotiaat", "100000"],
)
def test_dates_ids_and_numbers_are_no_phone_numbers(text):
    assert not holds_phone(text)


def test_an_email_address_is_found_and_a_lone_sign_is_not():
    assert holds_email("lähetä a.b@esimerkki.fi")
    assert not holds_email("@ 12 tai klo@")


@pytest.mark.parametrize(
    "text", ["-", " -- ", "ks. yllä", "KS. YLLÄ!", "ks. ylla", "Taydennetaan.", "...", "ei tietoa.", "n/a"]
)
def test_a_text_that_says_nothing_is_a_placeholder(text):
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["", "   ", "ks. yllä oleva suunnitelma", "Käyty."])
def test_a_missing_or_short_text_is_no_placeholder(text):
    assert not is_placeholder(text)


@settings(max_examples=60, deadline=None)
@given(
    day=st.integers(1, 28),
    month=st.integers(1, 12),
    year=st.integers(0, 99),
    number=st.integers(2, 999),
    separator=st.sampled_from(SEPARATORS),
    around=st.tuples(st.sampled_from(["", " ", "ä", "(", "\n", ":"]), st.sampled_from(["", " ", ".", ")", "\n"])),
)
def test_every_valid_code_is_found_in_any_surroundings(day, month, year, number, separator, around):
    date, three = f"{day:02d}{month:02d}{year:02d}", f"{number:03d}"
    code = f"{date}{separator}{three}{check_character(date, three)}"
    text = f"alku{around[0]}{code}{around[1]}"
    assert holds_identity_code(text)
    assert identity_codes_in(pl.Series([text, None, "ei"])).to_list() == [True, False, False]


@settings(max_examples=60, deadline=None)
@example(["ks. ylla", "KS. YLLÄ", "ks yl\u0301la", "yllä"])
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_columns_and_single_texts_are_judged_alike(texts):
    column = pl.Series(texts, dtype=pl.String)
    assert identity_codes_in(column).to_list() == [holds_identity_code(t) for t in texts]
    assert phones_in(column).to_list() == [holds_phone(t) for t in texts]
    assert emails_in(column).to_list() == [holds_email(t) for t in texts]
    assert placeholders_in(column).to_list() == [is_placeholder(t) for t in texts]
