"""Series in batch, by day, week, month, quarter or year: forecasts, recording delay, breaks, champions."""

from forecasting.monthly.backtest import backtest_series
from forecasting.monthly.breaks import detect_breaks
from forecasting.monthly.coherent import HierarchyForecast, forecast_hierarchy
from forecasting.monthly.explain import explain_series
from forecasting.monthly.forecast import SeriesForecast, forecast_series
from forecasting.monthly.months import MonthForecast, forecast_months
from forecasting.monthly.nowcast import Completion, complete_recent
from forecasting.monthly.panel import SeriesError

__all__ = [
    "Completion",
    "HierarchyForecast",
    "MonthForecast",
    "SeriesError",
    "SeriesForecast",
    "backtest_series",
    "complete_recent",
    "detect_breaks",
    "explain_series",
    "forecast_hierarchy",
    "forecast_months",
    "forecast_series",
]
