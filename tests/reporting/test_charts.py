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


def test_times_that_rows_flag_as_another_recording_are_marked_without_being_named(inputs):
    months = inputs.month_forecast.filter((pl.col("area") == "21") & (pl.col("service") == "doctor_visit"))
    named = charts.fan_chart(months, "en", title="Visits", unit="visits", breaks=[date(2024, 1, 1)])
    past = (pl.col("ds") == date(2024, 1, 1)) | (pl.col("kind") == "forecast")
    flagged = months.with_columns(flag=pl.when(past).then(pl.lit("break,effect")).otherwise(pl.lit("")))
    found = charts.fan_chart(flagged, "en", title="Visits", unit="visits")
    assert "recording changed" in found.svg
    assert found.svg == named.svg


def funnel(language):
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
    return charts.funnel_plot(points, language, title="Quality", x_title="documents", centre=0.92)


def test_shares_carry_the_languages_percent_sign():
    assert "60\u00a0%" in funnel("fi").svg
    assert "60%" in funnel("en").svg


def test_a_funnel_counts_the_units_outside_and_leaves_hidden_ones_out():
    chart = funnel("en")
    assert "2 units, 1 outside" in chart.alt
    assert chart.rows[2][1] == "hidden"
