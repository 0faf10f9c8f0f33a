"""Drawings of the record-quality report: which units are marked and named, and that nothing is cut."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from reporting.pdf.svg import GREEN, LETTER, VERMILION, WIDTH, IntervalRow, interval_plot
from reporting.quality.facts import UnitFacts
from reporting.quality.figures import funnel
from reporting.structural.trust import QualityIndex


def unit(code: str, documents: int, index: float, low: float, high: float) -> UnitFacts:
    found = QualityIndex("overall", documents, index, index - 0.001, index + 0.001)
    return UnitFacts(code, "09", found, index, low, high, outside=not low <= index <= high)


def drawn(
    units: list[UnitFacts], integer: Callable[[float], str] = lambda n: f"{n:,.0f}", marked: str | None = None
) -> str:
    written = {"x_title": "documents", "y_title": "index", "percent": lambda v, d: f"{v:.{d + 1}%}"}
    return funnel(units, integer=integer, marked=marked, **written)


CROWDED = [
    *(unit(f"small unit number {n}", 900 * (n + 1), 0.964 + 0.0002 * n, 0.974, 0.9999) for n in range(4)),
    unit("the largest unit of the county", 43_000, 0.9641, 0.974, 0.995),
]


def test_the_largest_unit_below_its_limits_is_named_even_where_others_crowd():
    words = re.findall(r"<text[^>]*>([^<]+)</text>", drawn(CROWDED))
    assert "the largest unit of the county" in words


def test_a_units_own_funnel_has_its_diamond_on_top_and_no_name_over_the_others():
    picture = drawn(CROWDED, marked=CROWDED[0].unit)
    assert not any(u.unit in picture for u in CROWDED)
    assert picture.count("<polygon") == 1
    assert picture.index("<polygon") > picture.rindex("<circle")


NAME = r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)"[^>]*font-size="11" paint[^>]*>([^<]+)</text>'


def names(picture: str) -> dict[str, tuple[float, float, float]]:
    """Left and right end and the middle's height of each name."""
    found = {}
    for x, y, anchor, words in re.findall(NAME, picture):
        width = LETTER * 11 * len(words)
        left = float(x) - (width if anchor == "end" else 0)
        found[words] = (left, left + width, float(y) - 4)
    return found


def test_names_do_not_stand_on_each_other_nor_outside_the_drawing():
    boxes = list(names(drawn(CROWDED)).values())
    assert all(left >= 0 and right <= WIDTH for left, right, _ in boxes)
    assert len(boxes) >= 3
    for n, (a, b, y) in enumerate(boxes):
        assert not any(a < d and c < b and abs(y - z) < 11 for c, d, z in boxes[n + 1 :])


def test_a_name_covers_no_mark_of_another_unit():
    beside = [unit(f"good {n}", 300 + 150 * n, 0.998 + 0.0001 * (n % 3), 0.99, 1.0) for n in range(40)]
    picture = drawn([*beside, unit("a unit just below its limits", 2_900, 0.998, 0.9981, 0.9999)])
    ((left, right, middle),) = names(picture).values()
    marks = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', picture)]
    assert len(marks) == len(beside)
    assert not [m for m in marks if left - 4 < m[0] < right + 4 and abs(m[1] - middle) < 9]


def test_a_unit_above_its_limits_has_another_shape_and_colour_than_one_below():
    picture = drawn([unit("low", 1_000, 0.96, 0.97, 0.99), unit("high", 2_000, 0.995, 0.97, 0.99)])
    below, above = (
        re.findall(rf'<polygon points="([^"]+)" fill="{colour}"', picture) for colour in (VERMILION, GREEN)
    )
    assert [len(points[0].split()) for points in (below, above)] == [4, 3]


@pytest.mark.parametrize("written", ["100,00 %", "100 000 000"])
def test_the_value_at_the_end_of_an_axis_is_not_cut(written):
    picture = interval_plot([IntervalRow("a", 0.9, 0.8, 1.0)], title="index", written=lambda v, d: written)
    for x, anchor in re.findall(rf'<text x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)"[^>]*>{written}<', picture):
        width = LETTER * 11 * len(written)
        assert float(x) + (width / 2 if anchor == "middle" else 0) <= WIDTH
