"""Names in the order of the reader's alphabet."""

import pytest

from reporting.reading_order import in_reading_order


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", ["Aikuiset", "élan", "Lahti", "zoo", "Åland", "Ähtäri", "Äänekoski", "Öja"]),
        ("en", ["Äänekoski", "Ähtäri", "Aikuiset", "Åland", "élan", "Lahti", "Öja", "zoo"]),
    ],
)
def test_letters_after_z_stand_there_where_the_language_has_them(language, expected):
    assert in_reading_order(sorted(expected), str, language) == expected
    assert in_reading_order(expected[::-1], str, "sv")[-4:] == ["Åland", "Ähtäri", "Äänekoski", "Öja"]


def test_numbers_go_by_their_size_and_case_does_not_count():
    assert in_reading_order(["Kohta 10", "kohta 2", "Kohta", "kohta 1: a"], str, "fi") == [
        *("Kohta", "kohta 1: a", "kohta 2", "Kohta 10")
    ]
