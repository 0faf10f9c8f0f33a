"""Series in batch, by day, week, month, quarter or year: forecasts, recording delay, breaks, champions."""

from forecasting.monthly.forecast import SeriesForecast, forecast_series
from forecasting.monthly.panel import SeriesError

__all__ = ["SeriesError", "SeriesForecast", "forecast_series"]
