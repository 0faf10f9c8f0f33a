"""Control charts of shares by month: each series against its own history, by limits, EWMA and CUSUM.

The centre is the series' own share in its previous months (up to 24, weighted by size), carried to what the
month makes expect. Deviations are on the arcsine scale, where the spread does not depend on the level (Anscombe
1948), in units of a spread that is widened by how much months of all series (and of this one) vary beyond chance.
A CUSUM (Page 1954) and limits of 3.3 standard deviations give the signal; the EWMA (smoothing 0.4) is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.intervals import HELD, OF_HELD

Array = npt.NDArray[np.float64]
BASELINE_MONTHS = 24
FEWEST_MONTHS = 3
SMOOTHING = 0.4
WIDTH = 3.3
# CUSUM: half of the shift looked for, in standard deviations of a month, and when it signals. The smallest limit
# tells a drop of ten points in a unit with 50 independent findings a month within two months four times in five;
# where ten points are many standard deviations the limit is wider, so that false alarms are rarer.
ALLOWANCE = 0.8
LIMITS = (0.95, 4.0)
# Two months' deviations leave the sum of two expected shifts by less than this four times in five.
MARGIN = 1.35
# A series' own unrest leans on that of all series by so many months' weight.
LEAN_MONTHS = 24.0
CHART_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("center", "low", "high", "ewma"), pl.Float64()),
    "signal": pl.String(),
    **dict.fromkeys(("cusum", "limit"), pl.Float64()),
}


def charted(monthly: pl.DataFrame, keys: Sequence[str], *, rise: float = 0.0) -> pl.DataFrame:
    """The months with their control charts.

    Args:
        monthly: sorted by `keys` and month: judged (size of the month), lost (part of it that is charted), rate
            (lost by judged) and due (what is expected of the month; 0 where nothing is known of it).
        keys: columns that name a series.
        rise: rise of the share that should be told early, though small series pay with false alarms; 0 for none.

    Returns:
        The same rows with center, low, high, ewma, signal (`up`, `down` or empty), cusum (in standard deviations)
        and limit (of the cusum). Center and what follows are null until three months have passed.
    """
    histories = [_History.of(series) for _, series in monthly.group_by(keys, maintain_order=True)]
    if not histories:
        return monthly.with_columns(pl.lit(None, kind).alias(name) for name, kind in CHART_SCHEMA.items())
    unrest = _unrest(np.concatenate([h.squares(1.0) for h in histories]))
    charts = pl.concat(_chart(history, unrest, rise) for history in histories)
    return monthly.hstack(charts.select(pl.col(name).cast(kind) for name, kind in CHART_SCHEMA.items()))


@dataclass(frozen=True)
class _History:
    """Months of one series in order: weight judged, share lost, and the centre from the months before.

    Attributes:
        judged: weight judged; shape (months,).
        rate: share of it that failed.
        center: expected share from the series' own previous months and the month's mix; NaN where too few.
        before: weight judged in those months.
    """

    judged: Array
    rate: Array
    center: Array
    before: Array

    @classmethod
    def of(cls, series: pl.DataFrame) -> _History:
        judged, lost, due = (series[name].to_numpy().astype(float) for name in ("judged", "lost", "due"))
        center, before = np.full(judged.size, np.nan), np.zeros(judged.size)
        for t in range(FEWEST_MONTHS, judged.size):
            past = slice(max(0, t - BASELINE_MONTHS), t)
            before[t] = judged[past].sum()
            # Half a finding more keeps a series without any from being certain of none, and what nobody had before
            # from being certain of anything.
            if due[t] > 0:
                own = due[t] / judged[t] * (lost[past].sum() + 0.5) / (due[past].sum() + 0.5)
            else:
                own = (lost[past].sum() + 0.5) / (before[t] + 1.0)
            center[t] = min(own, 0.999)
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

    The months of a series that has just changed are few among all; held so, they widen the limits little.
    """
    if squares.size == 0:
        return 1.0
    found = 1.0
    for _ in range(50):
        found = max(1.0, float(np.mean(np.minimum(squares, HELD * found))) / OF_HELD)
    return found


def _chart(history: _History, unrest: float, rise: float) -> pl.DataFrame:
    squares = np.minimum(history.squares(1.0), HELD * unrest) / OF_HELD
    told = np.arange(squares.size, dtype=float)  # months before alone tell of the series' own unrest
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
    shift = (_angle(np.minimum(history.center + rise, 1.0), size) - angle) / half * WIDTH
    allowed = np.clip(2 * (shift - ALLOWANCE) - MARGIN, *LIMITS) if rise else np.full(size.shape, LIMITS[1])
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
            yield "up", shown
            worse = better = 0.0
        elif better > LIMITS[1] or z < -WIDTH:
            yield "down", shown
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
