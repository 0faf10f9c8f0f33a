"""Fan charts of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from reporting.charts.drawing import BANDS, BLUE, INK, MUTED, ORANGE, Chart, ChartDataError, Spec, axis, drawn
from reporting.numbers import Numbers
from reporting.texts import Texts

KINDS = ("observed", "estimated", "forecast")
_BAND_ENDS = {"95": ("q0.025", "q0.975"), "80": ("q0.1", "q0.9"), "50": ("q0.25", "q0.75")}


def fan_chart(
    series: pl.DataFrame,
    language: str,
    *,
    title: str,
    unit: str,
    breaks: Sequence[int | date] | None = None,
    width: int = 620,
    height: int = 280,
) -> Chart:
    """Observed values, estimated latest months, and the forecast with its 50, 80 and 95 % bands.

    Args:
        series: rows of one series in order of time: `year` (int) or `ds` (date), `kind`, `mean` and quantiles;
            observed rows take `y` when there is one, else `mean`. Null values (hidden) leave a gap.
        language: fi, sv or en.
        title: what the series is, for the alternative text.
        unit: what is counted.
        breaks: times at which recording, not need, changed; those of past rows with the flag `break` when None.
        width: width of the plot, pixels.
        height: height of the plot, pixels.

    Raises:
        ChartDataError: the series is empty or has no time column.
    """
    time = "ds" if "ds" in series.columns else "year"
    if series.is_empty() or time not in series.columns:
        raise ChartDataError(f"fan chart '{title}': expected rows with year or ds; found {series.columns}")
    texts, numbers = Texts(language), Numbers(language)
    value = pl.when(pl.col("kind") == "observed").then(_observed(series)).otherwise(pl.col("q0.5"))
    points = series.sort(time).with_columns(value.alias("value"))
    x: Spec = {"field": "t", "type": "temporal", "axis": axis(None, format="%Y" if time == "year" else "%-m/%Y")}
    y = {"field": "value", "type": "quantitative", "axis": axis(unit, format=",d"), "scale": {"zero": True}}
    layers: list[Spec] = [
        {
            "transform": [{"filter": f"datum.kind != 'observed' && isValid(datum['{low.replace('.', '_')}'])"}],
            "mark": {"type": "area", "color": BANDS[level]},
            "encoding": {
                "x": x,
                "y": {**y, "field": low.replace(".", "_")},
                "y2": {"field": high.replace(".", "_")},
            },
        }
        for level, (low, high) in _BAND_ENDS.items()
    ]
    layers += [
        _line("forecast", x, y, {"color": BLUE, "strokeDash": [5, 3]}),
        _line("observed", x, y, {"color": INK}),
        {
            "transform": [{"filter": "datum.kind == 'estimated'"}],
            "mark": {"type": "point", "color": ORANGE, "filled": False, "strokeWidth": 2, "size": 40},
            "encoding": {"x": x, "y": y},
        },
    ]
    if breaks is None:
        breaks = _flagged(points, time)
    if breaks:
        layers.append(_break_marks(breaks, x, texts.get("chart-break")))
    spec = {
        "width": width,
        "height": height,
        "data": {"values": [_json_row(r, time) for r in points.iter_rows(named=True)]},
        "layer": layers,
    }
    rows = tuple(_table_row(row, time, numbers, texts) for row in points.iter_rows(named=True))
    columns = ("chart-time", "chart-kind", "chart-value", "chart-band-80", "chart-band-95")
    return Chart(
        drawn(spec, language), _fan_alt(points, time, title, texts, numbers), tuple(map(texts.get, columns)), rows
    )


def _observed(series: pl.DataFrame) -> pl.Expr:
    return pl.coalesce("y", "mean") if "y" in series.columns else pl.col("mean")


def _line(kind: str, x: Spec, y: Spec, mark: Spec) -> Spec:
    return {
        "transform": [{"filter": f"datum.kind == '{kind}'"}],
        "mark": {"type": "line", "strokeWidth": 2, "invalid": "break-paths-show-path-domains", **mark},
        "encoding": {"x": x, "y": y},
    }


def _flagged(points: pl.DataFrame, time: str) -> list[int | date]:
    if "flag" not in points.columns:
        return []
    broken = pl.col("flag").fill_null("").str.contains("break")
    return points.filter(pl.col("kind") != "forecast", broken)[time].to_list()


def _break_marks(breaks: Sequence[int | date], x: Spec, label: str) -> Spec:
    return {
        "data": {"values": [{"t": _instant(b), "label": label} for b in breaks]},
        "layer": [
            {"mark": {"type": "rule", "color": MUTED, "strokeDash": [2, 3]}, "encoding": {"x": x}},
            {
                "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "y": 0, "color": MUTED},
                "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "label"}},
            },
        ],
    }


def _instant(time: int | date) -> str:
    return f"{time}-01-01T00:00:00" if isinstance(time, int) else f"{time.isoformat()}T00:00:00"


def _json_row(row: dict[str, Any], time: str) -> dict[str, Any]:
    kept = {name.replace(".", "_"): row[name] for ends in _BAND_ENDS.values() for name in ends}
    return {"t": _instant(row[time]), "kind": row["kind"], "value": row["value"], **kept}


def _when(time: int | date, numbers: Numbers) -> str:
    return str(time) if isinstance(time, int) else numbers.short_month(time)


def _table_row(row: dict[str, Any], time: str, numbers: Numbers, texts: Texts) -> tuple[str, ...]:
    when, kind = _when(row[time], numbers), texts.of("kind", row["kind"])
    if row["value"] is None:
        return when, kind, texts.get("value-hidden"), "", ""
    if row["kind"] == "observed":
        return when, kind, numbers.integer(row["value"]), "", ""
    bands = (numbers.interval(*(row[end] for end in _BAND_ENDS[level])) for level in ("80", "95"))
    return when, kind, numbers.integer(row["value"]), *bands


def _fan_alt(points: pl.DataFrame, time: str, title: str, texts: Texts, numbers: Numbers) -> str:
    shown = points.drop_nulls("value")
    observed, forecast = (shown.filter(pl.col("kind") == kind) for kind in ("observed", "forecast"))
    parts = [texts.get("chart-alt-fan", title=title)]
    if not observed.is_empty():
        last = observed.row(-1, named=True)
        parts.append(
            texts.get("chart-alt-observed", when=_when(last[time], numbers), value=numbers.integer(last["value"]))
        )
    if not forecast.is_empty():
        last = forecast.row(-1, named=True)
        parts.append(
            texts.get(
                "chart-alt-forecast",
                when=_when(last[time], numbers),
                value=numbers.integer(last["value"]),
                interval=numbers.interval(last["q0.1"], last["q0.9"]),
            )
        )
    return " ".join(parts)
