"""json-stat2: order, both shapes of the index, marks of missing values, and answers that do not add up."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.jsonstat import UNMARKED, JsonStatError, read_cube


def dataset(**changes: Any) -> dict[str, Any]:
    """Two areas by three years: values 0..5 in row-major order."""
    base: dict[str, Any] = {
        "label": "small",
        "id": ["area", "year"],
        "size": [2, 3],
        "dimension": {
            "area": {"category": {"index": {"A": 0, "B": 1}}},
            "year": {"category": {"index": ["2023", "2024", "2025"]}},
        },
        "value": [0, 1, 2, 3, 4, 5],
    }
    return {**base, **changes}


def test_the_last_dimension_runs_fastest() -> None:
    rows = read_cube(dataset()).select("area", "year", "value").rows()
    assert rows == [
        ("A", "2023", 0.0),
        ("A", "2024", 1.0),
        ("A", "2025", 2.0),
        ("B", "2023", 3.0),
        ("B", "2024", 4.0),
        ("B", "2025", 5.0),
    ]


def test_an_index_out_of_order_is_read_by_its_positions() -> None:
    swapped = dataset()
    swapped["dimension"]["area"]["category"]["index"] = {"B": 1, "A": 0}
    assert read_cube(swapped).equals(read_cube(dataset()))


def test_a_single_category_may_have_only_a_label() -> None:
    one = dataset(size=[1, 3], value=[7, 8, 9])
    one["dimension"]["area"] = {"category": {"label": {"SSS": "KOKO MAA"}}}
    assert read_cube(one)["area"].unique().to_list() == ["SSS"]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ([None, 1, 2, 3, 4, "..."], {"0": ".."}),
        ([None, 1, 2, 3, 4, None], ["..", None, None, None, None, "..."]),
        ({"1": 1, "2": 2, "3": 3, "4": 4}, {"0": "..", "5": "..."}),
    ],
)
def test_marks_of_missing_values_are_kept_in_every_shape(value: Any, status: Any) -> None:
    cube = read_cube(dataset(value=value, status=status))
    assert cube["value"].to_list() == [None, 1.0, 2.0, 3.0, 4.0, None]
    assert cube["missing"].to_list() == ["..", None, None, None, None, "..."]


def test_a_missing_value_without_a_mark_says_so_and_a_note_beside_a_value_is_no_reason() -> None:
    cube = read_cube(dataset(value=[None, 1, 2, 3, 4, 5], status={"1": "p"}))
    assert cube["missing"].to_list() == [UNMARKED, None, None, None, None, None]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"value": [0, 1, 2]}, "3 values, expected 6"),
        ({"size": [2, 2], "value": [0, 1, 2, 3]}, "dimension 'year' has 3 categories, expected its size 2"),
        ({"size": [2]}, "2 dimensions but 1 sizes"),
        ({"value": {"6": 1}}, "position 6 is outside"),
        ({"dimension": {"area": {}}}, "dimension 'area' has no category"),
    ],
)
def test_an_answer_that_does_not_add_up_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(JsonStatError, match=complaint):
        read_cube(dataset(**changes))


def test_an_answer_that_is_something_else_is_refused() -> None:
    with pytest.raises(JsonStatError, match="no 'id'; expected a json-stat2 dataset"):
        read_cube({"error": "busy"})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_every_cell_stands_where_its_codes_say(sizes: list[int]) -> None:
    codes = [[f"{d}{i}" for i in range(n)] for d, n in enumerate(sizes)]
    cells = list(itertools.product(*codes))
    cube = read_cube(
        {
            "id": [str(d) for d in range(len(sizes))],
            "size": sizes,
            "dimension": {str(d): {"category": {"index": found}} for d, found in enumerate(codes)},
            "value": list(range(len(cells))),
        }
    )
    for row in cube.iter_rows():
        assert cells[int(row[-2])] == row[:-2]


@pytest.mark.real
def test_recorded_answers_of_statistics_finland_are_read(real_data: Path) -> None:
    recorded = real_data / "pxweb_recorded"
    cities = read_cube(json.loads((recorded / "statfin_v1_11re_three_cities_2025.jsonstat2.json").read_text()))
    assert dict(cities.select("alue_23_20260101", "value").iter_rows()) == {
        "KU049": 325716,
        "KU091": 694392,
        "KU092": 252956,
    }
    swedish = read_cube(json.loads((recorded / "scb_v2_TAB6471_data.json").read_text()))
    assert swedish.height == 21 * 11 * 3 * 4
    assert swedish["missing"].null_count() + swedish["value"].null_count() == swedish.height
