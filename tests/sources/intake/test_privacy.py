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
    miswritten_identity_codes,
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


@pytest.mark.parametrize("separator", [*SEPARATORS, *"abcdefuvwxy", "\u2013", " - ", "\u2212 "])
def test_an_identifier_in_the_form_of_an_identity_code_is_held_to_its_check_character(separator):
    right, number = f"010170{separator}123", "010170123"
    own = check_character(number[:6], number[6:])
    for check in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        codes = pl.Series([right + check, f" {right}{check.lower()} "])
        assert miswritten_identity_codes(codes).to_list() == [check != own] * 2


def test_artificial_codes_are_right_with_a_right_check_character():
    codes = [f"311299A{number}{check_character('311299', str(number))}" for number in (900, 950, 999)]
    assert miswritten_identity_codes(pl.Series(codes)).to_list() == [False] * 3
    assert miswritten_identity_codes(pl.Series([code[:-1] + "Z" for code in codes])).to_list() == [True] * 3


@pytest.mark.parametrize(
    "identifier",
    [None, "", "c1", "A-131052-308X", "131052-308", "131052-308XX", "321352-308X", "131352-308X", "131052_308X",
     "131052308X", "131052-3O8X", "131052-308\u00c4", "0123456789abcdef0123456789abcdef"],
)  # fmt: skip
def test_an_identifier_of_another_form_is_not_judged(identifier):
    found = miswritten_identity_codes(pl.Series(["131052-308X", identifier, "131052-308T"], dtype=pl.String))
    assert found.to_list() == [True, None, False]


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
