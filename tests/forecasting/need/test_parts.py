"""Hand-computed cases of the parts: hierarchy, drivers, count draws, trends, population errors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from shapley import shapley
from simulated import pyramid

from forecasting import drivers, scores, trend_widths, trends
from forecasting.contracts import NeedInputError, age_bounds, check_persons
from forecasting.cube import count_draws, margins, quantile_table
from forecasting.hierarchy import area_tree
from forecasting.population import AgeBands, Persons, persons_array, project_by_cohorts
from forecasting.population_draws import draw_population, error_loadings
from forecasting.population_errors import cohort_errors, default_scale, learn_scale
from forecasting.rate_components import component_trends
from forecasting.rate_interventions import after_effect


def tree(*pairs: tuple[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["area", "parent"])


def test_membership_of_two_levels() -> None:
    found = area_tree(tree(("a", "n"), ("b", "n"), ("c", "s"), ("n", "t"), ("s", "t"), ("t", None)))
    assert found.root == "t"
    assert found.membership(["t", "n", "a"], ["a", "b", "c"]).tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "t"), ("a", "u")], "more than one parent"),
        ([("a", "t"), ("b", "u")], "exactly one area without a parent"),
        ([("a", "b"), ("b", "a"), ("c", "t")], "stands under itself"),
    ],
)
def test_a_broken_hierarchy_says_what_is_wrong(rows: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(NeedInputError, match=message):
        area_tree(tree(*rows))


def test_age_labels() -> None:
    assert [age_bounds(x) for x in ("0-6", "90+", "17", "all", "100-")] == [
        (0, 6),
        (90, 100),
        (17, 17),
        (0, 100),
        (100, 100),
    ]
    with pytest.raises(NeedInputError, match="not understood"):
        age_bounds("old")


def effects_of_one_cell(before: tuple[float, ...], after: tuple[float, ...]) -> dict[str, float]:
    """Effects on persons x rate x policy of one area and group, each state given by its three factors."""

    def state(persons: float, rate: float, policy: float) -> drivers.NeedState:
        cell = np.ones((1, 1, 1))
        people = np.full((1, 2, 1), persons / 2)
        return drivers.NeedState(persons * cell, people, {"rate": rate * cell, "policy": policy * cell})

    found = drivers.need_effects(state(*before), state(*after), np.ones((1, 1)), np.array([-1]))
    return {name: float(effect[0, 0]) for name, effect in found.items()}


def test_lmdi_gives_the_published_split_with_no_residual() -> None:
    before, after = (1000.0, 1.0, 1.0), (1300.0, 0.95, 1.0249**18)
    effects = effects_of_one_cell(before, after)
    persons = effects["size"] + effects["sex"] + effects["structure"]
    found = np.array([persons, effects["rate"], effects["policy"]])
    assert found == pytest.approx([370.3, -72.4, 624.9], abs=0.1)
    assert found.sum() == pytest.approx(1300 * 0.95 * 1.0249**18 - 1000, rel=1e-12)
    exact = shapley(lambda f: f[0] * f[1] * f[2], *([np.array([v]) for v in end] for end in (before, after)))[:, 0]
    assert exact == pytest.approx([373.3, -74.2, 623.8], abs=0.1)


def test_lmdi_of_a_factor_that_appears_from_zero_is_the_whole_change() -> None:
    effects = effects_of_one_cell((10.0, 1.0, 0.0), (10.0, 1.0, 3.0))
    assert [effects["size"], effects["rate"], effects["policy"]] == pytest.approx([0.0, 0.0, 30.0], abs=1e-9)


def test_size_and_structure_by_hand() -> None:
    # everyone doubles: all size; then one group grows and the other shrinks, total fixed: all structure
    ones = np.ones((1, 2, 1))
    x0 = np.array([[[100.0], [100.0]]])
    both = np.array([[[100.0], [100.0]]])

    def effects(start: np.ndarray, end: np.ndarray, rate: np.ndarray, people: np.ndarray) -> dict[str, np.ndarray]:
        states = (drivers.NeedState(start, both, {"rate": rate}), drivers.NeedState(end, people, {"rate": rate}))
        return drivers.need_effects(*states, np.ones((1, 1)), np.array([-1, -1]))

    double = effects(x0, 2 * x0, ones, 2 * both)
    assert double["size"][0, 0] == pytest.approx(200.0)
    assert abs(double["structure"][0, 0]) < 1e-9
    x1 = np.array([[[50.0], [150.0]]])
    rate = np.array([[[1.0], [3.0]]])
    older = effects(x0, x1, rate, both)
    assert older["structure"][0, 0] == pytest.approx(100.0)
    assert older["size"][0, 0] == 0.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 2))
def test_drivers_of_a_node_leave_nothing_and_stay_near_shapley(seed: int, levers: int) -> None:
    rng = np.random.default_rng(seed)
    names = ("rate", "health", "policy")[: 1 + levers]

    def state(wobble: float) -> drivers.NeedState:
        residents = np.array([[[900.0], [1000.0]], [[500.0], [480.0]]]) * rng.uniform(
            1 - wobble, 1 + wobble, (2, 2, 1)
        )
        share = rng.uniform(0.2 - 0.02 * wobble, 0.2 + 0.02 * wobble, (2, 6, 1))
        exposure = np.repeat(residents, 3, axis=1) * share
        return drivers.NeedState(exposure, residents, {n: rng.uniform(0.9, 1.1, (2, 6, 1)) for n in names})

    before, after = state(0.0), state(0.15)
    sexes = np.array([0, 0, 0, 1, 1, 1])
    found = drivers.need_effects(before, after, np.array([[1.0, 1.0], [0.0, 1.0]]), sexes)
    rest = sum(v for k, v in found.items() if k != "total") - found["total"]
    assert np.abs(rest).max() < 1e-9 * np.abs(found["total"]).max()

    def factors(s: drivers.NeedState) -> list[np.ndarray]:
        people = s.residents[1, :, 0]
        return [people.sum(), people / people.sum(), s.exposure[1, :, 0] / np.repeat(people, 3),
                *(s.factors[n][1, :, 0] for n in names)]  # fmt: skip

    def need(f: list[np.ndarray]) -> np.ndarray:
        total = f[0] * np.repeat(f[1], 3) * f[2]
        return np.asarray(np.prod([total, *f[3:]], axis=0).sum())

    if levers < 2:
        exact = shapley(need, factors(before), factors(after))
        fast = np.array([found[n][1, 0] for n in ("size", "sex", "structure", *names)])
        assert np.abs(fast - exact).max() < 0.03 * np.abs(exact).sum()


@pytest.mark.parametrize("mean", [0.05, 0.8, 5.0, 11.9, 12.1, 40.0, 900.0])
@pytest.mark.parametrize("alpha", [0.0, 0.02, 0.2])
def test_count_draws_have_the_moments_and_quantiles_of_nb2(mean: float, alpha: float) -> None:
    rng = np.random.Generator(np.random.SFC64(1))
    n = 200_000
    draws = count_draws(np.full((1, n), mean, dtype=np.float32), alpha, rng)[0].astype(float)
    reference = np.random.default_rng(2)
    exact = reference.poisson(mean * (reference.gamma(1 / alpha, alpha, n) if alpha else np.ones(n)))
    assert (draws == np.rint(draws)).all()
    assert (draws >= 0).all()
    sd = np.sqrt(mean + alpha * mean**2)
    assert draws.mean() == pytest.approx(mean, abs=5 * sd / np.sqrt(n) + 0.002 * sd)
    assert draws.std() == pytest.approx(sd, rel=0.03)
    gap = np.quantile(draws, [0.025, 0.1, 0.5, 0.9, 0.975]) - np.quantile(exact, [0.025, 0.1, 0.5, 0.9, 0.975])
    assert np.abs(gap).max() <= max(1.0, 0.08 * sd)


def test_margins_append_sexes_and_ages() -> None:
    cells = np.arange(4, dtype=np.float32).reshape(1, 4, 1)  # male young, male old, female young, female old
    assert margins(cells, 2)[0, :, :, 0].tolist() == [[0, 1, 1], [2, 3, 5], [2, 4, 6]]


def test_sums_beyond_single_precision_stay_whole() -> None:
    cells = np.full((1, 40, 3), 2.0**24 - 1, dtype=np.float32)
    assert (margins(cells, 2)[0, -1, -1] == 40 * (2.0**24 - 1)).all()


def test_quantiles_are_those_of_numpy() -> None:
    draws = np.random.default_rng(1).normal(size=(3, 101)).astype(np.float32)
    table = quantile_table(draws.copy())
    assert np.allclose(table[:, 1:], np.quantile(draws, scores.QUANTILE_LEVELS, axis=1).T, atol=1e-5)


def test_a_damped_slope_adds_up_to_a_bound() -> None:
    assert trends.damped_years(0.5, 3) == pytest.approx(0.5 + 0.25 + 0.125)
    assert trends.damped_years(0.0, 9) == 0.0
    assert trends.damped_years(1.0, 9) == 9.0


def test_a_straight_line_is_continued_when_nothing_holds_the_slope() -> None:
    z = np.arange(10.0)[None] * 0.03
    level, slope = trends.local_trends(z, np.ones_like(z), 0.8, 1e-9)
    assert level[0] == pytest.approx(0.27)
    assert slope[0] == pytest.approx(0.03)


def test_local_trends_equal_weighted_least_squares_of_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    z, w = rng.normal(size=(4, 12)), rng.uniform(0.2, 1.0, (4, 12))
    x = np.arange(12) - 11.0
    level, slope = trends.local_trends(z, w, 0.7, 0.0)
    for i in range(4):
        fit = sm.WLS(z[i], sm.add_constant(x), weights=w[i] * 0.7 ** (-x)).fit()
        assert [level[i], slope[i]] == pytest.approx(fit.params, rel=1e-9)


def test_noise_gets_no_trend_and_a_trend_gets_one() -> None:
    rng = np.random.default_rng(5)
    x = np.arange(20)
    noise = rng.normal(0.0, 0.05, (30, 20))
    for slope in (0.0, 0.04):
        z = noise + slope * x
        errors = trends.rolling_errors(z, np.ones_like(z))
        losses = np.nanmean(np.abs(errors), axis=(1, 2, 3))[None]
        weights = trends.weigh(losses, np.array([15.0]), np.array([20]))[0]
        assert weights.sum() == pytest.approx(1.0)
        choice = trends.CHOICES[int(weights.argmax())]
        _, found = trends.local_trends(z, np.ones_like(z), choice.discount, choice.ridge, choice.linear)
        added = trends.trend_path(found, trends.damped_years(choice.damping, 10), choice.linear).mean()
        assert added == pytest.approx(10 * slope, abs=0.08)


def test_few_years_do_not_carry_a_trend_far() -> None:
    reach = {}
    for years in (11, 20):
        z = 0.04 * np.arange(years, dtype=float)[None]
        (found,) = component_trends([(z, np.ones_like(z), np.zeros(1))], trend_widths.DEFAULT_WIDTHS)
        reach[years] = found.path(20)[0]
    assert 0.04 * 3 < reach[11] < 0.04 * 8
    assert reach[20] > 0.04 * 15


def test_few_years_tell_no_line_from_a_curve() -> None:
    allowed = trends.allowed(np.array([5, 11, 20]), trends.CHOICES)
    linear = np.array([c.linear for c in trends.CHOICES])
    damping = np.array([c.damping for c in trends.CHOICES])
    assert not allowed[:2, linear].any()
    assert allowed[2].all()
    assert [damping[row].max() for row in allowed] == [0.7, 0.9, 1.0]


def test_an_effect_of_one_year_is_seldom_taken_for_one_that_lasts() -> None:
    rng = np.random.default_rng(5)
    years = np.arange(2015, 2026)
    weight = np.where(np.isin(years, (2020, 2021)), 0.0, 1.0)
    shape = np.where(years == 2022, 0.1, 0.0)
    found = [
        after_effect(shape + rng.normal(0.0, 0.03, years.size), weight, years, (2020, 2021)).decay
        for _ in range(300)
    ]
    assert np.mean(np.array(found) == 0.0) > 0.8
    lasting = np.where(years > 2021, 0.3 * 0.6 ** (years - 2022.0), 0.0)
    assert after_effect(lasting, weight, years, (2020, 2021)).decay == 0.6


def test_a_rate_that_rises_by_equal_steps_is_carried_on_as_a_line() -> None:
    z = np.log(np.linspace(20.0, 60.0, 21))[None]
    found = {}
    for linear in (True, False):
        level, slope = trends.local_trends(z, np.ones_like(z), 1.0, 2.0, linear)
        path = level + trends.trend_path(slope, trends.damped_years(1.0, 10), linear)
        found[linear] = np.exp(path)[0]
    assert found[True] == pytest.approx(80.0, rel=0.01)
    assert found[False] > 90.0


def test_strong_evidence_of_one_service_is_not_outvoted_by_the_others() -> None:
    losses = np.full((5, len(trends.CHOICES)), 0.04)
    losses[1:, 1:] *= 1.3
    losses[0] = 0.2
    losses[0, 7] = 0.05
    weights = trends.weigh(losses, np.full(5, 8.0), np.full(5, 20))
    assert weights[0].argmax() == 7
    assert (weights[1:].argmax(axis=1) == 0).all()


def test_widths_of_a_random_walk_grow_with_the_horizon() -> None:
    h = np.arange(1, 9)
    found = trend_widths.widths(
        0.01**2 + 0.03**2 * h, np.full(8, 200.0), trend_widths.Widths(0.02**2, 0.02**2, 0.001**2)
    )
    assert np.sqrt(found.drift) == pytest.approx(0.03, rel=0.05)


def history(areas: int = 5, years: int = 30, seed: int = 1, shared: float = 0.0) -> Persons:
    """A pyramid of cohorts; `shared` is the yearly standard deviation of what all areas gain or lose at once."""
    rng = np.random.default_rng(seed)
    persons = pyramid(areas, years, rng)
    if shared:
        swing = np.cumsum(rng.normal(0.0, shared, years))
        persons = np.round(persons * np.exp(swing))
    return Persons(tuple(f"a{i}" for i in range(areas)), tuple(range(2025 - years, 2025)), persons)


def test_the_cohort_method_moves_everyone_one_year_on() -> None:
    persons = np.zeros((1, 2, 101, 3))
    for t in range(3):
        persons[:, :, 30 + t, t] = 1000.0
    path = project_by_cohorts(Persons(("a",), (2020, 2021, 2022), persons), 2).persons
    assert path[0, 0, 33, 0] == pytest.approx(1000.0, rel=0.05)
    assert path[0, 0, 34, 1] == pytest.approx(1000.0, rel=0.05)


def test_short_histories_take_the_default_scales_and_say_so() -> None:
    bands = AgeBands((0, 18, 65, 80))
    assert learn_scale(history(years=6), bands, 10).source == "default"
    assert default_scale(bands).shared.by_age.shape == (4,)
    learnt = learn_scale(history(), bands, 10)
    assert learnt.source == "history"
    assert learnt.cases > 100


def test_errors_are_learnt_only_from_what_came_after_the_base_year() -> None:
    errors, _ = cohort_errors(history(years=15), AgeBands((0, 65)), 20)
    assert np.isfinite(errors[-1]).sum(axis=-1).max() == 1
    assert np.isfinite(errors[0]).sum(axis=-1).max() == errors.shape[-1] == 9


def test_loadings_keep_unit_variance_and_fall_with_distance_in_age() -> None:
    bands = AgeBands((0, 20, 40, 60, 80))
    loading = error_loadings(default_scale(bands).own.correlation)
    correlation = loading @ loading.T
    assert np.allclose(np.diag(correlation), 1.0)
    assert correlation[0, 1] > correlation[0, 3]


def test_drawn_persons_have_the_projection_as_mean_and_spread_with_the_horizon() -> None:
    bands = AgeBands((0, 18, 65, 80))
    expected = np.full((2, 2, 4, 6), 5000.0)
    scale = default_scale(bands)
    drawn = draw_population(expected, [True] + [False] * 5, scale, bands, 4000, np.random.SeedSequence(1))
    assert (drawn.year(0) == 5000.0).all()
    first, last = drawn.year(1), drawn.year(5)
    assert last.mean() == pytest.approx(5000.0, rel=0.002)
    persons = expected[..., 1]
    for drawn_year, horizon in ((first, 1), (last, 5)):
        sd = np.log(drawn_year).std(axis=-1).reshape(2, 2, 4)
        assert sd == pytest.approx(np.sqrt(scale.variance(persons, horizon)), rel=0.06)


def test_bands_of_few_persons_have_the_projection_as_mean() -> None:
    bands = AgeBands((0, 18, 65, 80, 90))
    expected = np.full((20, 2, 5, 22), 15.0)
    drawn = draw_population(
        expected, [True] + [False] * 21, default_scale(bands), bands, 4000, np.random.SeedSequence(1)
    )
    for year in (1, 21):
        assert drawn.year(year).mean() == pytest.approx(15.0, rel=0.003)


def test_an_area_with_nobody_in_a_band_leaves_the_other_correlations_as_they_were() -> None:
    bands = AgeBands((0, 18, 65, 80, 90))
    whole = history(areas=6)
    empty = whole.persons.copy()
    empty[:, 0, 90:] = 0.0
    full, without = (
        learn_scale(Persons(whole.areas, whole.years, persons), bands, 10).own.correlation
        for persons in (whole.persons, empty)
    )
    others = np.delete(np.arange(10), 4)
    assert np.abs((without - full)[np.ix_(others, others)]).max() < 0.1


def test_what_areas_share_does_not_cancel_in_their_sum_and_their_own_errors_do() -> None:
    bands = AgeBands((0, 18, 65, 80))
    scale = default_scale(bands)
    expected = np.full((40, 2, 4, 2), 1e9)  # nothing is chance
    drawn = draw_population(expected, [True, False], scale, bands, 4000, np.random.SeedSequence(1)).year(1)
    total = np.log(drawn.reshape(40, 2, 4, -1).sum(axis=0)).std(axis=-1)
    assert total[0] ** 2 == pytest.approx(scale.shared.by_age + scale.own.by_age / 40, rel=0.1)


def test_shared_and_own_errors_are_told_apart() -> None:
    """The same areas with and without a swing that they have in common."""
    bands = AgeBands((0, 18, 40, 65, 80))
    common, apart = (learn_scale(history(areas=8, years=30, seed=2, shared=s), bands, 5) for s in (0.02, 0.0))
    assert common.shared.by_age.mean() > 4.0 * apart.shared.by_age.mean()
    single = learn_scale(history(areas=1, years=30), bands, 5)
    assert (single.shared.by_age == 0.0).all()
    assert (single.own.by_age > 0.0).all()


def test_a_known_year_after_a_projected_one_is_refused() -> None:
    bands = AgeBands((0, 18, 65, 80))
    with pytest.raises(ValueError, match="known years"):
        draw_population(
            np.ones((1, 2, 4, 2)), [False, True], default_scale(bands), bands, 10, np.random.SeedSequence(1)
        )


def test_intervals_of_older_persons_cover_base_years_that_were_not_used() -> None:
    bands = AgeBands((0, 18, 65, 75, 85))
    held = []
    for seed in (7, 8, 9, 10):
        whole = history(areas=8, years=44, seed=seed)
        early = Persons(whole.areas, whole.years[:26], whole.persons[..., :26])
        scale = learn_scale(early, bands, 10)
        errors, sizes = cohort_errors(Persons(whole.areas, whole.years[20:], whole.persons[..., 20:]), bands, 10)
        sd = np.sqrt(np.stack([scale.variance(sizes, h) for h in range(1, 11)], axis=-1))
        inside = np.abs(errors) <= 1.2816 * sd
        held.append(inside[..., 2:, :][np.isfinite(errors[..., 2:, :])].mean())
    assert np.mean(held) == pytest.approx(0.80, abs=0.10)


def test_few_base_years_lean_on_what_is_stated_of_shared_errors() -> None:
    bands = AgeBands((0, 18, 65, 75, 85))
    stated = default_scale(bands).shared
    gaps = []
    for years in (13, 60):
        learnt = learn_scale(history(areas=8, years=years, seed=3), bands, 10).shared
        at = [part.by_age * 10.0**part.power for part in (learnt, stated)]
        gaps.append(float(np.abs(np.log(at[0] / at[1])).mean()))
    assert gaps[0] < gaps[1] / 2


def regions(real_data: Path) -> Persons:
    frame = pd.read_csv(real_data / "statfin_11re_maakunta_age_sex_1972_2025.csv.gz")
    frame = frame.rename(columns={"reg_code": "area", "population": "persons"})
    frame = frame[frame["area"] < 200]
    return persons_array(
        check_persons(frame[["area", "sex", "age", "year", "persons"]], "population"), "population"
    )


@pytest.mark.real
def test_the_cohort_method_is_within_five_percent_on_average_at_old_ages_of_real_regions(real_data: Path) -> None:
    persons = regions(real_data)
    errors, _ = cohort_errors(persons, AgeBands((0, 65, 75, 85)), 10)
    assert np.abs(np.nanmean(errors[-15:], axis=(0, 1, 2, 4))[1:]).max() < 0.05


@pytest.mark.real
@pytest.mark.parametrize("oldest", [65, 75, 85])
def test_intervals_cover_what_followed_real_base_years_that_were_not_used(real_data: Path, oldest: int) -> None:
    """The scales of every third base year know nothing later; persons of the oldest ages by region."""
    persons = regions(real_data)
    bands = AgeBands((0, 7, 18, 30, 50, 65, 75, 80, 85, 90))
    old = [i for i, start in enumerate(bands.starts) if start >= oldest]
    inside: dict[float, list[float]] = {0.80: [], 0.95: []}
    for base in range(1990, persons.years[-1], 3):
        known, ahead = persons.until(base), min(15, persons.years[-1] - base)
        path = bands.sums(project_by_cohorts(known, ahead).persons)
        first = persons.years.index(base) + 1
        actual = bands.sums(persons.persons[..., first : first + ahead])[:, :, old].sum(axis=(1, 2))
        scale = learn_scale(known, bands, 15)
        drawn = draw_population(path, [False] * ahead, scale, bands, 300, np.random.SeedSequence(base))
        for h in range(ahead):
            sample = drawn.year(h).reshape(*path.shape[:3], -1)[:, :, old].sum(axis=(1, 2))
            for level, found in inside.items():
                found.append(scores.coverage_from_draws(sample.T, actual[:, h], level).mean())
    assert np.mean(inside[0.80]) == pytest.approx(0.80, abs=0.08)
    assert np.mean(inside[0.95]) == pytest.approx(0.95, abs=0.04)
