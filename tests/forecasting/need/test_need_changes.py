"""Drivers of any two years: exact in every draw, equal to the published ones where those exist, errors by name."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.contracts import NeedInputError
from forecasting.need import NeedForecast, forecast_need
from forecasting.need_changes import need_changes

KEY = ["area", "service", "from_year", "to_year", "driver"]


@pytest.fixture(scope="module")
def small() -> County:
    return county(areas=3, services=2, years=12, ahead=6)


@pytest.fixture(scope="module")
def forecast(small: County) -> NeedForecast:
    return run(small)


def run(c: County, **options: object) -> NeedForecast:
    given = {"exposures": c.exposures, "as_of": 2024, "draws": 200, "seed": 3, **options}
    return forecast_need(c.population, c.projection, c.counts, c.hierarchy, **given)  # type: ignore[arg-type]


def test_from_the_origin_they_are_the_published_drivers(forecast: NeedForecast) -> None:
    published = forecast.drivers.query("to_year == 2030").sort_values(KEY, ignore_index=True)
    again = need_changes(forecast, 2024, 2030).sort_values(KEY, ignore_index=True)
    pd.testing.assert_frame_equal(again, published, check_dtype=False)


@pytest.mark.parametrize("years", [(2014, 2019), (2016, 2024), (2018, 2028), (2026, 2029)])
def test_effects_sum_to_the_change_of_any_two_years(forecast: NeedForecast, years: tuple[int, int]) -> None:
    found = need_changes(forecast, *years)
    wide = found.pivot_table(index=["area", "service"], columns="driver", values="mean")
    total = wide.pop("total")
    assert np.abs(wide.sum(axis=1) - total).max() < 1e-9 * np.abs(total).max()
    assert (found["q0.1"] <= found["q0.9"]).all()
    assert set(found["from_year"]) == {years[0]}
    wholes = forecast.forecast.query("sex == 'all' and age_group == 'all'").set_index(["area", "service", "year"])
    if 2024 in years:  # the fitted level, not its counts
        return
    ends = [np.array([wholes.loc[(area, s, y), "mean"] for area, s in total.index]) for y in years]
    noise = 4.0 * np.sqrt(sum(e / forecast.n_draws for e, y in zip(ends, years, strict=True) if y > 2024) + 1e-12)
    assert (np.abs(total.to_numpy() - (ends[1] - ends[0])) <= noise).all()


def test_a_break_between_two_observed_years_is_no_growth(small: County) -> None:
    counts = small.counts.copy()
    counts.loc[(counts["area"] == "a00") & (counts["year"] >= 2020), "count"] *= 3
    flags = pd.DataFrame([("a00", s, 2020, "break") for s in ("s0", "s1")],
                         columns=["area", "service", "year", "kind"])  # fmt: skip
    broken = County(small.population, small.projection, counts, small.hierarchy, small.exposures, small.truth)
    changes = {}
    for name, given in (("flagged", flags), ("not", None)):
        found = need_changes(run(broken, flags=given), 2017, 2023).query("area == 'a00' and driver == 'rate'")
        changes[name] = found.set_index("service")["mean"]
    assert (changes["flagged"].abs() < 0.1 * changes["not"]).all()


def test_years_that_are_not_known_are_refused_by_name(small: County, forecast: NeedForecast) -> None:
    with pytest.raises(NeedInputError, match="2028 must come before 2028"):
        need_changes(forecast, 2028, 2028)
    with pytest.raises(NeedInputError, match="s0 is known in 2013-2030"):
        need_changes(forecast, 2012, 2028)
    with pytest.raises(NeedInputError, match="s0 is known in 2013-2030"):
        need_changes(forecast, 2020, 2031)
    gap = small.counts.query("not (area == 'a01' and year == 2016)")
    holed = County(small.population, small.projection, gap, small.hierarchy, small.exposures, small.truth)
    with pytest.raises(NeedInputError, match="s0 has no counts of a01 in 2016"):
        need_changes(run(holed), 2016, 2024)
