"""Hierarchical forecasts beside hierarchicalforecast's bottom-up, MinT (shrunk) and ERM on the same data.

Mean scaled CRPS over levels (sum of CRPS over sum of absolute values), and coverage of 80 and 95% by level, beside
what the draws claim to hold (more where numbers are small and whole), and of sums over the year. Every draw is
checked to add up. The peers reconcile AutoETS of statsforecast; ours is the batch engine.

Run: `python -m benchmarks.monthly_hierarchy [--origins 2] [--seeds 12] [--first 0]`. The peers run in the
interpreter named by `$PALVELUTARVE_PEERS`; without it the comparison is skipped and said so. Real sets are used
when they are beside the checkout, a generated one always.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.monthly.coherent import TOTAL, HierarchyForecast, forecast_hierarchy
from forecasting.monthly.tree import nodes_of
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, crps_from_quantiles

HORIZON, MONTHS = 12, 120
Levels = list[tuple[str, ...]]
PEER = """
import json, os, sys, time, warnings
warnings.filterwarnings("ignore")
os.environ["NIXTLA_ID_AS_COL"] = "1"
import numpy as np, pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
from hierarchicalforecast.core import HierarchicalReconciliation
from hierarchicalforecast.methods import BottomUp, ERM, MinTrace
folder = sys.argv[1]
y, s = pd.read_parquet(folder + "/y.parquet"), pd.read_parquet(folder + "/s.parquet")
tags = {k: np.array(v) for k, v in json.load(open(folder + "/tags.json")).items()}
began = time.process_time()
model = StatsForecast(models=[AutoETS(season_length=12)], freq="MS", n_jobs=1)
levels = [50, 80, 90, 95]
base = model.forecast(df=y, h=12, level=levels, fitted=True)
fitted = model.forecast_fitted_values()
parts = []
METHODS = ((BottomUp(), "normality"), (MinTrace("mint_shrink"), "normality"), (ERM("closed"), "bootstrap"))
CENTRAL = ((95, "q0.025", "q0.975"), (90, "q0.05", "q0.95"), (80, "q0.1", "q0.9"), (50, "q0.25", "q0.75"))
for method, intervals in METHODS:
    try:
        one = HierarchicalReconciliation([method]).reconcile(
            Y_hat_df=base, Y_df=fitted, S_df=s, tags=tags, level=levels, intervals_method=intervals, seed=1)
    except Exception as error:
        print("FAILED", type(method).__name__, repr(error)[:200], file=sys.stderr)
        continue
    name = [c for c in one.columns if c.startswith("AutoETS/") and "-lo-" not in c and "-hi-" not in c][0]
    table = one[["unique_id", "ds"]].assign(method=type(method).__name__)
    for level, low, high in CENTRAL:
        table[low], table[high] = one[f"{name}-lo-{level}"], one[f"{name}-hi-{level}"]
    table["q0.5"] = one[name]
    parts.append(table)
pd.concat(parts).to_parquet(folder + "/out.parquet")
print(json.dumps(time.process_time() - began))
"""


def real(folder: Path) -> dict[str, tuple[pd.DataFrame, Levels]]:
    """The hierarchies that are beside the checkout, with their levels."""
    found: dict[str, tuple[pd.DataFrame, Levels]] = {}
    for name, levels in (
        ("labour", [(), ("region",), ("region", "sex"), ("region", "sex", "employment")]),
        ("tourism_large", [(), ("state",), ("zone",), ("region",), ("purpose",), ("state", "purpose")]),
    ):
        path = folder / "monthly" / f"{name}.parquet"
        if path.exists():
            table = pd.read_parquet(path)
            keys = [column for column in table.columns if column not in ("ds", "y")]
            bottom = tuple(keys)
            complete = levels if bottom in levels else [*levels, ("zone", "purpose"), bottom]
            found[name] = (table[table["ds"] < "2020-01-01"], complete)
    return found


def generated(seed: int = 3) -> tuple[pd.DataFrame, Levels]:
    """Counts of 8 areas x 5 services with a shock per area and one for all: 156 months."""
    rng = np.random.default_rng(seed)
    steps, areas, services = 156, 8, 5
    month = np.arange(steps)
    shock = np.cumsum(rng.normal(0, 0.01, steps))[:, None, None]
    area = np.cumsum(rng.normal(0, 0.012, (steps, areas, 1)), axis=0)
    own = np.cumsum(rng.normal(0, 0.015, (steps, areas, services)), axis=0)
    level = rng.normal(3.5, 1.0, (1, areas, services))
    season = 0.15 * np.sin(2 * np.pi * (month[:, None, None] + rng.uniform(0, 12, (1, 1, services))) / 12)
    y = rng.poisson(rng.gamma(40.0, np.exp(level + shock + area + own + season) / 40.0)).astype(float)
    return _table_of(y)


WORLDS = ("walks of their own", "parts against each other", "monthly shocks", "small counts")


def world(kind: str, seed: int) -> tuple[pd.DataFrame, Levels]:
    """Counts of 8 areas x 5 services over 132 months in which series move together in ways of their own."""
    rng = np.random.default_rng(1000 + seed)
    steps, areas, services = 132, 8, 5
    size = (steps, areas, services)
    month = np.arange(steps)[:, None, None]
    level = rng.normal(4.0, 0.8, (1, areas, services))
    log = 0.15 * np.sin(2 * np.pi * (month + rng.uniform(0, 12, (1, 1, services))) / 12)
    if kind == "walks of their own":
        log = log + level + np.cumsum(rng.normal(0, 0.02, size), axis=0)
    elif kind == "parts against each other":
        turn = np.cumsum(rng.normal(0, 0.03, (steps, areas, 1)), axis=0) * np.array([1, -1, 1, -1, 0])
        log = log + level.mean(axis=2, keepdims=True) + turn + rng.normal(0, 0.02, size)
        log = log + np.cumsum(rng.normal(0, 0.01, (steps, areas, 1)), axis=0)
    elif kind == "monthly shocks":
        log = log + level + 0.05 * rng.standard_t(4, (steps, 1, 1)) + np.cumsum(rng.normal(0, 0.01, size), axis=0)
    else:
        log = log + level - 3.2 + np.cumsum(rng.normal(0, 0.01, (steps, 1, 1)), axis=0)
        log = log + np.cumsum(rng.normal(0, 0.02, (steps, areas, 1)), axis=0)
        log = log + rng.normal(0, 0.05, (steps, 1, services))
    return _table_of(rng.poisson(rng.gamma(40.0, np.exp(log) / 40.0)).astype(float))


def _table_of(y: np.ndarray) -> tuple[pd.DataFrame, Levels]:
    """The long table of counts (months, areas, services), and its levels."""
    steps, areas, services = y.shape
    index = pd.MultiIndex.from_product([[f"a{a}" for a in range(areas)], [f"s{s}" for s in range(services)]])
    wide = pd.DataFrame(y.reshape(steps, -1), index=pd.date_range("2010-01-01", periods=steps, freq="MS"))
    wide.columns = index.set_names(["area", "service"])
    table = wide.stack(["area", "service"], future_stack=True).rename("y").rename_axis(index={None: "ds"})
    return table.reset_index(), [(), ("area",), ("service",), ("area", "service")]


def node_values(table: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Sums of every node: level, unique_id, ds, y."""
    parts = []
    for level in levels:
        names = table[list(level)].astype(str).agg("/".join, axis=1) if level else TOTAL
        part = table.assign(unique_id=names).groupby(["unique_id", "ds"])["y"].sum().reset_index()
        parts.append(part.assign(level="/".join(level) or TOTAL))
    return pd.concat(parts, ignore_index=True)


def judged(forecast: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Scaled CRPS and coverage by level."""
    both = held.merge(forecast, on=["level", "unique_id", "ds"], validate="1:1")
    q, y = both[list(QUANTILE_COLUMNS)].to_numpy().T, both["y"].to_numpy()
    both = both.assign(
        crps=crps_from_quantiles(q, y, QUANTILE_LEVELS),
        size=np.abs(y),
        in80=(q[2] <= y) & (y <= q[6]),
        in95=(q[0] <= y) & (y <= q[8]),
    )
    by = both.groupby("level")
    return pd.DataFrame(
        {"scrps": by["crps"].sum() / by["size"].sum(), "in80": by["in80"].mean(), "in95": by["in95"].mean()}
    )


def claimed(result: HierarchyForecast, late: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Probability that the joint draws put in their own intervals, by level.

    An interval of small counts holds few whole numbers, its ends among them, and so more than its name says.
    """
    _, tree = nodes_of(late, levels)
    parts = []
    for step in range(result.draws.shape[1]):
        sums = tree.sums @ result.draws[:, step].T
        q = np.quantile(sums, [0.025, 0.1, 0.9, 0.975], axis=1, method="inverted_cdf")[:, :, None]
        in80, in95 = ((low <= sums) & (sums <= high) for low, high in ((q[1], q[2]), (q[0], q[3])))
        parts.append(pd.DataFrame({"level": tree.level, "in80": in80.mean(axis=1), "in95": in95.mean(axis=1)}))
    return _named(pd.concat(parts), levels)


def year_held(result: HierarchyForecast, held: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """How often the joint draws' intervals hold the sums over the horizon, by level."""
    nodes, tree = nodes_of(held, levels)
    came = nodes["y"].to_numpy().reshape(tree.names.size, -1).sum(axis=1)
    q = np.quantile(tree.sums @ result.draws.sum(axis=1).T, [0.025, 0.1, 0.9, 0.975], axis=1)
    both = pd.DataFrame({"level": tree.level, "in80": (q[1] <= came) & (came <= q[2])})
    both = both.assign(in95=(q[0] <= came) & (came <= q[3]))
    return _named(both, levels)


def _named(table: pd.DataFrame, levels: Levels) -> pd.DataFrame:
    """Means by level, called by its keys."""
    names = ["/".join(level) or TOTAL for level in levels]
    return table.groupby("level").mean().rename(index=dict(enumerate(names)))


def peers(train: pd.DataFrame, levels: Levels) -> tuple[pd.DataFrame, float] | None:
    """The peers' forecasts of every node and their processor time, or None without an interpreter for them."""
    interpreter = os.environ.get("PALVELUTARVE_PEERS")
    if not interpreter:
        return None
    nodes = node_values(train, levels)
    nodes["unique_id"] = nodes["level"] + "|" + nodes["unique_id"]
    bottom = "/".join(levels[-1])
    cells = train[list(levels[-1])].drop_duplicates().astype(str)
    names = bottom + "|" + cells.agg("/".join, axis=1)
    tags = {level: sorted(set(part["unique_id"])) for level, part in nodes.groupby("level", sort=False)}
    sums = {}
    for level in levels:
        code = "/".join(level) or TOTAL
        owner = code + "|" + (cells[list(level)].agg("/".join, axis=1) if level else TOTAL)
        for node in tags[code]:
            sums[node] = (owner == node).to_numpy(dtype=float) if level else np.ones(len(cells))
    matrix = pd.DataFrame.from_dict(sums, orient="index", columns=list(names)).rename_axis("unique_id")
    matrix = matrix.loc[[node for level in tags for node in tags[level]]]
    matrix = matrix[tags[bottom]]
    with tempfile.TemporaryDirectory() as folder:
        nodes[["unique_id", "ds", "y"]].to_parquet(f"{folder}/y.parquet")
        matrix.reset_index().to_parquet(f"{folder}/s.parquet")
        Path(folder, "tags.json").write_text(json.dumps(tags), encoding="utf-8")
        done = subprocess.run([interpreter, "-c", PEER, folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-2000:])
        print(done.stderr.strip()[-300:], end="")
        table = pd.read_parquet(f"{folder}/out.parquet")
    table[["level", "unique_id"]] = table["unique_id"].str.split("|", n=1, expand=True)
    return table, float(done.stdout.strip().splitlines()[-1])


def compare(name: str, table: pd.DataFrame, levels: Levels, origins: int) -> None:
    """Print one set's figures over origins a year apart."""
    ours: list[pd.DataFrame] = []
    years: list[pd.DataFrame] = []
    claims: list[pd.DataFrame] = []
    theirs: dict[str, list[float]] = {}
    spent, peer_time, methods = 0.0, 0.0, []
    months = np.sort(table["ds"].unique())
    possible = min(origins, (len(months) - HORIZON - MONTHS) // 12 + 1)
    for back in range(possible):
        end = len(months) - 12 * back
        train = table[table["ds"].isin(months[end - HORIZON - MONTHS : end - HORIZON])]
        late = table[table["ds"].isin(months[end - HORIZON : end])]
        held = node_values(late, levels)
        began = time.process_time()
        result = forecast_hierarchy(train, levels, horizon=HORIZON)
        spent += time.process_time() - began
        methods.append(result.method)
        total = result.forecast.loc[result.forecast["level"] == TOTAL, "q0.5"].to_numpy()
        sums = result.draws.sum(axis=2)
        low, high = (np.quantile(sums, 0.5, axis=0, method=way) for way in ("lower", "higher"))
        if not ((low - 1e-6 <= total) & (total <= high + 1e-6)).all():
            raise AssertionError("draws do not add up")
        ours.append(judged(result.forecast, held))
        years.append(year_held(result, late, levels))
        claims.append(claimed(result, late, levels))
        peer = peers(train, levels)
        if peer is not None:
            peer_time += peer[1]
            for method, part in peer[0].groupby("method"):
                theirs.setdefault(str(method), []).append(float(judged(part, held)["scrps"].mean()))
    mine = _mean(ours)
    score = float(mine["scrps"].mean())
    told = f"scaled CRPS {score:.5f} ({', '.join(methods)}), {spent:.1f} s"
    told = f"{told}; coverage {_by_level(mine)}; claimed {_by_level(_mean(claims))}"
    told = f"{told}; of years {_by_level(_mean(years))}"
    print(f"{name}, {possible} origins: {told}", flush=True)
    if not theirs:
        print("  SKIPPED peers: set PALVELUTARVE_PEERS to an interpreter with hierarchicalforecast")
        return
    best = min(theirs, key=lambda method: float(np.mean(theirs[method])))
    told = "  ".join(f"{method} {np.mean(values):.5f}" for method, values in theirs.items())
    ratio = score / float(np.mean(theirs[best]))
    print(f"  {told}; ratio to the best ({best}) {ratio:.3f}; time ratio 1/{peer_time / spent:.0f}", flush=True)


def worlds(seeds: int, first: int) -> None:
    """Print coverage by level over many generated hierarchies of each kind, the last year held back."""
    all_years: list[pd.DataFrame] = []
    for kind in ("shocks by area and all", *WORLDS):
        found, years, claims = [], [], []
        for seed in range(first, first + seeds):
            table, levels = generated(100 + seed) if kind not in WORLDS else world(kind, seed)
            months = np.sort(table["ds"].unique())[-HORIZON - MONTHS :]
            late = table["ds"].isin(months[-HORIZON:])
            train = table[table["ds"].isin(months) & ~late]
            result = forecast_hierarchy(train, levels, horizon=HORIZON)
            found.append(judged(result.forecast, node_values(table[late], levels)))
            years.append(year_held(result, table[late], levels))
            claims.append(claimed(result, table[late], levels))
        mine = _mean(found)
        all_years.extend(years)
        told = f"scaled CRPS {mine['scrps'].mean():.5f}; coverage {_by_level(mine)}"
        told = f"{told}; claimed {_by_level(_mean(claims))}"
        print(f"{kind}, {seeds} hierarchies: {told}; of years {_by_level(_mean(years))}", flush=True)
    print(f"years of all {len(all_years)} generated hierarchies: {_by_level(_mean(all_years))}", flush=True)


def _mean(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables).groupby(level=0).mean()


def _by_level(table: pd.DataFrame) -> str:
    return "  ".join(f"{level}: {row.in80:.2f} {row.in95:.2f}" for level, row in table.iterrows())


def main() -> None:
    """Compare on a generated hierarchy and on the real ones that are present."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origins", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=12, help="generated hierarchies of each kind")
    parser.add_argument("--first", type=int, default=0, help="first seed of the generated hierarchies")
    options = parser.parse_args()
    worlds(options.seeds, options.first)
    compare("generated", *generated(), options.origins)
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("PALVELUTARVE_REAL_DATA", root.parent / "shared" / "data" / "real"))
    found = real(folder)
    if not found:
        print("SKIPPED real sets: the real data is not beside the checkout")
    for name, (table, levels) in found.items():
        compare(name, table, levels, options.origins)


if __name__ == "__main__":
    main()
