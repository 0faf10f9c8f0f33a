"""Funnel plots of record quality."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.charts.drawing import (
    BLUE,
    INK,
    MUTED,
    VERMILION,
    Chart,
    ChartDataError,
    Spec,
    axis,
    drawn,
    percent_axis,
)
from reporting.numbers import Numbers
from reporting.texts import Texts


def funnel_plot(
    points: pl.DataFrame,
    language: str,
    *,
    title: str,
    x_title: str,
    centre: float,
    width: int = 520,
    height: int = 300,
) -> Chart:
    """Shares of units against their number of cases, with the limits chance alone would keep them in.

    Args:
        points: one row per unit: `label`, `n` (cases), `value` (share 0..1), `low` and `high` (limits at that n),
            `outside` (bool). Rows with a null value (hidden) are left out of the drawing.
        language: fi, sv or en.
        title: what is compared, for the alternative text.
        x_title: what `n` counts.
        centre: the share of all units together.
        width: width of the plot, pixels.
        height: height of the plot, pixels.

    Raises:
        ChartDataError: no unit has a value.
    """
    shown = points.drop_nulls("value").sort("n")
    if shown.is_empty():
        raise ChartDataError(f"funnel plot '{title}': no unit has a value")
    texts, numbers = Texts(language), Numbers(language)
    x: Spec = {"field": "n", "type": "quantitative", "axis": axis(x_title, format=",d")}
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "axis": percent_axis(None, language),
        "scale": {"zero": False, "nice": True},
    }
    limit = {"type": "line", "color": MUTED, "strokeDash": [4, 3], "interpolate": "monotone"}
    label = {"x": x, "y": y, "text": {"field": "label"}}
    # Of units on the right the name stands on the left, so that it stays within the drawing.
    right = f"datum.n > {0.6 * float(shown['n'].to_list()[-1])}"
    sides: Spec = {
        "type": "text",
        "fontSize": 11,
        "align": {"expr": f"{right} ? 'right' : 'left'"},
        "dx": {"expr": f"{right} ? -8 : 8"},
    }
    inks: tuple[Spec, ...] = ({"color": "white", "stroke": "white", "strokeWidth": 3}, {"color": INK})
    outside = {"condition": {"test": "datum.outside", "value": VERMILION}, "value": BLUE}
    spec = {
        "width": width,
        "height": height,
        "data": {"values": shown.select("label", "n", "value", "low", "high", "outside").to_dicts()},
        "layer": [
            {"mark": limit, "encoding": {"x": x, "y": {**y, "field": "low"}}},
            {"mark": limit, "encoding": {"x": x, "y": {**y, "field": "high"}}},
            {"mark": {"type": "rule", "color": INK}, "encoding": {"y": {"datum": centre}}},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": outside,
                    "shape": {"condition": {"test": "datum.outside", "value": "diamond"}, "value": "circle"},
                },
            },
            *(
                {
                    "transform": [{"filter": "datum.outside"}],
                    "mark": sides | ink,
                    "encoding": label,
                }
                for ink in inks
            ),
        ],
    }
    rows = tuple(_funnel_row(row, texts, numbers) for row in points.iter_rows(named=True))
    columns = ("chart-unit", "chart-cases", "chart-value", "chart-limits", "chart-outside")
    alt = texts.get(
        "chart-alt-funnel", title=title, units=shown.height, outside=shown.filter(pl.col("outside")).height
    )
    return Chart(drawn(spec, language), alt, tuple(map(texts.get, columns)), rows)


def _funnel_row(row: dict[str, Any], texts: Texts, numbers: Numbers) -> tuple[str, ...]:
    if row["value"] is None:
        return row["label"], texts.get("value-hidden"), texts.get("value-hidden"), "", ""
    return (
        row["label"],
        numbers.integer(row["n"]),
        numbers.percent(row["value"], 1),
        numbers.percent_interval(row["low"], row["high"], 1),
        texts.get("chart-yes") if row["outside"] else texts.get("chart-no"),
    )
