"""`palvelutarve forecast --keys`: series with keys in, every node of their hierarchy out, adding up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cli import app
from forecasting.monthly.coherent_files import all_levels, columns_of
from forecasting.monthly.panel import SeriesError


def county(months: int = 60) -> pd.DataFrame:
    """Counts of two regions with two services each, one code with a leading zero; ds as text."""
    rng = np.random.default_rng(1)
    ds = pd.date_range("2019-01-01", periods=months, freq="MS").strftime("%Y-%m-%d")
    parts = [
        pd.DataFrame({"region": region, "part": "n", "service": service, "ds": ds, "y": rng.poisson(mean, months)})
        for region, service, mean in (("01", "a", 40), ("01", "b", 15), ("02", "a", 60), ("02", "b", 2))
    ]
    return pd.concat(parts, ignore_index=True)


def run(table: pd.DataFrame, folder: Path, *options: str) -> tuple[int, str, pd.DataFrame]:
    source, target = folder / "series.csv", folder / "nodes.csv"
    table.to_csv(source, index=False)
    done = CliRunner().invoke(app, ["forecast", str(source), "--out", str(target), "--horizon", "6", *options])
    result = pd.read_csv(target, dtype={"unique_id": str}) if target.exists() else pd.DataFrame()
    return done.exit_code, done.stderr, result


def test_every_node_is_written_and_sums_agree_with_the_joint_draws(tmp_path: Path) -> None:
    joint = tmp_path / "joint.parquet"
    code, said, nodes = run(
        county(), tmp_path, "--keys", "region,service", "--counts", "--draws", "200", "--joint", str(joint)
    )
    assert code == 0
    assert "9 series to" in said
    assert "4 region/service, 2 region, 2 service, 1 total" in said
    assert "means add up by" in said
    assert set(nodes["level"]) == {"total", "region", "service", "region/service"}
    assert set(nodes.loc[nodes["level"] == "region", "unique_id"]) == {"01", "02"}
    means = nodes.groupby(["level", "ds"])["mean"].sum().unstack("level")
    np.testing.assert_allclose(means["region"], means["total"])
    np.testing.assert_allclose(means["region/service"], means["total"])
    drawn = pd.read_parquet(joint)
    assert set(drawn["unique_id"]) == {"01/a", "01/b", "02/a", "02/b"}
    assert (drawn["y"] == drawn["y"].round()).all() and (drawn["y"] >= 0).all()
    of_a = drawn[drawn["unique_id"].str.endswith("/a")].groupby(["draw", "ds"])["y"].sum().groupby("ds").median()
    told = nodes[(nodes["level"] == "service") & (nodes["unique_id"] == "a")]
    np.testing.assert_allclose(of_a.to_numpy(), told["q0.5"].to_numpy())


def test_levels_between_and_the_method_can_be_given(tmp_path: Path) -> None:
    code, said, nodes = run(
        county(),
        tmp_path,
        *("--keys", "region,part,service", "--level", "service, region", "--method", "non_negative"),
    )
    assert code == 0
    assert "means add up by non_negative" in said
    assert "region/service" in set(nodes["level"])


def test_levels_are_the_total_each_key_those_between_and_the_bottom_each_once() -> None:
    assert all_levels(("a", "b"), (("b", "a"), ("b",))) == [(), ("a",), ("b",), ("a", "b")]
    assert all_levels(("a",)) == [(), ("a",)]
    assert all_levels(("a", "b", "c"), (("c", "a"),))[-2:] == [("a", "c"), ("a", "b", "c")]
    assert columns_of(" a, b ") == ("a", "b")
    with pytest.raises(SeriesError, match="each once"):
        columns_of("a,a")


@pytest.mark.parametrize(
    ("options", "change", "reason"),
    [
        (("--keys", "region,place"), lambda t: t, "column place is missing"),
        (
            ("--keys", "region,service", "--level", "part"),
            lambda t: t,
            "a level has part; the keys are region, service",
        ),
        (
            ("--keys", "region,service", "--method", "ols"),
            lambda t: t,
            "unknown method 'ols': there are bottom_up",
        ),
        (("--keys", ","), lambda t: t, "expected names of columns"),
        (("--keys", "region,service", "--explain", "x.csv"), lambda t: t, "give them without --keys"),
        (("--method", "diagonal"), lambda t: t, "go with --keys"),
        (("--keys", "region,service"), lambda t: t.drop(index=[7]), "a period is missing"),
        (
            ("--keys", "region,service"),
            lambda t: t.astype({"y": object}).assign(y=lambda x: x["y"].where(x.index != 7, "many")),
            "y of region 01, service a, ds 2019-08-01 is many, not a number",
        ),
        (("--keys", "region,service"), lambda t: t.assign(y=t["y"].where(t.index != 7, np.inf)), "is inf, not a"),
        (("--keys", "region,service", "--counts"), lambda t: t.assign(y=t["y"] + 0.5), "cannot be a count"),
        (("--keys", "region"), lambda t: t, "two rows stand for region 01, ds 2019-01-01"),
    ],
)
def test_what_cannot_add_up_is_refused_in_one_line(
    options: tuple[str, ...], change: object, reason: str, tmp_path: Path
) -> None:
    code, said, nodes = run(change(county()), tmp_path, *options)  # type: ignore[operator]
    assert code == 2
    assert reason in said
    assert len(said.strip().splitlines()) == 1
    assert nodes.empty
