"""Script-free SVG charts, each with its alternative text and its data as a table."""

from reporting.charts.compare import bar_chart, trend_multiples
from reporting.charts.drawing import Chart, ChartDataError
from reporting.charts.forecast import driver_waterfall, fan_chart
from reporting.charts.quality import control_chart, funnel_plot

__all__ = [
    "Chart",
    "ChartDataError",
    "bar_chart",
    "control_chart",
    "driver_waterfall",
    "fan_chart",
    "funnel_plot",
    "trend_multiples",
]
