"""The monthly batch engine beside statsforecast's AutoETS: MASE, processor time and interval coverage, as ratios.

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
from forecasting.scores import covered

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
            panels[name] = table.groupby("unique_id").tail(84)[["unique_id", "ds", "y"]]
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


if __name__ == "__main__":
    main()
