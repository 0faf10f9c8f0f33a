"""Contents are read in bulk where they are of the ordinary shape and one by one where not, with one outcome."""

import json
from itertools import accumulate

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_checks.content import _looked_at, read_content, read_contents
from quality_checks.content_columns import all_columns, exprs, fields_for
from quality_checks.odd_content import read_odd_content
from quality_checks.ordinary_content import read_ordinary_content

CODE = st.one_of(
    st.none(), st.sampled_from(["1", "9", "home_care", "§text:12", "§placeholder", "", "-", "2026-03-05"])
)
FLAG = st.one_of(CODE, st.booleans())
GOAL = st.fixed_dictionaries({"need": CODE, "goal": st.just("§text:30")}, optional={"measurable": FLAG})
SERVICE = st.fixed_dictionaries({"need": CODE, "service": st.just("x")}, optional={"starts_on": CODE})
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("note", "service", "reason", "started_on", "description", "key_worker_named"), FLAG),
        "needs": st.none() | st.lists(CODE, max_size=3),
        "participants": st.lists(CODE, max_size=2),
        "goals": st.none() | st.lists(GOAL, max_size=3),
        "services": st.lists(SERVICE, max_size=3),
        "evaluations": st.lists(st.fixed_dictionaries({"need": CODE, "outcome": st.just("reached")}), max_size=2),
    },
)


@settings(max_examples=15, deadline=None)
@given(st.lists(CONTENT, min_size=1, max_size=8), st.booleans())
def test_both_readers_give_the_same_columns(rows, compact):
    spelt = {"separators": (",", ":")} if compact else {}
    contents = pl.Series([json.dumps({**row, "x": "§text:9"}, ensure_ascii=False, **spelt) for row in rows])
    columns = all_columns()
    looked_at = _looked_at(contents, columns).filter("_plain")
    contents = looked_at["content"]
    fields = fields_for(columns)
    one_by_one = read_odd_content(contents, fields).select(exprs(columns))
    in_bulk = read_ordinary_content(looked_at, fields, columns)
    sort = pl.col("needs_listed")
    assert in_bulk.with_columns(sort).equals(one_by_one.with_columns(sort))


def test_marks_are_counted_wherever_they_stand_and_texts_alike_are_all_measured():
    texts = ["§placeholder", "§identity-code", "§phone", "§email", "§text:7", "§text:7", None, "own words"]
    contents = [json.dumps({"note": text, "n": n}, ensure_ascii=False) for n, text in enumerate(texts)]
    contents += ['{"§field:1":"§phone §email"}', *(f'{{"note":"§text:30","n":{n}}}' for n in range(90, 99))]
    read = read_content(pl.Series(contents))
    nothing = [0] * 9
    assert read["content_placeholders"].to_list() == [1, *[0] * 8, *nothing]
    assert read["content_identity_codes"].to_list() == [0, 1, *[0] * 7, *nothing]
    assert read["content_contacts"].to_list() == [0, 0, 1, 1, 0, 0, 0, 0, 2, *nothing]
    assert read["content_unknown_fields"].to_list() == [*[0] * 8, 1, *nothing]
    assert read["note"].to_list() == [None, 100, 100, 100, 7, 7, None, 9, None, *[30] * 9]


def test_contents_alike_are_read_as_each_of_them_would_be():
    contents = pl.Series(['{"note":"§text:5"}', None, '{"note":"§text:6"}', *ODD] * 4)
    one_by_one = pl.concat(read_content(contents.slice(n, 1)) for n in range(len(contents)))
    assert read_content(contents).equals(one_by_one)


ODD = ['"§unreadable"', "[1, 2]", "{broken", "", "null", '{"goals":[{"need":null,"goal":""}]}', '{"note":{"a":1}}']


def test_an_odd_content_changes_nothing_for_those_beside_it():
    usual = [json.dumps({"note": f"§text:{n}", "needs": [str(n)]}) for n in range(20)]
    mixed = [text for n, own in enumerate(usual) for text in (own, ODD[n % len(ODD)])]
    read = read_content(pl.Series(mixed))
    assert read[::2].equals(read_content(pl.Series(usual)))
    assert read["content_readable"][1:14:2].to_list() == [False, False, False, False, False, True, True]
    assert read["goals"][11] is None


@pytest.mark.parametrize("columns", [["note"], ["content_readable"], ["content_length"], ["needs_without_goal"]])
def test_only_the_columns_asked_for_are_read_and_they_agree(columns):
    contents = pl.Series(['{"note":"§text:5","needs":["1"],"goals":[]}', None, *ODD])
    some = read_content(contents, columns)
    assert some.columns == columns
    assert some.equals(read_content(contents).select(columns))


@pytest.mark.parametrize("fact", ["uncoded_values", "unreadable_dates"])
def test_a_fact_alone_is_read_of_contents_that_are_all_odd(fact):
    contents = pl.Series(["[1]", '{"needs":[""],"service":"§text:4","started_on":"soon"}'])
    assert read_content(contents, [fact])[fact].to_list() == [0, 1]


def test_several_lots_are_read_as_each_by_itself_odd_contents_and_repeated_ones_too():
    usual = [json.dumps({"note": f"§text:{n}", "needs": ["housing"]}) for n in range(9)]
    odd = ['{"needs":[""],"note":"§text:5"}', "[1]", "no JSON", None, '{"goals":[{}]}']
    wanted = {
        "first": (usual + odd, ["note", "needs", "content_readable"]),
        "alike": ([*odd, odd[0]] * 3, ["goals", "content_length"]),
        "nobody's": (["asked for by nobody", *usual], None),
        "text": (usual, ["content_length", "content_placeholders"]),
        "all": (odd, None),
        "none": ([], ["note"]),
        "nothing": (usual, []),
    }
    contents = pl.Series([text for texts, _ in wanted.values() for text in texts])
    ends = dict(zip(wanted, accumulate(len(texts) for texts, _ in wanted.values()), strict=True))
    asked = {name: own for name, own in wanted.items() if name != "nobody's"}
    lots = [
        (pl.Series(range(ends[name] - len(texts), ends[name]), dtype=pl.UInt32), columns)
        for name, (texts, columns) in asked.items()
    ]
    found = read_contents(contents, lots)
    for (texts, columns), table in zip(asked.values(), found, strict=True):
        assert table.equals(read_content(pl.Series(texts, dtype=pl.String), columns))
        assert table.columns == [name for name in all_columns() if columns is None or name in columns]
    readable = found[0]["content_readable"].to_list()
    assert readable == [True] * 10 + [False, False, True, True]
