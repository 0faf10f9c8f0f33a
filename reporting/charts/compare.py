"""Charts that compare: bars with intervals and small multiples of trends."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from reporting.charts.drawing import BLUE, INK, MUTED, Chart, ChartDataError, Spec, axis, drawn, percent_axis
from reporting.numbers import Numbers
from reporting.texts import Texts

Form = Literal["count", "share", "decimal"]
_D3_FORMAT: dict[Form, str] = {"count": ",d", "share": ".0%", "decimal": ",.1f"}


def written(value: float | None, form: Form, numbers: Numbers) -> str:
    """A value as its form is written: a count, a share as per cent, or one decimal."""
    if form == "share":
        return numbers.percent(value, 1)
    return numbers.integer(value) if form == "count" else numbers.decimal(value)


def _value_axis(unit: str, form: Form, language: str, ticks: int) -> Spec:
    if form == "share":
        return percent_axis(unit, language, tickCount=ticks)
    return axis(unit, format=_D3_FORMAT[form], tickCount=ticks)


def _interval(row: dict[str, Any], form: Form, numbers: Numbers) -> str:
    low, high = row.get("low"), row.get("high")
    if low is None or high is None:
        return ""
    if form == "share":
        return numbers.percent_interval(low, high, 1)
    return numbers.interval(low, high, 0 if form == "count" else 1)


def bar_chart(
    bars: pl.DataFrame, language: str, *, title: str, unit: str, form: Form = "count", width: int = 420
) -> Chart:
    """Horizontal bars, one per row in the order given, with intervals where `low` and `high` are there.

    Args:
        bars: `label`, `value`, and optionally `low`, `high`; a null value is hidden and has no bar.
        language: fi, sv or en.
        title: what is compared, for the alternative text.
        unit: title of the value axis.
        form: how values are written.
        width: width of the plot, pixels; the height follows the number of bars.

    Raises:
        ChartDataError: there is no bar.
    """
    if bars.is_empty():
        raise ChartDataError(f"bar chart '{title}': no rows")
    texts, numbers = Texts(language), Numbers(language)
    x: Spec = {"field": "value", "type": "quantitative", "axis": _value_axis(unit, form, language, 5)}
    y: Spec = {"field": "label", "type": "nominal", "sort": None, "axis": axis(None, labelLimit=260)}
    y["scale"] = {"domain": bars["label"].unique(maintain_order=True).to_list()}
    hidden = texts.get("value-hidden")
    layers: list[Spec] = [
        {"mark": {"type": "bar", "color": BLUE, "size": 14}, "encoding": {"x": x, "y": y}},
        {
            "transform": [{"filter": "!isValid(datum.value)"}],
            "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": MUTED, "text": hidden},
            "encoding": {"x": {"datum": 0}, "y": y},
        },
    ]
    if {"low", "high"} <= set(bars.columns):
        layers.append(
            {
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            }
        )
    spec = {"width": width, "height": {"step": 24}, "data": {"values": bars.to_dicts()}, "layer": layers}
    rows = tuple(
        (row["label"], hidden, "")
        if row["value"] is None
        else (row["label"], written(row["value"], form, numbers), _interval(row, form, numbers))
        for row in bars.iter_rows(named=True)
    )
    alt = texts.get(
        "chart-alt-bars", title=title, parts="; ".join(f"{label}: {value}" for label, value, _ in rows)
    )
    columns = tuple(map(texts.get, ("chart-group", "chart-value", "chart-interval")))
    return Chart(drawn(spec, language), alt, columns, rows)


def trend_multiples(
    trends: pl.DataFrame,
    language: str,
    *,
    title: str,
    unit: str,
    form: Form = "count",
    columns: int = 3,
    width: int = 190,
    height: int = 110,
) -> Chart:
    """One small panel per label on a common scale, so that shapes and levels can be compared.

    Args:
        trends: `label`, `year`, `value`, and optionally `low`, `high` (drawn as a band); null values leave gaps.
        language: fi, sv or en.
        title: what is compared, for the alternative text.
        unit: title of the value axis.
        form: how values are written.
        columns: panels beside each other.
        width: width of one panel, pixels.
        height: height of one panel, pixels.

    Raises:
        ChartDataError: there is no row.
    """
    if trends.is_empty():
        raise ChartDataError(f"trends '{title}': no rows")
    texts, numbers = Texts(language), Numbers(language)
    x: Spec = {
        "field": "year",
        "type": "quantitative",
        "axis": axis(None, format="d", values=_ends_and_middle(trends)),
    }
    x["scale"] = {"zero": False, "nice": False}
    y: Spec = {"field": "value", "type": "quantitative", "axis": _value_axis(unit, form, language, 3)}
    line = {"type": "line", "color": BLUE, "point": {"size": 18, "color": BLUE}}
    layers: list[Spec] = [
        {"mark": {**line, "invalid": "break-paths-show-path-domains"}, "encoding": {"x": x, "y": y}}
    ]
    if {"low", "high"} <= set(trends.columns):
        band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
        layers.insert(0, {"mark": {"type": "area", "color": "#a9c9e2"}, "encoding": band})
    spec = {
        "data": {"values": trends.to_dicts()},
        "facet": {"field": "label", "type": "nominal", "sort": None, "title": None},
        "columns": columns,
        "spec": {"width": width, "height": height, "layer": layers},
    }
    hidden = texts.get("value-hidden")
    rows = tuple(
        (row["label"], str(row["year"]), hidden if row["value"] is None else written(row["value"], form, numbers))
        for row in trends.iter_rows(named=True)
    )
    alt = texts.get("chart-alt-trends", title=title, panels=trends["label"].n_unique())
    headings = tuple(map(texts.get, ("chart-group", "chart-time", "chart-value")))
    return Chart(drawn(spec, language), alt, headings, rows)


def _ends_and_middle(trends: pl.DataFrame) -> list[int]:
    years = sorted(set(trends["year"].to_list()))
    return sorted({years[0], years[len(years) // 2], years[-1]})
