"""A panel of one yearly indicator over many areas on the log scale: breaks, common movement, fit and widths.

A series is common movement of the areas + the area's own deviation. Both get a local damped trend (`trends`); the
widths come from out-of-sample errors pooled over areas, since a series of four to six years cannot size its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.trend_widths import LONGEST, Widths, widths
from forecasting.trends import CHOICES, TrendChoice, damped_years, local_trends, rolling_errors, weigh

FloatArray = NDArray[np.float64]
# An indicator is carried on for decades beyond what was tested: a line would end at nothing.
GROWTH = tuple(choice for choice in CHOICES if not choice.linear)

INDICATOR_WIDTHS = Widths(0.03**2, 0.03**2, 0.01**2)
"""Widths when nothing could be tested: 3% a year independent and accumulating, 1% in the slope."""
SMALLEST_BREAK = 0.30
"""Smallest jump in logs (35%) that is taken for a recording break."""
BREAK_SCALES = 5.0
"""How many robust standard deviations of yearly changes a jump must exceed."""
SHORTEST_TRAINING = 3
SHORTEST_SERIES = 4
"""Fewest years of a series that is forecast."""


@dataclass(frozen=True)
class Panel:
    """One indicator.

    Attributes:
        indicator: its code.
        areas: areas, shape (areas,).
        years: rising years.
        z: log values, shape (areas, years); NaN where unknown; rescaled before breaks.
        published: values as published, same shape; NaN where unknown.
        counting: variance of z that counting explains, same shape; 0 where counts are not known.
        breaks: shape (areas, years), true in the first year after a break.
    """

    indicator: str
    areas: tuple[str, ...]
    years: tuple[int, ...]
    z: FloatArray
    published: FloatArray
    counting: FloatArray
    breaks: NDArray[np.bool_]

    def until(self, year: int) -> Panel:
        """The panel with years up to `year`; rescaling by later breaks is a constant and takes no part."""
        keep = [i for i, y in enumerate(self.years) if y <= year]
        return Panel(
            self.indicator, self.areas, tuple(self.years[i] for i in keep), self.z[:, keep],
            self.published[:, keep], self.counting[:, keep],
            self.breaks[:, keep],
        )  # fmt: skip


def find_breaks(z: FloatArray, counting: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """Find sudden lasting jumps of single areas and rescale what was before them.

    A jump is a yearly change that differs from the median change of all areas by more than `BREAK_SCALES` robust
    standard deviations (and counting noise) and `SMALLEST_BREAK`, and that the next year does not take back. A
    change of recording often takes two years: further jumps of at least `SMALLEST_BREAK` in the same direction
    right after a break belong to it.

    Args:
        z: log values, shape (areas, years), NaN where unknown.
        counting: counting variance of z, same shape.

    Returns:
        Marks in the first year after each break, and z with all earlier years moved to the level after it.
    """
    marks = np.zeros(z.shape, dtype=bool)
    if z.shape[1] < 2:
        return marks, z
    change = np.diff(z, axis=1)
    known = np.isfinite(change)
    middle = np.array([np.median(c[k]) if k.sum() >= 5 else 0.0 for c, k in zip(change.T, known.T, strict=True)])
    away = change - middle
    scale = 1.4826 * np.median(np.abs(away[known])) if known.any() else 0.0
    own = np.array(
        [1.4826 * np.median(np.abs(a[k])) if k.sum() >= 10 else 0.0 for a, k in zip(away, known, strict=True)]
    )
    noise = np.sqrt(np.maximum(scale, own)[:, None] ** 2 + counting[:, 1:] + counting[:, :-1])
    jump = known & (np.abs(away) > np.maximum(BREAK_SCALES * noise, SMALLEST_BREAK))
    moved = z.copy()
    for a, t in np.argwhere(jump):
        if not _lasting(z[a], t, away[a, t]):
            continue
        last = t
        while last + 1 < change.shape[1] and away[a, last + 1] * np.sign(away[a, t]) > SMALLEST_BREAK:
            last += 1
        for step in range(t, last + 1):
            if not marks[a, step + 1]:
                marks[a, step + 1] = True
                moved[a, : step + 1] += away[a, step]
    return marks, moved


def _lasting(z: FloatArray, t: int, jump: float) -> bool:
    """Whether the jump from year t to t + 1 neither goes back in the next year nor undoes one just before."""
    for before, after in ((t, t + 2), (t - 1, t + 1)):
        if before >= 0 and after < z.size and np.isfinite(z[before]) and np.isfinite(z[after]):
            whole = z[after] - z[before]
            if np.sign(whole) != np.sign(jump) or abs(whole) < 0.5 * abs(jump):
                return False
    return True


def weights_of(panel: Panel) -> FloatArray:
    """Information of each value: inverse of counting variance plus that of 3% of other noise; 0 where unknown."""
    return np.asarray(np.where(np.isfinite(panel.z), 1.0 / (panel.counting + 0.03**2), 0.0))


def common_movement(z: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted mean over areas by year after the areas' own levels, shape (years,); NaN in years without data.

    Levels and means are found in turns, so that an area that is missing in some years does not move the mean.
    """
    y = np.where(weight > 0, z, 0.0)
    mean = np.zeros(z.shape[1])
    for _ in range(20):
        level = (weight * (y - mean)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)
        mean = (weight * (y - level[:, None])).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    return np.asarray(np.where(weight.sum(axis=0) > 0, mean, np.nan))


@dataclass(frozen=True)
class PanelFit:
    """Fitted panel.

    Attributes:
        level: log value at the last year, shape (areas,).
        common: slope of the common movement and how it is carried on.
        own: slopes of the areas beside it, shape (areas,), and how they are carried on.
        widths: variance of log errors by horizon, counting noise left out.
        tested: longest horizon tested inside the fit.
    """

    level: FloatArray
    common: tuple[float, TrendChoice]
    own: tuple[FloatArray, TrendChoice]
    widths: Widths
    tested: int

    def path(self, horizon: NDArray[np.int_]) -> FloatArray:
        """Expected log value, shape (areas, horizons)."""
        shared = self.common[0] * damped_years(self.common[1].damping, horizon)
        own = self.own[0][:, None] * damped_years(self.own[1].damping, horizon)
        return np.asarray(self.level[:, None] + shared + own)


def fit_panels(panels: Sequence[Panel]) -> list[PanelFit]:
    """Fit panels together: choices and widths lean on those of the other indicators."""
    parts = []
    for panel in panels:
        w = weights_of(panel)
        shared = common_movement(panel.z, w)
        own = np.where(w > 0, panel.z - shared, 0.0)
        total = np.where(np.isfinite(shared), w.sum(axis=0) / np.maximum((w > 0).sum(axis=0), 1), 0.0)[None]
        parts.append((np.nan_to_num(shared)[None], total, own, w))
    shared_errors = [rolling_errors(s, sw, GROWTH, shortest=SHORTEST_TRAINING) for s, sw, _, _ in parts]
    own_errors = [rolling_errors(o, w, GROWTH, shortest=SHORTEST_TRAINING) for _, _, o, w in parts]
    years = np.array([int((w > 0).any(axis=0).sum()) for _, _, _, w in parts])
    shared_choice, own_choice = _choices(shared_errors, years), _choices(own_errors, years)
    errors = [s[i] + o[j] for s, o, i, j in zip(shared_errors, own_errors, shared_choice, own_choice, strict=True)]
    squares = [_squares(e, p.counting) for e, p in zip(errors, panels, strict=True)]
    fits = []
    for k, (s, sw, o, w) in enumerate(parts):
        one, other = GROWTH[shared_choice[k]], GROWTH[own_choice[k]]
        level, slope = local_trends(s, sw, one.discount, one.ridge)
        own_level, own_slope = local_trends(o, w, other.discount, other.ridge)
        fits.append(
            PanelFit(
                level + own_level,
                (float(slope[0]) if one.damping else 0.0, one),
                (own_slope if other.damping else np.zeros_like(own_slope), other),
                widths(*squares[k], changes_prior(panels[k])),
                int((squares[k][1] >= 2).sum()),
            )
        )
    return fits


def _choices(errors: Sequence[FloatArray], years: NDArray[np.int_]) -> NDArray[np.intp]:
    losses = np.array(
        [np.abs(e[:, np.isfinite(e[0])]).mean(axis=1) if np.isfinite(e).any() else np.full(len(GROWTH), np.nan)
         for e in errors]
    )  # fmt: skip
    cases = np.array([float(np.isfinite(e[0]).any(axis=(1, 2)).sum()) for e in errors])
    return np.asarray(np.argmax(weigh(losses, cases, years, choices=GROWTH), axis=1), dtype=np.intp)


def _squares(errors: FloatArray, counting: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean squared errors by horizon less counting noise, and origins behind them."""
    if errors.shape[0] == 0:
        return np.full(LONGEST, np.nan), np.zeros(LONGEST)
    known = np.isfinite(errors)
    noise = counting.mean(axis=1, where=np.isfinite(counting)) if counting.size else np.zeros(errors.shape[1])
    noise = np.nan_to_num(noise)
    weight = known / (noise + 0.03**2)[None, :, None]
    total = weight.sum(axis=(0, 1))
    excess = np.nan_to_num(errors**2) - noise[None, :, None]
    mean = np.where(total > 0, (weight * excess).sum(axis=(0, 1)) / np.maximum(total, 1e-300), np.nan)
    return np.where(np.isfinite(mean), np.maximum(mean, 0.0), np.nan), known.any(axis=1).sum(axis=0).astype(float)


def changes_prior(panel: Panel) -> Widths:
    """Widths to start from: those of a random walk with the panel's own yearly changes, less counting noise."""
    change = np.diff(panel.z, axis=1)
    known = np.isfinite(change)
    if not known.any():
        return INDICATOR_WIDTHS
    noise = (panel.counting[:, 1:] + panel.counting[:, :-1])[known]
    square = max(float(np.mean(change[known] ** 2 - noise)), 0.01**2)
    return Widths(0.3 * square, 0.7 * square, INDICATOR_WIDTHS.slope)
