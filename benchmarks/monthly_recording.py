"""Recording delay and breaks on invented data with known truth.

Delay: the synthetic county's events, replayed from past days that know only what was recorded by then. The latest
three months' totals by service are completed; the error is set beside ignoring the delay and beside dropping those
months and forecasting them, and 80 and 95% intervals are counted. Limits: half the error of ignoring, 80 +- 5%.
Breaks: planted level changes in units of 30 events a month and more that are found, and false alarms a year.

Run: `python -m benchmarks.monthly_recording [--county paijat-hame --scale 0.5]`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from forecasting.monthly import complete_recent, detect_breaks, forecast_series
from sources.synthetic import write_demo

LATEST = 3
DAYS = pd.date_range("2025-09-10", periods=9, freq="31D")


def events_of(county: str, scale: float) -> pd.DataFrame:
    """The synthetic county's events: service, area (municipality), unit, event_date, recorded_at."""
    with tempfile.TemporaryDirectory() as folder:
        write_demo(county, Path(folder), seed=1, scale=scale, as_of=date(2026, 10, 31))
        columns = ["service", "municipality", "unit", "event_date", "recorded_at"]
        table = pd.concat(
            pd.read_parquet(path, columns=columns) for path in Path(folder).rglob("service_events.parquet")
        )
    table = table.rename(columns={"municipality": "area"})
    for column in ("event_date", "recorded_at"):
        table[column] = pd.to_datetime(table[column]).dt.normalize()
    table = table.dropna()
    return table[table["recorded_at"] >= table["event_date"]]


def replayed(events: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Totals by service of the latest three months as completed on a day, with what they came to."""
    month = events["event_date"].dt.to_period("M").dt.to_timestamp()
    known = events[(events["recorded_at"] <= day) & (events["event_date"] <= day)]
    done = complete_recent(known, as_of=day)
    months = np.sort(done.table["ds"].unique())[-LATEST:]
    final = events.groupby(["service", month]).size()
    seen = known.groupby(["service", known["event_date"].dt.to_period("M").dt.to_timestamp()]).size()
    before = seen[seen.index.get_level_values(1) < months[0]].rename("y").rename_axis(["unique_id", "ds"])
    dropped = forecast_series(before.reset_index(), horizon=LATEST).forecast.set_index(["unique_id", "ds"])["mean"]
    rows = []
    for (service, at), places in (
        done.table[done.table["ds"].isin(months)].groupby(["service", "ds"]).indices.items()
    ):
        index = np.flatnonzero(done.table["ds"].isin(months).to_numpy())[places]
        counted = int(seen.get((service, at), 0))
        complete = counted - int(done.table["observed"].to_numpy()[index].sum())
        total = complete + done.draws[:, index].sum(axis=1)
        q = np.quantile(total, (0.025, 0.1, 0.9, 0.975))
        came = int(final.get((service, at), 0))
        rows.append(
            {
                "ours": total.mean() - came,
                "ignored": counted - came,
                "dropped": float(dropped.get((service, at), np.nan)) - came,
                "in80": q[1] <= came <= q[2],
                "in95": q[0] <= came <= q[3],
                "claimed": ((q[1] <= total) & (total <= q[2])).mean(),
                "rank": (total < came).mean() + 0.5 * (total == came).mean(),
                "size": came,
            }
        )
    return pd.DataFrame(rows)


def delay(county: str, scale: float) -> None:
    """Print the figures of the replayed days."""
    events = events_of(county, scale)
    table = pd.concat([replayed(events, day) for day in DAYS])
    root = {
        name: float(np.sqrt(np.nanmean((table[name] / (table["size"] + 1.0)) ** 2)))
        for name in ("ours", "ignored", "dropped")
    }
    middle, claimed = table["rank"].between(0.1, 0.9).mean(), table["claimed"].mean()
    print(
        f"delay: {len(events)} events, {len(table)} totals of {len(DAYS)} days; 80%: {table['in80'].mean():.3f} "
        f"(whole numbers: the intervals claim {claimed:.3f}; mid-ranks within 0.1-0.9: {middle:.3f})  "
        f"95%: {table['in95'].mean():.3f}; relative RMSE {root['ours']:.4f}, "
        f"/ ignoring {root['ours'] / root['ignored']:.3f}, / dropping {root['ours'] / root['dropped']:.3f}",
        flush=True,
    )


def breaks(number: int = 400, years: int = 9) -> None:
    """Print the share of planted breaks that is found, and false alarms a year and unit."""
    rng = np.random.default_rng(6)
    steps = 12 * years
    ds = pd.date_range("2010-01-01", periods=steps, freq="MS")
    wave = np.exp(0.15 * np.sin(2 * np.pi * np.arange(steps) / 12))[:, None]
    for level, ratio in ((30.0, 1.0), (200.0, 1.0), (30.0, 1.6), (30.0, 0.6), (60.0, 1.4), (200.0, 1.3)):
        planted = rng.integers(18, steps - 12, number)
        step = np.where(np.arange(steps)[:, None] >= planted, ratio, 1.0)
        drift = np.cumsum(rng.normal(0.0, 0.01, (steps, number)), axis=0)
        mean = level * wave * step * np.exp(drift + rng.normal(0.0, 0.05, (steps, number)))
        names = np.repeat([f"u{k:03d}" for k in range(number)], steps)
        table = pd.DataFrame({"unique_id": names, "ds": np.tile(ds, number), "y": rng.poisson(mean).T.ravel()})
        found = detect_breaks(table, disrupted=None)
        place = found["unique_id"].str[1:].astype(int).to_numpy()
        at = (found["ds"].dt.year - 2010) * 12 + found["ds"].dt.month - 1
        near = np.abs(at.to_numpy() - planted[place]) <= 2
        if ratio == 1.0:
            print(f"breaks: none planted at {level:g} a month: {len(found) / number / years:.4f} alarms a year")
        else:
            hit = np.unique(place[near]).size / number
            false = (~near).sum() / number / years
            print(f"breaks: x {ratio:g} at {level:g} a month: {hit:.3f} found, {false:.4f} false a year")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--county", default="paijat-hame")
    parser.add_argument("--scale", type=float, default=0.5)
    options = parser.parse_args()
    breaks()
    delay(options.county, options.scale)


if __name__ == "__main__":
    main()
