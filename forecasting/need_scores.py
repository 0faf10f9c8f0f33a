"""Scores of the need forecast from the cases of a backtest: scorecard, champions, scores by size of area."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from forecasting import scores
from forecasting.need_baselines import BASELINES

MODEL = "joint_draws"


RAKED = "raked_draws"
"""The same draws raked to an independent forecast of the total."""
RAKED_BEYOND = 2.0
"""Standard errors of origins by which they must gain: neighbouring origins err together, so chance passes one."""


def raked_services(cases: pd.DataFrame) -> dict[str, int]:
    """Services whose raked draws beat the plain ones by more than `RAKED_BEYOND` standard errors of the origins.

    Returns:
        By service, the longest horizon, tested from two origins, up to which they gained at every horizon.
    """
    found = {}
    for service, rows in cases.groupby("service"):
        wide = _wide(rows)
        if _beats(wide, RAKED, MODEL, RAKED_BEYOND) and (reach := _gained_up_to(wide[MODEL] - wide[RAKED])):
            found[str(service)] = reach
    return found


def _gained_up_to(gain: pd.Series) -> int:
    by_origin = gain.dropna().groupby(level=["horizon", "origin"]).mean().groupby(level="horizon")
    held = (by_origin.size() >= 2) & (by_origin.mean() > 0)
    reach = 0
    while held.get(reach + 1, False):
        reach += 1
    return reach


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot_table(index=["origin", "horizon", "area"], columns="model", values="crps")


def _beats(wide: pd.DataFrame, one: str, other: str, beyond: float = 1.0) -> bool:
    origins = wide.index.get_level_values("origin").to_numpy()
    return {one, other} <= set(wide.columns) and scores.better_beyond_noise(
        wide[one], wide[other], origins, beyond
    )


CASE_COLUMNS = (
    "service", "model", "origin", "horizon", "area", "observed", "mean", "median", "crps", "mase", "in80", "in95",
    "pit", *scores.QUANTILE_COLUMNS, "constant_crps",
)  # fmt: skip


CARD_COLUMNS = (
    "service", "model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias",
    "coverage80", "coverage95", "champion", "published",
)  # fmt: skip


def no_cases() -> pd.DataFrame:
    """Cases of a backtest that scored nothing."""
    return pd.DataFrame(
        {c: pd.Series(dtype="object" if c in ("service", "model", "area") else "float64") for c in CASE_COLUMNS}
    )


def scorecard(cases: pd.DataFrame, raked: Collection[str] = ()) -> pd.DataFrame:
    """Table `need_scorecard` from the cases.

    Args:
        cases: cases of a backtest.
        raked: services whose published draws are raked; the others' are `joint_draws` (column `published`).

    The champion of a service is `joint_draws` when, over all horizons, its CRPS is lower than that of every
    baseline by more than one standard error of the origins' mean gains; otherwise the baseline with the lowest
    CRPS.
    """
    if cases.empty:
        return pd.DataFrame({c: pd.Series(dtype="float64") for c in CARD_COLUMNS})
    champions = {str(service): _champion(rows) for service, rows in cases.groupby("service")}
    rows = []
    for (service, model, horizon), part in cases.astype({"horizon": "int64"}).groupby(
        ["service", "model", "horizon"]
    ):
        rows.append(
            {
                "service": service,
                "model": model,
                "horizon": int(str(horizon)),
                "origins": int(part["origin"].nunique()),
                "n": len(part),
                "crps": part["crps"].mean(),
                "crps_skill": float(scores.skill(part["crps"].mean(), part["constant_crps"].mean())),
                "mase": part["mase"].mean(),
                "bias": scores.relative_bias(part["mean"], part["observed"]),
                "coverage80": part["in80"].mean(),
                "coverage95": part["in95"].mean(),
                "champion": champions[str(service)] == model,
                "published": model == (RAKED if service in raked else MODEL),
            }
        )
    return pd.DataFrame(rows, columns=list(CARD_COLUMNS))


def _champion(rows: pd.DataFrame) -> str:
    wide = _wide(rows)
    return MODEL if all(_beats(wide, MODEL, b) for b in BASELINES) else str(wide[list(BASELINES)].mean().idxmin())


SIZES = (("small", 0.0), ("medium", 100.0), ("large", 1000.0))
"""Size classes by the area's mean count in the scored years."""


BANDS = ((1, 2), (3, 5), (6, 10), (11, 20))
"""Bands of horizons, in years."""


def scores_by_size(cases: pd.DataFrame) -> pd.DataFrame:
    """Table `need_scores_by_size`.

    Returns:
        One row per service (`all` too), model, size class and band of horizons: origins, n, crps, crps_skill,
        bias, and for coverage of 80 and 95% the mean and, over origins, min, median and max.
    """
    if cases.empty:
        return pd.DataFrame(columns=list(SIZE_COLUMNS))
    level = cases.groupby(["service", "area"])["observed"].transform("mean").to_numpy()
    names, floors = [name for name, _ in SIZES], np.array([floor for _, floor in SIZES])
    sized = cases.assign(
        size=np.array(names)[np.searchsorted(floors, level, side="right") - 1],
        band=np.searchsorted([low for low, _ in BANDS], cases["horizon"], side="right") - 1,
    )
    both = pd.concat([sized, sized.assign(service="all")])
    keys = ["service", "model", "size", "band"]
    grouped = both.groupby(keys, observed=True)
    sums = grouped[["crps", "constant_crps", "mean", "observed"]].sum()
    table = pd.DataFrame(
        {"origins": grouped["origin"].nunique(), "n": grouped.size(), "crps": grouped["crps"].mean(),
         "crps_skill": 1.0 - sums["crps"] / sums["constant_crps"].where(sums["constant_crps"] > 0),
         "bias": sums["mean"] / sums["observed"].where(sums["observed"] > 0) - 1.0,
         "coverage80": grouped["in80"].mean(), "coverage95": grouped["in95"].mean()}
    )  # fmt: skip
    by_origin = both.groupby([*keys, "origin"], observed=True)[["in80", "in95"]].mean().groupby(level=keys)
    for how, values in (("min", by_origin.min()), ("median", by_origin.median()), ("max", by_origin.max())):
        table[[f"coverage80_{how}", f"coverage95_{how}"]] = values[["in80", "in95"]].to_numpy()
    table = table.reset_index()
    bounds = np.array(BANDS)[table["band"].to_numpy()]
    return table.assign(horizon_from=bounds[:, 0], horizon_to=bounds[:, 1])[list(SIZE_COLUMNS)]


SIZE_COLUMNS = (
    "service", "model", "size", "horizon_from", "horizon_to", "origins", "n", "crps", "crps_skill", "bias",
    "coverage80", "coverage80_min", "coverage80_median", "coverage80_max",
    "coverage95", "coverage95_min", "coverage95_median", "coverage95_max",
)  # fmt: skip
