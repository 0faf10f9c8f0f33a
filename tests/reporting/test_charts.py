"""Charts: script-free SVG, words and data beside it, hidden values not drawn."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from reporting import charts
from reporting.disclosure import protect_inputs
from tests.reporting.sample_inputs import sample_inputs


@pytest.fixture(scope="module")
def inputs():
    return protect_inputs(sample_inputs()).inputs


def fan(inputs, language="fi", **more):
    series = inputs.need_forecast.filter(
        (pl.col("area") == "21")
        & (pl.col("service") == "doctor_visit")
        & (pl.col("sex") == "all")
        & (pl.col("age_group") == "all")
    )
    return charts.fan_chart(series, language, title="Käynnit <b>", unit="käyntiä", **more)


def bars(values, language="fi", **more):
    frame = pl.DataFrame({"label": [str(i) for i in range(len(values))], "value": values})
    return charts.bar_chart(frame, language, title="t", unit="u", **more)


def test_a_fan_chart_is_svg_without_scripts_or_outside_references(inputs):
    svg = fan(inputs).svg
    assert svg.startswith("<svg")
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/", "")


def test_its_words_and_table_tell_what_it_draws(inputs):
    chart = fan(inputs)
    assert "2045" in chart.alt
    assert [row[0] for row in chart.rows] == [str(y) for y in range(2020, 2046)]
    assert len(chart.columns) == len(chart.rows[0])


def test_equal_data_give_equal_bytes(inputs):
    assert fan(inputs).svg == fan(inputs).svg


def test_months_are_written_in_the_language(inputs):
    months = inputs.month_forecast.filter((pl.col("area") == "21") & (pl.col("service") == "doctor_visit"))
    chart = charts.fan_chart(months, "sv", title="Besök", unit="besök", breaks=[date(2024, 1, 1)])
    assert "1/2024" in chart.svg
    assert "ändrat registreringssätt" in chart.svg


def test_a_hidden_bar_is_named_and_not_drawn():
    chart = bars([10.0, None])
    assert chart.rows[1][1] == "salattu"
    assert "salattu" in chart.svg


def test_shares_carry_the_languages_percent_sign():
    assert "40\u00a0%" in bars([0.5, 1.0], form="share").svg
    assert "40%" in bars([0.5, 1.0], "en", form="share").svg


def test_a_waterfall_needs_its_total(inputs):
    drivers = inputs.need_drivers.filter(
        (pl.col("area") == "21") & (pl.col("service") == "home_care") & (pl.col("to_year") == 2045)
    )
    chart = charts.driver_waterfall(drivers, "fi", title="Kasvu", unit="käyntiä")
    assert chart.rows[-1][0] == "muutos yhteensä"
    with pytest.raises(charts.ChartDataError, match="total"):
        charts.driver_waterfall(drivers.filter(pl.col("driver") != "total"), "fi", title="Kasvu", unit="käyntiä")


def test_a_funnel_counts_the_units_outside_and_leaves_hidden_ones_out():
    points = pl.DataFrame(
        {
            "label": ["A", "B", "C"],
            "n": [10, 200, None],
            "value": [0.5, 0.9, None],
            "low": [0.4, 0.85, None],
            "high": [1.0, 0.99, None],
            "outside": [True, False, None],
        }
    )
    chart = charts.funnel_plot(points, "en", title="Quality", x_title="documents", centre=0.92)
    assert "2 units, 1 outside" in chart.alt
    assert chart.rows[2][1] == "hidden"


def test_a_control_chart_marks_signals():
    points = pl.DataFrame(
        {
            "ds": [date(2026, 1, 1), date(2026, 2, 1)],
            "value": [0.9, 0.5],
            "centre": [0.9, 0.9],
            "low": [0.8, 0.8],
            "high": [1.0, 1.0],
            "signal": [False, True],
        }
    )
    chart = charts.control_chart(points, "en", title="Index", unit="index")
    assert chart.rows == (("Jan 2026", "90.0%", "80.0–100.0%", "no"), ("Feb 2026", "50.0%", "80.0–100.0%", "yes"))


def test_trends_have_a_panel_per_label():
    frame = pl.DataFrame({"label": ["A", "A", "B", "B"], "year": [2024, 2025] * 2, "value": [1.0, 2.0, 3.0, None]})
    chart = charts.trend_multiples(frame, "fi", title="Ilmiöt", unit="havaintoa")
    assert "Ruutuja 2" in chart.alt
    assert chart.rows[3] == ("B", "2025", "salattu")
