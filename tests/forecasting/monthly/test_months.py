"""Month-by-month forecasts per area and service, with a county total that is always the sum of its areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly.known_effects import KnownEffect, with_effects
from forecasting.monthly.month_parts import PARTS
from forecasting.monthly.months import COLUMNS, MonthForecast, forecast_months
from forecasting.monthly.nowcast import Completion, complete_recent
from forecasting.scores import QUANTILE_COLUMNS

Q = list(QUANTILE_COLUMNS)
AS_OF = "2024-07-05"


def county(months: int = 78, areas: int = 3, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2018-01-01", periods=months, freq="MS")
    t = np.arange(months)
    rows = []
    for s, level in enumerate((300.0, 40.0)):
        season = 0.2 * np.sin(2 * np.pi * t / 12 + s)
        for a in range(areas):
            mean = level * (1 + a) * np.exp(season + 0.01 * t / 12)
            rows.append(pd.DataFrame({"area": f"A{a}", "service": f"s{s}", "ds": ds, "y": rng.poisson(mean)}))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return county()


@pytest.fixture(scope="module")
def result(counts: pd.DataFrame) -> MonthForecast:
    return forecast_months(counts, as_of=AS_OF, total_area="07", horizon=24, draws=300)


def test_every_cell_and_total_has_history_and_forecast(result: MonthForecast) -> None:
    table = result.forecast
    assert list(table.columns) == list(COLUMNS)
    assert set(table["area"]) == {"07", "A0", "A1", "A2"}
    ahead = table[table["kind"] == "forecast"]
    assert ahead.groupby("unique_id").size().eq(24).all()
    assert ahead["ds"].min() == pd.Timestamp("2024-07-01")
    assert not table.duplicated(["unique_id", "ds"]).any()


def test_the_total_is_the_sum_of_its_areas_in_every_draw_and_mean(result: MonthForecast) -> None:
    ahead = result.forecast[result.forecast["kind"] == "forecast"]
    mean = ahead.pivot_table(index=["service", "ds"], columns="area", values="mean")
    np.testing.assert_allclose(mean["07"], mean[["A0", "A1", "A2"]].sum(axis=1))
    assert (result.draws == np.round(result.draws)).all()
    assert (result.draws >= 0).all()
    service = (result.cells["service"] == "s0").to_numpy()
    total = np.quantile(result.draws[:, 0, service].sum(axis=1), 0.9, method="inverted_cdf")
    row = ahead[(ahead["area"] == "07") & (ahead["service"] == "s0")].iloc[0]
    assert row["q0.9"] == total


def test_the_total_is_surer_than_the_areas_together(result: MonthForecast) -> None:
    ahead = result.forecast[result.forecast["kind"] == "forecast"]
    width = (ahead["q0.9"] - ahead["q0.1"]).groupby([ahead["service"], ahead["area"]]).mean().unstack()
    assert (width["07"] < width[["A0", "A1", "A2"]].sum(axis=1)).all()


def test_scorecard_judges_every_model_at_every_horizon(result: MonthForecast) -> None:
    card = result.scorecard
    assert set(card["model"]) == {"seasonal_naive", "poisson_glm", "gradient_boosting", "batch"}
    assert set(card["horizon"]) == {3, 6, 12, 24}
    assert card[card["model"] == "seasonal_naive"]["crps_skill"].abs().max() < 1e-12
    assert card[card["champion"]].groupby("service")["model"].nunique().eq(1).all()
    best = card[card["champion"]].groupby("service")["crps_skill"].mean()
    assert (best > 0.1).all()


@pytest.fixture(scope="module")
def told(counts: pd.DataFrame) -> MonthForecast:
    effects = (
        KnownEffect("s1", "2024-10-15", "2024-12-01", 0.5, 0.4, 0.6, ("A0",)),
        KnownEffect("s1", "2025-01-01", None, 2.0, 2.0, 2.0),
    )
    return forecast_months(
        counts,
        as_of=AS_OF,
        total_area="07",
        horizon=12,
        draws=200,
        pinned={"s0": "seasonal_naive"},
        effects=effects,
    )


def test_a_pinned_champion_stays_its_scores_stand_beside_the_others_and_its_cost_is_told(
    told: MonthForecast,
) -> None:
    assert told.champions["s0"] == "seasonal_naive"
    assert set(told.scorecard.loc[told.scorecard["service"] == "s0", "model"]) > {"seasonal_naive", "batch"}
    (pin,) = told.pins.to_dict("records")
    assert (pin["service"], pin["pinned"]) == ("s0", "seasonal_naive")
    assert pin["otherwise"] != "seasonal_naive"
    assert 0.05 < pin["cost"] < 2.0


def test_known_effects_change_their_months_and_areas_alone_and_totals_still_add_up(
    told: MonthForecast, counts: pd.DataFrame
) -> None:
    without = forecast_months(counts, as_of=AS_OF, total_area="07", horizon=12, draws=200, pinned={"s0": "batch"})
    ahead = [table.forecast[table.forecast["kind"] == "forecast"] for table in (told, without)]
    both = ahead[0].merge(ahead[1], on=["area", "service", "ds"], validate="1:1")
    ratio = both.assign(ratio=both["mean_x"] / both["mean_y"]).set_index(["service", "area", "ds"])["ratio"]
    assert ratio["s1", "A0", "2024-09-01"] == pytest.approx(1.0)
    assert ratio["s1", "A0", "2024-11-01"] == pytest.approx(0.5)
    assert ratio["s1", "A1", "2024-11-01"] == pytest.approx(1.0)
    assert ratio["s1", "A1", "2025-03-01"] == pytest.approx(2.0)
    flagged = ahead[0][ahead[0]["flag"] == "effect"]
    assert set(flagged["service"]) == {"s1"}
    assert set(flagged.loc[flagged["ds"] < "2025-01-01", "area"]) == {"A0", "07"}
    means = (
        ahead[0].assign(total=ahead[0]["area"] == "07").groupby(["service", "ds", "total"])["mean"].sum().unstack()
    )
    np.testing.assert_allclose(means[True], means[False], rtol=1e-9)
    assert (told.draws == np.round(told.draws)).all()


def test_one_draw_of_an_effect_holds_for_all_its_areas_and_months() -> None:
    cells = pd.DataFrame({"area": ["a", "b"], "service": ["s", "s"]})
    draws, mean = np.full((4000, 3, 2), 1e6), np.full((3, 2), 1e6)
    effect = KnownEffect("s", "2025-01-01", None, 1.2, 1.1, 1.3)
    month = 2025 * 12 + np.arange(3)
    made, means, touched = with_effects(draws, mean, cells, month, [effect], np.random.default_rng(1))
    np.testing.assert_allclose(made[:, 0, 0], made[:, 2, 1], atol=1)
    assert made[:, 0, 0].mean() / 1e6 == pytest.approx(1.2, abs=0.005)
    assert np.quantile(made[:, 0, 0], 0.9) / np.quantile(made[:, 0, 0], 0.1) == pytest.approx(1.3 / 1.1, abs=0.02)
    assert touched.all() and (means == 1.2e6).all()
    with pytest.raises(ValueError, match="low <= factor <= high"):
        with_effects(
            draws, mean, cells, month, [KnownEffect("s", "2025", None, 1.2, 1.3, 1.4)], np.random.default_rng(1)
        )


def test_the_baseline_stays_when_history_is_too_short_to_judge() -> None:
    short = forecast_months(county(months=20), as_of="2019-08-31", total_area="07", horizon=6, draws=50)
    assert set(short.champions.values()) == {"seasonal_naive"}
    assert short.scorecard.empty
    assert short.forecast["kind"].eq("forecast").sum() == 6 * 8


def test_months_not_over_on_the_day_of_knowledge_are_left_out(counts: pd.DataFrame) -> None:
    early = forecast_months(counts, as_of="2024-05-31", total_area="07", horizon=2, draws=50)
    assert early.forecast.loc[early.forecast["kind"] == "forecast", "ds"].min() == pd.Timestamp("2024-06-01")
    early = forecast_months(counts, as_of="2024-05-30", total_area="07", horizon=2, draws=50)
    assert early.forecast.loc[early.forecast["kind"] == "forecast", "ds"].min() == pd.Timestamp("2024-05-01")


def test_year_totals_agree_with_the_long_horizon(counts: pd.DataFrame) -> None:
    totals = pd.DataFrame(
        [(a, s, y, 20000.0) for a in ("A0", "A1", "A2") for s in ("s0",) for y in (2024, 2025)],
        columns=["area", "service", "year", "mean"],
    )
    result = forecast_months(counts, as_of=AS_OF, total_area="07", year_totals=totals, draws=200)
    table = result.forecast.assign(year=result.forecast["ds"].dt.year, value=result.forecast["mean"])
    table["value"] = table["value"].fillna(table["y"])
    years = (
        table[(table["service"] == "s0") & table["year"].isin([2024, 2025])]
        .groupby(["area", "year"])["value"]
        .sum()
    )
    np.testing.assert_allclose(years.loc["A1"], 20000.0)
    np.testing.assert_allclose(years.loc["07"], 60000.0)
    assert (result.draws == np.round(result.draws)).all()


def test_a_recording_break_is_flagged_and_not_read_as_growth() -> None:
    counts = county()
    broken = (counts["area"] == "A1") & (counts["service"] == "s0") & (counts["ds"] >= "2022-10-01")
    counts.loc[broken, "y"] = np.round(counts.loc[broken, "y"] * 1.8)
    result = forecast_months(counts, as_of=AS_OF, total_area="07", horizon=12, draws=100)
    assert result.breaks["unique_id"].tolist() == ["A1|s0"]
    assert abs(pd.Timestamp(result.breaks["ds"].iloc[0]) - pd.Timestamp("2022-10-01")).days < 35
    assert abs(result.breaks["ratio"].iloc[0] - 1.8) < 0.15
    mine = result.forecast[(result.forecast["unique_id"] == "A1|s0") & (result.forecast["kind"] == "forecast")]
    assert mine["flag"].eq("break").all()
    past = result.forecast[result.forecast["kind"] == "observed"]
    for name in ("A1|s0", "07|s0"):  # the month of the break alone, in the area and in the county
        assert (
            past[(past["unique_id"] == name) & (past["flag"] == "break")]["ds"].tolist()
            == result.breaks["ds"].tolist()
        )
    assert not past.loc[~past["unique_id"].isin(["A1|s0", "07|s0"]), "flag"].any()
    level = counts.loc[broken & (counts["ds"] >= "2023-07-01"), "y"].mean()
    assert abs(mine["mean"].mean() / level - 1.0) < 0.08


def test_completed_months_are_estimated_and_widen_the_forecast(counts: pd.DataFrame) -> None:
    full = counts["ds"] == counts["ds"].max()
    seen = counts.assign(y=np.where(full, counts["y"] // 2, counts["y"]))
    rows = counts[full].reset_index(drop=True)
    rng = np.random.default_rng(1)
    drawn = np.round(rows["y"].to_numpy() * (1.0 + 0.2 * rng.normal(size=(400, len(rows))))).astype(np.int64)
    table = rows[["area", "service", "ds"]].assign(observed=rows["y"] // 2, share=0.5, mean=drawn.mean(axis=0))
    table[Q] = np.quantile(drawn, [float(name[1:]) for name in Q], axis=0).T
    completion = Completion(table, drawn, pd.DataFrame())
    result = forecast_months(seen, as_of=AS_OF, total_area="07", completion=completion, horizon=3, draws=400)
    estimated = result.forecast[result.forecast["kind"] == "estimated"]
    assert set(estimated["area"]) == {"07", "A0", "A1", "A2"}
    assert estimated["flag"].eq("incomplete").all()
    assert (estimated["mean"] > estimated["y"]).all()
    ignored = forecast_months(seen, as_of=AS_OF, total_area="07", horizon=3, draws=400).forecast
    both = result.forecast.merge(ignored, on=["unique_id", "ds", "kind"])
    ahead = both[both["kind"] == "forecast"]
    assert ahead["mean_x"].sum() > ahead["mean_y"].sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.drop(columns="y"), "lack y"),
        (lambda c: c.assign(y=c["y"] + 0.5), "is not a count"),
        (lambda c: c.assign(y=-1), "is not a count"),
        (lambda c: pd.concat([c, c.head(1)]), "two rows for the month"),
        (lambda c: c.assign(area="07"), "is the county total"),
        (lambda c: c[c["ds"] > "2024-06-30"], "no month of the counts is over"),
    ],
)
def test_counts_that_cannot_be_counts_are_refused(counts: pd.DataFrame, change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forecast_months(change(counts), as_of=AS_OF, total_area="07")  # type: ignore[operator]


def test_exposure_must_cover_history_and_horizon(counts: pd.DataFrame) -> None:
    persons = pd.DataFrame([(a, y, 1000.0) for a in ("A0", "A1", "A2") for y in range(2017, 2024)])
    persons.columns = ["area", "year", "persons"]
    with pytest.raises(ValueError, match="the exposure lacks area A0 in 2024"):
        forecast_months(counts, as_of=AS_OF, total_area="07", exposure=persons)
    with pytest.raises(ValueError, match="unknown model 'oracle'"):
        forecast_months(counts, as_of=AS_OF, total_area="07", pinned={"s0": "oracle"})


def test_events_are_completed_before_they_are_forecast() -> None:
    rng = np.random.default_rng(4)
    days = np.repeat(pd.date_range("2021-01-01", "2024-07-05"), 12)
    events = pd.DataFrame(
        {"area": rng.choice(["A0", "A1"], days.size), "service": "s", "unit": "u", "event_date": days}
    )
    events["recorded_at"] = events["event_date"] + pd.to_timedelta(rng.geometric(0.05, days.size) - 1, "D")
    known = events[events["recorded_at"] <= AS_OF]
    completion = complete_recent(known, as_of=AS_OF, max_delay=120)
    counts = known.assign(ds=known["event_date"].dt.to_period("M").dt.to_timestamp())
    counts = counts.groupby(["area", "service", "ds"]).size().rename("y").reset_index()
    result = forecast_months(counts, as_of=AS_OF, total_area="07", completion=completion, horizon=6, draws=100)
    total = result.forecast[(result.forecast["area"] == "07") & (result.forecast["kind"] == "forecast")]
    assert abs(total["mean"].mean() / (12 * 30.4) - 1.0) < 0.05


def test_parts_sum_to_the_mean_of_every_month_and_to_the_county(result: MonthForecast) -> None:
    parts = result.parts
    assert list(parts.columns) == ["area", "service", "ds", "mean", *PARTS]
    np.testing.assert_allclose(parts[list(PARTS)].sum(axis=1), parts["mean"], rtol=1e-9, atol=1e-9)
    ahead = result.forecast[result.forecast["kind"] == "forecast"]
    both = ahead.merge(parts, on=["area", "service", "ds"], validate="1:1")
    assert len(both) == len(ahead) == len(parts)
    np.testing.assert_allclose(both["mean_x"], both["mean_y"])


def test_growing_population_and_late_records_have_parts_of_their_own(counts: pd.DataFrame) -> None:
    areas = sorted(counts["area"].unique())
    persons = pd.DataFrame(
        [(a, year, 1000.0 * 1.05 ** (year - 2017)) for a in areas for year in range(2017, 2028)],
        columns=["area", "year", "persons"],
    )
    grown = counts.assign(y=np.round(counts["y"] * 1.05 ** ((counts["ds"] - counts["ds"].min()).dt.days / 365.25)))
    told = forecast_months(
        grown, as_of=AS_OF, total_area="07", exposure=persons, pinned={"s0": "poisson_glm"}, draws=50
    )
    own = told.parts[told.parts["service"] == "s0"]
    last = own[own["ds"] == own["ds"].max()]
    assert (last["population"] / last["mean"]).between(0.04, 0.16).all()
    assert (own["completion"] == 0.0).all()
    season = own.groupby(own["ds"].dt.month)["season"].mean()
    assert season.max() > 0.1 * own["level"].mean()
    late = grown.assign(y=np.where(grown["ds"] >= "2024-05-01", np.round(0.8 * grown["y"]), grown["y"]))
    rows = late[late["ds"] >= "2024-05-01"].reset_index(drop=True)
    full = grown[grown["ds"] >= "2024-05-01"]["y"].to_numpy()
    table = rows.assign(observed=rows["y"], share=0.8, mean=full)
    table[Q] = np.repeat(full[:, None], len(Q), axis=1)
    completion = Completion(table, np.repeat(full[None], 10, axis=0).astype(int), pd.DataFrame())
    added = forecast_months(late, as_of=AS_OF, total_area="07", completion=completion, draws=50).parts
    assert (added["completion"].groupby(added["area"]).sum() > 0.0).all()


def test_slow_references_are_tried_only_when_asked_for() -> None:
    small = county(areas=1)
    small = small[small["service"] == "s1"]
    plain, asked = (
        forecast_months(small, as_of=AS_OF, total_area="07", horizon=12, draws=20, references=names)
        for names in ((), ("ets", "sarimax"))
    )
    assert {"ets", "sarimax"} & set(plain.scorecard["model"]) == set()
    assert {"ets", "sarimax"} < set(asked.scorecard["model"])
    scores = asked.scorecard.groupby("model")["crps_skill"].mean()
    assert scores["sarimax"] > scores["seasonal_naive"]
    assert scores["ets"] > scores["seasonal_naive"]
    with pytest.raises(ValueError, match="unknown model"):
        forecast_months(small, as_of=AS_OF, total_area="07", references=("prophet",))


def test_a_service_that_ended_long_ago_is_expected_no_more_and_says_so(counts: pd.DataFrame) -> None:
    ended = counts[(counts["service"] == "s0") | (counts["ds"] < "2021-03-01")]
    told = forecast_months(ended, as_of=AS_OF, total_area="07", horizon=6, draws=20)
    ahead = told.forecast[told.forecast["kind"] == "forecast"]
    assert (ahead[ahead["service"] == "s1"]["flag"] == "stale").all()
    assert (ahead[ahead["service"] == "s1"]["mean"] == 0.0).all()
    assert not ahead[ahead["service"] == "s0"]["flag"].str.contains("stale").any()
    assert (told.parts[told.parts["service"] == "s1"]["level"] == 0.0).all()


def test_the_running_year_is_what_is_counted_and_what_is_to_come(counts: pd.DataFrame) -> None:
    result = forecast_months(counts, as_of=AS_OF, total_area="07", horizon=24, draws=300)
    running = result.running.set_index(["area", "service"])
    year = int(running["year"].iloc[0])
    assert year == pd.Timestamp(AS_OF).year
    table = result.forecast.assign(value=result.forecast["mean"].fillna(result.forecast["y"]))
    mine = table[table["ds"].dt.year == year]
    whole, counted = mine.groupby(["area", "service"])["value"].sum(), mine.groupby(["area", "service"])["y"].sum()
    assert set(running.index) == set(whole.index), "every area and the county"
    np.testing.assert_allclose(running["mean"], whole.reindex(running.index), rtol=1e-9)
    np.testing.assert_allclose(running["so_far"], counted.reindex(running.index))
    rows = (result.forecast["kind"] == "forecast") & (result.forecast["ds"].dt.year == year)
    left = int(rows.sum() / len(running))
    ahead = result.draws[:, :left].sum(axis=1)
    names = list(zip(result.cells["area"], result.cells["service"], strict=True))
    np.testing.assert_allclose(running.loc[names, "sd"], ahead.std(axis=0))
    services = result.cells["service"].to_numpy()
    for service in set(services):
        assert running.loc[("07", service), "sd"] == pytest.approx(ahead[:, services == service].sum(axis=1).std())


def test_months_still_being_recorded_widen_the_running_year(counts: pd.DataFrame) -> None:
    rows = counts[counts["ds"] == counts["ds"].max()].reset_index(drop=True)
    drawn = np.round(rows["y"].to_numpy() * (1.0 + 0.2 * np.random.default_rng(1).normal(size=(400, len(rows)))))
    table = rows[["area", "service", "ds"]].assign(observed=rows["y"] // 2, share=0.5, mean=drawn.mean(axis=0))
    table[Q] = np.quantile(drawn, [float(name[1:]) for name in Q], axis=0).T
    completion = Completion(table, drawn.astype(np.int64), pd.DataFrame())
    known, guessed = (
        forecast_months(counts, as_of=AS_OF, total_area="07", completion=c, horizon=12, draws=300).running
        for c in (None, completion)
    )
    assert (guessed["sd"].to_numpy() > 1.05 * known["sd"].to_numpy()).all()


def test_a_year_that_is_over_or_not_reached_is_not_running(counts: pd.DataFrame) -> None:
    over = forecast_months(counts, as_of="2023-12-31", total_area="07", horizon=12, draws=50)
    assert over.running.empty
    far = forecast_months(counts, as_of=AS_OF, total_area="07", horizon=2, draws=50)
    assert far.running.empty


def test_the_running_year_is_told_as_its_last_months_are_recorded() -> None:
    counts = county()
    broken = (counts["area"] == "A1") & (counts["service"] == "s0") & (counts["ds"] >= "2024-03-01")
    counts.loc[broken, "y"] = np.round(counts.loc[broken, "y"] * 1.8)
    result = forecast_months(
        counts, as_of=AS_OF, total_area="07", horizon=12, draws=100, announced_breaks=[("A1|s0", "2024-03-01")]
    )
    running = result.running.set_index(["area", "service"])
    mine = running.loc[("A1", "s0")]
    assert mine["level"] > 1.05 * mine["mean"]
    others = running.drop(index=[("A1", "s0"), ("07", "s0")])
    np.testing.assert_allclose(others["level"], others["mean"], rtol=1e-3)


def test_a_known_effect_counts_once_in_the_running_year_and_not_in_what_later_years_start_from(
    counts: pd.DataFrame,
) -> None:
    effect = KnownEffect("s0", "2024-01-01", None, 0.5, 0.5, 0.5)
    given = {"as_of": AS_OF, "total_area": "07", "horizon": 24, "draws": 200}
    plain, first = (forecast_months(counts, effects=e, **given).running for e in ((), (effect,)))  # type: ignore[arg-type]
    mine = first["service"] == "s0"
    assert (first.loc[mine, "mean"] < 0.95 * plain.loc[mine, "mean"]).all()
    np.testing.assert_allclose(first["level"], plain["level"])
    totals = first[first["area"] != "07"][["area", "service", "year", "mean"]]
    second = forecast_months(counts, effects=(effect,), year_totals=totals, **given)  # type: ignore[arg-type]
    np.testing.assert_allclose(second.running["mean"], first["mean"])
    touched = second.forecast["flag"].str.contains("effect")
    assert set(second.forecast.loc[touched, "service"]) == {"s0"}
    later = second.parts[(second.parts["ds"].dt.year > first["year"].iloc[0]) & (second.parts["service"] == "s0")]
    np.testing.assert_allclose(later["effects"], -later["mean"])
