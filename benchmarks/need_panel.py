"""The need forecast on real service use, beside a constant rate and beside AutoETS reconciled by MinT.

Service series of the Sotkanet panel 1990-2012 with at least 15 years, by region; origins 2003-2009, each knowing
only counts and persons of its time. Prints mean CRPS skill by service and on average, coverage, and the same
against the peer (statsforecast's AutoETS, sparse non-negative MinT of hierarchicalforecast) on the same cases and
quantiles.

Run: `python -m benchmarks.need_panel`; with `--sizes FILE` how much the rates themselves change is written, which
the synthetic county is made by. The real data must lie beside the checkout (or in `$PALVELUTARVE_REAL`); the peer
runs in the interpreter named by `$PALVELUTARVE_PEERS` and is skipped, visibly, without it.
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

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from forecasting.need_backtest import backtest_need
from forecasting.need_scores import MODEL
from forecasting.scores import QUANTILE_COLUMNS, QUANTILE_LEVELS, crps_from_quantiles
from sources.fetched_indicators import panel_indicators

REAL = Path(os.environ.get("PALVELUTARVE_REAL", Path(__file__).resolve().parents[2] / "shared/data/real"))
ORIGINS = tuple(range(2003, 2010))
LAST, SHORTEST = 2012, 15
SPANS = tuple(range(1, 16))
TOLD = (1, 5, 10)
PEER = """
import json, os, sys, time, warnings
warnings.filterwarnings("ignore")
os.environ["NIXTLA_ID_AS_COL"] = "1"
import numpy as np, pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
from hierarchicalforecast.core import HierarchicalReconciliation
from hierarchicalforecast.methods import MinTraceSparse
from hierarchicalforecast.utils import aggregate
train, out, horizon = pd.read_parquet(sys.argv[1]), sys.argv[2], int(sys.argv[3])
levels, found = [50, 80, 90, 95], []
began = time.process_time()
for (service, origin), rows in train.groupby(["service", "origin"]):
    table = rows[["area", "ds", "y"]].assign(total="total")
    Y, S, tags = aggregate(table, [["total"], ["total", "area"]])
    model = StatsForecast(models=[AutoETS(season_length=1, model="ZZN")], freq="YE", n_jobs=1)
    base = model.forecast(df=Y, h=horizon, level=levels, fitted=True)
    fitted = model.forecast_fitted_values()
    rec = HierarchicalReconciliation([MinTraceSparse("wls_var", nonnegative=True)])
    done = rec.reconcile(Y_hat_df=base, Y_df=fitted, S_df=S, tags=tags, level=levels)
    name = [c for c in done.columns if "MinTrace" in c and "-lo-" not in c and "-hi-" not in c][0]
    table = pd.DataFrame({"area": done.unique_id.str.split("/").str[-1], "year": pd.to_datetime(done.ds).dt.year})
    for q, c in (("q0.025", "-lo-95"), ("q0.05", "-lo-90"), ("q0.1", "-lo-80"), ("q0.25", "-lo-50"), ("q0.5", ""),
                 ("q0.75", "-hi-50"), ("q0.9", "-hi-80"), ("q0.95", "-hi-90"), ("q0.975", "-hi-95")):
        table[q] = np.maximum(done[name + c].to_numpy(), 0.0)
    found.append(table.assign(service=service, origin=origin))
pd.concat(found).to_parquet(out)
print(json.dumps(time.process_time() - began))
"""


def panel(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, tuple[int, int, str]]]:
    """Persons, counts and hierarchy of the regions, and the exposure of each service."""
    persons = pd.read_csv(folder / "statfin_11re_maakunta_age_sex_1972_2025.csv.gz")
    persons = persons[(persons["year"] <= LAST) & (persons["reg_code"] != 246)]
    persons = persons.assign(area=persons["reg_code"].astype(str).str.zfill(2)).rename(
        columns={"population": "persons"}
    )[["area", "sex", "age", "year", "persons"]]
    names = pd.read_csv(Path(__file__).parents[1] / "sources/reference/regions.csv", dtype=str)
    use = pd.read_csv(folder / "sotkanet_panel_1990_2012.csv.gz")
    use = use[use["level"] == "maakunta"].merge(
        names[["region", "name_fi"]], left_on="area", right_on="name_fi", validate="m:1"
    )
    parts, exposures = [], {}
    for indicator in panel_indicators():
        rows = use[use["indicator"] == indicator.title]
        if indicator.role != "service" or rows["year"].nunique() < SHORTEST:
            continue
        label = "all" if (indicator.min_age, indicator.max_age) == (0, 100) else _label(indicator)
        exposed = persons[persons["age"].between(indicator.min_age, indicator.max_age)]
        base = exposed.groupby(["area", "year"])["persons"].sum()
        key = pd.MultiIndex.from_frame(rows[["region", "year"]])
        count = np.rint(rows["value"].to_numpy() / indicator.per * base.loc[key].to_numpy())
        service = indicator.id.removeprefix("panel:")
        exposures[service] = (indicator.min_age, indicator.max_age, "population")
        parts.append(
            pd.DataFrame(
                {"area": rows["region"].to_numpy(), "service": service, "sex": "all", "age_group": label,
                 "year": rows["year"].to_numpy(), "count": count}
            )
        )  # fmt: skip
    tree = pd.DataFrame({"area": sorted(persons["area"].unique()), "parent": "FI"})
    return persons, pd.concat(parts, ignore_index=True), tree, exposures


def _label(indicator) -> str:  # type: ignore[no-untyped-def]
    return f"{indicator.min_age}+" if indicator.max_age >= 100 else f"{indicator.min_age}-{indicator.max_age}"


def change_sizes(
    persons: pd.DataFrame, counts: pd.DataFrame, exposures: dict[str, tuple[int, int, str]]
) -> pd.DataFrame:
    """How much log rates change: a service's in all regions and regions' beside it, counting noise off.

    Columns: part (`service`, `region`), series, change_1, change_5, change_10 (root mean square over so many
    years) and drift: yearly standard deviation of the random walk among them, beside noise and a lasting slope.
    """
    rows = []
    for service, (low, high, _) in sorted(exposures.items()):
        use = counts[counts["service"] == service].pivot(index="area", columns="year", values="count")
        exposed = persons[persons["age"].between(low, high)].groupby(["area", "year"])["persons"].sum().unstack()
        exposed = exposed.loc[use.index, use.columns]
        whole = np.log(use.sum().to_numpy() / exposed.sum().to_numpy())
        beside = np.log((use.to_numpy() + 0.5) / exposed.to_numpy()) - whole
        beside = beside - beside.mean(axis=0)
        rows.append(("service", service, *_changes(whole[None], float(1.0 / use.sum().mean()))))
        rows.append(("region", service, *_changes(beside, float((1.0 / use.mean(axis=1)).mean()))))
    names = ["part", "series", *(f"change_{h}" for h in TOLD), "drift"]
    return pd.DataFrame(rows, columns=names).sort_values(["part", "series"], ascending=[False, True])


def _changes(logs: NDArray[np.float64], noise: float) -> list[float]:
    """Root mean square changes over `TOLD` years and the random walk's part; shape of logs (series, years)."""
    h = np.array([h for h in SPANS if h <= logs.shape[1] - 4], dtype=np.float64)
    squares = np.array([np.mean((logs[:, int(k) :] - logs[:, : -int(k)]) ** 2) for k in h]) - 2.0 * noise
    squares = np.maximum(squares, 1e-6)
    design = np.column_stack([2.0 * np.ones_like(h), h, h**2])
    found, _ = nnls(design / squares[:, None], np.ones_like(h))
    return [round(float(np.sqrt(v)), 4) for v in (*squares[np.array(TOLD) - 1], found[1])]


def peer(counts: pd.DataFrame, horizon: int) -> tuple[pd.DataFrame, float] | None:
    """Quantiles of the reconciled AutoETS by service, origin, area and year, and its processor time."""
    interpreter = os.environ.get("PALVELUTARVE_PEERS")
    if not interpreter:
        return None
    series = counts.assign(ds=pd.to_datetime(counts["year"].astype(str) + "-12-31"), y=counts["count"])
    train = pd.concat([series[series["year"] <= o].assign(origin=o) for o in ORIGINS])
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "train.parquet", Path(scratch) / "out.parquet"
        train[["service", "origin", "area", "ds", "y"]].to_parquet(source)
        done = subprocess.run(
            [interpreter, "-c", PEER, str(source), str(target), str(horizon)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return pd.read_parquet(target), float(json.loads(done.stdout.strip().splitlines()[-1]))


def against_peer(cases: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """CRPS from the same nine quantiles, as a share of the observed level, by service."""
    ours = cases[cases["model"] == MODEL].assign(year=lambda t: (t["origin"] + t["horizon"]).astype(int))
    ours = ours.assign(area=ours["area"].replace("all areas", "total"))
    both = ours.merge(theirs, on=["service", "origin", "area", "year"], suffixes=("", "_peer"), validate="1:1")
    if len(both) != len(ours):
        raise SystemExit(f"the peer answered {len(both)} of {len(ours)} cases: not the same work")
    scale = both["crps"] / both["crps"].where(both["crps"] > 0)
    level = both.groupby(["service", "area"])["observed"].transform("mean") * scale.fillna(1.0)
    for name, suffix in (("ours", ""), ("peer", "_peer")):
        q = both[[f"{c}{suffix}" for c in QUANTILE_COLUMNS]].to_numpy().T
        both[name] = crps_from_quantiles(q, both["observed"].to_numpy(), QUANTILE_LEVELS) / level
    return both.groupby("service")[["ours", "peer"]].mean()


def main() -> None:
    """Print the table of skills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--sizes", type=Path, help="write how much rates change to this file and stop")
    given = parser.parse_args()
    if not REAL.is_dir():
        raise SystemExit(f"no real data in {REAL}")
    persons, counts, tree, exposures = panel(REAL)
    if given.sizes:
        change_sizes(persons, counts, exposures).to_csv(given.sizes, index=False)
        return
    began = time.process_time()
    judged = backtest_need(
        persons, persons[persons["year"] == LAST].assign(year=LAST + 1), counts, tree,
        exposures=exposures, as_of=LAST, disrupted_years=(), origins=ORIGINS, longest=LAST - ORIGINS[0],
        draws=given.draws,
    )  # fmt: skip
    cases = judged.cases
    spent = time.process_time() - began
    print(f"{cases['service'].nunique()} services, {len(ORIGINS)} origins, {spent:.1f} s")
    table = cases[cases["model"] == MODEL].groupby("service").agg(
        cases=("crps", "size"), crps=("crps", "mean"), constant=("constant_crps", "mean"),
        in80=("in80", "mean"), in95=("in95", "mean"),
    )  # fmt: skip
    table["skill"] = 1.0 - table["crps"] / table["constant"]
    for name, rows in cases.groupby("model"):
        if name != MODEL:
            other = rows.groupby("service")["crps"].mean()
            table[f"skill vs {name}"] = 1.0 - table["crps"] / other
    found = peer(counts, LAST - ORIGINS[0])
    if found is None:
        print("AutoETS + MinT: skipped, PALVELUTARVE_PEERS names no interpreter")
    else:
        scores = against_peer(cases, found[0])
        table["skill vs AutoETS+MinT"] = 1.0 - scores["ours"] / scores["peer"]
    print(table.round(3).to_string())
    print("mean", table.filter(like="skill").mean().round(3).to_dict())


if __name__ == "__main__":
    main()
