"""Months by age group: they add up in every draw, follow the persons of their age, and hold what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly.ages import AgeForecast, forecast_ages
from forecasting.monthly.months import MonthForecast, forecast_months
from forecasting.scores import QUANTILE_COLUMNS

AS_OF, TOTAL, HORIZON = "2024-07-05", "07", 18
GROUPS = {"0-64": (0, 64, 0.01), "65-79": (65, 79, 0.05), "80+": (80, 100, 0.2)}
SIZES = (400.0, 1200.0, 2500.0)


def persons(growth: float = 0.06) -> pd.DataFrame:
    """Persons of every age in three areas; those of 80 and over grow."""
    rows = [
        (f"A{a}", sex, age, year, size / 20 * ((1 + growth) ** (year - 2017) if age >= 80 else 1.0))
        for a, size in enumerate(SIZES)
        for sex in ("female", "male")
        for age in range(101)
        for year in range(2017, 2028)
    ]
    return pd.DataFrame(rows, columns=["area", "sex", "age", "year", "persons"])


def counts(seed: int = 1, months: int = 96) -> pd.DataFrame:
    """Use by age group as persons and rates say, with chance."""
    rng = np.random.default_rng(seed)
    people = persons()
    ds = pd.date_range("2018-01-01", periods=months, freq="MS")
    rows = []
    for area, here in people.groupby("area"):
        for label, (low, high, rate) in GROUPS.items():
            of_group = here[here["age"].between(low, high)].groupby("year")["persons"].sum()
            ends = np.interp((ds.year * 12 + ds.month - 0.5) / 12.0, of_group.index + 1.0, of_group.to_numpy())
            rows.append(
                pd.DataFrame(
                    {"area": area, "service": "care", "age_group": label, "ds": ds, "y": rng.poisson(rate * ends)}
                )
            )
    return pd.concat(rows, ignore_index=True)


def split(table: pd.DataFrame, people: pd.DataFrame | None) -> tuple[MonthForecast, AgeForecast]:
    known = table[table["ds"] < "2024-07-01"]
    whole = known.groupby(["area", "service", "ds"])["y"].sum().reset_index()
    months = forecast_months(whole, as_of=AS_OF, total_area=TOTAL, horizon=HORIZON, draws=300)
    return months, forecast_ages(months, known, as_of=AS_OF, total_area=TOTAL, persons=people, seed=4)


@pytest.fixture(scope="module")
def both() -> tuple[MonthForecast, AgeForecast]:
    return split(counts(), persons())


def test_groups_sum_to_their_area_in_every_draw_and_mean(both) -> None:
    months, ages = both
    assert (ages.draws == np.round(ages.draws)).all()
    assert (ages.draws >= 0).all()
    for place, cell in enumerate(months.cells.itertuples(index=False)):
        mine = (ages.cells["area"] == cell.area) & (ages.cells["service"] == cell.service)
        np.testing.assert_array_equal(ages.draws[:, :, mine.to_numpy()].sum(axis=2), months.draws[:, :, place])
    ahead = months.forecast[months.forecast["kind"] == "forecast"].set_index(["area", "service", "ds"])["mean"]
    sums = ages.forecast.groupby(["area", "service", "ds"])["mean"].sum()
    assert len(sums) == len(ahead)
    np.testing.assert_allclose(sums.sort_index(), ahead.sort_index())


def test_the_county_is_the_sum_of_its_areas_in_every_draw(both) -> None:
    _, ages = both
    of_group = (ages.cells["age_group"] == "80+").to_numpy()
    expected = np.quantile(ages.draws[:, 3, of_group].sum(axis=1), 0.9, method="inverted_cdf")
    county = ages.forecast[(ages.forecast["area"] == TOTAL) & (ages.forecast["age_group"] == "80+")]
    assert county.sort_values("ds")["q0.9"].iloc[3] == expected


def test_the_share_of_a_growing_group_grows_and_without_persons_it_stands(both) -> None:
    _, moving = both
    _, still = split(counts(), None)

    def share(ages: AgeForecast, step: int) -> float:
        county = ages.forecast[ages.forecast["area"] == TOTAL].pivot(
            index="ds", columns="age_group", values="mean"
        )
        return float((county["80+"] / county.sum(axis=1)).iloc[step])

    assert share(moving, -1) > share(moving, 0) + 0.01
    assert share(still, -1) == pytest.approx(share(still, 0), abs=2e-3)


def test_shares_hold_what_came_and_do_better_than_those_of_last_year() -> None:
    inside, cases, skill = 0, 0, []
    for seed in range(6):
        table = counts(seed)
        _, ages = split(table, persons())
        card = ages.scorecard.set_index("model")
        assert card["champion"].idxmax() == card["crps"].idxmin()
        assert card["champion"].sum() == 1
        assert card.loc["age_shares", "n"] == 2 * 12 * 9
        skill.append(card.loc["age_shares", "crps_skill"])
        came = table[table["ds"] >= "2024-07-01"].merge(ages.forecast, on=["area", "service", "age_group", "ds"])
        inside += int(((came["q0.1"] <= came["y"]) & (came["y"] <= came["q0.9"])).sum())
        cases += len(came)
    assert 0.75 < inside / cases < 0.93  # whole numbers hold a little more than they claim
    assert np.mean(skill) > 0.03


def test_quantiles_are_ordered_and_equal_seeds_give_equal_rows(both) -> None:
    _, ages = both
    q = ages.forecast[list(QUANTILE_COLUMNS)].to_numpy()
    assert (np.diff(q, axis=1) >= 0).all()
    pd.testing.assert_frame_equal(split(counts(), persons())[1].forecast, ages.forecast)


def test_a_service_without_counts_by_age_is_left_out_and_named() -> None:
    """Of a service whose extract has no birth dates the ages are unknown; the others are told all the same."""
    table = counts()
    known = table[table["ds"] < "2024-07-01"]
    whole = pd.concat([known, known.assign(service="ageless")]).groupby(["area", "service", "ds"])["y"].sum()
    months = forecast_months(whole.reset_index(), as_of=AS_OF, total_area=TOTAL, horizon=HORIZON, draws=100)
    ages = forecast_ages(months, known, as_of=AS_OF, total_area=TOTAL, persons=persons())
    assert (ages.untold, set(ages.forecast["service"])) == (("ageless",), {"care"})
    mine = (months.cells["service"] == "care").to_numpy()
    np.testing.assert_array_equal(ages.draws.sum(axis=2), months.draws[:, :, mine].sum(axis=2))
    none = forecast_ages(months, known.iloc[:0], as_of=AS_OF, total_area=TOTAL, persons=persons())
    assert none.untold == ("ageless", "care")
    assert none.forecast.empty and none.scorecard.empty


def test_intervals_are_judged_with_spreads_learnt_at_other_origins_only() -> None:
    """Of one origin nothing is known elsewhere; its own errors would make its intervals look right."""
    table = straying(stray=0.2)
    short = table[table["ds"] >= "2021-10-01"]  # 33 months: one origin has a year before it
    long, one = (split(t, None)[1].scorecard.set_index("model").loc["age_shares"] for t in (table, short))
    assert (long["origins"], one["origins"]) == (2, 1)
    assert one["coverage80"] < 0.6 < long["coverage80"]


def test_a_group_with_most_of_the_use_does_not_hide_how_far_shares_stray() -> None:
    """A share near one can hardly move, however far the groups' use strays."""
    held = [
        split(straying(stray=stray, seed=seed), None)[1].scorecard.set_index("model").loc["age_shares"]
        for seed in range(2)
        for stray in (0.1, 0.2)
    ]
    assert 0.7 < np.mean([card["coverage80"] for card in held]) < 0.9
    assert np.mean([card["coverage95"] for card in held]) > 0.87


def test_areas_that_differ_in_level_alone_share_the_county_s_mix() -> None:
    rng = np.random.default_rng(3)
    ds = pd.date_range("2021-07-01", "2024-06-01", freq="MS")
    table = pd.concat(
        pd.DataFrame(
            {
                "area": f"A{area}",
                "service": "care",
                "age_group": label,
                "ds": ds,
                "y": rng.poisson(level * size, 36),
            }
        )
        for area, level in enumerate((0.5, 1.0, 1.0, 2.0, 4.0, 8.0))
        for label, size in (("0-64", 1.0), ("65-79", 2.0), ("80+", 3.0))
    )
    mean = (
        split(table, None)[1]
        .forecast.query("area != @TOTAL")
        .pivot_table(index="area", columns="age_group", values="mean")
    )
    seen = table.pivot_table(index="area", columns="age_group", values="y", aggfunc="sum")
    told, counted = (
        np.abs(t.div(t.sum(axis=1), axis=0) - np.array([1, 2, 3]) / 6).to_numpy() for t in (mean, seen)
    )
    assert told.mean() < 0.5 * counted.mean()


def straying(stray: float, seed: int = 1) -> pd.DataFrame:
    """Use of twelve areas in which the oldest have most, each group's rate straying from year to year."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2018-07-01", "2024-06-01", freq="MS")
    year = np.arange(len(ds)) // 12
    rows = [
        pd.DataFrame(
            {"area": f"A{area:02d}", "service": "care", "age_group": label, "ds": ds, "y": rng.poisson(mean)}
        )
        for area in range(12)
        for label, expected in (("0-64", 30.0), ("65-79", 60.0), ("80+", 600.0))
        for mean in [expected * np.exp(stray * rng.normal(size=6))[year]]
    ]
    return pd.concat(rows, ignore_index=True)


def test_a_group_without_use_gets_none_and_an_area_without_use_takes_the_county(both) -> None:
    table = counts()
    table.loc[table["age_group"] == "0-64", "y"] = 0
    table.loc[table["area"] == "A0", "y"] = 0
    _, ages = split(table, persons())
    rows = ages.forecast.set_index(["area", "age_group"])["mean"]
    assert rows.loc[(slice(None), "0-64")].max() == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(ages.forecast["mean"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="age_group"), "lack age_group"),
        (
            lambda t: t[~((t["area"] == "A1") & (t["age_group"] == "80+"))],
            "lacks some of the service's age groups",
        ),
        (lambda t: t[t["ds"] < "2024-05-01"], "end before 2024-07"),
        (lambda t: t[t["area"] != "A2"], "no counts by age"),
        (lambda t: t.assign(y=t["y"] - 1e6), "is not a count"),
        (lambda t: t.assign(service="other"), "without a forecast of all ages"),
    ],
)
def test_counts_that_cannot_be_shared_out_are_told(both, change, message) -> None:
    months, _ = both
    known = counts()
    known = known[known["ds"] < "2024-07-01"]
    with pytest.raises(ValueError, match=message):
        forecast_ages(months, change(known), as_of=AS_OF, total_area=TOTAL, persons=persons())
