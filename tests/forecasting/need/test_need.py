"""The need forecast as a planner and an engineer expect it to behave."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.contracts import NeedInputError
from forecasting.judged import Judged
from forecasting.need import NeedForecast, forecast_need
from forecasting.scores import QUANTILE_COLUMNS

KEY = ["area", "service", "sex", "age_group", "year"]


def run(c: County, **options: object) -> NeedForecast:
    settings_ = {"exposures": c.exposures, "as_of": 2024, "draws": 200, "seed": 3, **options}
    return forecast_need(c.population, c.projection, c.counts, c.hierarchy, **settings_)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def small() -> County:
    return county(areas=3, services=2, years=12, ahead=6)


@pytest.fixture(scope="module")
def forecast(small: County) -> NeedForecast:
    return run(small)


def test_the_table_has_the_columns_of_the_architecture(forecast: NeedForecast) -> None:
    expected = [
        "area",
        "service",
        "sex",
        "age_group",
        "year",
        "kind",
        "mean",
        *QUANTILE_COLUMNS,
        "validated",
        "flag",
    ]
    assert list(forecast.forecast.columns) == expected
    assert not forecast.forecast.duplicated(KEY[:-1] + ["year", "kind"]).any()
    assert set(forecast.forecast["area"]) == {"a00", "a01", "a02", "total"}
    assert set(forecast.forecast["sex"]) == {"male", "female", "all"}


def test_observed_rows_are_the_counts_and_their_sums(small: County, forecast: NeedForecast) -> None:
    observed = forecast.forecast[forecast.forecast["kind"] == "observed"].set_index(KEY)["mean"]
    assert (
        observed["total", "s0", "all", "all", 2020]
        == small.counts.query("service == 's0' and year == 2020")["count"].sum()
    )


def test_means_add_up_and_quantiles_rise(forecast: NeedForecast) -> None:
    ahead = forecast.forecast.query("kind == 'forecast'")
    mean = ahead.set_index(KEY)["mean"].unstack("area")
    assert np.allclose(mean["total"], mean[["a00", "a01", "a02"]].sum(axis=1))
    assert (np.diff(ahead[list(QUANTILE_COLUMNS)].to_numpy(), axis=1) >= 0).all()


def test_draws_of_nodes_belong_together(forecast: NeedForecast) -> None:
    parts = sum(forecast.draws(a, "s1", "female", "65-74") for a in ("a00", "a01", "a02"))
    assert parts.equals(forecast.draws("total", "s1", "female", "65-74"))
    whole = forecast.draws("total", "s1")
    row = forecast.forecast.query(
        "area == 'total' and service == 's1' and sex == 'all' and age_group == 'all' and kind == 'forecast'"
    )
    assert np.allclose(row["mean"], whole.mean())
    assert np.allclose(row["q0.9"], whole.quantile(0.9))


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10_000), st.floats(0.001, 3.0), st.booleans())
def test_every_draw_is_whole_nonnegative_and_adds_up(areas: int, seed: int, scale: float, deep: bool) -> None:
    c = county(
        areas=areas, services=1, years=7, ahead=3, seed=seed, rate_scale=scale, dispersion=0.05, population_years=8
    )
    hierarchy = c.hierarchy
    if deep:
        middle = np.where(np.arange(areas) % 2 == 0, "even", "odd")
        hierarchy = pd.concat(
            [
                pd.DataFrame({"area": hierarchy["area"], "parent": middle}),
                pd.DataFrame({"area": sorted(set(middle)), "parent": "total"}),
            ]
        )
    f = forecast_need(
        c.population, c.projection, c.counts, hierarchy, exposures=c.exposures, as_of=2024, draws=30, seed=seed
    )
    total = f.draws("total", "s0").to_numpy()
    parts = np.zeros_like(total)
    for area in c.hierarchy["area"]:
        cells = [
            f.draws(area, "s0", sex, age).to_numpy()
            for sex in ("male", "female")
            for age in ("0-17", "18-64", "65-74", "75-84", "85+")
        ]
        assert all((cell >= 0).all() for cell in cells)
        assert (sum(cells) == f.draws(area, "s0").to_numpy()).all()
        parts += sum(cells)
    assert (parts == total).all()


def test_the_same_seed_gives_the_same_forecast_whatever_the_threads(small: County, forecast: NeedForecast) -> None:
    pd.testing.assert_frame_equal(run(small, threads=1).forecast, forecast.forecast)
    pd.testing.assert_frame_equal(run(small, threads=3).drivers, forecast.drivers)
    assert not run(small, seed=4).forecast["mean"].equals(forecast.forecast["mean"])


def test_one_service_alone_gets_the_same_draws_of_persons_and_noise(small: County) -> None:
    alone = County(
        small.population,
        small.projection,
        small.counts.query("service == 's1'"),
        small.hierarchy,
        {"s1": small.exposures["s1"]},
        small.truth,
    )
    both, one = run(small), run(alone)
    rows = both.forecast.query("service == 's1' and kind == 'forecast' and area == 'total'")["mean"].to_numpy()
    lone = one.forecast.query("kind == 'forecast' and area == 'total'")["mean"].to_numpy()
    assert np.allclose(rows, lone, rtol=0.15)


def test_drivers_sum_to_the_change(forecast: NeedForecast) -> None:
    wide = forecast.drivers.pivot_table(index=["area", "service", "to_year"], columns="driver", values="mean")
    residual = wide["total"] - wide[["size", "sex", "structure", "rate", "base_year"]].sum(axis=1)
    assert (residual.abs() <= 1e-9 * np.maximum(wide["total"].abs(), 1.0)).all()
    whole = forecast.forecast[(forecast.forecast["sex"] == "all") & (forecast.forecast["age_group"] == "all")]
    means = whole.set_index(["area", "service", "year"])["mean"]
    told = forecast.drivers[forecast.drivers["driver"] == "total"]
    change = [
        means[r.area, r.service, r.to_year] - means[r.area, r.service, r.from_year]
        for r in told.itertuples(index=False)
    ]
    assert told["mean"].to_numpy() == pytest.approx(np.array(change), abs=0.02 * float(means.mean()))


def test_variance_shares_sum_to_one(forecast: NeedForecast) -> None:
    assert np.allclose(forecast.variance[["population", "rate", "policy", "noise"]].sum(axis=1), 1.0)


def test_a_municipality_missing_from_the_projection_raises_by_name(small: County) -> None:
    short = small.projection[small.projection["area"] != "a01"]
    with pytest.raises(NeedInputError, match="projection: area a01 is missing"):
        forecast_need(
            small.population, short, small.counts, small.hierarchy, exposures=small.exposures, as_of=2024
        )


def test_a_service_without_exposure_raises_by_name(small: County) -> None:
    with pytest.raises(NeedInputError, match="no exposure for service s1"):
        run(small, exposures={"s0": (0, 100, "population")})


def test_a_missing_age_in_the_projection_raises(small: County) -> None:
    short = small.projection.query("not (area == 'a02' and age == 40 and year == 2026)")
    with pytest.raises(NeedInputError, match=r"area a02.*2026 lacks ages 40"):
        forecast_need(
            small.population, short, small.counts, small.hierarchy, exposures=small.exposures, as_of=2024
        )


def test_counts_outside_the_exposed_ages_raise_with_rows(small: County) -> None:
    with pytest.raises(NeedInputError, match="nobody is exposed"):
        run(small, exposures={"s0": (18, 100, "population"), "s1": (0, 100, "population")})


def test_negative_counts_and_overlapping_groups_raise(small: County) -> None:
    negative = small.counts.copy()
    negative.loc[5, "count"] = -1
    with pytest.raises(NeedInputError, match="count must be a number of at least 0"):
        forecast_need(
            small.population, small.projection, negative, small.hierarchy, exposures=small.exposures, as_of=2024
        )
    overlap = pd.concat([small.counts, small.counts.query("age_group == '85+'").assign(age_group="80+")])
    with pytest.raises(NeedInputError, match="overlapping age groups"):
        forecast_need(
            small.population, small.projection, overlap, small.hierarchy, exposures=small.exposures, as_of=2024
        )


def test_an_area_outside_the_hierarchy_raises_with_rows(small: County) -> None:
    odd = pd.concat([small.counts, small.counts.head(1).assign(area="588")])
    with pytest.raises(NeedInputError, match="area 588 is not in the hierarchy"):
        forecast_need(
            small.population, small.projection, odd, small.hierarchy, exposures=small.exposures, as_of=2024
        )


def test_an_incomplete_last_year_is_shown_but_not_fitted(small: County) -> None:
    half = small.counts.copy()
    half.loc[half["year"] == 2024, "count"] //= 2
    f = run(
        County(small.population, small.projection, half, small.hierarchy, small.exposures, small.truth),
        as_of="2024-07-01",
    )
    whole = f.forecast.query("area == 'total' and service == 's0' and sex == 'all' and age_group == 'all'")
    assert whole.query("year == 2024 and kind == 'observed'")["flag"].item() == "incomplete"
    last = whole.query("year == 2023 and kind == 'observed'")["mean"].item()
    assert whole.query("year == 2025 and kind == 'forecast'")["mean"].item() == pytest.approx(last, rel=0.12)


def test_a_flagged_break_is_a_level_shift_and_not_growth() -> None:
    c = county(areas=3, services=1, years=12, ahead=10, shock=0.0, rate_scale=3.0)
    counts = c.counts.copy()
    shifted = (counts["area"] == "a00") & (counts["year"] >= 2022)
    counts.loc[shifted, "count"] *= 3
    flags = pd.DataFrame({"area": ["a00"], "service": ["s0"], "year": [2022], "kind": ["break"]})
    f = forecast_need(
        c.population, c.projection, counts, c.hierarchy, exposures=c.exposures, as_of=2024, draws=200, flags=flags
    )
    rows = f.forecast.query("area == 'a00' and sex == 'all' and age_group == 'all'")
    ahead = rows.query("kind == 'forecast' and year == 2034")
    truth = c.truth.query("area == 'a00' and year == 2034")["mean"].sum() * 3
    assert ahead["mean"].item() == pytest.approx(truth, rel=0.08)
    assert ahead["flag"].item() == "break"
    assert f.forecast.query("area == 'a01' and kind == 'forecast'")["flag"].eq("").all()


def test_counts_without_age_or_sex_are_forecast_with_what_is_known(small: County) -> None:
    total = (
        small.counts.groupby(["area", "service", "year"], as_index=False)["count"]
        .sum()
        .assign(sex="all", age_group="all")
    )
    f = forecast_need(
        small.population,
        small.projection,
        total,
        small.hierarchy,
        exposures=small.exposures,
        as_of=2024,
        draws=100,
    )
    assert set(f.forecast["flag"]) == {"structure_only"}
    assert set(f.forecast["sex"]) == {"all"}


def test_counts_by_service_area_take_persons_of_the_municipalities_under_it(small: County) -> None:
    hierarchy = pd.DataFrame(
        {"area": ["a00", "a01", "a02", "north", "south"], "parent": ["north", "north", "south", "total", "total"]}
    )
    place = {"a00": "north", "a01": "north", "a02": "south"}
    counts = small.counts.assign(area=small.counts["area"].map(place)).groupby(KEY, as_index=False)["count"].sum()
    f = forecast_need(
        small.population, small.projection, counts, hierarchy, exposures=small.exposures, as_of=2024, draws=100
    )
    assert set(f.forecast["area"]) == {"north", "south", "total"}


def test_an_area_without_counts_takes_the_rates_of_the_others_and_says_so(small: County) -> None:
    counts = small.counts[small.counts["area"] != "a02"]
    f = forecast_need(
        small.population,
        small.projection,
        counts,
        small.hierarchy,
        exposures=small.exposures,
        as_of=2024,
        draws=100,
    )
    bare = f.forecast.query("area == 'a02' and kind == 'forecast'")
    assert bare["flag"].eq("incomplete").all()
    assert (bare["mean"] > 0).any()


def test_births_drive_a_service_whatever_the_age_of_its_clients(small: County) -> None:
    counts = small.counts.query("service == 's0' and sex == 'female' and age_group == '18-64'")
    f = forecast_need(
        small.population,
        small.projection,
        counts,
        small.hierarchy,
        exposures={"s0": (15, 49, "births")},
        as_of=2024,
        draws=100,
    )
    infants = small.projection.query("age == 0").groupby("year")["persons"].sum()
    mean = f.forecast.query("area == 'total' and kind == 'forecast' and sex == 'all'").set_index("year")["mean"]
    ratio = (mean / infants).to_numpy()
    assert np.ptp(ratio) / ratio.mean() < 0.2


def test_a_service_of_zeros_stays_near_zero(small: County) -> None:
    f = forecast_need(
        small.population,
        small.projection,
        small.counts.assign(count=0),
        small.hierarchy,
        exposures=small.exposures,
        as_of=2024,
        draws=100,
    )
    assert f.forecast.query("kind == 'forecast' and area == 'total'")["mean"].max() < 2.0


def test_one_year_of_counts_is_enough(small: County) -> None:
    f = forecast_need(
        small.population,
        small.projection,
        small.counts.query("year == 2024"),
        small.hierarchy,
        exposures=small.exposures,
        as_of=2024,
        draws=100,
    )
    assert not f.forecast.query("kind == 'forecast'")["validated"].any()


def test_intervals_cover_the_simulated_future_and_rates_are_recovered() -> None:
    inside, slopes = [], []
    for seed in range(6):
        c = county(areas=5, services=3, years=15, ahead=8, trend=0.01, shock=0.02, dispersion=0.02, seed=seed)
        f = run(c, disrupted_years=())
        future = c.truth[c.truth["year"] > 2024]
        actual = future.groupby(["area", "service", "year"])["count"].sum()
        rows = f.forecast.query("kind == 'forecast' and sex == 'all' and age_group == 'all' and area != 'total'")
        truth = actual.reindex(pd.MultiIndex.from_frame(rows[["area", "service", "year"]])).to_numpy()
        inside.append(
            [rows["q0.1"].le(truth) & rows["q0.9"].ge(truth), rows["q0.025"].le(truth) & rows["q0.975"].ge(truth)]
        )
        slopes += f.rates["trend_per_year"].tolist()
    eighty, ninetyfive = np.mean([np.mean(i, axis=1) for i in inside], axis=0)
    assert eighty == pytest.approx(0.80, abs=0.12)
    assert ninetyfive == pytest.approx(0.95, abs=0.05)
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    assert np.mean(slopes) == pytest.approx(0.01, abs=max(3 * error, 0.003))


def test_validated_horizons_may_differ_by_service(small: County) -> None:
    f = run(small, judged=Judged({"s0": 2, "s1": 4})).forecast.query("kind == 'forecast' and validated")
    assert f.groupby("service")["year"].max().to_dict() == {"s0": 2026, "s1": 2028}
