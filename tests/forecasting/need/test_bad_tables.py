"""Tables that do not fit: an error that names the rows, or a fallback that the output marks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.contracts import FILE_ROW, NeedInputError
from forecasting.need import NeedForecast, forecast_need


@pytest.fixture(scope="module")
def small() -> County:
    return county(areas=3, services=2, years=12, ahead=6)


def run(c: County, **tables: pd.DataFrame) -> NeedForecast:
    given = {"population": c.population, "projection": c.projection, "counts": c.counts, **tables}
    return forecast_need(**given, hierarchy=c.hierarchy, exposures=c.exposures, as_of=2024, draws=100)


def flags(f: NeedForecast) -> dict[tuple[str, str], str]:
    rows = f.forecast.query("kind == 'forecast' and sex == 'all' and age_group == 'all' and year == 2030")
    return rows.set_index(["area", "service"])["flag"].to_dict()


@pytest.mark.parametrize(
    ("table", "lost", "message"),
    [
        ("projection", "age == 70 and area == 'a01' and year == 2027", r"area a01, female, 2027 lacks ages 70"),
        ("projection", "age > 84", r"projection: its oldest age is 84, but population goes to 100"),
        ("projection", "year == 2027", r"projection: no rows for a00 2027, a01 2027, a02 2027"),
        ("projection", "year == 2025", r"projection: starts in 2026, but population ends in 2024; fill the gap"),
        ("population", "year == 2018 and area == 'a02'", r"population: no rows for a02 2018"),
    ],
)  # fmt: skip
def test_an_age_or_year_without_persons_is_named(small: County, table: str, lost: str, message: str) -> None:
    rows = getattr(small, table)
    with pytest.raises(NeedInputError, match=message):
        run(small, **{table: rows.drop(rows.query(lost).index)})


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    """The table as if it had come from a text file."""
    return table.reset_index(drop=True).rename_axis(index=FILE_ROW)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("area", None, r"counts: area is empty; .*\n(.|\n)* 7 "),
        ("service", " ", r"counts: service is empty; .*\n(.|\n)* 7 "),
        ("count", np.inf, r"counts: count must be a number of at least 0; .*\n(.|\n)* 7 .*inf"),
        ("age_group", "0-5", r"overlapping age groups 0-5 and 0-17; (.|\n)* 7 .*0-5"),
        ("age_group", "85-100", r"overlapping age groups 85\+ and 85-100; .*written alike(.|\n)* 7 .*85-100"),
        ("sex", "all", r"service s0 has sex 'all' beside male or female; keep one kind:\n(.|\n)* 7 .*all"),
    ],
)  # fmt: skip
def test_one_odd_row_is_shown_with_its_row_of_the_file(
    small: County, column: str, value: object, message: str
) -> None:
    counts = as_read(small.counts).astype({column: object})
    counts.loc[5, column] = value
    with pytest.raises(NeedInputError, match=message):
        run(small, counts=counts)


def test_persons_without_an_area_are_refused(small: County) -> None:
    persons = as_read(small.population).astype({"area": object})
    persons.loc[5, "area"] = None
    with pytest.raises(NeedInputError, match=r"population: area is empty; (.|\n)* 7 "):
        run(small, population=persons)


def test_a_break_in_no_year_is_named(small: County) -> None:
    rows = as_read(pd.DataFrame([("a00", "s0", "soon", "break")], columns=["area", "service", "year", "kind"]))
    with pytest.raises(NeedInputError, match=r"flags: year must be a number(.|\n)* 2 .*soon"):
        run(small, flags=rows)


def test_overlapping_age_groups_are_named(small: County) -> None:
    with pytest.raises(NeedInputError, match="service s0 has overlapping age groups 65-74 and 70-84"):
        run(small, counts=small.counts.replace({"age_group": {"75-84": "70-84"}}))


def test_counts_where_nobody_lives_are_named_with_their_rows(small: County) -> None:
    persons = small.population.copy()
    empty = (persons["area"] == "a00") & (persons["year"] == 2020) & (persons["age"] >= 85)
    persons.loc[empty, "persons"] = 0
    counts = as_read(small.counts)
    here = "area == 'a00' and service == 's0' and sex == 'male' and age_group == '85+' and year == 2020"
    row = counts.query(here).index[0] + 2
    with pytest.raises(NeedInputError, match=rf"nobody is exposed(.|\n)* {row} +a00 +s0 +male +85\+ +2020"):
        run(small, population=persons, counts=counts)


def test_a_cell_of_a_few_persons_may_stand_empty_at_the_end_of_a_year(small: County) -> None:
    """The only person of an age died in the year: its use is no mistake, and the forecast goes on."""
    persons = small.population.copy()
    mine = (persons["area"] == "a00") & (persons["age"] >= 85) & (persons["sex"] == "male")
    share = persons.loc[mine].groupby("year")["persons"].transform("sum")
    persons.loc[mine, "persons"] = persons.loc[mine, "persons"] / share * 2.0
    persons.loc[mine & (persons["year"] == 2020), "persons"] = 0.0
    forecast = run(small, population=persons).forecast
    here = forecast[(forecast["area"] == "a00") & (forecast["age_group"] == "85+")]
    assert len(here) > 0
    assert np.isfinite(here["mean"]).all()
    marked = forecast[forecast["flag"].str.contains("few_persons")]
    cells = set(
        zip(marked["area"], marked["sex"], marked["age_group"], marked["year"], marked["kind"], strict=True)
    )
    assert cells == {(area, "male", "85+", 2020, "observed") for area in ("a00", "total")}


def test_a_year_without_counts_is_marked_where_it_is_missing_and_no_zero(small: County) -> None:
    whole = run(small)
    gap = run(small, counts=small.counts.query("not (area == 'a00' and year == 2018)"))
    found = flags(gap)
    assert found["a00", "s0"] == found["total", "s0"] == "incomplete"
    assert found["a01", "s0"] == ""
    shown = gap.forecast.query("kind == 'observed' and area == 'a00' and year == 2018")
    assert shown.empty or shown["flag"].eq("incomplete").all()
    means = [f.forecast.query("area == 'a00' and kind == 'forecast'")["mean"].sum() for f in (whole, gap)]
    assert means[1] == pytest.approx(means[0], rel=0.02)


def test_one_year_of_counts_and_a_service_of_zeros_are_marked(small: County) -> None:
    counts = small.counts.copy()
    counts.loc[counts["service"] == "s1", "count"] = 0
    found = flags(run(small, counts=counts.query("service == 's1' or year == 2024")))
    assert found["total", "s0"] == "short_history"
    assert found["total", "s1"] == "no_use"
