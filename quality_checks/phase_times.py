"""Time from one phase of a case to the next, with cases still waiting, and where open cases stand still.

Waits that have not ended are censored at the day of the judgement (Kaplan & Meier 1958): leaving them out would
make slow services look fast. A phase that was skipped or came out of order is no wait and is counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.intervals import Z95
from quality_checks.process import ALL, stacked

Array = npt.NDArray[np.float64]
DAYS = (30, 90, 180)
LONG = 0.9
KEYS = ("level", "unit", "area", "service_task")
TIMES_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys((*KEYS, "from_phase", "to_phase"), pl.String()),
    **dict.fromkeys(("cases", "reached", "waiting", "skipped", "out_of_order"), pl.Int64()),
    **dict.fromkeys(
        ("p25_days", "median_days", "median_low", "median_high", "p75_days", "p90_days"), pl.Float64()
    ),
    **{f"within_{days}": pl.Float64() for days in DAYS},
}
STALLS_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys((*KEYS, "phase"), pl.String()),
    "open": pl.Int64(),
    **dict.fromkeys(("median_days", "p90_days"), pl.Float64()),
    "long": pl.Int64(),
    "long_from_days": pl.Float64(),
}


def phase_times(cases: pl.DataFrame, ranks: Mapping[str, int], as_of: date, *, county: str = "") -> pl.DataFrame:
    """Days from each phase to the next, by service task, for areas and the county.

    Args:
        cases: as `process.case_phases` gives.
        ranks: place of each phase in the expected order.
        as_of: the day on which waits that have not ended are looked at.
        county: code that stands as the area of the county's rows.

    Returns:
        level, unit (empty), area, service_task (`all` included), from_phase, to_phase (codes), cases (that entered
        the first phase), reached, waiting (censored), skipped (a later phase came without it),
        out_of_order (it had come before), quartiles, median with its 95 % interval, 90th percentile (null where
        the curve does not come so far), and the share that reaches the next phase within 30, 90 and 180 days.
    """
    rows = []
    for start, end in _steps(ranks):
        waits = _waits(cases, ranks, start, end, as_of)
        for key, group in stacked(waits, county, units=False).group_by(KEYS, maintain_order=True):
            rows.append(
                {**dict(zip(KEYS, key, strict=True)), "from_phase": start, "to_phase": end, **_summary(group)}
            )
    table = pl.DataFrame(rows, schema=TIMES_SCHEMA)
    place = pl.col("from_phase").replace_strict(dict(ranks), return_dtype=pl.Int64)
    return table.sort("level", "area", "service_task", place)


def _steps(ranks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Each phase with the one that follows it in the expected order."""
    codes = sorted(ranks, key=lambda code: ranks[code])
    return list(zip(codes, codes[1:], strict=False))


def _waits(cases: pl.DataFrame, ranks: Mapping[str, int], start: str, end: str, as_of: date) -> pl.DataFrame:
    """Cases that entered `start`: days to `end` or to `as_of`, and what became of them."""
    first, then = pl.col(f"phase_{ranks[start]}"), pl.col(f"phase_{ranks[end]}")
    later = pl.any_horizontal(
        [
            pl.lit(False),
            *(pl.col(f"phase_{p}").is_not_null() for p in sorted(set(ranks.values())) if p > ranks[end]),
        ]
    )
    outcome = (
        pl.when(then < first)
        .then(pl.lit("out_of_order"))
        .when(then.is_not_null())
        .then(pl.lit("reached"))
        .when(later)
        .then(pl.lit("skipped"))
        .otherwise(pl.lit("waiting"))
    )
    days = (pl.coalesce(then, pl.lit(as_of)) - first).dt.total_days()
    return cases.filter(first.is_not_null()).select(
        "unit", "area", "service_task", days=days.clip(0), outcome=outcome
    )


def _summary(waits: pl.DataFrame) -> dict[str, Any]:
    counts = dict(waits["outcome"].value_counts().iter_rows())
    told = {name: int(counts.get(name, 0)) for name in ("reached", "waiting", "skipped", "out_of_order")}
    found: dict[str, Any] = {"cases": waits.height, **told}
    timed = waits.filter(pl.col("outcome").is_in(["reached", "waiting"]))
    if not told["reached"]:
        return found
    return found | curve(timed["days"].to_numpy().astype(float), (timed["outcome"] == "reached").to_numpy())


def curve(days: Array, ended: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    """Quantiles of a waiting time with their share within some days, open waits censored.

    Args:
        days: length of each wait so far; shape (waits,).
        ended: whether it has ended; at least one has.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    # A wait of no days is a wait shorter than a day: the estimator knows no events at time zero.
    estimate = SurvfuncRight(np.maximum(days, 0.5), ended.astype(int))
    # The first day by which so many have ended; the library's own quantile passes a curve that stops just there.
    passed = {p: estimate.surv_times[estimate.surv_prob <= 1 - p + 1e-12] for p in (0.25, 0.5, 0.75, 0.9)}
    quantile = {p: _known(found[0]) if found.size else None for p, found in passed.items()}
    low, high = _median_interval(estimate.surv_times, estimate.surv_prob, estimate.surv_prob_se, days.size)
    told: dict[str, float | None] = {
        "p25_days": quantile[0.25],
        "median_days": quantile[0.5],
        "median_low": _known(low),
        "median_high": _known(high),
        "p75_days": quantile[0.75],
        "p90_days": quantile[0.9],
    }
    for limit in DAYS:
        before = estimate.surv_prob[estimate.surv_times <= limit]
        followed = limit <= days.max() or estimate.surv_prob[-1] == 0
        told[f"within_{limit}"] = float(1 - (before[-1] if before.size else 1.0)) if followed else None
    return told


def _median_interval(times: Array, curve: Array, error: Array, waits: int) -> tuple[float, float]:
    """Days from which, and up to which, the log(-log) curve lets the median be (Brookmeyer & Crowley 1982).

    The first day on which the curve is not surely above a half, and the first on which it surely is below. Where
    it ends at zero its error says nothing: the last of so many waits is below by the sign test.
    """
    known = np.clip(curve, 1e-12, 1 - 1e-12)
    scale = error / np.maximum(np.abs(known * np.log(known)), 1e-12)
    away = np.log(-np.log(known)) - np.log(-np.log(0.5))
    inside = (curve > 0) & (curve < 1)
    above = (inside & (away < -Z95 * scale)) | (curve >= 1)
    below = (inside & (away > Z95 * scale)) | ((curve <= 0) & (0.5**waits < 0.025))
    first, last = times[~above], times[below]
    return (float(first[0]) if first.size else np.nan), (float(last[0]) if last.size else np.nan)


def _known(value: float) -> float | None:
    """A day of the curve; None where it does not come so far; less than a day is none."""
    if not np.isfinite(value):
        return None
    return 0.0 if value < 1 else float(value)


def phase_stalls(
    cases: pl.DataFrame, times: pl.DataFrame, ranks: Mapping[str, int], as_of: date, *, county: str = ""
) -> pl.DataFrame:
    """Where open cases stand: by their latest phase, and for how long.

    Args:
        cases: as `process.case_phases` gives.
        times: as `phase_times` gives; tells how long a phase usually lasts.
        ranks: place of each phase in the expected order.
        as_of: the day of the judgement.
        county: code that stands as the area of the county's rows.

    Returns:
        level, unit, area, service_task (`all` included), phase (code of the latest one), open (cases not closed),
        median_days and p90_days since that phase began, long (cases that have been there longer than nine in ten
        cases of the task in the county), long_from_days (that limit; null where the curve does not come so far).
    """
    codes = sorted(ranks, key=lambda code: ranks[code])
    last = codes[-1]
    latest = pl.coalesce(
        pl.when(pl.col(f"phase_{ranks[code]}").is_not_null()).then(pl.lit(code)) for code in reversed(codes)
    )
    began = pl.coalesce(pl.col(f"phase_{ranks[code]}") for code in reversed(codes))
    usual = times.filter(pl.col("level") == "county").select(
        _task="service_task", phase="from_phase", long_from_days="p90_days"
    )
    rows = (
        cases.with_columns(
            phase=latest, days=(pl.lit(as_of) - began).dt.total_days(), _task=pl.col("service_task")
        )
        .filter(pl.col("phase") != last)
        .join(usual, on=["_task", "phase"], how="left")
    )
    placed = stacked(rows, county)
    alone = pl.col("service_task") != ALL
    return (
        placed.group_by(*KEYS, "phase")
        .agg(
            open=pl.len().cast(pl.Int64),
            median_days=pl.col("days").median(),
            p90_days=pl.col("days").quantile(LONG, "higher"),
            long=(pl.col("days") > pl.col("long_from_days")).fill_null(value=False).sum().cast(pl.Int64),
            long_from_days=pl.when(alone.first()).then(pl.col("long_from_days").first()),
        )
        .select(pl.col(name).cast(kind) for name, kind in STALLS_SCHEMA.items())
        .sort(*KEYS, pl.col("phase").replace_strict(dict(ranks), return_dtype=pl.Int64))
    )
