"""Script-free SVG charts, each with its alternative text and its data as a table."""

from reporting.charts.drawing import Chart, ChartDataError
from reporting.charts.fan import fan_chart
from reporting.charts.funnel import funnel_plot

__all__ = ["Chart", "ChartDataError", "fan_chart", "funnel_plot"]
