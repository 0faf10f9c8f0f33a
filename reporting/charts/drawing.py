"""How a chart is drawn: theme, palette, locale, and the Vega-Lite specification made into SVG."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.dates import get_day_names, get_month_names

from reporting.numbers import LOCALES

Spec = dict[str, Any]

# Okabe and Ito's colours, darkened where needed to stand 3:1 or more against white.
INK, MUTED, GRID = "#1b1f24", "#59636e", "#d8dee4"
BLUE, ORANGE, VERMILION = "#005a9c", "#b45f06", "#b3401a"
BANDS = {"95": "#d3e3f0", "80": "#a9c9e2", "50": "#78aad0"}
FONT = "Noto Sans, Liberation Sans, Arial, sans-serif"
D3_LOCALES: dict[str, Any] = {"fi": "fi-FI", "sv": "sv-SE", "en": "en-GB"}


class ChartDataError(ValueError):
    """Data that a chart cannot be drawn from: which chart, what was expected."""


@dataclass(frozen=True)
class Chart:
    """One drawn chart.

    Attributes:
        svg: the drawing, without scripts or outside references.
        alt: what it shows, in words.
        columns: headings of its data table.
        rows: its data, written in the language's own way; hidden values are named, not shown.
    """

    svg: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def drawn(spec: Spec, language: str) -> str:
    """SVG of a Vega-Lite specification with the language's numbers and month names; equal specs, equal bytes."""
    import vl_convert

    return str(
        vl_convert.vegalite_to_svg(
            {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _theme(), **spec},
            vl_version="5.21",
            format_locale=_number_locale(language),
            time_format_locale=_time_locale(language),
            allowed_base_urls=[],
        )
    )


def axis(title: str | None, **more: Any) -> Spec:
    """An axis with its title; `more` are Vega-Lite axis properties."""
    return {"title": title, **more}


def percent_axis(title: str | None, language: str, **more: Any) -> Spec:
    """An axis of shares, written as per cent the language's own way: 95 % (fi, sv), 95% (en)."""
    space = "" if language == "en" else "\u00a0"
    return axis(title, labelExpr=f"format(datum.value * 100, ',.0f') + '{space}%'", **more)


@cache
def _theme() -> Spec:
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK}
    plain_axis = {"domainColor": MUTED, "tickColor": MUTED, "gridColor": GRID, "labelFontSize": 12}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**text, **plain_axis, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 10},
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "header": {**text, "labelFontSize": 12, "labelFontWeight": "bold", "titleFontSize": 12},
        "legend": {**text, "labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "symbolStrokeWidth": 2},
        "title": {"font": FONT, "anchor": "start", "fontSize": 14, "color": INK},
    }


@cache
def _number_locale(language: str) -> Any:
    import vl_convert

    return {**vl_convert.get_format_locale(D3_LOCALES[language]), "minus": "\u2212"}


@cache
def _time_locale(language: str) -> Any:
    """Month and day names as running text writes them (lower case in Finnish and Swedish)."""
    locale = LOCALES[language]
    months = {w: get_month_names(w, "stand-alone", locale) for w in ("wide", "abbreviated")}
    days = {w: get_day_names(w, "stand-alone", locale) for w in ("wide", "abbreviated")}
    return {
        "dateTime": "%d.%m.%Y %H:%M",
        "date": "%d.%m.%Y",
        "time": "%H:%M",
        "periods": ["AM", "PM"],
        "days": [days["wide"][(d + 6) % 7] for d in range(7)],
        "shortDays": [days["abbreviated"][(d + 6) % 7] for d in range(7)],
        "months": [months["wide"][m] for m in range(1, 13)],
        "shortMonths": [months["abbreviated"][m] for m in range(1, 13)],
    }
