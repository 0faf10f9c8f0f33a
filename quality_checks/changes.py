"""Change of a unit against its own history: control limits, EWMA and CUSUM on the share of the index lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.case_mix import MIX, summed
from quality_checks.contributions import rule_weights
from quality_checks.intervals import HELD, OF_HELD
from quality_checks.rules import Catalogue

Array = npt.NDArray[np.float64]
BASELINE_MONTHS = 24
FEWEST_MONTHS = 3
FEWEST_FINDINGS = 30
SMOOTHING = 0.4
WIDTH = 3.3
# CUSUM: half of the shift looked for, in standard deviations of a month, and when it signals. The smallest limit
# tells a drop of ten points in a unit with 50 independent findings a month within two months four times in five;
# where ten points are many standard deviations the limit is wider, so that false alarms are rarer.
ALLOWANCE = 0.8
LIMITS = (0.95, 4.0)
# Two months' deviations leave the sum of two expected shifts by less than this four times in five.
MARGIN = 1.35
TEN_POINTS = 0.1
# A unit's own unrest leans on that of all units by so many months' weight.
LEAN_MONTHS = 24.0
CHANGE_SCHEMA: dict[str, pl.DataType] = {
    **{"unit": pl.String(), "month": pl.Date(), "eligible": pl.Int64(), "failed": pl.Int64()},
    **dict.fromkeys(("rate", "center", "low", "high", "ewma"), pl.Float64()),
    "signal": pl.String(),
    **dict.fromkeys(("cusum", "limit"), pl.Float64()),
}


def quality_changes(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Control chart of each unit by month.

    The centre is the unit's own share in its previous months (up to 24, weighted by size), carried to the month's
    mix of rules, document types and tasks at the county's rates. Deviations are on the arcsine scale, where the
    spread does not depend on the level (Anscombe 1948), in units of a spread that is widened by how much months of
    all units (and of this one) vary beyond chance. A CUSUM (Page 1954) and limits of 3.3 standard deviations give
    the signal; the EWMA (smoothing 0.4) is drawn.

    Args:
        cells: counts of the engine; shadow rules and rules without weight do not count.
        catalogue: the rules, for their weights.

    Returns:
        unit, month, eligible, failed, rate (share of the weight judged that failed: 1 - index), center, low, high,
        ewma, signal (`worse`, `better` or empty), cusum (in standard deviations), limit (of the cusum). Center and
        what follows are null until three months with enough findings have passed.
    """
    monthly = _monthly(cells, catalogue)
    histories = [_History.of(unit) for _, unit in monthly.group_by("unit", maintain_order=True)]
    unrest = _unrest(np.concatenate([h.squares(1.0) for h in histories])) if histories else 1.0
    parts = [_chart(history, unrest) for history in histories]
    if not parts:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    return monthly.select("unit", "month", "eligible", "failed", "rate").hstack(pl.concat(parts)).select(
        pl.col(name).cast(kind) for name, kind in CHANGE_SCHEMA.items()
    )  # fmt: skip


def _monthly(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Weights judged, failed and expected to fail by unit and month; months with too few findings are left out."""
    by_rule = (
        cells.lazy()
        .filter(pl.col("eligible") > 0, pl.col("rule_id").is_in([rule.id for rule in catalogue.scored]))
        .group_by("unit", "month", *MIX)
        .agg(pl.col("eligible", "failed").sum())
    )
    usual = by_rule.group_by(MIX).agg(_rate=pl.col("failed").sum() / pl.col("eligible").sum())
    weight = pl.col("weight")
    return (
        by_rule.join(usual, on=list(MIX))
        .join(rule_weights(catalogue).lazy(), on="rule_id")
        .group_by("unit", "month")
        .agg(
            pl.col("eligible", "failed").sum(),
            judged=(pl.col("eligible") * weight).sum(),
            lost=(pl.col("failed") * weight).sum(),
            due=summed(pl.col("eligible") * pl.col("_rate") * weight),
        )
        .filter(pl.col("eligible") >= FEWEST_FINDINGS)
        .with_columns(rate=pl.col("lost") / pl.col("judged"))
        .sort("unit", "month")
        .collect()
    )


@dataclass(frozen=True)
class _History:
    """Months of one unit in order: weight judged, share lost, and the centre from the months before.

    Attributes:
        judged: weight judged; shape (months,).
        rate: share of it that failed.
        center: expected share from the unit's own previous months and the month's mix; NaN where too few.
        before: weight judged in those months.
    """

    judged: Array
    rate: Array
    center: Array
    before: Array

    @classmethod
    def of(cls, unit: pl.DataFrame) -> _History:
        judged, lost, due = (unit[name].to_numpy().astype(float) for name in ("judged", "lost", "due"))
        center, before = np.full(judged.size, np.nan), np.zeros(judged.size)
        for t in range(FEWEST_MONTHS, judged.size):
            past = slice(max(0, t - BASELINE_MONTHS), t)
            before[t] = judged[past].sum()
            # Half a finding more keeps a unit without any defect from being certain of none.
            own = (lost[past].sum() + 0.5) / (before[t] + 1.0)
            mix = (due[t] / judged[t]) / max(due[past].sum() / before[t], 1e-12) if due[t] > 0 else 1.0
            center[t] = min(own * mix, 0.999)
        return cls(judged, lost / judged, center, before)

    def spread(self, unrest: float | Array) -> tuple[Array, Array]:
        """Independent findings of the month, and the variance of its deviation on the arcsine scale."""
        size = self.judged / unrest
        return size, 1 + self.judged / np.maximum(self.before, 1e-9)

    def deviation(self, unrest: float | Array) -> Array:
        """Deviation from the centre in standard deviations; NaN where there is none."""
        size, widened = self.spread(unrest)
        scaled = 2 * np.sqrt(size + 0.5) * (_angle(self.rate, size) - _angle(self.center, size))
        return np.asarray(scaled / np.sqrt(widened))

    def squares(self, unrest: float) -> Array:
        """Squared deviations of the months that have a centre."""
        _, widened = self.spread(1.0)
        chance = np.maximum(self.center * (1 - self.center), 1e-9) / self.judged * widened
        found = (self.rate - self.center) ** 2 / (chance * unrest)
        return np.asarray(found[np.isfinite(found)])


def _angle(share: Array, size: Array) -> Array:
    return np.asarray(np.arcsin(np.sqrt(np.clip((share * size + 0.375) / (size + 0.75), 0.0, 1.0))))


def _unrest(squares: Array) -> float:
    """How much months vary relative to chance, at least 1: the mean square, each held to two deviations.

    The months of a unit that has just changed are few among all; held so, they widen the limits little.
    """
    if squares.size == 0:
        return 1.0
    found = 1.0
    for _ in range(50):
        found = max(1.0, float(np.mean(np.minimum(squares, HELD * found))) / OF_HELD)
    return found


def _chart(history: _History, unrest: float) -> pl.DataFrame:
    squares = np.minimum(history.squares(1.0), HELD * unrest) / OF_HELD
    told = np.arange(squares.size, dtype=float)  # months before alone tell of the unit's own unrest
    leaned = (np.cumsum(squares) - squares + LEAN_MONTHS * unrest) / (told + LEAN_MONTHS)
    own = np.full(history.rate.size, unrest)
    own[history.rate.size - squares.size :] = np.maximum(leaned, 1.0)
    deviation = history.deviation(own)
    size, widened = history.spread(own)
    half = WIDTH * np.sqrt(widened) / (2 * np.sqrt(size + 0.5))
    angle = _angle(history.center, size)
    limits = [
        np.clip((np.sin(np.clip(angle + side * half, 0, np.pi / 2)) ** 2 * (size + 0.75) - 0.375) / size, 0, 1)
        for side in (-1, 1)
    ]
    shift = (_angle(np.minimum(history.center + TEN_POINTS, 1.0), size) - angle) / half * WIDTH
    allowed = np.clip(2 * (shift - ALLOWANCE) - MARGIN, *LIMITS)
    rows = list(_signals(deviation, allowed))
    return pl.DataFrame(
        {
            "center": history.center,
            "low": limits[0],
            "high": limits[1],
            "ewma": _smoothed(history.rate, history.center),
            "signal": [signal for signal, _ in rows],
            "cusum": np.array([value for _, value in rows], dtype=float),
            "limit": np.where(np.isfinite(deviation), allowed, np.nan),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _signals(deviation: Array, limit: Array) -> Iterator[tuple[str, float]]:
    """Signal and upper CUSUM of each month; a CUSUM that has signalled begins anew."""
    worse = better = 0.0
    for z, most in zip(deviation, limit, strict=True):
        if not np.isfinite(z):
            yield "", np.nan
            continue
        worse, better = max(0.0, worse + z - ALLOWANCE), max(0.0, better - z - ALLOWANCE)
        shown = worse
        if worse > most or z > WIDTH:
            yield "worse", shown
            worse = better = 0.0
        elif better > LIMITS[1] or z < -WIDTH:
            yield "better", shown
            worse = better = 0.0
        else:
            yield "", shown


def _smoothed(rate: Array, center: Array) -> Array:
    smooth, found = np.nan, np.full(rate.size, np.nan)
    for t in range(rate.size):
        if np.isfinite(center[t]):
            smooth = SMOOTHING * rate[t] + (1 - SMOOTHING) * (center[t] if np.isnan(smooth) else smooth)
            found[t] = smooth
    return found
