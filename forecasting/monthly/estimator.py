"""The batch engine as a scikit-learn estimator: parameters in, `fit` a panel, `predict` a horizon."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from forecasting.monthly.backtest import backtest_series
from forecasting.monthly.explain import explain_series
from forecasting.monthly.forecast import forecast_series
from forecasting.monthly.frames import alike, is_polars, plain
from forecasting.monthly.panel import COLUMNS, read_panel
from forecasting.monthly.periods import frequency
from forecasting.scores import QUANTILE_LEVELS


class SeriesForecaster(BaseEstimator):  # type: ignore[misc]
    """Forecasts every series of a panel at once; see `forecast_series`.

    Args:
        freq: `D`, `W`, `MS`, `QS` or `YS` (anchors allowed).
        quantiles: probabilities of the quantile columns, increasing, with 0.5 among them.
        calendar: whether working days may be taken into account.
        only_counts: every series is a count.
        random_state: seed of the randomised part of the calibration of small counts.

    Attributes:
        panel_: the panel that was fitted; what is done to the given frame afterwards does not change it.
        refused_: the series that cannot be forecast: unique_id, reason.
        n_series_: number of series that can.
    """

    def __init__(
        self,
        freq: str = "MS",
        quantiles: tuple[float, ...] = QUANTILE_LEVELS,
        calendar: bool = True,
        only_counts: bool = False,
        random_state: int = 1,
    ) -> None:
        self.freq = freq
        self.quantiles = quantiles
        self.calendar = calendar
        self.only_counts = only_counts
        self.random_state = random_state

    def fit(self, panel: Any, y: None = None) -> SeriesForecaster:
        """Check a panel and keep it; models are learnt for the horizon that is asked for.

        Args:
            panel: unique_id, ds, y (long), a pandas or Polars frame.
            y: not used; there for scikit-learn's pipelines.

        Raises:
            SeriesError: no series can be forecast.
        """
        checked, refused = read_panel(plain(panel), frequency(self.freq), only_counts=self.only_counts)
        self.refused_ = alike(refused, panel)
        self.n_series_ = int(checked.ids.size)
        self.panel_ = panel if is_polars(panel) else panel[list(COLUMNS)].copy()
        return self

    def predict(self, horizon: int = 12) -> Any:
        """Mean and quantiles of the next periods of every series, in the kind of frame that was fitted.

        Args:
            horizon: periods ahead.
        """
        check_is_fitted(self)
        return forecast_series(
            self.panel_,
            horizon=horizon,
            quantiles=self.quantiles,
            **self._settings(),
        ).forecast

    def explain(self, horizon: int = 12) -> Any:
        """Level, trend, season and calendar of every forecast, summing to the mean."""
        check_is_fitted(self)
        return explain_series(self.panel_, horizon=horizon, **self._settings())

    def backtest(self, horizon: int = 12) -> Any:
        """Scores at earlier origins by horizon step; see `backtest_series`."""
        check_is_fitted(self)
        return backtest_series(self.panel_, horizon=horizon, **self._settings())

    def _settings(self) -> dict[str, Any]:
        return {
            "freq": self.freq,
            "seed": self.random_state,
            "calendar": self.calendar,
            "only_counts": self.only_counts,
        }


def evaluation_table(forecast: pd.DataFrame, model: str = "palvelutarve") -> pd.DataFrame:
    """A forecast with the column names of utilsforecast's evaluation: model, model-lo-80, model-hi-80, ... .

    Args:
        forecast: the table of `forecast_series` with its usual quantiles.
        model: name of the model.

    Returns:
        unique_id, ds, the mean under the model's name, and the 50, 80, 90 and 95% intervals.
    """
    table = plain(forecast)
    result = table[["unique_id", "ds"]].assign(**{model: table["mean"]})
    for percent, low, high in ((50, 0.25, 0.75), (80, 0.1, 0.9), (90, 0.05, 0.95), (95, 0.025, 0.975)):
        result[f"{model}-lo-{percent}"] = table[f"q{low:g}"]
        result[f"{model}-hi-{percent}"] = table[f"q{high:g}"]
    return result
