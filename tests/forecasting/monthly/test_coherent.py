"""Hierarchies: every draw adds up, means do, widths hold at every level, and bad tables are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.monthly import SeriesError, forecast_hierarchy
from forecasting.monthly.coherent import HierarchyForecast
from forecasting.monthly.reconciliation import Tree, Trial, choose_method, reconciled
from forecasting.monthly.shared_shocks import scores, shares
from forecasting.scores import QUANTILE_COLUMNS, covered

LEVELS = [(), ("area",), ("service",), ("area", "service")]
TREE = Tree(
    np.array(["a", "b", "total"], dtype=object),
    np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    np.array([1, 1, 0]),
)


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
    np.testing.assert_allclose(table["q0.5"], np.median(result.draws[:, :, area].sum(axis=2), axis=0))


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


@pytest.mark.parametrize(("together", "least", "most"), [(0.9, 0.6, 1.0), (0.0, 0.0, 0.15)])
def test_the_shared_part_of_errors_is_found(together: float, least: float, most: float) -> None:
    rng = np.random.default_rng(2)
    size = 12
    sums = np.concatenate([np.eye(size), np.ones((1, size))])
    tree = Tree(np.arange(size + 1).astype(object), sums, np.array([1] * size + [0]))
    trials = []
    for back in range(6, 97, 6):
        z = np.sqrt(together) * rng.normal(size=(6, 1)) + np.sqrt(1.0 - together) * rng.normal(size=(6, size))
        mean = np.full((6, size), 100.0)
        observed = mean + 10.0 * z
        spread = np.full((6, size + 1), 10.0)
        trials.append(Trial(back, mean @ sums.T, observed @ sums.T, spread))
    share, _ = shares("bottom_up", trials, tree)
    assert share.sum() == pytest.approx(1.0)
    assert least <= share[0] <= most
    drawn = scores(share, 0.3, tree, 2000, 2, rng)
    assert drawn.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1] == pytest.approx(share[0], abs=0.06)


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
    ],
)
def test_tables_that_cannot_add_up_are_refused(change: object, levels: object, message: str) -> None:
    with pytest.raises(SeriesError, match=message):
        forecast_hierarchy(change(county(months=40)), levels)  # type: ignore[operator, arg-type]


def test_the_columns_of_a_forecast_are_those_of_every_table(result: HierarchyForecast) -> None:
    assert list(result.forecast.columns) == ["level", "unique_id", "ds", "mean", *QUANTILE_COLUMNS]
    assert result.scores["method"].tolist()[0] == result.method
