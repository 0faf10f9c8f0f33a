"""The running year enters as totals that are nearly known, and later years start from what it shows."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from simulated import County, county

from forecasting.assumption_register import Assumption, Register
from forecasting.contracts import NeedInputError
from forecasting.cube import draw_years
from forecasting.histories import need_arrays
from forecasting.judged import Judged
from forecasting.need import forecast_need
from forecasting.need_model import NeedModel, fit_need
from forecasting.running_year import RunningYear, check_running
from forecasting.scenarios import Scenario
from forecasting.service_plan import YearDraws
from forecasting.trend_widths import Widths

NOTHING = Widths(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def calm() -> County:
    return county(areas=4, services=2, years=14, ahead=10, shock=0.02)


def arrays(c: County, running: pd.DataFrame | None = None, flags: pd.DataFrame | None = None):  # type: ignore[no-untyped-def]
    return need_arrays(
        c.population, c.projection, c.counts, c.hierarchy, c.exposures, as_of=2024, running=running, flags=flags
    )


def rows(c: County, factor: float = 1.0, sd: float = 0.002, whole: float | None = None) -> pd.DataFrame:
    """The running year of service s0 at `factor` times the last whole year, counted to five sixths."""
    last = c.counts[(c.counts["year"] == 2024) & (c.counts["service"] == "s0")]
    found = last.groupby(["area", "service"], as_index=False)["count"].sum().rename(columns={"count": "mean"})
    found = found.assign(year=2025, mean=found["mean"] * factor)
    found = found.assign(sd=sd * found["mean"], so_far=np.floor(found["mean"] * 5 / 6))
    if whole is not None:
        top = found[["mean", "so_far"]].sum().to_dict() | {
            "area": "total",
            "service": "s0",
            "year": 2025,
            "sd": whole,
        }
        found = pd.concat([found, pd.DataFrame([top])], ignore_index=True)
    return found


def with_widths(model: NeedModel, total: Widths, areas: Widths = NOTHING) -> NeedModel:
    """The model with given widths, flat trends, and levels of cells that are known."""
    made = []
    for r in model.rates:
        flat = {
            name: replace(t, slopes=np.zeros_like(t.slopes), widths=w)
            for name, t, w in (("total", r.total, total), ("areas", r.areas, areas), ("groups", r.groups, NOTHING))
        }
        made.append(replace(r, **flat, shape=np.full_like(r.shape, 1e6), dispersion=0.0))
    return replace(model, rates=tuple(made))


def drawn(model: NeedModel, years: tuple[int, ...], draws: int = 2000) -> dict[int, YearDraws]:
    population = model.population(draws, 1)
    return {y.year: y for y in draw_years(model.plan(0, years), population, 1, 0.0)}


def totals(year: YearDraws) -> np.ndarray:
    return np.asarray(year.counts.sum(axis=1, dtype=float))


def wandering(seed: int) -> County:
    """A county whose rates wander by 5% a year."""
    c = county(areas=4, services=2, years=14, ahead=6, shock=0.0, seed=seed)
    rng = np.random.default_rng(seed)
    years = np.sort(c.truth["year"].unique())
    walk = dict(zip(years, np.exp(np.cumsum(rng.normal(0.0, 0.05, years.size))), strict=True))
    truth = c.truth.assign(mean=c.truth["mean"] * c.truth["year"].map(walk))
    truth["count"] = rng.poisson(truth["mean"])
    kept = truth[truth["year"].isin(c.counts["year"].unique())]
    return replace(c, counts=kept[list(c.counts.columns)].reset_index(drop=True), truth=truth)


def test_draws_of_the_running_year_are_its_totals(calm: County) -> None:
    table = rows(calm, 1.1, sd=0.01)
    found = drawn(fit_need(arrays(calm, table), ()), (2025,))[2025]
    sums = totals(found)
    assert (sums == np.rint(sums)).all()
    assert (sums >= table["so_far"].to_numpy()[:, None]).all()
    assert sums.mean(axis=1) == pytest.approx(table["mean"].to_numpy(), rel=2e-3)
    assert sums.std(axis=1) == pytest.approx(table["sd"].to_numpy(), rel=0.1)
    assert (found.counts >= 0).all()
    assert (found.counts == np.rint(found.counts)).all()


def test_a_row_of_the_whole_tells_how_far_the_areas_err_together(calm: County) -> None:
    apart = rows(calm, sd=0.01)
    alone = float(np.sqrt((apart["sd"] ** 2).sum()))
    whole = 0.5 * (alone + float(apart["sd"].sum()))
    for table, expected in ((apart, alone), (rows(calm, sd=0.01, whole=whole), whole)):
        sums = totals(drawn(fit_need(arrays(calm, table), ()), (2025,))[2025])
        assert sums.sum(axis=0).std() == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("widths", "stays"), [(Widths(0.0, 0.1**2, 0.0), 1.0), (Widths(0.1**2, 0.0, 0.0), 0.0)])
def test_a_surprise_stays_as_far_as_the_widths_say(calm: County, widths: Widths, stays: float) -> None:
    before = drawn(with_widths(fit_need(arrays(calm), ()), widths), (2025, 2028))
    after = drawn(with_widths(fit_need(arrays(calm, rows(calm, 1.06)), ()), widths), (2025, 2028))
    surprise = np.log(totals(after[2025]).sum(axis=0).mean() / totals(before[2025]).sum(axis=0).mean())
    moved = np.log(np.median(totals(after[2028]).sum(axis=0)) / np.median(totals(before[2028]).sum(axis=0)))
    assert surprise > 0.02
    assert moved == pytest.approx(stays * surprise, abs=0.006)


def test_paths_follow_the_normal_law_given_the_total(calm: County) -> None:
    widths = Widths(0.03**2, 0.02**2, 0.01**2)
    model = with_widths(fit_need(arrays(calm, rows(calm, 1.05, sd=0.0001)), ()), widths)
    plain = with_widths(fit_need(arrays(calm), ()), widths)
    given, free = (drawn(m, (2025, 2027), 6000) for m in (model, plain))
    logs = {name: np.log(d[2027].expected.sum(axis=(0, 1))) for name, d in (("given", given), ("free", free))}
    walk, tilt = 0.02**2, 0.01**2
    first, third = widths.white + walk + tilt, widths.white + 3 * walk + 9 * tilt
    shared = walk + 3 * tilt
    left = third - shared**2 / first
    counting = float((1.0 / totals(given[2025]).sum(axis=0)).mean())
    assert logs["free"].std() == pytest.approx(np.sqrt(third), rel=0.06)
    assert logs["given"].std() == pytest.approx(np.sqrt(left + counting), rel=0.08)


def test_areas_that_are_not_known_learn_what_is_shared(calm: County) -> None:
    known = rows(calm, 1.08)
    missing = known["area"].iloc[0]
    table = known[known["area"] != missing]
    widths = Widths(0.0, 0.03**2, 0.0)
    model, plain = (with_widths(fit_need(arrays(calm, t), ()), widths) for t in (table, None))
    after, before = drawn(model, (2025, 2026)), drawn(plain, (2025, 2026))
    assert (totals(after[2025])[0] == totals(before[2025])[0]).all()  # no total to meet
    gain = np.log(totals(after[2026]).mean(axis=1) / totals(before[2026]).mean(axis=1))
    assert gain[0] == pytest.approx(gain[1:].mean(), abs=0.02)
    assert gain[0] > 0.03


def test_a_change_of_recording_within_the_year_stays_in_its_own_area(calm: County) -> None:
    table = rows(calm)
    where = table["area"].iloc[1]
    table.loc[1, "mean"] *= 1.5
    table["so_far"] = 0.0
    flags = pd.DataFrame({"area": [where], "service": ["s0"], "year": [2025], "kind": ["break"]})
    widths = Widths(0.0, 0.02**2, 0.0), Widths(0.0, 0.01**2, 0.0)
    marked, plain = (
        with_widths(fit_need(arrays(calm, t, flags if t is not None else None), ()), *widths)
        for t in (table, None)
    )
    after, before = drawn(marked, (2025, 2026)), drawn(plain, (2025, 2026))
    gain = np.log(totals(after[2026]).mean(axis=1) / totals(before[2026]).mean(axis=1))
    assert gain[1] == pytest.approx(np.log(1.5), abs=0.06)
    assert np.abs(np.delete(gain, 1)).max() < 0.05


def test_years_left_out_change_nothing(calm: County) -> None:
    model = fit_need(arrays(calm, rows(calm, 1.05)), ()).raked({"s0": 3}, ())
    every, few = drawn(model, (2025, 2026, 2027, 2028, 2029), 300), drawn(model, (2029,), 300)
    assert (every[2029].counts == few[2029].counts).all()


def test_years_left_out_change_nothing_under_assumptions_either(calm: County) -> None:
    """A lever acts in the running year too: what its total teaches is told from what the lever explains."""
    base = {"source": "a test", "date": "2026-01-01", "services": ["s0"], "first_year": 2025, "full_year": 2025}
    less = {"id": "less", "kind": "rate_factor", "p10": 0.7, "p90": 0.9}
    sent = {"id": "sent", "kind": "substitution", "p10": 0.1, "p90": 0.2, "to_service": "s1", "per_unit": 3.0}
    register = Register(assumptions=tuple(Assumption.model_validate(base | one) for one in (less, sent)))
    model = fit_need(arrays(calm, rows(calm, 1.05)), ())
    levers, population = model.levers(register, 300, 1), model.population(300, 1)
    for index in range(2):
        every, few = (
            {y.year: y for y in draw_years(model.plan(index, years, levers), population, 1, 0.0)}
            for years in ((2025, 2026, 2027), (2027,))
        )
        assert (every[2027].counts == few[2027].counts).all()


def test_what_is_assumed_beside_the_year_as_counted_is_not_unlearnt_from_its_total(calm: County) -> None:
    base = {"source": "a test", "date": "2026-01-01", "services": ["s0"], "first_year": 2025, "full_year": 2025}
    half = base | {"id": "half", "kind": "rate_factor", "p10": 0.5, "p90": 0.5}
    move = base | {
        "id": "move",
        "kind": "substitution",
        "p10": 0.1,
        "p90": 0.1,
        "to_service": "s1",
        "per_unit": 3.0,
    }
    titles = {"fi": "a", "sv": "b", "en": "c"}
    scenarios = [
        Scenario.model_validate({"name": name, "titles": titles, "add": added, **more})
        for name, added, more in (
            ("half", [half], {}),
            ("half_constant", [half], {"rates": "constant"}),
            ("half_staying", [half], {"population": "no_net_migration"}),
            ("move", [move], {}),
        )
    ]
    found = forecast_need(
        calm.population, calm.projection, calm.counts, calm.hierarchy, exposures=calm.exposures, as_of=2024,
        running=rows(calm), draws=200, disrupted_years=(), scenarios=scenarios,
        swings=Register(assumptions=(Assumption.model_validate(half | {"p10": 0.8, "p90": 1.2}),)),
    )  # fmt: skip
    whole = "area == 'total' and sex == 'all' and age_group == 'all' and kind == 'forecast' and service == 's0'"
    mean = found.forecast.query(whole).set_index("year")["mean"]
    change = found.scenarios.query("area == 'total'").set_index(["scenario", "service", "year"])["diff_mean"]
    for year in (2025, 2027, 2034):
        for name in ("half", "half_constant", "half_staying"):
            assert change[name, "s0", year] / mean[year] == pytest.approx(-0.5, abs=0.02)
        assert change["move", "s1", year] / -change["move", "s0", year] == pytest.approx(3.0, rel=0.03)
    bars = found.tornado.query("area == 'total' and service == 's0' and assumption == 'half'").iloc[0]
    assert bars["high"] - bars["low"] == pytest.approx(0.4 * mean[2034], rel=0.05)


def test_a_change_of_recording_stays_in_its_area_when_a_total_is_followed(calm: County) -> None:
    table = rows(calm)
    table["level"] = table["mean"]
    table.loc[1, ["mean", "level"]] *= [1.25, 1.5]
    table["so_far"] = 0.0
    flags = pd.DataFrame({"area": [table["area"][1]], "service": ["s0"], "year": [2025], "kind": ["break"]})
    after, before = (
        drawn(fit_need(arrays(calm, t, f), ()).raked({"s0": 3}, ()), (2025, 2026), 1000)
        for t, f in ((table, flags), (rows(calm), None))
    )
    gain = np.log(totals(after[2026]).mean(axis=1) / totals(before[2026]).mean(axis=1))
    assert gain[1] == pytest.approx(np.log(1.5), abs=0.06)
    assert np.abs(np.delete(gain, 1)).max() < 0.06


def test_what_is_followed_from_above_starts_from_the_running_year_too(calm: County) -> None:
    after = drawn(fit_need(arrays(calm, rows(calm, 1.1)), ()).raked({"s0": 5}, ()), (2025, 2026), 500)
    before = drawn(fit_need(arrays(calm), ()).raked({"s0": 5}, ()), (2025, 2026), 500)
    rise = totals(after[2025]).sum(axis=0).mean() / totals(before[2025]).sum(axis=0).mean()
    kept = totals(after[2026]).sum(axis=0).mean() / totals(before[2026]).sum(axis=0).mean()
    assert rise > 1.05
    assert 1.0 < kept <= rise * 1.02


def test_what_is_followed_from_above_learns_from_the_areas_that_are_known(calm: County) -> None:
    every, some, none = (
        totals(drawn(fit_need(arrays(calm, t), ()).raked({"s0": 5}, ()), (2026,), 500)[2026]).sum(axis=0).mean()
        for t in (rows(calm, 1.2), rows(calm, 1.2).iloc[1:], None)
    )
    assert np.log(some / none) == pytest.approx(np.log(every / none), abs=0.03)
    assert every / none > 1.1


def test_later_years_are_forecast_better_from_the_running_year() -> None:
    gains = []
    for seed in range(6):
        c = wandering(seed)
        truth = c.truth[c.truth["service"] == "s0"].groupby(["area", "year"], as_index=False)["mean"].sum()
        now = truth[truth["year"] == 2025].assign(service="s0", sd=lambda t: 0.01 * t["mean"])
        later = truth[truth["year"] == 2026].sort_values("area")["mean"].to_numpy()
        missed = [
            np.abs(
                np.log(
                    np.median(totals(drawn(fit_need(arrays(c, t), ()), (2025, 2026), 400)[2026]), axis=1) / later
                )
            )
            for t in (None, now[["area", "service", "year", "mean", "sd"]])
        ]
        gains.append(missed[0].mean() - missed[1].mean())
    assert np.mean(gains) > 0.0


def test_the_forecast_marks_and_takes_the_running_year(calm: County) -> None:
    table = rows(calm, 1.1)
    found = forecast_need(
        calm.population, calm.projection, calm.counts, calm.hierarchy, exposures=calm.exposures,
        as_of="2025-11-05", running=table, draws=600, disrupted_years=(),
        services=pd.DataFrame({"service": ["s0", "s1"], "parent": "every"}),
    )  # fmt: skip
    whole = (found.forecast["sex"] == "all") & (found.forecast["age_group"] == "all")
    ahead = found.forecast[whole & (found.forecast["kind"] == "forecast")]
    mine = ahead[(ahead["service"] == "s0") & (ahead["year"] == 2025)].set_index("area")
    for row in table.itertuples(index=False):
        assert mine.loc[row.area, "mean"] == pytest.approx(row.mean, rel=0.002)
    assert mine["flag"].str.contains("running").all()
    assert not ahead[(ahead["service"] == "s1")]["flag"].str.contains("running").any()
    assert not ahead[ahead["year"] == 2026]["flag"].str.contains("running").any()
    assert ahead[(ahead["service"] == "every") & (ahead["year"] == 2025)]["flag"].str.contains("running").all()
    split = found.variance[(found.variance["area"] == "total") & (found.variance["service"] == "s0")]
    now = split[split["year"] == 2025].iloc[0]
    assert now["rate"] == pytest.approx(1.0, abs=0.02)
    again = found.draws("total", "s0")
    assert again[2025].mean() == pytest.approx(mine.loc["total", "mean"], rel=1e-9)


def test_years_that_follow_a_total_are_marked_beside_the_running_one(calm: County) -> None:
    found = forecast_need(
        calm.population, calm.projection, calm.counts, calm.hierarchy, exposures=calm.exposures,
        as_of="2025-11-05", running=rows(calm), draws=50, disrupted_years=(),
        judged=Judged({}, raked={"s0": 3, "s1": 2}),
    ).forecast  # fmt: skip
    ahead = found[found["kind"] == "forecast"]
    marks = {service: part.groupby("year")["flag"].first() for service, part in ahead.groupby("service")}
    assert marks["s0"].loc[2025:2028].tolist() == ["running", "followed", "followed", ""]
    assert marks["s1"].loc[2025:2027].tolist() == ["followed", "followed", ""]
    assert not ahead[ahead["service"] == "s2"]["flag"].str.contains("followed").any()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sd": None}, "column sd is missing"),
        ({"mean": -5.0}, "mean must be a number"),
        ({"year": 2027}, "the year given is 2027"),
        ({"area": "nowhere"}, "not forecast for"),
        ({"so_far": 1e9}, "more is counted"),
        ({"service": "s9"}, "no counts of whole years"),
    ],
)
def test_a_running_year_that_cannot_be_is_refused(calm: County, change: dict[str, object], reason: str) -> None:
    table = rows(calm)
    for name, value in change.items():
        table = table.drop(columns=name) if value is None else table.assign(**{name: value})
    if "area" in change or "service" in change:
        table = table.head(1)
    with pytest.raises(NeedInputError, match=reason):
        arrays(calm, table)


def test_a_region_alone_is_refused_not_passed_over(calm: County) -> None:
    table = rows(calm, whole=10.0)
    with pytest.raises(NeedInputError, match="whole regions alone"):
        arrays(calm, table[table["area"] == "total"])


def test_two_rows_of_an_area_or_two_years_are_refused(calm: County) -> None:
    table = rows(calm)
    with pytest.raises(NeedInputError, match="one row for each area"):
        check_running(pd.concat([table, table.head(1)]))
    table.loc[0, "year"] = 2026
    with pytest.raises(NeedInputError, match="expected one year"):
        check_running(table)


def test_factors_in_the_place_of_levels_are_refused(calm: County) -> None:
    """Later years start from the level: a factor of one would take them to one."""
    table = rows(calm)
    check_running(table.assign(level=table["mean"] * 1.5))
    with pytest.raises(NeedInputError, match="level is a total of the year, as mean is, and no factor"):
        check_running(table.assign(level=1.05))


def test_small_remainders_are_never_below_what_is_counted() -> None:
    year = RunningYear(
        2026, np.array([3.0, 0.0, 10.0]), np.array([3.4, 0.0, 10.0]), np.array([0.7, 0.1, 0.0]),
        np.array([3.4, 0.0, 10.0]), 0.3, np.zeros(3, dtype=bool),
    )  # fmt: skip
    found = year.totals(4000, np.random.default_rng(1))
    assert (found >= np.array([3.0, 0.0, 10.0])[:, None]).all()
    assert (found == np.rint(found)).all()
    assert found[0].mean() == pytest.approx(3.4, abs=0.1)
    assert (found[1:] == np.array([0.0, 10.0])[:, None]).all()


def test_a_surprise_whose_like_the_past_has_not_shown_stays(calm: County) -> None:
    widths = Widths(0.01**2, 0.0, 0.0)
    model, plain = (with_widths(fit_need(arrays(calm, t), ()), widths) for t in (rows(calm, 1.25, sd=0.001), None))
    after, before = drawn(model, (2025, 2027)), drawn(plain, (2025, 2027))
    gain = np.log(totals(after[2027]).sum(axis=0).mean() / totals(before[2027]).sum(axis=0).mean())
    rise = np.log(totals(after[2025]).sum(axis=0).mean() / totals(before[2025]).sum(axis=0).mean())
    assert rise > 0.15
    assert gain > 0.9 * rise
