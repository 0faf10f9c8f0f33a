"""Drawings of the record-quality report: funnel plot of units, control chart of one unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reporting.pdf.svg import (
    BLUE,
    GRID,
    INK,
    MUTED,
    VERMILION,
    WIDTH,
    diamond,
    dot,
    drawing,
    line,
    path,
    scale,
    text,
)
from reporting.quality.facts import ChangePoint, UnitFacts

Written = Callable[[float], str]
Share = Callable[[float, int], str]
HEIGHT, LEFT, TOP, BASE = 300.0, 64.0, 16.0, 250.0
ROOM = 70.0


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
    """Overall index by number of documents with the limits of chance; units outside are named diamonds.

    With `marked`, that unit alone is a named diamond.
    """
    shown = [u for u in units if u.index.index is not None and u.index.documents]
    along = scale(0, max(float(u.index.documents or 0) for u in shown), LEFT, WIDTH - 90)
    values = [v for u in shown for v in (u.index.index, u.funnel_low, u.funnel_high) if v is not None]
    up = scale(min(values), min(1.0, max(values)), BASE, TOP, ticks=6)
    parts = [line(LEFT, up.at(t), along.end, up.at(t), stroke=GRID) for t in up.ticks]
    parts += [
        text(LEFT - 8, up.at(t) + 4, percent(t, max(0, up.digits - 2)), anchor="end", fill=MUTED, size=11)
        for t in up.ticks
    ]
    parts += [text(along.at(t), BASE + 16, integer(t), anchor="middle", fill=MUTED, size=11) for t in along.ticks]
    parts.append(text(along.end, BASE + 36, x_title, anchor="end", fill=MUTED, size=11))
    parts.append(text(LEFT, 11, y_title, fill=MUTED, size=11))
    ordered = sorted(shown, key=lambda u: (u.index.documents or 0, u.unit))
    for limit in ("funnel_low", "funnel_high"):
        points = [
            (along.at(float(u.index.documents or 0)), up.at(v))
            for u in ordered
            if (v := getattr(u, limit)) is not None
        ]
        parts.append(path(points, stroke=MUTED, dash="5 4"))
    for u in ordered:
        x, y = along.at(float(u.index.documents or 0)), up.at(u.index.index or 0.0)
        outside = u.side in ("below", "above") if marked is None else u.unit == marked
        parts.append(diamond(x, y) if outside else dot(x, y, size=4))
        if outside:
            left = x > (LEFT + along.end) / 2
            parts.append(
                text(x - 8 if left else x + 8, y + 4, name(u.unit), anchor="end" if left else "start", size=11)
            )
    return drawing(WIDTH, HEIGHT, parts)


def control_chart(points: Sequence[ChangePoint], *, percent: Share, month: Callable[[ChangePoint], str]) -> str:
    """Share of checks failed by month, its usual level and the limits of chance; signals are diamonds."""
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
        parts.append(diamond(x, up.at(p.rate), fill=VERMILION) if p.signal else dot(x, up.at(p.rate), size=3.2))
    return drawing(WIDTH, 212.0, parts)
