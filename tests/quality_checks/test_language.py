from datetime import date, datetime

import duckdb
import polars as pl
import pytest

from quality_checks import language
from quality_checks.calendar import finnish_working_days
from quality_checks.language.binding import DatedCode
from quality_checks.language.sql_compiler import working_days_statement

CALENDAR = finnish_working_days()
FIELDS = {"code": "text", "n": "number", "flag": "bool", "d": "date", "e": "date", "t": "datetime"}
SETTINGS = {"limit": "number", "as_of": "date"}
VALUES = {"limit": 3, "as_of": date(2026, 6, 1)}
SETS = {"codes": [DatedCode("a"), DatedCode("b", date(2026, 1, 1), date(2026, 12, 31))]}
ROWS = pl.DataFrame(
    {
        "code": ["a", "b", None, "x"],
        "n": [1, 5, None, 3],
        "flag": [True, False, None, True],
        "d": [date(2026, 11, 3), date(2025, 12, 31), None, date(2026, 1, 31)],
        "e": [date(2026, 11, 12), date(2026, 1, 2), date(2026, 1, 2), None],
        "t": [datetime(2026, 1, 1, 4, 30), None, datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 0)],
    }
)


def evaluated(text):
    tree = language.parse(text)
    language.check(tree, FIELDS, SETTINGS)
    bound = language.bind(tree, VALUES, SETS)
    return ROWS.lazy().select(language.to_polars(bound, CALENDAR).alias("x")).collect()["x"].to_list()


def in_sql(text):
    bound = language.bind(language.parse(text), VALUES, SETS)
    with duckdb.connect() as connection:
        if "working_days" in text:
            connection.execute(working_days_statement(CALENDAR))
        connection.register("rows", ROWS.to_arrow())
        return [x for (x,) in connection.sql(f"SELECT {language.to_sql(bound, CALENDAR)} FROM rows").fetchall()]


CASES = {
    'code = "a"': [True, False, None, False],
    'code in ["a", "b"]': [True, True, None, False],
    'code not in ["a"]': [False, True, None, True],
    "n in [1, 3]": [True, False, None, True],
    "length(code) in [1]": [True, True, None, True],
    "flag in [true]": [True, False, None, True],
    "code in $codes": [True, True, None, False],
    "valid_code(code, $codes, e)": [True, True, None, False],
    "present(n) and n > @limit": [False, True, False, False],
    "missing(n) or n <= 1": [True, False, True, False],
    "not flag": [False, True, None, False],
    "working_days(d, e) = 7": [True, False, None, None],
    "days(d, e) >= 2": [True, True, None, None],
    "add_months(d, 1) <= @as_of": [False, True, None, True],
    'add_days(d, 2) = calendar_date("2026-01-02")': [False, True, None, False],
    'day(t) = calendar_date("2026-01-01")': [True, None, True, True],
    "hour(t) < 5": [True, None, False, True],
    'matches(code, "^[ab]$")': [True, True, None, False],
    "length(code) = 1 and flag": [True, False, None, True],
    "flag = false or n > 4": [False, True, None, False],
}


@pytest.mark.parametrize("text", CASES)
def test_an_expression_means_the_same_in_both_engines(text):
    assert evaluated(text) == CASES[text]
    assert in_sql(text) == CASES[text]


def test_adding_a_month_stops_at_the_end_of_a_shorter_month():
    assert evaluated('add_months(d, 1) = calendar_date("2026-02-28")')[3] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n >", "ends too early"),
        ("n > 1 2", "expected the end"),
        ("n ~ 1", "cannot read"),
        ("nn > 1", "unknown field nn"),
        ("n > @limmit", "unknown setting @limmit"),
        ('n > "a"', "cannot compare"),
        ('code < "b"', "no order"),
        ("n", "expected bool, found number"),
        ("foo(n)", "unknown function foo"),
        ("days(d)", "takes 2 arguments"),
        ("hour(d) = 1", "argument 1 must be datetime"),
        ("matches(code, code)", "must be a constant"),
        ("code in [1]", "does not hold values of type text"),
        ("flag and n", "expected bool"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_was_expected(text, message):
    with pytest.raises(language.LanguageError, match=message):
        language.check(language.parse(text), FIELDS, SETTINGS)


def test_a_code_set_that_was_not_given_is_an_error():
    with pytest.raises(language.LanguageError, match=r"code set \$other"):
        language.bind(language.parse("code in $other"), VALUES, SETS)


@pytest.mark.parametrize(
    ("applies", "fails", "unguarded"),
    [
        ("true", "n > 1", {"n"}),
        ("present(n)", "n > 1", set()),
        ("n > 0", "n > 1", set()),
        ("true", "missing(n) or n > 1", set()),
        ("true", "present(n) and n > 1", set()),
        ("present(n) or present(code)", "n > 1", {"n"}),
        ("not missing(n)", "n > 1", set()),
        ("true", "n > 1 or missing(n)", {"n"}),
        ("true", "not (missing(n) or n > 1)", set()),
    ],
)
def test_a_missing_value_never_becomes_a_verdict_by_accident(applies, fails, unguarded):
    found = language.unguarded_fields(language.parse(applies), language.parse(fails), frozenset())
    assert found == unguarded


TURNS = {
    "d < @as_of and missing(e)": 1,
    "days(d, @as_of) > @limit or d >= @as_of": 2,
    "add_months(@as_of, 2) <= add_days(e, 3) and not working_days(@as_of, d) < 5": 2,
    "days(d, @as_of) > @limit and (flag or days(d, @as_of) > @limit)": 1,
    "valid_code(code, $codes, @as_of)": 2,
    "n > @limit": 0,
    "d = @as_of": None,
    "days(@as_of, @as_of) < 3": None,
    "days(d, @as_of) < days(e, @as_of)": None,
    "present(@as_of)": None,
}


@pytest.mark.parametrize("text", TURNS)
def test_comparisons_that_turn_once_as_the_day_goes_by(text):
    opened = language.bind(language.parse(text), {**VALUES, "as_of": language.DAY}, SETS)
    found = language.comparisons_with_day(opened)
    assert (None if found is None else len(found)) == TURNS[text]
    days = pl.date_range(date(2025, 11, 1), date(2027, 3, 1), eager=True).alias("_day").to_frame()
    for comparison in found or ():
        known = ROWS.drop_nulls(sorted(language.fields_of(comparison) - {"_day"})).with_row_index()
        truth = days.join(known, how="cross", maintain_order="left").select(
            "index", language.to_polars(comparison, CALENDAR).alias("x")
        )
        assert truth.group_by("index").agg(pl.col("x").rle().len())["x"].max() <= 2


def test_days_given_to_comparisons_make_the_expression_of_that_day():
    text = "days(d, @as_of) > @limit and code in $codes or not @as_of < e and valid_code(code, $codes, @as_of)"
    tree = language.parse(text)
    opened = language.bind(tree, {**VALUES, "as_of": language.DAY}, SETS)
    (day,) = language.bind(language.parse("d < @as_of"), VALUES, SETS).right.arguments
    day = language.Call("calendar_date", (day,))
    given = dict.fromkeys(language.comparisons_with_day(opened), day)
    assert language.on_days(opened, given) == language.on_day(opened, day) == language.bind(tree, VALUES, SETS)
