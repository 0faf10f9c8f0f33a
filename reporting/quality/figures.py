"""Drawings of the record-quality report: funnel plot of units, control chart of one unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reporting.pdf.svg import (
    BLUE,
    GRID,
    INK,
    LETTER,
    MUTED,
    WIDTH,
    Scale,
    diamond,
    dot,
    drawing,
    line,
    path,
    scale,
    text,
    tick,
    triangle,
)
from reporting.quality.change_points import ChangePoint

if TYPE_CHECKING:
    from reporting.quality.facts import UnitFacts

Written = Callable[[float], str]
Share = Callable[[float, int], str]
Box = tuple[float, float, float, float]
"""Left, right, top and bottom."""
HEIGHT, LEFT, TOP, BASE = 300.0, 64.0, 16.0, 250.0
ROOM = 70.0
# How far above or below its mark a name may stand, nearest first.
MOVES = (0.0, *(move for step in range(14, 99, 14) for move in (-float(step), float(step))))
LIMITS = "#c3ccd4"
NO_UNIT = "unknown"  # documents that name no unit stand in the table, not among the units


def funnel(
    units: Sequence[UnitFacts],
    *,
    x_title: str,
    y_title: str,
    percent: Share,
    integer: Written,
    name: Callable[[str], str] = str,
    marked: str | None = None,
) -> str:
    """Overall index by number of documents, with a bar where chance may leave the unit.

    Units below are named diamonds, those above triangles; with `marked`, that unit alone is a diamond, on top.
    Documents that name no unit are not drawn.
    """
    shown = [u for u in units if u.index.index is not None and u.index.documents and u.unit != NO_UNIT]
    if not shown:
        return drawing(WIDTH, HEIGHT, [])
    along = _powers([u.index.documents or 1 for u in shown])
    values = [v for u in shown for v in (u.index.index, u.funnel_low, u.funnel_high) if v is not None]
    up = scale(min(values), min(1.0, max(values)), BASE, TOP, ticks=6)
    parts = [line(LEFT, up.at(t), along.end, up.at(t), stroke=GRID) for t in up.ticks]
    parts += [
        text(LEFT - 8, up.at(t) + 4, percent(t, max(0, up.digits - 2)), anchor="end", fill=MUTED, size=11)
        for t in up.ticks
    ]
    parts += [tick(along.at(t), BASE + 16, integer(10**t)) for t in along.ticks]
    parts.append(text(along.end, BASE + 36, x_title, anchor="end", fill=MUTED, size=11))
    parts.append(text(LEFT, 11, y_title, fill=MUTED, size=11))
    ordered = sorted(shown, key=lambda u: (u.index.documents or 0, u.unit))
    for u in ordered:  # each unit has limits of its own: they know its mix of cases
        if u.funnel_low is not None and u.funnel_high is not None:
            x = _place(along, u)
            parts.append(line(x, up.at(u.funnel_low), x, up.at(min(u.funnel_high, 1.0)), stroke=LIMITS, width=5))
    names: list[tuple[float, float, str]] = []
    taken: list[Box] = []
    for u in sorted(ordered, key=lambda u: u.unit == marked):
        x, y = _place(along, u), up.at(u.index.index or 0.0)
        named = u.side == "below" if marked is None else u.unit == marked
        better = u.side == "above" and marked is None
        parts.append(diamond(x, y) if named else triangle(x, y) if better else dot(x, y, size=4))
        taken.append((x - 7, x + 7, y - 6, y + 6))
        if named and marked is None:
            names.append((x, y, name(u.unit)))
    return drawing(WIDTH, HEIGHT, [*parts, *_apart(names, taken, (LEFT + along.end) / 2)])


def _powers(documents: Sequence[int]) -> Scale:
    """An axis of powers of ten: a few large units would else press the others together."""
    first, last = math.floor(math.log10(min(documents))), math.ceil(math.log10(max(documents)))
    return Scale(first, max(last, first + 1), LEFT, WIDTH - 90, 1)


def _place(along: Scale, unit: UnitFacts) -> float:
    return along.at(math.log10(unit.index.documents or 1))


def _apart(names: Sequence[tuple[float, float, str]], marks: Sequence[Box], middle: float) -> list[str]:
    """Names beside their marks, those of the largest units first: beside, else above or below with a thin line.

    A name covers no unit's mark and no other name; one that finds no place in reach is left to the table below.
    """
    taken = list(marks)
    written = []
    for x, y, words in sorted(names, reverse=True):
        width = 8 + LETTER * 11 * len(words)
        sides = [(x - width, x - 8, "end"), (x + 8, x + width, "start")]
        free = (
            (*side, y + move)
            for move in MOVES
            for side in (sides if x > middle else sides[::-1])
            if side[0] >= LEFT
            and side[1] <= WIDTH
            and TOP < y + move < BASE - 4
            and not any(_over((side[0], side[1], y + move - 6, y + move + 6), box) for box in taken)
        )
        if (place := next(free, None)) is None:
            continue
        start, end, anchor, level = place
        taken.append((start, end, level - 6, level + 6))
        near = end if anchor == "end" else start
        if level != y:
            written.append(line(x, y, near, level, stroke=MUTED, width=0.8))
        written.append(text(near, level + 4, words, anchor=anchor, size=11, halo=True))
    return written


def _over(one: Box, other: Box) -> bool:
    """Whether two boxes share a spot."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def control_chart(points: Sequence[ChangePoint], *, percent: Share, month: Callable[[ChangePoint], str]) -> str:
    """A share by month, its usual level and the limits of chance; signals are diamonds, better ones triangles."""
    values = [v for p in points for v in (p.rate, p.low, p.high)]
    up = scale(max(0.0, min(values)), max(values), 180.0, TOP)
    # Months without documents leave their room empty.
    months = [12 * p.month.year + p.month.month for p in points]
    step = (WIDTH - LEFT - 30) / max(months[-1] - months[0], 1)
    place = [LEFT + step * (m - months[0]) for m in months]
    parts = [line(LEFT, up.at(t), WIDTH - 30, up.at(t), stroke=GRID) for t in up.ticks]
    parts += [
        text(LEFT - 8, up.at(t) + 4, percent(t, max(0, up.digits - 2)), anchor="end", fill=MUTED, size=11)
        for t in up.ticks
    ]
    told = LEFT - ROOM
    for x, p in zip(place, points, strict=True):
        if x - told >= ROOM:
            parts.append(text(x, 198, month(p), anchor="middle", fill=MUTED, size=11))
            told = x
    for name, stroke, dash in (
        ("low", MUTED, "5 4"),
        ("high", MUTED, "5 4"),
        ("centre", INK, ""),
        ("rate", BLUE, ""),
    ):
        line_points = [(x, up.at(getattr(p, name))) for x, p in zip(place, points, strict=True)]
        parts.append(path(line_points, stroke=stroke, dash=dash, width=1.2 if name != "rate" else 2))
    for x, p in zip(place, points, strict=True):
        mark = triangle if p.signal == "better" else diamond
        parts.append(mark(x, up.at(p.rate)) if p.signal else dot(x, up.at(p.rate), size=3.2))
    return drawing(WIDTH, 212.0, parts)
