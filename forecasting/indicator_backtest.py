"""How good indicator forecasts have been: held-back years from rolling origins against two simple baselines."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting import scores
from forecasting.indicator_panel import SHORTEST_SERIES, Panel, PanelFit, fit_panels

FloatArray = NDArray[np.float64]

MODEL = "pooled_trend"
LAST = "last_value"
DRIFT = "drift"
CARD_COLUMNS = (
    "indicator", "model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80",
    "coverage95", "champion",
)  # fmt: skip


def backtest_indicators(panels: Sequence[Panel], draws: int, seed: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Score the panel model on held-back years from rolling origins; every origin fits all panels anew.

    Args:
        panels: the indicators.
        draws: draws of each forecast, at most 300 are used.
        seed: seed.

    Returns:
        Table `indicator_scorecard`, and the longest horizon tested from two origins by indicator.
    """
    first = min(p.years[0] for p in panels) + SHORTEST_SERIES - 2
    last = max(p.years[-1] for p in panels)
    cases = []
    for origin in range(first, last):
        known = [p for p in panels if p.years[0] + SHORTEST_SERIES - 2 <= origin < p.years[-1]]
        cut = [p.until(origin) for p in known]
        if not cut:
            continue
        for whole, panel, fit in zip(known, cut, fit_panels(cut), strict=True):
            cases.append(_cases(whole, panel, fit, origin, min(draws, 300), seed))
    cases = [c for c in cases if len(c)]
    if not cases:
        return pd.DataFrame({c: pd.Series(dtype="float64") for c in CARD_COLUMNS}), {}
    table = pd.concat(cases, ignore_index=True)
    card = _card(table)
    tested = card[(card["model"] == MODEL) & (card["origins"] >= 2)].groupby("indicator")["horizon"].max()
    return card, {str(k): int(v) for k, v in tested.items()}


def _cases(whole: Panel, panel: Panel, fit: PanelFit, origin: int, draws: int, seed: int) -> pd.DataFrame:
    """Scores of one panel from one origin; years behind a later break of an area are not scored."""
    h = np.arange(1, min(10, whole.years[-1] - origin) + 1)
    t = [whole.years.index(origin + int(k)) for k in h]
    later = np.cumsum(whole.breaks[:, t], axis=1) > 0
    actual = np.exp(np.where(later, np.nan, whole.z[:, t]))
    enough = (np.isfinite(panel.z).sum(axis=1) >= SHORTEST_SERIES - 1) & np.isfinite(panel.z[:, -1])
    rng = np.random.default_rng([seed, origin, zlib.crc32(panel.indicator.encode())])
    z = rng.standard_normal((draws, len(panel.areas), h.size))
    level = np.exp(np.nanmean(np.where(enough[:, None], panel.z, 0.0), axis=1))
    scale = scores.naive_scale(np.exp(panel.z))
    parts = []
    for model, (path, sd) in _forecasts(panel, fit, h).items():
        sample = np.exp(path + sd * z)
        middle = np.exp(path)
        frame = pd.DataFrame(
            {
                "indicator": panel.indicator, "model": model, "origin": origin,
                "horizon": np.broadcast_to(h, actual.shape).ravel(),
                "observed": actual.ravel(), "mean": sample.mean(axis=0).ravel(),
                "crps": (scores.crps_from_draws(sample, actual) / level[:, None]).ravel(),
                "mase": scores.mase(middle, actual, scale[:, None]).ravel(),
                "in80": scores.coverage_from_draws(sample, actual, 0.80).ravel(),
                "in95": scores.coverage_from_draws(sample, actual, 0.95).ravel(),
                "area": np.repeat(panel.areas, h.size),
            }
        )  # fmt: skip
        parts.append(frame[np.repeat(enough, h.size) & frame["observed"].notna()])
    return pd.concat(parts, ignore_index=True)


def _forecasts(panel: Panel, fit: PanelFit, h: NDArray[np.int_]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Log path (areas, horizons) and its standard deviation for the model and the two baselines."""
    known = np.isfinite(panel.z)
    counting = np.where(known, panel.counting, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    change = np.diff(panel.z, axis=1)
    square = np.nanmean(change**2) if np.isfinite(change).any() else 0.05**2
    n = np.maximum(np.isfinite(change).sum(axis=1), 1)[:, None]
    slope = (np.where(np.isfinite(change), change, 0.0).sum(axis=1)[:, None]) / n
    last = np.nan_to_num(panel.z[:, -1:])
    walk = np.sqrt(square * h) * np.ones((len(panel.areas), 1))
    return {
        MODEL: (fit.path(h), np.sqrt(fit.widths.at(h)[None] + counting[:, None])),
        LAST: (np.repeat(last, h.size, axis=1), walk),
        DRIFT: (last + slope * h, walk * np.sqrt(1.0 + h / n)),
    }


def _card(cases: pd.DataFrame) -> pd.DataFrame:
    key = ["indicator", "origin", "horizon", "area"]
    base = cases[cases["model"] == LAST].set_index(key)["crps"].rename("base")
    cases = cases.join(base, on=key)
    rows = []
    for name, of_one in cases.groupby("indicator"):
        wide = of_one.pivot_table(index=["origin", "horizon", "area"], columns="model", values="crps")
        origins = wide.index.get_level_values("origin").to_numpy()
        wins = all(scores.better_beyond_noise(wide[MODEL], wide[b], origins) for b in (LAST, DRIFT))
        champion = MODEL if wins else str(wide[[LAST, DRIFT]].mean().idxmin())
        for (model, horizon), part in of_one.astype({"horizon": int}).groupby(["model", "horizon"]):
            rows.append(
                {
                    "indicator": name, "model": model, "horizon": int(str(horizon)),
                    "origins": part["origin"].nunique(), "n": len(part), "crps": part["crps"].mean(),
                    "crps_skill": float(scores.skill(part["crps"].mean(), part["base"].mean())),
                    "mase": part["mase"].mean(), "bias": scores.relative_bias(part["mean"], part["observed"]),
                    "coverage80": part["in80"].mean(), "coverage95": part["in95"].mean(),
                    "champion": champion == model,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CARD_COLUMNS))
