"""The monthly batch engine beside statsforecast's AutoETS and, for small counts, beside the usual count methods.

MASE, processor time and interval coverage as ratios and shares; coverage by length of history; CRPS of counts with
a mean under 3 a month against the seasonal naive's past values, Croston-SBA, TSB and ADIDA (read as Poisson means)
and a Poisson GLM.

Run: `python -m benchmarks.monthly_vs_autoets [--series 767]`. The peer runs in the interpreter named by
`$PALVELUTARVE_PEERS` (an environment with statsforecast), or in this one when it has the package; without it the
comparison is skipped and said so. Series are generated, and real ones are added when the real data is beside the
checkout.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.monthly import forecast_series
from forecasting.monthly.counts import negative_binomial_quantiles
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, FloatArray, covered, crps_from_quantiles

HORIZON, SEASON = 12, 12
PEER = """
import json, os, sys, time
os.environ["NIXTLA_ID_AS_COL"] = "1"
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
train, out = pd.read_parquet(sys.argv[1]), sys.argv[2]
model = StatsForecast(models=[AutoETS(season_length=12)], freq="MS", n_jobs=1)
warm = train[train.unique_id.isin(train.unique_id.unique()[:2])]
model.forecast(df=warm, h=12, level=[80, 95])
began = time.process_time()
result = model.forecast(df=train, h=12, level=[80, 95])
spent = time.process_time() - began
result.to_parquet(out)
print(json.dumps(spent))
"""


def generated(number: int, seed: int = 7) -> pd.DataFrame:
    """Monthly counts with changing level, some season and overdispersion: 72 months and 12 held back."""
    rng = np.random.default_rng(seed)
    steps = 72 + HORIZON
    time_ = np.arange(steps)[:, None]
    level = rng.normal(4.0, 1.2, number) + np.cumsum(
        rng.normal(0, np.abs(rng.normal(0, 0.03, number)), (steps, number)), 0
    )
    season = (rng.normal(size=(SEASON, number)) * np.abs(rng.normal(0, 0.08, number)))[np.arange(steps) % SEASON]
    alpha = rng.gamma(1.0, 0.02, number) + 1e-4
    mean = np.exp(level + season + rng.normal(0, 0.0025, number) * time_)
    y = rng.poisson(rng.gamma(1.0 / alpha, alpha * mean))
    ids = np.array([f"g{i:05d}" for i in range(number)])
    ds = pd.date_range("2015-01-01", periods=steps, freq="MS")
    return pd.DataFrame(
        {"unique_id": np.repeat(ids, steps), "ds": np.tile(ds, number), "y": y.T.ravel().astype(float)}
    )


def real(folder: Path) -> dict[str, pd.DataFrame]:
    """Windows of 84 months of real series beside the checkout."""
    return {
        name: table.sort_values(["unique_id", "ds"]).groupby("unique_id").tail(84)
        for name, table in real_histories(folder).items()
    }


def real_histories(folder: Path) -> dict[str, pd.DataFrame]:
    """Real series beside the checkout, whole."""
    panels: dict[str, pd.DataFrame] = {}
    for name, keys in (
        ("tourism_large", ["state", "zone", "region", "purpose"]),
        ("labour", ["region", "sex", "employment"]),
    ):
        path = folder / "monthly" / f"{name}.parquet"
        if path.exists():
            table = pd.read_parquet(path)
            table["unique_id"] = table[keys].astype(str).agg("/".join, axis=1)
            table = table[table["ds"] < "2019-01-01"]
            panels[name] = table[["unique_id", "ds", "y"]]
    path = folder / "nhs_england_ae_attendances_monthly_2016_2019.csv.gz"
    if path.exists():
        table = pd.read_csv(path, parse_dates=["period"]).rename(columns={"period": "ds", "attendances": "y"})
        table["unique_id"] = table["org_code"] + "/" + table["type"]
        whole = table.groupby("unique_id")["ds"].transform("size") == 36
        panels["attendances"] = table.loc[whole, ["unique_id", "ds", "y"]]
    return panels


def scaled_error(held: pd.DataFrame, train: pd.DataFrame, column: str) -> float:
    """MASE: mean over series of the mean absolute error over the in-sample seasonal naive error."""
    difference = train.sort_values("ds").groupby("unique_id")["y"].diff(SEASON).abs()
    scale = difference.groupby(train["unique_id"]).mean()
    error = (held[column] - held["y"]).abs().groupby(held["unique_id"]).mean() / scale
    return float(error[scale > 0].mean())


def peer_forecast(train: pd.DataFrame) -> tuple[pd.DataFrame, float] | None:
    """AutoETS by the peer's interpreter and its processor time, or None where it is not installed."""
    interpreter = os.environ.get("PALVELUTARVE_PEERS", sys.executable)
    if interpreter == sys.executable and importlib.util.find_spec("statsforecast") is None:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "train.parquet", Path(scratch) / "out.parquet"
        train.to_parquet(source)
        done = subprocess.run(
            [interpreter, "-c", PEER, str(source), str(target)], capture_output=True, text=True, check=True
        )
        return pd.read_parquet(target), float(json.loads(done.stdout.strip().splitlines()[-1]))


def compare(name: str, table: pd.DataFrame) -> None:
    """Print one panel's figures."""
    table = table.sort_values(["unique_id", "ds"], ignore_index=True)
    late = table.groupby("unique_id").cumcount(ascending=False) < HORIZON
    train, held = table[~late], table[late]
    began = time.process_time()
    ours = forecast_series(train, horizon=HORIZON).forecast
    spent = time.process_time() - began
    merged = held.merge(ours, on=["unique_id", "ds"], validate="1:1")
    mase = scaled_error(merged, train, "mean")
    in80 = np.nanmean(covered(merged["q0.1"], merged["q0.9"], merged["y"]))
    in95 = np.nanmean(covered(merged["q0.025"], merged["q0.975"], merged["y"]))
    size = train["unique_id"].nunique()
    line = f"{name:14s} {size:5d} series  MASE {mase:.4f}  80%: {in80:.3f}  95%: {in95:.3f}  {spent:.2f} s"
    peer = peer_forecast(train)
    if peer is None:
        print(f"{line}  | SKIPPED AutoETS: statsforecast is not installed (set PALVELUTARVE_PEERS)")
        return
    theirs = held.merge(peer[0], on=["unique_id", "ds"], validate="1:1")
    reference = scaled_error(theirs, train, "AutoETS")
    print(
        f"{line}  | AutoETS {reference:.4f}, ratio {mase / reference:.3f}; time ratio 1/{peer[1] / spent:.0f}",
        flush=True,
    )


LENGTHS = (24, 36, 48, 60)
MOST_ORIGINS = 6
SMALLEST = 1e-9


def coverage_by_length(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Print the coverage of windows of each length, over origins a year apart; the cases, to be pooled."""
    parts, cases = [], []
    ordered = table.sort_values(["unique_id", "ds"])
    months = np.sort(ordered["ds"].unique())
    for length in LENGTHS:
        held = []
        for back in range(MOST_ORIGINS):
            end = len(months) - 12 * back
            if end < length + HORIZON:
                break
            known = ordered[ordered["ds"].isin(months[end - HORIZON - length : end])]
            known = known[known.groupby("unique_id")["ds"].transform("size") == length + HORIZON]
            if known.empty:
                continue
            late = known.groupby("unique_id").cumcount(ascending=False) < HORIZON
            ours = forecast_series(known[~late], horizon=HORIZON).forecast
            merged = known[late].merge(ours, on=["unique_id", "ds"], validate="1:1")
            in80 = covered(merged["q0.1"], merged["q0.9"], merged["y"])
            in95 = covered(merged["q0.025"], merged["q0.975"], merged["y"])
            held.append(pd.DataFrame({"set": name, "in80": in80, "in95": in95}))
        if held:
            pooled = pd.concat(held)
            parts.append(f"{length} ({len(held)}): {pooled['in80'].mean():.3f} {pooled['in95'].mean():.3f}")
            cases.append(pooled)
    print(f"{name:14s} coverage 80% 95% by months of history (origins)  {'  '.join(parts)}", flush=True)
    return pd.concat(cases)


def pooled_coverage(cases: pd.DataFrame) -> None:
    """Print coverage over all cases of all sets, and over sets that weigh alike."""
    every, alike = cases[["in80", "in95"]].mean(), cases.groupby("set")[["in80", "in95"]].mean().mean()
    sets = cases["set"].nunique()
    print(
        f"pooled over {sets} real sets, {len(cases):,} cases: {every['in80']:.3f} {every['in95']:.3f}; "
        f"sets alike: {alike['in80']:.3f} {alike['in95']:.3f}",
        flush=True,
    )


def small_counts(number: int, steps: int, *, drift: float, season: float, seed: int) -> FloatArray:
    """Negative-binomial counts with means of 0.2 to 3 a month, shape (steps, number)."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(np.log(0.2), np.log(3.0), number) + np.cumsum(
        rng.normal(0.0, drift, (steps, number)), axis=0
    )
    shape = 0.5 * rng.normal(size=(SEASON, number)) + 0.5 * np.sin(2 * np.pi * np.arange(SEASON) / SEASON)[:, None]
    mean = np.exp(level + season * shape[np.arange(steps) % SEASON])
    return rng.poisson(rng.gamma(3.0, mean / 3.0)).astype(float)


def poisson_quantiles(mean: FloatArray) -> FloatArray:
    """Quantiles (levels, h, N) of Poisson counts with means (h, N)."""
    levels = np.asarray(QUANTILE_LEVELS)[:, None, None]
    return negative_binomial_quantiles(mean, np.zeros_like(mean), levels)


def seasonal_naive(y: FloatArray) -> FloatArray:
    """Quantiles of the past values of the same month, shape (levels, 12, N); y covers whole years."""
    years = y[y.shape[0] % SEASON :].reshape(-1, SEASON, y.shape[1])
    return np.asarray(np.quantile(years, QUANTILE_LEVELS, axis=0, method="inverted_cdf"))


def croston_sba(y: FloatArray, smooth: float = 0.1) -> FloatArray:
    """Syntetos-Boylan approximation: smoothed sizes over smoothed intervals, less its bias; shape (N,)."""
    size, interval, wait = np.full(y.shape[1], np.nan), np.full(y.shape[1], np.nan), np.ones(y.shape[1])
    for now in y:
        due = now > 0.0
        first = due & np.isnan(size)
        size = np.where(first, now, np.where(due, size + smooth * (now - size), size))
        interval = np.where(first, wait, np.where(due, interval + smooth * (wait - interval), interval))
        wait = np.where(due, 1.0, wait + 1.0)
    return np.asarray(np.nan_to_num(size / interval) * (1.0 - smooth / 2.0))


def tsb(y: FloatArray, smooth: float = 0.1, chance_smooth: float = 0.05) -> FloatArray:
    """Teunter-Syntetos-Babai: smoothed size times smoothed chance of demand; shape (N,)."""
    chance = (y > 0.0).mean(axis=0)
    size = y.sum(axis=0) / np.maximum((y > 0.0).sum(axis=0), 1)
    for now in y:
        due = now > 0.0
        chance = chance + chance_smooth * (due - chance)
        size = np.where(due, size + smooth * (now - size), size)
    return np.asarray(chance * size)


def adida(y: FloatArray, smooth: float = 0.2) -> FloatArray:
    """Aggregate over the mean interval of demand, smooth, disaggregate evenly; shape (N,)."""
    result = np.zeros(y.shape[1])
    for column, values in enumerate(y.T):
        events = np.flatnonzero(values > 0.0)
        width = int(
            np.clip(round(float(np.diff(events).mean())) if events.size > 1 else y.shape[0], 1, y.shape[0])
        )
        sums = values[y.shape[0] % width :].reshape(-1, width).sum(axis=1)
        level = sums[0]
        for one in sums[1:]:
            level += smooth * (one - level)
        result[column] = level / width
    return result


def poisson_glm(y: FloatArray, rounds: int = 20) -> FloatArray:
    """Poisson regression on trend and one wave, by penalised reweighted least squares; means (12, N)."""
    steps = y.shape[0]
    time_ = np.arange(steps + HORIZON)
    angle = 2 * np.pi * time_ / SEASON
    design = np.stack([np.ones_like(angle), (time_ - steps / 2) / 60, np.sin(angle), np.cos(angle)], axis=1)
    past, penalty = design[:steps], np.diag([1e-6, 0.1, 0.1, 0.1])
    result = np.empty((HORIZON, y.shape[1]))
    for column, values in enumerate(y.T):
        beta = np.array([np.log(values.mean() + 0.01), 0.0, 0.0, 0.0])
        for _ in range(rounds):
            mean = np.exp(np.clip(past @ beta, -10, 10))
            curvature = past.T @ (past * mean[:, None]) + penalty
            beta = beta + np.linalg.solve(curvature, past.T @ (values - mean) - penalty @ beta)
        result[:, column] = np.exp(np.clip(design[steps:] @ beta, -10, 6))
    return result


def compare_counts(name: str, y: FloatArray) -> None:
    """Print the CRPS of the last year of counts (steps, N) with a mean under 3 a month, ours and others'."""
    train, held = y[:-HORIZON], y[-HORIZON:]
    low = train.mean(axis=0) < 3.0
    train, held = train[:, low], held[:, low]
    ids = np.array([f"c{i:05d}" for i in range(train.shape[1])])
    ds = pd.date_range("2015-01-01", periods=train.shape[0], freq="MS")
    table = pd.DataFrame({"unique_id": np.repeat(ids, ds.size), "ds": np.tile(ds, ids.size), "y": train.T.ravel()})
    result = forecast_series(table, horizon=HORIZON).forecast
    shape = (ids.size, HORIZON)
    ours = np.stack([result[column].to_numpy().reshape(shape).T for column in QUANTILE_COLUMNS])
    mean = result["mean"].to_numpy()
    even = np.ones((HORIZON, 1))
    rivals = {
        "ours": ours,
        "seasonal naive": seasonal_naive(train),
        "Croston-SBA": poisson_quantiles(croston_sba(train) * even),
        "TSB": poisson_quantiles(tsb(train) * even),
        "ADIDA": poisson_quantiles(adida(train) * even),
        "Poisson GLM": poisson_quantiles(poisson_glm(train)),
    }
    scores = {who: float(crps_from_quantiles(q, held, QUANTILE_LEVELS).mean()) for who, q in rivals.items()}
    told = "  ".join(f"{who} {score:.4f}" for who, score in scores.items())
    bias = mean.sum() / max(held.sum(), SMALLEST) - 1.0
    print(f"{name:14s} {ids.size:5d} series  CRPS: {told}  | bias {bias:+.3f}", flush=True)


def real_counts(folder: Path) -> FloatArray | None:
    """Every fourth series of car parts, shape (51, N), or None when it is not present."""
    path = folder / "monthly" / "carparts.parquet"
    if not path.exists():
        return None
    wide = pd.read_parquet(path).pivot_table(index="ds", columns="unique_id", values="y")
    return np.asarray(wide.dropna(axis=1).to_numpy(dtype=np.float64)[:, ::4])


def main() -> None:
    """Compare on generated series and on the real ones that are present."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=767)
    options = parser.parse_args()
    forecast_series(generated(3), horizon=HORIZON)  # warm
    compare("generated", generated(options.series))
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("PALVELUTARVE_REAL_DATA", root.parent / "shared" / "data" / "real"))
    panels = real(folder)
    if not panels:
        print("SKIPPED real series: the real data is not beside the checkout")
    for name, table in panels.items():
        compare(name, table)
    coverage_by_length("generated", generated(200))
    if panels:
        pooled_coverage(
            pd.concat([coverage_by_length(name, table) for name, table in real_histories(folder).items()])
        )
    for drift, season, steps in ((0.0, 0.0, 48), (0.03, 0.3, 48), (0.03, 0.3, 84), (0.08, 0.2, 84)):
        name = f"d{drift:g} s{season:g} {steps - HORIZON} m"
        compare_counts(name, small_counts(200, steps, drift=drift, season=season, seed=5))
    parts = real_counts(folder)
    if parts is not None:
        compare_counts("carparts", parts)


if __name__ == "__main__":
    main()
