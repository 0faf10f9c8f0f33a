"""Hierarchies: every draw adds up, means do, widths hold at every level, and bad tables are refused."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from forecasting.monthly import SeriesError, forecast_hierarchy
from forecasting.monthly.coherent import HierarchyForecast
from forecasting.monthly.forecast import prepare
from forecasting.monthly.lasting import USUAL, Lasting, mean_correlation, variance_of_sum
from forecasting.monthly.margins import Margins, margins
from forecasting.monthly.node_widths import factors, over_time, scores
from forecasting.monthly.reconciliation import METHODS, Trial, _covariance, choose_method, reconciled
from forecasting.monthly.tree import Tree
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, covered

LEVELS = [(), ("area",), ("service",), ("area", "service")]
TREE = Tree(np.array(["a", "b", "total"], dtype=object), np.array([[2, 2], [0, 1]]))


def county(seed: int = 1, months: int = 84) -> pd.DataFrame:
    """Counts of four areas and three services; a shock of each month is shared by all."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.0, 0.1, months)
    ds = pd.date_range("2015-01-01", periods=months, freq="MS")
    parts = []
    for area in range(4):
        for service in range(3):
            mean = (20.0 + 15.0 * area) * np.exp(
                shared + 0.2 * np.sin(2 * np.pi * np.arange(months) / 12 + service)
            )
            row = {"area": f"a{area}", "service": f"s{service}", "ds": ds, "y": rng.poisson(mean).astype(float)}
            parts.append(pd.DataFrame(row))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def result() -> HierarchyForecast:
    table = county()
    return forecast_hierarchy(table[table["ds"] < "2021-01-01"], LEVELS, draws=400)


def test_every_draw_is_whole_and_means_of_every_level_sum_to_the_total(result: HierarchyForecast) -> None:
    assert (result.draws == np.round(result.draws)).all() and (result.draws >= 0).all()
    means = result.forecast.groupby(["level", "ds"])["mean"].sum().unstack("level")
    for level in ("area", "service", "area/service"):
        np.testing.assert_allclose(means[level], means["total"], rtol=1e-9)
    area = [name.startswith("a2/") for name in result.bottom]
    table = result.forecast[(result.forecast["level"] == "area") & (result.forecast["unique_id"] == "a2")]
    sums = result.draws[:, :, area].sum(axis=2)
    for column, level in zip(QUANTILE_COLUMNS, QUANTILE_LEVELS, strict=True):
        np.testing.assert_allclose(table[column], np.quantile(sums, level, axis=0, method="inverted_cdf"))
    shown = result.forecast[list(QUANTILE_COLUMNS)].to_numpy()
    assert (shown == np.round(shown)).all()  # quantiles of counts at every level


def test_intervals_hold_at_every_level_although_areas_move_together() -> None:
    inside: dict[str, list[float]] = {}
    for seed in range(3):
        table = county(seed)
        late = table["ds"] >= "2021-01-01"
        made = forecast_hierarchy(table[~late], LEVELS, draws=400).forecast
        for level in LEVELS:
            name = "/".join(level) or "total"
            ids = table[list(level)].agg("/".join, axis=1) if level else "total"
            held = table[late].assign(unique_id=ids).groupby(["unique_id", "ds"])["y"].sum().reset_index()
            both = held.merge(made[made["level"] == name], on=["unique_id", "ds"], validate="1:1")
            inside.setdefault(name, []).append(float(covered(both["q0.1"], both["q0.9"], both["y"]).mean()))
    held80 = {name: np.mean(values) for name, values in inside.items()}
    assert held80["area/service"] == pytest.approx(0.8, abs=0.08)
    assert held80["area"] == pytest.approx(0.8, abs=0.12)
    assert held80["total"] > 0.6  # 36 months of one shock; without it the total would be held a third of the time


def test_reconciled_means_add_up_and_follow_the_surer_node() -> None:
    rng = np.random.default_rng(1)
    trials = []
    for back in (3, 6, 9):
        noise = rng.normal(size=(3, 3)) * np.array([10.0, 10.0, 0.5])
        trials.append(Trial(back, np.full((3, 3), 50.0) + noise, np.full((3, 3), 50.0), np.full((3, 3), 10.0)))
    base = np.array([[40.0, 40.0, 100.0]])
    np.testing.assert_allclose(reconciled("bottom_up", base, trials, TREE), [[40.0, 40.0, 80.0]])
    for method in ("diagonal", "shrunk"):
        means = reconciled(method, base, trials, TREE)[0]
        assert means[2] == pytest.approx(means[0] + means[1])
        assert 88.0 < means[2] < 95.0  # half of the way from 80 to the surer total of 100
    assert reconciled("diagonal", np.array([[1.0, 30.0, 2.0]]), trials, TREE).min() >= 0.0
    assert choose_method(trials, TREE)["method"].iloc[0] in ("diagonal", "shrunk")


PAIRS = Tree(
    np.array(["a/1", "a/2", "b/1", "b/2", "a", "b", "total"], dtype=object),
    np.array([[6, 6, 6, 6], [4, 4, 5, 5], [0, 1, 2, 3]]),
)


def normal(spread: list[float], mean: float = 1000.0) -> Margins:
    """Normal distributions of one period."""
    z = ndtri(np.asarray(QUANTILE_LEVELS))[:, None, None]
    size = len(spread)
    return margins(mean + z * np.asarray(spread), np.zeros(size, dtype=bool), np.zeros(size, dtype=bool))


def test_parts_move_together_or_against_each_other_as_the_widths_of_their_sums_say() -> None:
    # of four parts with a spread of 10 those of a cancel (5, not 14) and those of b move as one (19)
    widths = np.array([[10.0, 10.0, 10.0, 10.0, 5.0, 19.0, 20.0]])
    bottom = normal([10.0] * 4)
    z = scores(bottom, widths, np.zeros(7), PAIRS, 4000, np.random.default_rng(1))
    np.testing.assert_allclose((z**2).mean(axis=0), 1.0, rtol=1e-6)
    sums = PAIRS.add_up(bottom.at(z)[:, 0])
    np.testing.assert_allclose(sums.std(axis=0), widths[0], rtol=0.05)
    together = np.corrcoef(z[:, 0].T)
    assert together[0, 1] < -0.7
    assert together[2, 3] > 0.6


def test_sums_over_time_are_as_wide_as_the_errors_that_last_make_them() -> None:
    z = ndtri(np.asarray(QUANTILE_LEVELS))[:, None, None]
    bottom = margins(np.broadcast_to(500.0 + 10.0 * z, (z.size, 7, 2)), *np.zeros((2, 2), dtype=bool))
    widths = np.repeat([[10.0, 10.0, 14.0]], 7, axis=0)
    together = np.array([0.2, 0.4, 0.45])  # the sum of the two lasts longer than either
    drawn = scores(bottom, widths, together, TREE, 4000, np.random.default_rng(2))
    np.testing.assert_allclose((drawn**2).mean(axis=0), 1.0, rtol=1e-6)
    values = TREE.add_up(bottom.at(drawn).reshape(-1, 2)).reshape(4000, 7, 3)
    np.testing.assert_allclose(values.std(axis=0), widths, rtol=0.05)
    np.testing.assert_allclose(values.sum(axis=1).var(axis=0), variance_of_sum(widths, together), rtol=0.1)


def test_the_model_tells_how_far_its_errors_last() -> None:
    rng = np.random.default_rng(7)
    ds = pd.date_range("2013-01-01", periods=96, freq="MS")
    walk = 1000.0 + np.cumsum(rng.normal(0.0, 5.0, (96, 40)), axis=0)
    noise = 1000.0 + rng.normal(0.0, 5.0, (96, 40)) + 0.25
    told = []
    for y in (walk, noise):
        table = pd.DataFrame(
            {"unique_id": np.repeat([f"n{n:02d}" for n in range(40)], 96), "ds": np.tile(ds, 40), "y": y.T.ravel()}
        )
        prepared, _ = prepare(table, freq="MS", horizon=12)
        assert prepared.model is not None
        told.append(float(np.mean([one.outlook.together.mean() for one in prepared.model.ends])))
    steps = np.arange(1, 13)
    exact = np.sqrt(steps)[:, None]
    assert told[0] == pytest.approx(
        mean_correlation(np.minimum(steps[:, None], steps).sum()[None], exact)[0], abs=0.08
    )
    assert told[1] < 0.1


def test_errors_of_sums_of_many_series_last_longer_than_their_models_say() -> None:
    together = over_time(np.full(7, 0.1), PAIRS)
    np.testing.assert_allclose(together[:4], 0.1)  # a series by itself
    assert 0.1 < together[4] == together[5] < together[6] < 0.2
    assert over_time(np.ones(7), PAIRS).max() == 1.0


def test_what_lasts_as_is_usual_has_the_mean_correlation_asked_for() -> None:
    noise = Lasting.of(0.3, 12).noise((20000, 12, 1), np.random.default_rng(5))
    variance = noise.sum(axis=1).var(axis=0)
    assert mean_correlation(variance, np.ones((12, 1)))[0] == pytest.approx(0.3, abs=0.02)
    assert Lasting.of(USUAL.mean(12), 12).share == pytest.approx(USUAL.share)
    assert variance_of_sum(np.ones((12, 1)), np.array([0.3]))[0] == pytest.approx(float(variance[0]), rel=0.05)


def test_no_sum_is_surer_than_sure() -> None:
    # Errors of 1 and 3 that cancel as far as they can hang together by less than errors of 1 and 1 ever may.
    together = mean_correlation(np.array([1.0]), np.array([[1.0], [3.0]]))
    assert together[0] < -1.0
    assert variance_of_sum(np.ones((2, 1)), together).tolist() == [0.0]


def test_sums_over_a_year_are_held_as_often_as_they_say() -> None:
    held = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.normal(0.0, 0.03, (96, 6)), axis=0)
        y = rng.poisson(80.0 * np.exp(walk)).astype(float)
        ds = pd.date_range("2013-01-01", periods=96, freq="MS")
        table = pd.DataFrame(
            {"area": np.repeat([f"a{n}" for n in range(6)], 96), "ds": np.tile(ds, 6), "y": y.T.ravel()}
        )
        made = forecast_hierarchy(table[table["ds"] < "2020-01-01"], [(), ("area",)], draws=400)
        low, high = np.quantile(made.draws.sum(axis=1), [0.1, 0.9], axis=0)
        held.append(covered(low, high, y[-12:].sum(axis=0)).mean())
    assert np.mean(held) == pytest.approx(0.8, abs=0.12)  # with fading errors: about 0.6


def test_a_level_that_reconciliation_serves_gets_narrower_and_one_that_it_harms_wider() -> None:
    rng = np.random.default_rng(3)
    trials = []
    for back in range(4, 41, 4):
        own = rng.normal(0.0, 1.0, (4, 2))
        error = np.column_stack([own, rng.normal(0.0, 10.0, 4)])  # the total forecast for itself is poor
        trials.append(Trial(back, 50.0 + error, np.full((4, 3), 50.0) + [0, 0, 50.0], np.full((4, 3), 1.0)))
        trials[-1].mean[:, 2] += 50.0
    made = factors("bottom_up", trials, TREE)
    assert made[1] == pytest.approx(1.0)
    assert made[0] == pytest.approx(0.75)  # the bound: bottom-up makes the total far surer than that


def test_draws_have_as_many_zeros_and_the_mean_that_clipped_quantiles_hide() -> None:
    z = ndtri(np.asarray(QUANTILE_LEVELS))[:, None, None]
    published = np.maximum(10.0 + 15.0 * z, 0.0)  # zero up to the quarter
    made = margins(published, np.array([True]), np.array([False]))
    drawn = made.at(np.random.default_rng(4).normal(size=(20000, 1, 1)))
    assert (drawn == 0.0).mean() == pytest.approx(0.2525, abs=0.01)
    assert made.mean[0, 0] == pytest.approx(drawn.mean(), abs=0.2)
    assert drawn.mean() > 11.5  # more than the median: what would lie below zero does not
    moved = made.moved(made.mean, made.mean * 0.8)
    assert moved.mean[0, 0] == pytest.approx(0.8 * made.mean[0, 0])


def errors_of(size: int, seed: int = 5) -> list[Trial]:
    """Trials with correlated errors of a tree's nodes."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(size, size)) * 0.5 + np.eye(size)
    return [
        Trial(back, 50.0 + rng.normal(size=(6, size)) @ mix, np.full((6, size), 50.0), np.full((6, size), 1.0))
        for back in range(6, 49, 6)
    ]


@pytest.mark.parametrize("method", METHODS[1:])
def test_least_squares_are_those_of_the_textbook(method: str) -> None:
    trials = errors_of(7)
    base = np.array([[40.0, 9.0, 30.0, 12.0, 60.0, 35.0, 100.0], [2.0, 30.0, 1.0, 5.0, 10.0, 3.0, 20.0]])
    weight = dense_covariance(method, trials)
    sums = PAIRS.sums.toarray()
    inverse = np.linalg.inv(weight)
    if method.endswith("non_negative"):
        from scipy.optimize import nnls

        root = np.linalg.cholesky(inverse).T
        least = np.stack([nnls(root @ sums, root @ row)[0] for row in base])
        assert (least == 0.0).any()  # else the free solution would do
    else:
        least = base @ inverse @ sums @ np.linalg.inv(sums.T @ inverse @ sums)
    halfway = 0.5 * (base[:, :4] + least)
    kept = np.maximum(halfway, 0.0)
    expected = kept * (halfway.sum(axis=1) / kept.sum(axis=1))[:, None]
    np.testing.assert_allclose(reconciled(method, base, trials, PAIRS)[:, :4], expected, rtol=1e-5, atol=1e-6)


def dense_covariance(method: str, trials: list[Trial]) -> np.ndarray:
    """The covariance of reconciliation as a whole matrix, its correlations shrunk over all pairs of nodes."""
    made = _covariance(np.concatenate([t.error for t in trials]), 16.0, PAIRS, shrunk=method.startswith("shrunk"))
    return np.diag(made.diagonal) + made.factor @ made.factor.T


def test_correlations_are_shrunk_by_their_sampling_variance_over_all_pairs() -> None:
    errors = np.concatenate([t.error for t in errors_of(7)])
    z = errors / np.sqrt((errors**2).mean(axis=0))
    correlation = z.T @ z / len(z)
    noise = ((z**2).T @ (z**2) / len(z) - correlation**2) / 16.0
    off = ~np.eye(7, dtype=bool)
    shrink = noise[off].sum() / (correlation[off] ** 2).sum()
    assert 0.05 < shrink < 1.0
    made = dense_covariance("shrunk", errors_of(7))
    deviation = np.sqrt(np.diag(made))
    np.testing.assert_allclose((made / deviation / deviation[:, None])[off], (1 - shrink) * correlation[off])


def test_a_large_tree_is_reconciled_without_a_matrix_of_all_its_nodes() -> None:
    size = 6000
    group = np.arange(size) % 300
    tree = Tree(
        np.arange(size + 301).astype(object),
        np.stack([np.full(size, size + 300), size + group, np.arange(size)]),
    )
    rng = np.random.default_rng(6)
    base = np.concatenate([rng.gamma(2.0, 5.0, size), np.full(300, 210.0), [62000.0]])[None]
    trials = [
        Trial(back, base + rng.normal(size=base.shape), np.repeat(base, 1, axis=0), np.ones_like(base))
        for back in range(1, 8)
    ]
    began = time.process_time()
    for method in METHODS:
        means = reconciled(method, base, trials, tree)
        assert means.min() >= 0.0
        assert means[0, -1] == pytest.approx(means[0, :size].sum())
    assert time.process_time() - began < 20.0


@pytest.mark.parametrize(
    ("change", "levels", "message"),
    [
        (lambda t: t.drop(columns="area"), LEVELS, "lacks area"),
        (lambda t: t.drop(index=[5]), LEVELS, "a period is missing"),
        (
            lambda t: t.assign(y=t["y"].where(t.index != 5)),
            LEVELS,
            "a row has no y .area a0, service s0, ds",
        ),
        (lambda t: t.assign(area=t["area"].where(t.index != 5)), LEVELS, "a row has no area"),
        (lambda t: pd.concat([t, t.iloc[[5]]]), LEVELS, "two rows stand for area a0, service s0, ds 2015-06"),
        (lambda t: t, [(), ("area",), ("service",)], "must hold every key"),
        (lambda t: t, [("service", "area"), ("area", "service")], "a level stands twice"),
        (
            lambda t: t.replace({"area": {"a0": "x/y", "a1": "x"}, "service": {"s0": "z", "s1": "y/z"}}),
            LEVELS,
            "two nodes of area, service would be called x/y/z",
        ),
    ],
)
def test_tables_that_cannot_add_up_are_refused(change: object, levels: object, message: str) -> None:
    with pytest.raises(SeriesError, match=message):
        forecast_hierarchy(change(county(months=40)), levels)  # type: ignore[operator, arg-type]


def test_the_columns_of_a_forecast_are_those_of_every_table(result: HierarchyForecast) -> None:
    assert list(result.forecast.columns) == ["level", "unique_id", "ds", "mean", *QUANTILE_COLUMNS]
    assert result.scores["method"].tolist()[0] == result.method
