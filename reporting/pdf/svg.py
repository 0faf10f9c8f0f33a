"""Small SVG drawings written directly: rows with dots, intervals or bars on one axis. No data are markup."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

INK, MUTED, GRID = "#1b2733", "#59636e", "#d8dee4"
BLUE, PALE, VERMILION, GREEN = "#0b4f7d", "#a9c9e2", "#b3401a", "#00785a"
LETTER = 0.6  # width of a letter or digit of the drawings' font, as a share of its size
FONT = "HK Grotesk, system-ui, Segoe UI, Roboto, Arial, sans-serif"
WIDTH, LABELS, RIGHT, ROW, TOP, BOTTOM = 680.0, 280.0, 24.0, 24.0, 10.0, 44.0


@dataclass(frozen=True)
class Scale:
    """A linear axis from `low` to `high` over the pixels `start`..`end`, with round ticks."""

    low: float
    high: float
    start: float
    end: float
    step: float

    def at(self, value: float) -> float:
        """Pixel of a value, held inside the axis."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round values along the axis."""
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return tuple(n * self.step for n in range(first, last + 1))

    @property
    def digits(self) -> int:
        """Decimals that write the ticks in full: two for a step of 0.25."""
        return next(d for d in range(12) if math.isclose(round(self.step, d), self.step))


def scale(low: float, high: float, start: float, end: float, ticks: int = 5) -> Scale:
    """An axis that holds `low`..`high` with about `ticks` round ticks; its ends are ticks.

    Ends that are equal, as rounded figures may be, get some room below them: a share of 1 needs none above.
    """
    if high - low <= 1e-9 * max(1.0, abs(high)):
        low, high = (high - 1e-3 * abs(high), high) if high else (0.0, 1.0)
    raw = (high - low) / ticks
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end, step)


def text(
    x: float, y: float, words: str, *, anchor: str = "start", fill: str = INK, size: float = 12, halo: bool = False
) -> str:
    """A piece of text; its words are escaped. A white halo keeps it readable over other marks."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    around = ' paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round"' if halo else ""
    return f'<text {place} fill="{fill}" font-size="{size:g}"{around}>{escape(words)}</text>'


def line(
    x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{stroke}" stroke-width="{width:g}"{dashes}/>'
    )


def dot(x: float, y: float, *, fill: str = BLUE, size: float = 4.5) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="{fill}"/>'


def diamond(x: float, y: float, *, fill: str = VERMILION, size: float = 5.5) -> str:
    """A filled diamond, for what stands out: seen by shape as well as by colour."""
    points = f"{x:.1f},{y - size:.1f} {x + size:.1f},{y:.1f} {x:.1f},{y + size:.1f} {x - size:.1f},{y:.1f}"
    return f'<polygon points="{points}" fill="{fill}"/>'


def triangle(x: float, y: float, *, fill: str = GREEN, size: float = 5.5) -> str:
    """A filled triangle that points up, for what is better than its limits."""
    points = f"{x:.1f},{y - size:.1f} {x + size:.1f},{y + 0.8 * size:.1f} {x - size:.1f},{y + 0.8 * size:.1f}"
    return f'<polygon points="{points}" fill="{fill}"/>'


def bar(x1: float, x2: float, y: float, height: float, *, fill: str = BLUE) -> str:
    """A horizontal bar."""
    return f'<rect x="{x1:.1f}" y="{y:.1f}" width="{max(x2 - x1, 0.5):.1f}" height="{height:.1f}" fill="{fill}"/>'


def path(points: Sequence[tuple[float, float]], *, stroke: str = INK, width: float = 1.5, dash: str = "") -> str:
    """A line through points."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{through}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dashes}/>'


def drawing(width: float, height: float, parts: Sequence[str]) -> str:
    """A whole drawing."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="{FONT}">{"".join(parts)}</svg>'
    )


def tick(x: float, y: float, words: str) -> str:
    """A tick's value under its place; one that would reach over the drawing's edge ends there."""
    if x + LETTER * 11 * len(words) / 2 > WIDTH:
        return text(WIDTH, y, words, anchor="end", fill=MUTED, size=11)
    return text(x, y, words, anchor="middle", fill=MUTED, size=11)


def axis(along: Scale, top: float, bottom: float, title: str, written: Callable[[float, int], str]) -> list[str]:
    """Grid lines, tick values and title of a horizontal axis."""
    parts = [line(along.at(t), top, along.at(t), bottom, stroke=GRID) for t in along.ticks]
    parts += [tick(along.at(t), bottom + 15, written(t, along.digits)) for t in along.ticks]
    return [*parts, text(along.end, bottom + 34, title, anchor="end", fill=MUTED, size=11)]


@dataclass(frozen=True)
class IntervalRow:
    """A row of an interval plot: its value, interval and a value to compare with."""

    label: str
    value: float
    low: float
    high: float
    reference: float | None = None
    stands_out: bool = False


def interval_plot(
    rows: Sequence[IntervalRow], *, title: str, written: Callable[[float, int], str], from_zero: bool = True
) -> str:
    """Dots with intervals, one row each; the reference is an upright line, what stands out a diamond."""
    lowest = 0.0 if from_zero else min(r.low for r in rows)
    highest = max(max(r.high, r.reference or 0) for r in rows)
    along = scale(lowest, highest, LABELS, WIDTH - RIGHT)
    bottom = TOP + ROW * len(rows)
    parts = axis(along, TOP, bottom, title, written)
    for n, row in enumerate(rows):
        y = TOP + ROW * (n + 0.5)
        parts.append(text(LABELS - 12, y + 4, short(row.label), anchor="end"))
        if row.reference is not None:
            x = along.at(row.reference)
            parts.append(line(x, y - 9, x, y + 9, stroke=MUTED, width=2.5))
        parts.append(line(along.at(row.low), y, along.at(row.high), y, stroke=BLUE, width=2))
        mark = diamond if row.stands_out else dot
        parts.append(mark(along.at(row.value), y))
    return drawing(WIDTH, bottom + BOTTOM, parts)


@dataclass(frozen=True)
class PairRow:
    """A row of paired bars: a value and a later one."""

    label: str
    first: float
    second: float | None


def paired_bars(
    rows: Sequence[PairRow], *, title: str, names: tuple[str, str], written: Callable[[float, int], str]
) -> str:
    """Two bars a row, now (pale) and later (dark), with a legend above."""
    highest = max(max(r.first, r.second or 0) for r in rows)
    along = scale(0.0, highest, 80.0, WIDTH - RIGHT)
    top, step = TOP + 24, 32.0
    bottom = top + step * len(rows)
    parts = [
        bar(along.start, along.start + 12, TOP, 11, fill=PALE),
        text(along.start + 18, TOP + 10, names[0]),
        bar(along.start + 110, along.start + 122, TOP, 11, fill=BLUE),
        text(along.start + 128, TOP + 10, names[1]),
        *axis(along, top, bottom, title, written),
    ]
    for n, row in enumerate(rows):
        y = top + step * n + 4
        parts.append(text(along.start - 12, y + 16, row.label, anchor="end"))
        parts.append(bar(along.start, along.at(row.first), y, 11, fill=PALE))
        if row.second is not None:
            parts.append(bar(along.start, along.at(row.second), y + 12, 11, fill=BLUE))
    return drawing(WIDTH, bottom + BOTTOM, parts)


def short(label: str, letters: int = 44) -> str:
    """A label that fits beside the axis."""
    return label if len(label) <= letters else label[: letters - 1].rstrip() + "…"
